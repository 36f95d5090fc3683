//! Touch: reads one word of every cache line of what a stage is about to use, before it uses it.
//!
//! A city larger than the cache is bound by latency: a driver asks for his lane, for the connector behind it, for its siblings and for the tail
//! on it, one after the other, and each waits for memory. Read in one go, and for nothing but to have them near, the same lines come together.
//! This is what prefetch instructions are for, which safe Rust does not have.

use crate::tables::Tables;
use bytemuck::NoUninit;
use std::hint::black_box;

/// Words of a cache line.
const LINE: usize = 16;
/// Keys that are touched at a time: two or three junctions.
pub const KEYS: usize = 64;
/// Keys whose words are looked at together.
pub const KEYS_AT_ONCE: usize = 8;

/// From so many keys on a city is larger than the caches of today's machines, which hold some ten MiB: below, reading twice costs more.
const FAR: usize = 150_000;

/// Is the city so large that it pays?
pub fn far(t: &Tables) -> bool {
    t.keys() > FAR
}

/// Brings these into the cache.
#[inline]
pub fn touch<T: NoUninit>(items: &[T]) {
    let words: &[u32] = bytemuck::cast_slice(items);
    black_box(words.iter().step_by(LINE).fold(0, |all, word| all ^ word));
}

/// The same of lists in the pool, of so many words each.
#[inline]
pub fn lists(pool: &[u32], at: impl Iterator<Item = u32>, words: usize) {
    let word = |at: usize| pool.get(at).unwrap_or(&0);
    black_box(at.fold(0, |all, at| (0..words).step_by(LINE).fold(all, |all, i| all ^ word((at as usize).saturating_add(i)))));
}
