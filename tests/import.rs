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

#[test]
fn pasubio() {
    let Some((imported, report)) = case("bologna-pasubio/run.sumocfg") else { return };
    let city = &imported.city;
    assert_eq!((city.links.len(), city.lanes.len(), city.movements.len()), (111, 186, 265));
    assert_eq!(report.count("vehicle", Outcome::Understood), 8133 + 531 + 112);
    assert_eq!(city.trips.len(), 8776);
}
