//! What a job will take, told before it starts: runs, memory, time. Estimates from counts, not from a trial; a plan costs no second.

use super::batch::{Arm, Job};
use crate::city::{City, demand};
use crate::simulation::Settings;
use crate::simulation::fleet::threads;

/// One step of one vehicle, on one thread \[s\]: the dense grid of `benches/runs` on two cores, less its keys.
const VEHICLE_STEP_S: f64 = 90e-9;
/// One step of one lane or connector, with or without vehicles, likewise \[s\].
const KEY_STEP_S: f64 = 20e-9;
/// Time of a trip over its time at free flow: a third is lost at signals and behind others.
const SLOWER: f64 = 1.5;
/// The estimate of time is right within this factor on the machines of `benches/runs`, jams aside.
const WITHIN: f64 = 2.0;
/// Trips whose ways are looked at to know how long a trip is.
const SAMPLE: f64 = 1000.0;
/// A lane or connector in the tables, the state and the scratch of one world \[B\].
const KEY_BYTES: f64 = 320.0;
/// A trip in the tables, the logs and the results \[B\].
const TRIP_BYTES: f64 = 320.0;
/// A row of the link table on its way to the disk \[B\].
const ROW_BYTES: f64 = 96.0;
/// A link, lane or movement of a city with its names \[B\]; every arm has a city.
const PART_BYTES: f64 = 250.0;
/// Share of the free memory that worlds may fill.
const FILL: f64 = 0.8;

/// What one run takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Trips.
    pub trips: f64,
    /// Memory of a world \[B\].
    pub world_bytes: f64,
    /// Memory of a city \[B\].
    pub city_bytes: f64,
    /// Time on one thread \[s\].
    pub thread_s: f64,
}

/// Trips that are to be expected in a span of the day.
fn expected_trips(city: &City, span_s: [f64; 2]) -> f64 {
    let inside = |from: f64, to: f64| (to.min(span_s[1]) - from.max(span_s[0])).max(0.0) / (to - from).max(1e-9);
    let listed = city.trips.iter().filter(|trip| (span_s[0]..span_s[1]).contains(&trip.depart_s)).count();
    listed as f64 + city.od.iter().map(|cell| cell.trips * inside(cell.from_s, cell.to_s)).sum::<f64>()
}

/// Memory of one world \[B\].
fn world_bytes(city: &City, settings: &Settings, trips: f64) -> f64 {
    let keys = (city.lanes.len() + city.movements.len()) as f64;
    let stretches = (city.later.len() + 1) as f64;
    let intervals = ((settings.to_s - settings.from_s + settings.warmup_s + settings.drain_s) / settings.interval_s.max(1.0)).ceil();
    keys * KEY_BYTES * stretches + trips * TRIP_BYTES + intervals * city.links.len() as f64 * ROW_BYTES
}

impl Estimate {
    /// For one run of a city.
    #[must_use]
    pub fn of(city: &City, settings: &Settings) -> Estimate {
        let span_s = [settings.from_s - settings.warmup_s, settings.to_s];
        let trips = expected_trips(city, span_s);
        let part = (SAMPLE / trips.max(1.0)).min(1.0) * (settings.to_s - settings.from_s);
        let some = demand::sample(city, 1, settings.from_s, settings.from_s + part);
        let free = |link: &usize| city.links[*link].length_m / city.links[*link].free_speed_mps.max(0.1);
        let free_s = some.iter().flat_map(|trip| trip.path.iter().map(free)).sum::<f64>() / some.len().max(1) as f64;
        let per_s = f64::from(1_u32 << settings.k);
        let keys = (city.lanes.len() + city.movements.len()) as f64;
        // Who departs last still drives; most runs end long before the end of their drain.
        let steps = (span_s[1] - span_s[0] + (2.0 * SLOWER * free_s).min(settings.drain_s)) * per_s;
        let parts = (city.links.len() + city.lanes.len() + city.movements.len() + city.nodes.len()) as f64;
        Estimate {
            trips,
            world_bytes: world_bytes(city, settings, trips),
            city_bytes: parts * PART_BYTES * (city.later.len() + 1) as f64,
            thread_s: trips * free_s * SLOWER * per_s * VEHICLE_STEP_S + steps * keys * KEY_STEP_S,
        }
    }
}

/// Free memory \[B\], where the system tells.
fn free_bytes() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// Worlds that the free memory holds at once; as many as one likes where the system does not tell.
#[must_use]
#[expect(clippy::cast_sign_loss, reason = "memory is not negative")]
pub fn worlds_that_fit(job: &Job) -> usize {
    let bytes = |arm: &Arm| {
        let span_s = [arm.settings.from_s - arm.settings.warmup_s, arm.settings.to_s];
        world_bytes(&arm.city, &arm.settings, expected_trips(&arm.city, span_s))
    };
    let largest = job.arms.iter().map(bytes).fold(1.0, f64::max);
    free_bytes().map_or(usize::MAX, |free| ((free * FILL / largest) as usize).max(1))
}

/// The lines of a plan: every arm with so many seeds.
#[must_use]
pub fn lines(arms: &[Arm], seeds: usize, asked_threads: usize) -> String {
    let each: Vec<Estimate> = arms.iter().map(|arm| Estimate::of(&arm.city, &arm.settings)).collect();
    let largest = each.iter().max_by(|a, b| a.world_bytes.total_cmp(&b.world_bytes)).copied().unwrap_or_default();
    let runs = arms.len() * seeds;
    let at_once = threads(asked_threads).min(runs).max(1);
    let bytes = each.iter().map(|one| one.city_bytes).sum::<f64>() + largest.world_bytes * at_once as f64;
    let room = free_bytes().map_or(String::new(), |free| format!(" of {} that are free", memory(free)));
    let thread_s: f64 = each.iter().map(|one| one.thread_s).sum();
    let wall_s = thread_s * seeds as f64 / threads(asked_threads) as f64;
    let [least, most] = [f64::min, f64::max].map(|pick| each.iter().map(|one| one.trips.round()).reduce(pick).unwrap_or(0.0));
    let trips = if least < most { format!("{least:.0} to {most:.0}") } else { format!("{most:.0}") };
    format!(
        "a run   about {trips} trips, {} of memory\nmemory  about {}{room}, {at_once} worlds at once\nwall    {} to {} on {} threads of the CPU, jams aside",
        memory(largest.world_bytes),
        memory(bytes),
        duration(wall_s / WITHIN),
        duration(wall_s * WITHIN),
        threads(asked_threads),
    )
}

/// Arms that a plan lists by name at most.
const LISTED: usize = 12;

/// What is run, in words: "base, "closed" at do.toll.fee = 2 EUR and 30 more".
#[must_use]
pub fn listed(arms: &[Arm]) -> String {
    let label = |arm: &Arm| if arm.text.axes.is_empty() { arm.text.name.clone() } else { arm.text.label().replace('"', "") };
    let named: Vec<String> = arms.iter().take(LISTED).map(label).collect();
    let more = arms.len() - named.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join(", "))
}

fn memory(bytes: f64) -> String {
    if bytes < 1e9 { format!("{:.0} MB", (bytes / 1e6).ceil()) } else { format!("{:.1} GB", bytes / 1e9) }
}

fn duration(s: f64) -> String {
    if s < 1.0 {
        "1 s".to_owned()
    } else if s < 120.0 {
        format!("{s:.0} s")
    } else if s < 7200.0 {
        format!("{:.0} min", s / 60.0)
    } else {
        format!("{:.1} h", s / 3600.0)
    }
}
