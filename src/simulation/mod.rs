//! Running: a batch of worlds from the first tick to the last, with observations on the way.
//!
//! Reads no clock and prints nothing: the caller sees [`Progress`] after each chunk and says whether to go on.

pub mod fault;
pub mod fleet;
pub mod informed;
pub mod jam;
pub mod live;
mod stands;
mod stretch;
mod watch;

use crate::backend::Detail;
use crate::backend::error::DeviceError;
use crate::city::City;
use crate::city::check::Opened;
use crate::observe::Observations;
use crate::scenario::Informed;
use crate::state::State;
use crate::tables::Tables;
use crate::tables::compile::{Span, compile};
use live::Live;
use std::ops::ControlFlow;

/// What a run needs to know besides the city. Everything here decides numbers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// dt = 2^-k s, k 0..=3.
    pub k: u32,
    /// Trips that depart in [from, to) are measured \[s since midnight\].
    pub from_s: f64,
    /// End of the measured span.
    pub to_s: f64,
    /// Simulated before `from`, never measured \[s\].
    pub warmup_s: f64,
    /// At most so long after `to`; ends early when all trips have arrived \[s\].
    pub drain_s: f64,
    /// Interval of the link and detector tables \[s\].
    pub interval_s: f64,
    /// Interval of trajectories \[s\]; `None` = none.
    pub vehicles_every_s: Option<f64>,
    /// Teleport a head after so long \[s\]; `None` = never.
    pub teleport_after_s: Option<f64>,
    /// Drivers who look at present travel times; `None` = nobody does.
    pub informed: Option<Informed>,
}

impl Settings {
    /// As a study asks for.
    #[must_use]
    pub fn of(opened: &Opened) -> Settings {
        let study = &opened.study;
        Settings {
            k: study.k,
            from_s: opened.from_s,
            to_s: opened.to_s,
            warmup_s: study.warmup_s,
            drain_s: study.drain_s,
            interval_s: study.interval_s,
            vehicles_every_s: study.vehicles_every_s,
            teleport_after_s: study.teleport_after_s,
            informed: study.informed,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            k: 1,
            from_s: 0.0,
            to_s: 3600.0,
            warmup_s: 0.0,
            drain_s: 3600.0,
            interval_s: 900.0,
            vehicles_every_s: None,
            teleport_after_s: None,
            informed: None,
        }
    }
}

/// Where it computes. Nothing here decides numbers.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// `auto`, `cpu`, `gpu` or a part of an adapter's name.
    pub device: String,
    /// CPU threads; 0 = all.
    pub threads: usize,
}

/// Seen by the caller before the first step and between chunks of steps.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Ticks done.
    pub tick: u32,
    /// Ticks at most.
    pub ticks: u32,
    /// Vehicles on the road, all worlds.
    pub inside: u32,
    /// Waiting outside, all worlds.
    pub waiting: u32,
    /// Vehicle-steps so far, all worlds.
    pub vehicle_steps: u64,
    /// Worlds of the batch.
    pub worlds: u32,
    /// Has the batch ended?
    pub done: bool,
}

/// The device that computed.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// `cpu` or `gpu`.
    pub kind: String,
    /// Name of the processor or adapter.
    pub name: String,
    /// Driver, back end of the graphics interface; empty for the CPU.
    pub driver: String,
    /// CPU threads in use.
    pub threads: usize,
    /// Why not the device that one could have expected; empty if there is nothing to say.
    pub notice: String,
}

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No such device.
    #[error("no device matches \"{asked}\": {there}; use --device cpu")]
    NoDevice {
        /// What was asked for.
        asked: String,
        /// What is there.
        there: String,
    },
    /// The device computes wrongly, or is lost.
    #[error("{0}")]
    Device(String),
    /// The batch does not fit.
    #[error("{needed_bytes} bytes are needed on {device}, {there_bytes} are there: use fewer worlds (--worlds {fits}) or --device cpu")]
    Memory {
        /// Name.
        device: String,
        /// Needed.
        needed_bytes: u64,
        /// There.
        there_bytes: u64,
        /// Worlds that fit.
        fits: u32,
    },
    /// The caller stopped it.
    #[error("interrupted")]
    Interrupted,
    /// A kernel raised a bit.
    #[error("{0}")]
    Fault(Box<fault::Fault>),
}

impl From<DeviceError> for RunError {
    fn from(error: DeviceError) -> RunError {
        match error {
            DeviceError::NoMatch { asked, there } => RunError::NoDevice { asked, there },
            DeviceError::Memory { name, needed_bytes, there_bytes, fits } => {
                RunError::Memory { device: name, needed_bytes, there_bytes, fits }
            }
            other => RunError::Device(other.to_string()),
        }
    }
}

/// Runs one world per seed, all in one batch; the result of a seed does not depend on the others.
///
/// # Errors
/// See [`RunError`].
pub fn run(
    city: &City,
    settings: &Settings,
    seeds: &[u64],
    machine: &Machine,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(Vec<Observations>, Device), RunError> {
    let batch = Batch::new(city, settings);
    let tables = batch.tables(seeds);
    batch.run(&tables, State::new(&tables), machine, watch)
}

/// A city and how it is run, for whoever has a state of his own to start from.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    city: &'a City,
    settings: &'a Settings,
}

impl<'a> Batch<'a> {
    /// Of a city.
    #[must_use]
    pub fn new(city: &'a City, settings: &'a Settings) -> Batch<'a> {
        Batch { city, settings }
    }

    /// Tick 0 \[s since midnight\].
    fn start_s(&self) -> f64 {
        (self.settings.from_s - self.settings.warmup_s).max(0.0).floor()
    }

    /// Its tables for some seeds.
    #[must_use]
    pub fn tables(&self, seeds: &[u64]) -> Tables {
        let Settings { k, from_s, to_s, teleport_after_s, .. } = *self.settings;
        compile(self.city, Span { k, start_s: self.start_s(), from_s, to_s, teleport_s: teleport_after_s.unwrap_or(0.0) }, seeds)
    }

    /// Runs on from a state of these tables, at a full interval of what is looked at.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn run(
        &self,
        tables: &Tables,
        state: State,
        machine: &Machine,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(Vec<Observations>, Device), RunError> {
        Ok(self.to(tables, state, machine, u32::MAX, watch)?.ended())
    }

    /// Runs on to a tick, or to the end if that comes first, and gives the state there: a run that goes on from it ends like one that was
    /// never stopped.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn state_at(&self, tables: &Tables, state: State, machine: &Machine, tick: u32) -> Result<State, RunError> {
        let mut live = self.to(tables, state, machine, tick, &mut |_| ControlFlow::Continue(()))?;
        Ok(live.state(Detail::All)?.clone())
    }

    /// Runs until every world has ended, or until a tick.
    fn to<'t>(
        &self,
        tables: &'t Tables,
        state: State,
        machine: &Machine,
        until: u32,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Live<'t>, RunError>
    where
        'a: 't,
    {
        let mut live = Live::open(self, tables, state, machine)?;
        if watch(live.at_rest()).is_break() {
            return Err(RunError::Interrupted);
        }
        while !live.done() && live.tick() < until {
            let progress = live.step(until)?;
            if watch(progress).is_break() {
                return Err(RunError::Interrupted);
            }
        }
        Ok(live)
    }
}
