//! What a person does at the window, without one: panels by the names of their parts, keys, choosing, and the run behind them.
#![cfg(feature = "view")]

mod common;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use forecity::scenario::grid::GridSignals;
use forecity::simulation::{Machine, Settings, run};
use forecity::view::desk::{Act, Desk, FASTEST};
use forecity::view::driver::{Driver, News, Subject, Wanted};
use forecity::view::palette::Theme;
use forecity::view::pick::{self, Chosen};
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "a test has a clock")]
fn wall() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

fn machine() -> Machine {
    Machine { device: "cpu".into(), threads: 1 }
}

fn settings() -> Settings {
    Settings { from_s: 28_800.0, to_s: 29_400.0, drain_s: 0.0, interval_s: 300.0, ..Settings::default() }
}

fn subject() -> Subject {
    let city = common::grid_city(GridSignals::Fixed, 4000.0);
    Subject::new(city, settings(), 3, machine(), ["Twelve junctions".into(), "base, seed 3".into()])
}

/// Runs with these wishes until the news is as asked for.
fn until(driver: &Driver, asked: impl Fn(&News) -> bool) -> News {
    let start = wall();
    while wall() - start < 60.0 {
        match driver.news() {
            Some(news) if news.error.is_some() || asked(&news) => return news,
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("no such news in a minute")
}

/// A desk in the middle of a run.
struct Stage {
    subject: Arc<Subject>,
    desk: Desk,
    news: News,
    acts: Vec<Act>,
}

fn stage() -> Harness<'static, Stage> {
    let subject = Arc::new(subject());
    let size = [1200, 800];
    let desk = Desk::new(&subject, size);
    let seen = Some(subject.scene.bounds());
    let driver = Driver::start(subject.clone(), Wanted { speed: f64::INFINITY, seen, ..Wanted::default() }, wall, || {});
    let news = until(&driver, |news| news.shot.time_s > 28_980.0 && !news.shot.vehicles.is_empty());
    assert!(news.error.is_none(), "{:?}", news.error);
    let show = |ui: &mut egui::Ui, stage: &mut Stage| {
        let acts = stage.desk.show(ui, &stage.subject, &stage.news, 1.0);
        stage.acts.extend(acts);
    };
    let mut harness = Harness::builder().with_size([1200.0, 800.0]).build_ui_state(show, Stage { subject, desk, news, acts: Vec::new() });
    harness.run_steps(2);
    harness
}

#[test]
fn keys_and_buttons_do_the_same() {
    let mut harness = stage();
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    assert!(harness.state().desk.paused);
    harness.key_press(egui::Key::Space);
    harness.run_steps(2);
    assert!(!harness.state().desk.paused);
    harness.get_by_label("Step").click();
    harness.run_steps(2);
    harness.key_press(egui::Key::Period);
    harness.run_steps(2);
    assert_eq!((harness.state().desk.steps, harness.state().desk.wanted().speed), (2, 0.0), "a step leaves it standing");
    let speed = harness.state().desk.speed;
    harness.get_by_label("Faster").click();
    harness.run_steps(2);
    assert_eq!(harness.state().desk.speed, speed + 1);
    for key in [egui::Key::OpenBracket, egui::Key::Comma] {
        harness.key_press(key);
        harness.run_steps(2);
    }
    assert_eq!(harness.state().desk.speed, speed - 1);
    for _ in 0..20 {
        harness.key_press(egui::Key::CloseBracket);
        harness.run_steps(1);
    }
    assert!(harness.state().desk.speed == FASTEST && harness.state().desk.factor().is_infinite());
    harness.key_press(egui::Key::Num4);
    harness.key_press(egui::Key::N);
    harness.key_press(egui::Key::P);
    harness.run_steps(2);
    let stage = harness.state();
    assert_eq!((stage.desk.layer, stage.desk.theme, stage.acts.as_slice()), (3, Theme::Day, &[Act::Picture][..]));
}

#[test]
fn the_map_moves_and_comes_back() {
    let mut harness = stage();
    let first = harness.state().desk.camera;
    harness.key_press(egui::Key::ArrowLeft);
    harness.key_press(egui::Key::Plus);
    harness.run_steps(2);
    let moved = harness.state().desk.camera;
    assert!(moved.centre_m[0] < first.centre_m[0] && moved.metres_per_px < first.metres_per_px);
    let from = egui::pos2(300.0, 300.0);
    let under = moved.to_m([300.0, 300.0], [1200, 800]);
    harness.drag_at(from);
    harness.run_steps(1);
    harness.hover_at(from + egui::vec2(40.0, 25.0));
    harness.run_steps(1);
    harness.drop_at(from + egui::vec2(40.0, 25.0));
    harness.run_steps(2);
    let there = harness.state().desk.camera.to_px(under, [1200, 800]);
    assert!((there[0] - 340.0).abs() < 1.0 && (there[1] - 325.0).abs() < 1.0, "what was grasped stays under the pointer: {there:?}");
    harness.key_press(egui::Key::F);
    harness.run_steps(2);
    let back = harness.state().desk.camera;
    assert!((back.metres_per_px - first.metres_per_px).abs() < 1e-9 && (back.centre_m[0] - first.centre_m[0]).abs() < 1e-6);
}

#[test]
fn a_name_is_found_and_the_worst_are_listed() {
    let mut harness = stage();
    harness.get_by_label("Search").click();
    harness.run_steps(2);
    let name = harness.state().subject.city.links[0].name.clone();
    harness.event(egui::Event::Text(name.clone()));
    harness.run_steps(2);
    let found = harness.state().desk.search.clone().expect("it is open").1;
    assert_eq!(found[0].words, name);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    let desk = &harness.state().desk;
    assert!(desk.search.is_none() && desk.chosen == Some(found[0].chosen));
    harness.key_press(egui::Key::W);
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    let stage = harness.state();
    let worst = pick::worst(&stage.news.shot);
    assert!(worst.len() > 2 && worst.is_sorted_by(|a, b| a.1 >= b.1));
    assert_eq!(stage.desk.chosen, Some(Chosen::Link(worst[1].0)));
    harness.get_by_label("Most time lost by a vehicle");
    harness.key_press(egui::Key::F1);
    harness.run_steps(2);
    harness.get_by_label("save a picture");
    for _ in 0..3 {
        harness.key_press(egui::Key::Escape);
        harness.run_steps(2);
    }
    assert_eq!((harness.state().desk.chosen, harness.state().desk.worst, harness.state().desk.help), (None, None, false));
}

#[test]
fn what_is_pointed_at_is_chosen_and_told_of() {
    let harness = stage();
    let Stage { subject, desk, news, .. } = harness.state();
    let at = |point: [f64; 2]| pick::under(subject, &news.shot, &desk.camera, desk.camera.to_px(point, desk.size), desk.size);
    let car = news.shot.vehicles[0];
    let place = pick::place_of(subject, car.lane, f64::from(car.x) / 1024.0 - 2.0);
    let trip = match at(place) {
        Some(Chosen::Vehicle(trip)) => trip,
        other => panic!("{other:?} where a vehicle is"),
    };
    let node = (0..subject.city.nodes.len()).find(|node| subject.joins(*node)).expect("a junction");
    for chosen in [Chosen::Vehicle(trip), Chosen::Node(node), Chosen::Link(0)] {
        let driver = Driver::start(
            Arc::new(self::subject()),
            Wanted { speed: f64::INFINITY, chosen: Some(chosen), ..Wanted::default() },
            wall,
            || {},
        );
        let news = until(&driver, |news| news.over);
        let facts = news.facts.expect("it is told of");
        assert!(facts.chosen == chosen && facts.numbers.len() == 3 && !facts.curves.is_empty(), "{facts:?}");
        assert!(news.network.len() > 5, "a point a minute");
    }
    assert_eq!(at([1e7, 1e7]), None);
}

#[test]
fn whoever_watches_changes_nothing_and_may_go_at_any_time() {
    // Theory: the window only looks. As fast as possible, with stops, and against a run that nobody watches.
    let city = common::grid_city(GridSignals::Fixed, 4000.0);
    let (alone, _) = run(&city, &settings(), &[3], &machine(), &mut |_| ControlFlow::Continue(())).expect("runs");
    let subject = Arc::new(subject());
    let seen = Some(subject.scene.bounds());
    let mut wanted = Wanted { speed: 200.0, seen, ..Wanted::default() };
    let driver = Driver::start(subject.clone(), wanted, wall, || {});
    let fast = until(&driver, |news| news.shot.tick > 40);
    wanted.speed = 0.0;
    driver.want(wanted);
    let still = until(&driver, |news| news.shot.tick >= fast.shot.tick);
    wanted.steps += 1;
    driver.want(wanted);
    let next = until(&driver, |news| news.shot.tick > still.shot.tick);
    assert!(next.shot.tick > fast.shot.tick);
    (wanted.speed, wanted.seen, wanted.chosen) = (f64::INFINITY, None, Some(Chosen::Link(1)));
    driver.want(wanted);
    until(&driver, |news| news.over);
    wanted.pictures += 1;
    driver.want(wanted);
    let last = until(&driver, |news| news.picture.is_some());
    assert_eq!(last.shot.state_hash, Some(alone[0].state_hash));
    // Closed in the middle of a run.
    for speed in [f64::INFINITY, 1.0, 0.0] {
        drop(Driver::start(subject.clone(), Wanted { speed, seen, ..Wanted::default() }, wall, || {}));
    }
}
