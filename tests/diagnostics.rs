//! `tests/diagnostics/NAME.toml` or `NAME/` -> exactly `NAME.stderr`. `UPDATE_EXPECTED=1` rewrites them (source: own output, read by people).

use forecity::city::alter;
use forecity::city::check::open;
use forecity::diagnostic::Diagnostics;
use forecity::scenario::Asked;
use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "a test asks whether it may rewrite its expectations")]
fn compare(name: &str, found: &Diagnostics) -> Option<String> {
    let path = format!("tests/diagnostics/{name}.stderr");
    let text = found.render("nothing was run");
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if text == expected {
        return None;
    }
    if std::env::var("UPDATE_EXPECTED").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &text).expect("the expectation can be written");
        return None;
    }
    Some(format!("{name}: expected\n{expected}\ngot\n{text}"))
}

#[test]
fn every_fault_reads_as_expected() {
    let mut names: Vec<String> =
        std::fs::read_dir("tests/diagnostics").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut wrong = Vec::new();
    for name in names.iter().filter(|n| !n.ends_with(".stderr") && *n != "good") {
        let stem = name.trim_end_matches(".toml");
        let (opened, mut found) = open(&format!("tests/diagnostics/{name}"), &Asked::default());
        opened.iter().for_each(|opened| alter::look(opened, &mut found));
        assert!(!found.is_empty(), "{name} is faultless");
        wrong.extend(compare(stem, &found));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_command_line_has_places_too() {
    let asked = Asked {
        set: vec!["demand.scael=1.1".into(), "city.limit=30 kmh".into()],
        actions: vec![
            "close = { raod = \"x\" }".into(),
            "speed = { road = \"Ring North\", limit = 30 }".into(),
            "close = {}".into(),
            "clsoe = { road = \"x\" }".into(),
        ],
        ..Asked::default()
    };
    let (_, found) = open("grid:3x3", &asked);
    // Beside a study it is the same; only what stands in the study points into it.
    let (_, beside) = open("tests/diagnostics/near.toml", &asked);
    let text = beside.render("");
    assert!(text.matches("--> command line:1:").count() >= 6 && !text.contains("near.toml:1:"), "{text}");
    let (_, size) = open("grid:1x99999", &Asked::default());
    let wrong: Vec<String> = [compare("command_line", &found), compare("grid_size", &size)].into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_input_has_a_case() {
    let all: String = std::fs::read_dir("tests/diagnostics")
        .unwrap()
        .filter_map(|e| std::fs::read_to_string(e.unwrap().path()).ok())
        .filter(|t| t.contains("[C"))
        .collect();
    let later = [310, 311]; // power and water networks
    let missing: Vec<u16> = forecity::diagnostic::CODES
        .iter()
        .map(|c| c.number)
        .filter(|n| *n < 400 && !later.contains(n) && !all.contains(&format!("[C{n}]")))
        .collect();
    assert!(missing.is_empty(), "codes without a case: {missing:?}");
}

#[test]
fn a_generated_city_and_a_time_span_are_a_study() {
    let (opened, found) = open("tests/diagnostics/good/smallest.toml", &Asked::default());
    assert!(found.is_empty(), "{}", found.render(""));
    let opened = opened.unwrap();
    assert!(opened.city.links.len() > 10 && (opened.to_s - opened.from_s - 3600.0).abs() < 1e-9);
}

#[test]
fn the_study_of_the_reference_is_read() {
    let (opened, found) = open("tests/diagnostics/good/full.toml", &Asked::default());
    assert!(opened.is_some() && !found.failed(), "{}", found.render("nothing was run"));
    let study = opened.unwrap().study;
    assert_eq!(study.variants.len(), 3);
    assert_eq!(study.variants[1].actions.len(), 4, "inherited actions come first");
    assert_eq!(study.axes.len(), 2);
}

#[test]
fn the_schema_is_the_committed_one() {
    let path = Path::new("schema/study-1.json");
    let schema = forecity::scenario::schema::study();
    #[expect(clippy::disallowed_methods, reason = "a test asks whether it may rewrite its expectations")]
    if std::env::var("UPDATE_EXPECTED").is_ok_and(|v| v == "1") {
        std::fs::write(path, &schema).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == schema, "run UPDATE_EXPECTED=1 cargo test --test diagnostics");
}
