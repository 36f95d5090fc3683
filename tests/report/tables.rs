//! Tables that were changed, cut off or lost: nothing is reported, and the file is named.

use super::program::{Folder, files};
use forecity::report::{parquet, stored};
use forecity::report::table::{Data, Series, Sheet};

fn made(name: &str) -> Folder {
    let here = Folder::new(name);
    here.run("run grid:4x3 --seeds 1..2 -o out --device cpu -q").with(0, "");
    here
}

/// The file of a table of base.
fn table(here: &Folder, name: &str) -> std::path::PathBuf {
    let folder = format!("tables/{name}/variant=base/point=0");
    let all = files(&here.0.join("out"));
    here.0.join("out").join(all.iter().find(|file| file.starts_with(&folder)).expect("a table"))
}

#[test]
fn a_changed_number_is_refused_with_both_hashes() {
    let here = made("report-tampered");
    here.run("report out -q").with(0, "");
    let path = table(&here, "trips");
    // The same table with one travel time of 7 s more.
    let names = [
        "seed",
        "trip_id",
        "mode",
        "class",
        "origin",
        "destination",
        "income_decile",
        "persons",
        "due_s",
        "depart_s",
        "arrive_s",
        "wait_outside_s",
        "travel_s",
        "free_s",
        "delay_s",
        "stopped_s",
        "stops",
        "length_m",
        "path_hash",
        "reroutes",
        "status",
        "forced",
        "measured",
    ];
    let mut data = stored::columns(&path, &names).expect("the columns");
    let written = |data: Vec<Data>| {
        let rows = match &data[0] {
            Data::Count(seeds) => seeds.len(),
            _ => 0,
        };
        let columns = names.iter().zip(data).map(|(name, data)| Series { name, unit: "-", about: "", data }).collect();
        let sheet = Sheet { name: "trips", rows, columns };
        parquet::write(&sheet, &[], std::fs::File::create(&path).expect("a file")).expect("a table");
    };
    written(data.clone());
    here.run("report out -q").with(0, "");
    if let Data::Real(travel_s) = &mut data[12] {
        travel_s[0] += 7.0;
    }
    written(data);
    let manifest = here.json("out/manifest.json");
    let hash = manifest["runs"][0]["table_hashes"]["trips"].as_str().expect("a hash").to_owned();
    let ended = here.run("report out").with(4, "is not the table that was written");
    assert!(ended.talk.contains("out/tables/trips/variant=base/point=0/1-2.parquet") && ended.talk.contains(&hash), "{ended:?}");
    let hashes = ended.talk.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 64).count();
    assert_eq!(hashes, 2, "both hashes: {ended:?}");
    assert!(ended.talk.contains("\"base\", seed 1"), "{ended:?}");
}

#[test]
fn a_file_that_is_cut_off_or_lost_is_named() {
    let here = made("report-cut");
    for name in ["links", "trips", "network"] {
        let path = table(&here, name);
        let whole = std::fs::read(&path).expect("a table");
        for cut in [whole.len() / 2, 3, 0] {
            std::fs::write(&path, &whole[..cut]).expect("a file");
            let ended = here.run("report out").with(1, &format!("out/tables/{name}/variant=base/point=0/1-2.parquet cannot be read"));
            assert!(!ended.talk.contains("panicked") && !ended.talk.contains("EOF("), "{ended:?}");
        }
        // Broken in the middle, its end whole.
        let mut broken = whole.clone();
        let middle = broken.len() / 3;
        broken[middle..middle + 40].fill(0xa5);
        std::fs::write(&path, &broken).expect("a file");
        let ended = here.run("report out");
        assert!(ended.code == 1 || ended.code == 4, "{ended:?}");
        assert!(ended.talk.contains(&format!("out/tables/{name}/variant=base/point=0/1-2.parquet")), "{ended:?}");
        std::fs::remove_file(&path).expect("it was there");
        here.run("report out").with(1, &format!("no file in out/tables/{name}/variant=base/point=0 holds seed 1"));
        std::fs::write(&path, &whole).expect("a file");
    }
    here.run("report out -q").with(0, "");
    // No table of links at all, as where only a part of a folder was handed on: the page says so.
    std::fs::remove_dir_all(here.0.join("out/tables/links")).expect("it was there");
    here.run("report out").with(0, "There is no table of links");
}
