//! Part 8: what is not modelled, a fixed text per feature and level used, and how the answer moves over a sweep.

use crate::report::answer::decimals_of;
use crate::report::compare::{Comparison, Grade};
use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::{chart, words};
use crate::scenario::Informed;
use crate::scenario::study::RoutingMethod;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "limits",
    heading: "What is not modelled",
    html: include_str!("../templates/limits.html"),
    md: include_str!("../templates/limits.md"),
    facts,
};

/// True of every run at the level of single vehicles.
const ALWAYS: [&str; 6] = [
    "Motor vehicles on streets only: no pedestrians, no timetables of public transport, no bicycles with a behaviour of their own.",
    "People do not change their mode of travel, their time of departure or their destination because of what is changed. In reality some do, and the effect on those who stay becomes smaller. Only who starts or ends on a street that is closed starts or ends on the nearest one that is open.",
    "The behaviour of drivers comes from the literature. It was not calibrated to counts or travel times of this city; the results are statements about the model.",
    "Streets are flat: slopes do not slow anybody down.",
    "No weather, no parking manoeuvres, no accidents but the incidents that the study itself puts there.",
    "Energy use, emissions, noise, power and water are not computed.",
];

/// What is not modelled in this study.
#[must_use]
pub fn not_modelled(material: &Material) -> Vec<String> {
    let mut all: Vec<String> = ALWAYS.map(str::to_owned).to_vec();
    let Some(scenery) = &material.scenery else { return all };
    let study = &scenery.study;
    all.insert(2, routes(study.informed));
    let method = study.file.model.routing.as_ref().map(|routing| routing.value.method);
    if method == Some(RoutingMethod::Equilibrium) {
        all.push("The study asks for an equilibrium of routes, which this version does not find.".to_owned());
    }
    if scenery.city.zones.iter().all(|zone| zone.income_decile == 0) {
        all.push("Incomes are not known in this city: who gains and who loses is told by mode and by zone only.".to_owned());
    }
    if study.drain_s <= 0.0 {
        all.push("Runs end at the end of the measured span: trips still on their way count with their time so far, and every mean is a lower bound.".to_owned());
    }
    if study.teleport_after_s.is_some() {
        all.push(
            "Vehicles that stand for long are carried on to the next free link, at the study's wish; the number is in the table of runs."
                .to_owned(),
        );
    }
    if matches!(study.city, Some(crate::scenario::CityFrom::Grid(_))) {
        all.push("The city is generated: a grid of streets with made-up demand. It stands for no place.".to_owned());
    }
    all
}

/// What is not modelled of the choice of ways.
fn routes(informed: Option<Informed>) -> String {
    let Some(Informed { share, update_s }) = informed else {
        return "Drivers take the path that is given or the shortest one at free speed and keep it, unless it is closed, or they have stood for two minutes and another way is a minute shorter. Nobody learns of a jam ahead, and everyday experience, by which drivers spread over several ways, is not modelled.".to_owned();
    };
    let minutes = (update_s / 60.0).round();
    format!(
        "Drivers depart on the path that is given or the shortest one at free speed. Of those whose path is not given {} % know the mean travel time on every link in the last {minutes:.0} min and take another way that saves more than a minute and 20 % of what is left; they foresee nothing, and all of them see the same. The others keep their path, unless it is closed, or they have stood for two minutes and another way is a minute shorter. Everyday experience, by which drivers spread over several ways, is not modelled.",
        crate::scenario::checks::number(100.0 * share)
    )
}

fn facts(material: &Material) -> Option<Value> {
    let first = material.manifest.wanted.measures.first().map_or("", String::as_str);
    let swept: Vec<&Comparison> = material.comparisons.iter().filter(|row| row.measure == first && row.label.contains("\" at ")).collect();
    let reach = swept.iter().flat_map(|row| row.ci95).map(f64::abs).filter(|end| end.is_finite()).fold(0.0, f64::max);
    let shown = |row: &Comparison| row.grade != Grade::Invalid && row.n > 1;
    let bar = |row: &&Comparison| {
        let places = decimals_of(row).min(4);
        json!({
            "label": row.label, "difference": if shown(row) { words::difference(row.difference, places) } else { "\u{2013}".to_owned() },
            "interval": if shown(row) { words::signed_span(row.ci95, places) } else { "\u{2013}".to_owned() }, "n": row.n,
            "picture": if shown(row) { chart::interval(row.difference, row.ci95, reach, row.grade.stands(), super::results::good(&row.measure)) } else { String::new() }, "grade": words::short_grade(row.grade), "grey": !row.grade.stands(),
        })
    };
    Some(json!({
        "not_modelled": not_modelled(material),
        "sweep": swept.iter().map(bar).collect::<Vec<_>>(),
        "measure": words::measure(first),
        "unit": swept.first().map_or("", |row| row.unit),
    }))
}
