//! The Rust side of the names that WGSL has and the laws use. Twin: `shaders/shared/prelude.wgsl`.
//!
//! Everything is bit-exact with WGSL on the ranges that the laws state; overflow of `+ - *` panics where overflow checks are on (tests).
#![allow(
    non_snake_case,
    non_camel_case_types,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::must_use_candidate,
    reason = "WGSL's names and casts"
)]

/// Bit cast.
#[inline]
pub const fn i32(x: u32) -> i32 {
    x as i32
}
/// Bit cast.
#[inline]
pub const fn u32(x: i32) -> u32 {
    x as u32
}
/// `c ? t : f`; both arms are evaluated.
#[inline]
pub fn select<T>(f: T, t: T, c: bool) -> T {
    if c { t } else { f }
}
/// Smaller of two.
#[inline]
pub fn min<T: Ord>(a: T, b: T) -> T {
    Ord::min(a, b)
}
/// Larger of two.
#[inline]
pub fn max<T: Ord>(a: T, b: T) -> T {
    Ord::max(a, b)
}
/// `min(max(x, lo), hi)`, as WGSL: never panics.
#[inline]
pub fn clamp<T: Ord>(x: T, lo: T, hi: T) -> T {
    Ord::min(Ord::max(x, lo), hi)
}
/// Absolute value.
#[inline]
pub const fn abs(x: i32) -> i32 {
    x.wrapping_abs()
}
/// Leading zeros; 32 for 0.
#[inline]
pub const fn countLeadingZeros(x: u32) -> u32 {
    x.leading_zeros()
}
/// Wrapping product.
#[inline]
pub const fn wmul(a: u32, b: u32) -> u32 {
    a.wrapping_mul(b)
}
/// Wrapping sum.
#[inline]
pub const fn wadd(a: u32, b: u32) -> u32 {
    a.wrapping_add(b)
}
/// Wrapping difference.
#[inline]
pub const fn wsub(a: u32, b: u32) -> u32 {
    a.wrapping_sub(b)
}
/// a / b for quotients below 2^31 and b >= 1. (Through f64 it would be exact too, but nothing here vectorises, and then the integer division
/// of today's machines is twice as fast.)
#[inline]
#[must_use]
pub const fn quot(a: u32, b: u32) -> u32 {
    a / b
}

/// floor(sqrt x). The root of f64 is correctly rounded on every machine (IEEE 754) and x has 32 bits, so the floor is exact; the kernels' twin
/// gets there by Newton's method in integers.
#[inline]
#[must_use]
pub fn isqrt(x: u32) -> u32 {
    f64::from(x).sqrt() as u32
}

macro_rules! vectors {
    ($($name:ident($($f:ident),*): $t:ty;)*) => { $(
        /// WGSL's vector of the same name.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name { $(#[allow(missing_docs, reason = "a component")] pub $f: $t),* }
        /// Its constructor.
        #[inline]
        pub const fn $name($($f: $t),*) -> $name { $name { $($f),* } }
    )* };
}
vectors! {
    vec2i(x, y): i32;
    vec2u(x, y): u32;
    vec3i(x, y, z): i32;
    vec4u(x, y, z, w): u32;
}
