//! `report.json` (`forecity.report/1`).

use super::groups::Row;
use super::links::Quantity;
use super::material::{Arm, Material};
use super::parts::{answer, limits, maps, results};
use super::trips::Split;
use crate::report::compare::{Comparison, Grade};
use crate::report::{document, summary};
use serde_json::{Value, json};

/// The document.
#[must_use]
pub fn report(material: &Material) -> Value {
    let m = &material.manifest;
    let question = material.scenery.as_ref().map(|scenery| scenery.study.question.clone());
    let variants: Vec<Value> = (m.variants.iter())
        .map(|variant| {
            let runs = summary::of_variant(&m.runs, &variant.slug, variant.point);
            let own: Vec<&Comparison> =
                material.comparisons.iter().filter(|row| (&row.variant, row.point) == (&variant.slug, variant.point)).collect();
            json!({
                "pairing": results::pairing(&own), "trips": results::trips(material, variant),
                "name": variant.name, "slug": variant.slug, "point": variant.point, "axes": variant.axes,
                "measures": document::measure_rows(&runs, &m.wanted.measures), "validity": document::worst(&runs),
            })
        })
        .collect();
    json!({
        "document": "forecity.report/1",
        "title": m.study.title,
        "question": question,
        "complete": m.complete,
        "against": material.against,
        "answer": material.answer,
        "changes": answer::described(material),
        "measures": variants,
        "comparisons": material.comparisons,
        "ranking": material.ranking,
        "equity": material.others().iter().flat_map(|arm| arm.groups.iter().map(move |row| group(arm, row))).collect::<Vec<_>>(),
        "map_top10": material.others().iter().flat_map(|arm| top(material, arm)).collect::<Vec<_>>(),
        "standards": [],
        "validity": {
            "valid": material.invalid() == 0, "invalid_runs": material.invalid(), "runs": m.runs.len(), "planned": material.planned(),
            "silenced": material.silenced().0, "tables_checked": material.verified,
            "limits": m.limits, "calibrated": false, "quality": null,
            "broken": m.runs.iter().filter(|run| !run.invalid.is_empty())
                .map(|run| json!({ "variant": run.variant, "point": run.point, "seed": run.seed, "limits": run.invalid })).collect::<Vec<_>>(),
        },
        "not_modelled": limits::not_modelled(material),
        "remarks": material.remarks,
        "licences": material.licences,
        "contact": (!m.study.contact.is_empty()).then_some(&m.study.contact),
        "warnings": m.warnings,
        "energy_kwh": null,
        "provenance": m,
        "published": null,
        "diagnostics": [],
    })
}

/// A group of trips.
fn group(arm: &Arm, row: &Row) -> Value {
    let split = match row.split {
        Split::All => "all",
        Split::Mode => "mode",
        Split::Zone => "zone",
        Split::Income => "income_decile",
    };
    let name = if row.split == Split::Income { row.name.trim_start_matches('0') } else { &row.name };
    json!({
        "variant": arm.text.slug, "against": arm.against.slug, "point": arm.text.point, "split": split, "group": name, "persons": row.persons,
        "trips": row.trips, "measure": "travel_time", "unit": "min", "n": row.n, "difference": row.difference_min, "mean": row.difference_min,
        "ci95": row.ci95, "p": row.p, "p_holm": row.p_holm, "grade": if arm.invalid { Grade::Invalid } else { row.grade() }, "worse_off_percent": row.worse_percent,
        "better_off_percent": row.better_percent,
    })
}

/// The largest differences on the map of one arm.
fn top(material: &Material, arm: &Arm) -> Vec<Value> {
    let (Some(scenery), Some(streets)) = (&material.scenery, &arm.streets) else { return Vec::new() };
    let each = |(quantity, changes): (Quantity, &super::links::Changes)| -> Vec<Value> {
        let row = |(place, link): (usize, usize)| {
            let change = &changes.links[link];
            json!({
                "variant": arm.text.slug, "against": arm.against.slug, "point": arm.text.point, "quantity": if quantity == Quantity::Flow { "flow" } else { "speed" },
                "unit": quantity.unit(), "place": place + 1, "link_id": scenery.city.links[link].id, "street": scenery.city.links[link].name,
                "n": changes.n, "mean_against": change.base, "mean": change.variant, "difference": change.difference,
                "ci95": [change.difference - change.half, change.difference + change.half],
            })
        };
        maps::top(changes).into_iter().enumerate().map(row).collect()
    };
    [(Quantity::Flow, &streets.flow), (Quantity::Speed, &streets.speed)].into_iter().flat_map(each).collect()
}
