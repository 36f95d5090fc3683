//! Which movements of a junction are in each other's way, and who waits.
use super::curve::{Point, Track, cross, dot, end_direction};
use crate::city::{City, Conflict, Control, Link, Rule, Turn};

/// Paths closer than this share an area \[m\]: a car's width and a margin.
const NEAR_M: f64 = 2.2;

/// One movement as the rules of the road see it.
struct Way {
    movement: usize,
    link: usize,
    /// Direction in which it arrives.
    direction: Point,
    /// Turns across the opposing stream (left where one drives on the right).
    across: bool,
    u_turn: bool,
    /// Rank of its approach; larger goes first.
    rank: i32,
    circulates: bool,
}

/// Conflicts among the movements of one node, and their rule at the line.
pub(super) fn of_node(city: &City, node: usize, movements: &[usize]) -> (Vec<Conflict>, Vec<(usize, Rule)>) {
    let ways = ways(city, node, movements);
    let control = city.nodes[node].control;
    let tracks: Vec<Track> = ways.iter().map(|way| Track::of(&city.movements[way.movement].shape_m)).collect();
    let mut conflicts = Vec::new();
    for (i, a) in ways.iter().enumerate() {
        for (j, b) in ways.iter().enumerate().skip(i + 1) {
            if tracks[i].apart(&tracks[j], NEAR_M) {
                continue;
            }
            if let Some(mut conflict) = geometry(city, (a, &tracks[i]), (b, &tracks[j])) {
                (conflict.a_yields, conflict.b_yields) = who_waits(control, a, b);
                conflicts.push(conflict);
            }
        }
    }
    let top = ways.iter().map(|way| way.rank).max().unwrap_or(0);
    let circle = ways.iter().any(|way| way.circulates);
    let rule = |way: &Way| match control {
        Control::AllWayStop => Rule::AllWayStop,
        Control::Yield if way.rank < top => Rule::Yield,
        Control::Stop if way.rank < top => Rule::Stop,
        Control::Roundabout if circle && !way.circulates => Rule::Yield,
        _ => Rule::Go,
    };
    let rules = ways.iter().map(|way| (way.movement, rule(way))).collect();
    (conflicts, rules)
}

/// The movements with what the rules need to know.
fn ways(city: &City, node: usize, movements: &[usize]) -> Vec<Way> {
    let links: Vec<_> = movements.iter().map(|&m| city.lanes[city.movements[m].from_lane].link).collect();
    let same_priority = links.iter().all(|&link| city.links[link].priority == city.links[links[0]].priority);
    let control = city.nodes[node].control;
    let marked = |l: &Link| l.facility.contains("roundabout") || l.facility.contains("circular");
    let any_marked = links.iter().any(|&link| marked(&city.links[link]));
    // Where no type of road says which links are the circle: those that lead one way from one node of a roundabout to the next.
    let round = |l: &Link| {
        let both_ends = control == Control::Roundabout && city.nodes[l.from].control == Control::Roundabout;
        both_ends && !city.links.iter().any(|back| back.from == l.to && back.to == l.from)
    };
    let way = |(&movement, &link): (&usize, &usize)| {
        let (m, l) = (&city.movements[movement], &city.links[link]);
        // A yield sign among equals: the wider road, then the one that goes straight on, is the major one.
        let straight = movements.iter().zip(&links).any(|(&other, &from)| from == link && city.movements[other].turn == Turn::Through);
        let guess = 2 * l.lanes.len().min(100) as u16 + u16::from(straight);
        let signs = matches!(control, Control::Yield | Control::Stop);
        Way {
            movement,
            link,
            direction: end_direction(&city.lanes[m.from_lane].shape_m),
            across: m.turn == city.drive_side.across(),
            u_turn: m.turn == Turn::UTurn,
            rank: if signs && same_priority { i32::from(guess) } else { l.priority },
            circulates: if any_marked { marked(l) } else { round(l) },
        }
    };
    movements.iter().zip(&links).map(way).collect()
}

/// Shared area of two movements, if there is one. Movements of one lane only part; movements of one link conflict where they merge.
fn geometry(city: &City, (a, on_a): (&Way, &Track), (b, on_b): (&Way, &Track)) -> Option<Conflict> {
    let (first, second) = (&city.movements[a.movement], &city.movements[b.movement]);
    let merge = first.to_lane == second.to_lane;
    if first.from_lane == second.from_lane || (a.link == b.link && !merge) {
        return None;
    }
    let area = |on: &Track, other: &Track, length_m: f64| {
        let found = on.shared_m(other, NEAR_M, merge);
        if merge { Some([found.map_or(length_m, |span| span[0]), length_m]) } else { found }
    };
    let area_a_m = area(on_a, on_b, first.length_m)?;
    let area_b_m = area(on_b, on_a, second.length_m)?;
    Some(Conflict { a: a.movement, b: b.movement, merge, a_yields: false, b_yields: false, area_a_m, area_b_m })
}

/// Does a wait for b, b for a?
fn who_waits(control: Control, a: &Way, b: &Way) -> (bool, bool) {
    if a.link == b.link {
        return (false, false); // a lane ends: zip, first come first served
    }
    if control == Control::AllWayStop {
        return (true, true);
    }
    if a.u_turn != b.u_turn {
        return (a.u_turn, b.u_turn);
    }
    if control == Control::Roundabout && a.circulates != b.circulates {
        return (b.circulates, a.circulates);
    }
    let ranked = matches!(control, Control::Yield | Control::Stop | Control::None | Control::Roundabout);
    if ranked && a.rank != b.rank {
        return (a.rank < b.rank, b.rank < a.rank);
    }
    if dot(a.direction, b.direction) < -0.5 {
        return (a.across && !b.across, b.across && !a.across);
    }
    if control == Control::Signal {
        return (false, false); // never green together, see `city::signal`
    }
    // The other comes from the right when it drives towards my left; the rule is the same where one drives on the left.
    let right = cross(a.direction, b.direction);
    (right > 0.0, right < 0.0)
}
