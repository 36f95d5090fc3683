//! The laws: one text for WGSL and Rust, pure functions of integers. Included items are private to their module; only a child can open
//! them, hence the doors: they are the list of what stages may call.
//!
//! Position i32 Q10 m, speed i32 Q16 m/s, acceleration i32 Q10 m/s2, desired speed i32 Q10 m/s, dt = 2^-k s.

mod text {
    #![allow(
        clippy::needless_return,
        unused_parens,
        clippy::too_many_arguments,
        reason = "WGSL has no tail expressions; one text for both"
    )]
    use crate::random::prelude::*;
    include!("../../shaders/laws/fixed.wgsl");
    include!("../../shaders/laws/following.wgsl");
    include!("../../shaders/laws/motion.wgsl");
    include!("../../shaders/laws/gaps.wgsl");
    include!("../../shaders/laws/lane_change.wgsl");

    macro_rules! doors {
        ($($law:ident($($arg:ident: $kind:ty),*) -> $out:ty;)*) => {
            $(#[doc = concat!("See `", stringify!($law), "` in `shaders/laws`.")]
            #[inline]
            #[must_use]
            #[allow(clippy::too_many_arguments, reason = "the law's own arguments")]
            pub fn $law($($arg: $kind),*) -> $out { super::$law($($arg),*) })*
        };
    }
    pub mod door {
        use crate::random::prelude::vec2i;
        doors! {
            isqrt(x: u32) -> u32;
            quot_round(a: u32, b: u32) -> u32;
            idm(v: i32, vl: i32, gap: i32, v0: i32, a10: i32, b10: i32, c10: i32, t8: i32, s0: i32, r12: u32) -> i32;
            krauss(vl: i32, gap: i32, b8: u32, tau8: u32) -> i32;
            krauss_accel(v: i32, vl: i32, gap: i32, v0: i32, a10: i32, b10: i32, b8: u32, tau8: u32, s0: i32, k: u32) -> i32;
            advance(v: i32, a10: i32, k: u32) -> vec2i;
            advance_krauss(v: i32, a10: i32, k: u32) -> vec2i;
            spread(word: u32, sigma: i32) -> i32;
            quiet(a: i32, v: i32, bc10: i32) -> bool;
            noisy(a: i32, v: i32, word: u32, sigma: i32, bc10: i32, a10: i32, b10: i32) -> i32;
            dawdle(a: i32, word: u32, sigma10: i32, b10: i32) -> i32;
            free_speed(limit10: i32, factor12: i32, vmax10: i32) -> i32;
            must_overrun(v: i32, d: i32, b10: i32) -> bool;
            slow_down(v: i32, vn: i32, d: i32, bc10: i32) -> i32;
            look_ahead(v: i32, bc10: i32, t8: i32, s0: i32) -> i32;
            arrival_slot(d: i32, v: i32, a10: i32, v0: i32) -> u32;
            mask_low(a: u32, b: u32) -> u32;
            mask_high(a: u32, b: u32) -> u32;
            reach(v: i32, a10: i32, k: u32) -> i32;
            safe_braking(left10: i32) -> i32;
            incentive(mine: i32, mine_new: i32, behind: i32, behind_new: i32, old: i32, old_new: i32, p8: i32) -> i32;
            wall_setback(key: u32) -> i32;
        }
    }
}
pub use text::door::*;

/// The same text for the shader compiler.
pub const WGSL: &str = concat!(
    include_str!("../../shaders/shared/prelude.wgsl"),
    include_str!("../../shaders/laws/random.wgsl"),
    include_str!("../../shaders/laws/fixed.wgsl"),
    include_str!("../../shaders/laws/following.wgsl"),
    include_str!("../../shaders/laws/motion.wgsl"),
    include_str!("../../shaders/laws/gaps.wgsl"),
    include_str!("../../shaders/laws/lane_change.wgsl")
);
