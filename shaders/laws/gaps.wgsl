// Gaps and claims: when a vehicle reaches a line, in slots of 1/4 s.

/// Slot in which a vehicle arrives that is d [Q10 m] away with v [Q16]: d / max(v, sqrt(a d / 2)), capped at 63. The second speed is the mean
/// over d of a start from rest with a10 [Q10 m/s2]. d is clamped to 0..300 m.
fn arrival_slot(d: i32, v: i32, a10: i32) -> u32 {
    let d10 = u32(clamp(d, 0, 307200));
    let start10 = isqrt((u32(a10) >> 1) * d10);
    let v10 = max(max(u32(v >> 6), start10), 102);
    return min(quot(d10 << 2, v10), 63);
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

/// Distance behind a rear bumper that a follower may cover in one step whatever happens: v dt + a dt^2 [Q10 m].
fn reach(v: i32, a10: i32, k: u32) -> i32 {
    return (v >> (6 + k)) + (a10 >> (2 * k)) + 1;
}
