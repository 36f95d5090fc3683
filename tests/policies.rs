//! Signals that decide by what they see: what they promise, on crossings whose answer is known, on grids and on real networks.
#![allow(clippy::print_stdout, reason = "a test shows what it measured beside what is right")]
#![expect(clippy::disallowed_methods, reason = "the folder of the data comes from the environment")]

#[path = "common/program.rs"]
mod program;

use forecity::backend::cpu::Cpu;
use forecity::city::check;
use forecity::city::generate::theory::crossing;
use forecity::city::signal::{LONGEST, Plan};
use forecity::city::{Aspect, Block, City, Policy, Trip, alter};
use forecity::import::{Imported, sumo};
use forecity::observe::Observations;
use forecity::random::pcg4d;
use forecity::scenario::Asked;
use forecity::simulation::{Machine, Settings, run};
use forecity::state::State;
use forecity::tables::Tables;
use forecity::tables::compile::{Span, compile};
use forecity::tables::layout::{ASPECT_GREEN, ASPECT_PERMISSIVE, NONE};
use forecity::tables::shown;
use program::Folder;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

const POLICIES: [&str; 3] = ["fixed", "actuated", "max-pressure"];
/// Limit of the crossings \[m/s\].
const LIMIT_MPS: f64 = 50.0 / 3.6;
/// Amber and all red of a default plan \[s\].
const TRANSITION_S: f64 = 5.0;

/// A city under a policy, as the action of a study sets it at all signals.
fn under(city: &City, policy: &str) -> City {
    let folder = Folder::new(&format!("policies-{policy}-{}", city.links.len()));
    let head = "format = 1\ncity = { grid = [3, 3] }\n[time]\nfrom = \"07:00\"\nto = \"08:00\"\n";
    let action = format!("[[variant]]\nname = \"v\"\ndo = [{{ signal = {{ at = \"all\", policy = \"{policy}\" }} }}]\n");
    let path = folder.write("study.toml", &format!("{head}{action}"));
    let (opened, mut found) = check::open(&path.to_string_lossy(), &Asked::default());
    let study = opened.unwrap_or_else(|| panic!("{}", found.json())).study;
    let city = alter::variant(&study, &study.variants[0].actions, city, [0.0, 86_400.0], &mut found);
    assert_eq!(found.errors(), 0, "{}", found.json());
    city
}

/// A generated grid under heavy traffic.
fn grid(policy: &str) -> City {
    let folder = Folder::new(&format!("policies-grid-{policy}"));
    let text = "format = 1\ncity = { grid = [5, 4], trips = \"5000 trips/h\" }\n[time]\nfrom = \"07:00\"\nto = \"08:00\"\n";
    let path = folder.write("study.toml", text);
    let (opened, found) = check::open(&path.to_string_lossy(), &Asked::default());
    under(&opened.unwrap_or_else(|| panic!("{}", found.json())).city, policy)
}

/// A case of the reference data. Without them the tests that read them are ignored, see `build.rs`.
fn imported(name: &str) -> Imported {
    let folder = std::env::var("FORECITY_DATA").map_or_else(|_| PathBuf::from("../shared/data"), PathBuf::from).join("sumo").join(name);
    let files = std::fs::read_dir(folder).expect("the case").filter_map(Result::ok).map(|entry| entry.path());
    let configuration = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "sumocfg")).expect("a configuration");
    sumo::case(&configuration).expect("the case is imported")
}

/// Aspect of each connector with a signal, by lane.
fn aspects(t: &Tables, s: &State) -> Vec<u32> {
    let aspect = |lane: &forecity::tables::layout::Lane| {
        let phase = if lane.feeder == NONE || lane.signal == NONE { 0 } else { s.phases[(lane.signal >> 8) as usize * 4] };
        if lane.feeder == NONE { NONE } else { shown::aspect(&t.pool, t.params.controllers_at, lane, phase) }
    };
    t.lanes.iter().map(aspect).collect()
}

/// Steps for an hour. No light goes from green to red without amber, but where the plan itself has the two phases one after the other.
fn amber_first(name: &str, city: &City, from_s: f64) {
    let t = compile(city, Span { k: 0, start_s: from_s, from_s, to_s: from_s + 3600.0, teleport_s: 0.0 }, &[1]);
    let mut cpu = Cpu::new(&t, 2, State::new(&t));
    let (mut before, mut phases) = (aspects(&t, &cpu.state), cpu.state.phases.clone());
    let mut changes = 0;
    for tick in 0..3600 {
        cpu.step(&t, 1);
        let now = aspects(&t, &cpu.state);
        for (lane, (was, is)) in before.iter().zip(&now).enumerate().filter(|(_, (was, is))| was != is) {
            let at = (t.lanes[lane].signal >> 8) as usize * 4;
            let plan = t.pool[t.params.controllers_at as usize + at / 4] as usize;
            let planned = cpu.state.phases[at] == (phases[at] + 1) % t.pool[plan + 1];
            let open = |aspect: u32| aspect == ASPECT_GREEN || aspect == ASPECT_PERMISSIVE;
            assert!(planned || !open(*was) || !shown::shows_red(*is), "{name}, tick {tick}, connector {lane}: from {was} to {is}");
            changes += 1;
        }
        (before, phases) = (now, cpu.state.phases.clone());
    }
    println!("{name}: {changes} changes of lights, {} vehicles at the end", cpu.state.vehicles.len());
    assert!(changes > 100, "{name}: {changes}");
}

#[test]
fn no_light_turns_red_without_amber() {
    for policy in POLICIES {
        amber_first(&format!("grid, {policy}"), &grid(policy), 25_200.0);
    }
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn no_light_of_a_real_network_turns_red_without_amber() {
    for name in ["bologna-acosta", "bologna-pasubio", "ingolstadt1"] {
        let case = imported(name);
        for policy in POLICIES {
            amber_first(&format!("{name}, {policy}"), &under(&case.city, policy), case.from_s);
        }
    }
}

/// A crossing of one lane each way and of two streams, from the west and from the south: of the plan, which takes the arms one by one, their two
/// phases, in a cycle of 90 s with two greens of 40 s.
fn lone(policy: Policy) -> City {
    let mut city = crossing(400.0, LIMIT_MPS, 1, &Plan { policy, cycle_s: 180.0, ..Plan::default() });
    let from = |city: &City, id: &str| {
        let lane = city.links[link(city, id)].lanes.start;
        let (_, head) = city.movements.iter().find(|m| m.from_lane == lane).and_then(|m| m.signal).expect("a head");
        let stages: Vec<_> = city.controllers[0].phases.chunks(3).filter(|stage| stage[0].aspects[head] != Aspect::Red).collect();
        assert!(stages.len() == 1 && (stages[0][0].duration_s - 40.0).abs() < 1e-9, "{:?}", city.controllers[0].phases);
        stages[0].to_vec()
    };
    city.controllers[0].phases = [from(&city, "in_west"), from(&city, "in_south")].concat();
    city
}

fn link(city: &City, id: &str) -> usize {
    city.links.iter().position(|link| link.id == id).expect("a link")
}

/// Trips straight on from a side, at these times.
fn add(city: &mut City, from: &str, to: &str, at_s: impl Iterator<Item = f64>) {
    let path = Arc::new(vec![link(city, from), link(city, to)]);
    city.trips.extend(at_s.enumerate().map(|(n, depart_s)| Trip {
        id: format!("{from}{n:05}"),
        depart_s,
        path: Arc::clone(&path),
        ..Trip::default()
    }));
    city.trips.sort_by(|a, b| a.depart_s.total_cmp(&b.depart_s));
}

/// A Poisson stream of the engine's own generator.
fn poisson(name: u32, per_h: f64, until_s: f64) -> Vec<f64> {
    let (mut t, mut n, mut all) = (0.0, 0, Vec::new());
    loop {
        t -= libm::log((f64::from(pcg4d(7, name, n, 99).w) + 0.5) / 4_294_967_296.0) * 3600.0 / per_h;
        n += 1;
        if t >= until_s {
            return all;
        }
        all.push(t);
    }
}

fn even(per_h: f64, until_s: f64) -> impl Iterator<Item = f64> {
    (0..).map(move |n| f64::from(n) * 3600.0 / per_h).take_while(move |t| *t < until_s)
}

/// When the line of the only lane of a link sees its first vehicle within 3 s of it at the limit, and when it shows green after that \[s\].
fn called_and_served(city: &City, from: &str, until_s: f64) -> (Option<f64>, Option<f64>) {
    let t = compile(city, Span { k: 1, start_s: 0.0, from_s: 0.0, to_s: until_s, teleport_s: 0.0 }, &[1]);
    let lane = t.of_lane[city.links[link(city, from)].lanes.start];
    let connectors = t.lanes[lane as usize].conn_start..t.lanes[lane as usize].conn_start + t.lanes[lane as usize].conn_count;
    let mut cpu = Cpu::new(&t, 1, State::new(&t));
    let (mut called, mut served) = (None, None);
    while f64::from(cpu.state.tick()) / 2.0 < until_s && served.is_none() {
        cpu.step(&t, 1);
        let now = f64::from(cpu.state.tick()) / 2.0;
        let shows = aspects(&t, &cpu.state);
        let near = |v: &forecity::tables::layout::Vehicle| {
            v.lane == lane && f64::from(t.lanes[lane as usize].length - v.x) / 1024.0 <= 3.0 * LIMIT_MPS
        };
        called = called.or_else(|| cpu.state.vehicles.iter().any(near).then_some(now));
        let green = connectors.clone().any(|at| shows[at as usize] == ASPECT_GREEN || shows[at as usize] == ASPECT_PERMISSIVE);
        served = green.then_some(now);
    }
    (called, served)
}

/// A street that nobody calls has no green while the other one does, and a call is served within the longest green and the transition. The
/// main stream is never without a vehicle within 3 s, so that the green lasts as long as it may.
#[test]
fn who_calls_is_served_and_nobody_else() {
    let mut city = lone(Policy::Actuated);
    add(&mut city, "in_west", "out_east", even(1500.0, 1200.0));
    assert_eq!(called_and_served(&city, "in_south", 1200.0), (None, None), "nobody calls");
    add(&mut city, "in_south", "out_north", std::iter::once(600.0));
    let (called, served) = called_and_served(&city, "in_south", 1200.0);
    let (called, served) = (called.expect("it comes"), served.expect("it is served"));
    println!("called at {called} s, green at {served} s");
    assert!(called > 600.0, "no green before the call");
    let most_s = LONGEST * 40.0 + TRANSITION_S;
    assert!((most_s - 3.0..=most_s + 1.0).contains(&(served - called)), "{} s, a busy main street keeps its {most_s} s", served - called);
    // A lone vehicle on an empty crossing: the main street rests in green, nothing holds it.
    let mut city = lone(Policy::Actuated);
    add(&mut city, "in_south", "out_north", std::iter::once(600.0));
    let (called, served) = called_and_served(&city, "in_south", 1200.0);
    let wait_s = served.expect("it is served") - called.expect("it comes");
    assert!((TRANSITION_S..=TRANSITION_S + 1.0).contains(&wait_s), "{wait_s} s: the transition and no more");
}

/// Under max-pressure one vehicle never outweighs a full street. Beside one such street it is served after its longest green and a transition;
/// beside two, which take turns, after 120 s of standing.
#[test]
fn pressure_starves_nobody() {
    let mut one = lone(Policy::MaxPressure);
    add(&mut one, "in_west", "out_east", even(2400.0, 1800.0));
    let mut two = crossing(400.0, LIMIT_MPS, 1, &Plan { policy: Policy::MaxPressure, cycle_s: 180.0, ..Plan::default() });
    add(&mut two, "in_west", "out_east", even(2400.0, 1800.0));
    add(&mut two, "in_east", "out_west", even(2400.0, 1800.0));
    // It comes to a stand in some 10 s, and the green that is may have begun: 5 s.
    let bounds = [(one, 0.0..=LONGEST * 40.0 + TRANSITION_S), (two, 60.0..=120.0 + 10.0 + 5.0 + TRANSITION_S)];
    for (mut city, bound) in bounds {
        add(&mut city, "in_south", "out_north", std::iter::once(600.0));
        let (called, served) = called_and_served(&city, "in_south", 1800.0);
        let wait_s = served.expect("it is served") - called.expect("it comes");
        println!("max-pressure: a lone vehicle beside full streets waits {wait_s} s");
        assert!(bound.contains(&wait_s), "{wait_s} s, not in {bound:?}");
    }
}

fn measured(city: &City, to_s: f64) -> Observations {
    let settings = Settings { k: 1, to_s, drain_s: 3600.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("the run").0.remove(0)
}

/// Mean time from planned departure to arrival \[s\] of the trips whose name begins so.
fn mean_s(seen: &Observations, name: &str) -> f64 {
    let own: Vec<f64> = seen
        .trips
        .iter()
        .filter(|trip| trip.id.starts_with(name))
        .map(|trip| {
            assert_ne!(trip.arrive_tick, u32::MAX, "all arrive: {trip:?}");
            f64::from(trip.arrive_tick) * f64::from(seen.step_ms) / 1000.0 - trip.due_ms as f64 / 1000.0
        })
        .collect();
    own.iter().sum::<f64>() / own.len() as f64
}

/// HCM 2010, 18-20: the incremental delay of an actuated signal has k < 0.5 below capacity, that of a fixed one 0.5; and its greens follow demand.
/// So it loses no more time than the fixed plan, from 0.1 to 0.8 of what that passes (40 of 90 s, some 800 veh/h a lane). Nor does max-pressure here,
/// which keeps queues bounded where any plan does (Varaiya 2013).
#[test]
fn who_sees_loses_no_more_than_a_fixed_plan() {
    for per_h in [80.0, 200.0, 400.0, 550.0, 640.0] {
        let times = [Policy::Fixed, Policy::Actuated, Policy::MaxPressure].map(|policy| {
            let of_stream = |stream: u32| {
                let mut city = lone(policy);
                for (number, (from, to)) in (0..).zip([("in_west", "out_east"), ("in_south", "out_north")]) {
                    add(&mut city, from, to, poisson(2 * stream + number, per_h, 3600.0).into_iter());
                }
                mean_s(&measured(&city, 3600.0), "")
            };
            (0..4).map(of_stream).sum::<f64>() / 4.0
        });
        println!("{per_h} veh/h a lane: fixed, actuated, max-pressure {times:.1?} s");
        assert!(times[1] <= times[0] && times[2] <= times[0], "{per_h} veh/h: fixed, actuated, max-pressure {times:?} s");
    }
}

/// A street whose exit is blocked for good calls again and again, but holds no green: the other street loses what a fixed plan with the shortest
/// green there would cost, not the longest green.
#[test]
fn a_blocked_exit_holds_no_green() {
    let mut city = lone(Policy::Actuated);
    let lane = city.links[link(&city, "out_east")].lanes.start;
    city.blocks = vec![Block { lane, at_m: 20.0, from_s: 0.0, to_s: 3600.0 }];
    add(&mut city, "in_west", "out_east", even(600.0, 600.0));
    add(&mut city, "in_south", "out_north", poisson(1, 300.0, 3600.0).into_iter());
    let mut alone = lone(Policy::Actuated);
    add(&mut alone, "in_south", "out_north", poisson(1, 300.0, 3600.0).into_iter());
    let (beside, free) = (mean_s(&measured(&city, 3600.0), "in_south"), mean_s(&measured(&alone, 3600.0), "in_south"));
    println!("beside a blocked street {beside:.1} s, alone {free:.1} s");
    // Red for r = 5 + 5 + 5 s in a cycle of C >= 20 s: r^2 / (2 C (1 - y)) with y 0.17 (T8), and a stop and a start. Under the longest green of
    // the other street it would be 70 s of red.
    let class = &city.classes[0];
    let stop_s = LIMIT_MPS / 2.0 * (1.0 / class.accel_mps2 + 1.0 / class.decel_mps2);
    assert!(beside - free < 15.0 * 15.0 / (2.0 * 20.0 * 0.83) + stop_s, "{beside} s, alone {free} s");
}

/// The greens of a plan in pieces are one, also around the end of the cycle, and the time of each light by the clock stays.
#[test]
fn a_green_in_pieces_is_one_green() {
    let mut city = lone(Policy::Fixed);
    let plan = &mut city.controllers[0];
    let whole = plan.phases.clone();
    let piece = |share: f64| {
        let phase = &whole[0];
        let s = phase.duration_s * share;
        forecity::city::Phase { duration_s: s, min_s: s, max_s: s, ..phase.clone() }
    };
    plan.phases = [vec![piece(0.25), piece(0.5)], whole[1..].to_vec(), vec![piece(0.25)]].concat();
    plan.offset_s = whole[0].duration_s * 0.25;
    let (cut, mut one) = (under(&city, "actuated"), city);
    one.controllers[0].phases = whole;
    one.controllers[0].offset_s = 0.0;
    assert_eq!(cut.controllers, under(&one, "actuated").controllers);
    assert!(cut.controllers[0].phases.iter().all(|phase| phase.aspects.len() == 12 && phase.aspects.contains(&Aspect::Red)));
}

/// Mean seconds on the way of some seeds; all arrive.
fn duration_s(name: &str, case: &Imported, policy: &str, seeds: &[u64]) -> f64 {
    let k = [1.0, 0.5, 0.25, 0.125].iter().position(|step| (step - case.step_s).abs() < 1e-9).expect("a step of ours");
    let settings =
        Settings { k: u32::try_from(k).expect("small"), from_s: case.from_s, to_s: case.to_s, drain_s: 7200.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let city = under(&case.city, policy);
    let (runs, _) = run(&city, &settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("the run");
    let of_run = |seen: &Observations| {
        let v = &seen.validity;
        assert_eq!((v.arrived, v.teleported, v.collisions), (v.demanded, 0, 0), "{name}, {policy}, seed {}: {v:?}", seen.seed);
        let ticks: u64 = seen.trips.iter().map(|trip| u64::from(trip.arrive_tick - trip.depart_tick)).sum();
        ticks as f64 * f64::from(seen.step_ms) / 1000.0 / seen.trips.len() as f64
    };
    runs.iter().map(of_run).sum::<f64>() / seeds.len() as f64
}

/// Real networks under each policy: nothing locks up, and of the fourth and fifth day of Acosta, where a bus turns from the wrong lane of a link of
/// 0.9 m while somebody passes that link in one step, no two vehicles come to the same place; and actuated signals are no worse than the plans of the cities.
#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn real_networks_flow_under_each_policy() {
    for name in ["ingolstadt1", "bologna-pasubio", "bologna-acosta"] {
        let case = imported(name);
        let [fixed, actuated, pressure] = POLICIES.map(|policy| duration_s(name, &case, policy, &[2, 3, 4, 7, 8]));
        println!("{name}: mean duration by the clock {fixed:.1} s, actuated {actuated:.1} s, max-pressure {pressure:.1} s");
        assert!(actuated <= fixed, "{name}: fixed {fixed} s, actuated {actuated} s");
    }
}

#[test]
#[cfg_attr(not(reference_data), ignore = "needs the reference data, see FORECITY_DATA")]
fn each_policy_is_the_same_on_every_machine() {
    let case = imported("bologna-acosta");
    let settings = Settings { k: 0, from_s: case.from_s, to_s: case.from_s + 900.0, drain_s: 0.0, ..Settings::default() };
    for policy in POLICIES {
        let city = under(&case.city, policy);
        let hash = |device: &str, threads: usize| {
            let machine = Machine { device: device.into(), threads };
            let (runs, _) = run(&city, &settings, &[1, 2], &machine, &mut |_| ControlFlow::Continue(())).expect("runs");
            runs.iter().map(|run| run.state_hash).collect::<Vec<_>>()
        };
        let one = hash("cpu", 1);
        assert_eq!(one, hash("cpu", 2), "{policy}");
        if let Some(adapter) = forecity::backend::adapters().first() {
            assert_eq!(one, hash(&adapter.name, 0), "{policy} on {}", adapter.name);
        } else {
            let required = std::env::vars().any(|(name, value)| name == "FORECITY_GPU" && value == "required");
            assert!(!required || cfg!(not(feature = "gpu")), "FORECITY_GPU=required, and there is no adapter");
        }
    }
}
