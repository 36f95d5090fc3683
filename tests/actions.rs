//! Actions: what they do to trips, and that an incident stands where and when it is asked for. What must come out is known beforehand: nobody
//! passes what blocks all lanes, and a closure takes nobody's way but that of those who would have driven there.

#[path = "common/program.rs"]
mod program;

use forecity::city::check::{self, Opened};
use forecity::city::generate::theory::{Tee, tee};
use forecity::city::{Block, City, Trip, Uses, alter};
use forecity::diagnostic::Diagnostics;
use forecity::observe::{LinkInterval, Observations, TripRow};
use forecity::scenario::Asked;
use forecity::simulation::{Machine, Settings, run};
use program::Folder;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A study of a grid with one variant, opened, and the variant's city.
fn opened(city: &str, actions: &str) -> (Opened, City) {
    let folder = Folder::new(&format!("actions-{}", forecity::random::fnv1a(&format!("{city}{actions}"))));
    let head = "[time]\nfrom = \"07:00\"\nto = \"07:15\"\nwarmup = \"3 min\"\ndrain = \"40 min\"\n[outputs]\nlinks = \"1 min\"\n";
    let text = format!("format = 1\ncity = {city}\n{head}[[variant]]\nname = \"v\"\ndo = [{actions}]\n");
    let path = folder.write("study.toml", &text);
    let (opened, mut found) = check::open(&path.to_string_lossy(), &Asked::default());
    let opened = opened.unwrap_or_else(|| panic!("{}", found.json()));
    let city = variant(&opened, 0, &mut found);
    assert_eq!(found.errors(), 0, "{}", found.json());
    (opened, city)
}

fn variant(opened: &Opened, number: usize, found: &mut Diagnostics) -> City {
    alter::variant(&opened.study, &opened.study.variants[number].actions, &opened.city, opened.span_s(), found)
}

fn runs(city: &City, study: &Opened, seeds: &[u64]) -> Vec<Observations> {
    let machine = Machine { device: "cpu".into(), threads: 2 };
    run(city, &Settings::of(study), seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("it runs").0
}

/// What was drawn for each trip: departure, class, speed.
fn drawn(run: &Observations) -> BTreeMap<String, (u64, u32, u32)> {
    let of = |trip: &TripRow| (trip.id.clone(), (trip.due_ms, trip.class, trip.speed_factor_q12));
    run.trips.iter().map(of).collect()
}

const SMALL: &str = "{ grid = [4, 4], trips = \"1500 trips/h\" }";

#[test]
fn who_has_drawn_a_dead_end_behind_a_closure_starts_or_ends_beside_it() {
    let (study, closed) = opened(SMALL, "{ close = { road = \"Ring North\" } }");
    let ring: Vec<u32> = (0..closed.links.len() as u32).filter(|link| closed.links[*link as usize].name == "Ring North").collect();
    assert!(!ring.is_empty());
    for (base, now) in runs(&study.city, &study, &[1, 2, 3]).iter().zip(&runs(&closed, &study, &[1, 2, 3])) {
        let v = &now.validity;
        assert_eq!((v.no_path, v.refused, v.unfinished, v.ledger_error, v.collisions), (0, 0, 0, 0, 0), "{v:?}");
        assert_eq!(drawn(base), drawn(now), "nobody is drawn anew");
        let driven = |run: &Observations| -> u64 { run.links.iter().filter(|row| ring.contains(&row.link)).map(|row| row.driven_q4).sum() };
        assert!(driven(base) > 0 && driven(now) == 0, "nobody drives where it is closed");
    }
}

#[test]
fn who_lives_where_all_is_closed_walks_to_the_next_corner() {
    // Zone z0_0 is the corner that both rings meet; with both closed nothing leads there, and all other zones are joined. Who has drawn one of its
    // links starts and ends on a street that meets it.
    let (study, closed) = opened(SMALL, "{ close = { road = \"Ring South\" } }, { close = { road = \"Ring West\" } }");
    let corner = closed.zones.iter().position(|zone| zone.id == "z0_0").expect("the corner");
    let zone = &closed.zones[corner];
    let nodes = |link: usize| [closed.links[link].from, closed.links[link].to];
    let around: Vec<usize> = zone.origins.iter().chain(&zone.destinations).flat_map(|link| nodes(*link)).collect();
    let link_of = |lane: u32| closed.lanes[lane as usize].link;
    let mut walked = 0;
    for run in runs(&closed, &study, &[1, 2]) {
        for trip in &run.trips {
            assert_ne!(trip.status, forecity::observe::Status::NoPath, "{trip:?}");
            let there = trip.origin as usize == corner && trip.depart_tick != u32::MAX;
            if there {
                assert!(nodes(link_of(trip.depart_lane)).iter().any(|node| around.contains(node)), "{trip:?}");
                walked += 1;
            }
        }
        assert_eq!(run.validity.ledger_error, 0);
    }
    assert!(walked > 0, "somebody lives there");
}

#[test]
fn who_has_drawn_a_closed_street_takes_the_nearest_of_his_zone() {
    let (study, closed) = opened("{ grid = [6, 6], zones = 4, trips = \"2000 trips/h\" }", "{ close = { road = \"Street 3\" } }");
    let at = |link: usize| {
        let [a, b] = [closed.links[link].from, closed.links[link].to].map(|node| closed.nodes[node].at_m);
        [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0]
    };
    let far_m = |a: usize, b: usize| (at(a)[0] - at(b)[0]).hypot(at(a)[1] - at(b)[1]);
    let open = |link: &usize| closed.links[*link].lanes.clone().any(|lane| closed.lanes[lane].allowed.meets(Uses(1)));
    let mut moved = 0;
    for (base, now) in runs(&study.city, &study, &[1, 2]).iter().zip(&runs(&closed, &study, &[1, 2])) {
        let before: BTreeMap<&String, &TripRow> = base.trips.iter().map(|trip| (&trip.id, trip)).collect();
        for trip in now.trips.iter().filter(|trip| trip.depart_tick != u32::MAX && before[&trip.id].depart_tick != u32::MAX) {
            let [drawn, taken] = [before[&trip.id], trip].map(|trip| closed.lanes[trip.depart_lane as usize].link);
            if open(&drawn) {
                assert_eq!(taken, drawn, "nobody else moves: {trip:?}");
                continue;
            }
            let own = &closed.zones[trip.origin as usize].origins;
            let nearest_m = own.iter().filter(|link| open(link)).map(|link| far_m(drawn, *link)).fold(f64::MAX, f64::min);
            assert!(far_m(drawn, taken) <= nearest_m + 1e-6, "{trip:?}");
            moved += 1;
        }
    }
    assert!(moved > 20, "{moved} have drawn it");
}

/// Vehicles that left a link in the whole minutes between two times of day.
fn left(run: &Observations, link: u32, from_s: f64, to_s: f64) -> u32 {
    let tick = |clock_s: f64| (clock_s - run.start_s) * 1000.0 / f64::from(run.step_ms);
    let inside = |row: &&LinkInterval| row.link == link && f64::from(row.from_tick) >= tick(from_s) && f64::from(row.to_tick) <= tick(to_s);
    run.links.iter().filter(inside).map(|row| row.left_veh).sum()
}

#[test]
fn an_incident_stands_from_its_first_moment_to_its_last() {
    // Much and little traffic; at the start, in the middle and at the end of the link; on all its lanes nobody gets past.
    let cases: [(u32, u32, f64); 6] = [(2500, 2, 0.5), (9000, 2, 0.5), (2500, 1, 0.0), (9000, 2, 0.0), (2500, 2, 1.0), (9000, 1, 0.9)];
    for (trips, lanes, share) in cases {
        let city = format!("{{ grid = [5, 4], block = \"150 m\", lanes = {lanes}, arterial_every = 0, trips = \"{trips} trips/h\" }}");
        let (bare, _) = opened(&city, "{ speed = { road = \"#e2_1_3_1\", limit = \"50 km/h\" } }");
        let link = bare.city.links.iter().position(|link| link.id == "e2_1_3_1").expect("the link");
        let lanes = bare.city.links[link].lanes.len();
        let action =
            format!("{{ incident = {{ road = \"#e2_1_3_1\", lanes = {lanes}, at = {share:?}, between = [\"07:05\", \"07:10\"] }} }}");
        let (study, blocked) = opened(&city, &action);
        for (base, now) in runs(&study.city, &study, &[1, 2]).iter().zip(&runs(&blocked, &study, &[1, 2])) {
            let (told, link) = (format!("{trips} trips/h, at {share}, seed {}", now.seed), link as u32);
            assert!(left(now, link, 25_200.0, 25_500.0) > 0, "{told}: it is open before");
            // Who is ahead of it leaves, at most a vehicle every 6 m and one more a lane that could not stop; nobody passes. In little traffic they
            // are gone after two minutes.
            let ahead = (150.0 / 6.0 * (1.0 - share) + 1.0) * lanes as f64;
            let gone = left(now, link, 25_500.0, 25_800.0);
            assert!(f64::from(gone) <= ahead, "{told}: {gone} of {ahead} who were ahead left");
            assert!(trips > 5000 || left(now, link, 25_620.0, 25_800.0) == 0, "{told}: nobody passes");
            assert!(left(now, link, 25_800.0, 26_100.0) > 0, "{told}: it is open again");
            assert_eq!(drawn(base), drawn(now), "{told}: it is no trip");
            let v = &now.validity;
            assert_eq!((v.demanded, v.collisions, v.ledger_error, v.faults), (base.validity.demanded, 0, 0, 0), "{told}");
            let inside: u32 = now.links.iter().filter(|row| row.link == link && row.to_tick == now.ticks).map(|row| row.inside_veh).sum();
            assert!(inside <= v.unfinished, "{told}: it is gone");
        }
    }
}

#[test]
fn an_incident_on_an_empty_street_leaves_no_trace() {
    let city = "{ grid = [4, 4], lanes = 2, trips = \"0 trips/h\" }";
    let (study, blocked) = opened(city, "{ incident = { road = \"#e1_1_2_1\", lanes = 2, between = [\"07:05\", \"07:10\"] } }");
    let run = &runs(&blocked, &study, &[1])[0];
    let seen: u64 =
        run.links.iter().map(|row| row.present_ticks + row.stopped_ticks + row.length_cm_ticks + u64::from(row.inside_veh)).sum();
    assert_eq!((seen, run.trips.len(), run.validity.demanded), (0, 0, 0));
    assert!(run.network.iter().all(|row| row.inside == 0 && row.stopped == 0 && row.departed == 0));
}

#[test]
fn no_demand_is_no_division_by_nothing() {
    let (study, city) = opened(SMALL, "{ demand = { from = \"z1_1\", to = \"z2_2\", scale = 0 } }");
    let ids = |city: &City| -> Vec<String> { runs(city, &study, &[1])[0].trips.iter().map(|trip| trip.id.clone()).collect() };
    let (base, now) = (ids(&study.city), ids(&city));
    let left: Vec<&String> = base.iter().filter(|id| !id.starts_with("z1_1>z2_2|")).collect();
    assert_eq!(now.iter().collect::<Vec<_>>(), left, "this cell is empty, and no other");
    let folder = Folder::new("nobody");
    let head =
        "format = 1\ncity = { grid = [3, 3], trips = \"300 trips/h\" }\n[time]\nfrom = \"07:00\"\nto = \"07:03\"\n[runs]\nseeds = 5\n";
    folder.write("study.toml", &format!("{head}[[variant]]\nname = \"nobody\"\ndo = [{{ demand = {{ scale = 0 }} }}]\n"));
    let ended = folder.run("run study.toml -o out --device cpu -q").with(0, "demanded");
    assert!(!ended.out.contains("NaN") && !ended.out.contains("inf"), "{}", ended.out);
    folder.run("report out").with(0, "");
}

#[test]
fn a_bus_starts_on_the_lane_that_is_kept_for_it() {
    let (opened, mut found) = check::open("scenarios/bus_lane", &Asked::default());
    let study = opened.unwrap_or_else(|| panic!("{}", found.json()));
    let city = variant(&study, 0, &mut found);
    let (car, bus) = (Uses::named("car").expect("a use"), Uses::named("bus").expect("a use"));
    let mut seen = 0;
    for trip in &runs(&city, &study, &[1])[0].trips {
        let uses = city.classes[trip.class as usize].uses;
        let link = city.lanes.get(trip.depart_lane as usize).map(|lane| lane.link).expect("all depart");
        let kept = |lane: usize| city.lanes[lane].allowed.meets(bus) && !city.lanes[lane].allowed.meets(car);
        if uses.meets(bus) && city.links[link].lanes.clone().any(kept) {
            assert!(kept(trip.depart_lane as usize), "{trip:?}");
            seen += 1;
        }
        assert!(!uses.meets(car) || !kept(trip.depart_lane as usize), "{trip:?}");
    }
    assert!(seen > 20, "{seen} buses start on a street with a lane of theirs");
}

/// Vehicles from link to link, one each `every_s` seconds, on a two-lane tee whose kerb lane to the east may be blocked at 200 m, all the time.
fn blocked_tee(to: &str, every_s: f64, many: usize, blocked: bool) -> City {
    let mut city = tee(&Tee { length_m: 400.0, major_lanes: 2, ..Tee::default() });
    let link = |name: &str| city.links.iter().position(|link| link.id == name).expect("a link of the tee");
    let path = Arc::new(vec![link("west_in"), link(to)]);
    let kerb = city.links[link("west_in")].lanes.start;
    city.trips =
        (0..many).map(|n| Trip { id: format!("t{n}"), depart_s: n as f64 * every_s, path: Arc::clone(&path), ..Trip::default() }).collect();
    if blocked {
        city.blocks = vec![Block { lane: kerb, at_m: 200.0, from_s: 0.0, to_s: 86_400.0 }];
    }
    city
}

fn run_blocked(city: &City) -> forecity::observe::Observations {
    let settings = Settings { to_s: 3600.0, drain_s: 3600.0, ..Settings::default() };
    let machine = Machine { device: "cpu".into(), threads: 1 };
    run(city, &settings, &[1], &machine, &mut |_| ControlFlow::Continue(())).expect("runs").0.remove(0)
}

#[test]
fn who_needs_a_blocked_lane_passes_and_comes_back() {
    // Theory: the turn to the right is served from the kerb lane alone. There is a lane to pass on and 200 m to come back, so nobody waits for the
    // end of the incident, nobody is helped, and what everybody loses is what a change of lanes costs.
    let free = run_blocked(&blocked_tee("minor_out", 8.0, 200, false));
    let run = run_blocked(&blocked_tee("minor_out", 8.0, 200, true));
    let v = run.validity;
    assert_eq!((v.arrived, v.unfinished, v.teleported, v.rerouted, v.missed_turns), (200, 0, 0, 0, 0), "{v:?}");
    let mean_s = |run: &forecity::observe::Observations| {
        run.trips.iter().map(|trip| f64::from(trip.arrive_tick - trip.due_tick) / 2.0).sum::<f64>() / run.trips.len() as f64
    };
    let lost_s = mean_s(&run) - mean_s(&free);
    assert!((0.0..10.0).contains(&lost_s), "{lost_s} s lost by a lane change");
}

#[test]
fn a_blocked_lane_leaves_the_capacity_of_the_other() {
    // Theory: past the block two lanes are one. A lane carries 1 / (T + (s0 + l) / v) at speed v; vehicles merge slowly, but a queue that waits on
    // both lanes never leaves the gap empty for long: at least half of the 1,850 veh/h that a lane discharges, and not more than it.
    let run = run_blocked(&blocked_tee("east_out", 1.2, 3000, true));
    let hour: Vec<u32> = run.trips.iter().map(|trip| trip.arrive_tick).filter(|tick| (1200..7200).contains(tick)).collect();
    let per_h = hour.len() as f64 * 3600.0 / 3000.0;
    assert!((925.0..2000.0).contains(&per_h), "{per_h} veh/h");
    assert_eq!(run.validity.teleported, 0);
}

#[test]
fn nobody_passes_where_there_is_no_lane_to_pass_on() {
    let mut single = tee(&Tee { length_m: 400.0, ..Tee::default() });
    let link = |name: &str| single.links.iter().position(|link| link.id == name).expect("a link of the tee");
    let path = Arc::new(vec![link("west_in"), link("east_out")]);
    let lane = single.links[link("west_in")].lanes.start;
    single.trips =
        (0..20).map(|n| Trip { id: format!("t{n}"), depart_s: f64::from(n) * 10.0, path: Arc::clone(&path), ..Trip::default() }).collect();
    single.blocks = vec![Block { lane, at_m: 200.0, from_s: 0.0, to_s: 600.0 }];
    let run = run_blocked(&single);
    assert_eq!(run.validity.arrived, 20);
    let first = run.trips.iter().map(|trip| trip.arrive_tick).min().expect("trips");
    assert!(first > 1200, "nobody drives through it: {first}");
}

#[test]
fn passing_is_the_same_on_every_machine() {
    let city = blocked_tee("minor_out", 4.0, 150, true);
    let settings = Settings { to_s: 600.0, drain_s: 600.0, ..Settings::default() };
    let hash = |device: &str, threads: usize| {
        let machine = Machine { device: device.into(), threads };
        run(&city, &settings, &[1, 2], &machine, &mut |_| ControlFlow::Continue(()))
            .expect("runs")
            .0
            .iter()
            .map(|run| run.state_hash)
            .collect::<Vec<_>>()
    };
    let one = hash("cpu", 1);
    assert_eq!(one, hash("cpu", 2));
    let adapters = forecity::backend::adapters();
    if let Some(adapter) = adapters.first() {
        assert_eq!(one, hash(&adapter.name, 0), "{}", adapter.name);
    } else {
        let required = std::env::vars().any(|(name, value)| name == "FORECITY_GPU" && value == "required");
        assert!(!required || cfg!(not(feature = "gpu")), "FORECITY_GPU=required, and there is no adapter");
    }
}

#[test]
fn the_day_of_a_generated_city_goes_on_after_midnight() {
    let study = |from: &str, to: &str| format!("{SMALL_CITY}[time]\nfrom = {from}\nto = {to}\nwarmup = \"0 min\"\n");
    let departures = |text: String| -> Vec<f64> {
        let (study, found) = check::open("study.toml", &Asked { text: Some(text), ..Asked::default() });
        let study = study.unwrap_or_else(|| panic!("{}", found.json()));
        assert!(found.is_empty(), "{}", found.json());
        forecity::city::demand::sample(&study.city, 1, study.from_s, study.to_s).iter().map(|trip| trip.depart_s).collect()
    };
    let over = departures(study("2026-11-24T23:00:00", "2026-11-25T01:00:00"));
    let before = over.iter().filter(|depart_s| **depart_s < 86_400.0).count();
    // 600 trips in each hour, give or take what 9 x 8 cells round by chance.
    assert!(before.abs_diff(600) < 40 && (over.len() - before).abs_diff(600) < 40, "{before} of {}", over.len());
}

/// A city whose demand is the same in every hour.
const SMALL_CITY: &str = "format = 1\ncity = { grid = [3, 3], trips = \"600 trips/h\" }\n";

#[test]
fn a_charge_is_paid_at_each_entry() {
    let fixed = format!("{SMALL}\n[model]\nrouting = {{ method = \"shortest\" }}\n");
    let (study, city) = opened(&fixed, "{ charge = { zone = \"z1_1\", fee = \"2.50 EUR\" } }");
    let zone = &city.charges[0].links;
    let planned: BTreeMap<String, u32> = forecity::city::demand::sample(&city, 1, study.from_s, study.to_s)
        .into_iter()
        .map(|trip| {
            let entries = trip.path.windows(2).filter(|pair| zone.contains(&pair[1]) && !zone.contains(&pair[0])).count();
            (trip.id, 2500 * entries as u32)
        })
        .collect();
    let run = &runs(&city, &study, &[1])[0];
    let measured: Vec<_> = run.trips.iter().filter(|trip| trip.measured).collect();
    for trip in &measured {
        assert_eq!(trip.paid_mills, planned[&trip.id], "{}", trip.id);
    }
    assert!(measured.iter().any(|trip| trip.paid_mills > 0) && measured.iter().any(|trip| trip.paid_mills == 0));
    assert!(runs(&study.city, &study, &[1])[0].trips.iter().all(|trip| trip.paid_mills == 0), "nobody pays in base");
    // By the day everybody pays once who drives there at all, also who starts there.
    let (study, city) = opened(&fixed, "{ charge = { zone = \"z1_1\", fee = \"2.50 EUR\", per = \"day\" } }");
    let zone = &city.charges[0].links;
    let planned: BTreeMap<String, u32> = forecity::city::demand::sample(&city, 1, study.from_s, study.to_s)
        .into_iter()
        .map(|trip| (trip.id, if trip.path.iter().any(|link| zone.contains(link)) { 2500 } else { 0 }))
        .collect();
    for trip in runs(&city, &study, &[1])[0].trips.iter().filter(|trip| trip.measured) {
        assert_eq!(trip.paid_mills, planned[&trip.id], "{}", trip.id);
    }
}

#[test]
fn a_study_chooses_among_the_plans_of_a_signal() {
    let folder = Folder::new("plans");
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let [net, routes] = ["tee.net.xml", "tee.rou.xml"].map(|file| here.join(file).display().to_string());
    folder.run(&format!("import '{net}' --demand '{routes}' -o city")).with(0, "");
    let of = |name: &str| folder.read(&format!("city/{name}"));
    let (plans, phases) = (of("signal_timing_plan.csv"), of("signal_timing_phase.csv"));
    // A second plan: the phases of the first, each for 7 s.
    let first = plans.lines().nth(1).expect("a plan").split(',').next().expect("an id").to_owned();
    let controller = plans.lines().nth(1).expect("a plan").split(',').nth(1).expect("a controller").to_owned();
    folder.write("city/signal_timing_plan.csv", &format!("{}\nnight.1,{controller},,night,20\n", plans.trim_end()));
    let later = phases.lines().filter(|line| line.split(',').nth(1) == Some(first.as_str()));
    let night: Vec<String> = later
        .enumerate()
        .map(|(at, line)| {
            let aspects = line.rsplit(',').next().expect("aspects");
            format!("night.{},night.1,{},7,7,7,{aspects}", at + 1, at + 1)
        })
        .collect();
    folder.write("city/signal_timing_phase.csv", &format!("{}\n{}\n", phases.trim_end(), night.join("\n")));
    let text = |plan: &str| {
        format!(
            "format = 1\ncity = \"{}/city\"\n[time]\nfrom = \"00:00\"\nto = \"00:10\"\n[[variant]]\nname = \"v\"\ndo = [{{ signal = {{ at = \"all\", plan = \"{plan}\" }} }}]\n",
            folder.0.display()
        )
    };
    let asked = |plan: &str| {
        let (opened, mut found) = check::open("study.toml", &Asked { text: Some(text(plan)), ..Asked::default() });
        let opened = opened.unwrap_or_else(|| panic!("{}", found.json()));
        let city = variant(&opened, 0, &mut found);
        (opened.city.controllers[0].clone(), city.controllers[0].clone(), found.json().to_string())
    };
    for name in ["night", "night.1"] {
        let (before, after, _) = asked(name);
        assert!(after.phases.iter().all(|phase| (phase.duration_s - 7.0).abs() < 1e-9) && after.phases.len() == before.phases.len());
        assert!(before.phases != after.phases && (after.offset_s - 20.0).abs() < 1e-9, "its offset comes with it");
    }
    assert!(asked(&first).2.contains("C232"), "it is in force already");
    let (opened, found) = check::open("study.toml", &Asked { text: Some(text("nihgt")), ..Asked::default() });
    let mut found = found;
    let _ = variant(&opened.expect("a study"), 0, &mut found);
    assert!(found.json().to_string().contains("did you mean \\\"night"), "{}", found.json());
}
