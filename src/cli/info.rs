//! `forecity info`: this machine, a city, or the page of an error.

use crate::city::City;
use crate::city::check::open;
use crate::cli::error::Error;
use crate::cli::{Common, warn};
use crate::diagnostic::{CODES, Code};
use crate::scenario::Asked;
use std::io::Write;

/// Print devices and limits, a city, or the page of an error
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  forecity info\n  forecity info harbour\n  forecity info C211\n  forecity info codes")]
pub struct Info {
    /// Nothing, a study or city, a code such as C211, or `codes`
    pub what: Option<String>,
}

impl Info {
    /// Prints.
    ///
    /// # Errors
    /// [`Error::Input`] for a city with faults, [`Error::Usage`] for an unknown code.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        match self.what.as_deref() {
            None => machine(common, out),
            Some("codes") => {
                for code in CODES {
                    writeln!(out, "C{:03}  {}", code.number, code.title)?;
                }
                Ok(())
            }
            Some(what) => match number(what) {
                Some(number) => page(number, common, out),
                None => city(what, common, out),
            },
        }
    }
}

/// `C211`, `c211` or `E211`, if it looks like a code.
fn number(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(['C', 'c'])?;
    (digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn page(number: u16, common: &Common, out: &mut impl Write) -> Result<(), Error> {
    let Some(code) = Code::find(number) else {
        return Err(Error::Usage(format!("there is no code C{number:03}; forecity info codes lists them")));
    };
    if common.json {
        let page =
            serde_json::json!({ "document": "forecity.code/1", "code": format!("C{number:03}"), "title": code.title, "page": code.page });
        writeln!(out, "{page:#}")?;
    } else {
        writeln!(out, "C{number:03}: {}\n\n{}", code.title, code.page)?;
    }
    Ok(())
}

fn city(target: &str, common: &Common, out: &mut impl Write) -> Result<(), Error> {
    let (opened, found) = open(target, &Asked::default());
    let Some(opened) = opened else { return Err(Error::Input(Box::new(found))) };
    if common.json {
        let mut all = document();
        all["city"] = city_block(&opened.city);
        all["diagnostics"] = found.json()["diagnostics"].clone();
        writeln!(out, "{all:#}")?;
        return Ok(());
    }
    warn(&found, "nothing was run", common);
    if let serde_json::Value::Object(block) = city_block(&opened.city) {
        for (name, value) in block {
            writeln!(out, "{name:<20} {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))?;
        }
    }
    Ok(())
}

fn machine(common: &Common, out: &mut impl Write) -> Result<(), Error> {
    let all = document();
    if common.json {
        writeln!(out, "{all:#}")?;
        return Ok(());
    }
    let features: Vec<&str> = all["forecity"]["features"].as_array().into_iter().flatten().filter_map(|f| f.as_str()).collect();
    writeln!(
        out,
        "forecity  {}, results version {}, features: {}",
        env!("CARGO_PKG_VERSION"),
        all["forecity"]["result_version"],
        features.join(" ")
    )?;
    writeln!(out, "cpu       {}, {} threads", all["cpu"]["model"].as_str().unwrap_or("?"), all["cpu"]["threads"])?;
    writeln!(out, "memory    {} MiB", all["memory_bytes"].as_u64().unwrap_or(0) >> 20)?;
    for device in all["devices"].as_array().into_iter().flatten() {
        let word = |key: &str| device[key].as_str().unwrap_or("").to_owned();
        write!(out, "device    {} {}", word("kind"), word("name"))?;
        if device["kind"] != "cpu" {
            let mib = device["max_binding_bytes"].as_u64().unwrap_or(0) >> 20;
            write!(out, " ({}, {}, {mib} MiB a binding)", word("backend"), word("driver"))?;
        }
        writeln!(out, "{}", if device["chosen"] == true { "  <- --device auto" } else { "" })?;
    }
    Ok(())
}

/// Lanes of a city at most.
const LANES: u32 = 1 << 24;

/// Name of the processor.
#[must_use]
pub fn processor() -> String {
    line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// `forecity.info/1` without a city; what is not known is null.
fn document() -> serde_json::Value {
    let name = processor();
    let kib = line_of("/proc/meminfo", "MemTotal").and_then(|t| t.split(' ').next()?.parse::<u64>().ok());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = line_of("/proc/cpuinfo", "cpu cores").and_then(|t| t.parse::<u64>().ok());
    let flags = line_of("/proc/cpuinfo", "flags").unwrap_or_default();
    let simd = ["avx512f", "avx2", "avx", "sse4_2", "sse2"].into_iter().find(|wide| flags.split(' ').any(|flag| flag == *wide));
    let program = crate::report::manifest::Program::this();
    serde_json::json!({
        "document": "forecity.info/1",
        "forecity": {
            "version": program.version, "commit": program.commit, "result_version": program.result_version, "features": program.features,
            "rustc": option_env!("FORECITY_RUSTC"), "target": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        },
        "cpu": { "model": name, "cores": cores, "threads": threads, "simd": simd },
        "memory_bytes": kib.map(|kib| kib * 1024),
        "devices": devices(&name, threads),
        // A lane of a world is world * lanes + lane in 32 bits.
        "limits": { "vehicles": u32::MAX - 1, "lanes": LANES, "worlds": u32::MAX / LANES },
        "diagnostics": [],
    })
}

/// The machines that can compute, the processor first; `chosen` is what `--device auto` takes.
fn devices(cpu: &str, threads: usize) -> serde_json::Value {
    let adapters = crate::backend::adapters();
    let gpu = adapters.iter().any(|adapter| adapter.auto);
    let mut all = vec![serde_json::json!({ "kind": "cpu", "name": cpu, "threads": threads, "chosen": !gpu })];
    all.extend(adapters.into_iter().map(|adapter| {
        serde_json::json!({
            "kind": format!("{} gpu", adapter.kind),
            "name": adapter.name,
            "backend": adapter.interface,
            "driver": adapter.driver,
            "max_binding_bytes": adapter.binding_bytes,
            "storage_buffers_per_stage": adapter.storage_buffers,
            "chosen": adapter.auto,
        })
    }));
    all.into()
}

fn line_of(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find(|l| l.starts_with(key))?.split_once(':').map(|(_, v)| v.trim().to_owned())
}

/// What a city holds, in numbers.
#[must_use]
pub fn city_block(city: &City) -> serde_json::Value {
    let km = city.links.iter().map(|l| l.length_m).sum::<f64>() / 1000.0;
    let lane_km = city.lanes.iter().map(|l| l.length_m).sum::<f64>() / 1000.0;
    serde_json::json!({
        "name": city.name,
        "network_hash": crate::city::fingerprint::of(city),
        "quality": null,
        "crs": city.crs,
        "nodes": city.nodes.len(),
        "links": city.links.len(),
        "length_km": (km * 1000.0).round() / 1000.0,
        "lanes": city.lanes.len(),
        "lane_km": (lane_km * 1000.0).round() / 1000.0,
        "movements": city.movements.len(),
        "conflicts": city.conflicts.len(),
        "signals": city.controllers.len(),
        "zones": city.zones.len(),
        "classes": city.classes.iter().map(|c| c.id.clone()).collect::<Vec<_>>(),
        "modes": city.modes.iter().map(|m| m.id.clone()).collect::<Vec<_>>(),
        "trips": city.trips.len(),
        "od_cells": city.od.len(),
        // A sum of nothing is -0.
        "od_trips": (city.od.iter().map(|c| c.trips).sum::<f64>() * 1000.0).round() / 1000.0 + 0.0,
        "detectors": city.detectors.len(),
    })
}
