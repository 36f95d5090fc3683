//! The run behind a window, on a thread of its own: it steps as fast as it was told to and leaves the newest picture where the window finds it.
//!
//! * **Nobody waits for the other.** The window says what it wants ([`Wanted`]) and takes the newest [`News`]; the run takes no further picture
//!   until that one is fetched, and goes on meanwhile.
//! * **Time.** A tick is due when the clock of the wall says so. A run that is slower than wanted does not try to catch up: it says how fast it is.

use super::camera::Bounds;
use super::pick::{Chosen, Facts};
use super::play::{Play, Shot};
use super::scene::Scene;
use super::trace::Trace;
use crate::city::{City, Control};
use crate::simulation::{Batch, Machine, RunError, Settings};
use crate::tables::Tables;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Seconds of the wall since any moment: the command line has the clock, nobody below it.
pub type Wall = fn() -> f64;

/// What is run and looked at.
#[derive(Debug)]
pub struct Subject {
    /// The city.
    pub city: City,
    /// How it is run.
    pub settings: Settings,
    /// Its tables, of one seed.
    pub tables: Tables,
    /// What stands still in it.
    pub scene: Scene,
    /// Where it is computed.
    pub machine: Machine,
    /// The question, or the name of the city.
    pub title: String,
    /// Which variant and seed.
    pub run: String,
    junctions: Vec<bool>,
}

impl Subject {
    /// Of a city and one seed.
    #[must_use]
    pub fn new(city: City, settings: Settings, seed: u64, machine: Machine, [title, run]: [String; 2]) -> Subject {
        let tables = Batch::new(&city, &settings).tables(&[seed]);
        let scene = Scene::of(&city, &tables);
        let mut ways = vec![0_u32; city.nodes.len()];
        city.links.iter().for_each(|link| ways[link.to] += 1);
        let junctions = city.nodes.iter().zip(&ways).map(|(node, ways)| *ways > 2 || node.control != Control::None).collect();
        Subject { city, settings, tables, scene, machine, title, run, junctions }
    }

    /// Is it a junction, and not a bend or an end?
    #[must_use]
    pub fn joins(&self, node: usize) -> bool {
        self.junctions[node]
    }

    /// Steps a second \[1/s\].
    #[must_use]
    pub fn per_s(&self) -> f64 {
        f64::from(1_u32 << self.settings.k)
    }
}

/// What the window wants of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Seconds of the city in a second of the wall; 0 = it stands still, infinite = as fast as it can.
    pub speed: f64,
    /// Single steps asked for since the start.
    pub steps: u32,
    /// Pictures for a file asked for since the start.
    pub pictures: u32,
    /// Vehicles are wanted of this part.
    pub seen: Option<Bounds>,
    /// What is told of more closely.
    pub chosen: Option<Chosen>,
}

/// The newest that is known of a run.
#[derive(Debug, Default)]
pub struct News {
    /// The picture; the places before are those of the news before.
    pub shot: Shot,
    /// Between the news before and this one \[s\] of the wall, as wanted or as it came about.
    pub lasts_s: f64,
    /// Seconds of the city in a second of the wall, as it came about.
    pub factor: f64,
    /// The device that computes.
    pub device: String,
    /// Has the run ended?
    pub over: bool,
    /// Vehicles on the road and their mean speed \[km/h\], over the time of day \[s\].
    pub network: Arc<Vec<[f64; 3]>>,
    /// What was chosen.
    pub facts: Option<Facts>,
    /// With the state's hash, as asked for.
    pub picture: Option<u32>,
    /// Why it goes no further.
    pub error: Option<String>,
}

#[derive(Debug, Default)]
struct Desk {
    wanted: Wanted,
    /// Is there something that the run has not seen?
    changed: bool,
    quit: bool,
    news: Option<News>,
}

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    bell: Condvar,
}

impl Shared {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread; when it is dropped the run stops after the step in hand.
#[derive(Debug)]
pub struct Driver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    /// Starts. `wake` is called whenever there is news.
    #[must_use]
    pub fn start(subject: Arc<Subject>, wanted: Wanted, wall: Wall, wake: impl Fn() + Send + 'static) -> Driver {
        let shared = Arc::new(Shared::default());
        shared.desk().wanted = wanted;
        let own = shared.clone();
        let thread = std::thread::spawn(move || {
            let told = Round::open(&subject, &own, wall, &wake).and_then(|mut round| round.go());
            if let Err(error) = told {
                own.desk().news = Some(News { error: Some(error.to_string()), ..News::default() });
                wake();
            }
        });
        Driver { shared, thread: Some(thread) }
    }

    /// Says what is wanted from now on.
    pub fn want(&self, wanted: Wanted) {
        let mut desk = self.shared.desk();
        if desk.wanted == wanted {
            return;
        }
        desk.wanted = wanted;
        desk.changed = true;
        drop(desk);
        self.shared.bell.notify_all();
    }

    /// The newest, once.
    #[must_use]
    pub fn news(&self) -> Option<News> {
        let news = self.shared.desk().news.take();
        self.shared.bell.notify_all();
        news
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.desk().quit = true;
        self.shared.bell.notify_all();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

/// News at most so often \[s\].
const OFTEN_S: f64 = 0.033;
/// Steps in one go last about so long, so that whoever wants something is heard \[s\].
const GO_S: f64 = 0.02;
/// A run that is later than so is not as fast as wanted \[s\].
const LATE_S: f64 = 0.2;
/// How fast it is, is measured over so long \[s\].
const MEASURED_S: f64 = 0.5;
/// A point of the network's curves at least so far from the one before \[s\].
const POINT_S: f64 = 20.0;
/// Points of a curve at most; then every second one is left out.
const POINTS: usize = 4096;
/// Far below what a step can be told apart in \[s\].
const SOON_S: f64 = 1e-6;

/// What the thread knows.
struct Round<'a> {
    subject: &'a Subject,
    shared: &'a Shared,
    wall: Wall,
    wake: &'a dyn Fn(),
    play: Play<'a>,
    trace: Trace,
    network: Arc<Vec<[f64; 3]>>,
    facts: Option<Facts>,
    /// Wall and tick from which the ticks that are due are counted.
    since: (f64, f64),
    measured: (f64, u32),
    factor: f64,
    told: (f64, u32),
    /// Ticks in one go.
    go: u32,
    done: Wanted,
    /// Something was wanted since the last news.
    stale: bool,
}

impl<'a> Round<'a> {
    fn open(subject: &'a Subject, shared: &'a Shared, wall: Wall, wake: &'a dyn Fn()) -> Result<Round<'a>, RunError> {
        let play = Play::open(&subject.city, &subject.settings, &subject.tables, &subject.machine)?;
        let (start, done) = (wall(), shared.desk().wanted);
        Ok(Round {
            subject,
            shared,
            wall,
            wake,
            play,
            trace: Trace::new(subject.city.links.len()),
            network: Arc::default(),
            facts: None,
            since: (start, 0.0),
            measured: (start, 0),
            factor: 0.0,
            told: (start, 0),
            go: 1,
            done: Wanted { steps: 0, pictures: 0, ..done },
            stale: false,
        })
    }

    fn go(&mut self) -> Result<(), RunError> {
        let first = Wanted { pictures: 0, ..self.done };
        self.tell(&first)?;
        loop {
            let (wanted, changed) = {
                let mut desk = self.shared.desk();
                if desk.quit {
                    return Ok(());
                }
                (desk.wanted, std::mem::take(&mut desk.changed))
            };
            if wanted.speed.to_bits() != self.done.speed.to_bits() {
                self.since = ((self.wall)(), f64::from(self.play.tick()));
                self.measured = ((self.wall)(), self.play.tick());
                self.done.speed = wanted.speed;
            }
            self.stale |= changed;
            let waits = self.step(&wanted)?;
            let stopped = self.play.done() || wanted.speed <= 0.0;
            let moved = self.play.tick() != self.told.1;
            let due = moved && ((self.wall)() - self.told.0 >= OFTEN_S || stopped) || self.stale && stopped;
            if due && self.shared.desk().news.is_none() {
                self.tell(&wanted)?;
            } else if waits > 0.0 {
                let desk = self.shared.desk();
                if !desk.changed && !desk.quit {
                    // Whoever waits is woken by the window; the time is for the next tick.
                    let _ = self.shared.bell.wait_timeout(desk, Duration::from_secs_f64(waits));
                }
            }
        }
    }

    /// Does what is due; returns how long nothing will be \[s\].
    #[expect(clippy::cast_sign_loss, reason = "time goes on")]
    fn step(&mut self, wanted: &Wanted) -> Result<f64, RunError> {
        let tick = self.play.tick();
        if self.play.done() {
            return Ok(LATE_S);
        }
        if wanted.steps != self.done.steps {
            self.done.steps = wanted.steps;
            self.play.to(tick + 1)?;
            self.note()?;
            self.since = ((self.wall)(), f64::from(tick + 1));
            return Ok(0.0);
        }
        if wanted.speed <= 0.0 {
            return Ok(LATE_S);
        }
        let mut until = tick + self.go;
        if wanted.speed.is_finite() {
            let per_wall = wanted.speed * self.subject.per_s();
            let due = self.since.1 + ((self.wall)() - self.since.0) * per_wall;
            if due < f64::from(tick) + 1.0 {
                return Ok(((f64::from(tick) + 1.0 - due) / per_wall).clamp(SOON_S, LATE_S));
            }
            until = until.min(due as u32);
            if (due - f64::from(until)) / per_wall > LATE_S {
                self.since = ((self.wall)(), f64::from(until));
            }
        }
        let start = (self.wall)();
        self.play.to(until)?;
        let took_s = (self.wall)() - start;
        self.go = if took_s > GO_S {
            self.go / 2
        } else if took_s < GO_S / 4.0 {
            self.go * 2
        } else {
            self.go
        }
        .clamp(1, 4096);
        self.note()?;
        Ok(0.0)
    }

    /// Keeps points for the curves.
    fn note(&mut self) -> Result<(), RunError> {
        let time_s = self.play.time_s(self.play.tick());
        if self.trace.due(time_s) {
            let (links, row) = self.play.links_now()?;
            self.trace.keep(time_s, &links);
            let points = Arc::make_mut(&mut self.network);
            let speed_kmh = row.speed_sum_q8 as f64 / 256.0 / f64::from(row.inside.max(1)) * 3.6;
            if points.last().is_none_or(|last| time_s - last[0] >= POINT_S) {
                points.push([time_s, f64::from(row.inside), speed_kmh]);
            }
            if points.len() > POINTS {
                let mut odd = false;
                points.retain(|_| {
                    odd = !odd;
                    odd
                });
            }
        }
        Ok(())
    }

    fn tell(&mut self, wanted: &Wanted) -> Result<(), RunError> {
        let hashed = wanted.pictures != self.done.pictures;
        let subject = self.subject;
        let shot = self.play.shot(&subject.scene, wanted.seen.as_ref(), hashed)?;
        let seen_before = self.facts.take().filter(|facts| Some(facts.chosen) == wanted.chosen);
        self.facts = match wanted.chosen {
            Some(chosen) => Some(Facts::gather(subject, &mut self.play, &shot, &self.trace, chosen, seen_before)?),
            None => None,
        };
        let (wall, tick) = ((self.wall)(), self.play.tick());
        let measured_s = wall - self.measured.0;
        if measured_s > MEASURED_S {
            self.factor = f64::from(tick - self.measured.1) / subject.per_s() / measured_s;
            self.measured = (wall, tick);
        }
        let moved_s = f64::from(tick - self.told.1) / subject.per_s();
        let came_s = (wall - self.told.0).min(2.0);
        let lasts_s = if wanted.speed > 0.0 && wanted.speed.is_finite() { (moved_s / wanted.speed).max(came_s * 0.8) } else { came_s };
        let news = News {
            lasts_s,
            factor: if wanted.speed > 0.0 && !self.play.done() { self.factor } else { 0.0 },
            device: self.play.device().kind.to_string(),
            over: self.play.done(),
            network: self.network.clone(),
            facts: self.facts.clone(),
            picture: hashed.then_some(wanted.pictures),
            shot,
            error: None,
        };
        self.done.pictures = wanted.pictures;
        self.stale = false;
        self.told = (wall, tick);
        if let Some(seen) = &wanted.seen {
            self.play.mark(&subject.scene, seen)?;
        }
        self.shared.desk().news = Some(news);
        (self.wake)();
        Ok(())
    }
}
