// Random numbers: a pure function of (seed, key, tick, purpose). There is no generator to pass round.

/// PCG-RXS-M-XS 32 (O'Neill 2014): a bijection of u32.
fn pcg(x: u32) -> u32 {
    let s = wadd(wmul(x, 747796405), 2891336453);
    let w = wmul((s >> ((s >> 28) + 4)) ^ s, 277803737);
    return (w >> 22) ^ w;
}

/// One step of a linear congruential generator (Numerical Recipes).
fn lcg(x: u32) -> u32 {
    return wadd(wmul(x, 1664525), 1013904223);
}

/// pcg4d of Jarzynski and Olano, JCGT 9(3) 2020, plus a closing xorshift. Use w first, then x, y, z.
fn pcg4d(seed: u32, key: u32, tick: u32, purpose: u32) -> vec4u {
    let x0 = lcg(seed);
    let y0 = lcg(key);
    let z0 = lcg(tick);
    let w0 = lcg(purpose);
    let x1 = wadd(x0, wmul(y0, w0));
    let y1 = wadd(y0, wmul(z0, x1));
    let z1 = wadd(z0, wmul(x1, y1));
    let w1 = wadd(w0, wmul(y1, z1));
    let x2 = x1 ^ (x1 >> 16);
    let y2 = y1 ^ (y1 >> 16);
    let z2 = z1 ^ (z1 >> 16);
    let w2 = w1 ^ (w1 >> 16);
    let x3 = wadd(x2, wmul(y2, w2));
    let y3 = wadd(y2, wmul(z2, x3));
    let z3 = wadd(z2, wmul(x3, y3));
    let w3 = wadd(w2, wmul(y3, z3));
    return vec4u(x3 ^ (x3 >> 16), y3 ^ (y3 >> 16), z3 ^ (z3 >> 16), w3 ^ (w3 >> 16));
}

/// High half of the 64-bit product.
fn mulhi(x: u32, y: u32) -> u32 {
    let x0 = x & 0xffff;
    let x1 = x >> 16;
    let y0 = y & 0xffff;
    let y1 = y >> 16;
    let mid = ((x0 * y0) >> 16) + ((x0 * y1) & 0xffff) + ((x1 * y0) & 0xffff);
    return x1 * y1 + ((x0 * y1) >> 16) + ((x1 * y0) >> 16) + (mid >> 16);
}
