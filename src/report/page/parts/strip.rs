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
        .map(|run| format!("{}, seed {}: {}", material.name_of(run), run.seed, run.invalid.join("; ")))
        .collect();
    let invalid = material.invalid();
    let (state, verdict) = verdict(material);
    Some(json!({
        "items": items,
        "valid": invalid == 0,
        "state": state,
        "verdict": verdict,
        "broken": broken,
        "more": invalid.saturating_sub(NAMED),
        "one": runs.len() == 1,
        "seed": worst.seed,
        "variant": material.name_of(worst),
    }))
}

/// May effects be read from this page: from all of it, from a part, from nothing? The same comparisons decide as in the answer.
fn verdict(material: &Material) -> (&'static str, String) {
    let all = words::plural(material.manifest.runs.len(), "run");
    let invalid = material.invalid();
    if invalid == 0 {
        return ("Valid", format!("All {all} keep their limits."));
    }
    let broke = format!("{invalid} of {all} broke a limit");
    let (mut silenced, sound) = material.silenced();
    if silenced.is_empty() && sound == 0 {
        return ("Not valid", format!("{broke}: these numbers are not those of a city that works."));
    }
    if sound == 0 {
        return ("Not valid", format!("{broke}: no effect may be read from this page."));
    }
    let more = silenced.len().saturating_sub(NAMED);
    silenced.truncate(NAMED);
    if more > 0 {
        silenced.push(format!("{more} more"));
    }
    let others = if sound == 1 { "The other comparison stands.".to_owned() } else { format!("The other {sound} comparisons stand.") };
    ("Valid in part", format!("{broke}: nothing is said about the effect of {}. {others}", words::list(&silenced)))
}
