//! Who is worse off: `worse_off.share`, the share of trips that take over five minutes longer than the same trip of the same seed in base.
//!
//! Both runs are read from their stored trips: base may have been run long before, in another batch or by an earlier command. Times there are
//! multiples of 1/8 s in f32, exact for 24 days, so nothing is lost on the way.
//!
//! * **Which trips?** Those that are measured in both runs, have a way in base, and bear the same name; a trip that only one run has is no loss
//!   to anybody who could be asked.
//! * **No way in the variant** is worse than any way: it counts as worse off. **Unfinished** counts with the time so far.

use super::files::stored_files;
use super::manifest::Manifest;
use super::names::Names;
use super::table::Data;
use super::{RunRecord, measures, shared};
use std::collections::BTreeMap;
use std::path::Path;

/// A trip is worse off beyond this (`product` reference 2).
pub const LONGER_MS: i64 = 300_000;

/// The measured trips of one run.
#[derive(Clone, Debug, Default)]
pub struct Travels {
    names: Names,
    /// Of each trip its name's hash, its row in `names`, and from the wished departure to arrival, or to the end of the run \[ms\]; `None` = no
    /// way exists. Sorted by hash: names of a city begin alike, so comparing them is slow, and two names of one hash are still two.
    trips: Vec<(u64, usize, Option<i64>)>,
}

impl Travels {
    fn push(&mut self, name: &str, travel_ms: Option<i64>) {
        // FNV-1a, 64 bits.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        self.trips.push((hash, self.names.len(), travel_ms));
        self.names.push(name);
    }

    /// Hash and name of those that have a way.
    fn with_a_way(&self) -> impl Iterator<Item = (u64, &str)> {
        self.trips.iter().filter(|(.., travel_ms)| travel_ms.is_some()).map(|(hash, row, _)| (*hash, self.names.get(*row)))
    }

    fn sorted(mut self) -> Travels {
        self.trips.sort_unstable();
        self
    }
}

/// Do both hold the same trips?
fn same(base: &Travels, run: &Travels) -> bool {
    base.with_a_way().eq(run.with_a_way())
}

/// Share of the trips of `run` that are worse off than in `base` \[%\]. NaN when they have no trip in common.
#[must_use]
pub fn share(base: &Travels, run: &Travels) -> f64 {
    let (mut both, mut worse) = (0_u64, 0_u64);
    let mut from = 0;
    for (hash, row, travel_ms) in &run.trips {
        let name = run.names.get(*row);
        while base.trips.get(from).is_some_and(|(other, ..)| other < hash) {
            from += 1;
        }
        let mut same = base.trips[from..].iter().take_while(|(other, ..)| other == hash);
        let Some((_, _, Some(before_ms))) = same.find(|(_, row, _)| base.names.get(*row) == name) else { continue };
        both += 1;
        worse += u64::from(travel_ms.is_none_or(|now_ms| now_ms - before_ms > LONGER_MS));
    }
    100.0 * worse as f64 / both as f64
}

/// The measured trips of one stored file of table `trips`, by seed, sorted. `None` when it cannot be read.
#[must_use]
pub fn stored(path: &Path) -> Option<BTreeMap<u64, Travels>> {
    let columns = super::stored::columns(path, &["seed", "measured", "trip_id", "status", "wait_outside_s", "travel_s"]).ok()?;
    let [Data::Count(seed), Data::Count(measured), Data::Text(id), Data::Text(status), Data::Real(wait_s), Data::Real(travel_s)] =
        &columns[..]
    else {
        return None;
    };
    let mut found: BTreeMap<u64, Travels> = BTreeMap::new();
    for row in (0..seed.len()).filter(|&row| measured[row] == 1) {
        // Rounded, although both are whole milliseconds already: a float is never cut off.
        let travel_ms = ((f64::from(wait_s[row]) + f64::from(travel_s[row])) * 1000.0).round() as i64;
        let there = (status.get(row) != "no_path").then_some(travel_ms);
        found.entry(u64::try_from(seed[row]).unwrap_or(0)).or_default().push(id.get(row), there);
    }
    Some(found.into_iter().map(|(seed, trips)| (seed, trips.sorted())).collect())
}

/// Adds the measure to every run of a variant that lacks it, or has it against another run of base, where both runs' trips are below `out`.
pub fn fill(manifest: &mut Manifest, out: &Path) {
    let of_base: Vec<((usize, u64), String)> =
        manifest.runs.iter().filter(|run| run.variant == "base").map(|run| ((run.point, run.seed), run.hash())).collect();
    let hash_of = |point: usize, seed: u64| of_base.iter().find(|(key, _)| *key == (point, seed)).map(|(_, hash)| hash.clone());
    let variants = manifest.variants.clone();
    for variant in variants.iter().filter(|variant| variant.slug != "base") {
        let Some(base) = variant.base_among(&variants) else { continue };
        let base_point = base.point;
        let mut wanting: Vec<(&mut RunRecord, String)> = (manifest.runs.iter_mut())
            .filter(|run| run.variant == variant.slug && run.point == variant.point)
            .filter_map(|run| hash_of(base.point, run.seed).map(|hash| (run, hash)))
            .filter(|(run, hash)| run.against != *hash || run.shared.is_none())
            .collect();
        for (first, last, path) in stored_files(out, "trips", &variant.slug, variant.point) {
            let covers = |seed: u64| (first..=last).contains(&seed);
            if !wanting.iter().any(|(run, _)| covers(run.seed)) {
                continue;
            }
            let Some(theirs) = stored(&path) else { continue };
            let before = stored_over(out, base.point, [first, last]);
            // Every column of both is read only where two runs hold other trips.
            let mut whole = None;
            for (run, hash) in wanting.iter_mut().filter(|(run, _)| covers(run.seed)) {
                run.measures.remove(measures::WORSE_OFF);
                let Some((base, there)) = before.get(&run.seed).zip(theirs.get(&run.seed)) else { continue };
                let share = share(base, there);
                run.shared = if same(base, there) {
                    Some(shared::Shared { trips: there.with_a_way().count() as u64, ..shared::Shared::default() })
                } else {
                    let (theirs, ours) = whole.get_or_insert_with(|| (wholes_over(out, base_point, [first, last]), shared::stored(&path)));
                    theirs.get(&run.seed).zip(ours.as_ref().and_then(|ours| ours.get(&run.seed))).map(|(base, run)| shared::of(base, run))
                };
                if share.is_finite() {
                    run.measures.insert(measures::WORSE_OFF.to_owned(), share);
                    run.against = std::mem::take(hash);
                }
            }
        }
    }
}

/// The stored trips of base at a point, of all files that hold one of these seeds.
fn stored_over(out: &Path, point: usize, seeds: [u64; 2]) -> BTreeMap<u64, Travels> {
    of_base(out, point, seeds).filter_map(|path| stored(&path)).flatten().collect()
}

/// The same with every column.
fn wholes_over(out: &Path, point: usize, seeds: [u64; 2]) -> BTreeMap<u64, shared::Trips> {
    of_base(out, point, seeds).filter_map(|path| shared::stored(&path)).flatten().collect()
}

/// Files of the trips of base at a point that hold one of these seeds.
fn of_base(out: &Path, point: usize, [first, last]: [u64; 2]) -> impl Iterator<Item = std::path::PathBuf> {
    let all = stored_files(out, "trips", "base", point).into_iter();
    all.filter(move |(from, to, _)| *from <= last && first <= *to).map(|(_, _, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trips(of: &[(&str, Option<i64>)]) -> Travels {
        let mut all = Travels::default();
        of.iter().for_each(|(id, s)| all.push(id, s.map(|s| s * 1000)));
        all.sorted()
    }

    #[test]
    fn five_minutes_are_not_yet_worse() {
        let base = trips(&[("a", Some(600)), ("b", Some(600)), ("c", Some(600)), ("d", Some(600)), ("stays", Some(1)), ("never", None)]);
        // a: exactly five minutes; b: beyond; c: no way any more; d: faster; "new" has no counterpart, "never" had no way before.
        let run = trips(&[("d", Some(10)), ("a", Some(900)), ("b", Some(901)), ("c", None), ("new", Some(9999)), ("never", Some(9999))]);
        assert!((share(&base, &run) - 50.0).abs() < 1e-12);
        assert!(share(&base, &base).abs() < 1e-12);
        assert!(share(&base, &Travels::default()).is_nan());
    }
}
