//! The door: verbs, exit codes, progress. Physics never.

pub mod actions;
pub mod batch;
pub mod demo;
pub mod import;
pub mod job;
pub mod progress;
pub mod rerun;
pub mod run;

use clap::Parser;

/// City simulation whose result is one hash on every machine.
#[derive(Debug, Parser)]
#[command(name = "forecity", version)]
struct Door {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// See [`run::Run`].
    Run(Box<run::Run>),
    /// See [`demo::Demo`].
    Demo(demo::Demo),
    /// See [`rerun::Rerun`].
    Rerun(rerun::Rerun),
}

/// Parses the command line and does it; the exit code.
#[must_use]
pub fn main() -> u8 {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    match Door::parse().verb {
        Verb::Run(verb) => verb.run(&mut out, &mut talk),
        Verb::Demo(verb) => verb.run(&mut out, &mut talk),
        Verb::Rerun(verb) => verb.run(&mut out, &mut talk),
    }
}
