//! The door: verbs, exit codes, progress. Physics never. Stdout is data, stderr is talk.

pub mod arms;
pub mod batch;
pub mod bench;
pub mod check;
pub mod demo;
pub mod error;
pub mod import;
pub mod info;
pub mod job;
pub mod picture;
pub mod plan;
pub mod progress;
pub mod report;
pub mod rerun;
pub mod run;
pub mod schema;
#[cfg(feature = "view")]
pub mod view;
#[cfg(feature = "view")]
pub mod window;

use crate::diagnostic::Diagnostics;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use error::Error;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

const SIX_LINES: &str = "\
forecity: traffic of a whole city, vehicle by vehicle; the same bits on every machine
  forecity demo                          a generated city in its morning peak: seconds
  forecity import CASE.sumocfg -o CITY   make a city folder of a SUMO case
  forecity run STUDY.toml                run a study or a city folder; also grid:13x7
  forecity rerun out/STUDY               do it again, compare every table
  forecity help                          all verbs; forecity info C211 explains an error
";

const EXITS: &str = "Exit codes: 0 ok, 1 failure, 2 usage, 3 invalid input, 4 result differs, 5 no device or display, 6 simulation invalid, 130 interrupted";

/// City simulation in integers: one hash on every machine.
#[derive(Debug, Parser)]
#[command(name = "forecity", version, after_help = EXITS, disable_help_subcommand = false)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Options of all verbs.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress, no remarks
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more; twice for all
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    pub color: String,
    /// Answer yes to every question of size
    #[arg(long, global = true)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Demo),
    Import(import::Import),
    Check(check::Check),
    Run(run::Run),
    Report(report::Report),
    Rerun(rerun::Rerun),
    Bench(bench::Bench),
    #[cfg(feature = "view")]
    View(view::View),
    Info(info::Info),
    Schema(schema::Schema),
}

/// Runs the command line; the whole program.
#[must_use]
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let read = Cli::command().try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match read {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version go to stdout and are a success. A closed pipe is no error.
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = std::io::stdout().lock();
    let result = match &cli.verb {
        None => out.write_all(SIX_LINES.as_bytes()).map_err(Error::from),
        Some(verb) => verb.run(&cli.common, &mut out),
    };
    let result = result.and_then(|()| out.flush().map_err(Error::from));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            tell(&e, &cli.common, &mut out);
            ExitCode::from(e.exit())
        }
    }
}

impl Verb {
    fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        match self {
            Verb::Demo(verb) => verb.run(common, out),
            Verb::Import(verb) => {
                let report = verb.run(out)?;
                let mut talk = std::io::stderr().lock();
                for problem in report.problems.iter().filter(|_| !common.quiet).take(crate::diagnostic::SHOWN) {
                    let _ = writeln!(talk, "{problem}");
                }
                Ok(())
            }
            Verb::Check(verb) => verb.run(common, out),
            Verb::Run(verb) => verb.run(common, out),
            Verb::Report(verb) => verb.run(common, out),
            Verb::Rerun(verb) => verb.run(common, out),
            Verb::Bench(verb) => verb.run(common, out),
            #[cfg(feature = "view")]
            Verb::View(verb) => verb.run(common, out),
            Verb::Info(verb) => verb.run(common, out),
            Verb::Schema(verb) => verb.run(common, out),
        }
    }
}

/// The last words of a command that failed.
fn tell(error: &Error, common: &Common, out: &mut impl Write) {
    match error {
        Error::Closed => {}
        Error::Input(found) if common.json => {
            let _ = writeln!(out, "{:#}", found.json());
        }
        Error::Input(found) => warn(found, "nothing was run", common),
        other => {
            let _ = writeln!(std::io::stderr().lock(), "error: {other}");
        }
    }
}

/// Shows what was found on stderr, in colour where it may. Warnings and notes are left out with `--quiet`.
pub fn warn(found: &Diagnostics, outcome: &str, common: &Common) {
    if found.is_empty() || common.quiet && !found.failed() {
        return;
    }
    let mut talk = std::io::stderr().lock();
    let text = found.render(outcome);
    let _ = talk.write_all(if colored(common, talk.is_terminal()) { paint(&text) } else { text }.as_bytes());
}

/// Colour: asked for, or on a terminal that knows it (`NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`).
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn colored(common: &Common, terminal: bool) -> bool {
    let set = |name: &str| std::env::var(name).is_ok_and(|v| !v.is_empty() && v != "0");
    match common.color.as_str() {
        "always" => true,
        "never" => false,
        _ => !set("NO_COLOR") && (set("CLICOLOR_FORCE") || terminal && std::env::var("TERM").is_ok_and(|t| t != "dumb")),
    }
}

/// Heads of diagnostics bold; red-green is not used, words stay.
fn paint(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let head = ["error[", "warning[", "note["].iter().any(|h| line.starts_with(h));
        let caret = line.trim_start().starts_with("| ") && line.contains('^');
        let code = if head {
            "\u{1b}[1m"
        } else if caret {
            "\u{1b}[33m"
        } else {
            ""
        };
        let end = if code.is_empty() { "" } else { "\u{1b}[0m" };
        out.push_str(&format!("{code}{line}{end}\n"));
    }
    out
}
