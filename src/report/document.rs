//! The `forecity.run/1` document.

use super::compare::Comparison;
use super::manifest::Manifest;
use super::{RunRecord, answer, compare, measures, summary};
use crate::statistics::sample;
use serde_json::{Value, json};

/// What the manifest does not know.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// Runs planned.
    pub planned: usize,
    /// Of them taken from an earlier manifest.
    pub reused: usize,
    /// Folder of the results.
    pub out: String,
    /// Exit code.
    pub exit_code: i32,
    /// What was said about the input.
    pub diagnostics: Vec<Value>,
}

/// The document of a run.
#[must_use]
pub fn run(manifest: &Manifest, comparisons: &[Comparison], extra: &Extra) -> Value {
    let simulated_s: f64 = manifest.runs.iter().map(|run| run.simulated_s).sum();
    let steps: u64 = manifest.runs.iter().map(|run| run.vehicle_steps).sum();
    let wall_s = manifest.wall_s.max(1e-9);
    json!({
        "document": "forecity.run/1",
        "forecity": { "version": manifest.forecity.version, "commit": manifest.forecity.commit, "result_version": manifest.forecity.result_version },
        "study": { "path": manifest.study.path, "title": manifest.study.title, "blake3": manifest.study.blake3 },
        "city": { "path": manifest.city.path, "network_hash": manifest.city.network_hash, "quality": null },
        "device": {
            "kind": manifest.device.kind, "name": manifest.device.name, "driver": manifest.device.driver,
            "backend": if manifest.device.kind == "gpu" { "vulkan" } else { "cpu" }, "notice": manifest.device.notice,
            "threads": manifest.device.threads, "worlds_per_batch": manifest.device.worlds_per_batch,
        },
        "runs": {
            "planned": extra.planned, "done": manifest.runs.len(), "reused": extra.reused,
            "invalid": manifest.runs.iter().filter(|run| !run.invalid.is_empty()).count(),
        },
        "complete": manifest.complete,
        "until": manifest.wanted.until.as_ref().map(|until| json!({
            "measure": until.measure, "half_width": until.half_width, "widest": compare::widest(manifest),
            "reached": compare::precise_enough(manifest),
        })),
        "timing": {
            "wall_s": manifest.wall_s, "write_s": manifest.write_s, "simulated_s": simulated_s, "real_time_factor": simulated_s / wall_s,
            "vehicle_steps": steps, "vehicle_steps_per_s": steps as f64 / wall_s,
        },
        "variants": manifest.variants.iter().map(|variant| {
            let runs = summary::of_variant(&manifest.runs, &variant.slug, variant.point);
            json!({
                "name": variant.name, "slug": variant.slug, "point": variant.point, "axes": variant.axes,
                "seeds": runs.iter().map(|run| run.seed).collect::<Vec<_>>(),
                "measures": measure_rows(&runs, &manifest.wanted.measures),
                "validity": worst(&runs),
            })
        }).collect::<Vec<_>>(),
        "comparisons": comparisons,
        "answer": answer::of(manifest, comparisons),
        "result_hash": manifest.result_hash,
        "out": extra.out,
        "exit_code": extra.exit_code,
        "diagnostics": extra.diagnostics,
    })
}

/// One row a measure.
pub(super) fn measure_rows(runs: &[&RunRecord], wanted: &[String]) -> Vec<Value> {
    let row = |name: &String| {
        let values: Vec<f64> = runs.iter().filter_map(|run| compare::value(run, name)).collect();
        let found = sample(&values);
        json!({
            "measure": name, "unit": measures::unit(name), "n": found.n, "mean": found.mean, "sd": found.sd,
            "ci95": [found.ci95[0], found.ci95[1]],
            "lower_bound": compare::lower_bound(runs, name),
        })
    };
    wanted.iter().map(row).collect()
}

/// Totals of the worst run of a variant.
pub(super) fn worst(runs: &[&RunRecord]) -> Value {
    let Some(run) = runs.iter().max_by_key(|run| run.validity.badness()) else { return Value::Null };
    let v = &run.validity;
    json!({
        "demanded": v.demanded, "departed": v.departed, "arrived": v.arrived, "refused": v.refused, "unfinished": v.unfinished,
        "no_path": v.no_path, "courtesy": v.courtesy, "rerouted": v.rerouted, "rotated": v.rotated, "teleported": v.teleported,
        "missed_turns": v.missed_turns, "informed_changes": v.informed, "emergency_clamps": v.emergency_clamps, "collisions": v.collisions, "faults": v.faults,
        "ledger_error_max": runs.iter().map(|run| run.validity.ledger_error).max(),
        "worst_seed": run.seed, "broken_limits": run.invalid,
    })
}
