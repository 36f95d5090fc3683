//! One line while it computes: on a terminal it is rewritten, elsewhere one plain line every ten seconds; nothing when quiet.

use crate::simulation::Progress;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The clock on the wall.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the command line measures how long it took")]
pub fn now() -> Instant {
    Instant::now()
}

/// The progress line of one batch.
#[derive(Debug)]
pub struct Line {
    head: String,
    quiet: bool,
    terminal: bool,
    start: Instant,
    last: Option<Instant>,
    step_s: f64,
    start_s: f64,
    width: usize,
}

impl Line {
    /// A line that begins with `head`; ticks of `step_s` from `start_s` (seconds since midnight).
    #[must_use]
    pub fn new(head: String, quiet: bool, step_s: f64, start_s: f64) -> Line {
        let terminal = std::io::stderr().is_terminal();
        Line { head, quiet, terminal, start: now(), last: None, step_s, start_s, width: 0 }
    }

    /// Shows where it stands, if it is time to.
    pub fn show(&mut self, progress: &Progress) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let due = self.last.map_or_else(|| self.terminal || self.start.elapsed() >= pause, |last| last.elapsed() >= pause);
        if self.quiet || !due || progress.tick == 0 {
            return;
        }
        self.last = Some(now());
        let line = self.text(progress, self.start.elapsed().as_secs_f64());
        let mut stderr = std::io::stderr().lock();
        if self.terminal {
            let width = self.width.max(line.chars().count());
            write!(stderr, "\r{line:<width$}").ok();
            self.width = width;
        } else {
            writeln!(stderr, "{line}").ok();
        }
        stderr.flush().ok();
    }

    /// The words.
    fn text(&self, progress: &Progress, wall_s: f64) -> String {
        let share = f64::from(progress.tick) / f64::from(progress.ticks.max(1));
        let simulated_s = f64::from(progress.tick) * self.step_s;
        let clock = crate::cli::batch::clock(self.start_s + simulated_s);
        let million = progress.vehicle_steps as f64 / 1e6 / wall_s.max(1e-3);
        let left_s = (wall_s / share.max(1e-3) * (1.0 - share)).min(359_999.0);
        let left = format!("{:.0}:{:02.0}", (left_s / 60.0).floor(), (left_s % 60.0).floor());
        format!(
            "{} | {:.0} % | {clock} | x{:.0} | {} veh | {million:.1} M steps/s | at most {left} left | outside {}",
            self.head,
            100.0 * share,
            simulated_s / wall_s.max(1e-3),
            crate::report::validity::grouped(progress.inside),
            progress.waiting,
        )
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.terminal && self.width > 0 {
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "\r{:width$}\r", "", width = self.width).ok();
            stderr.flush().ok();
        }
    }
}
