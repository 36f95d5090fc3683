// What the laws may call beside WGSL's own functions. Twin: src/random/prelude.rs.
fn wmul(a: u32, b: u32) -> u32 { return a * b; }
fn wadd(a: u32, b: u32) -> u32 { return a + b; }
fn wsub(a: u32, b: u32) -> u32 { return a - b; }
/// a / b; quotient < 2^31, b >= 1.
fn quot(a: u32, b: u32) -> u32 { return a / b; }
