//! What signals show. Twin: `shaders/shared/lamps.wgsl`.

use super::roads::Roads;
use crate::tables::layout::{ASPECT_OFF, ASPECT_RED, ASPECT_RED_AMBER, Lane, NONE};

/// Connectors of a junction whose aspects are held without asking for memory.
const FEW: usize = 64;

/// What the signals of a junction's connectors show in this tick, looked up once.
pub struct Lamps {
    few: [u8; FEW],
    more: Vec<u8>,
}

impl Lamps {
    /// Of the connectors `lanes` of a world; `phases` are those of all worlds.
    #[must_use]
    pub fn new(roads: Roads, phases: &[u32], world: u32, lanes: &[Lane]) -> Self {
        let mut lamps = Lamps { few: [ASPECT_OFF as u8; FEW], more: Vec::new() };
        let shown = if lanes.len() <= FEW {
            &mut lamps.few[..lanes.len()]
        } else {
            lamps.more.resize(lanes.len(), ASPECT_OFF as u8);
            &mut lamps.more[..]
        };
        // Most connectors of a junction belong to one controller: where its phase stands in the pool is remembered.
        let (mut known, mut aspects) = (NONE, 0);
        for (shown, lane) in shown.iter_mut().zip(lanes) {
            if lane.signal == NONE {
                continue;
            }
            let (controller, position) = (lane.signal >> 8, lane.signal & 255);
            if controller != known {
                let head = roads.pool[(roads.params.controllers_at + controller) as usize] as usize;
                let phase = phases[((world * roads.params.controllers + controller) * 4) as usize];
                known = controller;
                aspects = roads.pool[head + 3] + phase * roads.pool[head + 2] + 4;
            }
            *shown = ((roads.pool[(aspects + (position >> 3)) as usize] >> ((position & 7) * 4)) & 15) as u8;
        }
        lamps
    }

    /// What the signal of a connector shows, counted from the junction's first; off where there is none.
    #[inline]
    #[must_use]
    pub fn aspect(&self, connector: usize) -> u32 {
        u32::from(if self.more.is_empty() { self.few[connector] } else { self.more[connector] })
    }
}

/// Must everybody wait who is not on it yet?
#[inline]
#[must_use]
pub const fn shows_red(shown: u32) -> bool {
    shown == ASPECT_RED || shown == ASPECT_RED_AMBER
}
