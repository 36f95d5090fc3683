//! The studies of `scenarios/` say what their pages expect (`expected.toml`: bounds from theory, from a source, or from our own output, as each
//! entry tells), are valid, and leave nothing unsaid.

#[path = "common/program.rs"]
mod program;

use program::Folder;
use std::path::Path;

#[test]
fn every_study_answers_as_its_page_says() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<_> = std::fs::read_dir(&here).expect("the scenarios").filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.retain(|path| path.join("expected.toml").is_file());
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    let folder = Folder::new("scenarios");
    for path in names {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let ended = folder.run(&format!("run {} -o {name} --device cpu --json", path.display()));
        assert_eq!(ended.code, 0, "{name}: {}", ended.talk);
        let document = ended.json();
        let text = std::fs::read_to_string(path.join("expected.toml")).expect("expectations");
        let expected: toml::Table = toml::from_str(&text).expect("TOML");
        let entries = expected["expect"].as_array().expect("[[expect]]");
        assert!(!entries.is_empty());
        for entry in entries {
            let word = |key: &str| entry[key].as_str().unwrap_or_else(|| panic!("{name}: no {key}")).to_owned();
            let bound = |key: &str| entry.get(key).and_then(|v| v.as_float().or_else(|| v.as_integer().map(|n| n as f64)));
            let point = bound("point").unwrap_or(0.0);
            let rows = document["comparisons"].as_array().expect("comparisons");
            let row = rows
                .iter()
                .find(|row| row["variant"] == word("variant") && row["measure"] == word("measure") && row["point"].as_f64() == Some(point));
            let row = row.unwrap_or_else(|| panic!("{name}: nothing of {} in {}", word("measure"), word("variant")));
            let found = row["difference"].as_f64().expect("a difference");
            assert!(bound("at_least").is_none_or(|least| found >= least), "{name} {entry:?}: {found}");
            assert!(bound("at_most").is_none_or(|most| found <= most), "{name} {entry:?}: {found}");
            let sign = word("sign");
            assert!((sign == "+" && found > 0.0) || (sign == "-" && found < 0.0) || sign == "0", "{name} {entry:?}: {found}");
            assert!(!word("source").is_empty());
        }
    }
}
