//! The CPU: the twins of [`crate::stages::STEP`] in order, some of them together, on a rayon pool of a given number of threads.

use crate::stages::CPU_STEP;
use crate::state::{Scratch, State};
use crate::tables::Tables;

/// State and scratch of a batch, and the threads that step it.
pub struct Cpu {
    /// `None`: it runs in a pool of as many threads as it is to have.
    pool: Option<rayon::ThreadPool>,
    /// The state.
    pub state: State,
    /// Rewritten in every step.
    pub scratch: Scratch,
}

impl Cpu {
    /// `threads` = 0: one a core.
    ///
    /// # Panics
    /// If the system refuses threads.
    #[must_use]
    pub fn new(t: &Tables, threads: usize, state: State) -> Cpu {
        let there = rayon::current_thread_index().is_some() && rayon::current_num_threads() == threads;
        let own = || rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("the system gives threads");
        let pool = (!there).then(own);
        Cpu { pool, state, scratch: Scratch::together(t) }
    }

    /// Goes on with other tables and a state of these.
    pub fn load(&mut self, t: &Tables, state: State) {
        (self.state, self.scratch) = (state, Scratch::together(t));
    }

    /// Threads in use.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or_else(rayon::current_num_threads, rayon::ThreadPool::current_num_threads)
    }

    /// Steps `n` ticks.
    pub fn step(&mut self, t: &Tables, n: u32) {
        let (state, scratch) = (&mut self.state, &mut self.scratch);
        let mut steps = || {
            for _ in 0..n {
                for pass in &CPU_STEP {
                    pass(t, state, scratch);
                }
            }
        };
        match &self.pool {
            Some(pool) => pool.install(steps),
            None => steps(),
        }
    }
}
