// Car following. Positions, gaps Q10 m; speeds Q16 m/s; accelerations Q10 m/s2; a digit after a name is its own scale (v8 = v in Q8).

/// Intelligent driver model [m/s2, Q10]: a (1 - (v/v0)^4 - (s*/s)^2), s* = s0 + max(0, v T + v (v - vl) / (2 sqrt(a b))).
/// Treiber, Hennecke, Helbing 2000, doi:10.1103/PhysRevE.62.1805, eq. 1-3. v/v0 is capped at r12 = 4096 (1 + b/a)^(1/4), so that a driver above
/// the limit brakes with b and not harder. c10 = 1024 / (2 sqrt(a b)). Every narrowing adds half: truncation biases flow by up to 0.33 %.
/// v, vl 0..64 m/s; gap any (clamped to 0.1..1023 m); v0 1..65536; a10 256..4096; b10 <= 12288; c10 <= 1024; t8 <= 1023; s0 <= 8192;
/// r12 4097..12288. No intermediate passes 2^31 (i32) or 2^32 (u32).
fn idm(v: i32, vl: i32, gap: i32, v0: i32, a10: i32, b10: i32, c10: i32, t8: i32, s0: i32, r12: u32) -> i32 {
    let v10 = u32((v + 32) >> 6);
    let d0 = u32(v0);
    let r = min(quot((v10 << 12) + (d0 >> 1), d0), r12);
    let r2 = (r * r + 2048) >> 12;
    let r4 = i32((r2 * r2 + 2048) >> 12);
    let v8 = (v + 128) >> 8;
    let dv8 = (v - vl + 128) >> 8;
    let interact = (((v8 * dv8 + 128) >> 8) * c10 + 128) >> 8;
    let s = u32(s0 + max(((v8 * t8 + 32) >> 6) + interact, 0));
    let g = u32(clamp(gap, 102, 1047552));
    let shift = select(ONE - 1, 4, s >= 524288);
    let ss = min(s >> shift, 524287);
    let gg = max(g >> shift, 1);
    let q = min(quot((ss << 12) + (gg >> 1), gg), 32767);
    let q2 = i32((q * q + 2048) >> 12);
    let bracket = max(4096 - r4 - q2, -262144);
    let a = clamp((a10 * bracket + 2048) >> 12, -b10, a10);
    return select(a, -b10, s >= 8 * g);
}

/// Safe speed of Krauss 1998 (eq. 5.3; SUMO's KraussOrig1) [m/s, Q8]: -b tau + sqrt((b tau)^2 + vl^2 + 2 b gap).
/// b8 <= 2304 (9 m/s2), tau8 <= 512, gap clamped to 0..1023 m.
fn krauss(vl: i32, gap: i32, b8: u32, tau8: u32) -> i32 {
    let g8 = u32(clamp(gap, 0, 1047552)) >> 2;
    let bt = (b8 * tau8) >> 8;
    let vl8 = u32(vl >> 8);
    return i32(isqrt(bt * bt + vl8 * vl8 + 2 * b8 * g8)) - i32(bt);
}

/// The acceleration that reaches Krauss's speed min(v0, v_safe) at the end of the step [m/s2, Q10], at most a10, at least -b10.
/// gap is net of s0 here: the safe speed leaves s0. b8 is the comfortable deceleration, k the step (dt = 2^-k s).
fn krauss_accel(v: i32, vl: i32, gap: i32, v0: i32, a10: i32, b10: i32, b8: u32, tau8: u32, s0: i32, k: u32) -> i32 {
    let goal = min(v0 << 6, krauss(vl, gap - s0, b8, tau8) << 8);
    return clamp((goal - v) >> (6 - k), -b10, a10);
}
