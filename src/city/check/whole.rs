//! The city as a whole: parts that hang together, zones that can be reached, somebody who moves.

use crate::city::City;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, plural};
use crate::scenario::folder::Folder;

/// Isolated parts listed.
const LISTED: usize = 5;
/// Origin-destination pairs searched for a way.
const PAIRS: usize = 2_000;

/// C304: a link that nothing leads out of or into though its node has others; C305: parts without any movement between them.
pub fn connected(folder: &Folder, city: &City, found: &mut Diagnostics) {
    let mut part: Vec<usize> = (0..city.links.len()).collect();
    for movement in &city.movements {
        let (a, b) = (root(&mut part, city.lanes[movement.from_lane].link), root(&mut part, city.lanes[movement.to_lane].link));
        part[a.max(b)] = a.min(b);
    }
    let mut sizes = std::collections::BTreeMap::new();
    for link in (0..city.links.len()).filter(|l| !city.links[*l].lanes.is_empty()) {
        *sizes.entry(root(&mut part, link)).or_insert(0_usize) += 1;
    }
    let Some(largest) = sizes.iter().max_by_key(|(first, size)| (**size, std::cmp::Reverse(**first))).map(|(first, _)| *first) else {
        return;
    };
    let others: Vec<(usize, usize)> = sizes.into_iter().filter(|(first, _)| *first != largest).collect();
    if others.is_empty() {
        return;
    }
    let links: usize = others.iter().map(|o| o.1).sum();
    let names: Vec<String> =
        others.iter().take(LISTED).map(|(first, size)| format!("\"{}\" ({})", city.links[*first].id, plural(*size, "link"))).collect();
    let message =
        format!("{} apart from the rest of the network: {} in {}", plural(links, "link"), names.join(", "), plural(others.len(), "part"));
    let hint = "no movement leads into or out of them; nobody can drive there from elsewhere".to_owned();
    found.push(Diagnostic::warning(305, message).at(&Place::file(&folder.shown("link.csv")), "").hint(hint));
}

fn root(part: &mut [usize], mut at: usize) -> usize {
    while part[at] != at {
        part[at] = part[part[at]];
        at = part[at];
    }
    at
}

/// C302 for pairs of zones without any way; told once, with the trips lost.
pub fn reachable(folder: &Folder, city: &City, found: &mut Diagnostics) {
    let mut pairs: std::collections::BTreeMap<(usize, usize), Vec<(usize, f64)>> = std::collections::BTreeMap::new();
    for cell in city.od.iter().filter(|c| c.trips > 0.0) {
        if !city.zones[cell.origin].origins.is_empty() && !city.zones[cell.destination].destinations.is_empty() {
            pairs.entry((cell.mode, cell.destination)).or_default().push((cell.origin, cell.trips));
        }
    }
    let mut graphs = std::collections::BTreeMap::new();
    let mut search = crate::paths::Search::default();
    let (mut lost, mut first, mut cells) = (0.0, None, 0);
    for ((mode, destination), origins) in pairs.into_iter().take(PAIRS) {
        let graph = graphs.entry(mode).or_insert_with(|| {
            let uses: Vec<crate::city::Uses> = city.modes[mode].mix.iter().filter(|m| m.1 > 0.0).map(|m| city.classes[m.0].uses).collect();
            crate::city::demand::link_graph(city, &uses)
        });
        let goal = city.zones[destination].destinations[0];
        let tree = search.tree(graph, u32::try_from(goal).unwrap_or(0));
        for (origin, trips) in origins {
            if tree.cost_ms[city.zones[origin].origins[0]] == u32::MAX {
                lost += trips;
                cells += 1;
                first = first.or(Some((origin, destination, mode)));
            }
        }
    }
    let Some((origin, destination, mode)) = first else { return };
    let message = format!(
        "no way for {} of the demand ({lost:.0} trips), first from zone \"{}\" to \"{}\" by {}",
        plural(cells, "cell"),
        city.zones[origin].id,
        city.zones[destination].id,
        city.modes[mode].id
    );
    let hint = "these trips count as refused; check one-way streets and movements at both ends".to_owned();
    found.push(Diagnostic::warning(302, message).at(&Place::file(&folder.shown("od.csv")), "").hint(hint));
}
