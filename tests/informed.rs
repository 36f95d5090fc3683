//! Informed drivers. What must come out is known beforehand: the rule says of every driver whether he changes, from the times of the link table;
//! the same persons are asked in every variant; the same state has one hash.
#![expect(clippy::print_stdout, reason = "a test says what it leaves out")]

#[path = "common/program.rs"]
mod program;

use forecity::city::check::{self, Opened};
use forecity::city::{City, alter, demand};
use forecity::diagnostic::Diagnostics;
use forecity::observe::{LinkInterval, Observations};
use forecity::random::{key_of, pcg, world_seed};
use forecity::scenario::{Asked, Informed};
use forecity::simulation::informed::informs;
use forecity::simulation::{Batch, Machine, Settings, run};
use forecity::state::State;
use forecity::statistics::paired;
use program::Folder;
use std::ops::ControlFlow;

fn opened(folder: &Folder, text: &str) -> (Opened, Diagnostics) {
    let path = folder.write("study.toml", text);
    let (opened, found) = check::open(&path.to_string_lossy(), &Asked::default());
    (opened.unwrap_or_else(|| panic!("{}", found.json())), found)
}

/// The study's only variant.
fn variant(study: &Opened) -> City {
    let mut found = Diagnostics::new();
    let city = alter::variant(&study.study, &study.study.variants[0].actions, &study.city, study.span_s(), &mut found);
    assert_eq!(found.errors(), 0, "{}", found.json());
    city
}

fn runs(city: &City, settings: &Settings, seeds: &[u64], device: &str, threads: usize) -> Vec<Observations> {
    let machine = Machine { device: device.to_owned(), threads };
    run(city, settings, seeds, &machine, &mut |_| ControlFlow::Continue(())).expect("it runs").0
}

fn with(settings: &Settings, share: f64) -> Settings {
    Settings { informed: Some(Informed { share, update_s: f64::from(UPDATE_S) }), ..settings.clone() }
}

/// Times are renewed every five minutes, which is the interval of the link table as well.
const UPDATE_S: u32 = 300;

/// Two roads between the same places. The shorter one ends with a lane at 10 km/h: about 1,080 veh/h pass there (engine: T + (l + s0) / v between
/// two), 1,500 come.
///
/// ```text
///                    l1 (900 m)   L   l2
///   home == in (1300 m) ==< A                 >B == out == work
///                    s1 (1140 m, 2 lanes) S s2 (60 m, 1 lane)
/// ```
fn two_roads(name: &str) -> (Opened, Settings) {
    let folder = Folder::new(name);
    folder.write("city/config.csv", "dataset_name,short_length,long_length,speed,crs,geometry_field_format\nTwo roads,m,m,km/h,,wkt\n");
    folder.write(
        "city/node.csv",
        "node_id,x_coord,y_coord,ctrl_type,zone_id\nh,-1300,0,none,home\na,0,0,none,\ns,1140,0,none,\nl,600,670,none,\nb,1200,0,none,\nw,1700,0,none,work\n",
    );
    folder.write(
        "city/link.csv",
        "link_id,from_node_id,to_node_id,directed,name,lanes,free_speed,priority,allowed_uses\n\
         in,h,a,1,In,2,50,2,all\ns1,a,s,1,Short,2,50,2,all\ns2,s,b,1,Short,1,10,2,all\n\
         l1,a,l,1,Long,2,50,1,all\nl2,l,b,1,Long,2,50,1,all\nout,b,w,1,Out,3,50,2,all\n",
    );
    folder.write("city/zone.csv", "zone_id,name\nhome,Home\nwork,Work\n");
    folder.write("city/od.csv", "origin_zone_id,destination_zone_id,mode,time_from,time_to,trips\nhome,work,car,07:00,07:50,1250\n");
    let (study, _) = opened(
        &folder,
        "format = 1\ncity = \"city\"\n[time]\nfrom = \"07:00\"\nto = \"07:50\"\nwarmup = \"0 min\"\ndrain = \"60 min\"\n[outputs]\nlinks = \"5 min\"\n",
    );
    let settings = Settings::of(&study);
    (study, settings)
}

/// Hash of the links of a way, as in the table of trips.
fn hash_of(way: &[&str]) -> u32 {
    way.iter().fold(0, |hash, link| pcg(hash ^ key_of(link)))
}

/// Mean travel time of a link in one interval, by Edie; free flow where nobody was \[s\].
fn time_s(city: &City, run: &Observations, link: &str, from_tick: u32) -> f64 {
    let at = city.links.iter().position(|one| one.id == link).expect("the link");
    let free_s = city.links[at].length_m / city.links[at].free_speed_mps;
    let row: &LinkInterval = run.links.iter().find(|row| row.link as usize == at && row.from_tick == from_tick).expect("the interval");
    if row.present_ticks == 0 {
        return free_s;
    }
    let [presence_s, driven_m] = [row.present_ticks as f64 * f64::from(run.step_ms) / 1000.0, row.driven_q4 as f64 / 16.0];
    (city.links[at].length_m * presence_s / driven_m).max(free_s)
}

#[test]
fn drivers_change_exactly_where_the_times_of_the_interval_before_say_so() {
    let (study, settings) = two_roads("two-roads");
    let long = hash_of(&["in", "l1", "l2", "out"]);
    let short = hash_of(&["in", "s1", "s2", "out"]);
    let (mut stay, mut change) = (0, 0);
    for run in runs(&study.city, &with(&settings, 1.0), &[1, 2, 3], "cpu", 0) {
        let ticks = |s: u32| s * 1000 / run.step_ms;
        // Who departs within 90 s of an update has passed the fork before the next one.
        for update in (ticks(UPDATE_S)..ticks(3000)).step_by(ticks(UPDATE_S) as usize) {
            let before = update - ticks(UPDATE_S);
            let of = |links: [&str; 2]| links.iter().map(|link| time_s(&study.city, &run, link, before)).sum::<f64>();
            let (here, there) = (of(["s1", "s2"]), of(["l1", "l2"]));
            // The rest of both ways is `out` and what lies in junctions: 36 s and a few metres.
            let queue_s = time_s(&study.city, &run, "in", update);
            assert!(queue_s < 200.0, "nobody waits long before the fork: {queue_s}");
            let saved = here - there - (0.2 * (here + 36.0)).max(60.0);
            if saved.abs() < 8.0 {
                continue; // too near to tell from this side
            }
            let asked = run.trips.iter().filter(|trip| (update..update + ticks(90)).contains(&trip.depart_tick));
            for trip in asked {
                assert_eq!(trip.path_hash, if saved > 0.0 { long } else { short }, "{}: {here:.0} s here, {there:.0} s there", trip.id);
                *(if saved > 0.0 { &mut change } else { &mut stay }) += 1;
            }
        }
        let early = run.trips.iter().filter(|trip| trip.depart_tick < ticks(UPDATE_S - 120));
        assert!(
            early.clone().count() > 50 && early.into_iter().all(|trip| trip.path_hash == short),
            "nobody knows before the first update"
        );
        let (v, changes) = (&run.validity, run.trips.iter().map(|trip| trip.reroutes).sum::<u32>());
        assert_eq!((v.unfinished, v.refused, v.faults, v.collisions, v.rerouted), (0, 0, 0, 0, 0), "{v:?}");
        assert_eq!((v.informed, run.trips.iter().any(|trip| trip.forced & 2 != 0)), (changes, false), "it is no intervention");
    }
    assert!(stay > 200 && change > 200, "{stay} stay, {change} change");
}

#[test]
fn a_share_of_nobody_is_the_shortest_way_to_the_bit() {
    let (study, settings) = two_roads("nobody");
    let shortest = Settings { informed: None, ..settings.clone() };
    let (nobody, shortest) = (runs(&study.city, &with(&settings, 0.0), &[1, 2], "cpu", 0), runs(&study.city, &shortest, &[1, 2], "cpu", 0));
    assert_eq!(nobody, shortest);
    assert!(nobody.iter().all(|run| run.trips.iter().all(|trip| trip.reroutes == 0)));
}

#[test]
fn only_the_informed_change_and_a_study_informs_three_of_ten() {
    let (study, settings) = two_roads("share");
    assert_eq!(settings.informed, Some(Informed { share: 0.3, update_s: 300.0 }));
    let of_2_32 = demand::chance(0.3);
    for run in runs(&study.city, &settings, &[4, 5], "cpu", 0) {
        let informed = |id: &str| informs(world_seed(run.seed), key_of(id), of_2_32);
        assert!(run.trips.iter().filter(|trip| trip.reroutes > 0).all(|trip| informed(&trip.id)));
        assert!(run.trips.iter().any(|trip| trip.reroutes > 0));
        let (n, there) = (run.trips.len() as f64, run.trips.iter().filter(|trip| informed(&trip.id)).count() as f64);
        // Four deviations of the binomial law.
        assert!((there - 0.3 * n).abs() < 4.0 * (n * 0.3 * 0.7).sqrt(), "{there} of {n}");
    }
}

#[test]
fn whoever_knows_of_the_queue_goes_round_it_and_all_are_faster() {
    let (study, settings) = two_roads("faster");
    let mean =
        |share: f64| -> Vec<f64> { runs(&study.city, &with(&settings, share), &[1, 2, 3, 4, 5], "cpu", 0).iter().map(mean).collect() };
    let (some, nobody) = (mean(0.3), mean(0.0));
    let difference = paired(&nobody, &some).difference;
    assert!(difference.ci95[1] < 0.0, "{some:?} against {nobody:?}");
}

/// Mean time from the wished departure \[ticks\].
fn mean(run: &Observations) -> f64 {
    let trips: Vec<f64> = run
        .trips
        .iter()
        .filter(|trip| trip.measured)
        .map(|trip| f64::from(trip.arrive_tick.min(run.ticks)) - f64::from(trip.due_tick))
        .collect();
    trips.iter().sum::<f64>() / trips.len() as f64
}

/// A busy grid with a variant.
fn grid(name: &str, trips: u32, actions: &str) -> (Opened, City, Settings) {
    let text = format!(
        "format = 1\ncity = {{ grid = [6, 5], block = \"150 m\", lanes = 2, trips = \"{trips} trips/h\" }}\n[time]\nfrom = \"07:00\"\nto = \"07:30\"\n\
         warmup = \"5 min\"\ndrain = \"30 min\"\n[outputs]\nlinks = \"7 min\"\n[[variant]]\nname = \"v\"\ndo = [{actions}]\n"
    );
    let (study, _) = opened(&Folder::new(name), &text);
    let (city, settings) = (variant(&study), Settings::of(&study));
    (study, city, settings)
}

/// Middle streets that are shut for a while, one that is slow, and a charge.
const TIMED: &str = "{ close = { link = \"#e2_2_3_2\", between = [\"07:08\", \"07:21\"] } }, \
    { close = { link = \"#e3_2_2_2\", between = [\"07:08\", \"07:21\"] } }, \
    { speed = { road = \"#e2_1_2_2\", limit = \"20 km/h\", between = [\"07:05\", \"07:25\"] } }, \
    { charge = { road = \"#e1_2_2_2\", mode = [\"car\"], fee = \"0.50 EUR\", per = \"entry\" } }";

#[test]
fn informed_runs_have_one_hash() {
    let (_, city, settings) = grid("one-hash", 7000, TIMED);
    let settings = with(&settings, 0.5);
    let hash = |runs: &[Observations]| runs.iter().map(|run| (run.state_hash, run.trips.clone(), run.validity)).collect::<Vec<_>>();
    let one = hash(&runs(&city, &settings, &[1, 2], "cpu", 1));
    assert!(
        one.iter().all(|(_, _, v)| v.informed > 5),
        "somebody changes: {:?}",
        one.iter().map(|(_, _, v)| v.informed).collect::<Vec<_>>()
    );
    assert!(one == hash(&runs(&city, &settings, &[1, 2], "cpu", 2)), "two threads");
    assert!(one == hash(&runs(&city, &settings, &[1, 2], "cpu", 7)), "seven threads");
    let alone: Vec<Observations> = [1, 2].iter().flat_map(|seed| runs(&city, &settings, &[*seed], "cpu", 2)).collect();
    assert!(one == hash(&alone), "alone");
    let Some(software) = forecity::backend::adapters().into_iter().find(|adapter| adapter.kind == "software") else {
        let required = std::env::vars().any(|(name, value)| name == "FORECITY_GPU" && value == "required");
        assert!(!required || cfg!(not(feature = "gpu")), "FORECITY_GPU=required, and there is no software adapter");
        println!("gpu: left out, no software adapter is here");
        return;
    };
    assert!(one == hash(&runs(&city, &settings, &[1, 2], &software.name, 0)), "{}", software.name);
}

#[test]
fn a_saved_run_goes_on_to_the_same_hash() {
    let (_, city, settings) = grid("saved", 7000, TIMED);
    let settings = with(&settings, 0.5);
    let batch = Batch::new(&city, &settings);
    let tables = batch.tables(&[1, 2]);
    let cpu = Machine { device: "cpu".into(), threads: 2 };
    let mut machines = vec![cpu.clone()];
    machines.extend(
        forecity::backend::adapters()
            .into_iter()
            .find(|adapter| adapter.kind == "software")
            .map(|adapter| Machine { device: adapter.name, threads: 0 }),
    );
    let end = |state: State| -> Vec<[u32; 4]> {
        batch.run(&tables, state, &cpu, &mut |_| ControlFlow::Continue(())).expect("runs").0.iter().map(|run| run.state_hash).collect()
    };
    let straight = end(State::new(&tables));
    // From 06:55 on, two ticks a second: amid an interval, at an update, at an end of an interval, where a street closes, and at odd times.
    for tick in [431, 600, 840, 1560, 1800, 2777] {
        for machine in &machines {
            let state = batch.state_at(&tables, State::new(&tables), machine, tick).expect("runs");
            assert_eq!(state.tick(), tick);
            assert_eq!(state.known.is_empty(), tick < 600, "known at tick {tick}");
            let saved = State::from_bytes(&state.to_bytes(&tables), &tables).expect("what was written can be read");
            assert_eq!(end(saved), straight, "saved at tick {tick} on {}", machine.device);
        }
    }
}

#[test]
fn the_same_persons_are_informed_in_every_variant() {
    let (study, closed, settings) = grid("persons", 7000, "{ close = { link = \"#e2_2_3_2\" } }, { close = { link = \"#e3_2_2_2\" } }");
    let zones = [&study.city.zones[0].id, &study.city.zones[study.city.zones.len() - 1].id];
    let (_, more, _) = grid("more", 7000, &format!("{{ demand = {{ from = \"{}\", to = \"{}\", scale = 5.0 }} }}", zones[0], zones[1]));
    let (of_2_32, mut all) = (demand::chance(0.4), 0);
    for city in [&study.city, &closed, &more] {
        for run in runs(city, &with(&settings, 0.4), &[1, 2], "cpu", 0) {
            let informed = |id: &str| informs(world_seed(run.seed), key_of(id), of_2_32);
            // Not those whom the ladder has led out of a jam.
            let changed: Vec<&str> =
                run.trips.iter().filter(|trip| trip.reroutes > 0 && trip.forced & 2 == 0).map(|trip| trip.id.as_str()).collect();
            assert!(changed.iter().all(|id| informed(id)), "only whom the draw of his name and seed informs");
            all += changed.len();
        }
    }
    assert!(all > 20, "{all} changes");
}

#[test]
fn a_closure_costs_less_where_some_are_informed() {
    let (_, closed, settings) = grid("closure", 7000, "{ close = { link = \"#e2_2_3_2\" } }, { close = { link = \"#e3_2_2_2\" } }");
    let seeds: Vec<u64> = (1..=10).collect();
    let of = |settings: &Settings| -> Vec<f64> { runs(&closed, settings, &seeds, "cpu", 0).iter().map(mean).collect() };
    let shortest = of(&Settings { informed: None, ..settings.clone() });
    let difference = paired(&shortest, &of(&with(&settings, 0.3))).difference;
    println!("informed less shortest: {:.1} ticks of {:.1}, {:?}", difference.mean, shortest[0], difference.ci95);
    assert!(difference.ci95[1] < 0.0, "{:?}", difference.ci95);
}

#[test]
fn given_paths_are_kept_and_are_not_the_shortest() {
    let folder = Folder::new("given");
    let (study, _) = two_roads("given-city");
    folder.write("city/node.csv", "node_id,x_coord,y_coord,ctrl_type\na,0,0,none\nb,500,0,none\nc,1000,0,none\n");
    folder.write(
        "city/link.csv",
        "link_id,from_node_id,to_node_id,directed,lanes,free_speed,allowed_uses\nab,a,b,1,1,13.9,all\nbc,b,c,1,1,13.9,all\n",
    );
    folder.write("city/path.csv", "path_id,link_ids\np,ab bc\n");
    folder.write("city/trip.csv", "trip_id,mode,depart,path_id,origin,destination\ngiven,car,07:01,p,,\nfound,car,07:02,,ab,bc\n");
    let text = "format = 1\ncity = \"city\"\n[time]\nfrom = \"07:00\"\nto = \"07:10\"\nwarmup = \"0 min\"\n";
    let (city, found) = opened(&folder, text);
    assert_eq!(found.errors(), 0, "{}", found.json());
    assert_eq!([0, 1].map(|trip| demand::searched(&city.city, trip)), [false, true]);
    assert!(demand::searched(&study.city, 0), "a trip of a table finds its way itself");
    let codes = |method: &str| {
        let (_, found) = opened(&folder, &format!("{text}[model]\nrouting = {{ method = \"{method}\" }}\n"));
        found.json().to_string().contains("C111")
    };
    assert_eq!(["shortest", "fixed", "informed"].map(codes), [true, false, false]);
    // Where all have paths of their own nobody can be informed.
    folder.write("city/trip.csv", "trip_id,mode,depart,path_id,origin,destination\ngiven,car,07:01,p,,\n");
    assert_eq!(["shortest", "fixed", "informed"].map(codes), [true, false, true]);
}

#[test]
fn share_and_update_can_be_swept() {
    let folder = Folder::new("sweep-informed");
    folder.write(
        "study.toml",
        "format = 1\ncity = { grid = [3, 3], block = \"120 m\", trips = \"900 trips/h\" }\n[time]\nfrom = \"07:00\"\nto = \"07:12\"\nwarmup = \"0 min\"\n\
         drain = \"20 min\"\n[sweep]\n\"model.routing.share\" = [0.0, \"100 %\"]\n\"model.routing.update\" = [\"1 min\", \"5 min\"]\n[runs]\nseeds = 1\n",
    );
    folder.run("run study.toml -o out --device cpu -q").with(0, "");
    let manifest = folder.json("out/manifest.json");
    let of = |run: &serde_json::Value| (run["state_hash"].as_str().map(str::to_owned), run["validity"]["informed"].as_u64());
    let found: Vec<_> = manifest["runs"].as_array().expect("runs").iter().map(of).collect();
    assert_eq!(found.len(), 4);
    let nobody: Vec<_> = found.iter().filter(|(hash, _)| found.iter().filter(|(other, _)| other == hash).count() == 2).collect();
    assert!(nobody.len() == 2 && nobody.iter().all(|(_, changes)| *changes == Some(0)), "nobody is informed at a share of 0: {found:?}");
    folder.run("rerun out --threads 1 --device cpu").with(0, "identical");
}
