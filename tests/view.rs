//! The view: its shaders are valid, a picture shows what is there, and whoever is watched does not mind.
#![cfg(feature = "view")]

mod common;

use forecity::backend::testing;
use forecity::city::generate::theory::{Stretch, corridor};
use forecity::city::{City, DepartPos, DepartSpeed, Trip};
use forecity::simulation::{Batch, Machine, Settings, run};
use forecity::tables::Tables;
use forecity::view::camera::{Bounds, Camera};
use forecity::view::gpu::{Frame, Look, texts};
use forecity::view::layers::LAYERS;
use forecity::view::palette::Theme;
use forecity::view::picture::{Studio, png};
use forecity::view::play::{Play, Shot};
use forecity::view::scene::{Scene, Segment};
use forecity::view::words::Caption;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::mem::{offset_of, size_of};
use std::ops::ControlFlow;
use std::sync::Arc;

macro_rules! record {
    ($kind:ident: $($field:ident),*) => { (stringify!($kind), size_of::<$kind>(), vec![$((stringify!($field), offset_of!($kind, $field))),*]) };
}

#[test]
fn draw_shaders_are_valid_and_their_records_are_those_of_the_host() {
    let records = [
        record!(Frame: centre, half, px_per_m, part, dots, trail_s, stands_at, stand_colour, side, dot_colour),
        record!(Segment: start, end, half_width, least_px, value, colour),
    ];
    let mut seen = 0;
    for (name, text) in texts() {
        let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&text)));
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&text)));
        for (_, kind) in module.types.iter() {
            let naga::TypeInner::Struct { members, span } = &kind.inner else { continue };
            let Some((own, size, fields)) = records.iter().find(|record| Some(record.0) == kind.name.as_deref()) else { continue };
            let theirs: Vec<(&str, usize)> = members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
            assert_eq!((&theirs, *span as usize), (fields, *size), "{own} in {name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 3, "the frame twice, the segment once");
}

/// 400 m straight to the east, one lane, one car that starts at 100 m as fast as it may.
fn one_car() -> City {
    let mut city = corridor(&[Stretch { length_m: 400.0, lanes: 1, speed_mps: 15.0, signal: None }]);
    city.trips = vec![Trip {
        id: "car".into(),
        path: Arc::new(vec![0]),
        depart_pos: DepartPos::At(100.0),
        depart_speed: DepartSpeed::Max,
        ..Trip::default()
    }];
    city
}

fn settings() -> Settings {
    Settings { to_s: 600.0, drain_s: 600.0, ..Settings::default() }
}

/// What a run of one seed is drawn from.
fn scenery(city: &City, settings: &Settings, seed: u64) -> (Tables, Scene) {
    let tables = Batch::new(city, settings).tables(&[seed]);
    let scene = Scene::of(city, &tables);
    (tables, scene)
}

fn one_thread() -> Machine {
    Machine { device: "cpu".into(), threads: 1 }
}

#[test]
fn who_is_watched_does_the_same() {
    // Theory: a look reads and never writes. Stops at odd ticks, pictures of parts and of all, against the run that nobody watches.
    let (city, settings) = (common::ring_city(), Settings { to_s: 900.0, drain_s: 0.0, interval_s: 300.0, ..Settings::default() });
    let machine = Machine { device: "cpu".into(), threads: 2 };
    let (alone, _) = run(&city, &settings, &[5], &machine, &mut |_| ControlFlow::Continue(())).expect("runs");
    let (tables, scene) = scenery(&city, &settings, 5);
    let mut play = Play::open(&city, &settings, &tables, &machine).expect("opens");
    let part = Bounds { low: scene.bounds().low, high: scene.origin_m };
    let (mut tick, mut step, mut last) = (0, 1, None);
    while !play.done() {
        tick += step;
        step = step % 97 + 7;
        play.to(tick).expect("steps");
        play.mark(&scene, &part).expect("looks");
        let seen = [None, Some(&part), Some(&scene.bounds())][tick as usize % 3].copied();
        last = Some(play.shot(&scene, seen.as_ref(), true).expect("a picture"));
    }
    let last = last.expect("pictures");
    assert_eq!(last.state_hash, Some(alone[0].state_hash));
    assert_eq!(play.history(), alone[0].network);
    assert_eq!(play.tick(), alone[0].ticks);
}

#[test]
fn values_of_links_are_those_of_the_window() {
    // Theory: 60 vehicles evenly on a ring of 1,000 m and two lanes are 30 veh/km/lane wherever they drive, and flow = density x speed.
    let (city, settings) = (common::ring_city(), Settings { to_s: 900.0, drain_s: 0.0, interval_s: 90.0, ..Settings::default() });
    let (tables, scene) = scenery(&city, &settings, 1);
    let mut play = Play::open(&city, &settings, &tables, &one_thread()).expect("opens");
    // Beyond two intervals, whose ends clear the sums.
    play.to(play.tick_at(250.0)).expect("steps");
    let shot = play.shot(&scene, None, false).expect("a picture");
    let (mut vehicles, mut lane_km) = (0.0, 0.0);
    for (now, link) in shot.links.iter().zip(&city.links) {
        let km = link.length_m / 1000.0 * link.lanes.len() as f64;
        vehicles += f64::from(now.density_vpkm_lane) * km;
        lane_km += km;
        let speed_kmh = f64::from(now.speed_share) * link.free_speed_mps * 3.6;
        let flow = f64::from(now.density_vpkm_lane) * speed_kmh;
        // Over two minutes a handful of vehicles more or less have crossed the end than Edie's flow says.
        assert!((flow - f64::from(now.flow_vph_lane)).abs() < 0.15 * flow, "{flow} and {now:?}");
    }
    // Some are on the connectors between the links.
    assert!((vehicles / lane_km - 30.0).abs() < 2.0 && vehicles <= 60.5, "{vehicles} on {lane_km} km");
}

/// The picture of a shot.
fn picture(city: &City, tables: &Tables, scene: &Scene, shot: &Shot, look: &Look) -> Vec<u8> {
    let mut studio = Studio::open(city, tables, scene, 1.0).expect("an adapter");
    studio.take(shot, look, &Caption::default()).expect("a picture")
}

#[test]
fn a_car_is_where_it_is() {
    if testing::gpu().is_none() {
        return;
    }
    let (city, settings) = (one_car(), settings());
    let (tables, scene) = scenery(&city, &settings, 1);
    let mut play = Play::open(&city, &settings, &tables, &one_thread()).expect("opens");
    play.to(9).expect("steps");
    play.mark(&scene, &scene.bounds()).expect("looks");
    play.to(10).expect("steps");
    let shot = play.shot(&scene, Some(&scene.bounds()), false).expect("a picture");
    let (size, camera) = ([800, 400], Camera { centre_m: [200.0, 0.0], metres_per_px: 0.25 });
    for part in [0.0, 0.5, 1.0] {
        let look = Look { camera, size, theme: Theme::Night, layer: &LAYERS[0], part, still: false };
        let pixels = picture(&city, &tables, &scene, &shot, &look);
        let empty = Shot { vehicles: Vec::new(), before: Vec::new(), ..shot.clone() };
        let without = picture(&city, &tables, &scene, &empty, &look);
        // What differs is the car. Its front bumper stands where the engine says, half of the way between the two states.
        let differs =
            |x: usize, y: usize| (0..3).any(|part| pixels[(y * 800 + x) * 4 + part].abs_diff(without[(y * 800 + x) * 4 + part]) > 24);
        let at: Vec<(usize, usize)> = (0..400).flat_map(|y| (0..800).map(move |x| (x, y))).filter(|(x, y)| differs(*x, *y)).collect();
        let most =
            |of: fn(&(usize, usize)) -> usize| (at.iter().map(of).min().expect("a car"), at.iter().map(of).max().expect("a car") + 1);
        let (left, right) = most(|place| place.0);
        let (top, bottom) = most(|place| place.1);
        let x_m = |row: &[u32; 2]| f64::from(row[1].cast_signed()) / 1024.0;
        let (was, now) = (x_m(&shot.before[0]), f64::from(shot.vehicles[0].x) / 1024.0);
        let lane_m = &city.lanes[0].shape_m;
        let front_m = lane_m[0][0] + was + (now - was) * f64::from(part);
        let expected = camera.to_px([front_m, lane_m[0][1]], size);
        // One pixel, which is 0.25 m.
        assert!((right as f64 - expected[0]).abs() <= 1.0, "front at {right}, expected {expected:?}, part {part}");
        assert!(((right - left) as f64 * 0.25 - 4.5).abs() <= 0.5, "4.5 m long: {left} to {right}");
        assert!(((bottom - top) as f64 * 0.25 - 1.8).abs() <= 0.5, "1.8 m wide: {top} to {bottom}");
        assert!(((top + bottom) as f64 / 2.0 - expected[1]).abs() <= 1.0, "in the middle of its lane");
    }
}

#[test]
fn everybody_is_on_the_road() {
    if testing::gpu().is_none() {
        return;
    }
    // Lanes of many points: whoever is drawn stands on one of them, 60 neighbours in one draw.
    let (city, settings) = (common::ring_city(), settings());
    let (tables, scene) = scenery(&city, &settings, 3);
    let mut play = Play::open(&city, &settings, &tables, &one_thread()).expect("opens");
    play.to(200).expect("steps");
    let shot = play.shot(&scene, Some(&scene.bounds()), false).expect("a picture");
    assert_eq!(shot.vehicles.len(), 60);
    let size = [900, 900];
    let camera = Camera::fit(&scene.bounds().grown(40.0), size);
    let look = Look { camera, size, theme: Theme::Night, layer: &LAYERS[0], part: 1.0, still: true };
    let pixels = picture(&city, &tables, &scene, &shot, &look);
    let empty = Shot { vehicles: Vec::new(), before: Vec::new(), ..shot.clone() };
    let without = picture(&city, &tables, &scene, &empty, &look);
    let mut cars = 0;
    for (number, (with, without)) in pixels.chunks_exact(4).zip(without.chunks_exact(4)).enumerate() {
        if with == without {
            continue;
        }
        cars += 1;
        let at_m = camera.to_m([(number % 900) as f64 + 0.5, (number / 900) as f64 + 0.5], size);
        let near = city.lanes.iter().map(|lane| &lane.shape_m).chain(city.movements.iter().map(|way| &way.shape_m));
        let far_m = near.flat_map(|line| line.windows(2)).map(|ends| distance_m(at_m, ends)).fold(f64::MAX, f64::min);
        // Half a dot, and half of a pixel's diagonal.
        assert!(far_m < 2.5 * camera.metres_per_px + 0.5, "{far_m} m from every lane at {at_m:?}");
    }
    assert!(cars >= 60, "{cars} pixels of cars");
}

/// Distance of a point from a piece of a line.
fn distance_m(at: [f64; 2], ends: &[[f64; 2]]) -> f64 {
    let along = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
    let square = (along[0] * along[0] + along[1] * along[1]).max(1e-12);
    let part = (((at[0] - ends[0][0]) * along[0] + (at[1] - ends[0][1]) * along[1]) / square).clamp(0.0, 1.0);
    (at[0] - ends[0][0] - along[0] * part).hypot(at[1] - ends[0][1] - along[1] * part)
}

#[test]
fn a_picture_says_what_it_shows() {
    if testing::gpu().is_none() {
        return;
    }
    let (city, settings) = (one_car(), settings());
    let (tables, scene) = scenery(&city, &settings, 1);
    let mut play = Play::open(&city, &settings, &tables, &one_thread()).expect("opens");
    play.to(4).expect("steps");
    let shot = play.shot(&scene, Some(&scene.bounds()), true).expect("a picture");
    let size = [640, 400];
    let look = Look { camera: Camera::fit(&scene.bounds(), size), size, theme: Theme::Day, layer: &LAYERS[1], part: 1.0, still: true };
    let mut studio = Studio::open(&city, &tables, &scene, 1.0).expect("an adapter");
    let caption = Caption { title: "One car".into(), run: "base".into(), foot: "state".into() };
    let first = studio.take(&shot, &look, &caption).expect("a picture");
    assert_eq!(first, studio.take(&shot, &look, &caption).expect("a picture"), "the same picture twice");
    assert_ne!(first, studio.take(&shot, &look, &Caption::default()).expect("a picture"), "the caption is written");
    let mut file = Vec::new();
    png(&mut file, size, &first, &[("forecity.state_hash", "abc".into())]).expect("written");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a PNG");
    let mut back = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut back).expect("a frame");
    assert_eq!(back, first);
    let info = reader.info();
    assert_eq!(info.utf8_text[0].keyword, "forecity.state_hash");
    assert_eq!(info.pixel_dims.map(|dims| dims.xppu), Some(11_811), "300 dpi");
}
