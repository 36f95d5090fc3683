//! Cities made to order: a grid with arterials, a ring road, zones and a morning peak; and the small ones of theory.

pub mod cruise;
pub mod theory;

use super::{City, Control, Lane, Link, Mode, Node, OdCell, Policy, Uses, VehicleClass, Zone, junction, signal};
use crate::random::{self, Purpose};
use crate::scenario::grid::{GridSignals, GridSpec};

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// Trips of each quarter of an hour from 06:00 to 10:00 over the hour's nominal number.
const PEAK: [f64; 16] = [0.50, 0.60, 0.70, 0.80, 0.90, 1.00, 1.10, 1.10, 1.10, 1.00, 0.95, 0.90, 0.80, 0.70, 0.65, 0.60];
/// The same for the other hours, 00:00 first; 06:00 to 10:00 stand in [`PEAK`].
const HOURS: [f64; 24] =
    [0.05, 0.03, 0.02, 0.03, 0.08, 0.25, 0., 0., 0., 0., 0.55, 0.55, 0.6, 0.6, 0.6, 0.7, 0.8, 0.85, 0.75, 0.5, 0.35, 0.25, 0.2, 0.1];
/// A default demand loads the lanes with so many vehicles an hour on average: well below what a signal passes.
const MEAN_LANE_FLOW_VPH: f64 = 40.0;

/// What kind of road a street is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Street {
    Local,
    Arterial,
    Ring,
}

/// A small whole number as f64.
fn real(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// The car of `engine.md` 2 with drivers who differ, and the other classes of a street.
#[must_use]
pub fn default_classes() -> Vec<VehicleClass> {
    let car = VehicleClass { speed_dev: 0.1, speed_factor_range: [0.7, 1.3], noise: 0.1, ..VehicleClass::default() };
    let class = |id: &str, bit: u32, size: [f64; 2], max_speed_mps: f64, accel: [f64; 2], gap: [f64; 2], persons: f64| VehicleClass {
        id: id.into(),
        uses: Uses(1 << bit),
        length_m: size[0],
        width_m: size[1],
        max_speed_mps,
        accel_mps2: accel[0],
        decel_mps2: accel[1],
        headway_s: gap[0],
        min_gap_m: gap[1],
        persons,
        ..car.clone()
    };
    let van = class("van", 1, [5.5, 2.0], 42.0, [1.4, 2.0], [1.1, 2.0], 1.2);
    let truck = VehicleClass {
        speed_factor: 0.95,
        speed_dev: 0.05,
        emergency_decel_mps2: 7.0,
        ..class("truck", 2, [12.0, 2.5], 25.0, [0.9, 1.8], [1.5, 2.5], 1.0)
    };
    let bus =
        VehicleClass { speed_dev: 0.05, emergency_decel_mps2: 7.0, ..class("bus", 3, [12.0, 2.5], 23.5, [1.1, 1.5], [1.4, 2.5], 30.0) };
    let motorcycle = class("motorcycle", 4, [2.2, 0.8], 50.0, [2.5, 2.5], [0.9, 1.5], 1.1);
    vec![car, van, truck, bus, motorcycle]
}

/// Mode `car` is the mix of a street (cars, vans, lorries, motorcycles); `truck` and `bus` are themselves.
#[must_use]
pub fn default_modes() -> Vec<Mode> {
    let mix = vec![(0, 0.86), (1, 0.07), (2, 0.03), (4, 0.04)];
    let own = |id: &str, class: usize| Mode { id: id.into(), mix: vec![(class, 1.0)] };
    vec![Mode { id: "car".into(), mix }, own("truck", 2), own("bus", 3)]
}

/// Builds the grid: streets, junctions, signals, zones and a day of demand. Every link reaches every other, but for 2 x 2 junctions: that is
/// one block, and without U-turns one drives around it either way for ever.
#[must_use]
pub fn grid(spec: &GridSpec) -> City {
    let (columns, rows) = (spec.columns.max(1) as usize, spec.rows.max(1) as usize);
    let mut city = City { name: format!("grid {columns}x{rows}"), classes: default_classes(), modes: default_modes(), ..City::default() };
    for row in 0..rows {
        for column in 0..columns {
            let at_m = [real(column) * spec.block_m, real(row) * spec.block_m];
            let control = control(spec, column, row);
            let name = format!("{} & {}", street_name(spec, false, row), street_name(spec, true, column));
            city.nodes.push(Node { id: format!("n{column}_{row}"), name, at_m, control });
        }
    }
    for row in 0..rows {
        for column in 0..columns {
            if column + 1 < columns {
                both_ways(&mut city, spec, [column, row], [column + 1, row]);
            }
            if row + 1 < rows {
                both_ways(&mut city, spec, [column, row], [column, row + 1]);
            }
        }
    }
    junction::derive(&mut city);
    let policy = match spec.signals {
        GridSignals::Actuated => Policy::Actuated,
        GridSignals::MaxPressure => Policy::MaxPressure,
        GridSignals::Fixed | GridSignals::None => Policy::Fixed,
    };
    signal::derive(&mut city, &signal::Plan { policy, cycle_s: spec.cycle_s, ..signal::Plan::default() });
    green_waves(&mut city, spec);
    zones(&mut city, spec);
    demand(&mut city, spec);
    city
}

/// Kind of the street number `index` of `count`.
fn street(spec: &GridSpec, index: usize, count: usize) -> Street {
    let every = spec.arterial_every as usize;
    if count >= 4 && (index == 0 || index + 1 == count) && every > 0 {
        Street::Ring
    } else if every > 0 && index % every == every / 2 {
        Street::Arterial
    } else {
        Street::Local
    }
}

/// Kind of a street by direction.
fn kind(spec: &GridSpec, upwards: bool, index: usize) -> Street {
    street(spec, index, if upwards { spec.columns } else { spec.rows } as usize)
}

/// Avenues run north, streets run east.
fn street_name(spec: &GridSpec, upwards: bool, index: usize) -> String {
    match (kind(spec, upwards, index), upwards, index == 0) {
        (Street::Ring, true, true) => "Ring West".into(),
        (Street::Ring, true, false) => "Ring East".into(),
        (Street::Ring, false, true) => "Ring South".into(),
        (Street::Ring, false, false) => "Ring North".into(),
        (_, true, _) => format!("Avenue {}", index + 1),
        (_, false, _) => format!("Street {}", index + 1),
    }
}

/// How a junction is controlled: corners not at all.
fn control(spec: &GridSpec, column: usize, row: usize) -> Control {
    let edge = |index: usize, count: u32| index == 0 || index + 1 == count as usize;
    let arms = 4 - usize::from(edge(column, spec.columns)) - usize::from(edge(row, spec.rows));
    if arms <= 2 || spec.columns < 2 || spec.rows < 2 {
        Control::None
    } else if spec.signals != GridSignals::None {
        Control::Signal
    } else if kind(spec, true, column) == kind(spec, false, row) {
        Control::RightBeforeLeft
    } else {
        Control::Yield
    }
}

/// The two links of one side of a block.
fn both_ways(city: &mut City, spec: &GridSpec, a: [usize; 2], b: [usize; 2]) {
    let upwards = a[0] == b[0];
    let index = if upwards { a[0] } else { a[1] };
    let (kind, name) = (kind(spec, upwards, index), street_name(spec, upwards, index));
    let lanes = spec.lanes.max(1) as usize;
    let (lanes, faster_kmh, priority, facility) = match kind {
        Street::Local => (lanes, 0.0, 1, "local"),
        Street::Arterial => ((lanes + 1).min(8), 10.0, 2, "arterial"),
        Street::Ring => ((lanes + 1).min(8), 20.0, 3, "ring"),
    };
    let speed_mps = spec.limit_mps + faster_kmh / 3.6;
    let columns = spec.columns as usize;
    for (from, to) in [(a, b), (b, a)] {
        let id = format!("e{}_{}_{}_{}", from[0], from[1], to[0], to[1]);
        let [start, end] = [from, to].map(|at| at[1] * columns + at[0]);
        let shape_m = vec![city.nodes[start].at_m, city.nodes[end].at_m];
        add_link(
            city,
            Link {
                id,
                name: name.clone(),
                from: start,
                to: end,
                shape_m,
                free_speed_mps: speed_mps,
                priority,
                facility: facility.into(),
                ..Link::default()
            },
            lanes,
        );
    }
}

/// Adds a link with so many lanes, open to road traffic.
pub(crate) fn add_link(city: &mut City, mut link: Link, lanes: usize) -> usize {
    let index = city.links.len();
    link.lanes = city.lanes.len()..city.lanes.len() + lanes;
    for lane in 0..lanes {
        city.lanes.push(Lane {
            id: format!("{}#{}", link.id, lanes - lane),
            link: index,
            width_m: junction::LANE_WIDTH_M,
            speed_mps: link.free_speed_mps,
            allowed: Uses::ROAD,
            change_left: lane + 1 < lanes,
            change_right: lane > 0,
            ..Lane::default()
        });
    }
    city.links.push(link);
    index
}

/// Offsets along arterials and ring: the cycle starts later by the free-flow time from the street's first junction.
fn green_waves(city: &mut City, spec: &GridSpec) {
    let columns = spec.columns.max(1) as usize;
    let rank = |street| match street {
        Street::Local => 0,
        Street::Arterial => 1,
        Street::Ring => 2,
    };
    let block_s = |street| {
        let faster_kmh = if street == Street::Ring { 20.0 } else { 10.0 };
        spec.block_m / (spec.limit_mps + faster_kmh / 3.6)
    };
    let cycle_s = spec.cycle_s.max(1.0);
    let offsets: Vec<(usize, f64)> = (city.movements.iter())
        .filter_map(|m| m.signal.map(|(controller, _)| (controller, m.node)))
        .map(|(controller, node)| {
            let (column, row) = (node % columns, node / columns);
            let (avenue, across) = (kind(spec, true, column), kind(spec, false, row));
            let wave_s = match (rank(avenue), rank(across)) {
                (0, 0) => 0.0,
                (up, along) if along >= up => real(column) * block_s(across),
                _ => real(row) * block_s(avenue),
            };
            (controller, (wave_s % cycle_s).round())
        })
        .collect();
    for (controller, offset_s) in offsets {
        city.controllers[controller].offset_s = offset_s;
    }
}

/// Near-square tiles of junctions; population and jobs denser in the middle.
fn zones(city: &mut City, spec: &GridSpec) {
    let (columns, rows) = (spec.columns.max(1) as usize, spec.rows.max(1) as usize);
    let wanted = match spec.zones {
        0 => (columns * rows).min(64),
        some => (some as usize).min(columns * rows),
    };
    let side = ((real(columns * rows) / real(wanted)).sqrt().round()).max(1.0);
    let tile = |count: usize| (real(count) / side).round().max(1.0);
    let (across, up) = (tile(columns), tile(rows));
    let zone_of = |node: usize| {
        let (column, row) = (real(node % columns), real(node / columns));
        [(column * across / real(columns)).floor(), (row * up / real(rows)).floor()]
    };
    let tile_of: Vec<[f64; 2]> = (0..columns * rows).map(zone_of).collect();
    let seed = random::world_seed(spec.seed);
    let (mut at_row, mut zones, mut tiles) = (0.0, Vec::new(), Vec::new());
    while at_row < up {
        let mut at_column = 0.0;
        while at_column < across {
            let id = format!("z{at_column}_{at_row}");
            let centre = [(at_column + 0.5) / across, (at_row + 0.5) / up];
            let at_m = [centre[0] * real(columns - 1) * spec.block_m, centre[1] * real(rows - 1) * spec.block_m];
            let radius = 2.0 * ((centre[0] - 0.5) * (centre[0] - 0.5) + (centre[1] - 0.5) * (centre[1] - 0.5)).sqrt();
            let draw = random::pcg4d(seed, random::key_of(&id), 0, Purpose::City as u32);
            let [live, work] = [draw.w, draw.x].map(|word| f64::from(word) / 4_294_967_296.0);
            let nodes = real(columns * rows) / (across * up);
            let population = (nodes * 250.0 * (1.1 - 0.4 * radius) * (0.6 + 0.8 * live)).round();
            let jobs = (nodes * 400.0 * libm::exp(-2.0 * radius) * (0.5 + work) + nodes * 30.0).round();
            let income_decile = 1 + random::mulhi(draw.y, 10) as u8;
            zones.push(Zone {
                name: format!("District {}", zones.len() + 1),
                id,
                at_m,
                population,
                jobs,
                income_decile,
                ..Zone::default()
            });
            tiles.push([at_column, at_row]);
            at_column += 1.0;
        }
        at_row += 1.0;
    }
    for (zone, tile) in zones.iter_mut().zip(&tiles) {
        let here = |node: usize| tile_of[node].iter().zip(tile).all(|(a, b)| (a - b).abs() < 0.5);
        let all =
            |end: &dyn Fn(&Link) -> usize| -> Vec<usize> { (0..city.links.len()).filter(|&link| here(end(&city.links[link]))).collect() };
        let local = |links: Vec<usize>| -> Vec<usize> {
            let quiet: Vec<usize> = links.iter().copied().filter(|&link| city.links[link].facility == "local").collect();
            if quiet.is_empty() { links } else { quiet }
        };
        (zone.origins, zone.destinations) = (local(all(&|link| link.from)), local(all(&|link| link.to)));
    }
    city.zones = zones;
}

/// Gravity demand: three of four trips go from homes to jobs, the rest the other way; even over the day when a number of trips is given, with
/// a morning peak when not.
fn demand(city: &mut City, spec: &GridSpec) {
    let decay_per_m = 1.0 / spec.decay_m.max(1.0);
    let mut weights = Vec::new();
    for (origin, from) in city.zones.iter().enumerate() {
        for (destination, to) in city.zones.iter().enumerate().filter(|(destination, _)| *destination != origin) {
            let distance_m = (from.at_m[0] - to.at_m[0]).abs() + (from.at_m[1] - to.at_m[1]).abs();
            let pull = 0.75 * from.population * to.jobs + 0.25 * from.jobs * to.population;
            weights.push((origin, destination, pull * libm::exp(-distance_m * decay_per_m), distance_m.max(spec.block_m)));
        }
    }
    let total: f64 = weights.iter().map(|w| w.2).sum();
    if total <= 0.0 {
        return;
    }
    let mean_m: f64 = weights.iter().map(|w| w.2 * w.3).sum::<f64>() / total;
    let lane_m: f64 = city.lanes.iter().map(|lane| lane.length_m).sum();
    let trips_per_h = spec.trips_per_h.unwrap_or_else(|| (MEAN_LANE_FLOW_VPH * lane_m / mean_m / 100.0).round() * 100.0);
    let mut spans: Vec<(f64, f64, f64)> = Vec::new();
    for (hour, factor) in HOURS.iter().enumerate() {
        let from_s = real(hour) * 3600.0;
        if spec.trips_per_h.is_some() {
            spans.push((from_s, from_s + 3600.0, 1.0));
        } else if *factor > 0.0 {
            spans.push((from_s, from_s + 3600.0, *factor));
        } else {
            let first = 4 * (hour - 6);
            spans.extend((0..4).map(|q| (from_s + real(q) * 900.0, from_s + real(q + 1) * 900.0, PEAK[first + q] / 4.0)));
        }
    }
    debug_assert!(spans.last().is_some_and(|span| span.1 <= DAY_S), "a day has 24 hours");
    for (from_s, to_s, factor) in spans {
        city.od.extend(weights.iter().map(|&(origin, destination, weight, _)| OdCell {
            origin,
            destination,
            mode: 0,
            from_s,
            to_s,
            trips: trips_per_h * factor * weight / total,
            ..OdCell::default()
        }));
    }
}

/// Lets the demand of a generated city go on as on its first day until `to_s` \[s since midnight of that day\].
pub fn further_days(city: &mut City, to_s: f64) {
    let day = city.od.clone();
    let mut midnight_s = DAY_S;
    while midnight_s < to_s {
        let later = |cell: &OdCell| OdCell { from_s: cell.from_s + midnight_s, to_s: cell.to_s + midnight_s, ..cell.clone() };
        city.od.extend(day.iter().map(later));
        midnight_s += DAY_S;
    }
}
