//! One case on one machine: a grid in steady flow, timed; and how fast this machine copies memory.

use crate::city::City;
use crate::city::generate::cruise::{cruise, settled_s};
use crate::cli::progress::now;
use crate::scenario::grid::GridSpec;
use crate::simulation::{self, Machine, Progress, RunError, Settings};
use crate::stages::{STEP, Size};
use crate::tables::layout::{Claim, Entry, Lane, Sums, Trip, Vehicle};
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Start of the runs: some morning \[s since midnight\].
const START_S: f64 = 25_200.0;
/// Rows of the link table are written so often \[s\]; vehicle-steps are known then.
const ROWS_S: f64 = 60.0;
/// Measured span of a small and of a large case \[s\].
const MEASURED_S: [f64; 2] = [600.0, 60.0];
/// From so many vehicles on a case is large.
const LARGE: u32 = 200_000;
/// Words copied to measure the bandwidth: 256 MiB, more than any cache.
const COPY_WORDS: usize = 1 << 25;
/// Copies; the fastest counts.
const COPIES: usize = 7;

/// A grid and how many vehicles drive on it in each world.
#[derive(Clone, Debug)]
pub struct Case {
    side: u32,
    vehicles: u32,
    worlds: u32,
}

/// What was measured in the best run of a case.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// `cpu`, or the name of the adapter.
    pub device: String,
    /// First world's state at the end.
    pub state_hash: String,
    /// Junctions of the grid.
    pub junctions: f64,
    /// Lanes and connectors of all worlds.
    pub keys: f64,
    /// On the road when the clock started and when it stopped.
    pub vehicles: [f64; 2],
    /// Between the two.
    pub vehicle_steps: f64,
    /// Between the two \[s\].
    pub wall_s: f64,
    /// Between the two \[s\].
    pub simulated_s: f64,
    /// Bytes that the stages name for one vehicle-step, each column once a stage.
    pub bytes_per_vehicle_step: f64,
    /// Resident memory while it runs, beyond that of the same grid without vehicles, over the vehicles on the road; of large cases, where it
    /// can be told from what else a process holds. In it: state, scratch, trips, logs and what the host knows of each trip. Not in it: the
    /// result rows, which are made at the end; and plans, for the trips are drawn when the tables are made, as those of an OD table are, and
    /// the city keeps none (an explicit trip of a study costs some 400 bytes more, most of it name and path).
    pub memory_bytes_per_vehicle: Option<f64>,
    /// The same with the result row of every trip, as it stands after the last step.
    pub memory_bytes_per_vehicle_with_rows: Option<f64>,
    /// From the city to the first tick \[s\]: tables, state, device.
    pub setup_s: f64,
}

/// What is seen while it runs.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    wall_s: f64,
    steps: u64,
    inside: u32,
}

/// Most resident memory seen \[bytes\].
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    /// While it ran.
    running: f64,
    /// And after the last step, with the result rows.
    ended: f64,
}

impl Memory {
    fn look(&mut self, progress: &Progress) {
        let now = resident();
        self.ended = self.ended.max(now);
        if progress.tick < progress.ticks {
            self.running = self.running.max(now);
        }
    }
}

impl Case {
    /// A square grid.
    #[must_use]
    pub const fn grid(side: u32, vehicles: u32, worlds: u32) -> Case {
        Case { side, vehicles, worlds }
    }

    /// `grid_30x30_10000`, with the number of worlds if there are several.
    #[must_use]
    pub fn name(&self) -> String {
        let worlds = if self.worlds > 1 { format!("_x{}", self.worlds) } else { String::new() };
        format!("grid_{0}x{0}_{1}{worlds}", self.side, self.vehicles)
    }

    /// Measures it so many times; the fastest counts.
    ///
    /// # Errors
    /// As of [`simulation::run`].
    pub fn measure(&self, machine: &Machine, times: usize) -> Result<Figures, RunError> {
        let spec = GridSpec { columns: self.side, rows: self.side, ..GridSpec::default() };
        let measured_s = MEASURED_S[usize::from(self.large())];
        let settled_s = (settled_s() / ROWS_S).ceil() * ROWS_S;
        let to_s = START_S + settled_s + measured_s;
        let settings = Settings { from_s: START_S, to_s, warmup_s: 0.0, drain_s: 0.0, interval_s: ROWS_S, ..Settings::default() };
        let bare = if self.large() { self.resident(&cruise(&spec, 0, [START_S, START_S]), &settings, machine)? } else { Memory::default() };
        let city = cruise(&spec, self.vehicles, [START_S, to_s]);
        let mut best: Option<Figures> = None;
        for _ in 0..times.max(1) {
            let found = self.once(&city, &settings, settled_s, machine, bare)?;
            if best.as_ref().is_none_or(|best| found.wall_s < best.wall_s) {
                best = Some(found);
            }
        }
        Ok(best.unwrap_or_default())
    }

    const fn large(&self) -> bool {
        self.vehicles.saturating_mul(self.worlds) >= LARGE
    }

    fn seeds(&self) -> Vec<u64> {
        (1..=u64::from(self.worlds)).collect()
    }

    /// Resident memory while the empty grid runs as long, so that its link table is as long.
    fn resident(&self, city: &City, settings: &Settings, machine: &Machine) -> Result<Memory, RunError> {
        let mut most = Memory::default();
        simulation::run(city, settings, &self.seeds(), machine, &mut |progress| {
            most.look(&progress);
            ControlFlow::Continue(())
        })?;
        Ok(most)
    }

    fn once(&self, city: &City, settings: &Settings, settled_s: f64, machine: &Machine, bare: Memory) -> Result<Figures, RunError> {
        let clock = now();
        let per_s = f64::from(1_u32 << settings.k);
        let start_tick = settled_s * per_s;
        let (mut setup_s, mut start, mut end, mut most) = (None, Mark::default(), Mark::default(), Memory::default());
        let (runs, device) = simulation::run(city, settings, &self.seeds(), machine, &mut |progress| {
            let wall_s = clock.elapsed().as_secs_f64();
            setup_s.get_or_insert(wall_s);
            let mark = Mark { wall_s, steps: progress.vehicle_steps, inside: progress.inside };
            if f64::from(progress.tick) <= start_tick {
                start = mark;
            }
            end = mark;
            most.look(&progress);
            ControlFlow::Continue(())
        })?;
        let keys = (city.lanes.len() + city.movements.len()) as f64 * f64::from(self.worlds);
        let vehicles = [f64::from(start.inside), f64::from(end.inside)];
        let each = |bytes: f64| self.large().then(|| bytes / vehicles[1].max(1.0));
        let hash = runs.first().map_or_else(String::new, |run| run.state_hash.iter().map(|word| format!("{word:08x}")).collect());
        Ok(Figures {
            device: if device.kind == "cpu" { device.kind } else { device.name },
            state_hash: hash,
            junctions: city.nodes.len() as f64,
            keys,
            vehicles,
            vehicle_steps: (end.steps - start.steps) as f64,
            wall_s: end.wall_s - start.wall_s,
            simulated_s: settings.to_s - settings.from_s - settled_s,
            bytes_per_vehicle_step: bytes_per_vehicle_step(vehicles[1], keys),
            memory_bytes_per_vehicle: each(most.running - bare.running),
            memory_bytes_per_vehicle_with_rows: each(most.ended - bare.ended),
            setup_s: setup_s.unwrap_or(0.0),
        })
    }
}

/// Bytes of the columns that the rows of the step name, each once a stage (twice where it is read and written), over the vehicles. Of columns
/// that are looked up and not passed over (the pool of routes and conflicts, trips, logs) one entry a vehicle or lane counts.
fn bytes_per_vehicle_step(vehicles: f64, keys: f64) -> f64 {
    let entry = |column: &str| {
        let bytes = match column {
            "vehicles" | "plan" => size_of::<Vehicle>(),
            "lanes" => size_of::<Lane>(),
            "claims" => size_of::<Claim>(),
            "entries" => size_of::<Entry>(),
            "sums" => size_of::<Sums>(),
            "trips" => size_of::<Trip>(),
            "block_sums" | "counters" | "signals" | "logs" => 0,
            _ => size_of::<u32>(),
        };
        bytes as f64
    };
    let of_vehicles = |column: &str| matches!(column, "vehicles" | "plan");
    let total: f64 = STEP
        .iter()
        .filter(|stage| stage.size != Size::Loops) // a grid has no detectors
        .map(|stage| {
            let looked_up = if stage.size == Size::Vehicles { vehicles } else { keys };
            let count = |column: &str| match column {
                "pool" | "trips" => looked_up,
                _ if of_vehicles(column) => vehicles,
                _ => keys,
            };
            let once: f64 = stage.reads.iter().chain(stage.writes).map(|column| entry(column) * count(column)).sum();
            let twice: f64 = stage.owns.iter().chain(stage.adds).map(|column| 2.0 * entry(column) * count(column)).sum();
            once + twice
        })
        .sum();
    total / vehicles.max(1.0)
}

/// Resident memory of this process \[bytes\]; 0 where the system does not say.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0.0);
    pages * 4096.0
}

/// A measured bandwidth.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    /// Threads used.
    pub threads: usize,
    /// Bytes read and bytes written, together, a second.
    pub bytes_per_s: f64,
}

/// Copies a large array with all threads.
///
/// # Errors
/// When there are no threads to be had.
pub fn copy_bandwidth(threads: usize) -> Result<Copy, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| format!("no threads: {error}"))?;
    let source = vec![1_u64; COPY_WORDS];
    let mut target = vec![0_u64; COPY_WORDS];
    let chunk = COPY_WORDS / 256;
    let mut best_s = f64::INFINITY;
    for _ in 0..COPIES {
        let clock = now();
        pool.install(|| {
            target.par_chunks_mut(chunk).zip(source.par_chunks(chunk)).for_each(|(to, from)| to.copy_from_slice(from));
        });
        best_s = best_s.min(clock.elapsed().as_secs_f64());
    }
    std::hint::black_box(&target);
    let bytes = (2 * COPY_WORDS * size_of::<u64>()) as f64;
    Ok(Copy { threads: pool.current_num_threads(), bytes_per_s: bytes / best_s })
}
