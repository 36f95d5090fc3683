//! Who gains and who loses: the same trip of the same seed in two variants, by mode, zone and income; persons, not vehicles.
//!
//! Measured trips that both runs hold under one name and for which there is a way in both; unfinished ones count with their time so far. Within
//! a seed a group has one mean difference; over seeds these are the sample, so that vehicles of one day never count as independent.

use crate::report::files::stored_files;
use crate::report::stored::{Stored, TableError, by_seed};
use parquet::data_type::ByteArray;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Five minutes, beyond which a trip is worse or better off \[s\].
pub const CLEARLY_S: f64 = 300.0;
/// Width of the fine bins of the distribution \[s\].
pub const BIN_S: f64 = 10.0;
/// Bins on each side of nothing.
pub const BINS: usize = 720;

/// Trips of one run, measured ones only, in the order of their table.
#[derive(Default)]
struct Trips {
    id: Vec<ByteArray>,
    /// From the wish to arrival or the end of the run \[s\]; NaN = no way.
    travel_s: Vec<f32>,
    /// Of base only: persons, mode, origin, decile.
    persons: Vec<f32>,
    mode: Vec<ByteArray>,
    origin: Vec<ByteArray>,
    decile: Vec<i32>,
}

/// Sums of one group over the trips of one seed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    /// Trips.
    pub trips: f64,
    /// Persons in them.
    pub persons: f64,
    /// Differences, each times its persons \[s\].
    pub difference: f64,
    /// Persons over five minutes worse off.
    pub worse: f64,
    /// Persons over five minutes better off.
    pub better: f64,
}

impl Sum {
    fn add(&mut self, persons: f64, difference_s: f64) {
        self.trips += 1.0;
        self.persons += persons;
        self.difference += persons * difference_s;
        self.worse += if difference_s > CLEARLY_S { persons } else { 0.0 };
        self.better += if difference_s < -CLEARLY_S { persons } else { 0.0 };
    }
}

/// By what trips are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// All trips.
    All,
    /// Mode of travel.
    Mode,
    /// Zone of origin.
    Zone,
    /// Income decile of that zone.
    Income,
}

/// A group.
pub type Group = (Split, String);

/// All pairs of one seed.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Seed.
    pub seed: u64,
    /// Sums by group.
    pub groups: BTreeMap<Group, Sum>,
    /// Trips by difference: bin `BINS + k` holds [k, k + 1) times [`BIN_S`].
    pub bins: Vec<u32>,
    /// Measured trips of the variant that base has not, or the other way round, or without a way in one of them.
    pub unmatched: u64,
}

/// All days of a variant against another, by seed.
///
/// # Errors
/// When a file cannot be read.
pub fn days(out: &Path, base: (&str, usize), variant: (&str, usize)) -> Result<Vec<Day>, TableError> {
    let files = |(slug, point): (&str, usize)| stored_files(out, "trips", slug, point);
    let theirs = files(base);
    let each: Vec<Vec<Day>> = files(variant)
        .par_iter()
        .map(|(first, last, path)| {
            let here = of_file(path, false)?;
            let mut days = Vec::new();
            for (_, _, there) in theirs.iter().filter(|(from, to, _)| from <= last && first <= to) {
                let there = of_file(there, true)?;
                days.extend(here.iter().filter_map(|(seed, run)| Some(day(*seed, there.get(seed)?, run))));
            }
            Ok(days)
        })
        .collect::<Result<_, TableError>>()?;
    let mut days: Vec<Day> = each.into_iter().flatten().collect();
    days.sort_by_key(|day| day.seed);
    days.dedup_by_key(|day| day.seed);
    Ok(days)
}

/// The measured trips of one file by seed; with who they are where `whole`.
fn of_file(path: &Path, whole: bool) -> Result<BTreeMap<u64, Trips>, TableError> {
    let stored = Stored::open(path)?;
    let (seeds, measured) = (stored.counts("seed")?, stored.counts("measured")?);
    let (id, status) = (stored.names("trip_id", stored.rows())?, stored.names("status", stored.rows())?);
    let (wait_s, travel_s) = (stored.reals("wait_outside_s")?, stored.reals("travel_s")?);
    let names = |name: &str| if whole { stored.names(name, stored.rows()) } else { Ok(Vec::new()) };
    let (mode, origin) = (names("mode")?, names("origin")?);
    let persons = if whole { stored.reals("persons")? } else { Vec::new() };
    let decile = if whole { stored.counts("income_decile")? } else { Vec::new() };
    let mut found = BTreeMap::new();
    for (seed, from, to) in by_seed(&seeds) {
        let mut run = Trips::default();
        for row in (from..to).filter(|row| measured[*row] == 1) {
            run.id.push(id[row].clone());
            run.travel_s.push(if status[row].data() == b"no_path" { f32::NAN } else { wait_s[row] + travel_s[row] });
            if whole {
                run.mode.push(mode[row].clone());
                run.origin.push(origin[row].clone());
                run.persons.push(persons[row]);
                run.decile.push(decile[row]);
            }
        }
        found.insert(seed, run);
    }
    Ok(found)
}

/// Pairs of one seed.
fn day(seed: u64, base: &Trips, variant: &Trips) -> Day {
    let mut day = Day { seed, bins: vec![0; 2 * BINS], ..Day::default() };
    let partner = partners(&base.id, &variant.id);
    let mut tallies: [Tally<'_>; 2] = [Tally::default(), Tally::default()];
    let (mut all, mut deciles) = (Sum::default(), [Sum::default(); 11]);
    let mut pairs = 0_u64;
    for (place, &other) in partner.iter().enumerate() {
        let Some(other) = other else { continue };
        let difference_s = f64::from(variant.travel_s[place]) - f64::from(base.travel_s[other]);
        if difference_s.is_nan() {
            continue;
        }
        pairs += 1;
        let persons = f64::from(base.persons[other]);
        let persons = if persons.is_nan() { 1.0 } else { persons };
        all.add(persons, difference_s);
        tallies[0].add(base.mode[other].data(), persons, difference_s);
        tallies[1].add(base.origin[other].data(), persons, difference_s);
        if let Some(sum) = usize::try_from(base.decile[other]).ok().and_then(|decile| deciles.get_mut(decile)) {
            sum.add(persons, difference_s);
        }
        let bin = (difference_s / BIN_S).floor().clamp(-(BINS as f64), BINS as f64 - 1.0) + BINS as f64;
        #[expect(clippy::cast_sign_loss, reason = "clamped to the bins")]
        let bin = bin as usize;
        day.bins[bin] += 1;
    }
    day.unmatched = (base.id.len().max(variant.id.len()) as u64).saturating_sub(pairs);
    day.groups.insert((Split::All, String::new()), all);
    for (split, tally) in [Split::Mode, Split::Zone].into_iter().zip(tallies) {
        let named = tally.sums.into_iter().filter(|(name, _)| !name.is_empty());
        day.groups.extend(named.map(|(name, sum)| ((split, String::from_utf8_lossy(name).into_owned()), sum)));
    }
    let known = deciles.iter().enumerate().skip(1).filter(|(_, sum)| sum.trips > 0.0);
    day.groups.extend(known.map(|(decile, sum)| ((Split::Income, format!("{decile:02}")), *sum)));
    day
}

/// Sums by name; trips of one name often follow each other, so the last one is kept at hand.
#[derive(Default)]
struct Tally<'a> {
    places: BTreeMap<&'a [u8], usize>,
    sums: Vec<(&'a [u8], Sum)>,
    last: usize,
}

impl<'a> Tally<'a> {
    fn add(&mut self, name: &'a [u8], persons: f64, difference_s: f64) {
        if self.sums.get(self.last).is_none_or(|(last, _)| *last != name) {
            let next = self.sums.len();
            self.last = *self.places.entry(name).or_insert(next);
            if self.last == next {
                self.sums.push((name, Sum::default()));
            }
        }
        self.sums[self.last].1.add(persons, difference_s);
    }
}

/// For each trip of the variant its place in base. Both tables are mostly in the same order: only what is out of step is searched.
fn partners(base: &[ByteArray], variant: &[ByteArray]) -> Vec<Option<usize>> {
    let mut found = vec![None; variant.len()];
    let mut open = Vec::new();
    for (place, id) in variant.iter().enumerate() {
        if base.get(place).is_some_and(|other| other.data() == id.data()) {
            found[place] = Some(place);
        } else {
            open.push(place);
        }
    }
    if !open.is_empty() {
        let mut order: Vec<usize> = (0..base.len()).collect();
        order.sort_unstable_by(|a, b| base[*a].data().cmp(base[*b].data()));
        for place in open {
            let there = order.binary_search_by(|other| base[*other].data().cmp(variant[place].data()));
            found[place] = there.ok().map(|at| order[at]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trips(of: &[(&str, f32)]) -> Trips {
        let name = |text: &str| ByteArray::from(text);
        Trips {
            id: of.iter().map(|(id, _)| name(id)).collect(),
            travel_s: of.iter().map(|(_, s)| *s).collect(),
            persons: vec![2.0; of.len()],
            mode: vec![name("car"); of.len()],
            origin: of.iter().map(|(id, _)| name(&id[..1])).collect(),
            decile: vec![3; of.len()],
        }
    }

    #[test]
    fn trips_are_paired_by_name_whatever_their_order() {
        let base = trips(&[("a1", 600.0), ("a2", 600.0), ("b1", 600.0), ("b2", f32::NAN), ("gone", 1.0)]);
        let variant = trips(&[("a1", 660.0), ("b1", 901.0), ("a2", 200.0), ("b2", 50.0), ("new", 9.0)]);
        let day = day(7, &base, &variant);
        let sum = |split, name: &str| day.groups[&(split, name.to_owned())];
        let is = |value: f64, wanted: f64| assert!((value - wanted).abs() < 1e-9, "{value} is not {wanted}");
        is(sum(Split::All, "").trips, 3.0);
        assert!((sum(Split::All, "").difference - 2.0 * (60.0 + 301.0 - 400.0)).abs() < 1e-9);
        is(sum(Split::Zone, "b").worse, 2.0);
        is(sum(Split::Zone, "a").better, 2.0);
        is(sum(Split::Mode, "car").persons, 6.0);
        is(sum(Split::Income, "03").trips, 3.0);
        assert_eq!(day.unmatched, 2);
        assert_eq!(day.bins.iter().sum::<u32>(), 3);
        assert_eq!(day.bins[BINS + 6], 1, "60 s");
    }
}
