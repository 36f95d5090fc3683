//! Random numbers as a pure function of (seed, key, tick, purpose); the text is `shaders/laws/random.wgsl`, shared with the GPU.
//!
//! TestU01 `SmallCrush` passes on `.w` and `.y` in all visiting orders; Crush and `BigCrush` have not been run.

pub mod prelude;

mod text {
    #![allow(clippy::needless_return, reason = "WGSL has no tail expressions")]
    use super::prelude::*;
    include!("../shaders/laws/random.wgsl");
    pub mod door {
        use crate::random::prelude::vec4u;
        /// PCG-RXS-M-XS 32, a bijection.
        #[inline]
        #[must_use]
        pub fn pcg(x: u32) -> u32 {
            super::pcg(x)
        }
        /// Four words of (seed, key, tick, purpose). Use `.w` first.
        #[inline]
        #[must_use]
        pub fn pcg4d(seed: u32, key: u32, tick: u32, purpose: u32) -> vec4u {
            super::pcg4d(seed, key, tick, purpose)
        }
        /// High half of the 64-bit product: `mulhi(word, n)` is an even draw in 0..n.
        #[inline]
        #[must_use]
        pub fn mulhi(x: u32, y: u32) -> u32 {
            super::mulhi(x, y)
        }
    }
}
pub use text::door::*;

/// The text for the shader compiler.
pub const WGSL: &str = include_str!("../shaders/laws/random.wgsl");

/// What a draw is for. Numbers are never changed: every result hangs on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// State digests.
    Digest = 0,
    /// Acceleration noise.
    Noise = 1,
    /// Choice among connectors.
    Connector = 2,
    /// Mood for lane changes.
    LaneChange = 3,
    /// Departure jitter.
    Departure = 4,
    /// Route choice.
    Route = 5,
    /// Class and driver parameters.
    Driver = 6,
    /// Mood for gaps.
    Gap = 7,
    /// Turns of background traffic.
    Turn = 8,
    /// Rounding of an OD cell's fraction, origin and destination links.
    Demand = 9,
    /// Layout of generated cities.
    City = 10,
    /// What a whole day has in common.
    Day = 11,
    /// Who is informed of travel times.
    Informed = 12,
}

/// FNV-1a, 32 bits.
#[must_use]
pub fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The key of an entity: from its stable name, never from its row.
#[must_use]
pub fn key_of(id: &str) -> u32 {
    pcg(fnv1a(id))
}

/// The seed word of a world, from the 64-bit study seed.
#[must_use]
pub fn world_seed(seed: u64) -> u32 {
    let (lo, hi) = ((seed & 0xffff_ffff) as u32, (seed >> 32) as u32);
    pcg(lo ^ pcg(hi))
}
