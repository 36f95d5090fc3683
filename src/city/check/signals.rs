//! Signal controllers, their plans and phases, and what they show to movements that cross.

use super::{Known, duplicate, undefined};
use crate::city::{Aspect, City, Controller, Phase, Policy, TimingPlan};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::folder::Folder;
use crate::scenario::table::Row;
use std::collections::BTreeMap;

const POLICIES: &[(&str, Policy)] = &[("fixed", Policy::Fixed), ("actuated", Policy::Actuated), ("max-pressure", Policy::MaxPressure)];

/// Faults of one kind listed for a city.
const LISTED: usize = 10;

/// `signal_controller.csv` with the plans of each; the first one is in force.
pub fn controllers(folder: &Folder, city: &mut City, known: &mut Known, found: &mut Diagnostics) {
    for row in folder.table("signal_controller.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "controller_id", &mut known.controllers, city.controllers.len(), found) {
            continue;
        }
        let policy = row.word("policy", POLICIES, Policy::Fixed, found);
        let offset_s = row.number("offset_s", -86_400.0..=86_400.0, found).unwrap_or(0.0);
        city.controllers.push(Controller { id: row.text("controller_id").into(), policy, offset_s, ..Controller::default() });
    }
    let (mut plans, known_plans) = plans(folder, known, found);
    let mut order: Vec<(usize, i64, usize)> = Vec::new();
    let table = folder.table("signal_timing_phase.csv");
    let mut ids = crate::ids::Names::new();
    for row in table.iter().flat_map(|t| t.rows()) {
        if duplicate(row, "timing_phase_id", &mut ids, row.index, found) {
            continue;
        }
        match known_plans.get(row.text("timing_plan_id")) {
            Some(plan) => {
                let number = row.whole("signal_phase_num", 0..=100_000, found).unwrap_or(0);
                order.push((*plan, number, row.index));
            }
            None => {
                let near = crate::ids::nearest(row.text("timing_plan_id"), known_plans.keys().map(String::as_str));
                let hint = near.map(|n| format!("signal_timing_plan.csv has \"{n}\"; did you mean that?"));
                found.push(
                    Diagnostic::error(203, "a phase belongs to an undefined plan")
                        .at(&row.place("timing_plan_id"), "no plan has this id")
                        .hint(hint),
                );
            }
        }
    }
    order.sort_unstable();
    // Aspects of each controller: as many in every phase of every plan.
    let mut aspects: Vec<Option<usize>> = vec![None; city.controllers.len()];
    for (plan, _, index) in order {
        let Some(row) = table.map(|t| t.row(index)) else { continue };
        let phase = phase(row, found);
        let (controller, plan) = &mut plans[plan];
        let Some(controller) = *controller else { continue };
        let many = *aspects[controller].get_or_insert(phase.aspects.len());
        if many != phase.aspects.len() {
            let message = format!("the phases of \"{}\" have {many} and {} aspects", city.controllers[controller].id, phase.aspects.len());
            found.push(
                Diagnostic::error(230, message)
                    .at(&row.place("aspects"), "")
                    .hint("one letter for each signal_index in every phase".to_owned()),
            );
        }
        plan.phases.push(phase);
    }
    for (controller, plan) in plans {
        let Some(of) = controller.map(|controller| &mut city.controllers[controller]) else { continue };
        if of.plans.is_empty() {
            of.phases.clone_from(&plan.phases);
            of.offset_s = plan.offset_s.unwrap_or(of.offset_s);
        }
        of.plans.push(plan);
    }
    choices(folder, city, found);
}

/// Where a controller has several plans, the first is in force, and a study may choose another.
fn choices(folder: &Folder, city: &mut City, found: &mut Diagnostics) {
    let others: usize = city.controllers.iter().map(|controller| controller.plans.len().saturating_sub(1)).sum();
    for controller in city.controllers.iter_mut().filter(|controller| controller.plans.len() == 1) {
        controller.plans.clear();
    }
    if others > 0 {
        let message = format!(
            "{others} plans are not the first of their controller: the first is in force all day, {{ signal = {{ at = ..., plan = ... }} }} chooses another"
        );
        found.push(Diagnostic::warning(110, message).at(&Place::file(&folder.shown("signal_timing_plan.csv")), ""));
    }
}

/// A plan and its controller; none where that is not known.
type Planned = (Option<usize>, TimingPlan);

/// Plans with their controllers, in the order of the file, and their places by id.
fn plans(folder: &Folder, known: &Known, found: &mut Diagnostics) -> (Vec<Planned>, BTreeMap<String, usize>) {
    let (mut plans, mut places) = (Vec::new(), BTreeMap::new());
    let mut ids = crate::ids::Names::new();
    for row in folder.table("signal_timing_plan.csv").iter().flat_map(|t| t.rows()) {
        if duplicate(row, "timing_plan_id", &mut ids, row.index, found) {
            continue;
        }
        let what = || "a plan belongs to an undefined controller".to_owned();
        let controller = undefined(row, "controller_id", &known.controllers, "signal_controller.csv", "controller", what, found);
        let id = row.text("timing_plan_id").to_owned();
        places.insert(id.clone(), plans.len());
        let offset_s = row.number("offset_s", -86_400.0..=86_400.0, found);
        plans.push((controller, TimingPlan { id, timeday: row.text("timeday_id").to_owned(), offset_s, phases: Vec::new() }));
    }
    (plans, places)
}

fn phase(row: Row, found: &mut Diagnostics) -> Phase {
    let duration = row.number("duration_s", 0.1..=86_400.0, found);
    let least = row.number("min_green", 0.0..=86_400.0, found);
    let most = row.number("max_green", 0.0..=86_400.0, found);
    let Some(duration_s) = duration.or(least) else {
        if row.text("duration_s").is_empty() && row.text("min_green").is_empty() {
            found.push(Diagnostic::error(106, "a phase needs duration_s or min_green").at(&row.place("duration_s"), ""));
        }
        return Phase::default();
    };
    let (min_s, max_s) = (least.unwrap_or(duration_s), most.unwrap_or(duration_s.max(least.unwrap_or(0.0))));
    if min_s > max_s {
        found.push(Diagnostic::error(230, format!("min_green {min_s} s is above max_green {max_s} s")).at(&row.place("max_green"), ""));
    }
    let mut aspects = Vec::new();
    for letter in row.text("aspects").chars() {
        aspects.push(match letter {
            'r' | 'R' => Aspect::Red,
            'y' | 'Y' => Aspect::Amber,
            'G' => Aspect::Green,
            'g' => Aspect::Permissive,
            'u' | 'U' => Aspect::RedAmber,
            'o' | 'O' => Aspect::Off,
            's' => Aspect::StopThenGo,
            other => {
                let hint = "letters: r red, y amber, G green, g green that yields, u red and amber, o off, s stop then go".to_owned();
                let message = format!("unknown aspect \"{}\"", other.escape_default());
                found.push(Diagnostic::error(109, message).at(&row.place("aspects"), "").hint(hint));
                Aspect::Red
            }
        });
        if aspects.len() > usize::try_from(super::turns::HEADS).unwrap_or(0) {
            found.push(Diagnostic::error(230, "more than 4096 aspects").at(&row.place("aspects"), ""));
            break;
        }
    }
    if aspects.is_empty() {
        let hint = "one letter for each signal_index: \"GGrr\"".to_owned();
        found.push(Diagnostic::error(106, "a phase without aspects").at(&row.place("aspects"), "").hint(hint));
    }
    Phase { duration_s, min_s, max_s, aspects }
}

/// Signals against movements: heads that exist (C230), phases that are there (C106), conflicting greens (C303, a warning).
pub fn agree(folder: &Folder, city: &City, found: &mut Diagnostics) {
    let place = |file: &str| Place::file(&folder.shown(file));
    let mut used = vec![0usize; city.controllers.len()];
    for movement in &city.movements {
        if let Some((controller, index)) = movement.signal {
            used[controller] = used[controller].max(index + 1);
        }
    }
    for (controller, used) in city.controllers.iter().zip(&used) {
        let heads = controller.phases.first().map_or(0, |p| p.aspects.len());
        if controller.phases.is_empty() && *used > 0 {
            let message = format!("controller \"{}\" has no phases", controller.id);
            found.push(
                Diagnostic::error(106, message)
                    .at(&place("signal_timing_phase.csv"), "")
                    .hint("add rows to signal_timing_plan.csv and signal_timing_phase.csv".to_owned()),
            );
        } else if *used > heads {
            let message = format!("controller \"{}\" shows {heads} aspects, a movement uses signal_index {}", controller.id, used - 1);
            found.push(Diagnostic::error(230, message).at(&place("movement.csv"), ""));
        }
    }
    let mut both = 0;
    for conflict in city.conflicts.iter().filter(|c| !c.merge && !c.a_yields && !c.b_yields) {
        let (a, b) = (&city.movements[conflict.a], &city.movements[conflict.b]);
        let (Some((controller, head_a)), Some((other, head_b))) = (a.signal, b.signal) else { continue };
        if controller != other {
            continue;
        }
        let green = |p: &Phase, head: usize| p.aspects.get(head) == Some(&Aspect::Green);
        let Some(phase) = city.controllers[controller].phases.iter().position(|p| green(p, head_a) && green(p, head_b)) else { continue };
        both += 1;
        if both <= LISTED {
            let message = format!(
                "phase {} of \"{}\" shows G to \"{}\" and \"{}\", which cross and neither yields",
                phase + 1,
                city.controllers[controller].id,
                a.id,
                b.id
            );
            found.push(
                Diagnostic::warning(303, message)
                    .at(&place("signal_timing_phase.csv"), "")
                    .hint("one of the two must be g, with a_yields or b_yields in conflict.csv".to_owned()),
            );
        }
    }
    if both > LISTED {
        found.push(
            Diagnostic::warning(303, format!("{} more pairs of conflicting greens", both - LISTED))
                .at(&place("signal_timing_phase.csv"), ""),
        );
    }
}
