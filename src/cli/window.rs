//! The window of `forecity view` and `forecity demo --view`: what is run, the clock, and where pictures are kept.

use super::batch::{Arm, Job};
use super::error::Error;
use crate::report::files;
use crate::units;
use crate::view::desk::Desk;
use crate::view::driver::Subject;
use crate::view::picture::{png, texts};
use crate::view::window::{self, Kept, WindowError};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// Seconds since the first call.
#[expect(clippy::disallowed_methods, reason = "the command line has the clock")]
fn wall() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// Pictures of one second of a run are told apart up to this number.
const SAME: usize = 1000;

/// A file beside which no other is overwritten.
fn free_name(stem: &str, time_s: f64) -> PathBuf {
    let clock = units::clock_text(time_s.floor()).replace(':', "");
    let name = |number: usize| match number {
        0 => PathBuf::from(format!("{stem}-{clock}.png")),
        _ => PathBuf::from(format!("{stem}-{clock}-{number}.png")),
    };
    (0..SAME).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(SAME))
}

fn keep(stem: &str, kept: &Kept) -> String {
    let path = free_name(stem, kept.shot.time_s);
    let texts = texts(&kept.shot, &kept.caption, kept.layer);
    match files::write(&path, |sink| png(sink, kept.size, &kept.pixels, &texts)) {
        Ok(_) => format!("saved {}  state {}", path.display(), kept.shot.hash()),
        Err(error) => format!("not saved: {error}"),
    }
}

/// Opens it on one seed of an arm and stays until it is closed.
///
/// # Errors
/// [`Error::Device`] without a display or an adapter.
pub fn open(job: &Job, arm: &Arm, seed: u64, start: &mut dyn FnMut(&mut Desk)) -> Result<(), Error> {
    let run = format!("{}, seed {seed}", arm.text.name);
    let stem = job.out.file_name().map_or_else(|| "forecity".into(), |name| name.to_string_lossy().into_owned());
    let subject = || Subject::new(arm.city.clone(), arm.settings.clone(), seed, job.machine.clone(), [job.study.title.clone(), run]);
    let keep = Arc::new(move |kept: Kept| keep(&stem, &kept));
    window::run(subject, wall, keep, start).map_err(|error| match error {
        WindowError::NoDisplay => Error::Device(
            "[C412] there is no display for a window: forecity view TARGET --render FILE.png --at HH:MM draws without one".into(),
        ),
        WindowError::NoDrawing(why) => Error::Device(format!("{why}; forecity view TARGET --render FILE.png may draw without a window")),
    })
}
