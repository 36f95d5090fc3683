//! What signals show. Twin: `shaders/shared/lamps.wgsl`.
//!
//! A claim needs to know of every connector whether it shows red, and of few what it shows exactly. On the CPU the first is a bit of a word that
//! the tables hold ready for each phase ([`crate::tables::shown`]).

use super::roads::Roads;
use crate::tables::layout::{ASPECT_AMBER, ASPECT_GREEN, GATE_AMBER, GATE_CLOSED, GATE_OPEN, Lane, NONE};
use crate::tables::shown::{BITS, Shown, aspect, shows_red};
use crate::tables::{Head, Tables};
use std::ops::Range;

/// What the signals of a junction's connectors show in this tick.
#[derive(Clone, Copy)]
pub struct Lamps<'a> {
    roads: Roads<'a>,
    phases: &'a [u32],
    world: u32,
    /// Its connectors.
    lanes: &'a [Lane],
    shown: Shown,
    /// Phase of its controller; 0 without signals, [`Lamps::MIXED`] with several.
    pub phase: u32,
}

impl<'a> Lamps<'a> {
    /// The phase of several controllers: nothing is to be concluded from it.
    pub const MIXED: u32 = NONE;

    /// Of a junction in a world; `phases` are those of all worlds.
    #[inline]
    #[must_use]
    pub fn new(t: &'a Tables, roads: Roads<'a>, phases: &'a [u32], world: u32, head: &Head) -> Self {
        let lanes = &roads.lanes[head.first as usize..][..head.count as usize];
        let mut lamps = Lamps { roads, phases, world, lanes, shown: Shown::default(), phase: Self::MIXED };
        lamps.phase = match head.controller {
            NONE => 0,
            Head::SEVERAL => Self::MIXED,
            controller => lamps.of_controller(controller),
        };
        lamps.shown = if lamps.phase == Self::MIXED { lamps.look() } else { t.shown[(head.shown + lamps.phase) as usize] };
        lamps
    }

    fn of_controller(&self, controller: u32) -> u32 {
        self.phases[((self.world * self.roads.params.controllers + controller) * 4) as usize]
    }

    #[cold]
    fn look(&self) -> Shown {
        Shown::of(self.lanes.len(), |i| self.asked(i))
    }

    /// What the signal of a connector shows, counted from the junction's first; off where there is none.
    #[inline]
    #[must_use]
    pub fn aspect(&self, connector: usize) -> u32 {
        if connector < BITS && (self.shown.green >> connector) & 1 != 0 { ASPECT_GREEN } else { self.asked(connector) }
    }

    /// The same, asked of the controller.
    fn asked(&self, connector: usize) -> u32 {
        let lane = &self.lanes[connector];
        let phase = if lane.signal == NONE { 0 } else { self.of_controller(lane.signal >> 8) };
        aspect(self.roads.pool, self.roads.params.controllers_at, lane, phase)
    }

    /// Must everybody wait who is not on it yet?
    #[inline]
    #[must_use]
    pub fn red(&self, connector: usize) -> bool {
        if connector < BITS { (self.shown.red >> connector) & 1 != 0 } else { shows_red(self.asked(connector)) }
    }

    /// Must everybody wait at all of these?
    #[inline]
    #[must_use]
    pub fn all_red(&self, connectors: Range<usize>) -> bool {
        if connectors.end < BITS {
            let bits = ((1_u64 << connectors.end) - 1) & !((1 << connectors.start) - 1);
            return self.shown.red & bits == bits;
        }
        connectors.into_iter().all(|at| self.red(at))
    }

    /// What the gates of the connectors show when nobody comes.
    pub fn nobody(&self, gates: &mut [u32]) {
        let (few, more) = gates.split_at_mut(gates.len().min(BITS));
        for (i, gate) in few.iter_mut().enumerate() {
            let bit = |word: u64| (word >> i) as u32 & 1;
            *gate = (1 - bit(self.shown.red)) * (GATE_OPEN + bit(self.shown.amber)); // without a branch: no processor foresees them
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
        if connector < BITS { (self.shown.amber >> connector) & 1 != 0 } else { self.asked(connector) == ASPECT_AMBER }
    }
}
