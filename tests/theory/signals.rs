//! Signals: discharge, saturation flow, delay.

use crate::common::{bench, leaves, trip, watch};
use forecity::city::generate::theory::{Stretch, corridor};
use forecity::city::signal::Plan;
use forecity::city::{City, VehicleClass};

fn signal_corridor(class: VehicleClass) -> City {
    let plan = Plan { cycle_s: 90.0, green_share: 0.5, ..Plan::default() };
    let stretch = |length_m, signal| Stretch { length_m, speed_mps: 13.89, lanes: 1, signal };
    let mut city = corridor(&[stretch(800.0, Some(plan)), stretch(400.0, None)]);
    city.classes[0] = class;
    city
}

/// Mean headway of vehicles `from..=to` (1 = first) over the cycles of a queue that fills the approach, and the time lost by the first four.
fn discharge(city: &City, k: u32, from: usize, to: usize) -> (f64, f64) {
    let mut city = city.clone();
    city.trips = (0..3000).map(|i| trip(&format!("q{i}"), f64::from(i), &[0, 1])).collect();
    let seen = watch(&city, k, 3600.0);
    let times = leaves(&city, &seen, 0);
    // Platoons: a gap of more than 15 s is a red.
    let mut platoons: Vec<Vec<f64>> = vec![Vec::new()];
    for t in times {
        if platoons.last().and_then(|p| p.last()).is_some_and(|last| t - last > 15.0) {
            platoons.push(Vec::new());
        }
        platoons.last_mut().expect("one").push(t);
    }
    let full: Vec<&Vec<f64>> = platoons.iter().skip(6).filter(|p| p.len() > to).collect();
    assert!(full.len() > 20, "only {} full platoons", full.len());
    let n = full.len() as f64;
    let headway = full.iter().map(|p| (p[to - 1] - p[from - 2]) / (to - from + 1) as f64).sum::<f64>() / n;
    // Green begins every 90 s; the phase is found from the signal's plan: first departures are compared with the steady headway.
    let lost = full.iter().map(|p| (p[3] - p[0]) - 3.0 * headway).sum::<f64>() / n;
    (headway, lost)
}

/// T6, exact ODE: the bench vehicle discharges at 1640.6/1640.4/1639.4/1636.4 veh/h at dt .125/.25/.5/1 (front bumpers, vehicles 6-17).
#[test]
fn queue_discharge_of_the_bench_vehicle() {
    let city = signal_corridor(bench());
    for (k, gold) in [(3, 1640.6), (2, 1640.4), (1, 1639.4), (0, 1636.4)] {
        let (headway, _) = discharge(&city, k, 6, 17);
        let flow = 3600.0 / headway;
        println!("T6 dt 2^-{k}: {flow:.1} veh/h, gold {gold}");
        assert!((flow / gold - 1.0).abs() < 0.005, "{flow} veh/h at k {k}, exact {gold}");
    }
}

/// T7, HCM: the default vehicle reproduces field saturation flow, 1750..1950 veh/h/lane at 50 km/h.
#[test]
fn saturation_flow_of_the_default_vehicle() {
    for k in 0..=3 {
        let (headway, lost) = discharge(&signal_corridor(VehicleClass::default()), k, 5, 16);
        println!("T7 dt 2^-{k}: {:.1} veh/h, vehicles 2-4 lose {lost:.2} s", 3600.0 / headway);
        assert!((1750.0..1950.0).contains(&(3600.0 / headway)), "{}", 3600.0 / headway);
    }
}
