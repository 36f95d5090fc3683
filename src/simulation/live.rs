//! A batch on its way, chunk by chunk: for whoever wants to look between two ticks.

use super::watch::Run;
use super::{Batch, Device, Machine, Progress, RunError, fault};
use crate::backend::{self, Backend, Detail};
use crate::city::City;
use crate::observe::Observations;
use crate::state::State;
use crate::tables::Tables;

/// A batch that is stepped by its owner. What it computes does not depend on where it stops to be looked at.
pub struct Live<'t> {
    city: &'t City,
    tables: &'t Tables,
    here: &'t Tables,
    /// Tick at which the next stretch of the run begins.
    next: Option<u32>,
    run: Run<'t>,
    backend: Backend,
    device: Device,
    last: u32,
}

impl<'t> Live<'t> {
    /// From a state of these tables, at a full interval of what is looked at.
    ///
    /// # Errors
    /// What the device says.
    pub fn open(batch: &Batch<'t>, tables: &'t Tables, mut state: State, machine: &Machine) -> Result<Live<'t>, RunError> {
        let settings = batch.settings;
        let per_s = f64::from(1_u32 << settings.k);
        let last = ((settings.to_s + settings.drain_s - batch.start_s()) * per_s).ceil() as u32;
        let mut run = Run::new(batch.city, tables, settings, state.tick(), last);
        let (here, next) = tables.at(state.tick());
        if let Some(before) = tables.before(state.tick()) {
            run.enter(before, here, &mut state);
        }
        run.block(&mut state);
        let (backend, chosen) = backend::open(here, state, &machine.device, machine.threads)?;
        let device =
            Device { kind: chosen.kind.into(), name: chosen.name, driver: chosen.driver, threads: chosen.threads, notice: chosen.notice };
        Ok(Live { city: batch.city, tables, here, next, run, backend, device, last })
    }

    /// Before the first step.
    #[must_use]
    pub fn at_rest(&self) -> Progress {
        Progress { ticks: self.last, worlds: self.tables.worlds.len() as u32, ..Progress::default() }
    }

    /// Has every world ended?
    #[must_use]
    pub fn done(&self) -> bool {
        self.run.done()
    }

    /// Ticks done.
    #[must_use]
    pub fn tick(&self) -> u32 {
        self.run.tick()
    }

    /// The tables of now.
    #[must_use]
    pub fn here(&self) -> &'t Tables {
        self.here
    }

    /// The device that computes.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// What was seen so far, one a world.
    #[must_use]
    pub fn seen(&self) -> &[Observations] {
        &self.run.observations
    }

    /// Steps on until something is due to be looked at, at most to `until`.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn step(&mut self, until: u32) -> Result<Progress, RunError> {
        let here = self.here;
        let now = self.run.tick();
        let n = self.run.until_next().min(self.next.map_or(u32::MAX, |tick| tick - now)).min(until.saturating_sub(now));
        self.backend.step(here, n)?;
        let state = self.backend.state(here, self.run.needs(n))?;
        if let Some(found) = fault::first(here, state, &self.run) {
            let state = self.backend.state(here, Detail::All)?.clone();
            let device = self.device.clone();
            return Err(RunError::Fault(Box::new(fault::of(self.city, here, &state, &mut self.run, found, device))));
        }
        let clear = self.run.look(state);
        let helped = !state.events(here.worlds.len()).is_empty();
        let progress = self.run.progress(state);
        let known = self.run.learn(state, clear);
        let help = self.run.help(state);
        if let Some(known) = known {
            self.backend.learn(known);
        }
        if helped {
            self.backend.clear_events(here);
        }
        if let Some(help) = help {
            self.backend.intervene(here, &help.changes, &help.detours, &help.counts)?;
            self.backend.carry(here, &help.moves);
        }
        if clear {
            self.backend.clear_sums();
        }
        if self.next == Some(self.run.tick()) && !self.run.done() {
            let mut state = self.backend.state(here, Detail::All)?.clone();
            (self.here, self.next) = self.tables.at(self.run.tick());
            self.run.enter(here, self.here, &mut state);
            self.run.block(&mut state);
            self.backend.load(self.here, state)?;
        } else if self.run.blocks_now() {
            let mut state = self.backend.state(here, Detail::All)?.clone();
            self.run.block(&mut state);
            self.backend.load(here, state)?;
        }
        Ok(progress)
    }

    /// The state as it stands.
    ///
    /// # Errors
    /// What the device says.
    pub fn state(&mut self, detail: Detail) -> Result<&State, RunError> {
        Ok(self.backend.state(self.here, detail)?)
    }

    /// What was seen, and where it was computed.
    #[must_use]
    pub fn ended(self) -> (Vec<Observations>, Device) {
        (self.run.observations, self.device)
    }
}
