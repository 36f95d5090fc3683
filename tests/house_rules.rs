//! The rules of the house, held by reading the sources: floors, sizes, twins, who may touch files and clocks. Needs nothing of the crate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Floors: a module imports from floors below its own, never from a neighbour. The same list as in `src/lib.rs`.
const FLOORS: &[(u32, &[&str])] = &[
    (0, &["units", "ids", "diagnostic", "random"]),
    (1, &["laws", "paths", "statistics"]),
    (2, &["scenario"]),
    (3, &["city"]),
    (4, &["tables", "import"]),
    (5, &["state"]),
    (6, &["stages"]),
    (7, &["backend"]),
    (9, &["observe"]),
    (10, &["simulation"]),
    (11, &["report", "view"]),
    (12, &["cli"]),
];
/// Lines of a Rust file at most.
const RUST_LINES: usize = 600;
/// Lines of a shader at most.
const WGSL_LINES: usize = 400;
/// Longer files, with the length that they may not pass either. Empty is the goal.
const LONG: &[(&str, usize)] = &[];
/// Imports upwards that are still there. Empty is the goal.
const UPWARDS: &[(&str, &str)] = &[];
/// Modules below `simulation` that may read files: they turn them into a study or a city.
const READERS: &[&str] = &["scenario", "import"];

/// Files below a folder with this extension, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text without comments and without the tests at its end.
fn code(path: &Path) -> String {
    let all = text(path);
    let body = all.split("#[cfg(test)]").next().unwrap_or(&all);
    body.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// `src/city/check.rs` -> `city`; `lib` and `main` are above all floors.
fn module(path: &Path) -> String {
    let part = path.iter().nth(1).map_or_else(String::new, |part| part.to_string_lossy().into_owned());
    part.trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(_, modules)| modules.contains(&module)).map(|(floor, _)| *floor)
}

/// First words behind each `crate::`, braces opened.
fn imported(code: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut start) = (0_usize, true);
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && c.is_alphanumeric() => {
                    found.push(word(&group[place..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn imports_go_downwards_only() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let module = module(&path);
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(own) = floor(&module) else { panic!("{} stands on no floor: add {module} to FLOORS and to src/lib.rs", path.display()) };
        let code = code(&path);
        if code.contains("super::super") {
            wrong.push(format!("{}: super::super", path.display()));
        }
        let known = |other: &str| UPWARDS.iter().any(|(file, name)| path == Path::new(file) && *name == other);
        for other in imported(&code).iter().filter(|other| **other != module && !known(other)) {
            match floor(other) {
                Some(below) if below < own => {}
                Some(floor) => wrong.push(format!("{} (floor {own}) imports {other} (floor {floor})", path.display())),
                None => wrong.push(format!("{} imports crate::{other}, which stands on no floor", path.display())),
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_library_lists_the_same_floors() {
    let all = text(Path::new("src/lib.rs"));
    let listed: String = all.lines().filter(|line| line.starts_with("//!")).collect::<Vec<_>>().join(" ");
    for (floor, modules) in FLOORS {
        for module in *modules {
            assert!(all.contains(&format!("pub mod {module};")), "there is no module {module}");
            assert!(listed.contains(&format!("`{module}`")), "src/lib.rs does not say that {module} stands on floor {floor}");
        }
    }
    for line in all.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        assert!(floor(line.trim_end_matches(';')).is_some(), "{line} stands on no floor");
    }
    assert!(!all.contains("pub use"), "src/lib.rs re-exports nothing");
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    let all = ["src", "tests", "benches"].iter().flat_map(|folder| files(folder, "rs")).map(|path| (path, RUST_LINES));
    for (path, limit) in all.chain(files("shaders", "wgsl").into_iter().map(|path| (path, WGSL_LINES))) {
        let lines = text(&path).lines().count();
        let limit = LONG.iter().find(|(name, _)| path == Path::new(name)).map_or(limit, |(_, lines)| *lines);
        if lines > limit {
            long.push(format!("{}: {lines} lines, at most {limit}", path.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_stage_has_a_twin_and_a_row() {
    let stem = |path: &PathBuf| path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let rows = text(Path::new("src/stages/mod.rs"));
    let twins: BTreeMap<String, PathBuf> =
        files("src/stages", "rs").into_iter().filter(|path| code(path).contains("const STAGE:")).map(|path| (stem(&path), path)).collect();
    // A long kernel has parts without an entry point in a folder of its name.
    let shaders: BTreeMap<String, PathBuf> = files("shaders/stages", "wgsl")
        .into_iter()
        .filter(|path| text(path).contains("@compute"))
        .map(|path| (stem(&path), path))
        .collect();
    assert!(!twins.is_empty());
    assert_eq!(twins.keys().collect::<Vec<_>>(), shaders.keys().collect::<Vec<_>>(), "stages in Rust and in WGSL");
    for (name, shader) in &shaders {
        assert!(rows.contains(&format!("    {name}::STAGE,")), "{name} is not in STEP");
        let wgsl = text(shader);
        assert_eq!(wgsl.matches("@compute").count(), 1, "{name}.wgsl has one entry point");
        assert!(wgsl.contains(&format!("fn {name}(")), "the entry point of {name}.wgsl is named {name}");
    }
}

/// Words that code of these modules may not hold.
fn forbid(words: &[&str], why: &str, allowed: impl Fn(&str, &Path) -> bool) {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        if allowed(&module(&path), &path) {
            continue;
        }
        let code = code(&path);
        for word in words.iter().filter(|word| code.contains(**word)) {
            wrong.push(format!("{}: {word}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{why}:\n{}", wrong.join("\n"));
}

#[test]
fn only_readers_and_the_report_touch_files() {
    let touch = ["std::fs", "File::open", "File::create", "read_to_string", "std::net", "std::process"];
    forbid(&touch, "core code does no input or output", |module, _| {
        READERS.contains(&module) || floor(module).is_none_or(|floor| floor >= 11)
    });
}

#[test]
fn only_the_command_line_reads_clocks_and_the_environment() {
    forbid(&["Instant", "SystemTime", "std::env::var"], "core code reads no clock and no environment", |module, path| {
        floor(module).is_none_or(|floor| floor >= 12) || path == Path::new("src/backend/testing.rs")
    });
}

#[test]
fn only_the_command_line_prints() {
    let print = ["println!", "print!(", "eprintln!", "eprint!(", "dbg!", "stdout()", "stderr()"];
    forbid(&print, "below the command line nothing prints", |module, path| {
        floor(module).is_none_or(|floor| floor >= 12) || path == Path::new("src/backend/testing.rs")
    });
}

#[test]
fn nothing_is_unwrapped_unsafe_or_left_to_do() {
    let words = [".unwrap()", "unsafe ", "todo!", "unimplemented!", "HashMap", "HashSet", "TODO", "FIXME"];
    forbid(&words, "use `?`, a default, or a panic that names what cannot happen", |_, _| false);
}

#[test]
fn every_dependency_says_why() {
    let cargo = text(Path::new("Cargo.toml"));
    let mut inside = false;
    let mut silent = Vec::new();
    for line in cargo.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && line.contains('=') && !line.starts_with('#') {
            let reason = line.rsplit_once('#').map_or("", |(_, reason)| reason.trim());
            if reason.len() < 5 {
                silent.push(line);
            }
        }
    }
    assert!(silent.is_empty(), "a dependency has its reason on its line:\n{}", silent.join("\n"));
}

#[test]
fn no_path_of_a_machine() {
    // Put together here, or this file would hold them.
    let paths: Vec<String> = ["work", "home", "root", "Users"].iter().map(|name| format!("/{name}/")).collect();
    let named = ["README.md", "CHANGELOG.md", "Cargo.toml", ".ci/run"].map(PathBuf::from);
    let folders = [("src", "rs"), ("tests", "rs"), ("benches", "rs"), ("shaders", "wgsl"), ("scenarios", "md"), ("scenarios", "toml")];
    let all = folders.iter().flat_map(|(folder, end)| files(folder, end)).chain(named);
    for path in all {
        let text = text(&path);
        for machine in &paths {
            assert!(!text.contains(machine), "{} holds {machine}", path.display());
        }
    }
}
