//! Streets: who may drive where, how fast, and who goes first.

use crate::city::{Charge, City, Control, Uses, demand, junction};
use std::collections::BTreeSet;

/// Why most actions that change nothing do so.
pub const ALREADY: &str = "everything is already as it says";

/// Why an action on the streets of a zone without any changes nothing.
pub const NO_STREET: &str = "no street lies there";

/// Why a closure, or lanes for others, change nothing.
pub const NOBODY: &str = "nobody who travels notices it";

/// A turn from a link into another, and who makes it.
pub type TurnOf = (usize, usize, &'static str);

/// The uses of those who travel in a city, with their names.
pub fn users(city: &City) -> Vec<(Uses, &'static str)> {
    let modes: BTreeSet<usize> = city.od.iter().map(|cell| cell.mode).chain(city.trips.iter().map(|trip| trip.mode)).collect();
    let mix = modes.iter().flat_map(|mode| &city.modes[*mode].mix);
    let all = mix.filter(|part| part.1 > 0.0).fold(Uses::NONE, |all, part| all.with(city.classes[part.0].uses));
    Uses::NAMES.iter().filter_map(|name| Uses::named(name).filter(|one| all.meets(*one)).map(|one| (one, *name))).collect()
}

/// The turns that `users` may make from the links of some lanes.
pub fn turns(city: &City, lanes: &[usize], users: &[(Uses, &'static str)]) -> BTreeSet<TurnOf> {
    let links: BTreeSet<usize> = lanes.iter().map(|lane| city.lanes[*lane].link).collect();
    let mut found = BTreeSet::new();
    for m in &city.movements {
        let (from, to) = (&city.lanes[m.from_lane], &city.lanes[m.to_lane]);
        if links.contains(&from.link) {
            let may = |(one, _): &&(Uses, &'static str)| [m.allowed, from.allowed, to.allowed].iter().all(|a| a.meets(*one));
            found.extend(users.iter().filter(may).map(|(_, name)| (from.link, to.link, *name)));
        }
    }
    found
}

/// From how many links into how many somebody can no longer turn, and the first who cannot.
pub fn first_lost(before: &BTreeSet<TurnOf>, after: &BTreeSet<TurnOf>) -> Option<(usize, TurnOf)> {
    let lost: BTreeSet<(usize, usize)> = before.difference(after).map(|(from, to, _)| (*from, *to)).collect();
    before.difference(after).next().map(|first| (lost.len(), *first))
}

/// Does anybody feel this charge?
///
/// # Errors
/// Why not.
pub fn felt(city: &City, levy: &Charge) -> Result<(), &'static str> {
    let pays = |mode: usize| levy.modes.is_empty() || levy.modes.contains(&mode);
    let mut sources = 0..(city.trips.len() + city.od.len()) as u32;
    let anybody = city.od.iter().any(|cell| pays(cell.mode) && cell.trips > 0.0) || city.trips.iter().any(|trip| pays(trip.mode));
    match () {
        () if levy.links.is_empty() => Err(NO_STREET),
        () if levy.fee <= 0.0 => Err("nothing has to be paid"),
        () if !anybody => Err("nobody travels in such a mode"),
        () if !sources.any(|source| pays(demand::ends(city, source).0) && demand::searched(city, source)) => {
            Err("all trips that it concerns have paths of their own, and keep them")
        }
        () => Ok(()),
    }
}

/// Lets only `except` into links. It changes something if anybody who travels (`present`) notices.
pub fn close(city: &mut City, links: &[usize], except: Uses, present: Uses) -> bool {
    let closed: BTreeSet<usize> = links.iter().copied().collect();
    let mut changed = false;
    for lane in city.lanes.iter_mut().filter(|lane| closed.contains(&lane.link)) {
        let left = Uses(lane.allowed.0 & except.0);
        changed |= (left.0 ^ lane.allowed.0) & present.0 != 0;
        lane.allowed = left;
    }
    changed
}

/// Sets a limit on all lanes of links.
pub fn limit(city: &mut City, links: &[usize], limit_mps: f64) -> bool {
    let chosen: BTreeSet<usize> = links.iter().copied().collect();
    let mut changed = false;
    let before: Vec<f64> = city.lanes.iter().map(|lane| lane.speed_mps).collect();
    for lane in city.lanes.iter_mut().filter(|lane| chosen.contains(&lane.link)) {
        changed |= (lane.speed_mps - limit_mps).abs() > 0.0;
        lane.speed_mps = limit_mps;
    }
    for &link in &chosen {
        city.links[link].free_speed_mps = limit_mps;
    }
    for m in &mut city.movements {
        let (from, to) = (m.from_lane, m.to_lane);
        if !chosen.contains(&city.lanes[from].link) && !chosen.contains(&city.lanes[to].link) {
            continue;
        }
        // As fast as the roads on both sides allow now, where these set the speed; else the bend does.
        let now = city.lanes[from].speed_mps.min(city.lanes[to].speed_mps);
        m.speed_mps = if m.speed_mps >= before[from].min(before[to]) { now } else { m.speed_mps.min(now) };
    }
    changed
}

/// Lets only `uses` onto lanes, or all others. It changes something if anybody who travels (`present`) notices.
pub fn lanes(city: &mut City, lanes: &[usize], (uses, only): (Uses, bool), present: Uses) -> bool {
    let mut changed = false;
    for &lane in lanes {
        let lane = &mut city.lanes[lane];
        let now = if only { uses } else { lane.allowed.without(uses) };
        changed |= (now.0 ^ lane.allowed.0) & present.0 != 0;
        lane.allowed = now;
    }
    // Who is newly let onto a lane may also turn from it as others could.
    if only {
        let chosen: BTreeSet<usize> = lanes.iter().copied().collect();
        for m in
            city.movements.iter_mut().filter(|m| m.allowed != Uses::NONE && (chosen.contains(&m.from_lane) || chosen.contains(&m.to_lane)))
        {
            m.allowed = m.allowed.with(uses);
        }
    }
    changed
}

/// Opens or bans turns.
pub fn turn(city: &mut City, movements: &[usize], open: bool) -> bool {
    let now = if open { Uses::ROAD } else { Uses::NONE };
    let mut changed = false;
    for &m in movements {
        changed |= city.movements[m].allowed != now;
        city.movements[m].allowed = now;
    }
    changed
}

/// Puts up the signs that a junction has in `base`.
pub fn signs_of(city: &mut City, base: &City, node: usize) {
    city.nodes[node].control = base.nodes[node].control;
    for (m, before) in city.movements.iter_mut().zip(&base.movements).filter(|(m, _)| m.node == node) {
        (m.rule, m.keep_clear) = (before.rule, before.keep_clear);
    }
    city.conflicts.retain(|conflict| base.movements[conflict.a].node != node);
    city.conflicts.extend(base.conflicts.iter().filter(|conflict| base.movements[conflict.a].node == node));
}

/// Changes the signs of junctions; `major` are links that go first.
pub fn signs(city: &mut City, nodes: &[usize], control: Control, major: &[usize]) -> bool {
    let before = junction::rules(city, nodes);
    let top = city.links.iter().map(|link| link.priority).max().unwrap_or(0);
    let ranks: Vec<(usize, i32)> = major.iter().map(|link| (*link, city.links[*link].priority)).collect();
    for &link in major {
        city.links[link].priority = top + 1;
    }
    for &node in nodes {
        city.nodes[node].control = control;
        junction::derive_again(city, node);
    }
    // The rank is for these junctions alone.
    for (link, priority) in ranks {
        city.links[link].priority = priority;
    }
    junction::rules(city, nodes) != before
}
