//! How the CPU walks lanes: halves until a piece is small, cut at equal vehicle counts, without unsafe code and without order.

use crate::tables::layout::Vehicle;
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

/// The same for three arrays of keys.
pub fn keys3<A: Send, B: Send, C: Send>(
    one: &mut [A],
    two: &mut [B],
    three: &mut [C],
    from: usize,
    f: &(impl Fn(usize, &mut A, &mut B, &mut C) + Sync),
) {
    if one.len() <= PIECE * 2 {
        for (i, ((a, b), c)) in one.iter_mut().zip(two).zip(three).enumerate() {
            f(from + i, a, b, c);
        }
        return;
    }
    let mid = one.len() / 2;
    let ((a, b), (x, y), (p, q)) = (one.split_at_mut(mid), two.split_at_mut(mid), three.split_at_mut(mid));
    rayon::join(|| keys3(a, x, p, from, f), || keys3(b, y, q, from + mid, f));
}

/// Calls `f(key, first vehicle, plans of the key)` for all lanes that hold vehicles; the lanes are found from the vehicles. `plans` begins at
/// vehicle `first`, which is the first of its lane.
pub fn occupied<A: Send>(vehicles: &[Vehicle], start: &[u32], first: usize, plans: &mut [A], f: &(impl Fn(usize, usize, &mut [A]) + Sync)) {
    if plans.len() > PIECE {
        let key = vehicles[first + plans.len() / 2].lane as usize;
        let cut = start[key] as usize - first;
        let cut = if cut == 0 { start[key + 1] as usize - first } else { cut };
        if cut < plans.len() {
            let (a, b) = plans.split_at_mut(cut);
            rayon::join(|| occupied(vehicles, start, first, a, f), || occupied(vehicles, start, first + cut, b, f));
            return;
        }
    }
    let (mut at, mut rest) = (first, plans);
    while !rest.is_empty() {
        let key = vehicles[at].lane as usize;
        let (mine, others) = rest.split_at_mut(start[key + 1] as usize - at);
        f(key, at, mine);
        at = start[key + 1] as usize;
        rest = others;
    }
}
