//! `forecity bench`: how fast this machine is. Flat keys, one a line; raw figures as JSON where they are kept.
//!
//! A case is a grid on which a known number of vehicles drives (see [`crate::city::generate::cruise`]), run through the same door as any study:
//! signals, lane changes, claims, insertion, link table and timeline are on. The clock starts when as many vehicles arrive as depart and stops
//! before the results are put together.

mod measure;
mod worlds;

use super::Common;
use super::error::Error;
use crate::simulation::Machine;
use measure::{Case, Figures, copy_bandwidth};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Measure this machine
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity bench\n  forecity bench --suite full --save benches/runs/2026-11-24-machine\n  forecity bench --against benches/runs/2026-11-24-machine\n\nThe suites: quick is 10,000 vehicles on 30x30 junctions; full is quick and a million vehicles on a larger grid; worlds is 1, 8, 64 and 256 districts of 3,000 vehicles against one city as large as all."
)]
pub struct Bench {
    /// quick, full or worlds.
    #[arg(long, value_enum, default_value_t = Suite::Quick)]
    suite: Suite,
    /// auto, cpu, gpu or a part of an adapter's name.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: String,
    /// CPU threads; 0 = all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// Another number of vehicles on the large grid of the suite full.
    #[arg(long, value_name = "N", default_value_t = LARGE, value_parser = clap::value_parser!(u32).range(1_000..=16_000_000))]
    vehicles: u32,
    /// Worlds of the large grid at once: as many times its vehicles.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    worlds: u32,
    /// Keep the figures here.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Compare with figures kept before: exit code 4 when one is more than 10 % worse, or a hash differs.
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// Ten thousand vehicles.
    Quick,
    /// And a million.
    Full,
    /// Many worlds of a district.
    Worlds,
}

/// Vehicles of the small case, junctions a side.
const SMALL: (u32, u32) = (10_000, 30);
/// Vehicles of the large case.
const LARGE: u32 = 1_000_000;
/// Vehicles a junction of a large grid: that of the small case, so that only the size differs.
const VEHICLES_A_JUNCTION: u32 = 11;
/// Times that a case is measured; the best one counts, because what disturbs only slows down.
const TIMES: [usize; 2] = [3, 1];
/// A loss beyond this share is a question.
const LOSS: f64 = 0.10;
/// Name and version of the document.
const DOCUMENT: &str = "forecity.bench/1";

impl Bench {
    /// Measures, prints, keeps, compares.
    ///
    /// # Errors
    /// [`Error::Differs`] when `--against` finds a loss; what a run says.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let machine = Machine { device: self.device.clone(), threads: self.threads };
        let mut keys = Keys::default();
        let copy = copy_bandwidth(self.threads).map_err(Error::Failure)?;
        keys.text("machine.cpu", &super::info::processor());
        keys.number("machine.threads", copy.threads as f64);
        keys.number("machine.copy_bytes_per_s", copy.bytes_per_s);
        keys.text("machine.when", &super::batch::utc());
        keys.text("program.version", env!("CARGO_PKG_VERSION"));
        keys.number("program.result_version", f64::from(crate::report::RESULT_VERSION));
        let small = (Case::grid(SMALL.1, SMALL.0, 1), TIMES[0]);
        let mut cases: Vec<(Case, usize)> = (self.suite != Suite::Worlds).then_some(small).into_iter().collect();
        if self.suite == Suite::Full {
            let side = (self.vehicles / VEHICLES_A_JUNCTION).isqrt() + 1;
            cases.push((Case::grid(side, self.vehicles, self.worlds), TIMES[1]));
        }
        for (case, times) in cases {
            if !common.quiet && !common.json {
                writeln!(std::io::stderr().lock(), "measuring {} ...", case.name()).ok();
            }
            let figures = case.measure(&machine, times)?;
            keys.add(&case.name(), &figures, copy.bytes_per_s);
        }
        for worlds in worlds::WORLDS.into_iter().filter(|_| self.suite == Suite::Worlds) {
            if !common.quiet && !common.json {
                writeln!(std::io::stderr().lock(), "measuring {worlds} worlds ...").ok();
            }
            keys.worlds(worlds, &worlds::measure(worlds, &machine)?);
        }
        if common.json {
            writeln!(out, "{:#}", json!({ "document": DOCUMENT, "keys": keys.0 }))?;
        } else {
            write!(out, "{}", keys.lines())?;
        }
        if let Some(folder) = &self.save {
            keys.save(folder)?;
        }
        self.against.as_ref().map_or(Ok(()), |folder| keys.compare(folder, out))
    }
}

/// Flat keys with their values.
#[derive(Debug, Default)]
struct Keys(BTreeMap<String, Value>);

impl Keys {
    fn text(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), json!(value));
    }

    fn number(&mut self, key: &str, value: f64) {
        self.0.insert(key.to_owned(), json!(value));
    }

    /// The figures of a case. The share of the copy bandwidth is that of the processor, so it is given for the processor only.
    fn add(&mut self, case: &str, figures: &Figures, copy_bytes_per_s: f64) {
        let key = |name: &str| format!("{case}.{name}");
        self.text(&key("device"), &figures.device);
        self.text(&key("state_hash"), &figures.state_hash);
        for (name, value) in [
            ("junctions", figures.junctions),
            ("lanes_and_connectors", figures.keys),
            ("vehicles_at_start", figures.vehicles[0]),
            ("vehicles_at_end", figures.vehicles[1]),
            ("vehicle_steps", figures.vehicle_steps),
            ("wall_s", figures.wall_s),
            ("vehicle_steps_per_s", figures.vehicle_steps / figures.wall_s),
            ("real_time_factor", figures.simulated_s / figures.wall_s),
            ("bytes_per_vehicle_step", figures.bytes_per_vehicle_step),
            ("setup_s", figures.setup_s),
        ] {
            self.number(&key(name), value);
        }
        for (name, bytes) in [
            ("memory_bytes_per_vehicle", figures.memory_bytes_per_vehicle),
            ("memory_bytes_per_vehicle_with_rows", figures.memory_bytes_per_vehicle_with_rows),
        ] {
            if let Some(bytes) = bytes {
                self.number(&key(name), bytes);
            }
        }
        if figures.device == "cpu" {
            let moved = figures.vehicle_steps / figures.wall_s * figures.bytes_per_vehicle_step;
            self.number(&key("share_of_copy_bandwidth"), moved / copy_bytes_per_s);
        }
    }

    /// The figures of a number of worlds.
    fn worlds(&mut self, worlds: u32, figures: &worlds::Figures) {
        for (name, value) in [
            ("links", figures.links),
            ("wall_s", figures.wall_s),
            ("worlds_per_s", f64::from(worlds) / figures.wall_s),
            ("simulated_hours_per_s", f64::from(worlds) * figures.simulated_s / 3600.0 / figures.wall_s),
            ("vehicle_steps_per_s", figures.steps_per_s),
            ("one_large_world.vehicle_steps_per_s", figures.large_steps_per_s),
            ("efficiency", figures.steps_per_s / figures.large_steps_per_s),
        ] {
            self.number(&format!("worlds_{worlds:03}.{name}"), value);
        }
    }

    /// `key value`, sorted.
    fn lines(&self) -> String {
        let value = |value: &Value| match value.as_f64() {
            Some(number) if number.abs() >= 1000.0 => format!("{number:.0}"),
            Some(number) => format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned(),
            None => value.as_str().unwrap_or_default().to_owned(),
        };
        self.0.iter().map(|(key, found)| format!("{key:<48} {}\n", value(found))).collect()
    }

    fn save(&self, folder: &Path) -> Result<(), Error> {
        let raw = json!({ "document": DOCUMENT, "keys": self.0 });
        let write = |name: &str, text: &str| {
            let filled = crate::report::files::write(&folder.join(name), |sink| sink.write_all(text.as_bytes()));
            filled.map_err(|error| Error::Failure(error.to_string()))
        };
        write("keys.json", &format!("{raw:#}\n"))?;
        write("keys.txt", &self.lines())
    }

    /// Rates of now over those of then; a hash of the same results must be the same.
    fn compare(&self, folder: &Path, out: &mut impl Write) -> Result<(), Error> {
        let path = folder.join("keys.json");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Error::Failure(format!("cannot read {}: {}", path.display(), crate::scenario::source::reason(&error))))?;
        let then: Value =
            serde_json::from_str(&text).map_err(|error| Error::Failure(format!("{} is no record: {error}", path.display())))?;
        let then = &then["keys"];
        let same_results = then["program.result_version"] == self.0["program.result_version"];
        let mut worse = Vec::new();
        for (key, now) in &self.0 {
            if key.ends_with(".vehicle_steps_per_s")
                && let (Some(was), Some(is)) = (then[key].as_f64(), now.as_f64())
            {
                writeln!(out, "{key:<48} {:+.1} % against {}", 100.0 * (is / was - 1.0), folder.display())?;
                if is < was * (1.0 - LOSS) {
                    worse.push(key.clone());
                }
            }
            if same_results && key.ends_with(".state_hash") && then[key].is_string() && then[key] != *now {
                worse.push(key.clone());
            }
        }
        if worse.is_empty() { Ok(()) } else { Err(Error::Differs(format!("worse than before or different: {}", worse.join(", ")))) }
    }
}
