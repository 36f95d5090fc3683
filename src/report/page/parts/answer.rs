//! Part 1: the question, and one sentence with its interval, its grade and its n.

use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::words;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "answer",
    heading: "",
    html: include_str!("../templates/answer.html"),
    md: include_str!("../templates/answer.md"),
    facts,
};

/// Variants whose grade stands under the answer; all stand in the table.
const GRADES: usize = 6;

fn facts(material: &Material) -> Option<Value> {
    let manifest = &material.manifest;
    let question = material.scenery.as_ref().map_or("", |scenery| scenery.study.question.as_str());
    let done = manifest.runs.len();
    let answer = material.answer.as_ref().map(|answer| {
        json!({
            "sentence": words::minus(&answer.sentence), "grade": words::grade(answer.grade), "class": answer.grade.word(),
            "meaning": words::meaning(answer.grade), "n": answer.n,
        })
    });
    let variants = manifest.variants.iter().filter(|variant| variant.slug != material.against).count();
    let notes: Vec<Value> = material
        .scenery
        .iter()
        .flat_map(|scenery| &scenery.study.variants)
        .map(|plan| json!({ "name": plan.name, "note": plan.note }))
        .collect();
    let first = manifest.wanted.measures.first().map_or("", String::as_str);
    let rows: Vec<&crate::report::compare::Comparison> = material.comparisons.iter().filter(|row| row.measure == first).collect();
    // One sentence on several variants has a grade for each of them.
    let grades: Vec<Value> = (rows.iter().filter(|_| rows.len() > 1).take(GRADES))
        .map(|row| json!({ "label": row.label, "grade": words::grade(row.grade), "class": row.grade.word(), "n": row.n, "meaning": words::meaning(row.grade) }))
        .collect();
    Some(json!({
        "title": manifest.study.title,
        "question": question,
        "answer": answer,
        "grades": grades,
        "base_only": variants == 0,
        "against": material.against_name(),
        "unfinished": (done < material.planned()).then(|| format!("{done} of {} runs are finished. The numbers below rest on these and will move.", material.planned())),
        "variants": notes,
    }))
}
