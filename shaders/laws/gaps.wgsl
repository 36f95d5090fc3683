// Gaps and claims: when a vehicle reaches a line, in slots of 1/4 s.

/// Slot in which a vehicle arrives that is d [Q10 m] away with v [Q16], if it accelerates with a10 [Q10 m/s2] up to v0 [Q10]:
/// max((sqrt(v^2 + 2 a d) - v) / a, d / v0), capped at 63. The estimate falls as fast as time passes, so a gap once taken stays taken.
/// d is clamped to 0..300 m; v 0..64 m/s; a10 256..4096; v0 1..65536.
fn arrival_slot(d: i32, v: i32, a10: i32, v0: i32) -> u32 {
    let d10 = u32(clamp(d, 0, 307200));
    let v8 = u32(v >> 8);
    let s8 = isqrt(v8 * v8 + ((u32(a10) * d10) >> 3));
    let starting = quot((s8 - v8) << 4, u32(a10));
    let free = quot(d10 << 2, u32(v0));
    return min(max(starting, free), 63);
}

/// Low word of the mask with bits a..b (both within 0..63, a <= b).
fn mask_low(a: u32, b: u32) -> u32 {
    if a > 31 {
        return ONE - 1;
    }
    let top = min(b, 31);
    let upto = select(ALL_BITS, (ONE << ((top + 1) & 31)) - 1, top < 31);
    return upto & (ALL_BITS ^ ((ONE << a) - 1));
}

/// High word of the mask with bits a..b.
fn mask_high(a: u32, b: u32) -> u32 {
    if b < 32 {
        return ONE - 1;
    }
    return mask_low(max(a, 32) - 32, b - 32);
}

/// All bits.
const ALL_BITS: u32 = 0xffffffff;

/// Distance behind a rear bumper that a follower may cover in one step whatever happens: v dt + a dt^2 / 2 [Q10 m], rounded up.
fn reach(v: i32, a10: i32, k: u32) -> i32 {
    return (v >> (6 + k)) + (a10 >> (2 * k + 1)) + 2;
}
