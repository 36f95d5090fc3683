//! Part 5: maps of base, of each variant and of the differences that stand, each with the table of its ten.

use crate::city::City;
use crate::report::answer::fixed;
use crate::report::page::chart::clock;
use crate::report::page::links::{Change, Changes, LEAST_PAIRS, Quantity, Road};
use crate::report::page::map::{Drawn, Look, Sheet, by_change, by_traffic, street};
use crate::report::page::material::{Arm, Material, titled};
use crate::report::page::section::Section;
use crate::report::page::{palette, words};
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section =
    Section { id: "maps", heading: "Maps", html: include_str!("../templates/maps.html"), md: include_str!("../templates/maps.md"), facts };

/// Rows of the table beside a map.
pub const TEN: usize = 10;
/// Share of the free speed at the dark end of the ramp, and at its light end.
const SPEEDS: [f64; 2] = [0.15, 0.75];

/// Step of the ramp of a share of the free speed.
#[must_use]
pub fn speed_step(share: f64) -> usize {
    palette::step((SPEEDS[1] - share) / (SPEEDS[1] - SPEEDS[0]))
}

fn facts(material: &Material) -> Option<Value> {
    let scenery = material.scenery.as_ref()?;
    let sheet = Sheet::new(&scenery.city, material.pixels);
    let busiest = material
        .arms
        .iter()
        .filter_map(|arm| arm.streets.as_ref())
        .flat_map(|streets| &streets.means)
        .map(|road| f64::from(road.flow_vph))
        .fold(1.0, f64::max);
    let mut maps = Vec::new();
    for (place, arm) in material.arms.iter().enumerate() {
        maps.extend(state(&sheet, &scenery.city, arm, busiest));
        if place > 0 {
            maps.extend(difference(&sheet, &scenery.city, arm, Quantity::Flow));
            maps.extend(difference(&sheet, &scenery.city, arm, Quantity::Speed));
        }
    }
    let ends = SPEEDS.map(|share| format!("{:.0} %", 100.0 * share));
    (!maps.is_empty()).then(|| {
        json!({
            "maps": maps, "steps": (0..palette::STEPS).collect::<Vec<_>>(), "fast": ends[1], "slow": ends[0],
            "busiest": words::whole(busiest), "pixels": material.pixels.is_some(), "points": material.swept().then(|| points(material)), "span": span(material),
        })
    })
}

/// Which points of a sweep the maps show.
fn points(material: &Material) -> String {
    let shown: Vec<String> = material.others().iter().map(|arm| arm.text.label()).collect();
    let (all, there) = (material.manifest.variants.iter().filter(|variant| variant.slug != material.against).count(), shown.len());
    format!("Of the {all} variants and points of the sweep {there} have maps, the first point of each variant: {}.", words::list(&shown))
}

/// Which intervals of the table of links the maps hold, where these do not begin and end with the measured span.
fn span(material: &Material) -> Option<String> {
    let (scenery, day) = (material.scenery.as_ref()?, &material.arms.first()?.streets.as_ref()?.day);
    let from = *day.keys().next()? as f64;
    let to = day.values().map(|(to_s, _)| *to_s).fold(0.0, f64::max);
    let [begin, end] = scenery.span_s;
    ((from - begin).abs() >= 1.0 || (to - end).abs() >= 1.0).then(|| {
        let [from, to, begin, end] = [from, to, begin, end].map(clock);
        format!("Streets are summed in whole intervals: maps hold {from} to {to}, a little more or less than the measured span, {begin} to {end}.")
    })
}

/// Speeds and traffic of one arm.
fn state(sheet: &Sheet<'_>, city: &City, arm: &Arm, busiest: f64) -> Option<Value> {
    let roads = &arm.streets.as_ref().filter(|streets| !streets.means.is_empty())?.means;
    let share = |link: usize| f64::from(roads[link].speed_kmh) / 3.6 / city.links[link].free_speed_mps.max(0.1);
    let look = |link: usize| match share(link) {
        share if share.is_nan() => (Look::Empty, 0),
        share => (Look::Ramp(speed_step(share)), by_traffic(f64::from(roads[link].flow_vph), busiest)),
    };
    let links: Vec<Drawn> = (0..city.links.len()).map(look).collect();
    let mut worst: Vec<usize> = (0..roads.len()).filter(|&link| roads[link].lost_h > 0.0).collect();
    worst.sort_by(|a, b| roads[*b].lost_h.total_cmp(&roads[*a].lost_h).then(a.cmp(b)));
    worst.truncate(TEN);
    let row = |link: &usize| {
        let Road { flow_vph, speed_kmh, lost_h } = roads[*link];
        json!({
            "street": street(city, *link), "id": city.links[*link].id,
            "cells": [words::whole(f64::from(flow_vph)), fixed(f64::from(speed_kmh), 1), fixed(f64::from(lost_h), 1)],
        })
    };
    let title = format!("Speed and traffic: {}", titled(&arm.text));
    let about = format!(
        "Map of {} links; darker means slower against the free speed, wider means more vehicles. The ten links where most time is lost are numbered and stand in the table beside it.",
        city.links.len()
    );
    Some(json!({
        "kind": "state", "said": arm.invalid.then_some("A run of it, or of what it is compared with, broke a limit."), "title": title, "label": arm.text.label(), "svg": sheet.draw(&title, &about, &links, &worst),
        "rows": worst.iter().map(row).collect::<Vec<_>>(),
        "columns": ["veh/h", "km/h", "vehicle-hours lost"],
        "caption": "The ten links where drivers lose most time, means over all runs",
    }))
}

/// Where two arms differ.
fn difference(sheet: &Sheet<'_>, city: &City, arm: &Arm, quantity: Quantity) -> Option<Value> {
    let streets = arm.streets.as_ref()?;
    let changes = if quantity == Quantity::Flow { &streets.flow } else { &streets.speed };
    if changes.links.is_empty() {
        return None;
    }
    let enough = changes.n >= LEAST_PAIRS && !arm.invalid;
    let largest = changes.links.iter().filter(|change| change.clear).map(|change| change.difference.abs()).fold(0.0, f64::max);
    let links: Vec<Drawn> = changes.links.iter().map(|change| by_change(change, enough, largest, quantity == Quantity::Speed)).collect();
    let top = if enough { top(changes) } else { Vec::new() };
    let name = if quantity == Quantity::Flow { "traffic" } else { "speed" };
    let title = format!("Difference in {name}: {} against {}", titled(&arm.text), titled(&arm.against));
    let said = if enough {
        let none = if top.is_empty() { " There is nothing to draw." } else { "" };
        format!(
            "{} of {} links with enough traffic differ with certainty and by enough to be seen.{none}",
            changes.clear(),
            changes.tested()
        )
    } else if arm.invalid {
        "A run broke a limit: no difference is shown.".to_owned()
    } else {
        format!(
            "No evidence yet: {}. At least {LEAST_PAIRS} are needed before a difference is shown.",
            words::plural(changes.n, "paired run")
        )
    };
    let (less, more) = if quantity == Quantity::Flow { ("less traffic", "more traffic") } else { ("faster", "slower") };
    Some(json!({
        "kind": "difference", "title": title, "label": arm.text.label(), "said": said, "enough": enough, "unit": quantity.unit(),
        "svg": if top.is_empty() { String::new() } else { sheet.draw(&title, &format!("{said} Solid lines: {more}; dashed lines: {less}; grey: no difference that stands."), &links, &top) },
        "rows": top.iter().map(|&link| changed(city, link, &changes.links[link])).collect::<Vec<_>>(),
        "columns": [words::head(&arm.against.name, "before"), words::head(&arm.text.name, "variant"), "difference", "95 % interval"],
        "caption": format!("The ten largest differences that stand, in {}", quantity.unit()),
        "less": less, "more": more, "largest": words::whole(largest), "n": changes.n,
    }))
}

/// The largest differences that stand.
#[must_use]
pub fn top(changes: &Changes) -> Vec<usize> {
    let mut order: Vec<usize> = (0..changes.links.len()).filter(|&link| changes.links[link].clear).collect();
    let size = |link: &usize| changes.links[*link].difference.abs();
    order.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    order.truncate(TEN);
    order
}

/// A row of the table beside a map of differences.
fn changed(city: &City, link: usize, change: &Change) -> Value {
    let ci95 = [change.difference - change.half, change.difference + change.half];
    let places = words::places(ci95).min(1);
    json!({
        "street": street(city, link), "id": city.links[link].id,
        "cells": [fixed(change.base, places), fixed(change.variant, places), words::difference(change.difference, places), words::signed_span(ci95, places)],
    })
}
