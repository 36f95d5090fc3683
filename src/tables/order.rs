//! A space-filling curve: neighbours in the plane are neighbours in memory.

/// Index of a point on a Hilbert curve of 2^16 x 2^16 cells.
#[must_use]
pub fn hilbert(mut x: u32, mut y: u32) -> u64 {
    let mut index = 0_u64;
    let mut side = 1_u32 << 15;
    while side > 0 {
        let (right, up) = (u32::from(x & side > 0), u32::from(y & side > 0));
        index += u64::from(side) * u64::from(side) * u64::from((3 * right) ^ up);
        if up == 0 {
            if right == 1 {
                x = 65535_u32.wrapping_sub(x) & 65535;
                y = 65535_u32.wrapping_sub(y) & 65535;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    index
}

/// Ranks points along the curve; ties keep the order of the input.
#[must_use]
pub fn along_curve(points_m: &[[f64; 2]]) -> Vec<usize> {
    let bound = |pick: fn(f64, f64) -> f64, axis: usize| points_m.iter().map(|p| p[axis]).fold(f64::NAN, pick);
    let (x0, y0) = (bound(f64::min, 0), bound(f64::min, 1));
    let span = (bound(f64::max, 0) - x0).max(bound(f64::max, 1) - y0).max(1.0);
    let cell = |v: f64, low: f64| (((v - low) / span * 65535.0) as u32).min(65535);
    let mut ranked: Vec<(u64, usize)> = points_m.iter().enumerate().map(|(i, p)| (hilbert(cell(p[0], x0), cell(p[1], y0)), i)).collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, i)| i).collect()
}
