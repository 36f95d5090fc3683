//! The map that a job leaves in `pictures/map.svg`: base on its first day, where drivers lost time.

use super::batch::{Arm, Job, clock};
use crate::observe::Observations;
use crate::report::files::{self, WriteError};
use crate::report::map_svg;
use crate::report::table::Scene;
use std::io::Write;
use std::path::PathBuf;

/// Links beyond which no map is drawn: thinner than a pixel, larger than a browser likes.
const LINKS: usize = 40_000;

/// Draws once.
#[derive(Debug, Default)]
pub struct Picture {
    svg: Option<String>,
}

impl Picture {
    /// Draws the first run of base, whenever it is seen: which run ends first is chance.
    pub fn see(&mut self, job: &Job, arm: &Arm, run: &Observations) {
        let first = job.arms.first().is_some_and(|base| base.text == arm.text) && job.seeds.first() == Some(&run.seed);
        if !first || arm.city.links.len() > LINKS {
            return;
        }
        let scene = Scene { city: &arm.city, run };
        let until_s = run.start_s + scene.span_s(u64::from(run.ticks));
        let totals = &run.validity;
        let lines = vec![
            format!(
                "{} to {}, {}, seed {}, {} trips demanded, {} arrived. Simulated, not observed.",
                clock(run.start_s),
                clock(until_s),
                arm.text.name,
                run.seed,
                totals.demanded,
                totals.arrived
            ),
            format!("forecity {}, state {:08x}. The same numbers stand in tables/links.", env!("CARGO_PKG_VERSION"), run.state_hash[0]),
        ];
        let caption = map_svg::Caption { title: job.study.title.clone(), lines };
        self.svg = Some(map_svg::draw(&arm.city, &map_svg::speed_shares(&scene), &caption));
    }

    /// Writes what was drawn; where it lies.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(&self, job: &Job) -> Result<Option<PathBuf>, WriteError> {
        let Some(svg) = &self.svg else { return Ok(None) };
        let path = job.out.join("pictures").join("map.svg");
        files::write(&path, |sink| sink.write_all(svg.as_bytes()))?;
        Ok(Some(path))
    }
}
