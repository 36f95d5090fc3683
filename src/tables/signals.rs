//! Signal plans as words in the pool.

use super::approaches::Approaches;
use super::lanes::Roads;
use super::layout::{NONE, POLICY_ACTUATED, POLICY_FIXED, POLICY_MAX_PRESSURE};
use crate::city::{Aspect, City, Controller, Phase, Policy};

/// Words of a controller's header.
pub const HEADER: usize = 8;

/// Lays down all plans; returns the offset of the table of headers and the state of each controller at tick 0, `tick_shift` ticks after
/// midnight.
#[must_use]
pub fn compile(city: &City, roads: &Roads, k: u32, tick_shift: u32, pool: &mut Vec<u32>) -> (u32, Vec<u32>) {
    let mut links: Vec<Vec<[u32; 2]>> = vec![Vec::new(); city.controllers.len()];
    for (m, movement) in city.movements.iter().enumerate() {
        if let Some((controller, position)) = movement.signal {
            links[controller].push([position as u32, roads.of_movement[m]]);
        }
    }
    let mut headers = Vec::new();
    let mut state = Vec::new();
    let mut approaches = None;
    let mut along: Vec<usize> = (0..city.controllers.len()).collect();
    along.sort_unstable_by_key(|controller| roads.of_controller[*controller]);
    for at in along {
        let (controller, mut list) = (&city.controllers[at], std::mem::take(&mut links[at]));
        list.sort_unstable();
        headers.push(pool.len() as u32);
        state.extend(plan(controller, &list, k, tick_shift, pool));
        if pool[headers[headers.len() - 1] as usize] != POLICY_FIXED {
            approaches.get_or_insert_with(|| Approaches::new(&roads.lanes)).of(list.iter().map(|[_, connector]| *connector), pool);
        }
    }
    let at = pool.len() as u32;
    pool.extend(headers);
    (at, state)
}

/// Seconds to ticks, at least one.
fn ticks(seconds: f64, k: u32) -> u32 {
    ((seconds * f64::from(1_u32 << k)).round() as u32).max(1)
}

fn aspect_code(a: Aspect) -> u32 {
    match a {
        Aspect::Red => 0,
        Aspect::Amber => 1,
        Aspect::Green => 2,
        Aspect::Permissive => 3,
        Aspect::RedAmber => 4,
        Aspect::Off => 5,
        Aspect::StopThenGo => 6,
    }
}

/// A green no longer than this that shows nothing which the phase before did not is time to clear for those who had it \[s\]: amber and all red of
/// a default plan.
const CLEARING_S: f64 = 5.0;

/// Which phases are greens, and none of the transitions: somebody may drive who is simulated, and nobody has amber.
fn greens(c: &Controller, links: &[[u32; 2]]) -> Vec<bool> {
    let shows = |phase: &Phase, [position, _]: &[u32; 2]| phase.aspects.get(*position as usize).copied().unwrap_or(Aspect::Red);
    let open = |a: Aspect| matches!(a, Aspect::Green | Aspect::Permissive | Aspect::Off);
    let before = c.phases.iter().cycle().skip(c.phases.len().max(1) - 1);
    let green = |(phase, before): (&Phase, &Phase)| {
        let less = links.iter().all(|link| shows(phase, link) == Aspect::Red || shows(phase, link) == shows(before, link));
        let clears = less && phase.aspects != before.aspects && phase.duration_s <= CLEARING_S;
        links.iter().any(|link| open(shows(phase, link)))
            && !phase.aspects.iter().any(|a| matches!(a, Aspect::Amber | Aspect::RedAmber))
            && !clears
    };
    c.phases.iter().zip(before).map(green).collect()
}

/// A plan of which one green alone is for vehicles (a crossing for pedestrians, who are not simulated) runs by the clock under any policy: nobody
/// would call the rest of it. So does what is switched off.
fn plan(c: &Controller, links: &[[u32; 2]], k: u32, tick_shift: u32, pool: &mut Vec<u32>) -> [u32; 4] {
    let positions = c.phases.iter().map(|p| p.aspects.len()).max().unwrap_or(0);
    let stride = 4 + positions.div_ceil(8);
    let greens = greens(c, links);
    let several = greens.iter().filter(|green| **green).count() > 1;
    let policy = match c.policy {
        Policy::Actuated if several && !c.dark => POLICY_ACTUATED,
        Policy::MaxPressure if several && !c.dark => POLICY_MAX_PRESSURE,
        _ => POLICY_FIXED,
    };
    let durations: Vec<u32> = c.phases.iter().map(|p| ticks(p.duration_s, k)).collect();
    let cycle: u32 = durations.iter().sum::<u32>().max(1);
    let shift = (c.offset_s * f64::from(1_u32 << k)).round().rem_euclid(f64::from(cycle)) as u32;
    let phases_at = (pool.len() + HEADER) as u32;
    let links_at = phases_at + (stride * c.phases.len()) as u32;
    pool.extend([policy, c.phases.len() as u32, stride as u32, phases_at, links_at, links.len() as u32, cycle, shift]);
    for ((phase, duration), green) in c.phases.iter().zip(&durations).zip(greens) {
        pool.extend([*duration, ticks(phase.min_s, k).min(*duration), ticks(phase.max_s, k), u32::from(green)]);
        let mut words = vec![0_u32; stride - 4];
        for (i, a) in phase.aspects.iter().enumerate() {
            let shown = if c.dark { Aspect::Off } else { *a };
            words[i / 8] |= aspect_code(shown) << (4 * (i % 8));
        }
        pool.extend(words);
    }
    pool.extend(links.iter().flatten());
    // Where the plan stands at tick 0.
    let mut into = (tick_shift % cycle + cycle - shift) % cycle;
    let mut phase = 0;
    while phase + 1 < durations.len() && into >= durations[phase] {
        into -= durations[phase];
        phase += 1;
    }
    [phase as u32, into, NONE, 0]
}
