// Motion: speed and distance of one step; noise.

/// Ballistic update with a stop inside the step: (distance Q10, new speed Q16). dt = 2^-k s. Error of the distance <= 0.49 mm.
/// Treiber and Kanagaraj 2015, doi:10.1016/j.physa.2014.11.016. v 0..64 m/s, |a10| <= 12288.
fn advance(v: i32, a10: i32, k: u32) -> vec2i {
    let vn = v + (a10 << (6 - k));
    if vn < 0 {
        let v10 = v >> 6;
        return vec2i((v10 * v10) / max(-2 * a10, 1), 0);
    }
    return vec2i((v + vn + i32(ONE << (6 + k))) >> (7 + k), vn);
}

/// The update of Krauss 1998 (and of SUMO): the new speed holds for the whole step. (distance Q10, new speed Q16).
/// Its safe speed is made for it: with tau = dt nobody collides, and with the ballistic update queues would start too slowly.
fn advance_krauss(v: i32, a10: i32, k: u32) -> vec2i {
    let vn = max(v + (a10 << (6 - k)), 0);
    return vec2i((vn + i32(ONE << (5 + k))) >> (6 + k), vn);
}

/// Uniform in [-sigma, sigma) [Q10]; sigma <= 4096. An arithmetic shift, not a division: no value has a double weight.
fn spread(word: u32, sigma: i32) -> i32 {
    return ((i32(word >> 16) - 32768) * sigma) >> 15;
}

/// Is there no acceleration noise: below 0.5 m/s and in hard braking (a <= -bc10)?
fn quiet(a: i32, v: i32, bc10: i32) -> bool {
    return v < 32768 || a <= -bc10;
}

/// Acceleration noise, where it is not [`quiet`].
fn noisy(a: i32, v: i32, word: u32, sigma: i32, bc10: i32, a10: i32, b10: i32) -> i32 {
    if quiet(a, v, bc10) {
        return a;
    }
    return clamp(a + spread(word, sigma), -b10, a10);
}

/// Dawdling of Krauss 1998: slower by up to sigma a dt, even in [0, sigma10].
fn dawdle(a: i32, word: u32, sigma10: i32, b10: i32) -> i32 {
    return max(a - ((i32(word >> 16) * sigma10) >> 16), -b10);
}

/// Desired speed [m/s, Q10]: limit times the driver's factor (Q12, 0.2..4), at most the vehicle's own. Never 0: it is a divisor.
fn free_speed(limit10: i32, factor12: i32, vmax10: i32) -> i32 {
    return clamp((limit10 * min(factor12, 16384) + 2048) >> 12, 1, vmax10);
}

/// Would braking with b10 need more than d [Q10 m] from v? v^2 > 2 b d; d is clamped to 0..200 m, b10 <= 4096.
fn must_overrun(v: i32, d: i32, b10: i32) -> bool {
    let v8 = v >> 8;
    return v8 * v8 > ((2 * b10 * clamp(d, 0, 204800)) >> 4);
}

/// Largest acceleration [Q10] that still meets the lower speed vn [Q16] at distance d: (vn^2 - v^2) / (2 d), applied from half of the
/// comfortable deceleration bc10 on; otherwise no limit (16384).
fn slow_down(v: i32, vn: i32, d: i32, bc10: i32) -> i32 {
    if v <= vn {
        return 16384;
    }
    let v8 = v >> 8;
    let n8 = vn >> 8;
    let need = i32(quot(u32(v8 * v8 - n8 * n8) << 3, u32(clamp(d, 1024, 1047552))));
    return select(16384, -min(need, bc10 + (bc10 >> 1)), need > (bc10 >> 1));
}

/// How far a driver looks [Q10 m]: at least 50 m, and far enough to stop with the comfortable deceleration: s0 + v T + v^2/(2 b) + 10 m.
fn look_ahead(v: i32, bc10: i32, t8: i32, s0: i32) -> i32 {
    let v8 = v >> 8;
    let brake = i32(quot(u32(v8 * v8) >> 1, u32(max(bc10, 64))) << 4);
    return max(51200, s0 + ((v8 * t8) >> 6) + brake + 10240);
}
