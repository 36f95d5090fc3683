//! Part 2: may these runs be used? One line, in a frame if a limit is broken.

use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::words;
use crate::report::validity::grouped;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "validity-line",
    heading: "",
    html: include_str!("../templates/strip.html"),
    md: include_str!("../templates/strip.md"),
    facts,
};

/// Broken limits that are named here; the whole list stands in the box.
const NAMED: usize = 3;

fn facts(material: &Material) -> Option<Value> {
    let runs = &material.manifest.runs;
    let worst = runs.iter().max_by_key(|run| (run.invalid.len(), run.validity.badness()))?;
    let v = &worst.validity;
    let item = |name: &str, n: u32, bad: bool| json!({ "name": name, "n": grouped(n), "bad": bad && n > 0 });
    let mut items = vec![item("trips demanded", v.demanded, false), item("arrived", v.arrived, false)];
    items.push(item("unfinished", v.unfinished, true));
    items.push(item("refused", v.refused, true));
    items.push(item("rotated", v.rotated, true));
    items.push(item("teleported", v.teleported, true));
    if v.no_path > 0 {
        items.push(item("without a path", v.no_path, true));
    }
    let broken: Vec<String> = (runs.iter().filter(|run| !run.invalid.is_empty()))
        .take(NAMED)
        .map(|run| format!("{}, seed {}: {}", run.variant, run.seed, run.invalid.join("; ")))
        .collect();
    let invalid = material.invalid();
    Some(json!({
        "items": items,
        "valid": invalid == 0,
        "invalid": format!("{invalid} of {} broke a limit", words::plural(runs.len(), "run")),
        "broken": broken,
        "more": invalid.saturating_sub(NAMED),
        "runs": words::plural(runs.len(), "run"),
        "one": runs.len() == 1,
        "seed": worst.seed,
        "variant": worst.variant,
    }))
}
