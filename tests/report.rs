//! The report: ten parts from an out folder, well-formed, offline, small; hostile names stay names; a browser shows it.

#![expect(clippy::print_stdout, reason = "what was left out and what was measured is said")]
#[path = "common/program.rs"]
mod program;

use program::Folder;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A study of a few seconds: a slow street, one that hardly differs, five days.
const STUDY: &str = r#"format = 1
title = "Avenue 4 <script>alert('x')</script> & \"quotes\" ‏שלום"
question = "How much longer do people travel, and who is hit hardest?"
city = { grid = [6, 5], trips = "1500 trips/h" }
[time]
from = "07:00"
to = "07:30"
warmup = "15 min"
[[variant]]
name = "slow </title><b>avenue"
note = "School street"
do = [{ speed = { road = "Avenue 4", limit = "15 km/h" } }]
[[variant]]
name = "slightly slower street with a name that is so long that no table, no map and no heading has room for all of it in one line"
do = [{ speed = { road = "Street 3", limit = "45 km/h" } }]
[runs]
seeds = 5
[report]
measures = ["travel_time.mean", "travel_time.p95", "speed.mean", "worse_off.share"]
"#;

/// Identifiers of the parts, in order.
const PARTS: [&str; 10] = ["answer", "validity-line", "results", "people", "maps", "time", "validity", "limits", "provenance", "method"];
/// A page is smaller than this.
const MOST_BYTES: usize = 5_000_000;

fn made(name: &str) -> Folder {
    let here = Folder::new(name);
    here.write("study.toml", STUDY);
    here.run("run study.toml -o out --device cpu -q").with(0, "");
    here
}

#[test]
fn ten_parts_offline_and_well_formed() {
    let here = made("report");
    let ended = here.run("report out").with(0, "answer");
    assert!(ended.out.lines().next().expect("a line").starts_with("valid"), "{}", ended.out);
    let html = here.read("out/report.html");
    assert!(html.len() < MOST_BYTES, "{} bytes", html.len());
    let places: Vec<usize> =
        PARTS.iter().map(|part| html.find(&format!("<section id=\"{part}\"")).unwrap_or_else(|| panic!("no part {part}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    well_formed(&html);
    offline(&html);
    assert!(
        !html.contains("<script>alert") && !html.contains("</title><b>") && !html.replace("isNaN", "").contains("NaN"),
        "a name became markup, or a number none"
    );
    for figure in html.split("<svg class=\"map\"").skip(1).chain(html.split("<svg class=\"chart\"").skip(1)) {
        let svg = figure.split("</svg>").next().expect("an end");
        assert!(svg.contains("<title>") && svg.contains("<desc>"), "a picture without words");
    }
    let report = here.json("out/report.json");
    assert_eq!(report["document"], "forecity.report/1");
    for field in [
        "question",
        "answer",
        "measures",
        "comparisons",
        "equity",
        "map_top10",
        "standards",
        "validity",
        "not_modelled",
        "provenance",
        "published",
        "diagnostics",
    ] {
        assert!(report.get(field).is_some(), "no {field}");
    }
    let sentence = report["answer"]["sentence"].as_str().expect("a sentence");
    assert!(here.read("out/report.md").lines().count() > 60 && sentence.contains("95 % interval"), "{sentence}");
    let again = html.clone();
    here.run("report out -q").with(0, "");
    assert!(here.read("out/report.html") == again, "the same folder gives the same page");
    here.run("report out --against nobody").with(2, "no variant is named");
    here.run("report out -o page.html").with(2, "--format");
    here.run("report out --against slow-title-b-avenue --format html -o other.html -q").with(0, "");
    assert!(here.read("other.html").contains("cut") || here.read("other.html").contains("against"));
    here.run("report nowhere").with(1, "cannot read nowhere");
}

#[test]
fn an_unfinished_folder_and_a_lost_city_are_said() {
    let here = made("report-part");
    let mut manifest = here.json("out/manifest.json");
    manifest["complete"] = false.into();
    manifest["runs"].as_array_mut().expect("runs").pop();
    here.write("out/manifest.json", &manifest.to_string());
    here.write("out/study.toml", "format = 1\ncity = \"nowhere\"\n");
    let ended = here.run("report out").with(0, "partial 14 of 15");
    assert!(ended.out.contains("not at hand"), "{}", ended.out);
    let html = here.read("out/report.html");
    assert!(html.contains("Unfinished.") && !html.contains("id=\"maps\"") && html.contains("id=\"people\""));
    well_formed(&html);
}

/// Elements without an end.
const VOID: [&str; 5] = ["meta", "br", "hr", "img", "link"];

/// Every tag is closed in order, every attribute is quoted, nothing looks like a tag that is none.
fn well_formed(html: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").expect("a document");
    while let Some(start) = rest.find('<') {
        assert!(
            !rest[..start].contains('>') || open.last().is_some_and(|tag| tag == "style" || tag == "script"),
            "a loose > before {:.80}",
            &rest[start..]
        );
        rest = &rest[start..];
        let end = rest.find('>').expect("an end of a tag");
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in another order");
            continue;
        }
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag.trim_end_matches('/'), ""));
        let name = name.trim_end_matches('/');
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "no name of an element: {tag:.80}");
        quoted(attributes.trim_end_matches('/'), tag);
        if tag.ends_with('/') || VOID.contains(&name) {
            continue;
        }
        open.push(name.to_owned());
        if name == "script" || name == "style" {
            let close = format!("</{name}>");
            rest = &rest[rest.find(&close).expect("an end of a script")..];
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

/// name="value", with words without a value allowed nowhere.
fn quoted(attributes: &str, tag: &str) {
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("no value: {tag:.120}"));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-:".contains(c)), "{name:.60} in {tag:.120}");
        let (_, behind) = behind.split_once('"').unwrap_or_else(|| panic!("no end of a value: {tag:.120}"));
        rest = behind.trim();
    }
}

/// Nothing is fetched: addresses are places on the page or data in it.
fn offline(html: &str) {
    for head in ["src=\"", "href=\""] {
        for address in html.split(head).skip(1) {
            assert!(address.starts_with('#') || address.starts_with("data:"), "{address:.60}");
        }
    }
    assert!(!html.contains("@import") && !html.contains("url("), "the style fetches something");
}

/// The browser on this machine, if there is one.
#[expect(clippy::disallowed_methods, reason = "a test asks for its browser")]
fn browser() -> Option<PathBuf> {
    let named = std::env::var("FORECITY_CHROMIUM").ok().map(PathBuf::from);
    let path = std::env::var("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    named.or_else(|| std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file()))
}

/// A page in a browser without a window.
fn shown(browser: &Path, words: &[&str], page: &Path) -> std::process::Output {
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]).args(words);
    command.arg(format!("file://{}", page.display())).output().expect("the browser starts")
}

#[test]
#[cfg_attr(not(browser), ignore = "no Chromium on PATH and none in FORECITY_CHROMIUM")]
fn a_browser_shows_it() {
    let Some(browser) = browser() else {
        println!("left out: no Chromium on PATH and none in FORECITY_CHROMIUM");
        return;
    };
    let here = made("report-browser");
    here.run("report out -q").with(0, "");
    let (page, picture) = (here.0.join("out/report.html"), here.0.join("page.png"));
    let dom = String::from_utf8_lossy(&shown(&browser, &["--dump-dom"], &page).stdout).into_owned();
    let answer = dom.split("<p class=\"answer\">").nth(1).and_then(|rest| rest.split("</p>").next()).expect("an answer in the page");
    assert!(answer.contains("95 % interval"), "{answer}");
    assert!(dom.contains("<th scope=\"col\"><button type=\"button\">Measure</button>"), "the script has run");
    shown(&browser, &["--window-size=900,1200", &format!("--screenshot={}", picture.display())], &page);
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&picture).expect("a picture")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("pixels");
    let ground = pixels[..3].to_vec();
    let width = pixels.len() / (900 * 1200);
    let inked = pixels.chunks(width).filter(|pixel| pixel[..3] != ground[..]).count();
    assert!(inked > 20_000, "{inked} pixels are not the ground");
}

#[path = "report/council.rs"]
mod council;
#[path = "report/large.rs"]
mod large;
#[path = "report/shown.rs"]
mod shown;
#[path = "report/tables.rs"]
mod tables;
