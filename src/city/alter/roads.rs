//! Streets: who may drive where, how fast, and who goes first.

use crate::city::{City, Control, Uses, junction};
use std::collections::BTreeSet;

/// Lets only `except` into links.
pub fn close(city: &mut City, links: &[usize], except: Uses) -> bool {
    let closed: BTreeSet<usize> = links.iter().copied().collect();
    let mut changed = false;
    for lane in city.lanes.iter_mut().filter(|lane| closed.contains(&lane.link)) {
        let left = Uses(lane.allowed.0 & except.0);
        changed |= left != lane.allowed;
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

/// Lets only `uses` onto lanes, or all others.
pub fn lanes(city: &mut City, lanes: &[usize], uses: Uses, only: bool) -> bool {
    let mut changed = false;
    for &lane in lanes {
        let lane = &mut city.lanes[lane];
        let now = if only { uses } else { lane.allowed.without(uses) };
        changed |= now != lane.allowed;
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
