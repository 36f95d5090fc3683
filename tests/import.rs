//! SUMO cases: read, count, write; broken files give diagnostics, never panics.
#![expect(clippy::print_stdout, reason = "a test says what it skips")]
#![expect(clippy::disallowed_methods, reason = "the folder of the data comes from the environment")]

use forecity::import::report::{ImportReport, Outcome};
use forecity::import::{Imported, sumo};
use std::path::PathBuf;

/// The reference data. Without them the tests that read them are ignored, see `build.rs`.
fn data() -> PathBuf {
    std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from)
}

/// A case of the data folder.
fn case(name: &str) -> (Imported, ImportReport) {
    let path = data().join("sumo").join(name);
    let (imported, report) = sumo::case_with_report(&path).expect("files that can be read");
    println!("{}", report.table());
    for problem in report.problems.iter().take(20) {
        println!("{problem}");
    }
    (imported.expect("a city"), report)
}

/// Sizes that a case must have.
struct Expected {
    nodes: usize,
    links: usize,
    lanes: usize,
    movements: usize,
    controllers: usize,
    trips: usize,
    halts: usize,
    detectors: usize,
    modes: &'static [(&'static str, usize)],
}

fn holds(name: &str, expected: &Expected) -> (Imported, ImportReport) {
    let (imported, report) = case(name);
    let city = &imported.city;
    println!("{name}: conflicts {}, of them merges {}", city.conflicts.len(), city.conflicts.iter().filter(|one| one.merge).count());
    let halts: usize = city.trips.iter().map(|trip| trip.halts.len()).sum();
    let counts =
        [city.nodes.len(), city.links.len(), city.lanes.len(), city.movements.len(), city.controllers.len(), city.trips.len(), halts];
    let wanted = [expected.nodes, expected.links, expected.lanes, expected.movements, expected.controllers, expected.trips, expected.halts];
    assert_eq!(counts, wanted, "nodes, links, lanes, movements, controllers, trips, halts of {name}");
    assert_eq!(city.detectors.len(), expected.detectors);
    for (mode, count) in expected.modes {
        let slot = city.modes.iter().position(|known| known.id == *mode).expect("a mode of that name");
        assert_eq!(city.trips.iter().filter(|trip| trip.mode == slot).count(), *count, "trips of {mode}");
    }
    assert!(!report.rows.keys().any(|key| key.2.contains("lost trip")));
    sane(&imported);
    (imported, report)
}

/// What every imported city keeps.
fn sane(imported: &Imported) {
    let city = &imported.city;
    for link in &city.links {
        assert!(link.from < city.nodes.len() && link.to < city.nodes.len() && !link.lanes.is_empty() && link.shape_m.len() >= 2);
    }
    for (index, lane) in city.lanes.iter().enumerate() {
        assert!(city.links[lane.link].lanes.contains(&index) && lane.length_m >= 0.1 && lane.speed_mps > 0.0);
    }
    for movement in &city.movements {
        assert!(movement.length_m >= 0.1 && movement.speed_mps > 0.0 && movement.shape_m.len() >= 2);
        assert_eq!(city.links[city.lanes[movement.from_lane].link].to, movement.node);
        assert_eq!(city.links[city.lanes[movement.to_lane].link].from, movement.node);
        if let Some((controller, position)) = movement.signal {
            assert!(city.controllers[controller].phases.iter().all(|phase| position < phase.aspects.len()));
        }
    }
    let mut pairs = std::collections::BTreeSet::new();
    for conflict in &city.conflicts {
        let (a, b) = (&city.movements[conflict.a], &city.movements[conflict.b]);
        assert!(pairs.insert((conflict.a.min(conflict.b), conflict.a.max(conflict.b))), "each pair once");
        assert!(a.node == b.node && a.from_lane != b.from_lane && conflict.merge == (a.to_lane == b.to_lane));
        for (area, movement) in [(conflict.area_a_m, a), (conflict.area_b_m, b)] {
            assert!(0.0 <= area[0] && area[0] < area[1] && area[1] <= movement.length_m, "{area:?} on {}", movement.id);
        }
    }
    for trip in &city.trips {
        assert!(trip.depart_s >= imported.from_s && !trip.path.is_empty());
        let uses: Vec<_> = city.modes[trip.mode].mix.iter().map(|part| city.classes[part.0].uses).collect();
        for pair in trip.path.windows(2) {
            assert!(
                city.movements.iter().any(|movement| {
                    city.lanes[movement.from_lane].link == pair[0]
                        && city.lanes[movement.to_lane].link == pair[1]
                        && uses.iter().all(|one| movement.allowed.meets(*one))
                }),
                "{}: {} is not joined to {}",
                trip.id,
                city.links[pair[0]].id,
                city.links[pair[1]].id
            );
        }
        if let Some(lane) = trip.depart_lane {
            assert!(lane < city.links[trip.path[0]].lanes.len());
        }
        for halt in &trip.halts {
            assert!(trip.path.contains(&city.lanes[halt.lane].link) && halt.at_m <= city.lanes[halt.lane].length_m);
        }
    }
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn pasubio() {
    let modes = &[("private", 8133), ("ignoring", 531), ("bus", 112)];
    let expected =
        Expected { nodes: 65, links: 111, lanes: 186, movements: 265, controllers: 8, trips: 8776, halts: 499, detectors: 64, modes };
    let (imported, _) = holds("bologna-pasubio/run.sumocfg", &expected);
    same_trips(&imported, "bologna-pasubio");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn acosta() {
    let modes = &[("private", 8081), ("ignoring", 541), ("bus", 157)];
    let expected =
        Expected { nodes: 112, links: 178, lanes: 266, movements: 351, controllers: 7, trips: 8779, halts: 542, detectors: 58, modes };
    let (imported, _) = holds("bologna-acosta/run.sumocfg", &expected);
    same_trips(&imported, "bologna-acosta");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn ingolstadt() {
    let modes = &[("default_016", 647), ("default_017", 907), ("bus", 17)];
    let expected = Expected { nodes: 8, links: 11, lanes: 22, movements: 18, controllers: 1, trips: 1716, halts: 0, detectors: 0, modes };
    let (imported, report) = holds("ingolstadt1/ingolstadt1.sumocfg", &expected);
    assert!((imported.from_s - 57_600.0).abs() < 1e-9 && (imported.to_s - 61_200.0).abs() < 1e-9);
    assert_eq!(report.count("lane", Outcome::Ignored), 11, "sidewalks");
    same_routes(&imported, "ingolstadt1");
    same_trips(&imported, "ingolstadt1");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn rilsa() {
    let modes = &[("PKW", 1994), ("LKW", 176)];
    let expected = Expected { nodes: 5, links: 8, lanes: 12, movements: 12, controllers: 1, trips: 2170, halts: 0, detectors: 0, modes };
    let (imported, _) = holds("rilsa/example1/run.sumo.cfg", &expected);
    same_trips(&imported, "rilsa1");
    for (name, trips) in [("rilsa/example2", 3466), ("rilsa/example3", 2715), ("rilsa/example4", 2334)] {
        let (imported, _) = case(&format!("{name}/run.sumo.cfg"));
        assert_eq!(imported.city.trips.len(), trips);
        sane(&imported);
    }
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn wildau() {
    let modes = &[("pkw", 2253), ("truck", 33)];
    let expected =
        Expected { nodes: 646, links: 1211, lanes: 1723, movements: 2220, controllers: 3, trips: 2286, halts: 0, detectors: 0, modes };
    let (imported, _) = holds("wildau/run.sumocfg", &expected);
    same_routes(&imported, "wildau");
    same_trips(&imported, "wildau");
}

/// Our routes are those of the oracle, but for the few vehicles that the oracle led around a jam.
fn same_routes(imported: &Imported, name: &str) {
    let text = std::fs::read_to_string(data().join(format!("sumo/oracle/{name}.default.routes.csv"))).expect("the oracle's routes");
    let city = &imported.city;
    let (mut same, mut all) = (0, 0);
    for line in text.lines().skip(1) {
        let mut fields = line.splitn(4, ',');
        let (id, _, _, edges) = (fields.next(), fields.next(), fields.next(), fields.next());
        let Some(trip) = city.trips.iter().find(|trip| Some(trip.id.as_str()) == id) else { continue };
        let own: Vec<&str> = trip.path.iter().map(|link| city.links[*link].id.as_str()).collect();
        all += 1;
        if Some(own.join(" ").as_str()) == edges {
            same += 1;
        }
    }
    println!("{name}: {same} of {all} routes are the oracle's");
    assert!(same * 1000 >= all * 997, "{same} of {all}");
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn the_folder_of_a_case_is_complete() {
    let (imported, report) = case("bologna-pasubio/run.sumocfg");
    let folder = std::env::temp_dir().join(format!("forecity-import-{}", std::process::id()));
    forecity::import::folder::write(&imported, &report, &folder).expect("a folder");
    let lines = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name).lines().count() - 1;
    let city = &imported.city;
    assert_eq!(lines("link.csv"), city.links.len());
    assert_eq!(lines("lane.csv"), city.lanes.len());
    assert_eq!(lines("movement.csv"), city.movements.len());
    assert_eq!(lines("conflict.csv"), city.conflicts.len());
    assert_eq!(lines("trip.csv"), city.trips.len());
    assert_eq!(lines("halt.csv"), 499);
    assert_eq!(lines("mode.csv"), city.modes.iter().map(|mode| mode.mix.len()).sum::<usize>());
    let study: toml::Table = std::fs::read_to_string(folder.join("study.toml")).expect("a study").parse().expect("TOML");
    assert_eq!(study["time"]["step"].as_str(), Some("1 s"));
    assert!(std::fs::read_dir(&folder).expect("the folder").flatten().all(|entry| !entry.path().ends_with(".part")));
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// Planned departures and lengths of routes against what the oracle drove: every trip, to the step and to 20 m.
fn same_trips(imported: &Imported, name: &str) {
    let text = std::fs::read_to_string(data().join(format!("sumo/oracle/{name}.default.trips.csv"))).expect("the oracle's trips");
    let city = &imported.city;
    let mut joins = std::collections::BTreeMap::new();
    for movement in &city.movements {
        let (from, to) = (city.lanes[movement.from_lane].link, city.lanes[movement.to_lane].link);
        joins.entry((from, to)).or_insert_with(Vec::new).push(movement.length_m);
    }
    let trips: std::collections::BTreeMap<&str, &forecity::city::Trip> = city.trips.iter().map(|trip| (trip.id.as_str(), trip)).collect();
    let mut header = text.lines().next().expect("a header").split(',');
    let columns: Vec<usize> = ["id", "depart", "departDelay", "routeLength"]
        .map(|name| header.clone().position(|column| column == name).unwrap_or_else(|| panic!("{name}")))
        .to_vec();
    assert!(header.next().is_some());
    let (mut all, mut late, mut long) = (0, 0, 0);
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |column: usize| cells[columns[column]].parse::<f64>().expect("a number");
        let Some(trip) = trips.get(cells[columns[0]]) else { continue };
        all += 1;
        let planned = number(1) - number(2);
        late += usize::from((planned - trip.depart_s).abs() > 1.001);
        let links: f64 = trip.path.iter().map(|link| city.links[*link].length_m).sum();
        let inside: f64 =
            trip.path.windows(2).map(|pair| joins[&(pair[0], pair[1])].iter().sum::<f64>() / joins[&(pair[0], pair[1])].len() as f64).sum();
        let start = match trip.depart_pos {
            forecity::city::DepartPos::At(at_m) => at_m,
            forecity::city::DepartPos::Base => city.classes[city.modes[trip.mode].mix[0].0].length_m,
        };
        let last = city.links[trip.path[trip.path.len() - 1]].length_m;
        let length = links + inside - start - (last - trip.arrive_pos_m.unwrap_or(last));
        if (length - number(3)).abs() > 20.0 {
            long += 1;
            if long < 5 {
                println!("{}: {length} against {}", trip.id, number(3));
            }
        }
    }
    println!("{name}: {all} trips of the oracle, departure differs {late}, length differs {long}");
    assert!(all > 0 && late == 0 && long * 100 <= all, "{name}: {all} {late} {long}");
}

const NET: &str = include_str!("import/tee.net.xml");
const DEMAND: &str = include_str!("import/tee.rou.xml");

fn files(net: &[u8], demand: &[u8]) -> sumo::Files {
    let source = |name: &str, bytes: &[u8]| sumo::Source { name: name.into(), bytes: bytes.to_vec() };
    sumo::Files {
        net: source("tee.net.xml", net),
        routes: vec![source("tee.rou.xml", demand)],
        title: "tee".into(),
        ..sumo::Files::default()
    }
}

fn tee() -> (Imported, ImportReport) {
    let (imported, report) = sumo::read(&files(NET.as_bytes(), DEMAND.as_bytes()));
    for problem in &report.problems {
        println!("{problem}");
    }
    (imported.expect("a city"), report)
}

#[test]
fn a_junction_is_taken_over() {
    use forecity::city::{Control, Rule, Turn};
    let (imported, report) = tee();
    sane(&imported);
    let city = &imported.city;
    assert_eq!((city.nodes.len(), city.links.len(), city.lanes.len(), city.movements.len()), (4, 5, 7, 5));
    assert_eq!(city.nodes[0].control, Control::Yield);
    assert_eq!((city.links[0].name.as_str(), city.links[0].priority, city.links[0].lanes.clone()), ("High Street", 3, 0..2));
    assert!(!city.lanes[0].change_left && city.lanes[1].change_right);
    let short = &city.lanes[6];
    assert!((short.length_m - 0.1).abs() < 1e-12 && (city.lanes[3].speed_mps - 64.0).abs() < 1e-12);
    let left = &city.movements[4];
    assert_eq!((left.turn, left.rule, left.signal), (Turn::Left, Rule::Go, Some((0, 0))));
    assert!((left.length_m - 21.0).abs() < 1e-9 && left.shape_m.len() == 4);
    assert_eq!((city.movements[3].turn, city.movements[3].rule), (Turn::Right, Rule::Yield));
    let keep: Vec<bool> = city.movements.iter().map(|movement| movement.keep_clear).collect();
    assert_eq!(keep, [false, true, false, true, true], "nothing to keep clear without a conflict");
    let pairs: Vec<_> = city.conflicts.iter().map(|one| (one.a, one.b, one.merge, one.a_yields, one.b_yields)).collect();
    assert_eq!(pairs, [(1, 3, true, false, true), (1, 4, false, false, true), (2, 4, false, false, true)]);
    let crossing = &city.conflicts[1];
    assert!(crossing.area_a_m[0] > 8.0 && crossing.area_a_m[1] < 14.0, "{:?}", crossing.area_a_m);
    assert!(crossing.area_b_m[0] > 4.0 && crossing.area_b_m[1] < 10.5, "{:?}", crossing.area_b_m);
    assert_eq!(report.count("edge", Outcome::Ignored), 1, "the railway");
    let signal = &city.controllers[0];
    assert_eq!((signal.policy, signal.phases.len()), (forecity::city::Policy::Actuated, 2));
    assert!((signal.phases[0].min_s - 5.0).abs() < 1e-9 && (signal.phases[0].max_s - 40.0).abs() < 1e-9);
}

/// SUMO's index 0 is the kerb and its left the next index, whatever side one drives on; ours are what the driver sees.
#[test]
fn who_drives_on_the_left_has_the_kerb_there() {
    let net = NET.replace("<net version", "<net lefthand=\"true\" version");
    let (imported, report) = sumo::read(&files(net.as_bytes(), DEMAND.as_bytes()));
    let imported = imported.expect("a city");
    let lanes = &imported.city.lanes;
    assert_eq!(imported.city.drive_side, forecity::city::DriveSide::Left);
    assert!(lanes[0].change_left && !lanes[0].change_right && lanes[1].change_left, "no way from the kerb to the lane on its right");
    let folder = std::env::temp_dir().join(format!("forecity-left-{}", std::process::id()));
    forecity::import::folder::write(&imported, &report, &folder).expect("a folder");
    let text = std::fs::read_to_string(folder.join("lane.csv")).expect("lane.csv");
    let numbers: Vec<_> = text.lines().skip(1).take(2).map(|line| line.split(',').nth(2).expect("lane_num")).collect();
    assert_eq!(numbers, ["1", "2"], "GMNS counts from the left: the kerb lane is the first");
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn one_of_every_demand() {
    use forecity::city::{DepartPos, DepartSpeed, Following};
    let (imported, report) = tee();
    let city = &imported.city;
    let trip = |id: &str| city.trips.iter().find(|trip| trip.id == id).unwrap_or_else(|| panic!("trip {id}"));
    let path = |id: &str| trip(id).path.iter().map(|link| city.links[*link].id.as_str()).collect::<Vec<_>>().join(" ");
    let class = |id: &str| city.classes.iter().find(|class| class.id == id).expect("a class");
    assert_eq!(city.trips.len(), 4 + 4 + 4 + 3 + 5);
    let one = trip("one");
    assert!((one.depart_s - 65.0).abs() < 1e-9 && one.arrive_pos_m == Some(185.0) && one.depart_speed == DepartSpeed::Max);
    assert_eq!(one.depart_lane, Some(0), "the footway does not count");
    assert!((one.halts[0].at_m - 170.0).abs() < 1e-9 && (one.halts[0].until_s - 100.0).abs() < 1e-9);
    let two = trip("two");
    assert_eq!((two.depart_lane, two.depart_pos, two.depart_speed), (Some(1), DepartPos::At(3.0), DepartSpeed::At(5.0)));
    assert_eq!(path("four"), "sc cw");
    assert_eq!((path("five"), trip("five").origin, trip("five").destination), ("sc ce".into(), Some(0), Some(1)));
    assert_eq!(["f.0", "f.1", "f.2", "f.3"].map(path), ["wc ce", "wc ce", "wc cs", "wc ce"].map(String::from));
    assert!((trip("f.3").depart_s - 175.0).abs() < 1e-9 && (trip("g.3").depart_s - 190.0).abs() < 1e-9);
    assert!((trip("h.2").depart_s - 120.0).abs() < 1e-9);
    assert!((0..5).all(|n| (100.0..110.0).contains(&trip(&format!("i.{n}")).depart_s)), "drawn, as many as expected");
    let calm = class("calm");
    assert_eq!((calm.following, calm.speed_factor_range), (Following::Idm, [0.8, 1.3]));
    assert!((calm.headway_s - 1.2).abs() < 1e-9 && (calm.speed_dev - 0.05).abs() < 1e-9 && calm.noise.abs() < 1e-9);
    let rocket = class("rocket");
    assert!((rocket.accel_mps2 - 4.0).abs() < 1e-9 && (rocket.min_gap_m - 0.5).abs() < 1e-9 && (rocket.max_speed_mps - 64.0).abs() < 1e-9);
    let lorry = class("lorry");
    assert!(
        (lorry.length_m - 7.1).abs() < 1e-9 && (lorry.accel_mps2 - 1.3).abs() < 1e-9 && (lorry.emergency_decel_mps2 - 7.0).abs() < 1e-9
    );
    let mixed = city.modes.iter().find(|mode| mode.id == "mixed").expect("a mix");
    assert_eq!(mixed.mix.iter().map(|part| part.1).collect::<Vec<_>>(), [0.75, 0.25]);
    assert!((city.detectors[0].at_m - 180.0).abs() < 1e-9);
    assert_eq!(report.count("person", Outcome::Ignored), 1);
    assert_eq!(report.count("vehicle", Outcome::Ignored), 1, "the train");
    assert_eq!(report.count("trip", Outcome::Ignored), 1, "no road leads back from the south");
    assert!(report.problems.iter().any(|problem| problem.code == 302 && problem.line > 0));
    assert!((imported.to_s - 240.0).abs() < 1e-9);
}

#[test]
fn the_verb_writes_a_folder_and_prints_the_table() {
    use forecity::cli::import::Import;
    let folder = std::env::temp_dir().join(format!("forecity-verb-{}", std::process::id()));
    let verb = Import { file: "tests/import/tee.net.xml".into(), demand: vec!["tests/import/tee.rou.xml".into()], output: folder.clone() };
    let mut out = Vec::new();
    verb.run(&mut out).expect("an import");
    let text = String::from_utf8(out).expect("a text");
    assert!(text.contains("4 nodes, 5 links, 7 lanes, 5 movements, 3 conflicts, 1 signals, 20 trips"), "{text}");
    let again = std::fs::read(folder.join("import.json")).expect("import.json");
    std::fs::write(folder.join("study.toml"), "format = 1\n# my own\n").expect("a change");
    verb.run(&mut Vec::new()).expect("a second import");
    assert_eq!(again, std::fs::read(folder.join("import.json")).expect("import.json"), "the same bytes again");
    assert!(std::fs::read_to_string(folder.join("study.old.toml")).expect("the old study").contains("my own"));
    assert!(folder.join("zone.csv").exists());
    Import { demand: Vec::new(), ..verb.clone() }.run(&mut Vec::new()).expect("an import without demand");
    assert!(!folder.join("trip.csv").exists(), "tables of the earlier import are gone");
    let lost = Import { file: "tests/import/tee.rou.xml".into(), ..verb }.run(&mut Vec::new()).expect_err("no network");
    assert_eq!(lost.exit(), 3);
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// Replaces one text of a file and tells what the import says.
fn broken(net: (&str, &str), demand: (&str, &str)) -> ImportReport {
    assert!(NET.contains(net.0) && DEMAND.contains(demand.0), "{} or {} is not there", net.0, demand.0);
    let (imported, report) =
        sumo::read(&files(NET.replacen(net.0, net.1, 1).as_bytes(), DEMAND.replacen(demand.0, demand.1, 1).as_bytes()));
    assert_eq!(imported.is_none(), report.failed());
    report
}

#[test]
fn broken_networks_are_named() {
    let many: String = (0..300).map(|index| format!(" a{index}=\"1\"")).collect();
    let deep = "<a>".repeat(100);
    let cases: [(&str, &str, u16, &str); 19] = [
        ("</net>", "", 604, "ends inside"),
        ("</net>", "</nett>", 604, ""),
        ("<net version=\"1.20\">", "<nets version=\"1.20\">", 604, ""),
        ("<net version", "<!DOCTYPE net [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;&a;\">]><net version", 604, "entities"),
        ("name=\"High Street\"", "name=\"&bomb;\"", 604, ""),
        ("<location", &format!("<location{many}"), 604, "more than 200 attributes"),
        ("<location", &format!("{deep}<location"), 604, "deeper"),
        ("id=\"wc\" from", "id=\"wc\" id=\"wc\" from", 604, "twice"),
        ("speed=\"8.33\"", "speed=\"1e308\"", 107, "1e308"),
        ("speed=\"8.33\"", "speed=\"NaN\"", 107, "NaN"),
        ("length=\"188\"", "length=\"-1\"", 107, "negative"),
        ("-200.00,-4.80 -10.00", "-200.00,east -10.00", 107, "point"),
        ("from=\"W\" to=\"C\"", "from=\"X\" to=\"C\"", 203, "\"X\""),
        ("from=\"wc\" to=\"cs\" fromLane=\"1\"", "from=\"wc\" to=\"nowhere\" fromLane=\"1\"", 203, "nowhere"),
        ("via=\":C_0_0\"", "via=\":C_9_0\"", 203, ":C_9_0"),
        (
            "to=\"cw\" fromLane=\"0\" toLane=\"0\" dir=\"l\"",
            "to=\"cw\" fromLane=\"0\" toLane=\"0\" via=\":C_4_0\" dir=\"l\"",
            203,
            "go round",
        ),
        ("<edge id=\"cs\"", "<edge id=\"cw\"", 204, "\"cw\""),
        ("foes=\"11000\"", "foes=\"1100x\"", 107, "foes"),
        ("request index=\"0\"", "request index=\"4\"", 107, "rows"),
    ];
    for (from, to, code, words) in cases {
        let report = broken((from, to), ("<routes>", "<routes>"));
        let found = report.problems.iter().find(|problem| problem.code == code && problem.message.contains(words));
        assert!(report.failed() && found.is_some(), "{from} -> {}: {:?}", &to[..to.len().min(60)], report.problems);
        assert!(found.is_some_and(|problem| problem.line > 0 || code == 604));
    }
}

#[test]
fn broken_demand_is_named() {
    let cases: [(&str, &str, u16, &str); 14] = [
        ("</routes>", "", 604, "ends inside"),
        ("edges=\"wc cs\"", "edges=\"wc moon\"", 203, "moon"),
        ("type=\"mixed\" route", "type=\"mixt\" route", 203, "mixt"),
        ("route=\"through\" depart", "route=\"thru\" depart", 203, "thru"),
        ("busStop=\"stop\"", "busStop=\"halt\"", 203, "halt"),
        ("lane=\"ce_0\" pos", "lane=\"ce_7\" pos", 203, "ce_7"),
        ("vTypes=\"calm lorry\"", "vTypes=\"calm boat\"", 203, "boat"),
        ("id=\"two\"", "id=\"one\"", 204, "twice"),
        ("depart=\"0:01:05\"", "depart=\"soon\"", 107, "soon"),
        ("depart=\"10.25\"", "depart=\"inf\"", 107, "inf"),
        ("number=\"4\"", "number=\"1e9\"", 107, "500,000"),
        ("period=\"30\"", "period=\"0\"", 107, "needs"),
        ("departLane=\"2\"", "departLane=\"9\"", 203, "fewer lanes"),
        ("state=\"g\"", "state=\"gg\"", 107, "different lengths"),
    ];
    for (from, to, code, words) in cases {
        let report = broken(("<net", "<net"), (from, to));
        let found = report.problems.iter().any(|problem| problem.code == code && problem.message.contains(words) && problem.line > 0);
        assert!(report.failed() && found, "{from} -> {to}: {:?}", report.problems);
    }
    let report =
        broken(("phase duration=\"30\" state=\"G\"", "phase duration=\"30\" state=\"G\""), ("<phase duration=\"4\" state=\"u\"/>", ""));
    assert!(!report.failed());
}

#[test]
fn all_faults_come_in_one_pass() {
    let net = NET.replace("length=\"188\"", "length=\"-1\"").replace("via=\":C_0_0\"", "via=\":C_9_0\"");
    let demand = DEMAND.replace("vTypes=\"calm lorry\"", "vTypes=\"calm boat\"").replace("depart=\"10.25\"", "depart=\"late\"");
    let (_, report) = sumo::read(&files(net.as_bytes(), demand.as_bytes()));
    for words in ["negative", ":C_9_0", "boat", "late"] {
        assert!(report.problems.iter().any(|problem| problem.message.contains(words)), "{words}");
    }
}

#[test]
fn packed_latin_and_missing_files() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(NET.as_bytes()).expect("memory");
    let packed = packer.finish().expect("memory");
    assert!(sumo::read(&files(&packed, DEMAND.as_bytes())).0.is_some());
    let (none, report) = sumo::read(&files(&packed[..packed.len() / 2], DEMAND.as_bytes()));
    assert!(none.is_none() && report.problems[0].code == 604 && report.problems[0].message.contains("gzip"));
    let latin: Vec<u8> = NET.replace("High Street", "Stra\u{df}e").chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
    let (imported, _) = sumo::read(&files(&latin, DEMAND.as_bytes()));
    assert_eq!(imported.expect("a city").city.links[0].name, "Stra\u{df}e");
    let missing = sumo::case(std::path::Path::new("no/such/case.sumocfg")).expect_err("not there");
    assert_eq!(missing[0].code, 101);
}

#[test]
fn without_internal_lanes_the_matrix_still_holds() {
    let mut net = String::new();
    for line in NET.lines() {
        let inside = line.contains("id=\":C_") || line.contains("from=\":C_");
        if !inside {
            let mut line = line.to_owned();
            while let Some(at) = line.find("via=\"") {
                let end = at + 5 + line[at + 5..].find('"').expect("a quote") + 1;
                line.replace_range(at..end, "");
            }
            net.push_str(&line.replace(":C_0_0 :C_1_0 :C_1_1 :C_3_0 :C_5_0", ""));
            net.push('\n');
        }
    }
    // The ends of the internal edges are left over: take them out with their beginnings.
    let start = net.find("<location").expect("a location");
    let first = net.find("<edge id=\"wc\"").expect("an edge");
    let kept: String = net[start..first].lines().filter(|line| !line.contains("</edge>")).collect::<Vec<_>>().join("\n");
    let net = format!("{}{kept}\n    {}", &net[..start], &net[first..]);
    let (imported, report) = sumo::read(&files(net.as_bytes(), DEMAND.as_bytes()));
    for problem in &report.problems {
        println!("{problem}");
    }
    let imported = imported.expect("a city");
    sane(&imported);
    assert_eq!(imported.city.conflicts.len(), 3);
    assert_eq!(report.count("connection shape", Outcome::Approximated), 5);
}

#[test]
fn a_case_that_begins_on_a_later_day() {
    let mut late = files(NET.as_bytes(), DEMAND.replace("depart=\"10.25\"", "depart=\"90000.5\"").as_bytes());
    (late.begin_s, late.end_s, late.step_s) = (Some(86_400.0), Some(93_600.0), Some(0.3));
    let (imported, report) = sumo::read(&late);
    let imported = imported.expect("a city");
    assert!((imported.from_s).abs() < 1e-9 && (imported.to_s - 7200.0).abs() < 1e-9 && (imported.step_s - 0.25).abs() < 1e-9);
    let city = &imported.city;
    assert_eq!(city.trips.len(), 1, "the others depart before the case begins");
    assert!((city.trips[0].depart_s - 3600.5).abs() < 1e-9);
    assert!((city.controllers[0].offset_s - 0.0).abs() < 1e-9);
    assert_eq!(report.count("step-length", Outcome::Approximated), 1);
}

/// Pieces that break files.
const PIECES: [&str; 24] = [
    "<",
    ">",
    "\"",
    "&",
    "&#0;",
    "&x;",
    "</edge>",
    "<edge id=\"q\">",
    "1e308",
    "-1",
    "NaN",
    "0",
    "99999999999999999999",
    "\0",
    "\u{fffd}",
    "id=\"C\"",
    "<request index=\"4\" response=\"1\" foes=\"1\"/>",
    "wc_1",
    "<flow id=\"z\" begin=\"0\" end=\"1e9\" period=\"1e-9\" from=\"wc\" to=\"ce\"/>",
    "<!--",
    "<![CDATA[",
    "<!DOCTYPE x [<!ENTITY y \"z\">]>",
    " ",
    "shape=\"0,0 0,0\"",
];

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]
    #[test]
    fn mutated_files_never_panic(
        edits in proptest::collection::vec((proptest::bool::ANY, 0.0_f64..1.0, 0_usize..40, 0_usize..PIECES.len()), 1..5),
        cut in proptest::option::weighted(0.1, 0.0_f64..1.0),
    ) {
        let mut texts = [NET.as_bytes().to_vec(), DEMAND.as_bytes().to_vec()];
        for (which, place, length, piece) in edits {
            let text = &mut texts[usize::from(which)];
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small length")]
            let at = ((text.len() as f64) * place) as usize;
            let end = (at + length).min(text.len());
            text.splice(at..end, PIECES[piece].bytes());
        }
        if let Some(share) = cut {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a small length")]
            let length = ((texts[0].len() as f64) * share) as usize;
            texts[0].truncate(length);
        }
        let (imported, report) = sumo::read(&files(&texts[0], &texts[1]));
        proptest::prop_assert_eq!(imported.is_none(), report.failed());
        if let Some(imported) = imported {
            sane(&imported);
        }
    }

    #[test]
    fn values_out_of_the_way_never_panic(values in proptest::collection::vec((0_usize..400, 0_usize..14), 1..8)) {
        const WORDS: [&str; 14] = ["", " ", "0", "-1", "1e9", "1e-300", "-0", "inf", "wc", "sc_0", "C", ":C_0_0", "0,0", "99999"];
        let mut texts = [NET.to_owned(), DEMAND.to_owned()];
        for (at, word) in values {
            let text = &mut texts[at % 2];
            let quotes: Vec<usize> = text.match_indices('"').map(|found| found.0).collect();
            let pair = (at / 2 * 7919) % (quotes.len() / 2);
            let (from, to) = (quotes[pair * 2] + 1, quotes[pair * 2 + 1]);
            text.replace_range(from..to, WORDS[word]);
        }
        let (imported, report) = sumo::read(&files(texts[0].as_bytes(), texts[1].as_bytes()));
        proptest::prop_assert_eq!(imported.is_none(), report.failed());
        if let Some(imported) = imported {
            sane(&imported);
        }
    }
}
