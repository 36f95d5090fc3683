//! Generated cities are whole: connected, every lane leads somewhere, no two streams are set free against each other, trips can be driven.
use forecity::city::generate::cruise::Cruise;
use forecity::city::{
    Aspect, Block, City, Control, DepartPos, DepartSpeed, Detector, DriveSide, Following, Halt, OdCell, Policy, Rule, Trip, Turn, Uses,
    demand, fingerprint, generate, generate::theory, signal,
};
use forecity::scenario::grid::{GridSignals, GridSpec};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that must hold of any generated city.
fn sound(city: &City) {
    for (index, link) in city.links.iter().enumerate() {
        assert!(link.length_m >= 1.0 && !link.lanes.is_empty(), "{}", link.id);
        for lane in link.lanes.clone() {
            assert_eq!(city.lanes[lane].link, index);
            assert!((city.lanes[lane].length_m - link.length_m).abs() < 1e-9 && city.lanes[lane].shape_m.len() >= 2);
        }
    }
    let onward: BTreeSet<usize> = city.links.iter().map(|link| link.from).collect();
    let from: BTreeSet<usize> = city.movements.iter().map(|m| m.from_lane).collect();
    for (index, lane) in city.lanes.iter().enumerate() {
        assert!(from.contains(&index) || !onward.contains(&city.links[lane.link].to), "lane {} leads nowhere", lane.id);
    }
    for m in &city.movements {
        let (a, b) = (&city.links[city.lanes[m.from_lane].link], &city.links[city.lanes[m.to_lane].link]);
        assert!(a.to == m.node && b.from == m.node, "{} does not pass its node", m.id);
        assert!(m.length_m >= 0.1 && m.speed_mps > 0.0 && m.shape_m.len() >= 2, "{}", m.id);
    }
    conflicts_are_sound(city);
    for controller in &city.controllers {
        let size = city.movements.iter().filter(|m| m.signal.is_some_and(|s| city.controllers[s.0].id == controller.id)).count();
        assert!(controller.phases.iter().all(|phase| phase.aspects.len() == size && phase.min_s <= phase.max_s));
        for position in 0..size {
            let open = |p: &forecity::city::Phase| matches!(p.aspects[position], Aspect::Green | Aspect::Permissive);
            assert!(controller.phases.iter().any(open), "{}: position {position} is never green", controller.id);
        }
    }
}

/// Each pair once, areas on their movements, never two protected greens against each other.
fn conflicts_are_sound(city: &City) {
    let mut seen = BTreeSet::new();
    for c in &city.conflicts {
        let (a, b) = (&city.movements[c.a], &city.movements[c.b]);
        assert!(a.node == b.node && seen.insert((c.a.min(c.b), c.a.max(c.b))), "{} {} twice", a.id, b.id);
        assert_eq!(c.merge, a.to_lane == b.to_lane);
        for (area, m) in [(c.area_a_m, a), (c.area_b_m, b)] {
            assert!(area[0] >= 0.0 && area[0] <= area[1] && area[1] <= m.length_m + 1e-6, "{} {area:?}", m.id);
        }
        let same_link = city.lanes[a.from_lane].link == city.lanes[b.from_lane].link;
        let (Some((controller, at_a)), Some((other, at_b))) = (a.signal, b.signal) else { continue };
        assert_eq!(controller, other);
        for phase in &city.controllers[controller].phases {
            let both = phase.aspects[at_a] == Aspect::Green && phase.aspects[at_b] == Aspect::Green;
            assert!(!both || same_link, "{} and {} are both protected", a.id, b.id);
        }
    }
}

/// Each link reaches each other.
fn connected(city: &City) {
    let parts = demand::link_graph(city, &[forecity::city::Uses(1)]).parts();
    assert!(parts.iter().all(|part| *part == parts[0]), "{} falls apart", city.name);
}

/// Every step of the trip's path is a movement.
fn drivable(city: &City, path: &[usize]) {
    let steps: BTreeSet<(usize, usize)> =
        city.movements.iter().map(|m| (city.lanes[m.from_lane].link, city.lanes[m.to_lane].link)).collect();
    assert!(!path.is_empty() && path.windows(2).all(|pair| steps.contains(&(pair[0], pair[1]))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_grid_is_sound(columns in 2_u32..9, rows in 3_u32..9, lanes in 1_u32..5, every in 0_u32..4, control in 0_usize..4, cycle in 40_u32..140) {
        let signals = [GridSignals::Fixed, GridSignals::Actuated, GridSignals::MaxPressure, GridSignals::None][control];
        let spec = GridSpec { columns, rows, lanes, arterial_every: every, signals, cycle_s: f64::from(cycle), block_m: 120.0, ..GridSpec::default() };
        let city = generate::grid(&spec);
        sound(&city);
        connected(&city);
        prop_assert_eq!(city.nodes.len(), (columns * rows) as usize);
        prop_assert_eq!(city.links.len(), 2 * (columns * (rows - 1) + rows * (columns - 1)) as usize);
        for controller in &city.controllers {
            let total: f64 = controller.phases.iter().map(|phase| phase.duration_s).sum();
            prop_assert!((total - f64::from(cycle)).abs() < 1e-9, "{total}");
        }
        for zone in &city.zones {
            prop_assert!(!zone.origins.is_empty() && !zone.destinations.is_empty(), "{}", zone.id);
        }
        for trip in demand::sample(&city, 7, 25_200.0, 25_260.0).iter().take(50) {
            drivable(&city, &trip.path);
        }
    }
}

/// Also where the shares by lanes leave the last stage less than the shortest green: such a plan took 43 s of a cycle of 42.
#[test]
fn a_short_cycle_keeps_its_length() {
    for cycle in 40..140 {
        let spec =
            GridSpec { columns: 3, rows: 3, lanes: 1, arterial_every: 0, cycle_s: f64::from(cycle), block_m: 120.0, ..GridSpec::default() };
        for controller in &generate::grid(&spec).controllers {
            let total: f64 = controller.phases.iter().map(|phase| phase.duration_s).sum();
            assert!((total - f64::from(cycle)).abs() < 1e-9, "{total} s instead of {cycle}");
            let greens =
                || controller.phases.iter().filter(|phase| phase.aspects.iter().any(|a| matches!(a, Aspect::Green | Aspect::Permissive)));
            assert!(greens().all(|phase| phase.duration_s >= 5.0), "cycle {cycle}: shorter than the shortest green");
        }
    }
}

#[test]
fn a_grid_is_symmetric() {
    let city = generate::grid(&GridSpec { columns: 5, rows: 5, arterial_every: 0, ..GridSpec::default() });
    let turns = |node: usize| -> Vec<usize> {
        let count = |turn| city.movements.iter().filter(|m| m.node == node && m.turn == turn).count();
        [Turn::Through, Turn::Right, Turn::Left, Turn::UTurn].into_iter().map(count).collect()
    };
    let conflicts = |node: usize| city.conflicts.iter().filter(|c| city.movements[c.a].node == node).count();
    for node in [6, 7, 8, 11, 12, 13, 16, 17, 18] {
        assert_eq!(turns(node), [8, 4, 4, 0], "{}", city.nodes[node].id);
        assert_eq!(conflicts(node), conflicts(6));
    }
    for (a, b) in [(1, 3), (5, 15), (1, 21), (9, 19)] {
        assert_eq!((turns(a), conflicts(a)), (turns(b), conflicts(b)));
    }
}

#[test]
fn left_waits_for_the_oncoming_and_right_comes_before_left() {
    let city = theory::crossing(200.0, 14.0, 1, &signal::Plan::default());
    sound(&city);
    let find = |id: &str| city.movements.iter().position(|m| m.id == id).unwrap();
    let waits =
        |a: usize, b: usize| city.conflicts.iter().any(|c| (c.a == a && c.b == b && c.a_yields) || (c.b == a && c.a == b && c.b_yields));
    let (left, oncoming, aside) = (find("in_west#1>out_north#1"), find("in_east#1>out_west#1"), find("in_south#1>out_north#1"));
    assert_eq!(city.movements[left].turn, Turn::Left);
    assert!(waits(left, oncoming) && !waits(oncoming, left) && !waits(left, aside) && !waits(aside, left));
    let grid =
        generate::grid(&GridSpec { columns: 3, rows: 3, lanes: 1, arterial_every: 0, signals: GridSignals::None, ..GridSpec::default() });
    assert_eq!(grid.nodes[4].control, Control::RightBeforeLeft);
    let find = |id: &str| grid.movements.iter().position(|m| m.id == id).unwrap();
    let (north, west) = (find("e1_0_1_1#1>e1_1_1_2#1"), find("e2_1_1_1#1>e1_1_0_1#1"));
    let conflict = grid.conflicts.iter().find(|c| (c.a.min(c.b), c.a.max(c.b)) == (north.min(west), north.max(west))).unwrap();
    assert!(if conflict.a == north { conflict.a_yields && !conflict.b_yields } else { conflict.b_yields && !conflict.a_yields });
}

#[test]
fn a_minor_road_yields_to_the_major_one() {
    for control in [Control::Yield, Control::Stop] {
        let city = theory::tee(&theory::Tee { control, ..theory::Tee::default() });
        sound(&city);
        for conflict in &city.conflicts {
            let minor = |m: usize| city.links[city.lanes[city.movements[m].from_lane].link].id == "minor_in";
            if minor(conflict.a) != minor(conflict.b) {
                assert_eq!((conflict.a_yields, conflict.b_yields), (minor(conflict.a), minor(conflict.b)));
            }
        }
    }
}

#[test]
fn theory_cities_have_the_lengths_that_were_asked_for() {
    let stretch = |lanes, signal| theory::Stretch { length_m: 500.0, speed_mps: 14.0, lanes, signal };
    let plan = signal::Plan { cycle_s: 60.0, ..signal::Plan::default() };
    let city = theory::corridor(&[stretch(2, None), stretch(1, Some(plan)), stretch(2, None)]);
    sound(&city);
    assert!(city.links.iter().all(|link| (link.length_m - 500.0).abs() < 1e-9));
    let shown: Vec<f64> = city.controllers[0].phases.iter().map(|phase| phase.duration_s).collect();
    assert_eq!(shown, [27.0, 3.0, 30.0]);
    assert!(city.conflicts.iter().any(|c| c.merge), "a lane drop is a merge");
    let ring = theory::ring(1000.0, 14.0, 1);
    sound(&ring);
    connected(&ring);
    assert!(ring.links.iter().all(|link| (link.length_m - 500.0).abs() < 1e-9));
    let trips = theory::ring_trips(&ring, 20, 3);
    assert_eq!((trips.len(), trips[0].path.len()), (20, 7));
    trips.iter().for_each(|trip| drivable(&ring, &trip.path));
    sound(&theory::merge(400.0, 28.0, 2, 2, Control::Yield));
}

#[test]
fn a_larger_cell_leaves_every_other_trip_alone() {
    let mut city = generate::grid(&GridSpec { columns: 6, rows: 6, ..GridSpec::default() });
    let before = demand::sample(&city, 3, 25_200.0, 28_800.0);
    city.od.iter_mut().filter(|cell| cell.origin == 1 && cell.destination == 2).for_each(|cell| cell.trips += 4.0);
    city.od.reverse();
    let after = demand::sample(&city, 3, 25_200.0, 28_800.0);
    assert!(after.len() > before.len() + 10);
    for trip in &before {
        let same = after.iter().find(|other| other.id == trip.id).expect("still there");
        assert_eq!((same.depart_s.to_bits(), &same.path), (trip.depart_s.to_bits(), &trip.path));
    }
    let other_day = demand::sample(&city, 4, 25_200.0, 28_800.0);
    assert!(other_day.iter().zip(&after).filter(|(a, b)| a.depart_s.to_bits() == b.depart_s.to_bits()).count() < 10);
}

#[test]
fn windows_of_time_add_up_and_counts_follow_the_table() {
    let city = generate::grid(&GridSpec { trips_per_h: Some(1800.0), ..GridSpec::default() });
    let all = demand::sample(&city, 1, 0.0, 86_400.0);
    let hour = |hour: u32| demand::sample(&city, 1, f64::from(hour) * 3600.0, f64::from(hour + 1) * 3600.0).len();
    assert_eq!(all.len(), (0..24).map(hour).sum::<usize>());
    let count = f64::from(u32::try_from(all.len()).unwrap());
    assert!((count - 24.0 * 1800.0).abs() < 4.0 * (24.0_f64 * 1800.0).sqrt(), "{count}");
    let ids: BTreeSet<&String> = all.iter().map(|trip| &trip.id).collect();
    assert_eq!(ids.len(), all.len());
    assert!(all.is_sorted_by(|a, b| a.depart_s <= b.depart_s));
}

#[test]
fn a_trip_without_a_way_has_no_path() {
    let mut city = theory::merge(300.0, 14.0, 1, 1, Control::Yield);
    let link = |id: &str| city.links.iter().position(|l| l.id == id).unwrap();
    let zone = |id: &str, links: usize| forecity::city::Zone {
        id: id.into(),
        origins: vec![links],
        destinations: vec![links],
        ..Default::default()
    };
    city.zones = vec![zone("a", link("on")), zone("b", link("ramp"))];
    city.od = vec![OdCell { origin: 0, destination: 1, mode: 0, from_s: 0.0, to_s: 3600.0, trips: 5.0, ..OdCell::default() }];
    let trips = demand::sample(&city, 1, 0.0, 3600.0);
    assert_eq!(trips.len(), 5);
    assert!(trips.iter().all(|trip| trip.path.is_empty()));
}

#[test]
fn the_demo_city_has_a_busy_morning_that_its_roads_can_carry() {
    let city = generate::grid(&GridSpec { columns: 20, rows: 20, arterial_every: 4, cycle_s: 90.0, ..GridSpec::default() });
    sound(&city);
    let trips = demand::sample(&city, 1, 25_200.0, 28_800.0);
    assert!(trips.len() > 10_000, "{}", trips.len());
    let mut load = vec![0_usize; city.links.len()];
    trips.iter().flat_map(|trip| trip.path.iter()).for_each(|&link| load[link] += 1);
    let (worst, flow) = load.iter().enumerate().max_by_key(|(_, flow)| **flow).unwrap();
    let (lanes, links) = (city.links[worst].lanes.len(), trips.iter().map(|trip| trip.path.len()).sum::<usize>() / trips.len());
    assert!(flow / lanes < 600, "{} carries {flow} veh/h on {lanes} lanes; {} trips of {links} links", city.links[worst].id, trips.len());
}

/// A city with one of everything.
fn full() -> City {
    let mut city = generate::grid(&GridSpec { columns: 3, rows: 2, ..GridSpec::default() });
    city.trips = vec![Trip { halts: vec![Halt::default()], path: Arc::new(vec![0]), ..Trip::default() }];
    city.detectors = vec![Detector::default()];
    city.movements[0].signal = Some((0, 0));
    city
}

/// The list is of one field of each kind and struct; that no field is left out is held by the compiler (`src/city/fingerprint.rs`).
#[test]
fn a_fingerprint_changes_with_what_it_is_of() {
    let changes: Vec<fn(&mut City)> = vec![
        |_| (),
        |c| c.name.push('x'),
        |c| c.crs.push('x'),
        |c| c.drive_side = DriveSide::Left,
        |c| c.nodes[0].at_m[1] += 0.001,
        |c| c.nodes[0].control = Control::Yield,
        |c| c.links[0].name.push('x'),
        |c| c.links[0].free_speed_mps += 1e-12,
        |c| c.links[0].priority -= 1,
        |c| c.links[0].lanes.end += 1,
        |c| c.links[0].shape_m[0][0] += 0.001,
        |c| c.lanes[0].allowed = Uses::NONE,
        |c| c.lanes[0].change_left ^= true,
        |c| c.lanes[0].width_m += 0.1,
        |c| c.movements[0].turn = if c.movements[0].turn == Turn::Left { Turn::Right } else { Turn::Left },
        |c| c.movements[0].rule = if c.movements[0].rule == Rule::Stop { Rule::Go } else { Rule::Stop },
        |c| c.movements[0].signal = Some((7, 8)),
        |c| c.movements[0].signal = Some((8, 7)),
        |c| c.movements[0].signal = None,
        |c| c.conflicts[0].merge ^= true,
        |c| c.conflicts[0].area_b_m[1] += 0.001,
        |c| c.controllers[0].policy = Policy::MaxPressure,
        |c| c.controllers[0].phases[0].aspects[0] = Aspect::Off,
        |c| c.controllers[0].phases[0].max_s += 1.0,
        |c| c.zones[0].income_decile += 1,
        |c| c.zones[0].destinations.push(0),
        |c| c.zones[0].origins.push(0),
        |c| c.classes[0].following = Following::Krauss,
        |c| c.classes[0].speed_factor_range[0] = 0.1,
        |c| c.classes[0].persons = f64::NAN,
        |c| c.modes[0].mix[0].1 += 0.5,
        |c| c.trips[0].path = Arc::new(vec![0, 0]),
        |c| c.trips[0].depart_lane = Some(0),
        |c| c.trips[0].depart_pos = DepartPos::At(0.0),
        |c| c.trips[0].depart_speed = DepartSpeed::At(0.0),
        |c| c.trips[0].arrive_pos_m = Some(0.0),
        |c| c.trips[0].halts[0].until_s = f64::NAN,
        |c| c.trips[0].halts.push(Halt::default()),
        |c| c.trips[0].origin = Some(0),
        |c| c.trips[0].destination = Some(0),
        |c| c.od[0].trips += 1.0,
        |c| c.od[0].to_s += 1.0,
        |c| c.cruise = Some(Cruise::default()),
        |c| c.cruise = Some(Cruise { rounds: 1, ..Cruise::default() }),
        |c| c.detectors[0].at_m = -0.0,
        |c| c.detectors[0].lane = 1,
        |c| c.blocks.push(Block::default()),
        |c| c.blocks.push(Block { to_s: 1.0, ..Block::default() }),
        // What moves from one text to the next is not the same.
        |c| (c.nodes[0].id, c.nodes[0].name) = ("ab".into(), "c".into()),
        |c| (c.nodes[0].id, c.nodes[0].name) = ("a".into(), "bc".into()),
    ];
    let of = |change: &fn(&mut City)| {
        let mut city = full();
        change(&mut city);
        fingerprint::of(&city)
    };
    let mut seen: Vec<String> = Vec::new();
    for (number, hash) in changes.iter().map(of).enumerate() {
        assert_eq!(seen.iter().position(|other| *other == hash), None, "change {number} has the fingerprint of this one");
        seen.push(hash);
    }
    assert!(fingerprint::of(&full()) == seen[0] && seen[0].len() == 64);
}
