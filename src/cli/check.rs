//! `forecity check`: everything that is wrong with a study or a city, nothing run.

use crate::city::alter;
use crate::city::check::{Opened, open};
use crate::cli::arms;
use crate::cli::error::Error;
use crate::cli::{Common, warn};
use crate::scenario::Asked;
use crate::simulation::Settings;
use crate::units::clock_text;
use std::io::Write;

/// Check a study or a city folder; nothing is run
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:\n  forecity check study.toml\n  forecity check harbour --json\n  forecity check grid:13x7 --resolved")]
pub struct Check {
    /// Study file, city folder or grid:COLUMNSxROWS
    pub target: String,
    /// Print the study with all defaults
    #[arg(long)]
    pub resolved: bool,
    /// Print how many runs it means, and what they take
    #[arg(long)]
    pub plan: bool,
    /// One action as TOML
    #[arg(long = "do", value_name = "ACTION")]
    pub actions: Vec<String>,
    /// One value of the study
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

impl Check {
    /// Checks; prints what is there.
    ///
    /// # Errors
    /// [`Error::Input`] with all faults.
    pub fn run(&self, common: &Common, out: &mut impl Write) -> Result<(), Error> {
        let asked = Asked { set: self.set.clone(), actions: self.actions.clone(), ..Asked::default() };
        let (opened, mut found) = open(&self.target, &asked);
        let Some(opened) = opened else { return Err(Error::Input(Box::new(found))) };
        alter::look(&opened, &mut found);
        if found.failed() {
            return Err(Error::Input(Box::new(found)));
        }
        if common.json {
            let mut all = found.json();
            all["city"] = crate::cli::info::city_block(&opened.city);
            all["study"] = resolved(&opened);
            writeln!(out, "{all:#}")?;
            return Ok(());
        }
        warn(&found, "nothing was run", common);
        let city = &opened.city;
        writeln!(
            out,
            "city    {}: {} nodes, {} links, {} lanes, {} movements, {} signals, {} zones",
            city.name,
            city.nodes.len(),
            city.links.len(),
            city.lanes.len(),
            city.movements.len(),
            city.controllers.len(),
            city.zones.len()
        )?;
        // The part of each cell that departs in the measured span.
        let inside =
            |c: &crate::city::OdCell| (c.to_s.min(opened.to_s) - c.from_s.max(opened.from_s)).max(0.0) / (c.to_s - c.from_s).max(1e-9);
        let expected: f64 = city.od.iter().map(|c| c.trips * inside(c)).sum();
        let given = city.trips.iter().filter(|t| (opened.from_s..opened.to_s).contains(&t.depart_s)).count();
        writeln!(
            out,
            "demand  {given} trips of a list, {expected:.0} expected from {} cells of origin and destination, in the measured span",
            city.od.len()
        )?;
        let guessed = if opened.span_guessed { " (nobody named one)" } else { "" };
        writeln!(
            out,
            "time    {} to {}{guessed}, warmup {} s, drain {} s",
            clock_text(opened.from_s),
            clock_text(opened.to_s),
            opened.study.warmup_s,
            opened.study.drain_s
        )?;
        if self.plan || self.resolved {
            let (words, runs, arms) = plan(&opened);
            writeln!(out, "plan    {words}")?;
            writeln!(out, "{}", crate::cli::plan::lines(&opened.city, &Settings::of(&opened), runs, arms, 0))?;
        }
        if self.resolved {
            writeln!(out, "{:#}", resolved(&opened))?;
        }
        Ok(())
    }
}

/// Variants, points, seeds, runs, in words; runs; variants and points.
fn plan(opened: &Opened) -> (String, usize, usize) {
    let study = &opened.study;
    let points = arms::points_of_all(study);
    let (arms, seeds) = (points.iter().sum::<usize>(), study.seeds as usize);
    let more =
        study.file.runs.until.as_ref().map(|until| format!(", at most {} with more seeds", arms * until.value.at_most.value as usize));
    let variants = if points.len() == 1 { "base only".to_owned() } else { format!("base and {} variants", points.len() - 1) };
    let of = if arms == points.len() { String::new() } else { format!(" at {arms} points in all") };
    (format!("{variants}{of} x {seeds} seeds = {} runs{}", arms * seeds, more.unwrap_or_default()), arms * seeds, arms)
}

/// The study with all defaults filled in.
#[must_use]
pub fn resolved(opened: &Opened) -> serde_json::Value {
    let study = &opened.study;
    let variant = |v: &crate::scenario::Plan| serde_json::json!({ "name": v.name, "slug": v.slug, "actions": v.actions.iter().map(|a| a.value.verb()).collect::<Vec<_>>() });
    serde_json::json!({
        "format": "forecity.study/1",
        "title": study.title,
        "question": study.question,
        "time": { "from_s": opened.from_s, "to_s": opened.to_s, "warmup_s": study.warmup_s, "drain_s": study.drain_s, "step_s": 1.0 / f64::from(1_u32 << study.k) },
        "runs": { "seeds": study.seeds, "first_seed": study.first_seed },
        "outputs": { "links_s": study.interval_s, "vehicles_s": study.vehicles_every_s },
        "limits": { "forced": study.limits[0], "refused": study.limits[1], "unfinished": study.limits[2] },
        "model": { "teleport_after_s": study.teleport_after_s },
        "measures": study.measures,
        "matters": study.matters,
        "variants": study.variants.iter().map(variant).collect::<Vec<_>>(),
        "sweep": study.axes.iter().map(|a| serde_json::json!({ "path": a.path, "values": a.values.len() })).collect::<Vec<_>>(),
    })
}
