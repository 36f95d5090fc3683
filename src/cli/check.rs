//! `forecity check`: everything that is wrong with a study or a city, nothing run.

use crate::city::alter;
use crate::city::check::{Opened, open};
use crate::cli::arms;
use crate::cli::batch::Arm;
use crate::cli::error::Error;
use crate::cli::job::Typed;
use crate::cli::{Common, warn};
use crate::diagnostic::plural;
use crate::scenario::Asked;
use crate::scenario::quantity::Uncertain;
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
        let typed = Typed { what: self.target.clone(), set: self.set.clone(), actions: self.actions.clone(), ..Typed::default() };
        let planned = (self.plan || self.resolved) && !common.json;
        let arms = if planned { arms::all(&typed, &opened, &mut found) } else { Vec::new() };
        if !planned {
            alter::look(&opened, &mut found);
        }
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
        let expected: f64 = city.od.iter().map(|c| c.trips * inside(c)).sum::<f64>() + 0.0;
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
        if planned {
            writeln!(out, "plan    {}", plan(&opened, &arms))?;
            writeln!(out, "{}", crate::cli::plan::lines(&arms, opened.study.seeds as usize, 0))?;
        }
        if self.resolved {
            writeln!(out, "{:#}", resolved(&opened))?;
        }
        Ok(())
    }
}

/// Variants, points, seeds, runs, in words.
fn plan(opened: &Opened, arms: &[Arm]) -> String {
    let study = &opened.study;
    let (variants, seeds) = (study.variants.len(), study.seeds as usize);
    let until = study.file.runs.until.as_ref().map(|until| arms.len() * until.value.at_most.value as usize);
    let more = until.map_or_else(String::new, |runs| format!(", at most {runs} with more seeds"));
    let what = if variants == 0 { "base only".to_owned() } else { format!("base and {}", plural(variants, "variant")) };
    let of = if arms.len() == variants + 1 { String::new() } else { format!(" at {} points in all", arms.len()) };
    format!("{what}{of} x {seeds} seeds = {}{more}", plural(arms.len() * seeds, "run"))
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
        "runs": {
            "seeds": study.seeds, "first_seed": study.first_seed,
            "until": study.file.runs.until.as_ref().map(|until| serde_json::json!({
                "measure": until.value.measure.value, "half_width": until.value.half_width.value.0, "at_most": until.value.at_most.value,
            })),
        },
        "demand": { "scale": scale(study.scale), "trips": study.trips_file.as_ref().map(|file| &file.value) },
        "outputs": { "links_s": study.interval_s, "vehicles_s": study.vehicles_every_s },
        "limits": { "forced": study.limits[0], "refused": study.limits[1], "unfinished": study.limits[2] },
        "model": {
            "teleport_after_s": study.teleport_after_s,
            "routing": study.informed.map(|informed| serde_json::json!({
                "method": "informed", "share": informed.share, "update_s": informed.update_s,
            })),
        },
        "measures": study.measures,
        "matters": study.matters,
        "variants": study.variants.iter().map(variant).collect::<Vec<_>>(),
        "sweep": study.axes.iter().map(|a| serde_json::json!({ "path": a.path, "values": a.values.len() })).collect::<Vec<_>>(),
    })
}

/// The factor on demand: a number, or a law by its name with its numbers.
fn scale(scale: Uncertain) -> serde_json::Value {
    match scale {
        Uncertain::Fixed(factor) => factor.into(),
        Uncertain::Normal(law) => serde_json::json!({ "normal": law }),
        Uncertain::Uniform(law) => serde_json::json!({ "uniform": law }),
        Uncertain::Triangular(law) => serde_json::json!({ "triangular": law }),
    }
}
