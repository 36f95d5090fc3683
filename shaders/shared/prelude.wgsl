// What the laws may call beside WGSL's own functions. Twin: src/random/prelude.rs.
fn wmul(a: u32, b: u32) -> u32 { return a * b; }
fn wadd(a: u32, b: u32) -> u32 { return a + b; }
fn wsub(a: u32, b: u32) -> u32 { return a - b; }
/// a / b; quotient < 2^31, b >= 1.
fn quot(a: u32, b: u32) -> u32 { return a / b; }
/// floor(sqrt x), by Newton from a power of two; exact for all u32.
fn isqrt(x: u32) -> u32 {
    let y = max(x, 1);
    let g0 = ONE << ((33 - countLeadingZeros(y)) >> 1);
    let g1 = (g0 + y / g0) >> 1;
    let g2 = min(g1, (g1 + y / g1) >> 1);
    let g3 = min(g2, (g2 + y / g2) >> 1);
    let g4 = min(g3, (g3 + y / g3) >> 1);
    let g5 = min(g4, (g4 + y / g4) >> 1);
    return select(g5, 0, x == 0);
}
