//! Jobs of many runs: variants side by side, killed and resumed, on a disk that fills up, repeated on another machine. What must come out is known
//! beforehand: what an undisturbed job gives.
#![cfg(unix)]
#![expect(clippy::print_stdout, reason = "a test says what it leaves out")]
#[path = "common/program.rs"]
mod program;

use program::{Ended, Folder};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Base and two variants, one of them at two points, six seeds: 24 runs.
const STUDY: &str = "format = 1
city = { grid = [6, 6], block = \"150 m\", trips = \"3000 trips/h\" }
[time]
from = \"07:00\"
to = \"07:10\"
warmup = \"0 min\"
drain = \"20 min\"
[[variant]]
name = \"shut\"
do = [{ close = { link = \"#e2_1_2_2\", between = [\"07:02\", \"07:08\"] } }]
[[variant]]
name = \"slow\"
do = [{ speed = { id = \"limit\", road = \"Street 3\", limit = \"30 km/h\" } }]
[sweep]
\"do.limit.limit\" = [\"20 km/h\", \"30 km/h\"]
[runs]
seeds = 6
";
const RUNS: usize = 24;
const RUN: &str = "run study.toml -o out --device cpu --worlds 2";

fn made(name: &str) -> Folder {
    let folder = Folder::new(&format!("jobs-{name}"));
    folder.write("study.toml", STUDY);
    folder
}

/// What a job found: the hash of its runs, and what it says of the differences.
fn found(folder: &Folder) -> (String, String) {
    let manifest = folder.json("out/manifest.json");
    assert_eq!((&manifest["complete"], manifest["runs"].as_array().map(Vec::len)), (&serde_json::json!(true), Some(RUNS)));
    let said = folder.run(&format!("{RUN} --json")).with(0, "").json();
    (manifest["result_hash"].to_string(), said["comparisons"].to_string())
}

#[test]
fn a_study_of_variants_may_be_killed_at_any_time() {
    let whole = made("whole");
    whole.run(RUN).with(0, "answer");
    let whole = found(&whole);
    let here = made("killed");
    // Again and again, a little later each time; what is finished is never lost.
    let mut kept = 0;
    for pause_ms in [150, 250, 400, 600] {
        let mut child = here.command(RUN).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause_ms));
        Command::new("kill").args(["-KILL", &child.id().to_string()]).status().unwrap();
        child.wait().unwrap();
        let text = std::fs::read_to_string(here.0.join("out/manifest.json")).unwrap_or_default();
        let done = text.matches("\"state_hash\"").count();
        assert!(done >= kept, "{done} runs where {kept} were");
        kept = done;
    }
    here.run(RUN).with(0, "answer");
    assert_eq!(found(&here), whole);
}

#[test]
fn a_disk_that_fills_up_in_a_variant_keeps_the_others() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let here = made("full");
    let part = here.0.join("out/tables/trips/variant=shut/point=0/3-4.parquet.part");
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    symlink("/dev/full", &part).unwrap();
    here.run(RUN).with(1, "the disk is full");
    let manifest = here.json("out/manifest.json");
    let runs = manifest["runs"].as_array().unwrap();
    assert!(manifest["complete"] == false && runs.len() >= 8, "{} runs were finished before", runs.len());
    assert!(!runs.iter().any(|run| run["variant"] == "shut" && run["seed"] == 3), "what is not on the disk is not in the manifest");
    for run in runs {
        let (variant, point, seed) = (run["variant"].as_str().unwrap(), &run["point"], run["seed"].as_u64().unwrap());
        let folder = here.0.join(format!("out/tables/trips/variant={variant}/point={point}"));
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let holds = |name: &String| {
            let (first, last) = name.strip_suffix(".parquet").and_then(|stem| stem.split_once('-')).unwrap_or(("1", "0"));
            (first.parse::<u64>().unwrap()..=last.parse().unwrap()).contains(&seed)
        };
        assert_eq!(names.filter(holds).count(), 1, "{variant} {point} {seed}");
    }
    std::fs::remove_file(&part).ok();
    here.run(RUN).with(0, &format!("reused {} of {RUNS}", runs.len()));
    let whole = made("unfilled");
    whole.run(RUN).with(0, "answer");
    assert_eq!(found(&here), found(&whole));
}

#[test]
fn a_study_is_the_same_on_any_threads_and_another_back_end() {
    let here = made("again");
    here.run(&RUN.replace("--worlds 2", "--threads 1")).with(0, "answer");
    let same = format!("identical: {RUNS} of {RUNS} runs");
    for words in ["--threads 2", "--threads 3 --worlds 1", "--threads 7"] {
        here.run(&format!("rerun out --device cpu {words}")).with(0, &same);
    }
    let Some(software) = forecity::backend::adapters().into_iter().find(|adapter| adapter.kind == "software") else {
        let required = std::env::vars().any(|(name, value)| name == "FORECITY_GPU" && value == "required");
        assert!(!required || cfg!(not(feature = "gpu")), "FORECITY_GPU=required, and there is no software adapter");
        println!("gpu: left out, no software adapter is here");
        return;
    };
    let words = ["rerun", "out", "--device", &software.name, "--worlds", "3", "--seeds", "1..3"];
    let output = here.command("").args(words).output().unwrap();
    Ended::from(&output).with(0, "identical: 12 of 12 runs");
    // And a forgery is told with its place.
    let text = here.read("out/manifest.json");
    let at = text.find("\"state_hash\": \"").unwrap() + 15;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    here.write("out/manifest.json", &format!("{}{other}{}", &text[..at], &text[at + 1..]));
    here.run("rerun out --device cpu").with(4, "state: expected");
}

#[test]
fn the_plan_tells_runs_memory_and_time() {
    let here = made("plan");
    for words in ["check study.toml --plan", "run study.toml -o out --dry-run"] {
        let ended = here.run(words).with(0, &format!("{RUNS}"));
        for line in ["memory  about", "wall  ", "a run   about 500 trips"] {
            assert!(ended.out.contains(line), "{line} is not in {}", ended.out);
        }
    }
    assert!(!here.0.join("out").exists(), "a plan leaves nothing");
}

#[test]
fn what_is_not_asked_for_is_not_lost() {
    let here = made("unasked");
    let whole = {
        here.run(RUN).with(0, "answer");
        found(&here)
    };
    let bytes = |path: &str| std::fs::read(here.0.join(path)).unwrap_or_default();
    let before = bytes("out/manifest.json");
    // Fewer seeds, one variant: the other runs of the study lie in the folder, and stay.
    for less in ["--seeds 1..3", "--only shut"] {
        here.run(&format!("{RUN} {less}")).with(1, "finished runs of this study");
        assert!(bytes("out/manifest.json") == before, "{less}");
    }
    assert_eq!(found(&here), whole);
    // Another study of the same folder of results.
    let before = bytes("out/manifest.json");
    let other = here.write("other.toml", &STUDY.replace("3000 trips/h", "2000 trips/h"));
    here.run(&format!("run {} -o out --device cpu", other.display())).with(1, "another study");
    assert!(bytes("out/manifest.json") == before, "another study");
    // Other options: the runs that lie there are not what is asked for.
    here.run(&format!("{RUN} --set demand.scale=0.9")).with(1, "24 finished runs of this study lie there that were run with other options");
    assert!(bytes("out/manifest.json") == before, "other options");
    // A study that asks for less from now on: its runs stay, cut out of files that hold two each; what is kept in the manifest lies on the disk.
    here.write("study.toml", &STUDY.replace("seeds = 6", "seeds = 3"));
    here.run(RUN).with(0, "reused 12 of 12").with(0, "12 finished runs of before do not fit");
    let manifest = here.json("out/manifest.json");
    assert_eq!(manifest["runs"].as_array().map(Vec::len), Some(12));
    here.run("rerun out").with(0, "identical: 12 of 12");
    for run in manifest["runs"].as_array().into_iter().flatten() {
        let (variant, point) = (run["variant"].as_str().unwrap_or_default(), run["point"].as_u64().unwrap_or(0));
        let folder = here.0.join(format!("out/tables/trips/variant={variant}/point={point}"));
        assert!(std::fs::read_dir(&folder).is_ok_and(|all| all.count() > 0), "{}", folder.display());
    }
    // Further formats of finished runs are written.
    here.run(&format!("{RUN} --also csv,sumo")).with(0, "answer");
    assert!(here.0.join("out/sumo/variant=base/point=0/1.tripinfo.xml").is_file());
    // The manifest alone is enough to repeat it.
    std::fs::create_dir_all(here.0.join("alone")).unwrap();
    std::fs::copy(here.0.join("out/manifest.json"), here.0.join("alone/manifest.json")).unwrap();
    here.run("rerun alone/manifest.json --seeds 1").with(0, "identical");
}

#[test]
fn a_table_that_is_not_what_its_manifest_says_is_noticed() {
    let here = made("damaged");
    here.run(RUN).with(0, "answer");
    let whole = found(&here);
    let [links, trips] = ["links", "trips"].map(|table| here.0.join(format!("out/tables/{table}/variant=shut/point=0/3-4.parquet")));
    let bytes = |path: &std::path::Path| std::fs::read(path).unwrap();
    // Cut off; and another table of the same form, whole in itself.
    std::fs::write(&links, &bytes(&links)[..2000]).unwrap();
    std::fs::copy(here.0.join("out/tables/trips/variant=base/point=0/3-4.parquet"), &trips).unwrap();
    let ended = here.run("rerun out --only shut").with(4, "different: 4 tables in 12 runs");
    assert!(ended.out.contains("seed 3 links") && ended.out.contains("cannot be read"), "{ended:?}");
    assert!(ended.out.contains("shut seed 4 trips row"), "{ended:?}");
    here.run(RUN).with(0, "reused 22 of 24").with(0, "3-4.parquet cannot be read");
    assert_eq!(found(&here), whole);
    std::fs::copy(here.0.join("out/tables/trips/variant=base/point=0/3-4.parquet"), &trips).unwrap();
    here.run(RUN).with(0, "is not what its manifest says of seed 3");
    here.run("rerun out").with(0, "identical: 24 of 24");
}

#[test]
fn a_study_is_repeated_from_any_folder() {
    let here = made("elsewhere");
    here.run("run grid:3x3 -o city --device cpu --seeds 1 --set city.trips='300 trips/h' --set time.to=07:02 --set time.from=07:00")
        .with(0, "valid");
    here.run("run study.toml -o out --device cpu --seeds 1").with(0, "valid");
    std::fs::create_dir_all(here.0.join("a/b")).unwrap();
    for folder in ["out", "city"] {
        let mut command = here.command(&format!("rerun {}", here.0.join(folder).display()));
        Ended::from(&command.current_dir(here.0.join("a/b")).output().unwrap()).with(0, "identical");
    }
}

#[test]
fn ctrl_c_ends_a_repetition() {
    // Seconds on one thread, on whatever machine.
    let here = Folder::new("jobs-stopped");
    here.run("run grid:20x20 --seeds 1..8 -o out --device cpu -q").with(0, "valid");
    let child = here.command("rerun out --device cpu --threads 1").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let ended = Ended::from(&child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130, "{ended:?}");
}

#[test]
fn a_precision_that_is_not_reached_is_said() {
    let here = made("until");
    let until = "seeds = 2\nuntil = { measure = \"travel_time.mean\", half_width = \"0.001 %\", at_most = 4 }\n";
    here.write("study.toml", &STUDY.replace("seeds = 6\n", until));
    here.run(RUN)
        .with(0, "until   not reached: half the widest interval of travel_time.mean is ")
        .with(0, "after 4 seeds, 0.001 % was asked for");
    let said = here.run(&format!("{RUN} --json")).with(0, "").json();
    assert_eq!((&said["until"]["reached"], &said["runs"]["done"]), (&false.into(), &16.into()));
    // The page says it too, and what was said of the study.
    here.run("report out").with(0, "report.html");
    assert!(here.read("out/report.html").contains("The precision that the study asks for is not reached"));
    // Who names seeds gets these.
    here.run("run study.toml -o two --device cpu --seeds 1..2").with(0, "--seeds names the seeds");
    assert_eq!(here.json("two/manifest.json")["runs"].as_array().map(Vec::len), Some(8));
}
