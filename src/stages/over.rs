//! How the CPU walks lanes: halves until a piece is small, cut at equal vehicle counts, without unsafe code and without order.

use crate::tables::Tables;
use crate::tables::layout::Vehicle;
use std::ops::Range;

/// Work of a piece that one thread does alone: vehicles plus an eighth of the lanes.
const PIECE: usize = 1024;

/// Calls `f(key, vehicles of the key, item of the key)` for all keys of `keys` that hold vehicles. `per_vehicle` begins at the first vehicle of
/// `keys.start`, `per_key` at `keys.start`.
pub fn lanes<A: Send, B: Send>(
    start: &[u32],
    keys: Range<usize>,
    per_vehicle: &mut [A],
    per_key: &mut [B],
    f: &(impl Fn(usize, &mut [A], &mut B) + Sync),
) {
    let first = start[keys.start] as usize;
    if per_vehicle.len() + keys.len() / 8 <= PIECE || keys.len() < 2 {
        let mut rest = per_vehicle;
        for (key, (ends, item)) in (keys.start..).zip(start[keys.start..=keys.end].windows(2).zip(per_key)) {
            if ends[0] != ends[1] {
                let (mine, others) = rest.split_at_mut((ends[1] - ends[0]) as usize);
                f(key, mine, item);
                rest = others;
            }
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

/// Junctions that one thread takes at a time.
const JUNCTIONS_A_PIECE: usize = 32;

/// A junction of a world, and what belongs to its keys: those of the lanes that lead to it, then those of its connectors.
pub struct Approach<'a, A, B> {
    /// First key of the world.
    pub base: u32,
    /// Lane of the world to which the first item belongs.
    pub start: u32,
    /// First connector.
    pub first: u32,
    /// Items of one array.
    pub one: &'a mut [A],
    /// Items of another.
    pub two: &'a mut [B],
}

/// Calls `f` for the junctions `which` of all worlds, counted through; the arrays begin at key `from`.
pub fn junctions<A: Send, B: Send>(
    t: &Tables,
    which: Range<usize>,
    one: &mut [A],
    two: &mut [B],
    from: usize,
    f: &(impl Fn(Approach<A, B>) + Sync),
) {
    let of_world = t.params.junctions as usize;
    // First key of its world, first connector, the one after its last.
    let head = |junction: usize| {
        let (world, own) = if junction < of_world { (0, junction) } else { (junction / of_world, junction % of_world) };
        let at = t.params.junctions_at as usize + 2 * own;
        (world as u32 * t.params.lanes, t.pool[at], t.pool[at] + t.pool[at + 1])
    };
    if which.len() > JUNCTIONS_A_PIECE {
        let mid = usize::midpoint(which.start, which.end);
        let (base, _, end) = head(mid - 1);
        let cut = (base + end) as usize;
        let ((a, b), (x, y)) = (one.split_at_mut(cut - from), two.split_at_mut(cut - from));
        rayon::join(|| junctions(t, which.start..mid, a, x, from, f), || junctions(t, mid..which.end, b, y, cut, f));
        return;
    }
    let (mut one, mut two, mut from) = (one, two, from);
    for junction in which {
        let (base, first, end) = head(junction);
        let skip = (base as usize).saturating_sub(from); // keys behind the last junction of the world before
        let start = from + skip;
        let until = (base + end) as usize;
        let (mine, others) = one.split_at_mut(until - from);
        let (mine2, others2) = two.split_at_mut(until - from);
        f(Approach { base, start: start as u32 - base, first, one: &mut mine[skip..], two: &mut mine2[skip..] });
        (one, two, from) = (others, others2, until);
    }
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
