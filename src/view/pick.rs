//! Choosing: what lies under the pointer, what bears a name, where delay is worst, and what is told of it.

use super::camera::{Bounds, Camera};
use super::driver::Subject;
use super::gpu::FAR;
use super::play::{Play, Shot};
use super::trace::{Point, Trace};
use crate::city::{City, Policy, demand};
use crate::simulation::RunError;
use crate::tables::layout::{NONE, Vehicle};
use crate::units::clock_text;

/// Something in the city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// A link, by its index in the city.
    Link(usize),
    /// A junction, likewise.
    Node(usize),
    /// A vehicle, by its trip.
    Vehicle(u32),
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Of what.
    pub chosen: Chosen,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Three numbers: name, value with unit.
    pub numbers: Vec<[String; 2]>,
    /// More in words.
    pub notes: Vec<String>,
    /// Curves: name with unit, values over the time of day \[s\].
    pub curves: Vec<(&'static str, Vec<[f64; 2]>)>,
    /// Where it is \[m\], while it is there.
    pub at_m: Option<[f64; 2]>,
}

/// Nearer than so to the pointer is under it \[px\].
const REACH_PX: f64 = 9.0;
/// Rows of a list.
pub const TEN: usize = 10;

fn km_h(mps: f64) -> String {
    format!("{:.0} km/h", mps * 3.6)
}

/// Minutes and seconds.
fn span(s: f64) -> String {
    let whole = s.max(0.0).round();
    format!("{:.0}:{:02.0} min", (whole / 60.0).floor(), whole % 60.0)
}

impl Facts {
    /// Of what is chosen, with what was seen of it before.
    ///
    /// # Errors
    /// What the device says.
    pub fn gather(
        subject: &Subject,
        play: &mut Play<'_>,
        shot: &Shot,
        trace: &Trace,
        chosen: Chosen,
        before: Option<Facts>,
    ) -> Result<Facts, RunError> {
        match chosen {
            Chosen::Link(link) => Ok(of_link(&subject.city, shot, &trace.of(link), link)),
            Chosen::Node(node) => of_node(subject, play, shot, trace, node),
            Chosen::Vehicle(trip) => of_vehicle(subject, play, shot, trip, before),
        }
    }
}

fn title(name: &str, id: &str) -> String {
    if name.is_empty() { id.to_owned() } else { name.to_owned() }
}

fn of_link(city: &City, shot: &Shot, trace: &[Point], number: usize) -> Facts {
    let (link, now) = (&city.links[number], &shot.links[number]);
    let free_kmh = link.free_speed_mps * 3.6;
    let speed = if now.speed_share.is_nan() { "nobody".into() } else { km_h(f64::from(now.speed_share) * link.free_speed_mps) };
    let of = |value: fn(&Point) -> f64| trace.iter().map(|p| [p.time_s, value(p)]).filter(|p| p[1].is_finite()).collect::<Vec<_>>();
    let speeds = of(|p| p.speed_share).into_iter().map(|[t, share]| [t, share * free_kmh]).collect();
    let ends = [link.from, link.to].map(|node| title(&city.nodes[node].name, &city.nodes[node].id));
    let middle = link.shape_m[link.shape_m.len() / 2];
    let delay = if now.delay_min.is_nan() { "nobody to lose time".into() } else { format!("{:.1} min lost by a vehicle", now.delay_min) };
    Facts {
        chosen: Chosen::Link(number),
        name: title(&link.name, &link.id),
        kind: format!("Link {}", link.id),
        numbers: vec![
            ["Flow".into(), format!("{:.0} veh/h/lane", now.flow_vph_lane)],
            ["Speed".into(), speed],
            ["Queue".into(), format!("{:.0} m", now.queue_m)],
        ],
        notes: vec![
            format!("{} to {}", ends[0], ends[1]),
            format!("{:.0} m, lanes: {}, free {free_kmh:.0} km/h", link.length_m, link.lanes.len()),
            delay,
        ],
        curves: vec![("Flow [veh/h/lane]", of(|p| p.flow_vph_lane)), ("Speed [km/h]", speeds), ("Queue [m]", of(|p| p.queue_m))],
        at_m: Some(middle),
    }
}

/// Points of a chosen vehicle's curve at most.
const STEPS: usize = 2000;

fn of_vehicle(subject: &Subject, play: &mut Play<'_>, shot: &Shot, trip: u32, before: Option<Facts>) -> Result<Facts, RunError> {
    let (city, per_s) = (&subject.city, subject.per_s());
    let tables = play.here();
    let state = play.state()?;
    let log = state.log(trip as usize);
    let row = state.vehicles.iter().find(|v| v.trip == trip).copied();
    let mut speeds = before.map_or_else(Vec::new, |facts| facts.curves.into_iter().next().map(|(_, points)| points).unwrap_or_default());
    let place = |zone: Option<usize>, link: Option<usize>| match (zone, link) {
        (Some(zone), _) => title(&city.zones[zone].name, &city.zones[zone].id),
        (None, Some(link)) => title(&city.links[link].name, &city.links[link].id),
        (None, None) => "not told".into(),
    };
    let (mut name, mut notes) = (format!("vehicle {trip}"), Vec::new());
    if let Some(asked) = tables.roster.get(trip as usize) {
        name = demand::name(city, asked.source(), asked.ordinal).into_owned();
        let (_, origin, destination) = demand::ends(city, asked.source());
        let path = city.trips.get(asked.source() as usize).map(|trip| &trip.path);
        let first = path.and_then(|path| path.first().copied());
        let last = path.and_then(|path| path.last().copied());
        notes.push(format!("from {}", place(origin, first)));
        notes.push(format!("to {}", place(destination, last)));
    }
    if log.depart != NONE {
        notes.push(format!("departed {}", clock_text(play.time_s(log.depart))));
    }
    let (speed, odo, free_ms, end) = match row {
        Some(v) => (Some(f64::from(v.v) / 65536.0), v.odo, v.free_ms, shot.tick),
        None => (None, log.odo, log.free_ms, log.arrive),
    };
    if let Some(mps) = speed
        && speeds.last().is_none_or(|last: &[f64; 2]| shot.time_s > last[0])
    {
        speeds.push([shot.time_s, mps * 3.6]);
        if speeds.len() > STEPS {
            speeds.remove(0);
        }
    }
    let delay_s = (f64::from(end.saturating_sub(log.depart)) / per_s - f64::from(free_ms) / 1000.0).max(0.0);
    Ok(Facts {
        chosen: Chosen::Vehicle(trip),
        name,
        kind: row.map_or("Vehicle".into(), |v| {
            city.classes.get((v.traits & 63) as usize).map_or("Vehicle".into(), |class| format!("Vehicle, {}", class.id))
        }),
        numbers: vec![
            ["Speed".into(), speed.map_or("arrived".into(), km_h)],
            ["Delay".into(), span(delay_s)],
            ["Driven".into(), format!("{:.2} km", f64::from(odo) / 1024.0 / 1000.0)],
        ],
        notes,
        curves: vec![("Speed since it was chosen [km/h]", speeds)],
        at_m: row.map(|v| place_of(subject, v.lane, f64::from(v.x) / 1024.0)),
    })
}

fn of_node(subject: &Subject, play: &mut Play<'_>, shot: &Shot, trace: &Trace, number: usize) -> Result<Facts, RunError> {
    let (city, per_s) = (&subject.city, subject.per_s());
    let node = &city.nodes[number];
    let coming: Vec<usize> = (0..city.links.len()).filter(|link| city.links[*link].to == number).collect();
    let traces: Vec<Vec<Point>> = coming.iter().map(|link| trace.of(*link)).collect();
    let longest = |at: usize| traces.iter().map(|points| points[at].queue_m).fold(0.0, f64::max);
    let queue = traces.first().map_or_else(Vec::new, |points| points.iter().enumerate().map(|(at, p)| [p.time_s, longest(at)]).collect());
    let now_m = coming.iter().map(|link| shot.links[*link].queue_m).fold(0.0, f32::max);
    let queue_now = ["Longest queue".to_owned(), format!("{now_m:.0} m")];
    let signal = city.movements.iter().find(|way| way.node == number && way.signal.is_some()).and_then(|way| way.signal);
    let (numbers, mut notes) = match signal.map(|(controller, _)| (controller, &city.controllers[controller])) {
        Some((at, controller)) => {
            let state = play.state()?;
            let (phase, elapsed_s) = (state.phases[at * 4] as usize, f64::from(state.phases[at * 4 + 1]) / per_s);
            let policy = match controller.policy {
                Policy::Fixed => "fixed times",
                Policy::Actuated => "green extends while vehicles come",
                Policy::MaxPressure => "largest pressure first",
            };
            let cycle_s: f64 = controller.phases.iter().map(|phase| phase.duration_s).sum();
            let bars = controller.phases.iter().enumerate().map(|(n, own)| {
                let mark = if n == phase { ">" } else { " " };
                format!("{mark} phase {}: {:.0} s", n + 1, own.duration_s)
            });
            let programme = format!("{policy}, cycle {cycle_s:.0} s{}", if controller.dark { ", switched off" } else { "" });
            let notes: Vec<String> = std::iter::once(programme).chain(bars.take(TEN)).collect();
            let phase = ["Phase".to_owned(), format!("{} of {}", phase + 1, controller.phases.len())];
            (vec![phase, ["Elapsed".to_owned(), format!("{elapsed_s:.0} s")], queue_now], notes)
        }
        None => {
            let flow: f32 = coming.iter().map(|link| shot.links[*link].flow_vph_lane * city.links[*link].lanes.len() as f32).sum();
            let flow = ["Arriving".to_owned(), format!("{flow:.0} veh/h")];
            (vec![flow, queue_now, ["Approaches".to_owned(), coming.len().to_string()]], vec![format!("{:?}", node.control)])
        }
    };
    notes.truncate(TEN);
    Ok(Facts {
        chosen: Chosen::Node(number),
        name: title(&node.name, &node.id),
        kind: if signal.is_some() { format!("Junction {} with a signal", node.id) } else { format!("Junction {}", node.id) },
        numbers,
        notes,
        curves: vec![("Longest queue [m]", queue)],
        at_m: Some(node.at_m),
    })
}

/// Where one is who has driven so far on a lane \[m\], as the draw shader has it.
#[must_use]
pub fn place_of(subject: &Subject, lane: u32, x_m: f64) -> [f64; 2] {
    let scene = &subject.scene;
    let piece = scene.pieces[lane as usize % scene.pieces.len()];
    let points = &scene.points[piece.first as usize..(piece.first + piece.count) as usize];
    let low = points.partition_point(|p| f64::from(p[2]) <= x_m).clamp(1, points.len() - 1) - 1;
    let (a, b) = (points[low].map(f64::from), points[low + 1].map(f64::from));
    let part = (x_m - a[2]) / (b[2] - a[2]).max(0.001);
    [0, 1].map(|axis| scene.origin_m[axis] + a[axis] + (b[axis] - a[axis]) * part)
}

fn far_px(at: [f64; 2], ends: [[f64; 2]; 2]) -> f64 {
    let along = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
    let square = (along[0] * along[0] + along[1] * along[1]).max(1e-12);
    let part = (((at[0] - ends[0][0]) * along[0] + (at[1] - ends[0][1]) * along[1]) / square).clamp(0.0, 1.0);
    (at[0] - ends[0][0] - along[0] * part).hypot(at[1] - ends[0][1] - along[1] * part)
}

/// What is under a pixel: a vehicle before a junction before a link.
#[must_use]
pub fn under(subject: &Subject, shot: &Shot, camera: &Camera, px: [f64; 2], size: [u32; 2]) -> Option<Chosen> {
    let near = |at_m: [f64; 2]| {
        let at = camera.to_px(at_m, size);
        (at[0] - px[0]).hypot(at[1] - px[1])
    };
    let nearest = |all: &mut dyn Iterator<Item = (f64, Chosen)>, reach: f64| {
        all.filter(|(far, _)| *far < reach).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, chosen)| chosen)
    };
    if camera.metres_per_px < FAR {
        // Near enough for bodies, whoever clicks hits anything of a length of 5 m.
        let reach = REACH_PX.max(2.5 / camera.metres_per_px);
        let middle = |v: &Vehicle| place_of(subject, v.lane, f64::from(v.x) / 1024.0 - 2.0);
        let cars = shot.vehicles.iter().filter(|v| v.trip < shot.stands_at);
        let hit = nearest(&mut cars.map(|v| (near(middle(v)), Chosen::Vehicle(v.trip))), reach);
        if hit.is_some() {
            return hit;
        }
    }
    let nodes = subject.city.nodes.iter().enumerate().filter(|(n, _)| subject.joins(*n));
    let hit = nearest(&mut nodes.map(|(n, node)| (near(node.at_m), Chosen::Node(n))), REACH_PX.max(6.0 / camera.metres_per_px));
    if hit.is_some() {
        return hit;
    }
    let at_m = camera.to_m(px, size);
    let scene = &subject.scene;
    let at = [at_m[0] - scene.origin_m[0], at_m[1] - scene.origin_m[1]];
    let line = |s: &super::scene::Segment| {
        let ends = [s.start, s.end].map(|end| end.map(f64::from));
        ((far_px(at, ends) - f64::from(s.half_width)).max(0.0) / camera.metres_per_px, Chosen::Link(s.value as usize))
    };
    nearest(&mut scene.links.iter().rev().map(line), REACH_PX)
}

/// Something that bears a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The words.
    pub words: String,
    /// What it is.
    pub chosen: Chosen,
    /// Where \[m\].
    pub bounds: Bounds,
}

/// What is within a link or about a junction \[m\].
#[must_use]
pub fn bounds_of(city: &City, chosen: Chosen) -> Bounds {
    let mut bounds = Bounds::EMPTY;
    match chosen {
        Chosen::Link(link) => city.links[link].shape_m.iter().for_each(|point| bounds.widen(*point)),
        Chosen::Node(node) => bounds.widen(city.nodes[node].at_m),
        Chosen::Vehicle(_) => {}
    }
    bounds
}

/// Streets, links and junctions whose name holds these words; names that begin with them first.
#[must_use]
pub fn search(city: &City, words: &str) -> Vec<Found> {
    let words = words.trim().to_lowercase();
    if words.is_empty() {
        return Vec::new();
    }
    let rank = |text: &str| {
        let text = text.to_lowercase();
        let at = text.find(&words)?;
        Some((u32::from(text != words) + u32::from(at > 0), text.len()))
    };
    let mut all: Vec<((u32, usize), String, Chosen)> = Vec::new();
    let mut streets = std::collections::BTreeSet::new();
    for (number, link) in city.links.iter().enumerate() {
        if !link.name.is_empty()
            && streets.insert(&link.name)
            && let Some(rank) = rank(&link.name)
        {
            all.push((rank, link.name.clone(), Chosen::Link(number)));
        }
        if let Some(rank) = rank(&link.id) {
            all.push((rank, format!("link {}", link.id), Chosen::Link(number)));
        }
    }
    for (number, node) in city.nodes.iter().enumerate() {
        if let Some(rank) = rank(&node.id).or_else(|| rank(&node.name)) {
            all.push((rank, format!("junction {}", title(&node.name, &node.id)), Chosen::Node(number)));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    all.truncate(TEN);
    let found = |(_, words, chosen): ((u32, usize), String, Chosen)| {
        let mut bounds = bounds_of(city, chosen);
        if let Chosen::Link(link) = chosen
            && words == city.links[link].name
        {
            city.links.iter().filter(|l| l.name == words).flat_map(|l| &l.shape_m).for_each(|point| bounds.widen(*point));
        }
        Found { words, chosen, bounds }
    };
    all.into_iter().map(found).collect()
}

/// The links on which a vehicle loses most time now: link and minutes.
#[must_use]
pub fn worst(shot: &Shot) -> Vec<(usize, f32)> {
    let mut all: Vec<(usize, f32)> = shot.links.iter().map(|now| now.delay_min).enumerate().filter(|(_, min)| *min > 0.0).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(TEN);
    all
}
