//! The real window, where a virtual display can be had: Xvfb and xdotool. Elsewhere it says that nothing was tested.
#![cfg(feature = "view")]

#[path = "common/program.rs"]
mod program;

use forecity::backend::testing;
use program::Folder;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends with what it is told to.
struct Display(Child, String);

impl Drop for Display {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn display() -> Option<Display> {
    let there = |program: &str| Command::new(program).arg("-help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there("Xvfb") || !there("xdotool") {
        return None;
    }
    let wanted = ["-displayfd", "1", "-screen", "0", "1400x900x24"];
    let mut child = Command::new("Xvfb").args(wanted).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut number = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut number).ok()?;
    Some(Display(child, format!(":{}", number.trim())))
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn a_window_runs_is_pushed_about_keeps_a_true_picture_and_closes() {
    if testing::gpu().is_none() {
        return;
    }
    let Some(display) = display() else {
        eprintln!("window: off (Xvfb and xdotool are not here)");
        return;
    };
    let here = Folder::new("window");
    let mut window = here.command("view grid:5x4 --seed 4");
    let mut window = window.env("DISPLAY", &display.1).spawn().expect("starts");
    let tool = |words: &str| {
        let done = Command::new("xdotool").args(words.split(' ')).env("DISPLAY", &display.1).output().expect("xdotool");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    let wait = |ms: u64| std::thread::sleep(Duration::from_millis(ms));
    let id = tool("search --sync --onlyvisible --name forecity");
    let id = id.lines().next().expect("a window").to_owned();
    wait(2000);
    tool(&format!("windowfocus {id}"));
    wait(500);
    tool(&format!("mousemove --window {id} 400 300"));
    for words in
        ["click 4", "click 4", "click 5", "mousedown 1", "mousemove_relative --sync 60 40", "mouseup 1", "key bracketright", "key 4"]
    {
        tool(words);
        wait(150);
    }
    for step in 0..12 {
        tool(&format!("windowsize {id} {} {}", 500 + 60 * step, 330 + 40 * step));
    }
    tool(&format!("windowunmap {id}"));
    wait(300);
    tool(&format!("windowmap {id}"));
    wait(800);
    assert!(window.try_wait().expect("asked").is_none(), "it lives");
    tool(&format!("windowfocus {id}"));
    wait(300);
    tool("key space");
    wait(1500);
    tool("key p");
    let picture = (0..100).find_map(|_| {
        wait(200);
        let all = std::fs::read_dir(&here.0).ok()?;
        all.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "png"))
    });
    let picture = picture.expect("a picture is kept");
    wait(300);
    tool("key shift+q");
    // On a busy machine a picture of software Vulkan takes seconds.
    let ended = (0..600).find_map(|_| {
        wait(100);
        window.try_wait().expect("asked")
    });
    if ended.is_none() {
        window.kill().ok();
    }
    assert_eq!(ended.and_then(|status| status.code()), Some(0), "it closes");
    // What it shows is what is drawn without a window at that time.
    let reader = png::Decoder::new(BufReader::new(std::fs::File::open(&picture).expect("it opens"))).read_info().expect("a PNG");
    let text = |key: &str| {
        let chunk = reader.info().utf8_text.iter().find(|chunk| chunk.keyword == key).expect("a text");
        chunk.get_text().expect("readable")
    };
    let (hash, said) = (text("forecity.state_hash"), text("Description"));
    let clock: String = said.split(" at ").nth(1).expect("a time").chars().take(8).collect();
    let again = here.run(&format!("view grid:5x4 --seed 4 --size 64x64 --render again/%d.png --at {clock}..{clock}.5 --every 0.5"));
    assert!(again.code == 0 && hash.len() == 32 && again.out.contains(&hash), "{hash} at {clock} is not in {again:?}");
}
