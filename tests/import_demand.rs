//! Demand of SUMO cases in its less usual forms, on a small network of our own.

use forecity::city::{City, DepartPos, DepartSpeed, Following};
use forecity::import::report::{ImportReport, Outcome};
use forecity::import::{Imported, sumo};
use std::path::{Path, PathBuf};

const NET: &str = include_str!("import/tee.net.xml");

fn read(demand: &str) -> (Option<Imported>, ImportReport) {
    let source = |name: &str, text: &str| sumo::Source { name: name.into(), bytes: text.as_bytes().to_vec() };
    sumo::read(&sumo::Files {
        net: source("tee.net.xml", NET),
        routes: vec![source("a.rou.xml", &format!("<routes>{demand}</routes>"))],
        end_s: Some(3600.0),
        ..sumo::Files::default()
    })
}

fn good(demand: &str) -> (City, ImportReport) {
    let (imported, report) = read(demand);
    (imported.unwrap_or_else(|| panic!("{:?}", report.problems)).city, report)
}

fn faults(demand: &str) -> Vec<u16> {
    let (imported, report) = read(demand);
    assert_eq!(imported.is_none(), report.failed());
    report.problems.iter().map(|problem| problem.code).collect()
}

fn path(city: &City, id: &str) -> String {
    let trip = city.trips.iter().find(|trip| trip.id == id).unwrap_or_else(|| panic!("trip {id}"));
    trip.path.iter().map(|link| city.links[*link].id.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn who_departs_after_the_end_is_listed() {
    let (city, report) = good(
        "<trip id='a' depart='3599.9' from='wc' to='ce'/><trip id='b' depart='3600' from='wc' to='ce'/>
         <flow id='f' begin='3590' end='3620' period='10' from='wc' to='ce'/>",
    );
    assert_eq!(city.trips.iter().map(|trip| trip.id.as_str()).collect::<Vec<_>>(), ["a", "f.0"]);
    assert_eq!((report.count("trip", Outcome::Ignored), report.count("flow vehicle", Outcome::Ignored)), (1, 2));
}

#[test]
fn zones_and_junctions_give_the_fastest_of_their_edges() {
    let (city, report) = good(
        "<taz id='in'><tazSource id='sc' weight='1'/><tazSource id='wc' weight='1'/></taz><taz id='out' edges='cs ce'/>
         <trip id='z' depart='1' fromTaz='in' toTaz='out'/><trip id='j' depart='2' fromJunction='W' toJunction='S'/>",
    );
    assert_eq!(path(&city, "j"), "wc cs");
    assert!(["wc cs", "sc ce", "wc ce"].contains(&path(&city, "z").as_str()), "{}", path(&city, "z"));
    assert_eq!(report.count("trip between junctions", Outcome::Approximated), 2);
    assert_eq!(faults("<trip id='j' depart='2' fromJunction='nowhere' toJunction='S'/>"), [203, 302]);
    let (city, report) = good("<trip id='x' depart='2' fromXY='1,2' to='cs'/>");
    assert!(city.trips.is_empty() && report.problems[0].code == 302, "lost, and said so");
}

#[test]
fn a_zone_twice_and_a_phase_without_time_are_faults() {
    assert_eq!(faults("<taz id='a' edges='ce'/><taz id='a' edges='cs'/>"), [204]);
    assert_eq!(
        faults("<taz id='a' edges='ce'/><taz id='a' edges='cs'/><taz id='b' edges='cs'/><trip id='t' depart='1' fromTaz='b' toTaz='b'/>"),
        [204]
    );
    assert_eq!(faults("<tlLogic id='S' type='static' programID='p' offset='0'><phase state='g'/></tlLogic>")[0], 107);
    assert!(faults("<tlLogic id='S' type='static' programID='off'/>").is_empty());
}

#[test]
fn what_is_hidden_in_types_routes_and_positions() {
    let (city, report) = good(
        "<vType id='old' accel='2' minGap='3'><carFollowing-IDM tau='1.5' accel='1.25'/></vType>
         <route id='r' edges='wc ce' repeat='1'/><vehicle id='v' type='old' route='r' depart='0' departPos='random'/>
         <flow id='f' begin='0' end='100' number='20' route='r' departPos='random_free'/>",
    );
    let old = city.classes.iter().find(|class| class.id == "old").expect("the type");
    assert_eq!(old.following, Following::Idm);
    assert!((old.headway_s - 1.5).abs() < 1e-9 && (old.accel_mps2 - 1.25).abs() < 1e-9 && (old.min_gap_m - 3.0).abs() < 1e-9);
    let mut places: Vec<i64> = Vec::new();
    for trip in &city.trips {
        let DepartPos::At(at_m) = trip.depart_pos else { panic!("{:?}", trip.depart_pos) };
        assert!(at_m <= city.links[trip.path[0]].length_m);
        #[expect(clippy::cast_possible_truncation, reason = "a length")]
        places.push((at_m * 10.0) as i64);
    }
    places.sort_unstable();
    places.dedup();
    assert!(places.len() > 15, "each its own place: {places:?}");
    assert_eq!(report.count("departPos", Outcome::Approximated), 21);
    assert_eq!(faults("<route id='r' edges='wc ce' repeat='999999'/>"), [107]);
}

#[test]
fn a_start_beyond_the_lane_is_brought_onto_it() {
    let (city, report) = good("<trip id='a' depart='1' from='wc' to='ce' departPos='999999'/>");
    assert_eq!(city.trips[0].depart_pos, DepartPos::At(city.links[city.trips[0].path[0]].length_m));
    assert_eq!(report.count("departPos", Outcome::Approximated), 1);
}

#[test]
fn what_is_not_said_about_the_departure_is_as_in_sumo() {
    let (city, report) =
        good("<trip id='a' depart='1' from='wc' to='ce'/><trip id='b' depart='1' from='wc' to='ce' departSpeed='0' departLane='first'/>");
    assert_eq!((city.trips[0].depart_lane, city.trips[0].depart_speed), (None, DepartSpeed::Max));
    assert_eq!((city.trips[1].depart_lane, city.trips[1].depart_speed), (Some(0), DepartSpeed::At(0.0)));
    assert_eq!(report.count("departSpeed", Outcome::Approximated), 0);
    let folder = folder("defaults");
    put(&folder, "n.net.xml", NET);
    put(&folder, "a.rou.xml", "<routes><trip id='a' depart='1' from='wc' to='ce'/></routes>");
    let cfg = "<configuration><input><net-file value='n.net.xml'/><route-files value='a.rou.xml'/></input>
        <processing><default.departspeed value='0'/><default.departlane value='first'/></processing></configuration>";
    put(&folder, "n.sumocfg", cfg);
    let city = sumo::case(&folder.join("n.sumocfg")).expect("a case").city;
    assert_eq!((city.trips[0].depart_lane, city.trips[0].depart_speed), (Some(0), DepartSpeed::At(0.0)));
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn every_detector_of_a_lane_is_taken() {
    let (city, report) = good("<e1Detector id='a' lane='ce_0' pos='20' file='x'/><e1Detector id='b' lane='ce_0' pos='40' file='x'/>");
    let found: Vec<(&str, f64)> = city.detectors.iter().map(|detector| (detector.id.as_str(), detector.at_m)).collect();
    assert_eq!(found, [("a", 20.0), ("b", 40.0)]);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn a_case_of_more_than_a_week_is_refused() {
    let source = |name: &str, text: &str| sumo::Source { name: name.into(), bytes: text.as_bytes().to_vec() };
    let routes = vec![source("a.rou.xml", "<routes><trip id='a' depart='700000' from='wc' to='ce'/></routes>")];
    let (none, report) = sumo::read(&sumo::Files { net: source("n", NET), routes, ..sumo::Files::default() });
    assert!(none.is_none() && report.problems[0].code == 230, "{:?}", report.problems);
}

/// A folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("forecity-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a file");
}

#[test]
fn included_files_belong_to_the_case() {
    let folder = folder("include");
    put(&folder, "n.net.xml", NET);
    put(&folder, "types.xml", "<additional><vType id='lorry' vClass='truck'/></additional>");
    put(&folder, "a b.rou.xml", "<routes><include href='types.xml'/><trip id='a' type='lorry' depart='1' from='wc' to='ce'/></routes>");
    put(&folder, "c.rou.xml", "<routes><trip id='c' depart='2' from='wc' to='ce'/></routes>");
    let cfg = "<configuration><input><net-file value='n.net.xml'/><route-files value='a b.rou.xml, c.rou.xml'/></input>
        <random_number><seed value='-3'/></random_number></configuration>";
    put(&folder, "n.sumocfg", cfg);
    let (imported, report) = sumo::case_with_report(&folder.join("n.sumocfg")).expect("files");
    let imported = imported.unwrap_or_else(|| panic!("{:?}", report.problems));
    assert_eq!((imported.city.trips.len(), imported.seed, report.count("include", Outcome::Understood)), (2, 3, 1));
    put(&folder, "types.xml", "<additional><include href='a b.rou.xml'/></additional>");
    let problems = sumo::case_with_report(&folder.join("n.sumocfg")).expect_err("a circle");
    assert!(problems[0].code == 604 && problems[0].message.contains("itself"), "{problems:?}");
    std::fs::remove_dir_all(&folder).expect("removed");
}
