//! The report: ten parts from an out folder, well-formed, offline, small; hostile names stay names; a browser shows it.

#[path = "common/program.rs"]
mod program;
#[path = "report/arms.rs"]
mod arms;

use program::Folder;

const STUDY: &str = r#"format = 1
title = "Avenue 4 at walking pace"
question = "How much longer do people travel, and who is hit hardest?"
city = { grid = [8, 6], lanes = 1, trips = "4500 trips/h" }
[time]
from = "07:00"
to = "08:00"
warmup = "15 min"
[[variant]]
name = "slow avenue"
note = "School street: 15 km/h on the whole avenue"
do = [{ speed = { road = "Avenue 4", limit = "15 km/h" } }]
[[variant]]
name = "slightly slower street"
do = [{ speed = { road = "Street 3", limit = "45 km/h" } }]
[runs]
seeds = 10
[report]
measures = ["travel_time.mean", "travel_time.p95", "delay.mean", "stops.mean", "queue.max", "speed.mean", "vkt.total", "worse_off.share"]
"#;

#[test]
#[ignore = "makes a folder to look at: cargo test --release --test report -- --ignored example"]
fn example_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-example");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("study.toml");
    std::fs::write(&file, STUDY).expect("the study");
    let slow: arms::Change<'_> = ("slow avenue", &|city| arms::slow(city, "Avenue 4", 0.3));
    let slightly: arms::Change<'_> = ("slightly slower street", &|city| arms::slow(city, "Street 3", 0.9));
    arms::run(&file, &[slow, slightly], 1..=10, &folder.join("out"));
    let here = Folder::new("report-example");
    let ended = here.run(&format!("report {}", folder.join("out").display())).with(0, "report.html");
    assert!(ended.out.contains("answer"), "{ended:?}");
}
