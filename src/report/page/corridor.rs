//! The street on which most time is lost, in one direction, as a picture over distance and time: where a queue begins, how far back it reaches and
//! when it dissolves (Edie 1963: mean speed of a box = distance driven in it over time spent in it).

use super::links::Road;
use crate::city::City;
use std::collections::{BTreeMap, BTreeSet};

/// Links of a street that make a picture at least.
const LEAST_LINKS: usize = 3;

/// Hours present and kilometres driven on each link of one interval, over all runs of a variant.
pub type Sums = Vec<[f64; 2]>;

/// Intervals by their beginning \[whole s since midnight\]: their end \[s\], and the sums.
pub type Day = BTreeMap<i64, (f64, Sums)>;

/// Adds the intervals of other runs.
pub fn add(all: &mut Day, more: Day) {
    for (from_s, (to_s, sums)) in more {
        let known = all.entry(from_s).or_insert_with(|| (to_s, vec![[0.0; 2]; sums.len()]));
        for (sum, one) in known.1.iter_mut().zip(sums) {
            *sum = [sum[0] + one[0], sum[1] + one[1]];
        }
    }
}

/// The links of a street in the order in which one drives over them: of all streets the one with the most lost hours in these means. `None` where
/// no street with a name is long enough, or nobody loses time on one.
#[must_use]
pub fn worst(city: &City, means: &[&[Road]]) -> Option<Vec<usize>> {
    let lost = |link: usize| means.iter().filter_map(|roads| roads.get(link)).map(|road| f64::from(road.lost_h).max(0.0)).sum::<f64>();
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (link, road) in city.links.iter().enumerate().filter(|(_, road)| !road.name.is_empty()) {
        by_name.entry(&road.name).or_default().push(link);
    }
    let mut best: Option<(f64, Vec<usize>)> = None;
    for chain in by_name.values().flat_map(|links| chains(city, links)).filter(|chain| chain.len() >= LEAST_LINKS) {
        let hours: f64 = chain.iter().map(|link| lost(*link)).sum();
        if hours > best.as_ref().map_or(0.0, |best| best.0) {
            best = Some((hours, chain));
        }
    }
    best.map(|(_, chain)| chain)
}

/// Links of one name, put one behind the other; nobody turns back.
fn chains(city: &City, links: &[usize]) -> Vec<Vec<usize>> {
    let next = |link: usize| {
        let here = &city.links[link];
        links.iter().copied().find(|other| city.links[*other].from == here.to && city.links[*other].to != here.from)
    };
    let followed: BTreeSet<usize> = links.iter().filter_map(|link| next(*link)).collect();
    // A ring has no first link: it begins with any.
    let firsts = links.iter().filter(|link| !followed.contains(link)).chain(links.iter().filter(|link| followed.contains(link)));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for &first in firsts {
        let mut chain = Vec::new();
        let mut at = Some(first);
        while let Some(link) = at.filter(|link| seen.insert(*link)) {
            chain.push(link);
            at = next(link);
        }
        if !chain.is_empty() {
            found.push(chain);
        }
    }
    found
}

/// Speeds over the free speed, by interval and link of the chain; `None` where nobody was.
#[must_use]
pub fn shares(city: &City, chain: &[usize], day: &Day) -> Vec<([f64; 2], Vec<Option<f64>>)> {
    let share = |sums: &Sums, link: usize| {
        let [hours, km] = sums.get(link).copied().unwrap_or_default();
        (hours > 0.0).then(|| km / hours / 3.6 / city.links[link].free_speed_mps.max(0.1))
    };
    day.iter().map(|(from_s, (to_s, sums))| ([*from_s as f64, *to_s], chain.iter().map(|link| share(sums, *link)).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::generate::grid;
    use crate::scenario::grid::GridSpec;

    #[test]
    fn a_street_is_driven_from_end_to_end_and_the_worst_is_taken() {
        let city = grid(&GridSpec { columns: 5, rows: 4, ..GridSpec::default() });
        let on = |name: &str, forwards: bool| {
            let runs = |link: &&crate::city::Link| {
                let [from, to] = [city.nodes[link.from].at_m, city.nodes[link.to].at_m];
                link.name == name && (to[0] > from[0]) == forwards
            };
            city.links.iter().filter(runs).count()
        };
        let mut roads = vec![Road::default(); city.links.len()];
        let late = city.links.iter().position(|link| link.name == "Street 3").expect("a street of that name");
        roads[late].lost_h = 2.0;
        let chain = worst(&city, &[&roads]).expect("a street");
        assert!(chain.contains(&late) && chain.windows(2).all(|pair| city.links[pair[0]].to == city.links[pair[1]].from));
        let forwards = city.nodes[city.links[late].to].at_m[0] > city.nodes[city.links[late].from].at_m[0];
        assert_eq!(chain.len(), on("Street 3", forwards));
        assert!(worst(&city, &[&vec![Road::default(); city.links.len()]]).is_none(), "nobody loses time");
    }

    #[test]
    fn intervals_of_all_runs_are_one_mean() {
        let day = |hours: f64, km: f64| Day::from([(0, (60.0, vec![[hours, km]]))]);
        let mut all = day(1.0, 10.0);
        add(&mut all, day(3.0, 10.0));
        add(&mut all, Day::from([(60, (120.0, vec![[0.0, 0.0]]))]));
        assert_eq!(all[&0].1, [[4.0, 20.0]]);
        assert_eq!(all.len(), 2);
    }
}
