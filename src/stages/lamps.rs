//! What signals show. Twin: `shaders/shared/lamps.wgsl`.

use super::roads::Roads;
use crate::tables::layout::{ASPECT_OFF, ASPECT_RED, ASPECT_RED_AMBER, Lane, NONE};

/// The signals of one world. Most connectors of a junction belong to one controller: where its phase stands in the pool is remembered.
pub struct Lamps<'a> {
    roads: Roads<'a>,
    phases: &'a [u32],
    world: u32,
    controller: u32,
    word: u32,
}

impl<'a> Lamps<'a> {
    /// Of a world; `phases` are those of all worlds.
    #[must_use]
    pub fn new(roads: Roads<'a>, phases: &'a [u32], world: u32) -> Self {
        Lamps { roads, phases, world, controller: NONE, word: 0 }
    }

    /// What the signal of a connector shows; off where there is none.
    #[inline]
    #[must_use]
    pub fn aspect(&mut self, lane: &Lane) -> u32 {
        if lane.signal == NONE {
            return ASPECT_OFF;
        }
        let (p, pool) = (self.roads.params, self.roads.pool);
        let (controller, position) = (lane.signal >> 8, lane.signal & 255);
        if controller != self.controller {
            let head = pool[(p.controllers_at + controller) as usize] as usize;
            let phase = self.phases[((self.world * p.controllers + controller) * 4) as usize];
            self.controller = controller;
            self.word = pool[head + 3] + phase * pool[head + 2] + 4;
        }
        (pool[(self.word + (position >> 3)) as usize] >> ((position & 7) * 4)) & 15
    }
}

/// Must everybody wait who is not on it yet?
#[inline]
#[must_use]
pub const fn shows_red(shown: u32) -> bool {
    shown == ASPECT_RED || shown == ASPECT_RED_AMBER
}
