//! The list of interventions: who was helped when, where, and after what wait. Twin: `shaders/shared/events.wgsl`.
//!
//! It lies behind the counters of the worlds, because the stages that help bind these already. The order of its rows is that of the machine and
//! means nothing: the host sorts them ([`crate::state::State::events`]), and the digest leaves them out.

use crate::state::events_at;
use crate::tables::layout::{EVENT_HEAD, EVENT_SLOTS, EVENT_WORDS};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Adds a row.
pub fn event(counters: &[AtomicU32], worlds: u32, rung: u32, waited: u32, trip: u32, key: u32) {
    let at = events_at(worlds as usize);
    let n = counters[at].fetch_add(1, Relaxed);
    if n < EVENT_SLOTS {
        let to = at + (EVENT_HEAD + n * EVENT_WORDS) as usize;
        let row = [counters[0].load(Relaxed), rung | (waited << 8), trip, key];
        counters[to..to + EVENT_WORDS as usize].iter().zip(row).for_each(|(word, value)| word.store(value, Relaxed));
    }
}
