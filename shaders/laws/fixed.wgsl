// Fixed-point helpers.

/// A one that is a u32 in both languages (a literal left of a shift is i32 in WGSL).
const ONE: u32 = 1;

/// a / b, rounded to nearest; a + b/2 < 2^32, quotient < 2^31, b >= 1.
fn quot_round(a: u32, b: u32) -> u32 {
    return quot(a + (b >> 1), b);
}
