//! City and seeds to Tables.

use super::lanes::q10;
use super::layout::{CONFLICT_FOE_YIELDS, CONFLICT_I_YIELD, CONFLICT_MERGE, Class, LANE_CONNECTOR, NONE, Params};
use super::{Feed, Head, Tables, demand, lanes, shown, signals, stands};
use crate::city::{City, Following, VehicleClass};
use crate::random::world_seed;

/// The spans of a run. Times of day in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// dt = 2^-k s.
    pub k: u32,
    /// Tick 0.
    pub start_s: f64,
    /// Measured trips depart in [from, to).
    pub from_s: f64,
    /// No trip departs from here on.
    pub to_s: f64,
    /// Heads teleport after so long (0 = never).
    pub teleport_s: f64,
}

/// Courtesy after one minute of waiting, a missed turn after two (product.md 12).
const COURTESY_S: u32 = 60;
const PATIENCE_S: u32 = 120;
/// Deceleration at which amber is still obeyed [m/s2, Q10]: 3.
const AMBER_BRAKING_Q10: i32 = 3072;
/// Vehicles further from a line than this make no claim [m].
const CLAIM_DISTANCE_M: f64 = 100.0;
/// Between two lane changes of one vehicle [s].
const COOLDOWN_S: u32 = 4;

/// Quantises a class (round to nearest); see engine.md 2 for the ranges, which `city::check` has enforced.
#[must_use]
pub fn class(c: &VehicleClass) -> Class {
    let (a, b) = (c.accel_mps2.clamp(0.25, 4.0), c.decel_mps2.clamp(0.25, 9.0));
    let ratio = (1.0 + b / a).sqrt().sqrt();
    Class {
        a10: q10(a),
        b10: q10(c.emergency_decel_mps2.max(b).min(12.0)),
        c10: ((512.0 / (a * b).sqrt()).round() as i32).min(1024),
        t8: ((c.headway_s * 256.0).round() as i32).clamp(1, 1023),
        s0: q10(c.min_gap_m).clamp(512, 8192),
        r12: ((4096.0 * ratio).round() as u32).clamp(4097, 12288),
        length: q10(c.length_m),
        vmax10: q10(c.max_speed_mps).clamp(1, 65536),
        bc10: q10(b),
        sigma10: match c.following {
            Following::Idm => q10(c.noise).clamp(0, 4096),
            Following::Krauss => q10(c.noise.clamp(0.0, 1.0) * a),
        },
        model: u32::from(c.following == Following::Krauss),
        uses: c.uses.0,
        b8: ((b * 256.0).round() as u32).min(2304),
        tau8: ((c.headway_s * 256.0).round() as u32).clamp(32, 512),
        politeness8: 51,
        reserved: 0,
    }
}

/// The streets of a stretch of time on their way into the tables.
struct Stretch {
    /// First tick.
    tick: u32,
    roads: lanes::Roads,
    t: Tables,
}

/// Compiles everything for the seeds, one world each. Where the streets change in the run, those of the later stretches follow, with the same
/// trips: their lists are filled up to one length, so that what a trip or a vehicle knows of the pool means the same in all of them.
///
/// # Panics
/// Never: there is a first stretch.
#[must_use]
pub fn compile(city: &City, span: Span, seeds: &[u64]) -> Tables {
    let per_s = f64::from(1_u32 << span.k);
    let first = city.stretch_at(span.start_s);
    let begin = |from_s: f64| ((from_s - span.start_s) * per_s).ceil() as u32;
    let fastest_mps = (first..=city.later.len()).map(|n| lanes::fastest_mps(city.stretch(n))).fold(1.0, f64::max);
    let mut all: Vec<Stretch> = (first..=city.later.len())
        .map(|n| streets(city.stretch(n), span, if n == first { 0 } else { begin(city.later[n - 1].0) }, fastest_mps))
        .collect();
    let longest = all.iter().map(|stretch| stretch.t.pool.len()).max().unwrap_or(0);
    for Stretch { t, .. } in &mut all {
        t.params.worlds = seeds.len() as u32;
        if !city.blocks.is_empty() {
            t.params.classes[stands::CLASS as usize] = stands::class();
        }
        t.pool.resize(longest, 0);
        t.params.seeds = longest as u32;
        t.pool.extend(seeds.iter().map(|seed| world_seed(*seed)));
    }
    // Last, because the detours of a run go on behind the routes.
    let network: Vec<(&lanes::Roads, &[u32])> = all.iter().map(|stretch| (&stretch.roads, &stretch.t.pool[..])).collect();
    let demand = demand::compile(city, &network, span, seeds);
    let mut all = all.into_iter().map(|stretch| (stretch.tick, stretch.whole(&demand)));
    let (_, mut t) = all.next().expect("a run has a first stretch");
    t.later = all.collect();
    t
}

/// The streets from a tick on, without demand.
fn streets(city: &City, span: Span, tick: u32, fastest_mps: f64) -> Stretch {
    let per_s = 1_u32 << span.k;
    let mut t = Tables { start_s: span.start_s, ..Tables::default() };
    let tick_shift = (span.start_s * f64::from(per_s)).round() as u32;
    t.params = Params {
        k: span.k,
        tick_shift,
        b_stop10: AMBER_BRAKING_Q10,
        claim_distance: q10(CLAIM_DISTANCE_M),
        courtesy_ticks: COURTESY_S * per_s,
        patience_ticks: PATIENCE_S * per_s,
        teleport_ticks: (span.teleport_s * f64::from(per_s)).round() as u32,
        cooldown_ticks: COOLDOWN_S * per_s,
        controllers: city.controllers.len() as u32,
        ..Params::default()
    };
    for (slot, c) in t.params.classes.iter_mut().zip(&city.classes) {
        *slot = class(c);
    }
    let roads = lanes::compile(city, span.k, fastest_mps, &mut t.pool);
    t.params.lanes = roads.lanes.len() as u32;
    t.params.vcap = roads.vcap10 << 6;
    (t.params.controllers_at, t.signals0) = signals::compile(city, &roads, span.k, tick_shift + tick, &mut t.pool);
    junctions(&roads, &mut t);
    shown::compile(&mut t, &roads.lanes);
    (t.params.loops_at, t.params.loops) = (t.pool.len() as u32, roads.further.len() as u32 / 2);
    t.pool.extend(&roads.further);
    t.connector = roads.lanes.iter().map(|lane| lane.flags & LANE_CONNECTOR != 0).collect();
    t.foes = foes(&roads, &t);
    t.length = roads.lanes.iter().map(|lane| lane.length).collect();
    Stretch { tick, roads, t }
}

impl Stretch {
    /// With the demand of the run.
    fn whole(self, demand: &demand::Compiled) -> Tables {
        let Stretch { roads, mut t, .. } = self;
        (t.lanes, t.of_lane, t.of_movement, t.origin_of) = (roads.lanes, roads.of_lane, roads.of_movement, roads.origin_of);
        (t.trips, t.queue_start, t.roster) = (demand.trips.clone(), demand.queue_start.clone(), demand.roster.clone());
        (t.worlds, t.no_path) = (demand.worlds.clone(), demand.no_path.clone());
        t.stands.clone_from(&demand.stands);
        // Exactly: the pool of a large city is large.
        t.pool.reserve_exact(demand.halts.len() + demand.routes.len());
        t.pool.extend(&demand.halts);
        t.params.routes = t.pool.len() as u32;
        t.pool.extend(&demand.routes);
        t.params.vehicles = t.trips.len() as u32;
        t.ends_within = t.trips.iter().any(|trip| trip.arrive >= 0);
        t
    }
}

/// For each connector, a bit for each of its foes, counted from the first connector of the junction. Streams of the same rank that merge sort
/// themselves as they drive.
fn foes(roads: &lanes::Roads, t: &Tables) -> Vec<u64> {
    let mut foes = vec![0; roads.lanes.len()];
    for head in &t.heads {
        for at in head.first..head.first + head.count {
            let list = roads.lanes[at as usize].conflicts;
            let count = if list == NONE { 0 } else { t.pool[list as usize] };
            let words = t.pool[list.wrapping_add(1) as usize..].chunks_exact(3).take(count as usize);
            let matters = words.filter(|word| (word[1] & CONFLICT_MERGE) == 0 || (word[1] & (CONFLICT_I_YIELD | CONFLICT_FOE_YIELDS)) != 0);
            foes[at as usize] = matters.fold(0, |all, word| all | 1_u64.checked_shl(word[0] - head.first).unwrap_or(u64::MAX));
        }
    }
    foes
}

/// Connectors of each junction, which are one run: a table of (first, count).
fn junctions(roads: &lanes::Roads, t: &mut Tables) {
    let connectors: Vec<u32> = (0..roads.lanes.len() as u32).filter(|at| roads.lanes[*at as usize].flags & LANE_CONNECTOR != 0).collect();
    let heads = connectors.chunk_by(|a, b| roads.lanes[*a as usize].place == roads.lanes[*b as usize].place);
    t.params.junctions_at = t.pool.len() as u32;
    for run in heads {
        debug_assert_eq!(run[0] + run.len() as u32 - 1, run[run.len() - 1], "the connectors of a junction are one run");
        t.pool.extend([run[0], run.len() as u32]);
        t.params.junctions += 1;
        let lane = |at: &u32| &roads.lanes[*at as usize];
        let mut controllers: Vec<u32> = run.iter().map(|at| lane(at).signal).filter(|s| *s != NONE).map(|s| s >> 8).collect();
        controllers.dedup();
        let controller = match controllers[..] {
            [] => NONE,
            [one] => one,
            _ => Head::SEVERAL,
        };
        t.heads.push(Head { first: run[0], count: run.len() as u32, feeds: t.feeds.len() as u32, controller, shown: 0 });
        let feeds = run.chunk_by(|a, b| lane(a).feeder == lane(b).feeder);
        t.feeds.extend(feeds.map(|of_lane| Feed { lane: lane(&of_lane[0]).feeder, count: of_lane.len() as u32 }));
    }
}
