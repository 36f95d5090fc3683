//! What the outside world does to the program: Ctrl-C, a killed process, a full disk, a closed pipe, a folder that is none; and the commands
//! of the README.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]
#[path = "common/program.rs"]
mod program;

use program::{Ended, Folder, files};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A study that takes a while, one seed at a time.
const LONG: &str = "run grid:6x6 --seeds 1..8 --worlds 1 -o out";
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().is_ok_and(|status| status.success()));
}

/// Until some runs are finished.
#[expect(clippy::disallowed_methods, reason = "a test waits")]
fn started(here: &Folder, child: &mut Child) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let text = std::fs::read_to_string(here.0.join("out/manifest.json")).unwrap_or_default();
        if text.contains("\"state_hash\"") {
            return;
        }
        assert!(child.try_wait().is_ok_and(|ended| ended.is_none()), "it ended before it could be disturbed");
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no run was finished");
}

fn ended(child: Child) -> Ended {
    Ended::from(&child.wait_with_output().expect("an end"))
}

fn result(here: &Folder) -> String {
    here.json("out/manifest.json")["result_hash"].as_str().unwrap().to_owned()
}

#[test]
fn an_interrupted_study_goes_on_and_equals_one_that_was_not() {
    let whole = Folder::new("whole");
    whole.run(LONG).with(0, "valid");
    for (name, code) in [("-INT", 130), ("-KILL", -1)] {
        let here = Folder::new(&format!("interrupted{name}"));
        let mut child = here.command(LONG).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        started(&here, &mut child);
        signal(&child, name);
        let ended = ended(child);
        assert_eq!(ended.code, code, "{ended:?}");
        let manifest = here.json("out/manifest.json");
        let done = manifest["runs"].as_array().unwrap().len();
        assert!(manifest["complete"] == false && (1..8).contains(&done), "{done} runs");
        here.run(LONG).with(0, "reused");
        assert_eq!(result(&here), result(&whole), "{name}");
        assert!(here.json("out/manifest.json")["complete"] == true);
        assert_eq!(
            files(&here.0).into_iter().filter(|file| file.ends_with(".parquet")).collect::<Vec<_>>(),
            files(&whole.0).into_iter().filter(|file| file.ends_with(".parquet")).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_finished() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let here = Folder::new("full");
    let second = "out/tables/trips/variant=base/point=0/2-2.parquet.part";
    std::fs::create_dir_all(here.0.join(second).parent().unwrap()).unwrap();
    symlink("/dev/full", here.0.join(second)).unwrap();
    here.run("run grid:4x3 --seeds 1..3 --worlds 1 -o out").with(1, "the disk is full");
    let manifest = here.json("out/manifest.json");
    assert!(manifest["complete"] == false && manifest["runs"].as_array().unwrap().len() == 1);
    assert!(here.0.join("out/tables/trips/variant=base/point=0/1-1.parquet").exists());
    here.run("run grid:4x3 --seeds 1..3 --worlds 1 -o out").with(0, "reused 1 of 3");
}

#[test]
fn words_that_cannot_be_written_are_a_failure_and_a_closed_pipe_is_none() {
    let here = Folder::new("pipe");
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let status = here.command("schema study").stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1));
    }
    let mut child = here.command("schema study").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!((child.wait().unwrap().code(), talk.as_str()), (Some(0), ""));
}

#[test]
fn a_folder_that_cannot_be_written_is_said_in_one_sentence() {
    let here = Folder::new("folder");
    here.write("file", "");
    let ended = here.run("run grid:4x3 --seeds 1 -q -o file/out").with(1, "cannot write");
    assert_eq!(ended.talk.lines().count(), 1, "{ended:?}");
    here.run("import nowhere.net.xml -o out").with(3, "nowhere.net.xml");
}

/// `cargo run --release -- WORDS` and `forecity WORDS` in the README, in order. The long ones are run elsewhere.
#[test]
fn the_commands_of_the_readme_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = Folder::new("readme");
    for folder in ["scenarios", "tests"] {
        symlink(root.join(folder), here.0.join(folder)).unwrap();
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let mut commands = 0;
    for block in readme.split("```").skip(1).step_by(2) {
        for words in block.lines().filter_map(|line| line.strip_prefix("cargo run --release -- ")) {
            commands += 1;
            here.run(words).with(0, "");
        }
    }
    assert!(commands >= 9, "{commands} commands");
    assert!(here.0.join("out/demo/pictures/map.svg").exists(), "the picture of the README");
    assert!(root.join("scenarios/demo.svg").exists() && readme.contains("](scenarios/demo.svg)"));
    let study = readme.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    here.write("study.toml", study);
    here.run("check study.toml").with(0, "demand");
}
