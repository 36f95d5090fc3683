//! What the signals of each junction show in each of their phases, read once from the plans in the pool: claims ask for it in every tick.

use super::layout::{ASPECT_AMBER, ASPECT_GREEN, ASPECT_OFF, ASPECT_RED, ASPECT_RED_AMBER, Lane, NONE};
use super::{Head, Tables};

/// Bits of a word; what connectors beyond show is looked up one by one.
pub const BITS: usize = 64;

/// What the first [`BITS`] connectors of a junction show, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Who must wait who is not on it yet.
    pub red: u64,
    /// Who shows amber.
    pub amber: u64,
    /// Who shows green, with nobody to yield to.
    pub green: u64,
}

/// Must everybody wait who is not on it yet?
#[inline]
#[must_use]
pub const fn shows_red(aspect: u32) -> bool {
    aspect == ASPECT_RED || aspect == ASPECT_RED_AMBER
}

/// What a connector shows in a phase of its controller; off without signals. `controllers_at`: of the headers in the pool.
#[inline]
#[must_use]
pub fn aspect(pool: &[u32], controllers_at: u32, lane: &Lane, phase: u32) -> u32 {
    if lane.signal == NONE {
        return ASPECT_OFF;
    }
    let (controller, position) = (lane.signal >> 8, lane.signal & 255);
    let plan = pool[(controllers_at + controller) as usize] as usize;
    let word = pool[plan + 3] + phase * pool[plan + 2] + 4 + (position >> 3);
    (pool[word as usize] >> ((position & 7) * 4)) & 15
}

impl Shown {
    /// Of these connectors, whose aspects are told by number.
    #[must_use]
    pub fn of(connectors: usize, aspect: impl Fn(usize) -> u32) -> Shown {
        (0..connectors.min(BITS)).fold(Shown::default(), |all, i| {
            let aspect = aspect(i);
            Shown {
                red: all.red | u64::from(shows_red(aspect)) << i,
                amber: all.amber | u64::from(aspect == ASPECT_AMBER) << i,
                green: all.green | u64::from(aspect == ASPECT_GREEN) << i,
            }
        })
    }
}

/// Of all junctions: one word a phase of its controller, one in all without signals, none where several controllers share it. Each head learns
/// where its words begin.
pub fn compile(t: &mut Tables, lanes: &[Lane]) {
    let mut all = Vec::new();
    for head in &mut t.heads {
        let phases = match head.controller {
            NONE => 1,
            Head::SEVERAL => 0,
            controller => t.pool[t.pool[(t.params.controllers_at + controller) as usize] as usize + 1].max(1),
        };
        let mine = &lanes[head.first as usize..(head.first + head.count) as usize];
        head.shown = all.len() as u32;
        all.extend((0..phases).map(|phase| Shown::of(mine.len(), |i| aspect(&t.pool, t.params.controllers_at, &mine[i], phase))));
    }
    t.shown = all;
}
