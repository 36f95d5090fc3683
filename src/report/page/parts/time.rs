//! Part 6: the day minute by minute, and how single trips differ.

use crate::report::page::chart::{self, Curve, clock};
use crate::report::page::corridor;
use crate::report::page::map;
use crate::report::page::material::{Arm, Material, titled};
use crate::report::page::parts::maps;
use crate::report::page::section::Section;
use crate::report::page::timeline::{Moment, Timeline};
use crate::report::page::words;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "time",
    heading: "Over the day",
    html: include_str!("../templates/time.html"),
    md: include_str!("../templates/time.md"),
    facts,
};

/// A quantity of the timeline: title, unit, curve.
type Kind = (&'static str, &'static str, fn(&Timeline) -> &[Moment]);

/// What is drawn over time.
const KINDS: [Kind; 3] = [
    ("Vehicles on the road", "vehicles", |timeline| &timeline.inside),
    ("Mean speed", "km/h", |timeline| &timeline.speed),
    ("Arrivals", "trips an hour", |timeline| &timeline.arrivals),
];

/// As good as all trips \[%\]: less than one in a million is beyond.
const ALL: f64 = 99.9999;

fn facts(material: &Material) -> Option<Value> {
    let base = material.arms.first()?;
    if base.timeline.inside.is_empty() {
        return None;
    }
    let alone = [json!({
        "label": base.text.label(), "charts": charts(base, None), "base": titled(&base.text), "street": street(material, &[base]),
    })];
    let with = |arm: &Arm| {
        let title = format!("Travel time of single trips: {} less {}", titled(&arm.text), titled(&arm.against));
        let spread = arm.spread.as_ref().map(|spread| {
            let same = words::percent(spread.same_percent);
            let bin = if spread.bin_min < 1.0 { format!("{:.0} s", spread.bin_min * 60.0) } else { format!("{:.0} min", spread.bin_min) };
            let trips = words::whole(spread.trips);
            if spread.same_percent > ALL {
                let said = format!("All of {trips} trips change by less than {bin}: there is nothing to draw.");
                return json!({ "title": "How single trips change", "said": said, "svg": "" });
            }
            let said = format!("{same} of {trips} trips change by less than {bin} and are not drawn.");
            json!({ "title": "How single trips change", "said": said, "svg": chart::differences(&title, &said, spread) })
        });
        json!({ "label": arm.text.label(), "variant": titled(&arm.text), "base": titled(&base.text), "charts": charts(base, Some(arm)), "spread": spread, "street": street(material, &[base, arm]) })
    };
    let arms: Vec<Value> = material.others().iter().map(with).collect();
    Some(json!({ "arms": if arms.is_empty() { alone.to_vec() } else { arms }, "pair": !material.others().is_empty() }))
}

/// The street on which most time is lost over distance and time, in each of these arms.
fn street(material: &Material, arms: &[&Arm]) -> Option<Value> {
    let (city, chain) = (&material.scenery.as_ref()?.city, &material.corridor);
    let edges_m: Vec<f64> = std::iter::once(0.0)
        .chain(chain.iter().scan(0.0, |at, link| {
            *at += city.links[*link].length_m;
            Some(*at)
        }))
        .collect();
    let name = map::street(city, *chain.first()?);
    let picture = |arm: &&Arm| {
        let rows = corridor::shares(city, chain, &arm.streets.as_ref()?.day);
        let slowest = rows.iter().flat_map(|(span, shares)| shares.iter().zip(chain).map(|(share, link)| (*share, span[0], *link)));
        let (share, from_s, link) =
            slowest.filter_map(|(share, from, link)| Some((share?, from, link))).min_by(|a, b| a.0.total_cmp(&b.0))?;
        let speed = words::whole(share * city.links[link].free_speed_mps * 3.6);
        let said = format!("Slowest: {speed} km/h from {} on, on {}.", clock(from_s), city.links[link].id);
        let title = format!("{name}: {}", titled(&arm.text));
        let steps = rows.into_iter().map(|(span, shares)| (span, shares.into_iter().map(|share| share.map(maps::speed_step)).collect()));
        let svg = chart::distance_time(&title, &said, &edges_m, &steps.collect::<Vec<_>>());
        Some(json!({ "title": title, "said": said, "svg": svg }))
    };
    let pictures: Vec<Value> = arms.iter().filter_map(picture).collect();
    (!pictures.is_empty()).then(|| json!({ "name": name, "charts": pictures }))
}

/// The three charts of one arm, against base where there is another.
fn charts(base: &Arm, other: Option<&Arm>) -> Vec<Value> {
    let chart = |(title, unit, of): &Kind| {
        let mut curves = vec![Curve { class: "base", points: of(&base.timeline) }];
        if let Some(arm) = other {
            curves.push(Curve { class: "variant", points: of(&arm.timeline) });
        }
        let said: Vec<String> = curves
            .iter()
            .zip([Some(base), other].into_iter().flatten())
            .filter_map(|(curve, arm)| {
                let extreme = curve.points.iter().max_by(|a, b| a.mean.total_cmp(&b.mean))?;
                Some(format!("{}: at most {} {unit} at {}", titled(&arm.text), words::whole(extreme.mean), clock(extreme.time_s)))
            })
            .collect();
        let said = format!("{}.", said.join("; "));
        json!({ "title": title, "said": said, "svg": chart::over_time(title, &said, unit, &curves) })
    };
    KINDS.iter().map(chart).collect()
}
