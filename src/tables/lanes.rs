//! Lanes, connectors, turns, origins, siblings and conflicts as records and lists.

use super::layout::{
    CONFLICT_FOE_YIELDS, CONFLICT_I_YIELD, CONFLICT_MERGE, CUT_LANES, LANE_CHANGE_LEFT, LANE_CHANGE_RIGHT, LANE_CHOICE, LANE_CONNECTOR,
    LANE_KEEP_CLEAR, LANE_ROUNDABOUT, LANE_RULE_SHIFT, LANE_TURN_SHIFT, LANE_WATCHED, LANE_ZIP, Lane, NONE, ROUTE_END,
};
use super::order::along_curve;
use crate::city::{City, Conflict, Control, DriveSide, Movement, Rule, Turn, Uses};
use std::collections::{BTreeMap, BTreeSet};

/// Metres to Q10, rounded.
#[must_use]
pub fn q10(metres: f64) -> i32 {
    (metres * 1024.0).round() as i32
}

/// What [`compile`] makes.
#[derive(Default)]
pub struct Roads {
    /// Records.
    pub lanes: Vec<Lane>,
    /// City lane -> record.
    pub of_lane: Vec<u32>,
    /// City movement -> record.
    pub of_movement: Vec<u32>,
    /// City controller -> its number here.
    pub of_controller: Vec<u32>,
    /// Record -> city lane, or lanes + movement.
    pub origin_of: Vec<u32>,
    /// Out-links of each city link, in turn-code order.
    pub out_links: Vec<Vec<usize>>,
    /// Record and place \[Q10 m\] of each detector of [`further`].
    pub further: Vec<u32>,
    /// Largest speed anybody may drive \[Q10 m/s\].
    pub vcap10: i32,
}

/// The highest limit \[m/s\].
#[must_use]
pub fn fastest_mps(city: &City) -> f64 {
    city.lanes.iter().map(|l| l.speed_mps).fold(1.0, f64::max)
}

/// Renumbers lanes and movements and fills their records; lists go to `pool`. dt = 2^-k s; no limit of the run is above `fastest_mps`.
#[must_use]
pub fn compile(city: &City, k: u32, fastest_mps: f64, pool: &mut Vec<u32>) -> Roads {
    let mut roads = Roads { out_links: out_links(city), ..Roads::default() };
    number(city, &mut roads);
    let factor = city.classes.iter().map(|c| c.speed_factor_range[1].min(4.0)).fold(1.0, f64::max);
    let vmax = city.classes.iter().map(|c| c.max_speed_mps).fold(1.0, f64::max);
    roads.vcap10 = q10((fastest_mps * factor).min(vmax).min(64.0));
    for (index, lane) in city.lanes.iter().enumerate() {
        lane_record(city, index, lane, &mut roads);
    }
    for (lane, detector) in counting(city) {
        let own = roads.of_lane[lane] as usize;
        roads.lanes[own].signal = place(city, &roads, k, detector);
    }
    for detector in further(city) {
        let own = roads.of_lane[city.detectors[detector].lane];
        roads.further.extend([own, place(city, &roads, k, detector)]);
    }
    let major = major_links(city);
    for index in 0..city.movements.len() {
        movement_record(city, &major, index, &mut roads);
    }
    turns(city, &mut roads, pool);
    siblings(&mut roads, pool);
    conflicts(city, &major, &mut roads, pool);
    origins(&mut roads, k, pool);
    roads
}

/// Place of a detector \[Q10 m\]. Who enters does not pass it in the same step: it is counted where it enters.
fn place(city: &City, roads: &Roads, k: u32, detector: usize) -> u32 {
    let detector = &city.detectors[detector];
    q10(detector.at_m).max(roads.vcap10 >> k).min(roads.lanes[roads.of_lane[detector.lane] as usize].length) as u32
}

/// The detectors that are not the last ones before their lines, in the order of lanes and places.
#[must_use]
pub fn further(city: &City) -> Vec<usize> {
    let last = counting(city);
    let mut others: Vec<usize> = (0..city.detectors.len()).filter(|index| last[&city.detectors[*index].lane] != *index).collect();
    let place = |index: usize| (city.detectors[index].lane, city.detectors[index].at_m);
    others.sort_by(|a, b| place(*a).0.cmp(&place(*b).0).then(place(*a).1.total_cmp(&place(*b).1)).then(a.cmp(b)));
    others
}

/// The last detector before the line of each lane that has any: stage `count` counts for it, for the others stage `detect`.
#[must_use]
pub fn counting(city: &City) -> BTreeMap<usize, usize> {
    let mut of_lane: BTreeMap<usize, usize> = BTreeMap::new();
    for (index, detector) in city.detectors.iter().enumerate() {
        let last = of_lane.entry(detector.lane).or_insert(index);
        if detector.at_m > city.detectors[*last].at_m {
            *last = index;
        }
    }
    of_lane
}

/// Links that follow each link, sorted; at most 15 can be told apart by a turn code.
#[must_use]
pub fn out_links(city: &City) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); city.links.len()];
    for m in &city.movements {
        out[city.lanes[m.from_lane].link].push(city.lanes[m.to_lane].link);
    }
    for list in &mut out {
        list.sort_unstable();
        list.dedup();
        list.truncate(ROUTE_END as usize);
    }
    out
}

/// Turn code of a movement, if it has one.
fn code(city: &City, roads: &Roads, m: &Movement) -> Option<usize> {
    roads.out_links[city.lanes[m.from_lane].link].iter().position(|l| *l == city.lanes[m.to_lane].link)
}

/// Junction after junction along the curve: the lanes of the links that come in, then the connectors. What a stage asks of one junction lies
/// together, and the keys of a junction are one run.
fn number(city: &City, roads: &mut Roads) {
    let mut by_lane: Vec<Vec<usize>> = vec![Vec::new(); city.lanes.len()];
    for (i, m) in city.movements.iter().enumerate() {
        by_lane[m.from_lane].push(i);
    }
    let mut incoming: Vec<Vec<usize>> = vec![Vec::new(); city.nodes.len()];
    for (index, link) in city.links.iter().enumerate() {
        incoming[link.to].push(index);
    }
    roads.of_lane = vec![NONE; city.lanes.len()];
    roads.of_movement = vec![NONE; city.movements.len()];
    for node in along_curve(&city.nodes.iter().map(|node| node.at_m).collect::<Vec<_>>()) {
        for lane in incoming[node].iter().flat_map(|link| city.links[*link].lanes.clone()) {
            roads.of_lane[lane] = roads.origin_of.len() as u32;
            roads.origin_of.push(lane as u32);
        }
        for lane in incoming[node].iter().flat_map(|link| city.links[*link].lanes.clone()) {
            let mut list = std::mem::take(&mut by_lane[lane]);
            list.sort_by_key(|m| (code(city, roads, &city.movements[*m]).unwrap_or(15), city.movements[*m].to_lane, *m));
            for m in list {
                roads.of_movement[m] = roads.origin_of.len() as u32;
                roads.origin_of.push((city.lanes.len() + m) as u32);
            }
        }
    }
    roads.lanes = vec![Lane::default(); roads.origin_of.len()];
    roads.of_controller = numbers_of_controllers(city, roads);
}

/// Controllers in the order in which connectors ask for them, then those that nobody asks for: like the lists of lanes they lie along the
/// curve, or each junction of a large city would wait for memory.
fn numbers_of_controllers(city: &City, roads: &Roads) -> Vec<u32> {
    let mut of_controller = vec![NONE; city.controllers.len()];
    let movements = roads.origin_of.iter().filter_map(|at| (*at as usize).checked_sub(city.lanes.len()));
    let asked = movements.filter_map(|m| city.movements[m].signal).map(|(controller, _)| controller);
    let mut next = 0;
    for controller in asked.chain(0..city.controllers.len()) {
        if of_controller[controller] == NONE {
            of_controller[controller] = next;
            next += 1;
        }
    }
    of_controller
}

fn lane_record(city: &City, index: usize, lane: &crate::city::Lane, roads: &mut Roads) {
    let link = &city.links[lane.link];
    let beside = |other: Option<usize>| other.filter(|o| link.lanes.contains(o)).map_or(NONE, |o| roads.of_lane[o]);
    let choice = if link.lanes.len() > 1 { LANE_CHOICE } else { 0 };
    // Here left is away from the kerb, as where one drives on the right.
    let (away, to_kerb) = match city.drive_side {
        DriveSide::Right => (lane.change_left, lane.change_right),
        DriveSide::Left => (lane.change_right, lane.change_left),
    };
    let round = [link.from, link.to].iter().all(|node| city.nodes[*node].control == Control::Roundabout);
    let ring = if round { LANE_ROUNDABOUT } else { 0 };
    let flags = choice | ring | if away { LANE_CHANGE_LEFT } else { 0 } | if to_kerb { LANE_CHANGE_RIGHT } else { 0 };
    roads.lanes[roads.of_lane[index] as usize] = Lane {
        length: q10(lane.length_m).max(1),
        limit10: q10(lane.speed_mps).clamp(1, 65536),
        flags,
        place: lane.link as u32,
        left: beside(Some(index + 1)),
        right: beside(index.checked_sub(1)),
        conn_start: NONE,
        feeder: NONE,
        exit: NONE,
        signal: NONE,
        uses: lane.allowed.0,
        ..Lane::default()
    };
}

/// The rule at the line of a movement. A turn that yields although its link goes on with priority is the turn across off a major road: its
/// driver does not look as one at a yield sign does; whom he yields to stands in the conflicts.
fn rule_of(city: &City, major: &BTreeSet<usize>, m: &Movement) -> Rule {
    let turns = m.rule == Rule::Yield && (m.turn == Turn::UTurn || m.turn == city.drive_side.across());
    if turns && major.contains(&city.lanes[m.from_lane].link) { Rule::Go } else { m.rule }
}

/// Links that go on with priority and without a signal.
fn major_links(city: &City) -> BTreeSet<usize> {
    city.movements.iter().filter(|m| m.rule == Rule::Go && m.signal.is_none()).map(|m| city.lanes[m.from_lane].link).collect()
}

fn movement_record(city: &City, major: &BTreeSet<usize>, index: usize, roads: &mut Roads) {
    let m = &city.movements[index];
    let at = roads.of_movement[index];
    let feeder = roads.of_lane[m.from_lane];
    let rule = match rule_of(city, major, m) {
        Rule::Go => 0,
        Rule::Yield => 1,
        Rule::Stop => 2,
        Rule::AllWayStop => 3,
    };
    let turn = match m.turn {
        Turn::Through => 0,
        Turn::UTurn => 3,
        side if side == city.drive_side.near() => 1,
        Turn::Right | Turn::Left => 2,
    };
    let ring = if city.nodes[m.node].control == Control::Roundabout { LANE_ROUNDABOUT } else { 0 };
    let clear = if m.keep_clear { LANE_KEEP_CLEAR } else { 0 };
    roads.lanes[at as usize] = Lane {
        length: q10(m.length_m).max(1),
        limit10: q10(m.speed_mps).clamp(1, 65536),
        flags: LANE_CONNECTOR | clear | ring | rule << LANE_RULE_SHIFT | turn << LANE_TURN_SHIFT,
        place: m.node as u32,
        left: NONE,
        right: NONE,
        conn_start: NONE,
        feeder,
        exit: roads.of_lane[m.to_lane],
        signal: m.signal.map_or(NONE, |(controller, position)| roads.of_controller[controller] * 256 + position as u32),
        uses: m.allowed.0 & city.lanes[m.to_lane].allowed.0, // of the connector and of the lane it leads to
        ..Lane::default()
    };
    let lane = &mut roads.lanes[feeder as usize];
    lane.conn_start = lane.conn_start.min(at);
    lane.conn_count += 1;
}

/// For each lane and turn: first connector (from the lane's first) 8 bits, connectors 8 bits, lane changes needed + 128 8 bits (+ = left).
/// Changes lead to the nearest lane that serves the turn and that ordinary cars may use; failing that, to the nearest at all.
fn turns(city: &City, roads: &mut Roads, pool: &mut Vec<u32>) {
    let mut served: BTreeMap<(u32, usize), (u32, u32)> = BTreeMap::new();
    for (index, m) in city.movements.iter().enumerate() {
        let Some(turn) = code(city, roads, m) else { continue };
        let (lane, at) = (roads.of_lane[m.from_lane], roads.of_movement[index]);
        let entry = served.entry((lane, turn)).or_insert((at, 0));
        *entry = (entry.0.min(at), entry.1 + 1);
    }
    let mut links: Vec<Vec<u32>> = city.links.iter().map(|link| link.lanes.clone().map(|l| roads.of_lane[l]).collect()).collect();
    links.sort_unstable(); // along the curve
    for lanes in links.iter().filter(|lanes| !lanes.is_empty()) {
        let first = city.lanes[roads.origin_of[lanes[0] as usize] as usize].link;
        let codes = roads.out_links[first].len();
        for (i, &lane) in lanes.iter().enumerate() {
            roads.lanes[lane as usize].turns = pool.len() as u32;
            pool.push(codes as u32);
            for turn in 0..codes {
                let first = roads.lanes[lane as usize].conn_start;
                let mut word = served.get(&(lane, turn)).map_or(0, |(at, count)| (at - first) | count << 8);
                let cars = Uses(1);
                let distance = |j: &usize| (!Uses(roads.lanes[lanes[*j] as usize].uses).meets(cars), j.abs_diff(i), *j);
                let nearest = (0..lanes.len()).filter(|j| served.contains_key(&(lanes[*j], turn))).min_by_key(distance);
                let needed = nearest.map_or(0, |j| j as i32 - i as i32);
                word |= (if word == 0 { needed + 128 } else { 128 } as u32) << 16;
                pool.push(word);
            }
        }
    }
}

/// Connectors that enter the same lane.
fn siblings(roads: &mut Roads, pool: &mut Vec<u32>) {
    let mut into: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (at, lane) in roads.lanes.iter().enumerate().filter(|(_, l)| l.flags & LANE_CONNECTOR != 0) {
        into.entry(lane.exit).or_default().push(at as u32);
    }
    for list in into.values() {
        for &at in list {
            let lane = &mut roads.lanes[at as usize];
            lane.siblings = pool.len() as u32;
            pool.push(list.len() as u32 - 1);
            pool.extend(list.iter().filter(|o| **o != at));
        }
    }
}

/// Time without precedence traffic that a driver wants at his own line [1/4 s], so that T16 and T17 of `tests/theory` give the capacities that
/// follow from the critical gaps of HCM 6: minor near side 3.25 s (t_c 6.2 s), minor across and through 4.5 s (7.1 s), major across 1.25 s (4.1 s),
/// permissive turn at a signal 1.75 s (4.5 s, by the same difference; no test of its own), roundabout entry 1.5 s (5 s). The rest of t_c is the way
/// to the line, the step in which one decides, and the vehicle that passed last.
/// Fitted to streams 1 to 6 (T16) and 1 (T17). With 1.25 s into a circle it stood behind who entered, in some streams of 800 veh/h and more.
fn window_slots(city: &City, major: &BTreeSet<usize>, m: &Movement) -> u32 {
    let ring = city.nodes[m.node].control == Control::Roundabout;
    match (rule_of(city, major, m), m.turn) {
        _ if ring => 6,
        (Rule::AllWayStop, _) => 3,
        (Rule::Go, _) if m.signal.is_some() => 7,
        (Rule::Go, _) => 5,
        (_, turn) if turn == city.drive_side.near() => 13,
        _ => 18,
    }
}

/// Three words a conflict, from the view of each side: foe, bits, end of the shared area on the foe.
fn conflicts(city: &City, major: &BTreeSet<usize>, roads: &mut Roads, pool: &mut Vec<u32>) {
    let mut of: Vec<Vec<[u32; 3]>> = vec![Vec::new(); city.movements.len()];
    for c in &city.conflicts {
        let swapped =
            Conflict { a: c.b, b: c.a, a_yields: c.b_yields, b_yields: c.a_yields, area_a_m: c.area_b_m, area_b_m: c.area_a_m, ..*c };
        for side in [c, &swapped] {
            let m = &city.movements[side.a];
            let passing = ((side.area_a_m[1] + 4.0) / (0.6 * m.speed_mps.max(2.0)) * 4.0).clamp(4.0, 24.0) as u32;
            let lead = (side.area_a_m[0].max(0.0) / (0.6 * m.speed_mps.max(2.0)) * 4.0).min(12.0) as u32;
            let bits = if side.merge { CONFLICT_MERGE } else { 0 }
                | if side.a_yields { CONFLICT_I_YIELD } else { 0 }
                | if side.b_yields { CONFLICT_FOE_YIELDS } else { 0 }
                | window_slots(city, major, m) << 8
                | passing << 16
                | lead << 24;
            of[side.a].push([roads.of_movement[side.b], bits, q10(side.area_b_m[1]) as u32]);
        }
    }
    let along: Vec<usize> = roads.origin_of.iter().filter_map(|at| (*at as usize).checked_sub(city.lanes.len())).collect();
    for m in along {
        let mut list = std::mem::take(&mut of[m]);
        list.sort_unstable();
        if list.iter().any(|[_, bits, _]| bits & (CONFLICT_MERGE | CONFLICT_I_YIELD | CONFLICT_FOE_YIELDS) == CONFLICT_MERGE) {
            roads.lanes[roads.of_movement[m] as usize].flags |= LANE_ZIP;
        }
        for [foe, bits, _] in &list {
            if bits & CONFLICT_I_YIELD != 0 && bits & CONFLICT_FOE_YIELDS == 0 {
                roads.lanes[*foe as usize].flags |= LANE_WATCHED;
            }
        }
        let lane = &mut roads.lanes[roads.of_movement[m] as usize];
        lane.conflicts = NONE;
        if !list.is_empty() {
            lane.conflicts = pool.len() as u32;
            pool.push(list.len() as u32);
            pool.extend(list.into_iter().flatten());
        }
    }
}

pub use super::layout::BESIDE;
/// How many lane ends a vehicle may cross in one step.
pub const MOST_HOPS: usize = 4;

/// Lanes from which a vehicle can be on this one a step later: chains of predecessors while the lanes between are shorter than the longest
/// step, and the lanes beside. Two words each: lane, distance from its end to the start of this lane.
fn origins(roads: &mut Roads, k: u32, pool: &mut Vec<u32>) {
    let reach = roads.vcap10 >> k;
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); roads.lanes.len()];
    for (at, lane) in roads.lanes.iter().enumerate().filter(|(_, l)| l.flags & LANE_CONNECTOR != 0) {
        before[lane.exit as usize].push(at as u32);
        before[at].push(lane.feeder);
    }
    for at in 0..roads.lanes.len() {
        let mut found: BTreeMap<u32, u32> = BTreeMap::new();
        let mut front: Vec<(u32, i32)> = before[at].iter().map(|b| (*b, 0)).collect();
        for _ in 0..MOST_HOPS {
            let mut next = Vec::new();
            for (lane, offset) in front {
                if found.get(&lane).is_some_and(|o| *o as i32 <= offset) {
                    continue;
                }
                found.insert(lane, offset as u32);
                let beyond = offset + roads.lanes[lane as usize].length;
                if beyond < reach {
                    next.extend(before[lane as usize].iter().map(|b| (*b, beyond)));
                }
            }
            front = next;
        }
        // A connector also takes who turns from the wrong lane, from up to CUT_LANES away.
        let connector = roads.lanes[at].flags & LANE_CONNECTOR != 0;
        let (own, far) = if connector { (roads.lanes[at].feeder, CUT_LANES) } else { (at as u32, 1) };
        for left in [true, false] {
            let mut lane = own;
            for _ in 0..far {
                let here = &roads.lanes[lane as usize];
                lane = if left { here.left } else { here.right };
                if lane == NONE {
                    break;
                }
                found.entry(lane).or_insert(BESIDE);
            }
        }
        found.remove(&(at as u32));
        let lane = &mut roads.lanes[at];
        lane.origins = pool.len() as u32;
        pool.push(found.len() as u32);
        pool.extend(found.into_iter().flat_map(|(l, o)| [l, o]));
    }
}
