//! What each link carried in each run, and which differences between two variants stand after all links are counted.
//!
//! ```text
//! links/*.parquet --sum over the measured span--> Road {flow, speed, lost} a link and seed --pair by seed--> Change a link
//! ```
//! A change is shown only if its paired test survives Benjamini and Hochberg at 5 % over all links with enough traffic in base, and if it is
//! large enough to be seen on the road. Sums go in f64, in the order of the rows.

use super::corridor::{self, Day};
use crate::city::City;
use crate::report::files::stored_files;
use crate::report::stored::{Stored, TableError, by_seed};
use crate::statistics::{benjamini_hochberg, real, t_quantile, t_two_sided};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Links with less traffic in base are not tested \[veh/h\].
pub const LEAST_FLOW_VPH: f64 = 20.0;
/// Share of false findings that is allowed among those shown.
pub const FALSE_SHARE: f64 = 0.05;
/// A change below this share of base is not shown.
pub const LEAST_SHARE: f64 = 0.05;
/// Nor one below this \[veh/h\].
pub const LEAST_CHANGE_VPH: f64 = 10.0;
/// Nor one below this \[km/h\].
pub const LEAST_CHANGE_KMH: f64 = 1.0;
/// Fewer pairs are no evidence.
pub const LEAST_PAIRS: usize = 5;
/// A link carries enough to ask whether it was empty at the start \[veh/h\].
const BUSY_VPH: f64 = 100.0;

/// A link over the measured span of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Road {
    /// Vehicles that left or ended there \[veh/h\].
    pub flow_vph: f32,
    /// All distance over all time present \[km/h\]; NaN = nobody.
    pub speed_kmh: f32,
    /// Time present less that at free speed, all vehicles \[h\].
    pub lost_h: f32,
}

/// One run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Links in the order of the city.
    pub roads: Vec<Road>,
    /// Links that carry traffic later.
    pub busy: u32,
    /// Of them, nobody was there in the last interval before the measured span; `None` without such an interval.
    pub empty: Option<u32>,
}

/// Runs of one variant by seed.
pub type Runs = BTreeMap<u64, Run>;

/// Reads all runs of one variant, and the day of all of them together. `None` where the tables do not fit this city.
///
/// # Errors
/// When a file cannot be read.
pub fn read(out: &Path, city: &City, (slug, point): (&str, usize), span_s: [f64; 2]) -> Result<Option<(Runs, Day)>, TableError> {
    let files: Vec<_> = stored_files(out, "links", slug, point).into_iter().map(|(_, _, path)| path).collect();
    let each: Vec<Option<(Runs, Day)>> = files.par_iter().map(|path| of_file(path, city, span_s)).collect::<Result<_, _>>()?;
    Ok(each.into_iter().try_fold((Runs::new(), Day::new()), |mut all, one| {
        let (runs, day) = one?;
        all.0.extend(runs);
        corridor::add(&mut all.1, day);
        Some(all)
    }))
}

/// The columns that are summed.
struct Columns {
    from_s: Vec<f32>,
    to_s: Vec<f32>,
    left: Vec<i32>,
    arrived: Vec<i32>,
    speed_mps: Vec<f32>,
    density: Vec<f32>,
}

/// The runs of one file.
fn of_file(path: &Path, city: &City, span_s: [f64; 2]) -> Result<Option<(Runs, Day)>, TableError> {
    let stored = Stored::open(path)?;
    let links = city.links.len();
    // Each interval holds every link in the order of the city; the first one says whether it is this city.
    let names = stored.names("link_id", links)?;
    let same = names.len() == links && names.iter().zip(&city.links).all(|(name, link)| name.data() == link.id.as_bytes());
    if !same || !stored.rows().is_multiple_of(links.max(1)) {
        return Ok(None);
    }
    let seeds = stored.counts("seed")?;
    let columns = Columns {
        from_s: stored.reals("from_s")?,
        to_s: stored.reals("to_s")?,
        left: stored.counts("left_veh")?,
        arrived: stored.counts("arrived_veh")?,
        speed_mps: stored.reals("speed_mps")?,
        density: stored.reals("density_vpkm_lane")?,
    };
    let mut day = Day::new();
    let runs = by_seed(&seeds).into_iter().map(|(seed, from, to)| (seed, sums(&columns, city, [from, to], span_s, &mut day))).collect();
    Ok(Some((runs, day)))
}

/// Sums over the intervals of one run that lie in the measured span; each is added to the day as well.
fn sums(columns: &Columns, city: &City, [first, last]: [usize; 2], span_s: [f64; 2], day: &mut Day) -> Run {
    let links = city.links.len();
    let lane_km: Vec<f64> = city.links.iter().map(|link| real(link.lanes.len().max(1)) * link.length_m.max(0.001) / 1000.0).collect();
    let mut all = vec![(0.0_f64, 0.0_f64, 0.0_f64); links];
    let (mut hours, mut peak_vph) = (0.0, vec![0.0_f64; links]);
    let mut there_before: Option<Vec<bool>> = None;
    for start in (first..last).step_by(links.max(1)) {
        let (from_s, to_s) = (f64::from(columns.from_s[start]), f64::from(columns.to_s[start]));
        let rows = start..(start + links).min(last);
        if to_s <= span_s[0] {
            // The last one before the span stays.
            there_before = Some(rows.map(|row| columns.density[row] > 0.0).collect());
            continue;
        }
        if from_s >= span_s[1] || to_s <= from_s {
            continue;
        }
        hours += (to_s - from_s) / 3600.0;
        let interval = &mut day.entry(from_s.round() as i64).or_insert_with(|| (to_s, vec![[0.0; 2]; links])).1;
        for (link, row) in rows.enumerate() {
            let vehicles = f64::from(columns.left[row]) + f64::from(columns.arrived[row]);
            let present_h = f64::from(columns.density[row]) * lane_km[link] * (to_s - from_s) / 3600.0;
            let speed = f64::from(columns.speed_mps[row]) * 3.6;
            let sum = &mut all[link];
            sum.0 += vehicles;
            sum.1 += present_h;
            let driven_km = if speed.is_nan() { 0.0 } else { present_h * speed };
            sum.2 += driven_km;
            interval[link] = [interval[link][0] + present_h, interval[link][1] + driven_km];
            peak_vph[link] = peak_vph[link].max(vehicles * 3600.0 / (to_s - from_s));
        }
    }
    let busy = |link: &usize| peak_vph[*link] > BUSY_VPH;
    let road = |((vehicles, present_h, driven_km), link): (&(f64, f64, f64), &crate::city::Link)| Road {
        flow_vph: (vehicles / hours) as f32,
        speed_kmh: (driven_km / present_h) as f32,
        lost_h: (present_h - driven_km / (3.6 * link.free_speed_mps.max(0.1))).max(0.0) as f32,
    };
    Run {
        roads: all.iter().zip(&city.links).map(road).collect(),
        busy: (0..links).filter(busy).count() as u32,
        empty: there_before.map(|there| (0..links).filter(busy).filter(|link| !there[*link]).count() as u32),
    }
}

/// Means over the runs of a variant: flow, speed, lost hours of a run.
#[must_use]
pub fn means(runs: &Runs) -> Vec<Road> {
    let links = runs.values().map(|run| run.roads.len()).max().unwrap_or(0);
    let mean = |link: usize, of: fn(&Road) -> f32| {
        let values = runs.values().filter_map(|run| run.roads.get(link)).map(|road| f64::from(of(road))).filter(|value| !value.is_nan());
        let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
        (sum / n) as f32
    };
    let road = |link| Road {
        flow_vph: mean(link, |road| road.flow_vph),
        speed_kmh: mean(link, |road| road.speed_kmh),
        lost_h: mean(link, |road| road.lost_h),
    };
    (0..links).into_par_iter().map(road).collect()
}

/// What is compared on the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// Vehicles an hour.
    Flow,
    /// Speed.
    Speed,
}

impl Quantity {
    /// Unit.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Quantity::Flow => "veh/h",
            Quantity::Speed => "km/h",
        }
    }
    fn of(self, road: &Road) -> f64 {
        f64::from(match self {
            Quantity::Flow => road.flow_vph,
            Quantity::Speed => road.speed_kmh,
        })
    }
    fn least(self) -> f64 {
        match self {
            Quantity::Flow => LEAST_CHANGE_VPH,
            Quantity::Speed => LEAST_CHANGE_KMH,
        }
    }
}

/// The difference of one link.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Mean in base, over the pairs.
    pub base: f64,
    /// Mean in the variant.
    pub variant: f64,
    /// Mean difference.
    pub difference: f64,
    /// Half width of its 95 % interval.
    pub half: f64,
    /// Was it tested?
    pub tested: bool,
    /// It stands and is large enough.
    pub clear: bool,
}

/// All links of two variants.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Pairs.
    pub n: usize,
    /// Links in the order of the city.
    pub links: Vec<Change>,
}

impl Changes {
    /// How many are shown.
    #[must_use]
    pub fn clear(&self) -> usize {
        self.links.iter().filter(|change| change.clear).count()
    }
    /// How many were tested.
    #[must_use]
    pub fn tested(&self) -> usize {
        self.links.iter().filter(|change| change.tested).count()
    }
}

/// Paired differences of every link, and which of them stand.
#[must_use]
pub fn changes(base: &Runs, variant: &Runs, quantity: Quantity) -> Changes {
    let pairs: Vec<(&Run, &Run)> = variant.iter().filter_map(|(seed, run)| Some((base.get(seed)?, run))).collect();
    let links = pairs.iter().map(|(there, here)| there.roads.len().min(here.roads.len())).min().unwrap_or(0);
    let n = pairs.len();
    let reach = if n < 2 { f64::NAN } else { t_quantile(0.975, real(n - 1)) };
    let found: Vec<(Change, f64)> = (0..links).into_par_iter().map(|link| change(&pairs, link, quantity, reach)).collect();
    let family: Vec<usize> = (0..links).filter(|&link| found[link].0.tested).collect();
    let stands = benjamini_hochberg(&family.iter().map(|&link| found[link].1).collect::<Vec<_>>(), FALSE_SHARE);
    let mut all: Vec<Change> = found.iter().map(|(change, _)| *change).collect();
    for (&link, _) in family.iter().zip(stands).filter(|(_, stands)| *stands) {
        let change = &mut all[link];
        change.clear = n >= LEAST_PAIRS && change.difference.abs() >= (LEAST_SHARE * change.base.abs()).max(quantity.least());
    }
    Changes { n, links: all }
}

/// One link with its p; a pair in which nobody drives there says nothing about its speed.
fn change(pairs: &[(&Run, &Run)], link: usize, quantity: Quantity, reach: f64) -> (Change, f64) {
    let n = real(pairs.len());
    let base_flow = pairs.iter().map(|(there, _)| f64::from(there.roads[link].flow_vph)).sum::<f64>() / n;
    let of = |run: &Run| quantity.of(&run.roads[link]);
    let (mut base, mut variant) = (0.0, 0.0);
    for (there, here) in pairs {
        base += of(there);
        variant += of(here);
    }
    let difference = (variant - base) / n;
    let squares: f64 = pairs.iter().map(|(there, here)| (of(here) - of(there) - difference).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    let p = if error > 0.0 { t_two_sided(difference / error, n - 1.0) } else { f64::from(u8::from(difference.abs() <= 0.0)) };
    let tested = base_flow >= LEAST_FLOW_VPH && p.is_finite() && difference.is_finite();
    (Change { base: base / n, variant: variant / n, difference, half: reach * error, tested, clear: false }, p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(of: impl Fn(u64, usize) -> f32, links: usize) -> Runs {
        let road = |seed, link| Road { flow_vph: of(seed, link), speed_kmh: 40.0, lost_h: 0.0 };
        (1..=10).map(|seed| (seed, Run { roads: (0..links).map(|link| road(seed, link)).collect(), ..Run::default() })).collect()
    }

    #[test]
    fn noise_stays_grey_and_a_real_change_is_shown() {
        let noise = |seed: u64, link: usize| ((seed * 7919 + link as u64 * 104_729) % 41) as f32 - 20.0;
        let base = runs(|seed, link| if link == 3 { 5.0 } else { 300.0 + noise(seed, link) }, 50);
        let variant = runs(|seed, link| 300.0 + noise(seed + 3, link + 1) + if link == 7 { 120.0 } else { 0.0 }, 50);
        let found = changes(&base, &variant, Quantity::Flow);
        assert!(found.links[7].clear && (found.links[7].difference - 120.0).abs() < 20.0, "{:?}", found.links[7]);
        assert!(found.clear() <= 3 && !found.links[3].tested, "{} of {} are shown", found.clear(), found.tested());
        assert_eq!(changes(&base, &variant, Quantity::Speed).clear(), 0);
    }

    #[test]
    fn few_pairs_are_no_evidence() {
        let four = |shift: f32| runs(|_, _| 300.0 + shift, 4).into_iter().filter(|(seed, _)| *seed <= 4).collect::<Runs>();
        let found = changes(&four(0.0), &four(100.0), Quantity::Flow);
        assert_eq!((found.n, found.clear(), found.tested()), (4, 0, 4));
    }
}
