//! Part 1: the question, one sentence with its interval, its grade and its n, and what each variant changes.

use crate::report::compare::{Comparison, Grade};
use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::{deeds, words};
use crate::scenario::Plan;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The part.
pub const SECTION: Section = Section {
    id: "answer",
    heading: "",
    html: include_str!("../templates/answer.html"),
    md: include_str!("../templates/answer.md"),
    facts,
};

/// Variants whose grade stands under the answer, and that are described there; of more the grades are counted.
const FEW: usize = 6;

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
    let first = manifest.wanted.measures.first().map_or("", String::as_str);
    let rows: Vec<&Comparison> = material.comparisons.iter().filter(|row| row.measure == first).collect();
    // One sentence on several variants has a grade for each of them.
    let grades: Vec<Value> = (rows.iter().filter(|_| (2..=FEW).contains(&rows.len())))
        .map(|row| json!({ "label": row.label, "grade": words::grade(row.grade), "class": row.grade.word(), "n": row.n, "meaning": words::meaning(row.grade) }))
        .collect();
    let described = described(material);
    Some(json!({
        "title": manifest.study.title,
        "question": question,
        "answer": answer,
        "grades": grades,
        "counted": (rows.len() > FEW).then(|| counted(&rows)),
        "base_only": variants == 0,
        "against": material.against_name(),
        "unfinished": (done < material.planned()).then(|| format!("{done} of {} runs are finished. The numbers below rest on these and will move.", material.planned())),
        "many": described.len() > FEW,
        "variants": described,
    }))
}

/// How many comparisons have each grade.
fn counted(rows: &[&Comparison]) -> String {
    use Grade::{Equal, Invalid, Moderate, None, Open, Strong, Weak};
    let count = |grade: &Grade| rows.iter().filter(|row| row.grade == *grade).count();
    let grades = [Strong, Moderate, Weak, Equal, Open, None, Invalid];
    let there: Vec<String> =
        grades.iter().filter(|grade| count(grade) > 0).map(|grade| format!("{} \u{d7} {}", count(grade), words::grade(*grade))).collect();
    format!("Evidence, of {} comparisons: {}.", rows.len(), there.join(", "))
}

/// Each variant in words: its remark, what it changes, over which values it is swept.
#[must_use]
pub fn described(material: &Material) -> Vec<Value> {
    let Some(scenery) = &material.scenery else { return Vec::new() };
    let each = |plan: &Plan| {
        let deeds: Vec<String> = plan.actions.iter().map(|action| deeds::sentence(&scenery.city, &action.value)).collect();
        json!({ "name": plan.name, "note": plan.note, "deeds": deeds, "swept": swept(material, &plan.slug) })
    };
    scenery.study.variants.iter().map(each).collect()
}

/// Axes with all their values at the points of one variant.
fn swept(material: &Material, slug: &str) -> Vec<String> {
    let mut axes: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for (axis, value) in material.manifest.variants.iter().filter(|variant| variant.slug == slug).flat_map(|variant| &variant.axes) {
        let values = axes.entry(axis).or_default();
        if !values.contains(&value.as_str()) {
            values.push(value);
        }
    }
    axes.into_iter().map(|(axis, values)| format!("{axis}{} = {}", meaning(axis), values.join(", "))).collect()
}

/// What an axis is, in brackets; nothing where its name says it.
fn meaning(axis: &str) -> String {
    let known = match axis {
        "demand.scale" => "factor on all trips".to_owned(),
        "demand.trips" => "trips of the whole city".to_owned(),
        "demand.ev_share" => "share of electric vehicles".to_owned(),
        "model.routing.share" => "share of drivers who look for another way underway".to_owned(),
        other => match other.strip_prefix("do.").and_then(|rest| rest.split_once('.')) {
            Some((id, field)) => format!("{field} of the change named \"{id}\""),
            None => return String::new(),
        },
    };
    format!(" ({known})")
}
