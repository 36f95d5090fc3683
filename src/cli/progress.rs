//! One line while it computes: on a terminal it is rewritten, elsewhere one plain line every ten seconds; nothing when quiet. It tells of the
//! whole job, not of one batch.

use crate::cli::batch::clock;
use crate::report::validity::grouped;
use crate::simulation::Progress;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The clock on the wall.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the command line measures how long it took")]
pub fn now() -> Instant {
    Instant::now()
}

/// The progress line of a job, told by all threads.
#[derive(Debug)]
pub struct Board {
    inner: Mutex<Inner>,
}

/// What is known.
#[derive(Debug)]
struct Inner {
    quiet: bool,
    terminal: bool,
    start: Instant,
    last: Option<Instant>,
    width: usize,
    /// Runs of the job; of them there from before; of them done here.
    runs: usize,
    before: usize,
    done: usize,
    /// Ticks and vehicle-steps of those that are done.
    done_ticks: u64,
    done_steps: u64,
    /// Units of work under way.
    going: BTreeMap<usize, Progress>,
    step_s: f64,
    start_s: f64,
}

impl Board {
    /// Of a job of so many `runs`, of which some are there from `before`; ticks of `step_s` from `start_s` (seconds since midnight).
    #[must_use]
    pub fn new(runs: usize, before: usize, quiet: bool, step_s: f64, start_s: f64) -> Board {
        let terminal = std::io::stderr().is_terminal();
        let inner = Inner {
            quiet,
            terminal,
            start: now(),
            last: None,
            width: 0,
            runs,
            before,
            done: 0,
            done_ticks: 0,
            done_steps: 0,
            going: BTreeMap::new(),
            step_s,
            start_s,
        };
        Board { inner: Mutex::new(inner) }
    }

    /// Takes down where a unit of work stands; shows the line, if it is time to.
    pub fn show(&self, unit: usize, progress: Progress) {
        let mut all = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.done {
            all.going.remove(&unit);
            all.done += progress.worlds as usize;
            all.done_ticks += u64::from(progress.worlds) * u64::from(progress.tick);
            all.done_steps += progress.vehicle_steps;
        } else {
            all.going.insert(unit, progress);
        }
        all.show();
    }

    /// Takes the line away.
    pub fn end(&self) {
        let all = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if all.terminal && all.width > 0 {
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "\r{:width$}\r", "", width = all.width).ok();
            stderr.flush().ok();
        }
    }
}

impl Inner {
    fn show(&mut self) {
        let pause = if self.terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let due = self.last.map_or_else(|| self.terminal || self.start.elapsed() >= pause, |last| last.elapsed() >= pause);
        let begun = self.done > 0 || self.going.values().any(|progress| progress.tick > 0);
        if self.quiet || !due || !begun {
            return;
        }
        self.last = Some(now());
        let line = self.text(self.start.elapsed().as_secs_f64());
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

    /// The words. A run may end before its last tick, so the time that is left is an upper bound until one has ended.
    fn text(&self, wall_s: f64) -> String {
        let wall_s = wall_s.max(1e-3);
        let mean_ticks = (self.done > 0).then(|| self.done_ticks as f64 / self.done as f64);
        let share = |p: &Progress| (f64::from(p.tick) / mean_ticks.unwrap_or_else(|| f64::from(p.ticks)).max(1.0)).min(0.99);
        let here = self.going.values().map(|p| f64::from(p.worlds) * share(p)).sum::<f64>() + self.done as f64;
        let wanted = (self.runs - self.before.min(self.runs)).max(1) as f64;
        let left_s = (wall_s / here.max(1e-3) * (wanted - here).max(0.0)).min(359_999.0);
        let left = format!("{:.0}:{:02.0}", (left_s / 60.0).floor(), (left_s % 60.0).floor());
        let ticks = self.done_ticks + self.going.values().map(|p| u64::from(p.worlds) * u64::from(p.tick)).sum::<u64>();
        let steps = self.done_steps + self.going.values().map(|p| p.vehicle_steps).sum::<u64>();
        let [inside, waiting] =
            [|p: &Progress| p.inside, |p: &Progress| p.waiting].map(|of| grouped(self.going.values().map(of).sum::<u32>()));
        let now = match self.going.first_key_value() {
            Some((_, only)) if self.runs == 1 => clock(self.start_s + f64::from(only.tick) * self.step_s),
            _ => format!("{} of {} runs", self.before + self.done, self.runs),
        };
        format!(
            "{now} | {:.0} % | x{:.0} | {inside} veh | {:.1} M steps/s | {}{left} left | outside {waiting}",
            100.0 * (here / wanted).min(1.0),
            ticks as f64 * self.step_s / wall_s,
            steps as f64 / 1e6 / wall_s,
            if mean_ticks.is_some() { "" } else { "at most " },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_of_the_whole_job() {
        let board = Board::new(10, 2, true, 0.5, 25_200.0);
        let at = |tick, done| Progress { tick, ticks: 4000, inside: 700, waiting: 2, vehicle_steps: 1_000_000, worlds: 1, done };
        board.show(0, at(1000, false));
        // A quarter of the first of eight runs in 10 s: 310 s are left, if all last to their last tick.
        let text = |board: &Board| board.inner.lock().unwrap().text(10.0);
        assert_eq!(text(&board), "2 of 10 runs | 3 % | x50 | 700 veh | 0.1 M steps/s | at most 5:10 left | outside 2");
        board.show(0, at(2000, true));
        board.show(1, at(1000, false));
        // It ended after 2,000 ticks: one and a half of eight in 10 s.
        assert_eq!(text(&board), "3 of 10 runs | 19 % | x150 | 700 veh | 0.2 M steps/s | 0:43 left | outside 2");
    }
}
