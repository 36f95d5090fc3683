//! Zones, vehicle classes and modes.

use super::values::{self, Config, ring, use_named};
use super::{Known, duplicate, undefined};
use crate::city::{City, Following, Mode, Uses, VehicleClass, Zone};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::Names;
use crate::scenario::folder::Folder;
use crate::scenario::table::Row;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A zone without links of its own takes those of the nearest nodes within this \[m\].
const NEAR_M: f64 = 500.0;

/// `zone.csv`. Links of a zone: those listed, else those at its nodes, else those at the node nearest to its centre.
pub fn zones(folder: &Folder, city: &mut City, known: &mut Known, zone_of_node: &[String], found: &mut Diagnostics) {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (node, zone) in zone_of_node.iter().enumerate().filter(|(_, zone)| !zone.is_empty()) {
        members.entry(zone).or_default().push(node);
    }
    let mut at_node = vec![[Vec::new(), Vec::new()]; city.nodes.len()];
    for (index, link) in city.links.iter().enumerate() {
        at_node[link.from][0].push(index);
        at_node[link.to][1].push(index);
    }
    for row in folder.table("zone.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "zone_id", &mut known.zones, city.zones.len(), found) {
            continue;
        }
        let id = row.text("zone_id");
        let nodes = members.get(id).cloned().unwrap_or_default();
        let boundary = ring(row, "boundary", found);
        let x = row.number("x_coord", -super::values::FAR_M..=super::values::FAR_M, found);
        let y = row.number("y_coord", -super::values::FAR_M..=super::values::FAR_M, found);
        let at_m = match (x, y) {
            (Some(x), Some(y)) => [x, y],
            _ if !boundary.is_empty() => mean(boundary.iter().copied()),
            _ => mean(nodes.iter().map(|n| city.nodes[*n].at_m)),
        };
        let placed = x.is_some() && y.is_some() || !boundary.is_empty() || !nodes.is_empty();
        let mut ends = [listed(row, "origins", known, found), listed(row, "destinations", known, found)];
        if ends[0].is_none() && ends[1].is_none() {
            let nodes = if nodes.is_empty() && placed { nearest(city, at_m) } else { nodes };
            ends = [0, 1].map(|end: usize| Some(nodes.iter().flat_map(|n| at_node[*n][end].iter().copied()).collect()));
        }
        let [origins, destinations] = ends.map(Option::unwrap_or_default);
        city.zones.push(Zone {
            id: id.into(),
            name: row.text("name").into(),
            at_m,
            population: row.number("population", 0.0..=1e9, found).unwrap_or(0.0),
            jobs: row.number("jobs", 0.0..=1e9, found).unwrap_or(0.0),
            income_decile: row.whole("income_decile", 0..=10, found).and_then(|d| u8::try_from(d).ok()).unwrap_or(0),
            origins,
            destinations,
        });
    }
}

fn mean(points: impl Iterator<Item = [f64; 2]>) -> [f64; 2] {
    let (mut sum, mut n) = ([0.0, 0.0], 0.0);
    for p in points {
        sum = [sum[0] + p[0], sum[1] + p[1]];
        n += 1.0;
    }
    if n > 0.0 { [sum[0] / n, sum[1] / n] } else { sum }
}

/// The node nearest to a point, if it is near.
fn nearest(city: &City, at: [f64; 2]) -> Vec<usize> {
    let far = |n: &usize| values::length_m(&[city.nodes[*n].at_m, at]);
    let best = (0..city.nodes.len()).min_by(|a, b| far(a).total_cmp(&far(b)));
    best.filter(|n| far(n) <= NEAR_M).into_iter().collect()
}

/// Link ids separated by semicolons or blanks; `None` if the cell is empty.
fn listed(row: Row, column: &str, known: &Known, found: &mut Diagnostics) -> Option<Vec<usize>> {
    let text = row.text(column);
    let mut links = Vec::new();
    for id in text.split(';').map(str::trim).filter(|id| !id.is_empty()) {
        match known.links.get(id) {
            Some(link) => links.push(link),
            None => {
                let hint = known.links.nearest(id).map(|n| format!("link.csv has \"{n}\"; did you mean that?"));
                let message = format!(
                    "zone \"{}\" lists an undefined link \"{}\"",
                    crate::units::short(row.text("zone_id")),
                    crate::units::short(id)
                );
                found.push(Diagnostic::error(203, message).at(&row.place(column), "").hint(hint));
            }
        }
    }
    (!text.is_empty()).then_some(links)
}

/// `use_definition.csv` and `mode.csv`; without them the classes of a common street.
pub fn classes(folder: &Folder, city: &mut City, known: &mut Known, config: &Config, found: &mut Diagnostics) {
    let defaults = crate::city::generate::default_classes();
    for row in folder.table("use_definition.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "use", &mut known.classes, city.classes.len(), found) {
            continue;
        }
        let class = class(row, &defaults, config, found);
        city.classes.push(class);
    }
    if city.classes.is_empty() {
        city.classes = defaults;
        known.classes = Names::of(city.classes.iter().map(|c| c.id.as_str()));
    }
    for row in folder.table("mode.csv").iter().flat_map(|t| t.rows()) {
        let what = || format!("mode \"{}\" names an undefined class", crate::units::short(row.text("mode")));
        let class = undefined(row, "class", &known.classes, "use_definition.csv", "use", what, found);
        let weight = row.number("weight", 0.0..=1e9, found).unwrap_or(1.0);
        let name = row.text("mode");
        let index = known.modes.get(name).unwrap_or_else(|| {
            let _ = known.modes.insert(name, city.modes.len());
            city.modes.push(Mode { id: name.into(), mix: Vec::new() });
            city.modes.len() - 1
        });
        city.modes[index].mix.extend(class.map(|class| (class, weight)));
    }
    for mode in &city.modes {
        if !mode.mix.is_empty() && mode.mix.iter().all(|m| m.1 <= 0.0) {
            let place = crate::diagnostic::Place::file(&folder.shown("mode.csv"));
            found.push(Diagnostic::error(230, format!("all weights of mode \"{}\" are 0", mode.id)).at(&place, ""));
        }
    }
    if city.modes.is_empty() && folder.table("use_definition.csv").is_none() {
        city.modes = crate::city::generate::default_modes();
        known.modes = Names::of(city.modes.iter().map(|m| m.id.as_str()));
    }
    // A class can be named where a mode is wanted.
    for (index, class) in city.classes.iter().enumerate() {
        if known.modes.insert(&class.id, city.modes.len()).is_ok() {
            city.modes.push(Mode { id: class.id.clone(), mix: vec![(index, 1.0)] });
        }
    }
}

fn class(row: Row, defaults: &[VehicleClass], config: &Config, found: &mut Diagnostics) -> VehicleClass {
    let of = row.text("class_of");
    // Several uses: a vehicle that may drive wherever one of them may.
    let named = if of.is_empty() { use_named(row.text("use")) } else { values::uses(row, "class_of", config, found) };
    let uses = named.filter(|uses| uses.0 != 0).unwrap_or(Uses(1));
    let base = defaults.iter().find(|c| c.uses == uses).cloned().unwrap_or_default();
    let mut number = |column: &str, default: f64, range: RangeInclusive<f64>| row.number(column, range, found).unwrap_or(default);
    let mut class = VehicleClass {
        id: row.text("use").into(),
        uses,
        length_m: number("length_m", base.length_m, 0.2..=200.0),
        width_m: number("width_m", base.width_m, 0.1..=10.0),
        max_speed_mps: number("max_speed_mps", base.max_speed_mps, 0.1..=1000.0),
        accel_mps2: number("accel_mps2", base.accel_mps2, 0.01..=100.0),
        decel_mps2: number("decel_mps2", base.decel_mps2, 0.5..=12.0),
        emergency_decel_mps2: number("emergency_decel_mps2", base.emergency_decel_mps2, 0.5..=100.0),
        headway_s: number("headway_s", base.headway_s, 0.125..=3.996),
        min_gap_m: number("min_gap_m", base.min_gap_m, 0.5..=8.0),
        speed_factor: number("speed_factor", base.speed_factor, 0.1..=3.0),
        speed_dev: number("speed_dev", base.speed_dev, 0.0..=1.0),
        speed_factor_range: [
            number("speed_factor_min", base.speed_factor_range[0].min(1.0), 0.01..=3.0),
            number("speed_factor_max", base.speed_factor_range[1], 0.1..=5.0),
        ],
        noise: number("noise", 0.0, 0.0..=4.0),
        following: base.following,
        persons: number("persons_per_vehicle", base.persons, 0.0..=1000.0),
    };
    class.following = row.word("following", &[("idm", Following::Idm), ("krauss", Following::Krauss)], class.following, found);
    let mut clamp = |column: &str, unit: &str, value: &mut f64, least: f64, most: f64| {
        let used = value.clamp(least, most);
        if (used - *value).abs() > 0.0 {
            let message = format!("{column} {value} {unit} is used as {used} {unit}");
            found.push(Diagnostic::warning(231, message).at(&row.place(column), format!("the laws admit {least} to {most}")));
            *value = used;
        }
    };
    clamp("accel_mps2", "m/s2", &mut class.accel_mps2, 0.25, 4.0);
    clamp("max_speed_mps", "m/s", &mut class.max_speed_mps, 0.1, 64.0);
    clamp("emergency_decel_mps2", "m/s2", &mut class.emergency_decel_mps2, class.decel_mps2.max(0.5), 12.0_f64.max(class.decel_mps2));
    if class.speed_factor_range[0] > class.speed_factor_range[1] {
        found.push(Diagnostic::error(230, "speed_factor_min is above speed_factor_max").at(&row.place("speed_factor_max"), ""));
    }
    if (class.accel_mps2 * class.decel_mps2).sqrt() < 0.5 {
        let message = format!("accel {} and decel {} m/s2 are too small together", class.accel_mps2, class.decel_mps2);
        found.push(Diagnostic::error(230, message).at(&row.place("decel_mps2"), "their product must be at least 0.25"));
    }
    class
}
