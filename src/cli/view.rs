//! `forecity view`: a run while it goes on, in a window, or with `--render` in pictures.

use super::Common;
use super::batch::{Arm, Job};
use super::error::Error;
use super::job::{self, Typed, prepare};
use super::run::MachineArgs;
use super::window;
use crate::diagnostic::Diagnostics;
use crate::ids;
use crate::report::files;
use crate::report::manifest::Manifest;
use crate::simulation::{Batch, RunError};
use crate::units;
use crate::view::camera::{Bounds, Camera};
use crate::view::gpu::{FAR, Look};
use crate::view::layers::{LAYERS, Layer};
use crate::view::palette::Theme;
use crate::view::picture::{Studio, png, texts};
use crate::view::play::{Play, Shot};
use crate::view::scene::Scene;
use crate::view::words::Caption;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Pictures on a sequence at most, unless `--yes` says that it is meant.
const MANY: usize = 2_000;
/// So many names are listed where none is near.
const FEW: usize = 10;
/// Size of the window for a camera, before it is known \[px\].
const WINDOW: [u32; 2] = [1280, 800];
/// Sides of a picture \[px\].
const SIDES: std::ops::RangeInclusive<u32> = 16..=8192;

/// Watch a run in a window; with --render draw pictures of it without one
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  forecity view grid:20x20\n  forecity view study.toml --variant closed --seed 2\n  forecity view study.toml --render peak.png --at 08:00\n  forecity view out/study --variant closed --layer queue --around \"Harbour Bridge\" --across 400 --render bridge.png\n  forecity view grid:10x10 --render frame-%04d.png --at 07:10:00..07:10:30 --every 0.5"
)]
pub struct View {
    /// Study, city folder, folder of results, or grid:20x20
    #[arg(value_name = "STUDY|CITY|OUT|grid:CxR")]
    target: String,
    /// Draw into this file instead of opening a window; %04d in its name is the number in a sequence
    #[arg(long, value_name = "FILE.png")]
    render: Option<PathBuf>,
    /// Time of day, or a span for a sequence: 08:00 or 08:00..08:05
    #[arg(long, value_name = "HH:MM:SS")]
    at: Option<String>,
    /// Seconds between the pictures of a sequence
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    every: f64,
    /// Size of the picture in pixels
    #[arg(long, value_name = "WxH", default_value = "1600x1000")]
    size: String,
    /// What is shown of streets: speed, flow, density, queue or delay
    #[arg(long, value_name = "LAYER", default_value = "speed")]
    layer: String,
    /// A variant instead of base
    #[arg(long, value_name = "VARIANT")]
    variant: Option<String>,
    /// Seed (default: the first of the study)
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// night or day
    #[arg(long, value_name = "THEME", default_value = "night", value_parser = ["night", "day"])]
    theme: String,
    /// Size of the text, 1 to 4
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    scale: f32,
    /// A street, link or junction in the middle, instead of the whole city
    #[arg(long, value_name = "NAME")]
    around: Option<String>,
    /// Metres from the left to the right edge, with --around
    #[arg(long, value_name = "M", default_value_t = 400.0)]
    across: f64,
    #[command(flatten)]
    machine: MachineArgs,
}

impl View {
    /// Opens the window, or draws.
    ///
    /// # Errors
    /// [`Error::Usage`] and [`Error::Input`] for what was asked, [`Error::Device`] without an adapter or a display.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let Some(file) = &self.render else {
            return self.window(common, out);
        };
        let size = self.size()?;
        let layer = Layer::named(&self.layer).ok_or_else(|| unknown("layer", &self.layer, LAYERS.iter().map(|layer| layer.id)))?;
        if !(1.0..=4.0).contains(&self.scale) {
            return Err(Error::Usage(format!("--scale {}: text is drawn 1 to 4 times as large as usual", self.scale)));
        }
        let job = self.job()?;
        let arm = self.arm(&job)?;
        let times_s = self.times(&job, common)?;
        let seed = self.seed.or_else(|| job.seeds.first().copied()).unwrap_or(1);
        let tables = Batch::new(&arm.city, &arm.settings).tables(&[seed]);
        let scene = Scene::of(&arm.city, &tables);
        let camera = self.camera(arm, &scene, size)?;
        let theme = Theme::named(&self.theme).unwrap_or_default();
        let mut studio = Studio::open(&arm.city, &tables, &scene, self.scale).map_err(|error| Error::Device(error.to_string()))?;
        let mut play = Play::open(&arm.city, &arm.settings, &tables, &job.machine)?;
        let seen = (camera.metres_per_px < FAR).then(|| camera.seen(size).grown(30.0));
        let many = times_s.len() > 1 || is_pattern(file);
        let mut last: Option<Shot> = None;
        for (number, time_s) in times_s.iter().enumerate() {
            let tick = play.tick_at(*time_s);
            let mut shot = match last.take().filter(|shot| shot.tick == tick) {
                Some(shot) => shot,
                None => shoot(&mut play, &scene, seen.as_ref(), tick)?,
            };
            // Between two ticks everybody is on the way from one to the next.
            let part = 1.0 - (play.time_s(tick) - time_s) * f64::from(1_u32 << arm.settings.k);
            if shot.tick == tick {
                shot.time_s = *time_s;
            }
            let caption = Caption::of(&shot, &job.study.title, format!("{}, seed {seed}, on {}", arm.text.name, play.device().kind));
            let look = Look { camera, size, theme, layer, part: part.clamp(0.0, 1.0) as f32, still: false };
            let pixels = studio.take(&shot, &look, &caption).map_err(|error| Error::Device(error.to_string()))?;
            let path = if many { numbered(file, number) } else { file.clone() };
            let texts = texts(&shot, &caption, layer.name);
            files::write(&path, |sink| png(sink, size, &pixels, &texts)).map_err(|error| Error::Failure(error.to_string()))?;
            if !common.quiet && !common.json {
                let (vehicles, time) = (shot.network.inside, units::clock_text(shot.time_s));
                writeln!(out, "{}  {time}  {vehicles} vehicles  state {}", path.display(), shot.hash())?;
            }
            if play.done() {
                let rest = times_s.len() - number - 1;
                if rest > 0 && !common.quiet {
                    writeln!(std::io::stderr().lock(), "note: everybody has arrived; {rest} later pictures are not drawn").ok();
                }
                break;
            }
            last = Some(shot);
        }
        if common.json {
            let document = serde_json::json!({ "document": "forecity.view/1", "adapter": studio.adapter(), "pictures": times_s.len() });
            writeln!(out, "{document:#}")?;
        }
        Ok(())
    }

    /// Opens the window and stays until it is closed.
    fn window(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let layer = LAYERS.iter().position(|layer| layer.id == self.layer);
        let layer = layer.ok_or_else(|| unknown("layer", &self.layer, LAYERS.iter().map(|layer| layer.id)))?;
        let job = self.job()?;
        let arm = self.arm(&job)?;
        let seed = self.seed.or_else(|| job.seeds.first().copied()).unwrap_or(1);
        let around = self.around.as_ref().map(|_| self.camera(arm, &Scene::default(), WINDOW)).transpose()?;
        let theme = Theme::named(&self.theme).unwrap_or_default();
        let ended = window::open(&job, arm, seed, &mut |desk| {
            (desk.layer, desk.theme) = (layer, theme);
            if let Some(camera) = around {
                desk.start_at(camera);
            }
        });
        ended?;
        if common.json {
            writeln!(out, "{:#}", serde_json::json!({ "document": "forecity.view/1", "pictures": 0 }))?;
        }
        Ok(())
    }

    fn size(&self) -> Result<[u32; 2], Error> {
        let side = |word: &str| word.parse::<u32>().ok().filter(|px| SIDES.contains(px));
        let both = self.size.split_once('x').and_then(|(width, height)| Some([side(width)?, side(height)?]));
        let (least, most) = (SIDES.start(), SIDES.end());
        both.ok_or_else(|| {
            Error::Usage(format!("--size {}: write 1600x1000, each side {least} to {most} pixels", units::short(&self.size)))
        })
    }

    /// The job of a study, a city, or a folder of results.
    fn job(&self) -> Result<Job, Error> {
        let mut found = Diagnostics::new();
        let machine = self.machine.machine();
        let manifest = Path::new(&self.target).join("manifest.json");
        let job = if manifest.is_file() {
            let read = Manifest::read(&manifest).map_err(|words| Error::Failure(words.to_string()))?;
            prepare(&job::typed_of(&read, Path::new(&self.target)), machine, &mut found)
        } else {
            prepare(&Typed { what: self.target.clone(), ..Typed::default() }, machine, &mut found)
        };
        job.ok_or_else(|| Error::Input(Box::new(found)))
    }

    fn arm<'a>(&self, job: &'a Job) -> Result<&'a Arm, Error> {
        let Some(wanted) = &self.variant else { return Ok(&job.arms[0]) };
        let names = || job.arms.iter().map(|arm| arm.text.name.as_str());
        let found = job.arms.iter().find(|arm| arm.text.name == *wanted || arm.text.slug == *wanted);
        found.ok_or_else(|| unknown("variant", wanted, names()))
    }

    /// Times of the pictures \[s\].
    #[expect(clippy::cast_sign_loss, reason = "the last is not before the first")]
    fn times(&self, job: &Job, common: &Common) -> Result<Vec<f64>, Error> {
        let settings = &job.arms[0].settings;
        let wrong = |text: &str| {
            Error::Usage(format!("--at {}: write a time of day such as 08:00 or 08:00:30, or a span with ..", units::short(text)))
        };
        let Some(at) = &self.at else { return Ok(vec![(settings.from_s + settings.to_s) / 2.0]) };
        let clock = |text: &str| units::clock(text, false).ok_or_else(|| wrong(at));
        let Some((first, last)) = at.split_once("..") else { return Ok(vec![self.inside(settings, clock(at)?)?]) };
        let (first, last) = (self.inside(settings, clock(first)?)?, self.inside(settings, clock(last)?)?);
        if first > last || !(self.every > 0.0 && self.every.is_finite()) {
            return Err(wrong(at));
        }
        let many = ((last - first) / self.every).floor() as usize + 1;
        if many > MANY && !common.yes {
            return Err(Error::Usage(format!("{many} pictures: add --yes if that is meant")));
        }
        Ok((0..many).map(|number| first + self.every * number as f64).collect())
    }

    /// A time within the run.
    fn inside(&self, settings: &crate::simulation::Settings, time_s: f64) -> Result<f64, Error> {
        let (from_s, to_s) = ((settings.from_s - settings.warmup_s).max(0.0), settings.to_s + settings.drain_s);
        if (from_s..=to_s).contains(&time_s) {
            return Ok(time_s);
        }
        let [asked, from, to] = [time_s, from_s, to_s].map(units::clock_text);
        Err(Error::Usage(format!("--at {asked} is not in the run, which goes from {from} to {to} at most")))
    }

    fn camera(&self, arm: &Arm, scene: &Scene, size: [u32; 2]) -> Result<Camera, Error> {
        let Some(name) = &self.around else { return Ok(Camera::fit(&scene.bounds(), size)) };
        let city = &arm.city;
        let mut bounds = Bounds::EMPTY;
        let links = city.links.iter().filter(|link| link.name == *name || link.id == *name).flat_map(|link| &link.shape_m);
        let nodes = city.nodes.iter().filter(|node| node.name == *name || node.id == *name).map(|node| &node.at_m);
        links.chain(nodes).for_each(|point| bounds.widen(*point));
        if bounds == Bounds::EMPTY {
            let names = city.links.iter().flat_map(|link| [link.name.as_str(), link.id.as_str()]);
            return Err(unknown("street, link or junction", name, names.chain(city.nodes.iter().map(|node| node.id.as_str()))));
        }
        if !(self.across > 0.0 && self.across.is_finite()) {
            return Err(Error::Usage(format!("--across {}: metres, more than 0", self.across)));
        }
        let centre_m = [0, 1].map(|axis| (bounds.low[axis] + bounds.high[axis]) / 2.0);
        Ok(Camera { centre_m, metres_per_px: self.across / f64::from(size[0]) })
    }
}

/// The picture of a tick, with where everybody was a tick before.
fn shoot(play: &mut Play<'_>, scene: &Scene, seen: Option<&Bounds>, tick: u32) -> Result<Shot, RunError> {
    if let (Some(seen), true) = (seen, tick > 0) {
        play.to(tick - 1)?;
        play.mark(scene, seen)?;
    }
    play.to(tick)?;
    play.shot(scene, seen, true)
}

fn unknown<'a>(what: &str, asked: &str, names: impl Iterator<Item = &'a str> + Clone) -> Error {
    let few = names.clone().take(FEW + 1).count() <= FEW;
    let listed = || if few { format!(": there are {}", names.clone().collect::<Vec<_>>().join(", ")) } else { String::new() };
    let hint = ids::nearest(asked, names.clone()).map_or_else(listed, |near| format!("; did you mean \"{near}\"?"));
    let short = units::short(asked);
    Error::Usage(format!("no {what} is named \"{short}\"{hint}"))
}

/// Does the name hold a place for a number?
fn is_pattern(file: &Path) -> bool {
    file.to_string_lossy().contains('%')
}

/// The name of one picture of a sequence: `%04d` becomes its number, or the number goes before the end.
fn numbered(file: &Path, number: usize) -> PathBuf {
    let text = file.to_string_lossy();
    if let Some((head, rest)) = text.split_once('%')
        && let Some((digits, tail)) = rest.split_once('d')
        && let Ok(width) = if digits.is_empty() { Ok(1) } else { digits.parse::<usize>() }
    {
        return PathBuf::from(format!("{head}{number:0width$}{tail}"));
    }
    let (stem, end) = (file.file_stem().unwrap_or_default().to_string_lossy(), file.extension().unwrap_or_default().to_string_lossy());
    file.with_file_name(format!("{stem}-{number:04}.{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_a_sequence_are_numbered() {
        assert_eq!(numbered(Path::new("a/frame-%04d.png"), 12), Path::new("a/frame-0012.png"));
        assert_eq!(numbered(Path::new("f%d.png"), 3), Path::new("f3.png"));
        assert_eq!(numbered(Path::new("f.png"), 3), Path::new("f-0003.png"));
    }
}
