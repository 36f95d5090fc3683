//! The arms of a study: base and every variant, at every point of the sweep that concerns it, each with its city.
//!
//! An axis `do.ID.FIELD` concerns the variants that have the action ID; every other axis concerns all, base too. Each point is the study read
//! again with its values put in, as `--set` does, so that a value of a sweep means what it means in the file.

use super::batch::Arm;
use super::job::{NOT_CARRIED_OUT, Typed};
use crate::city::check::{self, Opened};
use crate::city::{City, DayScale, alter};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::manifest::VariantText;
use crate::scenario::quantity::Uncertain;
use crate::scenario::read::ADDED;
use crate::scenario::sweep::Axis;
use crate::scenario::{Asked, Plan, Study};
use crate::simulation::Settings;
use std::collections::BTreeMap;

/// Arms of one study at most: each holds a city.
const ARMS: usize = 5_000;

/// One value for each axis, by path.
type Point = BTreeMap<String, toml::Value>;

/// What the command line asks of a study.
#[must_use]
pub fn asked(typed: &Typed) -> Asked {
    Asked {
        text: typed.text.clone(),
        set: typed.set.clone(),
        actions: typed.actions.clone(),
        beside: typed.beside.clone(),
        ..Asked::default()
    }
}

/// All arms, base first; what is wrong is added to `found`.
#[must_use]
pub fn all(typed: &Typed, opened: &Opened, found: &mut Diagnostics) -> Vec<Arm> {
    let study = &opened.study;
    // What the command line adds is wanted, whatever else is left out.
    let added = |plan: &Plan| !typed.actions.is_empty() && plan.name == ADDED;
    let chosen = |plan: &&Plan| added(plan) || typed.only.as_ref().is_none_or(|only| *only == plan.name || *only == plan.slug);
    let mut wanted = vec![None];
    wanted.extend(study.variants.iter().filter(chosen).map(Some));
    let many: usize = wanted.iter().map(|plan| axes(study, *plan).iter().map(|axis| axis.values.len()).product::<usize>()).sum();
    if many > ARMS {
        let message = format!("{many} variants and points, more than {ARMS} are not run in one study");
        found.push(Diagnostic::error(230, message).hint("a shorter sweep, or --only one variant".to_owned()));
        return Vec::new();
    }
    let mut arms = Vec::new();
    for plan in wanted {
        for (number, point) in points(&axes(study, plan)).into_iter().enumerate() {
            if point.is_empty() {
                arms.push(arm(opened, plan, (number, &point), found));
                continue;
            }
            let mut asked = asked(typed);
            asked.point.extend(point.iter().map(|(path, value)| format!("{path}={}", written(value))));
            let (there, said) = check::open(&typed.what, &asked);
            if said.failed() {
                found.append(said);
                return Vec::new();
            }
            let Some(there) = there else { continue };
            let plan = plan.and_then(|plan| there.study.variants.iter().find(|other| other.slug == plan.slug));
            arms.push(arm(&there, plan, (number, &point), found));
        }
    }
    arms
}

/// The axes that concern base (`None`) or a variant.
fn axes<'a>(study: &'a Study, plan: Option<&Plan>) -> Vec<&'a Axis> {
    let concerns = |axis: &&Axis| match axis.path.strip_prefix("do.").and_then(|rest| rest.split('.').next()) {
        Some(id) => plan.is_some_and(|plan| plan.actions.iter().any(|action| action.value.id().is_some_and(|own| own.value == id))),
        None => true,
    };
    study.axes.iter().filter(concerns).collect()
}

/// All combinations of the values of some axes; one without any values where there are no axes.
fn points(axes: &[&Axis]) -> Vec<Point> {
    axes.iter().fold(vec![Point::new()], |points, axis| {
        let with = |point: &Point, value: &toml::Value| {
            let mut point = point.clone();
            point.insert(axis.path.clone(), value.clone());
            point
        };
        points.iter().flat_map(|point| axis.values.iter().map(move |value| with(point, value))).collect()
    })
}

/// A value as one writes it in TOML, on one line.
fn written(value: &toml::Value) -> String {
    let list = |all: Vec<String>, [open, close]: [&str; 2]| format!("{open} {} {close}", all.join(", "));
    match value {
        toml::Value::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        toml::Value::Integer(n) => n.to_string(),
        toml::Value::Float(n) => format!("{n:?}"),
        toml::Value::Boolean(yes) => yes.to_string(),
        toml::Value::Datetime(time) => time.to_string(),
        toml::Value::Array(all) => list(all.iter().map(written).collect(), ["[", "]"]),
        toml::Value::Table(all) => list(all.iter().map(|(key, value)| format!("{key} = {}", written(value))).collect(), ["{", "}"]),
    }
}

/// One arm.
fn arm(opened: &Opened, plan: Option<&Plan>, (number, point): (usize, &Point), found: &mut Diagnostics) -> Arm {
    let (study, base) = (&opened.study, scaled(opened, found));
    // What there is to say of the actions is said once, not at every point; a fault at any.
    let mut said = Diagnostics::new();
    let city = plan.map_or_else(|| base.clone(), |plan| alter::variant(study, &plan.actions, &base, opened.span_s(), &mut said));
    let shown = |value: &toml::Value| value.as_str().map_or_else(|| written(value), str::to_owned);
    if number == 0 || said.failed() {
        found.append(said);
    }
    let text = VariantText {
        name: plan.map_or_else(|| "base".to_owned(), |plan| plan.name.clone()),
        slug: plan.map_or_else(|| "base".to_owned(), |plan| plan.slug.clone()),
        point: number,
        axes: point.iter().map(|(path, value)| (path.clone(), shown(value))).collect(),
    };
    Arm::new(text, city, Settings::of(opened))
}

/// The city with the demand that the study asks for.
fn scaled(opened: &Opened, found: &mut Diagnostics) -> City {
    let (study, mut city) = (&opened.study, opened.city.clone());
    city.scale = match study.scale {
        Uncertain::Fixed(factor) => {
            alter::scale(&mut city, factor);
            DayScale::Same
        }
        Uncertain::Normal(law) => DayScale::Normal(law),
        Uncertain::Uniform(law) => DayScale::Uniform(law),
        Uncertain::Triangular(law) => DayScale::Triangular(law),
    };
    if city.scale != DayScale::Same && !city.trips.is_empty() {
        let message = "an uncertain demand.scale works on tables of origins and destinations; this city has single trips";
        let place = study.file.demand.scale.as_ref().map(|scale| study.place(&scale.span));
        let fault = Diagnostic::error(NOT_CARRIED_OUT, message);
        found.push(if let Some(place) = place { fault.at(&place, "") } else { fault });
    }
    city
}
