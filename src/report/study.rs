//! The end of a study: measures that need base, comparisons, and the tables `measures` and `comparisons`.
//!
//! Both tables hold everything the manifest knows, not one batch, so they are written anew each time; files of before are removed, or two
//! states of one study would be read as one data set.

use super::compare::{self, Comparison};
use super::files::{self, WriteError, table_path};
use super::manifest::Manifest;
use super::table::{Data, Series, Sheet};
use super::{csv, measures, parquet, summary, worse_off};
use std::path::{Path, PathBuf};

/// Fills in the measures that need base, compares, and writes tables `measures` and `comparisons` below `out`, as CSV as well if asked.
///
/// # Errors
/// [`WriteError`].
pub fn close(manifest: &mut Manifest, out: &Path, also_csv: bool) -> Result<Vec<Comparison>, WriteError> {
    worse_off::fill(manifest, out);
    let comparisons = compare::of(manifest);
    let mut written = Vec::new();
    for variant in &manifest.variants {
        let runs = summary::of_variant(&manifest.runs, &variant.slug, variant.point);
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { continue };
        let own: Vec<&Comparison> = comparisons.iter().filter(|row| (&row.variant, row.point) == (&variant.slug, variant.point)).collect();
        let sheets = [measures_sheet(&runs), comparisons_sheet(&own)];
        for sheet in sheets.iter().filter(|sheet| sheet.rows > 0) {
            let place =
                |extension: &str| out.join(table_path(sheet.name, &variant.slug, variant.point, [first.seed, last.seed], extension));
            let about = [
                ("forecity.study".to_owned(), manifest.study.blake3.clone()),
                ("forecity.variant".to_owned(), variant.name.clone()),
                ("forecity.result_version".to_owned(), super::RESULT_VERSION.to_string()),
            ];
            files::write(&place("parquet"), |sink| parquet::write(sheet, &about, sink).map_err(std::io::Error::from))?;
            written.push(place("parquet"));
            if also_csv {
                files::write(&place("csv"), |sink| csv::write(sheet, sink))?;
                written.push(place("csv"));
            }
        }
    }
    for table in [MEASURES, COMPARISONS] {
        remove_others(&out.join("tables").join(table), &written);
    }
    Ok(comparisons)
}

/// Table of one row a run and measure.
pub const MEASURES: &str = "measures";
/// Table of the comparisons.
pub const COMPARISONS: &str = "comparisons";

/// Removes every file below `folder` that is not among those just written.
fn remove_others(folder: &Path, written: &[PathBuf]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            remove_others(&path, written);
            // Fails where something is left in it, as it should.
            std::fs::remove_dir(&path).ok();
        } else if !written.contains(&path) {
            std::fs::remove_file(&path).ok();
        }
    }
}

/// A column from its values.
fn column(name: &'static str, unit: &'static str, about: &'static str, data: Data) -> Series {
    Series { name, unit, about, data }
}

/// A whole number as the tables keep it.
fn whole(n: u64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

/// Table `measures` of some runs of one variant at one point.
#[must_use]
pub fn measures_sheet(runs: &[&super::RunRecord]) -> Sheet {
    let rows: Vec<(&super::RunRecord, &String, f64)> =
        runs.iter().flat_map(|run| run.measures.iter().map(move |(measure, value)| (*run, measure, *value))).collect();
    let unit = |(_, measure, _): &(_, &String, _)| measures::unit(measure);
    let columns = vec![
        column("seed", "-", "seed of the run", Data::Count(rows.iter().map(|(run, _, _)| whole(run.seed)).collect())),
        column("variant", "-", "slug of the variant", Data::Text(rows.iter().map(|(run, _, _)| &run.variant).collect())),
        column("point", "-", "point of the sweep", Data::Count(rows.iter().map(|(run, _, _)| whole(run.point as u64)).collect())),
        column("measure", "-", "NAME.STATISTIC", Data::Text(rows.iter().map(|(_, measure, _)| measure).collect())),
        column("unit", "-", "unit of the value", Data::Text(rows.iter().map(unit).collect())),
        column("value", "as unit says", "the measure of this run", Data::Real(rows.iter().map(|(_, _, value)| *value as f32).collect())),
    ];
    Sheet { name: MEASURES, rows: rows.len(), columns }
}

/// A column of table `comparisons` from one field.
enum Field {
    Text(fn(&Comparison) -> &str),
    Count(fn(&Comparison) -> usize),
    Real(fn(&Comparison) -> f64),
}

/// Columns of table `comparisons`: the fields of `comparisons[]` in documents.
#[rustfmt::skip]
const FIELDS: &[(&str, &str, &str, Field)] = &[
    ("variant", "-", "slug of the variant", Field::Text(|row| &row.variant)),
    ("against", "-", "slug of what it is compared with", Field::Text(|row| &row.against)),
    ("point", "-", "point of the sweep", Field::Count(|row| row.point)),
    ("point_against", "-", "point of what it is compared with", Field::Count(|row| row.point_against)),
    ("measure", "-", "NAME.STATISTIC", Field::Text(|row| &row.measure)),
    ("unit", "-", "unit of the means, the difference and its intervals", Field::Text(|row| row.unit)),
    ("n", "-", "pairs of runs", Field::Count(|row| row.n)),
    ("mean_against", "as unit says", "mean of the runs compared with", Field::Real(|row| row.mean_against)),
    ("mean", "as unit says", "mean of the variant", Field::Real(|row| row.mean)),
    ("lower_bound_against", "-", "1 = unfinished trips make mean_against a lower bound", Field::Count(|row| usize::from(row.lower_bound_against))),
    ("lower_bound", "-", "1 = unfinished trips make mean a lower bound", Field::Count(|row| usize::from(row.lower_bound))),
    ("difference", "as unit says", "mean difference, variant less the other", Field::Real(|row| row.difference)),
    ("ci95_low", "as unit says", "95 % interval of the difference", Field::Real(|row| row.ci95[0])),
    ("ci95_high", "as unit says", "95 % interval of the difference", Field::Real(|row| row.ci95[1])),
    ("ci90_low", "as unit says", "90 % interval of the difference", Field::Real(|row| row.ci90[0])),
    ("ci90_high", "as unit says", "90 % interval of the difference", Field::Real(|row| row.ci90[1])),
    ("difference_percent", "%", "of mean_against", Field::Real(|row| row.difference_percent)),
    ("p", "-", "two-sided", Field::Real(|row| row.p)),
    ("p_holm", "-", "corrected for all comparisons of the study", Field::Real(|row| row.p_holm)),
    ("correlation", "-", "of the two arms over seeds", Field::Real(|row| row.correlation)),
    ("pairing_factor", "-", "unpaired over paired half width", Field::Real(|row| row.pairing_factor)),
    ("method", "-", "how interval and p were made", Field::Text(|row| row.method)),
    ("matters", "as unit says", "a smaller difference does not matter", Field::Real(|row| row.matters)),
    ("half_width_wanted", "as unit says", "half width that n_needed is for", Field::Real(|row| row.half_width_wanted)),
    ("n_needed", "-", "runs that would settle it; null = more than 100,000", Field::Real(|row| row.n_needed.map_or(f64::NAN, |n| n as f64))),
    ("common_trips", "-", "trips of both runs of a pair, where this is compared over them because their trips differ; null = all trips", Field::Real(|row| row.common_trips.unwrap_or(f64::NAN))),
    ("grade", "-", "invalid, none, equal, strong, moderate, weak or open", Field::Text(|row| row.grade.word())),
    ("sentence", "-", "in words; empty where nothing may be said", Field::Text(|row| &row.sentence)),
];

/// Table `comparisons`.
#[must_use]
pub fn comparisons_sheet(rows: &[&Comparison]) -> Sheet {
    let data = |field: &Field| match field {
        Field::Text(of) => Data::Text(rows.iter().map(|row| of(row)).collect()),
        Field::Count(of) => Data::Count(rows.iter().map(|row| whole(of(row) as u64)).collect()),
        Field::Real(of) => Data::Real(rows.iter().map(|row| of(row) as f32).collect()),
    };
    let columns = FIELDS.iter().map(|(name, unit, about, field)| column(name, unit, about, data(field))).collect();
    Sheet { name: COMPARISONS, rows: rows.len(), columns }
}
