//! The lists of interventions, one a world: who was helped when, where, and after what wait. Twin: `shaders/shared/events.wgsl`.
//!
//! They lie behind the counters of the worlds, because the stages that help bind these already. The order of their rows is that of the machine and
//! means nothing: the host sorts them ([`crate::state::State::events`]), and the digest leaves them out.

use crate::state::{event_rows_at, events_at};
use crate::tables::layout::{EVENT_SLOTS, EVENT_WORDS, Params};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Adds a row to the list of the world in which the key lies.
#[cold]
pub fn event(counters: &[AtomicU32], params: &Params, rung: u32, waited: u32, trip: u32, key: u32) {
    let (worlds, world) = (params.worlds as usize, (key / params.lanes) as usize);
    let n = counters[events_at(worlds) + world].fetch_add(1, Relaxed);
    if n < EVENT_SLOTS {
        let to = event_rows_at(worlds, world) + (n * EVENT_WORDS) as usize;
        let row = [counters[0].load(Relaxed), rung | (waited << 8), trip, key];
        counters[to..to + EVENT_WORDS as usize].iter().zip(row).for_each(|(word, value)| word.store(value, Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{State, event_words};
    use crate::tables::layout::Params;

    #[test]
    fn a_world_whose_list_overflows_takes_no_rows_from_another() {
        let params = Params { worlds: 3, lanes: 10, ..Params::default() };
        let words = events_at(3) + event_words(3);
        let s = State { counters: (0..words).map(|_| AtomicU32::new(0)).collect(), ..State::default() };
        (0..=EVENT_SLOTS).for_each(|trip| event(&s.counters, &params, 1, 60, trip, 17));
        event(&s.counters, &params, 2, 7, 5, 3);
        (0..EVENT_SLOTS).rev().for_each(|trip| event(&s.counters, &params, 1, 60, trip, 29));
        assert!(s.events_of(3, 1).is_empty(), "which of them came first no machine may decide");
        assert_eq!(s.events_of(3, 0), [[0, 2 | 7 << 8, 5, 3]]);
        assert_eq!(s.events_of(3, 2).len(), EVENT_SLOTS as usize);
        assert_eq!(s.events(3).len(), EVENT_SLOTS as usize + 1);
    }
}
