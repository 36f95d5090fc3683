//! Part 4: who gains and who loses, by mode, by income and by where trips begin.

use crate::report::page::groups::Row;
use crate::report::page::material::{Arm, Material};
use crate::report::page::section::Section;
use crate::report::page::trips::Split;
use crate::report::page::{chart, words};
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "people",
    heading: "Who gains and who loses",
    html: include_str!("../templates/people.html"),
    md: include_str!("../templates/people.md"),
    facts,
};

/// Zones shown at each end; all of them stand in `report.json`.
const ZONES: usize = 8;

fn facts(material: &Material) -> Option<Value> {
    let arms: Vec<Value> = material.others().iter().filter(|arm| !arm.groups.is_empty()).map(|arm| one(material, arm)).collect();
    (!arms.is_empty()).then(|| json!({ "arms": arms, "against": material.against_name() }))
}

/// One variant; nothing of it where a run broke a limit.
fn one(material: &Material, arm: &Arm) -> Value {
    if arm.invalid {
        return json!({ "label": arm.text.label(), "invalid": true });
    }
    let of = |split: Split| -> Vec<&Row> { arm.groups.iter().filter(|row| row.split == split).collect() };
    let all = of(Split::All).first().map(|row| {
        json!({
            "trips": words::whole(row.trips), "persons": words::whole(row.persons), "n": row.n,
            "worse": words::percent(row.worse_percent), "better": words::percent(row.better_percent),
        })
    });
    let mut zones = of(Split::Zone);
    zones.sort_by(|a, b| b.difference_min.total_cmp(&a.difference_min).then_with(|| a.name.cmp(&b.name)));
    let hidden = zones.len().saturating_sub(2 * ZONES);
    zones = zones.iter().enumerate().filter(|(place, _)| *place < ZONES || *place + ZONES >= zones.len()).map(|(_, row)| *row).collect();
    let zone_title = if hidden > 0 {
        format!("By zone of origin: the {ZONES} that lose most and the {ZONES} that gain most")
    } else {
        "By zone of origin".to_owned()
    };
    let mut tables = Vec::new();
    for (title, rows, count) in [
        ("By mode of travel".to_owned(), of(Split::Mode), 0),
        ("By income of the zone of origin (decile, 1 = lowest)".to_owned(), of(Split::Income), 0),
        (zone_title, zones, hidden),
    ] {
        if rows.is_empty() {
            continue;
        }
        let reach = rows.iter().flat_map(|row| row.ci95).map(f64::abs).filter(|end| end.is_finite()).fold(0.0, f64::max);
        let rows: Vec<Value> = rows.iter().map(|row| group(material, row, reach)).collect();
        let hidden = (count > 0).then(|| format!("{} in between stand in report.json.", words::plural(count, "zone")));
        tables.push(json!({ "title": title, "rows": rows, "hidden": hidden }));
    }
    json!({
        "label": arm.text.label(), "invalid": false, "all": all, "tables": tables,
        "unmatched": (arm.unmatched >= 0.5).then(|| words::whole(arm.unmatched)),
    })
}

/// One group.
fn group(material: &Material, row: &Row, reach: f64) -> Value {
    let places = words::places(row.ci95).clamp(1, 3);
    let grade = row.grade();
    let zone = material.scenery.as_ref().and_then(|scenery| scenery.city.zones.iter().find(|zone| zone.id == row.name));
    let name = match row.split {
        Split::Zone => zone
            .filter(|zone| !zone.name.is_empty() && zone.name != zone.id)
            .map_or(row.name.clone(), |zone| format!("{} ({})", zone.name, zone.id)),
        Split::Income => row.name.trim_start_matches('0').to_owned(),
        _ => row.name.clone(),
    };
    json!({
        "name": name, "trips": words::whole(row.trips), "persons": words::whole(row.persons), "n": row.n,
        "difference": if row.n > 1 { words::difference(row.difference_min, places) } else { "\u{2013}".to_owned() }, "interval": words::signed_span(row.ci95, places),
        "picture": chart::interval(row.difference_min, row.ci95, reach, grade.stands(), -1.0),
        "worse": words::percent(row.worse_percent), "better": words::percent(row.better_percent),
        "p_holm": words::p(row.p_holm), "grade": words::grade(grade), "grey": !grade.stands(),
    })
}
