//! Many worlds of one district against one world as large as all of them: what the machine gives to a batch.
//!
//! Everything counts, from the city to the rows of results: tables, settling, steps. Nothing is written.

use crate::city::City;
use crate::city::generate::cruise::cruise;
use crate::cli::progress::now;
use crate::scenario::grid::GridSpec;
use crate::simulation::fleet::{self, Task};
use crate::simulation::{Machine, RunError, Settings};
use std::ops::ControlFlow;

/// Junctions a side of the district: 960 links.
const SIDE: u32 = 16;
/// Vehicles that drive in it.
const VEHICLES: u32 = 3000;
/// Simulated \[s\].
const SPAN_S: f64 = 600.0;
/// Start: some morning \[s since midnight\].
const START_S: f64 = 25_200.0;
/// Worlds of each measurement.
pub const WORLDS: [u32; 4] = [1, 8, 64, 256];

/// What was measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Links of a district.
    pub links: f64,
    /// All worlds, from the first table to the last row \[s\].
    pub wall_s: f64,
    /// Vehicle-steps of all worlds a second.
    pub steps_per_s: f64,
    /// The same of the one large world.
    pub large_steps_per_s: f64,
    /// Simulated seconds of a world.
    pub simulated_s: f64,
}

fn city(side: u32, vehicles: u32) -> City {
    let spec = GridSpec { columns: side, rows: side, ..GridSpec::default() };
    cruise(&spec, vehicles, [START_S, START_S + SPAN_S])
}

/// Vehicle-steps and time \[s\] of some worlds of a city.
fn timed(city: &City, worlds: u32, machine: &Machine) -> Result<(f64, f64), RunError> {
    let (from_s, to_s) = (START_S, START_S + SPAN_S);
    let settings = Settings { from_s, to_s, warmup_s: 0.0, drain_s: 0.0, interval_s: SPAN_S, ..Settings::default() };
    let tasks: Vec<Task> = (1..=u64::from(worlds)).map(|seed| Task { city, settings: &settings, seeds: vec![seed] }).collect();
    let clock = now();
    let mut steps = 0;
    fleet::run(&tasks, machine, usize::MAX, &|_, _| ControlFlow::Continue(()), &mut |_, runs, _| {
        steps += runs.iter().map(|run| run.vehicle_steps).sum::<u64>();
        ControlFlow::Continue(())
    })
    .map_err(|failed| failed.error)?;
    Ok((steps as f64, clock.elapsed().as_secs_f64()))
}

/// Side of a grid of so many districts, to the next junction.
fn side(worlds: u32) -> u32 {
    let area = SIDE * SIDE * worlds;
    let side = area.isqrt();
    if side * (side + 1) < area { side + 1 } else { side }
}

/// So many worlds of the district, and one as large as all.
///
/// # Errors
/// As of a run.
pub fn measure(worlds: u32, machine: &Machine) -> Result<Figures, RunError> {
    let district = city(SIDE, VEHICLES);
    let (steps, wall_s) = timed(&district, worlds, machine)?;
    let (large_steps, large_s) = timed(&city(side(worlds), VEHICLES * worlds), 1, machine)?;
    Ok(Figures {
        links: district.links.len() as f64,
        wall_s,
        steps_per_s: steps / wall_s,
        large_steps_per_s: large_steps / large_s,
        simulated_s: SPAN_S,
    })
}
