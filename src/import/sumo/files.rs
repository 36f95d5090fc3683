//! Finds and loads the files of a case: what a configuration names, and what those files include.

use crate::import::sumo::log::{shown, time};
use crate::import::sumo::{Files, Source};
use crate::import::xml::{self, Step};
use crate::import::{Problem, Severity};
use std::path::{Path, PathBuf};

/// Most files that others include.
const MOST_INCLUDED: usize = 256;
/// Deepest inclusion.
const DEEPEST: usize = 8;

impl Files {
    /// A network and its demand files.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn of_net(net: &Path, demand: &[PathBuf]) -> Result<Files, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut files = Files { net: load(net, &mut problems), title: title(net), ..Files::default() };
        for path in demand {
            files.add(path, false, &mut problems);
        }
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }

    /// Adds demand files behind those there are.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn add_demand(&mut self, demand: &[PathBuf]) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        for path in demand {
            self.add(path, false, &mut problems);
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// A configuration and the files it names, relative to it.
    ///
    /// # Errors
    /// Files that cannot be read, options without a usable value, no network.
    pub fn of_configuration(path: &Path) -> Result<Files, Vec<Problem>> {
        let mut problems = Vec::new();
        let source = load(path, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut options: Vec<(String, String, usize)> = Vec::new();
        let read = xml::text_of(&source.bytes).and_then(|text| {
            xml::walk(&text, &mut |step| {
                if let Step::Open(element) = step
                    && let Some(value) = element.get("value").or_else(|| element.get("v"))
                {
                    options.push((element.name.to_owned(), value.to_owned(), element.line));
                }
            })
        });
        if let Err(error) = read {
            return Err(vec![fault(604, &source.name, error.line, error.message)]);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut files = Files { title: title(path), ..Files::default() };
        let mut found = false;
        for (name, value, line) in options {
            found |= matches!(name.as_str(), "net-file" | "net" | "n");
            files.option(&name, &value, folder, (&source.name, line), &mut problems);
        }
        if !found && problems.is_empty() {
            problems.push(fault(106, &source.name, 0, "the configuration names no net-file".into()));
        }
        if problems.is_empty() { Ok(files) } else { Err(problems) }
    }

    /// One option of a configuration; `place` is its file and line.
    fn option(&mut self, name: &str, value: &str, folder: &Path, place: (&str, usize), problems: &mut Vec<Problem>) {
        let read = |what: Option<f64>, problems: &mut Vec<Problem>| {
            if what.is_none() {
                problems.push(fault(107, place.0, place.1, format!("{name}: \"{}\" cannot be read", shown(value))));
            }
            what
        };
        match name {
            "net-file" | "net" | "n" => self.net = load(&folder.join(value.trim()), problems),
            "route-files" | "route" | "r" => {
                for path in listed(value, folder) {
                    self.add(&path, false, problems);
                }
            }
            "additional-files" | "additional" | "a" => {
                for path in listed(value, folder) {
                    self.add(&path, true, problems);
                }
            }
            "begin" | "b" => self.begin_s = read(time(value).filter(|at| *at >= 0.0), problems),
            "end" | "e" if value.trim().starts_with('-') => self.end_s = None,
            "end" | "e" => self.end_s = read(time(value), problems),
            "step-length" => self.step_s = read(time(value).filter(|step| *step > 0.0), problems),
            "seed" => {
                self.seed = value.trim().parse::<i64>().ok().map(i64::unsigned_abs);
                read(self.seed.map(|_| 0.0), problems);
            }
            "default.departlane" => self.defaults.push(("departLane", value.trim().to_owned())),
            "default.departspeed" => self.defaults.push(("departSpeed", value.trim().to_owned())),
            other => self.unused.push(format!("{other} = {}", shown(value))),
        }
    }

    /// Adds a demand or additional file and, before it, those that it includes.
    fn add(&mut self, path: &Path, additional: bool, problems: &mut Vec<Problem>) {
        let mut chain = Vec::new();
        self.add_within(path, additional, &mut chain, problems);
    }

    fn add_within(&mut self, path: &Path, additional: bool, chain: &mut Vec<PathBuf>, problems: &mut Vec<Problem>) {
        let source = load(path, problems);
        chain.push(path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        for (href, line) in includes(&source.bytes) {
            let inner = path.parent().unwrap_or(Path::new("")).join(&href);
            let own = inner.canonicalize().unwrap_or_else(|_| inner.clone());
            let too_many = self.included.len() >= MOST_INCLUDED || chain.len() > DEEPEST;
            if too_many || chain.contains(&own) {
                let why = if too_many { "too many files include each other" } else { "the file includes itself" };
                problems.push(fault(604, &source.name, line, format!("include of \"{}\": {why}", shown(&href))));
                continue;
            }
            self.included.push(inner.display().to_string());
            self.add_within(&inner, additional, chain, problems);
        }
        chain.pop();
        if additional { self.additional.push(source) } else { self.routes.push(source) }
    }
}

/// Files that a document includes, with the lines; those before its first fault.
fn includes(bytes: &[u8]) -> Vec<(String, usize)> {
    const MARK: &[u8] = b"<include";
    let packed = bytes.starts_with(&[0x1f, 0x8b]);
    if !packed && !bytes.windows(MARK.len()).any(|window| window == MARK) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let Ok(text) = xml::text_of(bytes) else { return found };
    if text.contains("<include") {
        // A fault is told when the file itself is read.
        let _ = xml::walk(&text, &mut |step| {
            if let Step::Open(element) = step
                && element.name == "include"
                && let Some(href) = element.get("href")
            {
                found.push((href.to_owned(), element.line));
            }
        });
    }
    found
}

/// Names with commas or semicolons between; older lists have blanks.
fn listed(value: &str, folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for name in value.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()) {
        if name.contains(' ') && !folder.join(name).exists() {
            paths.extend(name.split_ascii_whitespace().map(|name| folder.join(name)));
        } else {
            paths.push(folder.join(name));
        }
    }
    paths
}

fn fault(code: u16, file: &str, line: usize, message: String) -> Problem {
    Problem { code, severity: Severity::Error, file: file.into(), line, message, hint: String::new() }
}

fn load(path: &Path, problems: &mut Vec<Problem>) -> Source {
    let name = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => Source { name, bytes },
        Err(error) => {
            problems.push(fault(101, &name, 0, format!("cannot read the file: {error}")));
            Source { name, bytes: Vec::new() }
        }
    }
}

fn title(path: &Path) -> String {
    let stem = |path: &Path| {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        name.split('.').next().unwrap_or_default().to_owned()
    };
    let own = stem(path);
    if !matches!(own.as_str(), "run" | "sumo" | "osm" | "config" | "") {
        return own;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(stem).unwrap_or_default();
    if folder.is_empty() { own } else { folder }
}
