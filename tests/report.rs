//! The report: its parts from an out folder, offline, small, hostile names stay names; a browser shows it where there is one.
#![expect(clippy::print_stdout, reason = "a test says what it leaves out")]
#![expect(clippy::disallowed_methods, reason = "a browser may be named by the environment")]

#[path = "common/program.rs"]
mod program;

use program::{Ended, Folder};
use std::process::Command;

const STUDY: &str = r##"format = 1
title = "<script>alert('x')</script> & \"Sons\""
question = "How much longer do people travel, and who is hit hardest?"
city = { grid = [5, 4], lanes = 1, trips = "1500 trips/h" }
[time]
from = "07:00"
to = "07:15"
warmup = "5 min"
[[variant]]
name = "closed <b>"
note = "both ways"
do = [{ close = { link = "#e2_1_2_2" } }, { close = { link = "#e2_2_2_1" } }]
[runs]
seeds = 6
"##;

/// Parts of the page, in their order.
const PARTS: [&str; 8] = [
    "Results",
    "Who gains and who loses",
    "Maps",
    "Over the day",
    "May these runs be used?",
    "What is not modelled",
    "Where these numbers come from",
    "Method and words",
];

#[test]
fn a_page_of_all_parts_offline_and_in_a_browser() {
    let folder = Folder::new("report");
    folder.write("study.toml", STUDY);
    folder.run("run study.toml -o out --device cpu -q").with(0, "");
    folder.run("report out").with(0, "report.html");
    let page = folder.read("out/report.html");
    let places: Vec<usize> =
        PARTS.iter().map(|part| page.find(&format!("<h2>{part}")).unwrap_or_else(|| panic!("no part {part}"))).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(!page.contains("<script>alert"), "a name has become a script");
    for word in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(word), "{word}: the page is not offline");
    }
    let document = folder.json("out/report.json");
    assert_eq!(document["document"], "forecity.report/1");
    let sentence = document["answer"]["sentence"].as_str().expect("an answer").to_owned();
    assert!(sentence.contains("6 paired runs"), "{sentence}");
    assert!(folder.read("out/report.md").contains("6 paired runs"));
    folder.run("report nowhere").with(1, "nowhere");

    let browser = std::env::var("FORECITY_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let file = format!("file://{}", folder.0.join("out/report.html").display());
    let words = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", &file];
    let Ok(shown) = Command::new(&browser).args(words).env("HOME", &folder.0).output() else {
        println!("browser: left out, there is no {browser}");
        return;
    };
    let shown = Ended::from(&shown);
    assert_eq!(shown.code, 0, "{}", shown.talk);
    assert!(shown.out.contains("paired runs") && PARTS.iter().all(|part| shown.out.contains(part)), "the browser shows another page");
}
