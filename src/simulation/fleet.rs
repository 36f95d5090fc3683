//! Many runs of one job, as many at once as the machine carries.
//!
//! On the CPU every world is stepped alone, on a thread of its own: a district's world stays in the caches of its core and waits for nobody at
//! the end of a stage (`benches/runs`: many worlds against one as large as all). Worlds of different variants run side by side. Where fewer
//! worlds are left than threads, they share the threads. On a GPU the worlds of a task are one batch.
//!
//! What comes out does not depend on any of this: a world alone equals the same world in a batch, on any number of threads.

use super::{Device, Machine, Progress, RunError, Settings};
use crate::backend;
use crate::city::City;
use crate::observe::Observations;
use std::collections::{BTreeMap, VecDeque};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};

/// Some seeds of one city; their results are wanted together.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    /// City.
    pub city: &'a City,
    /// Settings.
    pub settings: &'a Settings,
    /// Seeds.
    pub seeds: Vec<u64>,
}

/// What is told on the way: of which unit of work (they are numbered as they begin), where it stands.
pub type Watch<'a> = dyn Fn(usize, Progress) -> ControlFlow<()> + Sync + 'a;

/// Takes the runs of a task, in the order of their seeds, and says whether to go on. All of them, or, where the job is stopped, those that were
/// finished.
pub type Take<'a> = dyn FnMut(usize, Vec<Observations>, &Device) -> ControlFlow<()> + 'a;

/// Which task an error belongs to.
#[derive(Debug)]
pub struct Failed {
    /// Its number.
    pub task: usize,
    /// What happened.
    pub error: RunError,
}

/// Runs all tasks, at most `at_once` worlds at a time; `take` gets each as soon as it is done.
///
/// # Errors
/// The first that happens ends the rest; what was finished has been given to `take`.
pub fn run(tasks: &[Task], machine: &Machine, at_once: usize, watch: &Watch, take: &mut Take) -> Result<(), Failed> {
    match backend::cpu_for(&machine.device) {
        Some(notice) => on_cpu(tasks, machine, (at_once, &notice), watch, take),
        None => tasks.iter().enumerate().try_for_each(|(task, one)| {
            let (runs, device) = super::run(one.city, one.settings, &one.seeds, machine, &mut |progress| watch(task, progress))
                .map_err(|error| Failed { task, error })?;
            if take(task, runs, &device).is_break() { Err(Failed { task, error: RunError::Interrupted }) } else { Ok(()) }
        }),
    }
}

/// Threads of this machine, or as many as were asked for.
#[must_use]
pub fn threads(asked: usize) -> usize {
    if asked == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { asked }
}

/// One world.
#[derive(Clone, Copy, Debug)]
struct Unit {
    number: usize,
    task: usize,
    seed: u64,
    threads: usize,
}

/// The worlds of all tasks in their order, with the threads that each gets.
fn units(tasks: &[Task], threads: usize, at_once: usize) -> VecDeque<Unit> {
    let all = tasks.iter().enumerate().flat_map(|(task, one)| one.seeds.iter().map(move |seed| (task, *seed)));
    let count = tasks.iter().map(|task| task.seeds.len()).sum::<usize>();
    let workers = threads.min(at_once).min(count).max(1);
    let rest = count % workers;
    let of = |number: usize| threads / if number < count - rest { workers } else { rest };
    all.enumerate().map(|(number, (task, seed))| Unit { number, task, seed, threads: of(number).max(1) }).collect()
}

type Done = (Unit, Result<(Vec<Observations>, Device), RunError>);

fn on_cpu(tasks: &[Task], machine: &Machine, (at_once, notice): (usize, &str), watch: &Watch, take: &mut Take) -> Result<(), Failed> {
    let threads = threads(machine.threads);
    let waiting = units(tasks, threads, at_once);
    let workers = threads.min(at_once).min(waiting.len()).max(1);
    let waiting = Mutex::new(waiting);
    let stop = AtomicBool::new(false);
    // So small that what is finished does not heap up where writing is slower than computing.
    let (give, get) = mpsc::sync_channel::<Done>(workers);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (give, waiting, stop) = (give.clone(), &waiting, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let Some(unit) = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { return };
                    if give.send((unit, one(tasks, unit, watch, stop))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(give);
        let device = |of: Device| Device { threads, notice: notice.to_owned(), ..of };
        let mut shelf = Shelf { tasks, there: BTreeMap::new(), last: None };
        let mut failed = None;
        for (unit, result) in get {
            let error = match result {
                Ok((runs, of)) => shelf.put(unit, runs, device(of), take).is_break().then_some(RunError::Interrupted),
                Err(error) => Some(error),
            };
            let Some(error) = error else { continue };
            stop.store(true, Ordering::Relaxed);
            // Whoever is interrupted by another's fault has none of his own.
            if matches!(failed, None | Some(Failed { error: RunError::Interrupted, .. })) {
                failed = Some(Failed { task: unit.task, error });
            }
        }
        shelf.clear(take);
        failed.map_or(Ok(()), Err)
    })
}

/// One world on its threads.
fn one(tasks: &[Task], unit: Unit, watch: &Watch, stop: &AtomicBool) -> Result<(Vec<Observations>, Device), RunError> {
    let task = &tasks[unit.task];
    let pool = rayon::ThreadPoolBuilder::new().num_threads(unit.threads).build().map_err(|error| RunError::Device(error.to_string()))?;
    let machine = Machine { device: "cpu".into(), threads: unit.threads };
    // Everything in one pool: the tables as well.
    pool.install(|| {
        super::run(task.city, task.settings, &[unit.seed], &machine, &mut |progress| {
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { watch(unit.number, progress) }
        })
    })
}

/// Finished worlds whose task is not.
struct Shelf<'a> {
    tasks: &'a [Task<'a>],
    there: BTreeMap<usize, BTreeMap<u64, Observations>>,
    last: Option<Device>,
}

impl Shelf<'_> {
    fn put(&mut self, unit: Unit, runs: Vec<Observations>, device: Device, take: &mut Take) -> ControlFlow<()> {
        let of_task = self.there.entry(unit.task).or_default();
        of_task.extend(runs.into_iter().map(|run| (unit.seed, run)));
        let whole = of_task.len() == self.tasks[unit.task].seeds.len();
        self.last = Some(device.clone());
        if !whole {
            return ControlFlow::Continue(());
        }
        let runs = self.there.remove(&unit.task).unwrap_or_default();
        take(unit.task, runs.into_values().collect(), &device)
    }

    /// Gives away what is there of tasks that will not be finished, in pieces without gaps.
    fn clear(&mut self, take: &mut Take) {
        for (task, runs) in std::mem::take(&mut self.there) {
            let (seeds, mut runs): (Vec<u64>, Vec<Observations>) = runs.into_iter().unzip();
            for piece in pieces(&seeds).into_iter().rev() {
                let some = runs.split_off(piece.start);
                if self.last.as_ref().is_some_and(|device| take(task, some, device).is_break()) {
                    return;
                }
            }
        }
    }
}

/// Ranges of numbers that follow one another.
fn pieces(seeds: &[u64]) -> Vec<Range<usize>> {
    let mut from = 0;
    let runs = seeds.chunk_by(|a, b| a + 1 == *b).map(|run| {
        from += run.len();
        from - run.len()..from
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_worlds_share_the_threads() {
        let (city, settings) = (City::default(), Settings::default());
        let task = |seeds: Range<u64>| Task { city: &city, settings: &settings, seeds: seeds.collect() };
        let threads = |tasks: &[Task], threads, at_once| units(tasks, threads, at_once).iter().map(|unit| unit.threads).collect::<Vec<_>>();
        assert_eq!(threads(&[task(0..3), task(0..2)], 2, 8), [1, 1, 1, 1, 2]);
        assert_eq!(threads(&[task(0..3)], 16, 8), [5, 5, 5]);
        assert_eq!(threads(&[task(0..3)], 4, 1), [4, 4, 4]);
        assert!(threads(&[], 4, 4).is_empty());
    }

    #[test]
    fn files_hold_seeds_without_gaps() {
        assert_eq!(pieces(&[1, 2, 4, 5, 6, 9]), [0..2, 2..5, 5..6]);
    }
}
