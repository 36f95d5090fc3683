//! How the CPU walks lanes: halves until a piece is small, cut at equal vehicle counts, without unsafe code and without order.

use std::ops::Range;

/// Work of a piece that one thread does alone: vehicles plus an eighth of the lanes.
const PIECE: usize = 1024;

/// Calls `f(key, first vehicle, vehicles of the key, item of the key)` for all keys of `keys`. `per_vehicle` begins at the first vehicle of
/// `keys.start`, `per_key` at `keys.start`.
pub fn lanes<A: Send, B: Send>(
    start: &[u32],
    keys: Range<usize>,
    per_vehicle: &mut [A],
    per_key: &mut [B],
    f: &(impl Fn(usize, usize, &mut [A], &mut B) + Sync),
) {
    let first = start[keys.start] as usize;
    if per_vehicle.len() + keys.len() / 8 <= PIECE || keys.len() < 2 {
        let mut rest = per_vehicle;
        for (key, item) in keys.zip(per_key) {
            let n = (start[key + 1] - start[key]) as usize;
            let (mine, others) = rest.split_at_mut(n);
            f(key, start[key] as usize, mine, item);
            rest = others;
        }
        return;
    }
    // The key at which half of the work is done.
    let weight = |key: usize| (start[key] as usize - first) + (key - keys.start) / 8;
    let half = weight(keys.end) / 2;
    let (mut low, mut high) = (keys.start + 1, keys.end - 1);
    while low < high {
        let mid = usize::midpoint(low, high);
        if weight(mid) < half { low = mid + 1 } else { high = mid }
    }
    let (v0, v1) = per_vehicle.split_at_mut(start[low] as usize - first);
    let (k0, k1) = per_key.split_at_mut(low - keys.start);
    rayon::join(|| lanes(start, keys.start..low, v0, k0, f), || lanes(start, low..keys.end, v1, k1, f));
}

/// The same for keys alone.
pub fn keys<B: Send>(items: &mut [B], from: usize, f: &(impl Fn(usize, &mut B) + Sync)) {
    if items.len() <= PIECE * 2 {
        for (i, item) in items.iter_mut().enumerate() {
            f(from + i, item);
        }
        return;
    }
    let mid = items.len() / 2;
    let (a, b) = items.split_at_mut(mid);
    rayon::join(|| keys(a, from, f), || keys(b, from + mid, f));
}

/// The same for two arrays of keys.
pub fn keys2<A: Send, B: Send>(one: &mut [A], two: &mut [B], from: usize, f: &(impl Fn(usize, &mut A, &mut B) + Sync)) {
    if one.len() <= PIECE * 2 {
        for (i, (a, b)) in one.iter_mut().zip(two).enumerate() {
            f(from + i, a, b);
        }
        return;
    }
    let mid = one.len() / 2;
    let (a, b) = one.split_at_mut(mid);
    let (x, y) = two.split_at_mut(mid);
    rayon::join(|| keys2(a, x, from, f), || keys2(b, y, from + mid, f));
}
