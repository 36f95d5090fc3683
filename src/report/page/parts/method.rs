//! Part 10: how the numbers were made, what the words mean, and who can read this page.

use crate::report::page::links::{FALSE_SHARE, LEAST_CHANGE_KMH, LEAST_CHANGE_VPH, LEAST_FLOW_VPH, LEAST_SHARE};
use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::words;
use crate::statistics::RESAMPLES;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "method",
    heading: "Method and words",
    html: include_str!("../templates/method.html"),
    md: include_str!("../templates/method.md"),
    facts,
};

/// Words that are used above.
const GLOSSARY: [(&str, &str); 26] = [
    ("base", "The city as it is, nothing changed. Every variant is compared with it, unless the page says otherwise."),
    ("arrived", "A trip that reached its destination before the end of the run."),
    (
        "bootstrap",
        "A way to find an interval without assuming a bell curve: the pairs of runs are drawn again and again at random, and one looks how much the mean moves.",
    ),
    (
        "calibration",
        "Adjusting a model until it repeats what was counted in the city. These runs were not calibrated unless the page says so.",
    ),
    ("blake3", "A fingerprint of a file: if one letter of the file changes, so does the fingerprint."),
    (
        "courtesy, rerouted",
        "Steps against standstill: who has waited long at a junction is let in; who has stood for two minutes looks for another way.",
    ),
    ("delay", "Travel time less the time the same way takes on empty streets with all lights green."),
    (
        "GEH",
        "The usual measure of how well simulated traffic fits counted traffic on a street; below 5 counts as a good fit. It needs counts, and this page has none.",
    ),
    (
        "grade, evidence",
        "How far the runs allow a statement: strong, moderate, weak, open, no difference that matters, too few runs, invalid.",
    ),
    (
        "Holm",
        "Sture Holm's rule (1979) for many comparisons at once: each p is made larger, so that the chance of even one false finding in the whole study stays below 5 %.",
    ),
    (
        "interval, 95 %",
        "If the study were repeated many times with other seeds, about 95 of 100 such intervals would hold the true difference of the model.",
    ),
    ("link", "One direction of a street between two junctions."),
    ("lower bound, \u{2265}", "The true number is at least this: some trips had not ended and count with their time so far."),
    ("measure", "One number of a run, such as its mean travel time."),
    ("n", "How many pairs of runs a comparison rests on."),
    ("p", "How often chance alone would give a difference at least as large, if there were none."),
    ("p (Holm)", "The same with all comparisons of the study counted: who looks at many numbers finds something by chance."),
    (
        "pair, paired",
        "Two runs with the same seed, one in base, one in the variant: the same people on the same day, so that only the change differs.",
    ),
    (
        "percentile",
        "The 95th percentile of travel time is the time that 95 of 100 trips do not exceed: how long the slow trips take, not the average one.",
    ),
    ("refused", "A trip that wanted to start but found no room on its first street until the end of the run."),
    ("rotated", "Vehicles that blocked each other in a circle for five minutes and were each moved on by one place."),
    ("run", "One simulated day of one variant."),
    ("seed", "The number of a simulated day. Each seed draws other departures, drivers and vehicles from the same demand."),
    ("teleported", "A vehicle carried past a jam. Never done unless a study asks for it."),
    ("variant", "The city with a set of changes."),
    ("warm-up", "Time simulated before measuring begins, so that streets are not empty at the start."),
];

fn facts(material: &Material) -> Option<Value> {
    let matters = 100.0 * material.manifest.wanted.matters;
    let mut words: Vec<&(&str, &str)> = GLOSSARY.iter().collect();
    words.sort_by_key(|(word, _)| word.to_lowercase());
    let glossary: Vec<Value> = words.iter().map(|(word, meaning)| json!({ "word": word, "meaning": meaning })).collect();
    Some(json!({
        "glossary": glossary,
        "contact": material.manifest.study.contact,
        "result": material.manifest.result_hash.chars().take(8).collect::<String>(),
        "version": material.manifest.forecity.version,
        "matters": crate::report::answer::short(matters),
        "resamples": words::whole(RESAMPLES as f64),
        "least_flow": LEAST_FLOW_VPH, "least_vph": LEAST_CHANGE_VPH, "least_kmh": LEAST_CHANGE_KMH,
        "least_percent": 100.0 * LEAST_SHARE, "false_percent": 100.0 * FALSE_SHARE,
    }))
}
