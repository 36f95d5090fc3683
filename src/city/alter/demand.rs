//! Demand: more or fewer trips, and the places that an incident blocks. Whoever was there before keeps his name, and with it all his draws.

use crate::city::{Block, City, OdCell, Trip};
use crate::scenario::action::DemandChange;

/// Seconds of an hour.
const HOUR_S: f64 = 3600.0;

/// Whom a change of demand means; `None` = all.
pub struct Who {
    pub from: Option<usize>,
    pub to: Option<usize>,
    pub mode: Option<usize>,
    pub span_s: [f64; 2],
}

impl Who {
    fn is(&self, mode: usize, origin: Option<usize>, destination: Option<usize>) -> bool {
        self.mode.is_none_or(|one| one == mode)
            && self.from.is_none_or(|one| Some(one) == origin)
            && self.to.is_none_or(|one| Some(one) == destination)
    }
}

/// Scales trips or adds some; `number` tells the additions of one variant apart. Says whether anybody is touched.
pub fn change(city: &mut City, change: &DemandChange, who: Who, when_s: &[[f64; 2]], number: usize) -> bool {
    match (&change.scale, &change.add) {
        (Some(scale), _) => scaled(city, scale.value, &who, when_s, number),
        (None, Some(add)) => added(city, add.value.0 / HOUR_S, &who, when_s, number),
        (None, None) => false,
    }
}

/// A factor on everything.
pub fn scale(city: &mut City, factor: f64) {
    scaled(city, factor, &Who { from: None, to: None, mode: None, span_s: [0.0, 0.0] }, &[], 0);
}

/// The part of `a` that lies in `b`.
fn common(a: [f64; 2], b: [f64; 2]) -> Option<[f64; 2]> {
    let part = [a[0].max(b[0]), a[1].min(b[1])];
    (part[0] < part[1]).then_some(part)
}

/// A factor on what there is. Whole cells grow or shrink by themselves; of a part of a cell some trips stay at home, or others join them.
fn scaled(city: &mut City, factor: f64, who: &Who, when_s: &[[f64; 2]], number: usize) -> bool {
    let mut touched = false;
    let mut more = Vec::new();
    for cell in &mut city.od {
        if !who.is(cell.mode, Some(cell.origin), Some(cell.destination)) || cell.trips <= 0.0 {
            continue;
        }
        let span = [cell.from_s, cell.to_s];
        if when_s.is_empty() || when_s.iter().any(|when| when[0] <= span[0] && span[1] <= when[1]) {
            touched |= (factor - 1.0).abs() > 0.0;
            cell.trips *= factor;
            continue;
        }
        for part in when_s.iter().filter_map(|when| common(span, *when)) {
            touched |= (factor - 1.0).abs() > 0.0;
            if factor < 1.0 {
                cell.keep.push((part, factor));
            } else {
                let share = (part[1] - part[0]) / (span[1] - span[0]);
                let trips = cell.trips * share * (factor - 1.0);
                more.push(OdCell { from_s: part[0], to_s: part[1], trips, tag: number as u32 + 1, keep: Vec::new(), ..*cell });
            }
        }
    }
    city.od.extend(more);
    touched | listed(city, factor, who, when_s)
}

/// A factor on listed trips: the first `factor` of them by rank of a draw that hangs on their names alone stay; more are copies of them.
fn listed(city: &mut City, factor: f64, who: &Who, when_s: &[[f64; 2]]) -> bool {
    let meant = |trip: &Trip| {
        who.is(trip.mode, trip.origin, trip.destination)
            && (when_s.is_empty() || when_s.iter().any(|when| (when[0]..when[1]).contains(&trip.depart_s)))
    };
    let rank = |trip: &Trip, copy: u32| {
        let key = crate::random::key_of(&trip.id);
        f64::from(crate::random::pcg4d(copy, key, 0, crate::random::Purpose::Demand as u32).x) / 4_294_967_296.0
    };
    if !city.trips.iter().any(&meant) || (factor - 1.0).abs() <= 0.0 {
        return false;
    }
    if factor < 1.0 {
        city.trips.retain(|trip| !meant(trip) || rank(trip, 0) < factor);
        return true;
    }
    let mut copies = Vec::new();
    for trip in city.trips.iter().filter(|trip| meant(trip)) {
        let (mut rest, mut copy) = (factor - 1.0, 1);
        while rest > 0.0 && (rest >= 1.0 || rank(trip, copy) < rest) {
            copies.push(Trip { id: format!("{}+{copy}", trip.id), ..trip.clone() });
            (rest, copy) = (rest - 1.0, copy + 1);
        }
    }
    city.trips.extend(copies);
    true
}

/// So many trips an hour more, shared out over the pairs of zones that are meant as the demand already is; evenly where there is none yet.
fn added(city: &mut City, per_s: f64, who: &Who, when_s: &[[f64; 2]], number: usize) -> bool {
    let always = [who.span_s];
    let when_s = if when_s.is_empty() { &always[..] } else { when_s };
    let mode = who.mode.unwrap_or(0);
    let mut weights: std::collections::BTreeMap<(usize, usize), f64> = std::collections::BTreeMap::new();
    for cell in city.od.iter().filter(|cell| who.is(cell.mode, Some(cell.origin), Some(cell.destination))) {
        *weights.entry((cell.origin, cell.destination)).or_default() += cell.trips;
    }
    if weights.values().sum::<f64>() <= 0.0 {
        let ends = |one: Option<usize>| one.map_or(0..city.zones.len(), |zone| zone..zone + 1);
        for origin in ends(who.from) {
            weights.extend(ends(who.to).filter(|to| *to != origin || who.from == who.to).map(|to| ((origin, to), 1.0)));
        }
    }
    let total: f64 = weights.values().sum();
    for when in when_s {
        let Some([from_s, to_s]) = common(*when, who.span_s) else { continue };
        for (&(origin, destination), weight) in &weights {
            let trips = per_s * (to_s - from_s) * weight / total;
            city.od.push(OdCell { origin, destination, mode, from_s, to_s, trips, tag: number as u32 + 1, keep: Vec::new() });
        }
    }
    per_s > 0.0 && total > 0.0
}

/// Blocks lanes of a link from the kerb, one vehicle from its start at least: those who come must have a place from which to pass.
pub fn block(city: &mut City, (link, at_m): (usize, f64), lanes: usize, when_s: &[[f64; 2]]) {
    let vehicle_m = city.classes.first().map_or(0.0, |class| class.length_m);
    for [from_s, to_s] in when_s {
        for lane in city.links[link].lanes.clone().take(lanes) {
            let at_m = at_m.clamp(0.0, city.lanes[lane].length_m).max(vehicle_m);
            city.blocks.push(Block { lane, at_m, from_s: *from_s, to_s: *to_s });
        }
    }
}
