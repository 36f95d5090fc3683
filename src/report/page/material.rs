//! Everything a page is made of, gathered from an out folder: its manifest, its tables, and the city that its study names.

use super::corridor::{self, Day};
use super::groups::{self, Row, Spread};
use super::links::{self, Changes, Quantity, Road, Runs};
use crate::report::stored::TableError;
use super::timeline::{self, Timeline};
use super::verify::{self, VerifyError};
use super::{licences, trips};
use crate::city::City;
use crate::report::answer::{self, Answer};
use crate::report::compare::{self, Comparison, Grade, Ground};
use crate::report::manifest::{Manifest, VariantText};
use crate::report::ranking::{self, Rank};
use crate::report::{self, RunRecord};
use crate::scenario::Study;
use std::path::Path;

/// Variants that get maps, groups and curves; the others of a large sweep stand in the tables.
pub const DETAILED: usize = 6;

/// Tables that are read.
const TABLES: [&str; 3] = ["trips", "links", "network"];

/// The study and the city it names, as the command line opened them.
#[derive(Clone, Debug)]
pub struct Scenery {
    /// Study with all defaults.
    pub study: Study,
    /// City of base.
    pub city: City,
    /// Measured span \[s since midnight\].
    pub span_s: [f64; 2],
}

/// What the links of one arm say.
#[derive(Clone, Debug, Default)]
pub struct Streets {
    /// Means over its runs.
    pub means: Vec<Road>,
    /// Against the other arm.
    pub flow: Changes,
    /// Against the other arm.
    pub speed: Changes,
    /// The worst run's links that were empty before and busy later, and the busy ones; `None` without a warm-up.
    pub cold: Option<[u32; 2]>,
    /// All runs together, interval by interval.
    pub day: Day,
}

/// A variant at one point, in detail.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Which.
    pub text: VariantText,
    /// What it is compared with; itself for that one.
    pub against: VariantText,
    /// Its curves.
    pub timeline: Timeline,
    /// Links, where there is a city for them.
    pub streets: Option<Streets>,
    /// Who gains and loses against the other arm.
    pub groups: Vec<Row>,
    /// Single trips.
    pub spread: Option<Spread>,
    /// Days that were paired.
    pub days: usize,
    /// Trips without a partner, a day.
    pub unmatched: f64,
    /// A run of it or of the other arm broke a limit: nothing may be said about an effect.
    pub invalid: bool,
}

/// The whole.
pub struct Material {
    /// Manifest.
    pub manifest: Manifest,
    /// Study and city; `None` where they are not at hand any more.
    pub scenery: Option<Scenery>,
    /// Name of what variants are compared with.
    pub against: String,
    /// Comparisons, graded.
    pub comparisons: Vec<Comparison>,
    /// The answer.
    pub answer: Option<Answer>,
    /// Ranking by the first measure; empty with a sweep or with base alone.
    pub ranking: Vec<Rank>,
    /// What is compared with, first; then the detailed variants.
    pub arms: Vec<Arm>,
    /// Links of the street and direction on which most time is lost in all arms together; empty without one.
    pub corridor: Vec<usize>,
    /// Licences and sources of the data used, as the city states them.
    pub licences: Vec<String>,
    /// Files of tables that were checked against the hashes of their runs.
    pub verified: usize,
    /// What could not be read or is not there, in words.
    pub remarks: Vec<String>,
    /// Side of maps of pixels; `None` = lines.
    pub pixels: Option<u32>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// No such variant.
    #[error("no variant is named \"{name}\"; there are: {there}")]
    Unknown {
        /// As typed.
        name: String,
        /// What there is.
        there: String,
    },
    /// Nothing was run.
    #[error("the manifest holds no run: nothing can be reported")]
    Empty,
    /// A table cannot be read.
    #[error("{0}; nothing is reported")]
    Table(#[from] TableError),
    /// A table is not the one that was written.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Material {
    /// Gathers everything below `out`. `against` is the name or slug of a variant, base if none.
    ///
    /// # Errors
    /// See [`MaterialError`].
    pub fn gather(out: &Path, manifest: Manifest, scenery: Option<Scenery>, against: Option<&str>) -> Result<Material, MaterialError> {
        if manifest.runs.is_empty() {
            return Err(MaterialError::Empty);
        }
        let against = slug(&manifest, against.unwrap_or("base"))?;
        let comparisons = comparisons(&manifest, &against);
        let answer = answer::of(&manifest, &comparisons);
        let swept = manifest.variants.iter().any(|variant| variant.point > 0);
        let first = manifest.wanted.measures.first().cloned().unwrap_or_default();
        let ranking = if swept || manifest.variants.len() < 2 { Vec::new() } else { ranking::of(&manifest, &first) };
        let licences = licences::stated(&manifest);
        let mut made = Material {
            manifest,
            licences,
            verified: 0,
            scenery,
            against,
            comparisons,
            answer,
            ranking,
            arms: Vec::new(),
            corridor: Vec::new(),
            remarks: Vec::new(),
            pixels: None,
        };
        made.detail(out)?;
        Ok(made)
    }

    /// Reads the tables of what is shown in detail.
    fn detail(&mut self, out: &Path) -> Result<(), MaterialError> {
        let mut chosen: Vec<VariantText> = Vec::new();
        for variant in self.manifest.variants.iter().filter(|variant| variant.slug != self.against) {
            let known = chosen.iter().any(|other| other.slug == variant.slug);
            let there = self.manifest.runs.iter().any(|run| run.variant == variant.slug && run.point == variant.point);
            if there && !known && chosen.len() < DETAILED {
                chosen.push(variant.clone());
            }
        }
        let all = self.manifest.variants.iter().filter(|variant| variant.slug != self.against).count();
        if all > chosen.len() {
            self.remarks.push(format!(
                "Maps, groups and curves are shown for {} of {all} variants and points: the first point of each variant, at most {DETAILED}. All others stand in the table of results.",
                chosen.len()
            ));
        }
        self.verify(out, &chosen)?;
        let first = chosen.first().and_then(|variant| partner(variant, &self.manifest.variants, &self.against));
        let Some(base) = first.or_else(|| self.manifest.variants.iter().find(|variant| variant.slug == self.against)).cloned() else {
            return Ok(());
        };
        let (head, roads) = self.arm(out, &base, None)?;
        let mut arms = vec![head];
        for variant in &chosen {
            let Some(other) = partner(variant, &self.manifest.variants, &self.against).cloned() else { continue };
            // Axes of demand make base vary as well: then its own point is read.
            let own = if other == base { None } else { self.links(out, &other)?.map(|(runs, _)| runs) };
            let (arm, _) = self.arm(out, variant, Some((&other, own.as_ref().or(roads.as_ref()))))?;
            arms.push(arm);
        }
        self.arms = arms;
        let means: Vec<&[Road]> = self.arms.iter().filter_map(|arm| Some(&arm.streets.as_ref()?.means[..])).collect();
        self.corridor = self.scenery.as_ref().and_then(|scenery| corridor::worst(&scenery.city, &means)).unwrap_or_default();
        Ok(())
    }

    /// Checks every table that is going to be read against the hashes of its runs.
    fn verify(&mut self, out: &Path, chosen: &[VariantText]) -> Result<(), MaterialError> {
        let all = &self.manifest.variants;
        let others = chosen.iter().filter_map(|variant| partner(variant, all, &self.against));
        let first = all.iter().find(|variant| variant.slug == self.against);
        let mut arms: Vec<(String, usize)> = (chosen.iter().chain(others).chain(first)).map(|arm| (arm.slug.clone(), arm.point)).collect();
        arms.sort();
        arms.dedup();
        self.verified = verify::tables(out, &self.manifest, &TABLES, &arms)?;
        for name in TABLES.iter().filter(|name| verify::absent(out, name)) {
            self.remarks.push(format!("There is no table of {name} in {}: what is made of it is left out.", out.join("tables").display()));
        }
        if !self.manifest.result_hash.is_empty() && report::result_hash(&self.manifest.runs) != self.manifest.result_hash {
            self.remarks.push("The hash of the whole result in the manifest is not that of the runs in it: the manifest was changed after it was written.".to_owned());
        }
        Ok(())
    }

    /// Link sums of an arm; `None` without a city that fits.
    fn links(&mut self, out: &Path, text: &VariantText) -> Result<Option<(Runs, Day)>, TableError> {
        let Some(scenery) = &self.scenery else { return Ok(None) };
        let runs = links::read(out, &scenery.city, (&text.slug, text.point), scenery.span_s)?;
        if runs.is_none() {
            self.remarks
                .push(format!("The table of links of {} belongs to another city than the one at hand: it has no map.", text.label()));
        }
        Ok(runs)
    }

    /// One arm, and its link sums where it is the one that others are compared with.
    fn arm(
        &mut self,
        out: &Path,
        text: &VariantText,
        other: Option<(&VariantText, Option<&Runs>)>,
    ) -> Result<(Arm, Option<Runs>), TableError> {
        let (roads, day) = self.links(out, text)?.unzip();
        let against = other.map_or(text, |(against, _)| against).clone();
        let days = || match other {
            Some((base, _)) => trips::days(out, (&base.slug, base.point), (&text.slug, text.point)),
            None => Ok(Vec::new()),
        };
        let (days, timeline) = rayon::join(days, || timeline::read(out, &text.slug, text.point));
        let (days, timeline) = (days?, timeline?);
        let streets = roads.as_ref().map(|own| {
            let base = other.and_then(|(_, base)| base);
            let change = |quantity| base.map_or_else(Changes::default, |base| links::changes(base, own, quantity));
            Streets {
                means: links::means(own),
                flow: change(Quantity::Flow),
                speed: change(Quantity::Speed),
                cold: cold(own),
                day: day.unwrap_or_default(),
            }
        });
        let unmatched = days.iter().map(|day| day.unmatched as f64).sum::<f64>() / (days.len().max(1) as f64);
        let broke = |arm: &VariantText| {
            self.manifest.runs.iter().any(|run| (&run.variant, run.point) == (&arm.slug, arm.point) && !run.invalid.is_empty())
        };
        let invalid = broke(text) || broke(&against);
        let arm = Arm {
            text: text.clone(),
            against,
            timeline,
            streets,
            groups: groups::rows(&days),
            spread: groups::spread(&days),
            days: days.len(),
            unmatched,
            invalid,
        };
        Ok((arm, roads.filter(|_| other.is_none())))
    }

    /// Variants in detail, without the one they are compared with.
    #[must_use]
    pub fn others(&self) -> &[Arm] {
        self.arms.get(1..).unwrap_or_default()
    }

    /// Name of the variant of a run, with the values of its axes, without quotation marks around it.
    #[must_use]
    pub fn name_of(&self, run: &RunRecord) -> String {
        let all = &self.manifest.variants;
        let known = all.iter().find(|variant| variant.slug == run.variant && variant.point == run.point);
        known.map_or_else(|| run.variant.clone(), titled)
    }

    /// Are there points of a sweep?
    #[must_use]
    pub fn swept(&self) -> bool {
        self.manifest.variants.iter().any(|variant| !variant.axes.is_empty())
    }

    /// Names of the variants (and points) about whose effect nothing may be said, because a run of theirs or of what they are compared with broke
    /// a limit; and how many there are of whom it may.
    #[must_use]
    pub fn silenced(&self) -> (Vec<String>, usize) {
        let (mut broken, mut sound) = (Vec::new(), 0);
        for rows in self.comparisons.chunk_by(|a, b| (&a.variant, a.point) == (&b.variant, b.point)) {
            if rows.iter().any(|row| row.grade == Grade::Invalid) { broken.push(rows[0].label.clone()) } else { sound += 1 }
        }
        (broken, sound)
    }

    /// Runs that broke a limit.
    #[must_use]
    pub fn invalid(&self) -> usize {
        self.manifest.runs.iter().filter(|run| !run.invalid.is_empty()).count()
    }

    /// Runs that were planned.
    #[must_use]
    pub fn planned(&self) -> usize {
        self.manifest.variants.len() * self.manifest.seeds.len()
    }

    /// Name of what is compared with, as written.
    #[must_use]
    pub fn against_name(&self) -> String {
        self.manifest
            .variants
            .iter()
            .find(|variant| variant.slug == self.against)
            .map_or(self.against.clone(), |variant| variant.name.clone())
    }
}

/// Name of a variant with the values of its axes, for headings: as [`VariantText::label`], without quotation marks.
#[must_use]
pub fn titled(variant: &VariantText) -> String {
    let label = variant.label();
    let name = format!("\"{}\"", variant.name);
    label.strip_prefix(&name).map_or_else(|| variant.name.clone(), |axes| format!("{}{axes}", variant.name))
}

/// Empty links that carry traffic later, of the run with the largest share of them.
fn cold(runs: &Runs) -> Option<[u32; 2]> {
    let share = |[empty, busy]: &[u32; 2]| f64::from(*empty) / f64::from((*busy).max(1));
    runs.values().filter_map(|run| Some([run.empty?, run.busy])).max_by(|a, b| share(a).total_cmp(&share(b)))
}

/// The slug of a variant by name or slug.
fn slug(manifest: &Manifest, name: &str) -> Result<String, MaterialError> {
    let found = manifest.variants.iter().find(|variant| variant.name == name || variant.slug == name);
    found.map(|variant| variant.slug.clone()).ok_or_else(|| {
        let mut there: Vec<&str> = manifest.variants.iter().map(|variant| variant.name.as_str()).collect();
        there.dedup();
        MaterialError::Unknown { name: crate::units::short(name).to_string(), there: there.join(", ") }
    })
}

/// What a variant at its point is compared with: the one whose own axes all have its values.
fn partner<'a>(variant: &VariantText, all: &'a [VariantText], against: &str) -> Option<&'a VariantText> {
    let fits = |other: &&VariantText| {
        other.slug == against && other.axes.iter().all(|(axis, value)| variant.axes.get(axis).is_none_or(|own| own == value))
    };
    all.iter().find(fits)
}

/// All comparisons with one variant.
fn comparisons(manifest: &Manifest, against: &str) -> Vec<Comparison> {
    if against == "base" {
        return compare::of(manifest);
    }
    let ground = Ground::of(manifest);
    let rows = manifest.variants.iter().filter(|variant| variant.slug != against).filter_map(|variant| {
        let other = partner(variant, &manifest.variants, against)?;
        Some(compare::pair(ground, other, variant))
    });
    compare::graded(rows.flatten().collect(), manifest.wanted.matters)
}
