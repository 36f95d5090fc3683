//! Which links and lanes of a road an action means.

use crate::city::{City, DriveSide, junction};
use crate::scenario::action::Way;
use crate::scenario::quantity::Pick;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The compass, and where it points (y is north).
const COMPASS: [(Way, &str, [f64; 2]); 8] = [
    (Way::North, "north", [0.0, 1.0]),
    (Way::Northeast, "northeast", [DIAGONAL, DIAGONAL]),
    (Way::East, "east", [1.0, 0.0]),
    (Way::Southeast, "southeast", [DIAGONAL, -DIAGONAL]),
    (Way::South, "south", [0.0, -1.0]),
    (Way::Southwest, "southwest", [-DIAGONAL, -DIAGONAL]),
    (Way::West, "west", [-1.0, 0.0]),
    (Way::Northwest, "northwest", [-DIAGONAL, DIAGONAL]),
];
/// sqrt 0.5.
const DIAGONAL: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// A link leads a way if it deviates by less than 60 degrees: this is the cosine.
const ALONG: f64 = 0.5;

/// Cosine between a link, from its first node to its last, and a way.
fn cosine(city: &City, link: usize, to: [f64; 2]) -> f64 {
    let (a, b) = (city.nodes[city.links[link].from].at_m, city.nodes[city.links[link].to].at_m);
    let d = [b[0] - a[0], b[1] - a[1]];
    (d[0] * to[0] + d[1] * to[1]) / (d[0] * d[0] + d[1] * d[1]).sqrt().max(1e-9)
}

/// The links that lead a way; all of them without one.
pub fn way(city: &City, links: &[usize], way: Option<Way>) -> Vec<usize> {
    let wanted = COMPASS.iter().find(|(name, ..)| Some(*name) == way);
    links.iter().copied().filter(|link| wanted.is_none_or(|(.., to)| cosine(city, *link, *to) > ALONG)).collect()
}

/// The ways in which links lead, in words, each link counted for the nearest of the eight.
pub fn ways(city: &City, links: &[usize]) -> Vec<&'static str> {
    let nearest =
        |link: &usize| (0..COMPASS.len()).max_by(|a, b| cosine(city, *link, COMPASS[*a].2).total_cmp(&cosine(city, *link, COMPASS[*b].2)));
    let found: BTreeSet<usize> = links.iter().filter_map(nearest).collect();
    found.into_iter().map(|at| COMPASS[at].1).collect()
}

/// The part of a road between two roads that cross it: both directions of what lies on the shortest way along it from one to the other.
pub fn between(city: &City, road: &[usize], from: &[usize], to: &[usize]) -> Option<Vec<usize>> {
    let nodes = |links: &[usize]| -> BTreeSet<usize> { links.iter().flat_map(|l| [city.links[*l].from, city.links[*l].to]).collect() };
    let own = nodes(road);
    let starts: Vec<usize> = nodes(from).intersection(&own).copied().collect();
    let ends: BTreeSet<usize> = nodes(to).intersection(&own).copied().collect();
    let mut beside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for link in road {
        let l = &city.links[*link];
        beside.entry(l.from).or_default().push(l.to);
        beside.entry(l.to).or_default().push(l.from);
    }
    let mut before: BTreeMap<usize, usize> = starts.iter().map(|node| (*node, *node)).collect();
    let mut front: VecDeque<usize> = starts.into();
    while let Some(node) = front.pop_front() {
        if ends.contains(&node) {
            let (mut way, mut at) = (BTreeSet::from([node]), node);
            while before[&at] != at {
                at = before[&at];
                way.insert(at);
            }
            let inside = |link: &usize| way.contains(&city.links[*link].from) && way.contains(&city.links[*link].to);
            return Some(road.iter().copied().filter(inside).collect::<Vec<_>>()).filter(|part| !part.is_empty());
        }
        for next in beside.get(&node).into_iter().flatten() {
            if !before.contains_key(next) {
                before.insert(*next, node);
                front.push_back(*next);
            }
        }
    }
    None
}

/// The lanes meant by `kerb`, `median`, `all` or a number counted from the left; all without a word.
pub fn lanes(city: &City, links: &[usize], which: Option<&Pick>) -> Vec<usize> {
    let of = |link: &usize| -> Vec<usize> {
        let lanes = city.links[*link].lanes.clone();
        let one = |lane: Option<usize>| lane.into_iter().collect();
        match which {
            Some(Pick::Text(word)) if word == "kerb" => one(lanes.clone().next()),
            Some(Pick::Text(word)) if word == "median" => one(lanes.clone().next_back()),
            Some(Pick::Number(n)) => {
                let left = (*n as usize).checked_sub(1);
                let place = match city.drive_side {
                    DriveSide::Right => left.and_then(|left| (lanes.len()).checked_sub(left + 1)),
                    DriveSide::Left => left,
                };
                one(place.map(|place| lanes.start + place).filter(|lane| lanes.contains(lane)))
            }
            _ => lanes.collect(),
        }
    };
    links.iter().flat_map(of).collect()
}

/// The links whose middle is nearer to the centre of a zone than to that of any other.
#[must_use]
pub fn in_zone(city: &City, zone: usize) -> Vec<usize> {
    let inside = |link: &usize| {
        let l = &city.links[*link];
        let (a, b) = (city.nodes[l.from].at_m, city.nodes[l.to].at_m);
        let middle = [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0];
        let far = |z: &usize| junction::distance_m(city.zones[*z].at_m, middle);
        (0..city.zones.len()).min_by(|a, b| far(a).total_cmp(&far(b))) == Some(zone)
    };
    (0..city.links.len()).filter(inside).collect()
}

/// The place at a share of the length of a road that leads one way: link and metres on it. `None` if its links do not follow one another.
pub fn along(city: &City, links: &[usize], share: f64) -> Option<(usize, f64)> {
    let mut from: BTreeMap<usize, usize> = BTreeMap::new();
    for link in links {
        if from.insert(city.links[*link].from, *link).is_some() {
            return None;
        }
    }
    let ends: BTreeSet<usize> = links.iter().map(|link| city.links[*link].to).collect();
    if ends.len() < links.len() {
        return None;
    }
    let first = links.iter().find(|link| !ends.contains(&city.links[**link].from)).or(links.first())?;
    let mut chain = vec![*first];
    while let Some(next) = from.get(&city.links[chain[chain.len() - 1]].to).filter(|next| !chain.contains(next)) {
        chain.push(*next);
    }
    // Both directions of one street, end to end, are not one way.
    if chain.iter().any(|a| chain.iter().any(|b| city.links[*a].from == city.links[*b].to && city.links[*a].to == city.links[*b].from)) {
        return None;
    }
    let total_m: f64 = chain.iter().map(|link| city.links[*link].length_m).sum();
    let mut rest_m = total_m * share.clamp(0.0, 1.0);
    for link in &chain {
        let length_m = city.links[*link].length_m;
        if rest_m <= length_m {
            return Some((*link, rest_m));
        }
        rest_m -= length_m;
    }
    chain.last().map(|link| (*link, city.links[*link].length_m))
}
