//! Signals: another plan, another way to decide, or none.

use super::{NOT_CARRIED_OUT, Resolve, roads};
use crate::city::check::actions::every;
use crate::city::signal::LONGEST;
use crate::city::{Aspect, City, Control, Controller, Phase, Policy, TimingPlan};
use crate::diagnostic::{Diagnostic, plural};
use crate::scenario::action::{Signal, SignalPolicy};
use crate::scenario::quantity::At;
use std::collections::BTreeSet;

/// Shortest green where a policy may vary it and nothing else is said \[s\], as in [`crate::city::signal::Plan`].
const MIN_GREEN_S: f64 = 5.0;

/// Plans that a hint names at most.
const LISTED: usize = 10;

/// What an action changes at signals.
pub struct Retimed {
    controllers: Vec<usize>,
    nodes: Vec<usize>,
    policy: Option<SignalPolicy>,
    cycle_s: Option<f64>,
    splits_s: Vec<f64>,
    offset_s: Option<f64>,
    min_green_s: Option<f64>,
    /// Another plan, by controller; none where the plan stays.
    plans: Vec<Option<TimingPlan>>,
}

/// Does anybody drive in this phase, and is it none of the transitions?
fn is_green(phase: &Phase) -> bool {
    let goes = |a: &Aspect| matches!(a, Aspect::Green | Aspect::Permissive | Aspect::Off | Aspect::StopThenGo);
    phase.aspects.iter().any(goes) && !phase.aspects.iter().any(|a| matches!(a, Aspect::Amber | Aspect::RedAmber))
}

/// Resolves the junction (`all` = every signal of the city) and looks whether the plan can be so.
pub fn retimed(resolve: &mut Resolve, a: &Signal) -> Option<Retimed> {
    let city = resolve.base;
    let nodes: Vec<usize> = if every(&a.at.value) {
        let signalled: BTreeSet<usize> = city.movements.iter().filter(|m| m.signal.is_some()).map(|m| m.node).collect();
        signalled.into_iter().collect()
    } else {
        resolve.known(resolve.index.junction(&a.at.value))?
    };
    let here = |m: &&crate::city::Movement| nodes.contains(&m.node);
    let controllers: BTreeSet<usize> =
        city.movements.iter().filter(here).filter_map(|m| m.signal).map(|(controller, _)| controller).collect();
    if controllers.is_empty() {
        resolve.misfit(
            &a.at.span,
            "there is no signal at this junction".to_owned(),
            "`priority` changes the signs of a junction".to_owned(),
        );
        return None;
    }
    if a.policy == Some(SignalPolicy::GreenWave) {
        let message = "the policy green-wave is read, but this version does not carry it out";
        resolve.found.push(Diagnostic::error(NOT_CARRIED_OUT, message).at(&resolve.study.place(&a.at.span), ""));
        return None;
    }
    let plans = plans(resolve, a.plan.as_ref(), &controllers)?;
    let splits_s: Vec<f64> = a.splits.iter().flatten().map(|split| split.value.0).collect();
    for (&controller, plan) in controllers.iter().zip(&plans) {
        let c = &city.controllers[controller];
        let phases = plan.as_ref().map_or(&c.phases, |plan| &plan.phases);
        let greens = phases.iter().filter(|phase| is_green(phase)).count();
        if let (Some(first), false) = (a.splits.iter().flatten().next(), splits_s.is_empty() || splits_s.len() == greens) {
            let message = format!("{} for the {} of \"{}\"", plural(splits_s.len(), "green"), plural(greens, "phase"), c.id);
            resolve.misfit(&first.span, message, "one split for each green phase, in order".to_owned());
            return None;
        }
        let lost_s: f64 = phases.iter().filter(|phase| !is_green(phase)).map(|phase| phase.duration_s).sum();
        let least_s = lost_s + greens as f64;
        if let Some(cycle) = a.cycle.as_ref().filter(|cycle| cycle.value.0 < least_s) {
            let message = format!("a cycle of {} s leaves no green at \"{}\"", cycle.value.0, c.id);
            resolve.misfit(&cycle.span, message, format!("its transitions take {lost_s} s: at least {least_s} s"));
            return None;
        }
    }
    match a.policy {
        Some(SignalPolicy::Off | SignalPolicy::Flashing) => resolve.dark.extend(&nodes),
        Some(_) => resolve.dark.retain(|node| !nodes.contains(node)),
        None => {}
    }
    let seconds = |value: &Option<crate::scenario::quantity::At<crate::scenario::quantity::Seconds>>| value.as_ref().map(|v| v.value.0);
    Some(Retimed {
        controllers: controllers.into_iter().collect(),
        nodes,
        policy: a.policy,
        cycle_s: seconds(&a.cycle),
        splits_s,
        offset_s: seconds(&a.offset),
        min_green_s: seconds(&a.min_green),
        plans,
    })
}

/// The plan of a name at each controller, by its id or by what it is for; none where a controller has no such plan, which not all may.
fn plans(resolve: &mut Resolve, plan: Option<&At<String>>, controllers: &BTreeSet<usize>) -> Option<Vec<Option<TimingPlan>>> {
    let Some(plan) = plan else { return Some(vec![None; controllers.len()]) };
    let city = resolve.base;
    let of = |controller: &usize| {
        let all = &city.controllers[*controller].plans;
        let named = all.iter().find(|one| one.id == plan.value).or_else(|| all.iter().find(|one| one.timeday == plan.value));
        named.cloned()
    };
    let chosen: Vec<Option<TimingPlan>> = controllers.iter().map(of).collect();
    if chosen.iter().any(Option::is_some) {
        return Some(chosen);
    }
    let there: BTreeSet<&str> = (controllers.iter().flat_map(|controller| &city.controllers[*controller].plans))
        .flat_map(|one| [one.id.as_str(), one.timeday.as_str()])
        .filter(|name| !name.is_empty())
        .collect();
    let hint = match crate::ids::nearest(&plan.value, there.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if there.is_empty() => "it has one plan only; signal_timing_plan.csv can hold more".to_owned(),
        None => format!("there are {}", there.into_iter().take(LISTED).collect::<Vec<_>>().join(", ")),
    };
    resolve.misfit(&plan.span, format!("there is no plan \"{}\" at this signal", crate::units::short(&plan.value)), hint);
    None
}

impl Retimed {
    /// Changes the controllers; says whether anything is not as it was.
    pub fn to(&self, city: &mut City, base: &City) -> bool {
        let before: Vec<Controller> = self.controllers.iter().map(|c| city.controllers[*c].clone()).collect();
        let lit = matches!(self.policy, Some(SignalPolicy::Fixed | SignalPolicy::Actuated | SignalPolicy::MaxPressure));
        for (&controller, plan) in self.controllers.iter().zip(&self.plans) {
            if let Some(plan) = plan {
                let c = &mut city.controllers[controller];
                c.phases.clone_from(&plan.phases);
                c.offset_s = plan.offset_s.unwrap_or(c.offset_s);
            }
            if lit && city.controllers[controller].dark {
                city.controllers[controller].dark = false;
                self.nodes.iter().for_each(|node| roads::signs_of(city, base, *node));
            }
            self.plan(&mut city.controllers[controller]);
        }
        let dark = match self.policy {
            Some(SignalPolicy::Off) => Some(None),
            Some(SignalPolicy::Flashing) => Some(Some(Control::AllWayStop)),
            _ => None,
        };
        let mut changed = false;
        if let Some(control) = dark {
            for &controller in &self.controllers {
                city.controllers[controller].dark = true;
            }
            for &node in &self.nodes {
                let ruled = control.unwrap_or_else(|| if ranked(city, node) { Control::Yield } else { Control::RightBeforeLeft });
                changed |= roads::signs(city, &[node], ruled, &[]);
            }
        }
        changed || self.controllers.iter().zip(&before).any(|(c, before)| city.controllers[*c] != *before)
    }

    fn plan(&self, c: &mut Controller) {
        let mut splits = self.splits_s.iter();
        for phase in c.phases.iter_mut().filter(|phase| is_green(phase)) {
            if let Some(split_s) = splits.next() {
                (phase.duration_s, phase.min_s, phase.max_s) = (*split_s, *split_s, *split_s);
            }
        }
        if let Some(cycle_s) = self.cycle_s {
            fit(c, cycle_s);
        }
        let cycle_s: f64 = c.phases.iter().map(|phase| phase.duration_s).sum();
        // A whole cycle later is the same plan.
        if let Some(offset_s) = self.offset_s.filter(|offset_s| (offset_s - c.offset_s).rem_euclid(cycle_s.max(1.0)) > 0.0) {
            c.offset_s = offset_s;
        }
        c.policy = match self.policy {
            Some(SignalPolicy::Fixed) => Policy::Fixed,
            Some(SignalPolicy::Actuated) => Policy::Actuated,
            Some(SignalPolicy::MaxPressure) => Policy::MaxPressure,
            _ => c.policy,
        };
        let fixed = c.policy == Policy::Fixed;
        if !fixed {
            whole_greens(c);
        }
        for phase in c.phases.iter_mut().filter(|phase| is_green(phase)) {
            let varies = phase.max_s > phase.min_s;
            if fixed {
                (phase.min_s, phase.max_s) = (phase.duration_s, phase.duration_s);
            } else if !varies {
                (phase.min_s, phase.max_s) = (MIN_GREEN_S.min(phase.duration_s), LONGEST * phase.duration_s);
            }
            if let Some(min_green_s) = self.min_green_s {
                phase.min_s = min_green_s;
                phase.max_s = phase.max_s.max(min_green_s);
                phase.duration_s = phase.duration_s.max(min_green_s);
            }
        }
    }
}

/// Makes one phase of greens that follow each other and show the same, the last and the first of the cycle too: plans from elsewhere cut a green
/// into pieces, of which each would have a shortest duration of its own.
fn whole_greens(c: &mut Controller) {
    let add = |to: &mut Phase, more: &Phase| {
        to.duration_s += more.duration_s;
        to.min_s += more.min_s;
        to.max_s += more.max_s;
    };
    c.phases.dedup_by(|later, first| {
        let same = is_green(first) && later.aspects == first.aspects;
        if same {
            add(first, later);
        }
        same
    });
    if let [first, .., last] = &mut c.phases[..]
        && is_green(first)
        && last.aspects == first.aspects
    {
        add(first, last);
        c.offset_s -= last.duration_s;
        c.phases.pop();
    }
}

/// Stretches the greens so that the cycle has this length: whole seconds, the last green takes the rest.
fn fit(c: &mut Controller, cycle_s: f64) {
    let lost_s: f64 = c.phases.iter().filter(|phase| !is_green(phase)).map(|phase| phase.duration_s).sum();
    let green_s: f64 = c.phases.iter().filter(|phase| is_green(phase)).map(|phase| phase.duration_s).sum();
    let last = c.phases.iter().rposition(is_green);
    let mut rest_s = cycle_s - lost_s;
    for (index, phase) in c.phases.iter_mut().enumerate().filter(|(_, phase)| is_green(phase)) {
        let scale = (cycle_s - lost_s) / green_s.max(1.0);
        let now_s = if Some(index) == last { rest_s.max(1.0) } else { (phase.duration_s * scale).round().max(1.0) };
        rest_s -= now_s;
        (phase.min_s, phase.max_s) =
            if phase.max_s > phase.min_s { (phase.min_s.min(now_s), phase.max_s.max(now_s)) } else { (now_s, now_s) };
        phase.duration_s = now_s;
    }
}

/// Do roads of different rank meet here?
fn ranked(city: &City, node: usize) -> bool {
    let mut ranks = city.links.iter().filter(|link| link.to == node).map(|link| link.priority);
    let first = ranks.next();
    ranks.any(|rank| Some(rank) != first)
}
