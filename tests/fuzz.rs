//! Readers against hostile files: never a panic, a hang or unbounded memory. A fixed corpus of nasty files, then mutations of good ones.
//! `PROPTEST_CASES=100000 cargo test --release --test fuzz` looks longer.

#[path = "common/program.rs"]
mod program;

use forecity::city::check;
use forecity::diagnostic::Diagnostics;
use forecity::import::sumo::{self, Files, Source as File};
use forecity::scenario::source::Source;
use forecity::scenario::{Asked, read};
use forecity::simulation::{self, Machine, Settings};
use program::Folder;
use proptest::prelude::*;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// No reader may take longer for a small file.
const PATIENCE: Duration = Duration::from_secs(20);
/// A city that is accepted is driven, if it has no more trips than this.
const DRIVEN_TRIPS: f64 = 20_000.0;

#[expect(clippy::disallowed_methods, reason = "a test looks for hangs")]
fn in_time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let found = work();
    assert!(start.elapsed() < PATIENCE, "{what} took {:?}", start.elapsed());
    found
}

/// A study is read, whatever it holds; its faults can be shown.
fn study(text: &str) {
    let mut found = Diagnostics::new();
    let study = in_time("a study", || read::study(Source::new("fuzz.toml", text), &Asked::default(), &mut found));
    assert!(study.is_some() || found.failed(), "neither a study nor a fault");
    assert!(found.render("nothing was run").len() < 1 << 20);
    assert!(found.json()["errors"].is_u64());
}

/// A folder is opened; if it is a city, it can be driven.
fn folder(path: &std::path::Path) {
    let (opened, found) = in_time("a city", || check::open(&path.to_string_lossy(), &Asked::default()));
    assert!(opened.is_some() || found.failed(), "neither a city nor a fault");
    assert!(found.render("nothing was run").len() < 1 << 20);
    let Some(opened) = opened else { return };
    let expected: f64 = opened.city.od.iter().map(|cell| cell.trips).sum::<f64>() + opened.city.trips.len() as f64;
    if expected > DRIVEN_TRIPS {
        return;
    }
    let to_s = opened.to_s.min(opened.from_s + 30.0);
    let settings = Settings { from_s: opened.from_s, to_s, drain_s: 30.0, ..Settings::default() };
    let run = || {
        simulation::run(&opened.city, &settings, &[1], &Machine { device: "cpu".into(), threads: 1 }, &mut |_| ControlFlow::Continue(()))
    };
    assert!(in_time("a run", run).is_ok());
}

/// A SUMO case is imported or refused with faults.
fn import(net: &[u8], routes: &[u8]) {
    let file = |name: &str, bytes: &[u8]| File { name: name.into(), bytes: bytes.to_vec() };
    let files = Files { net: file("fuzz.net.xml", net), routes: vec![file("fuzz.rou.xml", routes)], ..Files::default() };
    let (imported, report) = in_time("an import", || sumo::read(&files));
    assert!(imported.is_some() || !report.problems.is_empty(), "neither a city nor a fault");
    assert!(report.table().len() < 1 << 22);
}

const NET: &str = include_str!("import/tee.net.xml");
const ROUTES: &str = include_str!("import/tee.rou.xml");
const FULL: &str = include_str!("diagnostics/good/full.toml");
const TEE: [(&str, &str); 5] = [
    ("config.csv", include_str!("../scenarios/tee/city/config.csv")),
    ("node.csv", include_str!("../scenarios/tee/city/node.csv")),
    ("link.csv", include_str!("../scenarios/tee/city/link.csv")),
    ("zone.csv", include_str!("../scenarios/tee/city/zone.csv")),
    ("od.csv", include_str!("../scenarios/tee/city/od.csv")),
];
const CIRCLE: [(&str, &str); 3] = [
    ("node.csv", include_str!("../scenarios/roundabout/city/node.csv")),
    ("link.csv", include_str!("../scenarios/roundabout/city/link.csv")),
    ("od.csv", include_str!("../scenarios/roundabout/city/od.csv")),
];
const GREENS: [(&str, &str); 6] = [
    ("node.csv", include_str!("diagnostics/city_greens/node.csv")),
    ("link.csv", include_str!("diagnostics/city_greens/link.csv")),
    ("movement.csv", include_str!("diagnostics/city_greens/movement.csv")),
    ("signal_controller.csv", include_str!("diagnostics/city_greens/signal_controller.csv")),
    ("signal_timing_plan.csv", include_str!("diagnostics/city_greens/signal_timing_plan.csv")),
    ("signal_timing_phase.csv", include_str!("diagnostics/city_greens/signal_timing_phase.csv")),
];

/// Words that readers stumble over.
const NASTY: &[&str] = &[
    "",
    "0",
    "-1",
    "-0.0",
    "1e308",
    "-1e308",
    "1e-308",
    "nan",
    "inf",
    "99999999999999999999999",
    "2147483648",
    "4294967296",
    "0.0000001",
    "1e9",
    "\"",
    "'",
    "\\",
    "\0",
    "\u{202e}",
    "\u{feff}",
    "é",
    "😀",
    ",",
    ",,,,",
    "\n",
    "\r\n",
    "\r",
    ";",
    "<",
    ">",
    "&",
    "&lt;",
    "&#0;",
    "&a;",
    "]]>",
    "<!--",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    "#",
    "true",
    "-",
    "west",
    "tee",
    "main_w",
    "none",
    "all",
    "signal",
    "LINESTRING(0 0)",
    "LINESTRING(nan nan, inf inf)",
    "POLYGON((0 0, 1 1))",
    "24:00",
    "99:99",
    "-07:00",
    "7e1",
    "25:00:00",
    "../../etc",
    "car",
    "😀 km/h",
    "1 s",
    "0 s",
];

/// One change.
#[derive(Clone, Debug)]
enum Change {
    Cut(usize),
    Remove(usize, usize),
    Repeat(usize, usize),
    Byte(usize, u8),
    Word(usize, usize),
    Cell(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || any::<usize>();
    prop_oneof![
        1 => at().prop_map(Change::Cut),
        2 => (at(), 1_usize..40).prop_map(|(at, len)| Change::Remove(at, len)),
        2 => (at(), 1_usize..200).prop_map(|(at, len)| Change::Repeat(at, len)),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        2 => (at(), at()).prop_map(|(at, word)| Change::Word(at, word)),
        5 => (at(), at()).prop_map(|(at, word)| Change::Cell(at, word)),
    ]
}

/// The text with these changes; bytes, because it need not be UTF-8 any more.
fn changed(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for change in changes {
        let len = bytes.len().max(1);
        match *change {
            Change::Cut(at) => bytes.truncate(at % len),
            Change::Remove(at, count) => {
                let at = (at % len).min(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Change::Repeat(at, count) => {
                let at = (at % len).min(bytes.len());
                let piece = bytes[at..(at + count).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Change::Byte(at, byte) => {
                if let Some(there) = bytes.get_mut(at % len) {
                    *there = byte;
                }
            }
            Change::Word(at, word) => {
                let at = (at % len).min(bytes.len());
                bytes.splice(at..at, NASTY[word % NASTY.len()].bytes());
            }
            Change::Cell(at, word) => cell(&mut bytes, at, NASTY[word % NASTY.len()]),
        }
    }
    bytes
}

/// Replaces one whole value: a cell of a table, a quoted text, what stands behind an equals sign.
fn cell(bytes: &mut Vec<u8>, at: usize, word: &str) {
    let edge = |byte: u8| matches!(byte, b',' | b'\n' | b'"' | b'=' | b' ');
    let values: Vec<usize> = (0..bytes.len()).filter(|&i| !edge(bytes[i]) && (i == 0 || edge(bytes[i - 1]))).collect();
    if values.is_empty() {
        return;
    }
    let start = values[at % values.len()];
    let end = (start..bytes.len()).find(|&i| edge(bytes[i])).unwrap_or(bytes.len());
    bytes.splice(start..end, word.bytes());
}

fn write(here: &Folder, tables: &[(&str, &str)], which: usize, changes: &[Change]) {
    for (index, (name, text)) in tables.iter().enumerate() {
        let bytes = if index == which % tables.len() { changed(text, changes) } else { text.as_bytes().to_vec() };
        std::fs::write(here.0.join(name), bytes).expect("a table");
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(change(), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn studies(changes in changes()) {
        study(&String::from_utf8_lossy(&changed(FULL, &changes)));
    }

    #[test]
    fn cities(which in any::<usize>(), of in 0_usize..3, changes in changes()) {
        let here = Folder::new(&format!("fuzz-{of}"));
        match of {
            0 => write(&here, &TEE, which, &changes),
            1 => write(&here, &CIRCLE, which, &changes),
            _ => write(&here, &GREENS, which, &changes),
        }
        folder(&here.0);
    }

    #[test]
    fn sumo_networks(changes in changes()) {
        import(&changed(NET, &changes), ROUTES.as_bytes());
    }

    #[test]
    fn sumo_routes(changes in changes()) {
        import(NET.as_bytes(), &changed(ROUTES, &changes));
    }
}

/// `bytes` packed with gzip.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).expect("memory");
    gz.finish().expect("memory")
}

#[test]
fn hostile_xml() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><net>&b;</net>";
    let deep = "<a>".repeat(100_000);
    let wide = format!("<net {}/>", (0..100_000).map(|i| format!("a{i}=\"1\" ")).collect::<String>());
    let same = "<net version=\"1\" version=\"2\"/>";
    let zeros = vec![b' '; 64 << 20];
    let cases: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"<".to_vec(),
        b"<net".to_vec(),
        b"<net/>".to_vec(),
        b"<routes/>".to_vec(),
        b"\x1f\x8b".to_vec(),
        b"\xff\xfe<\0n\0e\0t\0/\0>\0".to_vec(),
        vec![0; 1000],
        bomb.into(),
        deep.into(),
        wide.into(),
        same.into(),
        packed(&zeros),
        packed(&packed(NET.as_bytes())),
        packed(NET.as_bytes())[..200].to_vec(),
        NET.replace("<edge ", "<edge <edge ").into(),
        NET.replace("speed=\"", "speed=\"1e999").into(),
        NET.replace("length=\"", "length=\"-").into(),
        NET.replace("length=\"", "length=\"1e30").into(),
        NET.replace("index=\"0\"", "index=\"4294967295\"").into(),
        NET.replace("to=\"", "to=\"nowhere").into(),
    ];
    for case in &cases {
        import(case, ROUTES.as_bytes());
        import(NET.as_bytes(), case);
    }
    // What is good stays good, packed or not.
    let file = |name: &str, bytes: &[u8]| File { name: name.into(), bytes: bytes.to_vec() };
    let files = Files { net: file("n", &packed(NET.as_bytes())), routes: vec![file("r", ROUTES.as_bytes())], ..Files::default() };
    assert!(sumo::read(&files).0.is_some());
}

#[test]
fn hostile_demand_is_bounded() {
    let around = |inside: &str| format!("<routes><vType id=\"t\"/>{inside}</routes>");
    let edge = NET.split("<edge id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an edge").to_owned();
    for inside in [
        format!("<flow id=\"f\" type=\"t\" begin=\"0\" end=\"1e9\" period=\"1e-9\" from=\"{edge}\" to=\"{edge}\"/>"),
        format!("<flow id=\"f\" type=\"t\" begin=\"0\" end=\"3600\" number=\"4000000000\" from=\"{edge}\" to=\"{edge}\"/>"),
        format!("<flow id=\"f\" type=\"t\" begin=\"0\" end=\"1e15\" vehsPerHour=\"1e15\" from=\"{edge}\" to=\"{edge}\"/>"),
        format!("<flow id=\"f\" type=\"t\" begin=\"0\" end=\"3600\" probability=\"nan\" from=\"{edge}\" to=\"{edge}\"/>"),
        format!(
            "<route id=\"r\" edges=\"{}\"/><vehicle id=\"v\" type=\"t\" depart=\"0\" route=\"r\"/>",
            format!("{edge} ").repeat(200_000)
        ),
        format!("<route id=\"r\" edges=\"{edge}\" repeat=\"4000000000\"/><vehicle id=\"v\" type=\"t\" depart=\"0\" route=\"r\"/>"),
        "<routeDistribution id=\"d\" routes=\"d d d\"/><vehicle id=\"v\" depart=\"0\" route=\"d\"/>".to_owned(),
        "<vTypeDistribution id=\"d\" vTypes=\"d\"/><vehicle id=\"v\" depart=\"0\" type=\"d\"/>".to_owned(),
    ] {
        import(NET.as_bytes(), around(&inside).as_bytes());
    }
}

#[test]
fn hostile_studies() {
    let good = "format = 1\ncity = { grid = [4, 3] }\n[time]\nfrom = \"07:00\"\nto = \"08:00\"\n";
    for case in [
        String::new(),
        "\u{feff}".into(),
        "[".repeat(100_000),
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "{ a = ".repeat(5_000), " }".repeat(5_000)),
        format!("{good}[a{}]", ".a".repeat(100_000)),
        format!("{good}title = \"{}\"", "x".repeat(900_000)),
        format!("{good}{}", "[[variant]]\nname = \"a\"\n".repeat(20_000)),
        format!("{good}[sweep]\n\"demand.scale\" = {{ from = 0.0, to = 1e300, step = 1e-300 }}\n"),
        format!("{good}[sweep]\n\"demand.scale\" = {{ from = 0.0, to = 1.0, step = 0.0 }}\n"),
        format!("{good}[sweep]\n\"demand.scale\" = {{ from = nan, to = nan, step = nan }}\n"),
        format!("{good}[runs]\nseeds = 99999999999999999999\n"),
        good.replace("[4, 3]", "[1000, 1000]"),
        good.replace("08:00", "07:00:00.0000000001"),
        good.replace("\"07:00\"", "0000-01-01T00:00:00").replace("\"08:00\"", "9999-12-31T23:59:59"),
    ] {
        study(&case);
    }
}

#[test]
fn hostile_tables() {
    let here = Folder::new("tables");
    let long = "x".repeat(1 << 20);
    let node = TEE[1].1;
    for (name, text) in [
        ("node.csv", String::new()),
        ("node.csv", "node_id,x_coord,y_coord\n".into()),
        ("node.csv", node.replace("-300", "1e300")),
        ("node.csv", node.replace("-300", "-20000000")),
        ("node.csv", node.replace("-300", "0").replace("300", "0")),
        ("node.csv", node.replace("west", &long)),
        ("node.csv", node.replace("west", "\"we\nst\"")),
        ("node.csv", format!("{node}\"unclosed")),
        ("node.csv", format!("{}{node}", ",".repeat(100_000))),
        ("link.csv", TEE[2].1.replace(",1,50,", ",32,50,")),
        ("link.csv", TEE[2].1.replace(",1,50,", ",1,0.0001,")),
        ("link.csv", TEE[2].1.replace("main_w,west,tee", "main_w,west,west")),
        ("link.csv", format!("{}{}", TEE[2].1, (0..20_000).map(|i| format!("l{i},west,tee,1,,8,50,1,all\n")).collect::<String>())),
        ("zone.csv", "zone_id,name,boundary\nw,West,\"POLYGON((".to_owned() + &"0 0,".repeat(200_000) + "0 0))\"\n"),
        ("od.csv", TEE[4].1.replace("650", "1000000000")),
        ("od.csv", TEE[4].1.replace("06:55", "08:00")),
        ("od.csv", TEE[4].1.replace("08:00", "999:00")),
        ("use_definition.csv", "use,length_m,max_speed_mps,accel_mps2,headway_s\ncar,1e300,0,-1,nan\n".into()),
        ("mode.csv", "mode,class,weight\ncar,car,0\n".into()),
        ("config.csv", "short_length,long_length,speed\nparsec,m,knots\n".into()),
    ] {
        write(&here, &TEE, 0, &[]);
        std::fs::remove_file(here.0.join("use_definition.csv")).ok();
        std::fs::remove_file(here.0.join("mode.csv")).ok();
        std::fs::write(here.0.join(name), text).expect("a table");
        folder(&here.0);
    }
}
