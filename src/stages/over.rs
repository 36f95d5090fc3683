//! How the CPU walks lanes: halves until a piece is small, cut at equal vehicle counts, without unsafe code and without order.

use crate::tables::Tables;
use crate::tables::layout::Vehicle;
use std::ops::Range;

/// Work of a piece that one thread does alone: vehicles plus an eighth of the lanes.
const PIECE: usize = 1024;

/// Some lanes one after the other, and what belongs to them.
pub struct Piece<'a, A, B, C> {
    /// Their keys.
    pub keys: Range<usize>,
    /// First vehicle.
    pub first: usize,
    /// Items of the vehicles.
    pub vehicles: &'a mut [A],
    /// Items of the keys, ...
    pub one: &'a mut [B],
    /// ... and of another array.
    pub two: &'a mut [C],
}

/// Calls `f` for pieces of about the same work that together are `all`. A piece may begin at a key for which `begins` holds.
pub fn pieces<A: Send, B: Send, C: Send>(
    start: &[u32],
    all: Piece<A, B, C>,
    begins: &(impl Fn(usize) -> bool + Sync),
    f: &(impl Fn(Piece<A, B, C>) + Sync),
) {
    let keys = all.keys.clone();
    if all.vehicles.len() + keys.len() / 8 > PIECE && keys.len() > 1 {
        // The key at which half of the work is done.
        let weight = |key: usize| (start[key] as usize - all.first) + (key - keys.start) / 8;
        let half = weight(keys.end) / 2;
        let (mut low, mut high) = (keys.start + 1, keys.end - 1);
        while low < high {
            let mid = usize::midpoint(low, high);
            if weight(mid) < half { low = mid + 1 } else { high = mid }
        }
        while low < keys.end && !begins(low) {
            low += 1;
        }
        if low < keys.end {
            let cut = start[low] as usize;
            let (v0, v1) = all.vehicles.split_at_mut(cut - all.first);
            let (a0, a1) = all.one.split_at_mut(low - keys.start);
            let (b0, b1) = all.two.split_at_mut(low - keys.start);
            let left = Piece { keys: keys.start..low, first: all.first, vehicles: v0, one: a0, two: b0 };
            let right = Piece { keys: low..keys.end, first: cut, vehicles: v1, one: a1, two: b1 };
            rayon::join(|| pieces(start, left, begins, f), || pieces(start, right, begins, f));
            return;
        }
    }
    f(all);
}

/// Calls `f(key, vehicles of the key, item of the key)` for all keys that hold vehicles.
pub fn lanes<A: Send, B: Send>(start: &[u32], per_vehicle: &mut [A], per_key: &mut [B], f: &(impl Fn(usize, &mut [A], &mut B) + Sync)) {
    let mut none = vec![(); per_key.len()];
    let all = Piece { keys: 0..per_key.len(), first: 0, vehicles: per_vehicle, one: per_key, two: &mut none };
    pieces(start, all, &|_| true, &|piece| {
        let mut rest = piece.vehicles;
        for (key, (ends, item)) in piece.keys.clone().zip(start[piece.keys.start..=piece.keys.end].windows(2).zip(piece.one)) {
            if ends[0] != ends[1] {
                let (mine, others) = rest.split_at_mut((ends[1] - ends[0]) as usize);
                f(key, mine, item);
                rest = others;
            }
        }
    });
}

/// Junctions that one thread takes at a time.
const JUNCTIONS_A_PIECE: usize = 32;

/// A junction of a world, and what belongs to its keys: those of the lanes that lead to it, then those of its connectors.
pub struct Approach<'a, A, B, C> {
    /// Its number in its world.
    pub junction: usize,
    /// First key of the world.
    pub base: u32,
    /// Lane of the world to which the first item belongs.
    pub start: u32,
    /// First connector.
    pub first: u32,
    /// Items of one array of keys.
    pub one: &'a mut [A],
    /// Items of another.
    pub two: &'a mut [B],
    /// Item of the junction.
    pub item: &'a mut C,
}

/// Junctions of all worlds, counted through, and the arrays of what belongs to them.
pub struct Junctions<'a, A, B, C> {
    /// Which.
    pub which: Range<usize>,
    /// Key at which the arrays of keys begin.
    pub from: usize,
    /// An array of keys.
    pub one: &'a mut [A],
    /// Another.
    pub two: &'a mut [B],
    /// Items of the junctions.
    pub items: &'a mut [C],
}

/// Calls `f` for all junctions.
pub fn junctions<A: Send, B: Send, C: Send>(t: &Tables, all: Junctions<A, B, C>, f: &(impl Fn(Approach<A, B, C>) + Sync)) {
    let Junctions { which, from, one, two, items } = all;
    let of_world = t.heads.len();
    // Number in its world, first key of its world, first connector, the one after its last.
    let head = |junction: usize| {
        let (world, own) = if junction < of_world { (0, junction) } else { (junction / of_world, junction % of_world) };
        let head = &t.heads[own];
        (own, world as u32 * t.params.lanes, head.first, head.first + head.count)
    };
    if which.len() > JUNCTIONS_A_PIECE {
        let mid = usize::midpoint(which.start, which.end);
        let (_, base, _, end) = head(mid - 1);
        let cut = (base + end) as usize;
        let ((a, b), (x, y), (i, j)) = (one.split_at_mut(cut - from), two.split_at_mut(cut - from), items.split_at_mut(mid - which.start));
        let left = Junctions { which: which.start..mid, from, one: a, two: x, items: i };
        let right = Junctions { which: mid..which.end, from: cut, one: b, two: y, items: j };
        rayon::join(|| junctions(t, left, f), || junctions(t, right, f));
        return;
    }
    let (mut one, mut two, mut from) = (one, two, from);
    for (which, item) in which.zip(items) {
        let (junction, base, first, end) = head(which);
        let skip = (base as usize).saturating_sub(from); // keys behind the last junction of the world before
        let start = from + skip;
        let until = (base + end) as usize;
        let (mine, others) = one.split_at_mut(until - from);
        let (mine2, others2) = two.split_at_mut(until - from);
        f(Approach { junction, base, start: start as u32 - base, first, one: &mut mine[skip..], two: &mut mine2[skip..], item });
        (one, two, from) = (others, others2, until);
    }
}

/// Calls `f(key, item)` for all keys.
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
