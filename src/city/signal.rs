//! Plans for signals that come without one: opposite approaches together, permissive turns across (left where one drives on the right), and a
//! protected phase for these ahead of it where they have lanes of their own.

use super::junction::arrival_direction;
use super::{Aspect, City, Control, Controller, Phase, Policy};
use std::collections::BTreeSet;

/// Greens may grow to so many times their length in the fixed plan: 1.25 to 1.50 of the plan of least delay, says the Traffic Signal Timing Manual
/// (FHWA-HOP-08-024, 5.4.2).
pub const LONGEST: f64 = 1.5;

/// What a default plan is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// How the controllers decide.
    pub policy: Policy,
    /// Cycle of the fixed plan \[s\].
    pub cycle_s: f64,
    /// Amber \[s\].
    pub amber_s: f64,
    /// All red \[s\].
    pub all_red_s: f64,
    /// Shortest green \[s\] where it can vary.
    pub min_green_s: f64,
    /// Share of the cycle that is green or amber where only one stream has to be stopped (a signal in mid-block).
    pub green_share: f64,
    /// Protected phases for turns across (left where one drives on the right) that have lanes of their own.
    pub protected_left: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            policy: Policy::Fixed,
            cycle_s: 90.0,
            amber_s: 3.0,
            all_red_s: 2.0,
            min_green_s: 5.0,
            green_share: 0.5,
            protected_left: true,
        }
    }
}

/// One green stage of a plan: who drives, and with what weight the green time is shared out; `None` = a fixed number of seconds.
struct Stage {
    green: BTreeSet<usize>,
    lanes: f64,
    fixed_s: Option<f64>,
}

/// Adds a controller to every node under [`Control::Signal`] none of whose movements has one. The controller has the node's name.
pub fn derive(city: &mut City, plan: &Plan) {
    let mut of_node = vec![Vec::new(); city.nodes.len()];
    for (index, movement) in city.movements.iter().enumerate() {
        of_node[movement.node].push(index);
    }
    let mut waits: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); city.movements.len()];
    let mut conflicts: Vec<Vec<usize>> = vec![Vec::new(); city.movements.len()];
    for (index, conflict) in city.conflicts.iter().enumerate() {
        conflicts[conflict.a].push(index);
        if conflict.a_yields {
            waits[conflict.a].insert(conflict.b);
        }
        if conflict.b_yields {
            waits[conflict.b].insert(conflict.a);
        }
    }
    for (node, movements) in of_node.iter().enumerate() {
        let signalled = city.nodes[node].control == Control::Signal && !movements.is_empty();
        if !signalled || movements.iter().any(|&m| city.movements[m].signal.is_some()) {
            continue;
        }
        let groups = groups(city, movements, &conflicts);
        let stages = stages(city, movements, &groups, plan);
        let phases = phases(movements, &stages, &waits, plan);
        let controller = city.controllers.len();
        for (position, &movement) in movements.iter().enumerate() {
            city.movements[movement].signal = Some((controller, position));
        }
        city.controllers.push(Controller { id: city.nodes[node].id.clone(), policy: plan.policy, phases, ..Controller::default() });
    }
}

/// The link a movement comes from.
fn source(city: &City, movement: usize) -> usize {
    city.lanes[city.movements[movement].from_lane].link
}

/// Approaches that go together: those along the axis of the road of highest priority, and the rest; one by one where that would let
/// conflicting streams go at once without either having to wait.
fn groups(city: &City, movements: &[usize], conflicts: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut links: Vec<usize> = movements.iter().map(|&m| source(city, m)).collect();
    links.sort_unstable();
    links.dedup();
    links.sort_by_key(|&link| std::cmp::Reverse(city.links[link].priority));
    let axis = arrival_direction(city, links[0]);
    let lies_along = |&link: &usize| {
        let d = arrival_direction(city, link);
        (axis[0] * d[0] + axis[1] * d[1]).abs() > (axis[0] * d[1] - axis[1] * d[0]).abs()
    };
    let (main, cross): (Vec<usize>, Vec<usize>) = links.iter().copied().partition(lies_along);
    let clash = |group: &[usize]| {
        movements.iter().flat_map(|&m| &conflicts[m]).any(|&index| {
            let c = &city.conflicts[index];
            let (a, b) = (source(city, c.a), source(city, c.b));
            a != b && group.contains(&a) && group.contains(&b) && !c.a_yields && !c.b_yields
        })
    };
    let mut groups = Vec::new();
    for group in [main, cross] {
        if clash(&group) {
            groups.extend(group.iter().map(|&link| vec![link]));
        } else if !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}

/// Green stages in order.
fn stages(city: &City, movements: &[usize], groups: &[Vec<usize>], plan: &Plan) -> Vec<Stage> {
    let mut stages = Vec::new();
    for group in groups {
        let of_group: BTreeSet<usize> = movements.iter().copied().filter(|&m| group.contains(&source(city, m))).collect();
        let own_lane = |&m: &usize| {
            let lane = city.movements[m].from_lane;
            of_group.iter().all(|&o| city.movements[o].from_lane != lane || city.movements[o].turn == city.drive_side.across())
        };
        let across: BTreeSet<usize> = of_group.iter().copied().filter(own_lane).collect();
        let wide = group.iter().any(|&link| city.links[link].lanes.len() >= 3);
        if plan.protected_left && wide && group.len() > 1 && !across.is_empty() && plan.cycle_s >= 60.0 {
            stages.push(Stage { green: across, lanes: 0.0, fixed_s: Some(if plan.cycle_s >= 80.0 { 10.0 } else { 7.0 }) });
        }
        let lanes = group.iter().map(|&link| city.links[link].lanes.len()).max().unwrap_or(1);
        stages.push(Stage { green: of_group, lanes: lanes.min(64) as u32 as f64, fixed_s: None });
    }
    stages
}

/// Green of each stage that has no fixed one, by lanes: whole seconds, the last one takes the rest; what one lacks of the shortest green, the longest
/// give, so that the cycle keeps its length. It grows only where there is not enough for all.
fn shares(stages: &[Stage], usable_s: f64, min_green_s: f64) -> Vec<f64> {
    let mut greens_s: Vec<f64> = stages.iter().filter(|stage| stage.fixed_s.is_none()).map(|stage| stage.lanes).collect();
    let lanes = greens_s.iter().sum::<f64>().max(1.0);
    greens_s.iter_mut().for_each(|green_s| *green_s = (usable_s * *green_s / lanes).round());
    if let Some((last_s, others_s)) = greens_s.split_last_mut() {
        *last_s = usable_s - others_s.iter().sum::<f64>();
    }
    let mut lack_s: f64 = greens_s.iter().map(|green_s| (min_green_s - green_s).max(0.0)).sum();
    greens_s.iter_mut().for_each(|green_s| *green_s = green_s.max(min_green_s));
    while let Some(longest_s) = greens_s.iter_mut().max_by(|a, b| a.total_cmp(b))
        && lack_s > 0.0
        && *longest_s > min_green_s
    {
        let given_s = lack_s.min(1.0).min(*longest_s - min_green_s);
        *longest_s -= given_s;
        lack_s -= given_s;
    }
    greens_s
}

/// Stages with their transitions.
fn phases(movements: &[usize], stages: &[Stage], waits: &[BTreeSet<usize>], plan: &Plan) -> Vec<Phase> {
    let count = f64::from(u32::try_from(stages.len()).unwrap_or(u32::MAX));
    let fixed_s: f64 = stages.iter().filter_map(|stage| stage.fixed_s).sum();
    let alone = stages.len() == 1;
    let usable_s = if alone {
        plan.cycle_s * plan.green_share - plan.amber_s
    } else {
        plan.cycle_s - count * (plan.amber_s + plan.all_red_s) - fixed_s
    };
    let mut greens_s = shares(stages, usable_s, plan.min_green_s).into_iter();
    let mut phases = Vec::new();
    for stage in stages {
        let green_s = stage.fixed_s.or_else(|| greens_s.next()).unwrap_or(plan.min_green_s);
        let show = |aspect: &dyn Fn(usize) -> Aspect| -> Vec<Aspect> {
            movements.iter().map(|m| if stage.green.contains(m) { aspect(*m) } else { Aspect::Red }).collect()
        };
        let green = |m: usize| if waits[m].iter().any(|other| stage.green.contains(other)) { Aspect::Permissive } else { Aspect::Green };
        let (min_s, max_s) =
            if plan.policy == Policy::Fixed { (green_s, green_s) } else { (plan.min_green_s.min(green_s), LONGEST * green_s) };
        phases.push(Phase { duration_s: green_s, min_s, max_s, aspects: show(&green) });
        let red_s = if alone { (plan.cycle_s - green_s - plan.amber_s).max(plan.all_red_s) } else { plan.all_red_s };
        for (duration_s, aspect) in [(plan.amber_s, Aspect::Amber), (red_s, Aspect::Red)] {
            if duration_s > 0.0 {
                phases.push(Phase { duration_s, min_s: duration_s, max_s: duration_s, aspects: show(&|_| aspect) });
            }
        }
    }
    phases
}
