//! SUMO cases: read, count, write; broken files give diagnostics, never panics.
#![expect(clippy::print_stdout, reason = "a test says what it skips")]
#![expect(clippy::disallowed_methods, reason = "the folder of the data comes from the environment")]

use forecity::import::report::{ImportReport, Outcome};
use forecity::import::{Imported, sumo};
use std::path::PathBuf;

/// A case of the data folder; `None`, and a message, where there is no such folder.
fn case(name: &str) -> Option<(Imported, ImportReport)> {
    let folder = std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from);
    let path = folder.join("sumo").join(name);
    if !path.exists() {
        println!("skipped: {} is not there (set FORECITY_DATA)", path.display());
        return None;
    }
    let (imported, report) = sumo::case_with_report(&path).expect("files that can be read");
    println!("{}", report.table());
    for problem in report.problems.iter().take(20) {
        println!("{problem}");
    }
    Some((imported.expect("a city"), report))
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

fn holds(name: &str, expected: &Expected) -> Option<(Imported, ImportReport)> {
    let (imported, report) = case(name)?;
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
    Some((imported, report))
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
fn pasubio() {
    let modes = &[("private", 8133), ("ignoring", 531), ("bus", 112)];
    let expected =
        Expected { nodes: 65, links: 111, lanes: 186, movements: 265, controllers: 8, trips: 8776, halts: 499, detectors: 64, modes };
    holds("bologna-pasubio/run.sumocfg", &expected);
}

#[test]
fn acosta() {
    let modes = &[("private", 8081), ("ignoring", 541), ("bus", 157)];
    let expected =
        Expected { nodes: 112, links: 178, lanes: 266, movements: 351, controllers: 7, trips: 8779, halts: 542, detectors: 58, modes };
    holds("bologna-acosta/run.sumocfg", &expected);
}

#[test]
fn ingolstadt() {
    let modes = &[("default_016", 647), ("default_017", 907), ("bus", 17)];
    let expected = Expected { nodes: 8, links: 11, lanes: 22, movements: 18, controllers: 1, trips: 1716, halts: 0, detectors: 0, modes };
    let Some((imported, report)) = holds("ingolstadt1/ingolstadt1.sumocfg", &expected) else { return };
    assert!((imported.from_s - 57_600.0).abs() < 1e-9 && (imported.to_s - 61_200.0).abs() < 1e-9);
    assert_eq!(report.count("lane", Outcome::Ignored), 11, "sidewalks");
    same_routes(&imported, "ingolstadt1");
}

#[test]
fn rilsa() {
    let modes = &[("PKW", 1994), ("LKW", 176)];
    let expected = Expected { nodes: 5, links: 8, lanes: 12, movements: 12, controllers: 1, trips: 2170, halts: 0, detectors: 0, modes };
    holds("rilsa/example1/run.sumo.cfg", &expected);
    for (name, trips) in [("rilsa/example2", 3466), ("rilsa/example3", 2715), ("rilsa/example4", 2334)] {
        let Some((imported, _)) = case(&format!("{name}/run.sumo.cfg")) else { return };
        assert_eq!(imported.city.trips.len(), trips);
        sane(&imported);
    }
}

#[test]
fn wildau() {
    let modes = &[("pkw", 2253), ("truck", 33)];
    let expected =
        Expected { nodes: 646, links: 1211, lanes: 1723, movements: 2220, controllers: 3, trips: 2286, halts: 0, detectors: 0, modes };
    let Some((imported, _)) = holds("wildau/run.sumocfg", &expected) else { return };
    same_routes(&imported, "wildau");
}

/// Our routes are those of the oracle, but for the few vehicles that the oracle led around a jam.
fn same_routes(imported: &Imported, name: &str) {
    let folder = std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(format!("sumo/oracle/{name}.default.routes.csv"))).expect("the oracle's routes");
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
fn the_folder_of_a_case_is_complete() {
    let Some((imported, report)) = case("bologna-pasubio/run.sumocfg") else { return };
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
