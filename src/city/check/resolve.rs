//! References of a study: the road, junction, zone or mode that a name means. None or several is an error that lists what there is.

use super::values;
use crate::city::City;
use crate::diagnostic::{Diagnostic, Place, plural};
use crate::ids::{self, folded};
use crate::scenario::quantity::Pick;
use crate::units::short;
use std::collections::{BTreeMap, BTreeSet};

/// Gaps of a road that are bridged \[m\].
const GAP_M: f64 = 150.0;
/// Nodes so near to each other are one junction \[m\].
const JUNCTION_M: f64 = 60.0;
/// Candidates listed.
const LISTED: usize = 10;

/// What a reference can not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// C211, C212 or C213.
    pub code: u16,
    /// One sentence.
    pub message: String,
    /// What could have been meant.
    pub candidates: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Unclear {
    /// As a diagnostic.
    #[must_use]
    pub fn at(self, place: &Place) -> Diagnostic {
        let told = Diagnostic::error(self.code, self.message).at(place, "");
        self.candidates.iter().fold(told, |told, c| told.candidate(c)).hint(self.hint)
    }
}

/// Names of a city, folded once.
pub struct Index<'a> {
    city: &'a City,
    streets: BTreeMap<String, Vec<usize>>,
    links: BTreeMap<&'a str, usize>,
    nodes: BTreeMap<&'a str, usize>,
    zones: BTreeMap<String, Vec<usize>>,
}

impl<'a> Index<'a> {
    /// All names of `city`.
    #[must_use]
    pub fn new(city: &'a City) -> Index<'a> {
        let mut streets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, link) in city.links.iter().enumerate().filter(|(_, l)| !l.name.is_empty()) {
            streets.entry(folded(&link.name)).or_default().push(index);
        }
        let mut zones: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, zone) in city.zones.iter().enumerate() {
            zones.entry(folded(&zone.id)).or_default().push(index);
            if !zone.name.is_empty() && folded(&zone.name) != folded(&zone.id) {
                zones.entry(folded(&zone.name)).or_default().push(index);
            }
        }
        let links = city.links.iter().enumerate().map(|(i, l)| (l.id.as_str(), i)).collect();
        let nodes = city.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
        Index { city, streets, links, nodes, zones }
    }

    /// The links of one road, by name or id.
    ///
    /// # Errors
    /// C211 with candidates.
    pub fn road(&self, name: &str, near: Option<&Pick>) -> Result<Vec<usize>, Unclear> {
        if let Some(id) = name.strip_prefix('#').or_else(|| name.strip_prefix("sumo:")) {
            return self.link(id).map(|link| vec![link]);
        }
        if let Some(way) = name.strip_prefix("osm:way/") {
            let prefix = format!("w{way}_");
            let links: Vec<usize> =
                self.links.range(prefix.as_str()..).take_while(|(id, _)| id.starts_with(&prefix)).map(|(_, l)| *l).collect();
            let none =
                || Unclear { code: 211, message: format!("no link comes from way {}", short(way)), candidates: Vec::new(), hint: None };
            return if links.is_empty() { Err(none()) } else { Ok(links) };
        }
        let Some(links) = self.streets.get(&folded(name)) else { return Err(self.no_road(name)) };
        let mut chains = self.chains(links);
        if chains.len() > 1
            && let Some(near) = near
        {
            let at = self.near(near)?;
            let far = |chain: &Vec<usize>| self.distance_m(chain, at);
            if let Some(best) = (0..chains.len()).min_by(|a, b| far(&chains[*a]).total_cmp(&far(&chains[*b]))) {
                return Ok(chains.swap_remove(best));
            }
        }
        if chains.len() == 1 {
            return Ok(chains.swap_remove(0));
        }
        let candidates = chains.iter().take(LISTED).map(|chain| self.candidate(chain)).collect();
        let hint = match self.district(&chains[0]) {
            Some(zone) => format!("add near = \"{zone}\", or name one link by its id: \"#{}\"", self.city.links[chains[0][0]].id),
            None => format!("name one link by its id: \"#{}\"", self.city.links[chains[0][0]].id),
        };
        let message = format!("\"{}\" is not one road: {} candidates", short(name), chains.len());
        Err(Unclear { code: 211, message, candidates, hint: Some(hint) })
    }

    /// One link by its id.
    ///
    /// # Errors
    /// C211 with the nearest id.
    pub fn link(&self, id: &str) -> Result<usize, Unclear> {
        let id = id.strip_prefix('#').or_else(|| id.strip_prefix("sumo:")).unwrap_or(id);
        self.links.get(id).copied().ok_or_else(|| {
            let near = ids::nearest(id, self.links.keys().copied()).map(|n| format!("did you mean \"#{n}\"?"));
            Unclear { code: 211, message: format!("no link has the id \"{}\"", short(id)), candidates: Vec::new(), hint: near }
        })
    }

    fn no_road(&self, name: &str) -> Unclear {
        let names: BTreeSet<&str> = self.city.links.iter().map(|l| l.name.as_str()).filter(|n| !n.is_empty()).collect();
        let near = ids::ranked(name, names.iter().copied(), 3);
        let candidates = near.iter().map(|(_, n)| (*n).to_owned()).collect();
        let hint = if names.is_empty() {
            let first = self.city.links.first().map_or("link", |l| l.id.as_str());
            format!("the roads of this city have no names: name a link by its id, such as \"#{first}\"")
        } else {
            "these are the nearest names; `\"#id\"` names a link by its id".to_owned()
        };
        Unclear { code: 211, message: format!("no road is named \"{}\"", short(name)), candidates, hint: Some(hint) }
    }

    /// Links of one name as connected chains; gaps up to 150 m are bridged.
    fn chains(&self, links: &[usize]) -> Vec<Vec<usize>> {
        let at = |node: usize| self.city.nodes[node].at_m;
        let ends = |link: usize| [self.city.links[link].from, self.city.links[link].to];
        let close =
            |a: usize, b: usize| ends(a).iter().any(|x| ends(b).iter().any(|y| x == y || values::length_m(&[at(*x), at(*y)]) <= GAP_M));
        let mut rest: Vec<usize> = links.to_vec();
        let mut chains = Vec::new();
        while let Some(first) = rest.first().copied() {
            let (mut chain, mut next) = (vec![first], 0);
            rest.remove(0);
            while next < chain.len() {
                let here = chain[next];
                next += 1;
                let (joined, apart): (Vec<usize>, Vec<usize>) = rest.iter().partition(|l| close(here, **l));
                chain.extend(joined);
                rest = apart;
            }
            chain.sort_unstable();
            chains.push(chain);
        }
        chains
    }

    fn candidate(&self, chain: &[usize]) -> String {
        let km = chain.iter().map(|l| self.city.links[*l].length_m).sum::<f64>() / 1000.0;
        let first = &self.city.links[chain[0]];
        let district = self.district(chain).map_or_else(String::new, |zone| format!("{zone}, "));
        format!("#{}  {}, {district}{km:.1} km, {}", first.id, first.name, plural(chain.len(), "link"))
    }

    /// Name of the zone whose centre is nearest to the middle of a chain.
    fn district(&self, chain: &[usize]) -> Option<&'a str> {
        let zones = self.city.zones.iter().min_by(|a, b| self.distance_m(chain, a.at_m).total_cmp(&self.distance_m(chain, b.at_m)));
        zones.map(|z| if z.name.is_empty() { z.id.as_str() } else { z.name.as_str() })
    }

    fn distance_m(&self, chain: &[usize], at: [f64; 2]) -> f64 {
        let end = |link: &usize| values::length_m(&[self.city.nodes[self.city.links[*link].from].at_m, at]);
        chain.iter().map(end).fold(f64::INFINITY, f64::min)
    }

    /// The place that `near` names.
    ///
    /// # Errors
    /// C211 with the nearest names.
    pub fn near(&self, near: &Pick) -> Result<[f64; 2], Unclear> {
        let fail = |message: String, candidates, hint: &str| Unclear { code: 211, message, candidates, hint: Some(hint.to_owned()) };
        match near {
            Pick::Text(name) => {
                if let Ok(zone) = self.zone(name) {
                    return Ok(self.city.zones[zone].at_m);
                }
                let street = self.streets.get(&folded(name)).map(|links| self.city.nodes[self.city.links[links[0]].from].at_m);
                street.ok_or_else(|| {
                    let zones = self.city.zones.iter().flat_map(|zone| [zone.id.as_str(), zone.name.as_str()]);
                    let names: BTreeSet<&str> = zones.chain(self.city.links.iter().map(|link| link.name.as_str())).collect();
                    let candidates = ids::ranked(name, names.into_iter().filter(|name| !name.is_empty()), 3);
                    let candidates = candidates.into_iter().map(|(_, name)| name.to_owned()).collect();
                    let message = format!("no zone or road is named \"{}\"", short(name));
                    fail(message, candidates, "near takes the name of a zone or a road; these are the nearest names")
                })
            }
            Pick::Point(place) => crate::city::globe::metres(&self.city.crs, *place).ok_or_else(|| {
                let message = format!("[{}, {}] cannot be found in this city", place[0], place[1]);
                let hint = if self.city.crs.is_empty() {
                    "the city does not say where on the globe it lies: near takes the name of a zone or a road"
                } else {
                    "near = [longitude, latitude] in degrees is read where crs is UTM or another transverse Mercator projection"
                };
                fail(message, Vec::new(), hint)
            }),
            Pick::Number(_) => {
                let message = "a number is no place".to_owned();
                Err(fail(message, Vec::new(), "take the name of a zone or a road, or [longitude, latitude]"))
            }
        }
    }

    /// The nodes of one junction: `A Street & B Street`, or `#id`.
    ///
    /// # Errors
    /// C212 (or C211 for one of the roads) with candidates.
    pub fn junction(&self, at: &str) -> Result<Vec<usize>, Unclear> {
        let fail = |message: String, candidates: Vec<String>, hint: Option<String>| Unclear { code: 212, message, candidates, hint };
        let Some((a, b)) = at.split_once('&').map(|(a, b)| (a.trim(), b.trim())) else {
            let id = at.strip_prefix('#').unwrap_or(at);
            return self.nodes.get(id).map(|n| vec![*n]).ok_or_else(|| {
                let near = ids::nearest(id, self.nodes.keys().copied()).map(|n| format!("did you mean \"#{n}\"?"));
                let hint = near.or_else(|| Some("write \"A Street & B Street\", or \"#id\" of a node".to_owned()));
                fail(format!("no junction is \"{}\"", short(at)), Vec::new(), hint)
            });
        };
        let nodes = |street: &str| -> Result<BTreeSet<usize>, Unclear> {
            let links = match street.strip_prefix('#') {
                Some(id) => vec![self.link(id)?],
                None => self.streets.get(&folded(street)).cloned().ok_or_else(|| self.no_road(street))?,
            };
            Ok(links.iter().flat_map(|l| [self.city.links[*l].from, self.city.links[*l].to]).collect())
        };
        let both: Vec<usize> = nodes(a)?.intersection(&nodes(b)?).copied().collect();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for node in both {
            let near = |group: &&mut Vec<usize>| {
                group.iter().any(|n| values::length_m(&[self.city.nodes[*n].at_m, self.city.nodes[node].at_m]) <= JUNCTION_M)
            };
            match groups.iter_mut().find(near) {
                Some(group) => group.push(node),
                None => groups.push(vec![node]),
            }
        }
        match groups.len() {
            1 => Ok(groups.swap_remove(0)),
            0 => Err(fail(
                format!("\"{}\" and \"{}\" do not meet", short(a), short(b)),
                Vec::new(),
                Some("name a node by its id: \"#id\"".to_owned()),
            )),
            n => {
                let name = |g: &Vec<usize>| {
                    format!(
                        "#{}  at {:.0}, {:.0} m",
                        self.city.nodes[g[0]].id, self.city.nodes[g[0]].at_m[0], self.city.nodes[g[0]].at_m[1]
                    )
                };
                let hint = Some(format!("name one by its id: at = \"#{}\"", self.city.nodes[groups[0][0]].id));
                Err(fail(
                    format!("\"{}\" and \"{}\" meet {n} times", short(a), short(b)),
                    groups.iter().take(LISTED).map(name).collect(),
                    hint,
                ))
            }
        }
    }

    /// A zone by its id or name.
    ///
    /// # Errors
    /// C213 with the nearest names.
    pub fn zone(&self, name: &str) -> Result<usize, Unclear> {
        let name = name.strip_prefix('#').unwrap_or(name);
        match self.zones.get(&folded(name)).map(Vec::as_slice) {
            Some([one]) => Ok(*one),
            Some(several) => {
                let candidates =
                    several.iter().take(LISTED).map(|z| format!("#{}  {}", self.city.zones[*z].id, self.city.zones[*z].name)).collect();
                let message = format!("{} zones are named \"{}\"", several.len(), short(name));
                Err(Unclear { code: 213, message, candidates, hint: Some("take the id".to_owned()) })
            }
            None => {
                let names = self.city.zones.iter().flat_map(|z| [z.id.as_str(), z.name.as_str()]).filter(|n| !n.is_empty());
                let candidates: Vec<String> = ids::ranked(name, names, 3).into_iter().map(|(_, n)| n.to_owned()).collect();
                let hint = if candidates.is_empty() { "this city has no zones" } else { "these are the nearest names" };
                Err(Unclear {
                    code: 213,
                    message: format!("no zone is named \"{}\"", short(name)),
                    candidates,
                    hint: Some(hint.to_owned()),
                })
            }
        }
    }

    /// A mode by its id.
    ///
    /// # Errors
    /// C213 with what there is.
    pub fn mode(&self, name: &str) -> Result<usize, Unclear> {
        self.city.modes.iter().position(|m| m.id == name).ok_or_else(|| {
            let all: Vec<&str> = self.city.modes.iter().map(|m| m.id.as_str()).take(20).collect();
            let hint = Some(format!("modes of this city: {}", all.join(", ")));
            Unclear { code: 213, message: format!("no mode is named \"{}\"", short(name)), candidates: Vec::new(), hint }
        })
    }
}
