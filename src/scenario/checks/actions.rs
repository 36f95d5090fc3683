//! Actions by themselves: fields that only together make sense, ranges of their numbers.

use super::{LONGEST_S, Report};
use crate::scenario::action::Action;
use crate::scenario::quantity::{At, Clock, Few};

/// Fields of an action that only together make sense.
pub fn complete(action: &At<Action>, report: &mut Report) {
    if let Some(between) = action.value.between() {
        interval(between, report);
    }
    let mut needs = |what: &str| {
        if !report.told(&action.span) {
            report.error(106, &action.span, format!("{} needs {what}", action.value.verb()), None);
        }
    };
    match &action.value {
        Action::Close(a) if a.road.is_some() == a.link.is_some() => needs("one of road and link"),
        Action::Speed(a) if a.road.is_some() == a.zone.is_some() => needs("one of road and zone"),
        Action::Demand(a) if a.scale.is_some() == a.add.is_some() => needs("one of scale and add"),
        Action::Lane(a) if a.allow.is_some() == a.forbid.is_some() => needs("one of allow and forbid"),
        Action::Charge(a) if a.road.is_some() == a.zone.is_some() => needs("one of zone and road"),
        Action::Signal(a)
            if a.policy.is_none()
                && a.cycle.is_none()
                && a.splits.is_none()
                && a.offset.is_none()
                && a.min_green.is_none()
                && a.plan.is_none() =>
        {
            needs("at least one of policy, cycle, splits, offset, min_green, plan");
        }
        Action::Close(a) if a.link.is_some() && a.narrowed() => needs("road, not link, where way, near or crossings narrow it"),
        Action::Speed(a) if a.zone.is_some() && (a.way.is_some() || a.near.is_some()) => {
            needs("road, not zone, where way or near narrow it")
        }
        Action::Rain(a) if a.depth.is_some() == a.return_period.is_some() => needs("one of depth and return_period"),
        Action::Outage(a) if a.element.is_some() == a.near.is_some() => needs("one of element and near"),
        _ => {}
    }
    match &action.value {
        Action::Speed(a) => report.range("limit", "m/s", &a.limit.span, a.limit.value.0, 0.5..=64.0),
        Action::Demand(a) => {
            if let Some(scale) = &a.scale {
                report.range("scale", "", &scale.span, scale.value, 0.0..=100.0);
            }
            if let Some(add) = &a.add {
                report.range("add", "trips/h", &add.span, add.value.0, 0.0..=1e8);
            }
        }
        Action::Signal(a) => {
            for (what, value, range) in
                [("cycle", &a.cycle, 10.0..=600.0), ("offset", &a.offset, -86_400.0..=86_400.0), ("min_green", &a.min_green, 1.0..=300.0)]
            {
                if let Some(value) = value {
                    report.range(what, "s", &value.span, value.value.0, range);
                }
            }
            for split in a.splits.iter().flatten() {
                report.range("a split", "s", &split.span, split.value.0, 1.0..=600.0);
            }
        }
        Action::Incident(a) => {
            report.range("lanes", "", &a.lanes.span, f64::from(a.lanes.value), 1.0..=100.0);
            if let Some(at) = &a.at {
                report.range("at, a share of the length of the road,", "", &at.span, at.value.0, 0.0..=1.0);
            }
        }
        Action::Charge(a) => report.range("fee", "", &a.fee.span, a.fee.value.amount, 0.0..=1e6),
        Action::Rain(a) => report.range("lasts", "s", &a.lasts.span, a.lasts.value.0, 60.0..=LONGEST_S),
        _ => {}
    }
}

/// A part of the day must not end before it begins.
pub fn interval(between: &At<Few<Clock, 2>>, report: &mut Report) {
    if between.value[0].0 >= between.value[1].0 {
        report.error(
            230,
            &between.span,
            "the part of the day ends before it begins".into(),
            "over midnight: [\"23:00\", \"25:00\"]".to_owned(),
        );
    }
}
