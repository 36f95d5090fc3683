//! What signals show. Twin: `shaders/shared/lamps.wgsl`.
//!
//! A claim needs to know of every connector whether it shows red, and of few what it shows exactly. On the CPU the first is a bit of a word that
//! is made anew only when the phase changes ([`Shown`]).

use super::roads::Roads;
use crate::state::Shown;
use crate::tables::Head;
use crate::tables::layout::{
    ASPECT_AMBER, ASPECT_GREEN, ASPECT_OFF, ASPECT_RED, ASPECT_RED_AMBER, GATE_AMBER, GATE_CLOSED, GATE_OPEN, Lane, NONE,
};
use std::ops::Range;

/// Bits of a word; connectors beyond are looked up one by one.
const BITS: usize = 64;
/// What the signals of a junction's connectors show in this tick.
#[derive(Clone, Copy)]
pub struct Lamps<'a> {
    roads: Roads<'a>,
    phases: &'a [u32],
    world: u32,
    /// Its connectors.
    lanes: &'a [Lane],
    red: u64,
    amber: u64,
    green: u64,
}

impl<'a> Lamps<'a> {
    /// Of a junction in a world; `phases` are those of all worlds.
    #[inline]
    #[must_use]
    pub fn new(roads: Roads<'a>, phases: &'a [u32], world: u32, head: &Head, shown: &mut Shown) -> Self {
        let lanes = &roads.lanes[head.first as usize..][..head.count as usize];
        let mut lamps = Lamps { roads, phases, world, lanes, red: shown.red, amber: shown.amber, green: shown.green };
        // Without signals it is always the same; with several controllers nobody remembers.
        let phase = match head.controller {
            NONE => 0,
            Head::SEVERAL => Shown::NEVER,
            controller => lamps.phase(controller),
        };
        if phase != shown.phase || phase == Shown::NEVER {
            lamps.look();
            *shown = Shown { phase, red: lamps.red, amber: lamps.amber, green: lamps.green };
        }
        lamps
    }

    fn phase(&self, controller: u32) -> u32 {
        self.phases[((self.world * self.roads.params.controllers + controller) * 4) as usize]
    }

    #[cold]
    fn look(&mut self) {
        (self.red, self.amber, self.green) = (0, 0, 0);
        for i in 0..self.lanes.len().min(BITS) {
            let aspect = self.shown(i);
            self.red |= u64::from(shows_red(aspect)) << i;
            self.amber |= u64::from(aspect == ASPECT_AMBER) << i;
            self.green |= u64::from(aspect == ASPECT_GREEN) << i;
        }
    }

    /// What the signal of a connector shows, counted from the junction's first; off where there is none.
    #[inline]
    #[must_use]
    pub fn aspect(&self, connector: usize) -> u32 {
        if connector < BITS && (self.green >> connector) & 1 != 0 { ASPECT_GREEN } else { self.shown(connector) }
    }

    /// The same, asked of the controller.
    fn shown(&self, connector: usize) -> u32 {
        let signal = self.lanes[connector].signal;
        if signal == NONE {
            return ASPECT_OFF;
        }
        let (controller, position, pool) = (signal >> 8, signal & 255, self.roads.pool);
        let plan = pool[(self.roads.params.controllers_at + controller) as usize] as usize;
        let word = pool[plan + 3] + self.phase(controller) * pool[plan + 2] + 4 + (position >> 3);
        (pool[word as usize] >> ((position & 7) * 4)) & 15
    }

    /// Must everybody wait who is not on it yet?
    #[inline]
    #[must_use]
    pub fn red(&self, connector: usize) -> bool {
        if connector < BITS { (self.red >> connector) & 1 != 0 } else { shows_red(self.shown(connector)) }
    }

    /// Must everybody wait at all of these?
    #[inline]
    #[must_use]
    pub fn all_red(&self, connectors: Range<usize>) -> bool {
        if connectors.end < BITS {
            let bits = ((1_u64 << connectors.end) - 1) & !((1 << connectors.start) - 1);
            return self.red & bits == bits;
        }
        connectors.into_iter().all(|at| self.red(at))
    }

    /// What the gates of the connectors show when nobody comes.
    pub fn nobody(&self, gates: &mut [u32]) {
        let (few, more) = gates.split_at_mut(gates.len().min(BITS));
        for (i, gate) in few.iter_mut().enumerate() {
            let bit = |word: u64| (word >> i) as u32 & 1;
            *gate = (1 - bit(self.red)) * (GATE_OPEN + bit(self.amber)); // without a branch: no processor foresees them
        }
        for (i, gate) in (BITS..).zip(more) {
            let amber = if self.amber(i) { GATE_AMBER } else { GATE_OPEN };
            *gate = if self.red(i) { GATE_CLOSED } else { amber };
        }
    }

    /// Does it show amber?
    #[inline]
    #[must_use]
    pub fn amber(&self, connector: usize) -> bool {
        if connector < BITS { (self.amber >> connector) & 1 != 0 } else { self.shown(connector) == ASPECT_AMBER }
    }
}

/// Must everybody wait who is not on it yet?
#[inline]
#[must_use]
const fn shows_red(shown: u32) -> bool {
    shown == ASPECT_RED || shown == ASPECT_RED_AMBER
}
