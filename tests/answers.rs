//! What is said about a variant: intervals by kind of measure, grades in their order, sentences that hold against a hostile reader.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]

use forecity::report::compare::{self, Comparison, Grade};
use forecity::report::manifest::{Manifest, Until, VariantText, Wanted};
use forecity::report::table::{Data, Series, Sheet};
use forecity::report::{RunRecord, answer, document, files, parquet, ranking, stored, study, summary, worse_off};
use std::path::PathBuf;

/// The gold set of `statistics`: ten days of base and of a variant.
const BASE: [f64; 10] = [50.01, 46.94, 49.64, 44.76, 48.79, 61.29, 49.35, 47.23, 43.54, 60.07];
const VARIANT: [f64; 10] = [52.92, 54.59, 51.45, 49.27, 53.91, 66.87, 49.04, 45.29, 52.15, 55.41];

fn near(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not {b}");
}

/// Name, axes, first seed, values of all measures.
type Arm<'a> = (&'a str, &'a [(&'a str, &'a str)], u64, &'a [f64]);

/// A study with these arms.
fn manifest(measures: &[&str], arms: &[Arm]) -> Manifest {
    let mut found = Manifest::default();
    found.study.blake3 = "study".into();
    found.study.title = "A test".into();
    found.wanted.measures = measures.iter().map(|measure| (*measure).to_owned()).collect();
    for (place, (name, axes, first, values)) in arms.iter().enumerate() {
        let slug = name.replace(' ', "-");
        let point = if axes.is_empty() { 0 } else { place };
        let axes = axes.iter().map(|(axis, value)| ((*axis).to_owned(), (*value).to_owned())).collect();
        found.variants.push(VariantText { name: (*name).to_owned(), slug: slug.clone(), point, axes });
        for (seed, value) in (*first..).zip(*values) {
            let mut run = RunRecord { variant: slug.clone(), point, seed, ..RunRecord::default() };
            run.measures = measures.iter().map(|measure| ((*measure).to_owned(), *value)).collect();
            run.measures.insert("trips.total".into(), 18_400.0);
            found.runs.push(run);
        }
    }
    found.seeds = (1..=10).collect();
    found.complete = true;
    found
}

/// `n` values of exactly this mean and spread; `kind` chooses their pattern, and two patterns are hardly correlated.
fn days(n: usize, mean: f64, sd: f64, kind: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..n).map(|k| libm::sin((1.7 + kind) * k as f64 + kind)).collect();
    let centre = raw.iter().sum::<f64>() / n as f64;
    let spread = (raw.iter().map(|x| (x - centre) * (x - centre)).sum::<f64>() / (n as f64 - 1.0)).sqrt();
    let scale = if spread > 0.0 { sd / spread } else { 0.0 };
    raw.iter().map(|x| mean + scale * (x - centre)).collect()
}

/// Another arm: these days and a difference of exactly this mean and spread.
fn plus(base: &[f64], difference: f64, sd: f64) -> Vec<f64> {
    base.iter().zip(days(base.len(), difference, sd, 1.1)).map(|(b, d)| b + d).collect()
}

fn one(manifest: &Manifest) -> Comparison {
    let rows = compare::of(manifest);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].clone()
}

#[test]
fn the_gold_set_is_open_and_says_what_would_settle_it() {
    let mut gold = manifest(&["delay.mean"], &[("base", &[], 1, &BASE), ("closed", &[], 1, &VARIANT)]);
    gold.wanted.until = Some(Until { measure: "delay.mean".into(), half_width: 1.0 / 50.162 });
    let row = one(&gold);
    near(row.difference, 2.928, 1e-9);
    near(row.p, 0.056_909_3, 5e-8);
    near(row.correlation, 0.735_276_0, 5e-8);
    near(row.pairing_factor, 1.8035, 1e-3);
    assert_eq!((row.n, row.method, row.grade, row.n_needed), (10, compare::PAIRED_T, Grade::Open, Some(72)));
    assert_eq!(
        row.sentence,
        "10 paired runs cannot tell what \"closed\" does to the mean delay of 18,400 trips; the difference lies between -0.1 and 6.0 s \
         (95 % interval); about 72 runs would settle it to ±1 s."
    );
    assert!(!compare::precise_enough(&gold));
    gold.wanted.until = Some(Until { measure: "delay.mean".into(), half_width: 0.07 });
    assert!(compare::precise_enough(&gold));
    let base_only = Manifest { variants: gold.variants[..1].to_vec(), ..gold.clone() };
    // 5.933 * t(9) / sqrt(10) = 4.24 of 50.16, 8.5 %.
    assert!(!compare::precise_enough(&base_only));
}

#[test]
fn the_interval_follows_the_kind_of_measure() {
    let arms = |n: usize| manifest(&["travel_time.p95"], &[("base", &[], 1, &BASE[..n]), ("closed", &[], 1, &VARIANT[..n])]);
    let row = one(&arms(10));
    assert_eq!(row.method, compare::BOOTSTRAP_T);
    near(row.ci95[0], -0.73, 0.2);
    near(row.ci95[1], 5.66, 0.2);
    assert_eq!(one(&arms(9)).method, compare::T_INSTEAD);
    for measure in ["speed.mean", "refused.share", "queue.max", "worse_off.share"] {
        let row = one(&manifest(&[measure], &[("base", &[], 1, &BASE), ("closed", &[], 1, &VARIANT)]));
        assert_eq!(row.method, compare::BOOTSTRAP_T, "{measure}");
    }
    // Other seeds: as far from each other as they are, and marked.
    let row = one(&manifest(&["delay.mean"], &[("base", &[], 1, &BASE), ("closed", &[], 101, &VARIANT)]));
    near(row.p, 0.275_704_1, 5e-8);
    assert_eq!((row.method, row.n), (compare::UNPAIRED, 10));
    assert!(row.correlation.is_nan() && row.sentence.contains("unpaired"), "{}", row.sentence);
    // Pairs are what both arms have.
    assert_eq!(one(&manifest(&["delay.mean"], &[("base", &[], 1, &BASE), ("closed", &[], 5, &VARIANT)])).n, 6);
}

#[test]
fn grades_come_in_their_order() {
    let grade = |n: usize, difference: f64, sd: f64| {
        let base = days(n, 100.0, 5.0, 0.3);
        one(&manifest(&["delay.mean"], &[("base", &[], 1, &base), ("v", &[], 1, &plus(&base, difference, sd))])).grade
    };
    assert_eq!(grade(4, 50.0, 0.1), Grade::None);
    assert_eq!(grade(20, 0.1, 0.1), Grade::Equal);
    assert_eq!(grade(20, 10.0, 1.0), Grade::Strong);
    assert_eq!(grade(9, 10.0, 1.0), Grade::Moderate);
    assert_eq!(grade(12, 2.0, 2.55), Grade::Moderate);
    assert_eq!(grade(12, 2.0, 9.0), Grade::Open);
    // Equal goes before strong: sure, and of no matter. Beyond the 1 % it is strong.
    assert_eq!(grade(20, 0.8, 0.01), Grade::Equal);
    assert_eq!(grade(20, 1.2, 0.01), Grade::Strong);
    let base = days(20, 100.0, 5.0, 0.3);
    let mut broken = manifest(&["delay.mean"], &[("base", &[], 1, &base), ("v", &[], 1, &plus(&base, 10.0, 1.0))]);
    broken.runs[3].invalid.push("unfinished 2 % > 1 %".into());
    let row = one(&broken);
    assert!(row.grade == Grade::Invalid && row.sentence.is_empty());
    assert!(answer::of(&broken, &[row]).unwrap().sentence.contains("nothing is said"));
}

#[test]
fn weak_evidence_is_one_that_many_comparisons_take_away() {
    let base = days(12, 100.0, 5.0, 0.0);
    // t = 2 / (2.55 / sqrt 12) = 2.717, p 0.0201.
    let (there, noise) = (plus(&base, 2.0, 2.55), plus(&base, 0.1, 9.0));
    let alone = one(&manifest(&["delay.mean"], &[("base", &[], 1, &base), ("v", &[], 1, &there)]));
    near(alone.p, 0.0201, 2e-4);
    assert!(alone.sentence.ends_with("12 paired runs, moderate evidence."), "{}", alone.sentence);
    let arms: Vec<Arm> =
        vec![("base", &[], 1, &base), ("v", &[], 1, &there), ("w", &[], 1, &noise), ("x", &[], 1, &noise), ("y", &[], 1, &noise)];
    let rows = compare::of(&manifest(&["delay.mean"], &arms));
    near(rows[0].p_holm, 4.0 * rows[0].p, 1e-12);
    assert_eq!(rows[0].grade, Grade::Weak);
    assert!(rows[0].sentence.contains("weak evidence (p 0.020 alone, 0.080 with all comparisons counted)"), "{}", rows[0].sentence);
}

#[test]
fn sentences_are_the_words_of_the_reference() {
    let base: Vec<f64> = days(20, 14.21, 0.9, 0.0);
    // Half width 2.093 sd / sqrt 20 = 0.48: the line of the reference.
    let shifted = |shift: f64| plus(&base, shift, 1.0256);
    let (more, less, same) = (shifted(3.1), shifted(-3.1), plus(&base, 0.01, 0.02));
    let study = |arms: &[(&str, &[f64])]| {
        let mut all: Vec<Arm> = vec![("base", &[], 1, &base)];
        all.extend(arms.iter().map(|(name, values)| (*name, &[][..], 1, *values)));
        manifest(&["travel_time.mean"], &all)
    };
    let said = |found: &Manifest| answer::of(found, &compare::of(found)).unwrap().sentence;
    assert_eq!(
        said(&study(&[("closed", &more)])),
        "\"closed\" adds 3.1 min (95 % interval 2.6 to 3.6) to the mean travel time of 18,400 trips; 20 paired runs."
    );
    assert_eq!(
        said(&study(&[("bus lane", &less)])),
        "\"bus lane\" cuts the mean travel time of 18,400 trips by 3.1 min (95 % interval 2.6 to 3.6); 20 paired runs."
    );
    let equal = said(&study(&[("painted", &same)]));
    assert!(equal.starts_with("\"painted\" makes no difference that matters (less than 1 %) to the mean travel time"), "{equal}");
    let three = said(&study(&[("closed", &more), ("bus lane", &less), ("painted", &same)]));
    assert!(three.starts_with("The mean travel time of 18,400 trips against base: \"closed\" adds 3.1 min (95 % interval 2.6 to 3.6); "));
    assert!(three.contains("\"bus lane\" takes off 3.1 min") && three.ends_with("; 20 paired runs each."), "{three}");
    let alike = plus(&more, 0.01, 0.9);
    let tied = said(&study(&[("closed", &more), ("also closed", &alike)]));
    assert!(tied.contains("\"closed\" and \"also closed\" cannot be told apart"), "{tied}");
    // Base alone has no effect.
    assert!(answer::of(&study(&[]), &[]).is_none());
    // Trips that had not ended are said with the number they touch.
    let mut late = study(&[("closed", &more)]);
    late.runs[25].validity.unfinished = 31;
    late.runs[25].validity.refused = 7;
    assert!(said(&late).contains("20 paired runs; up to 38 trips of a run had not ended and count as far as they had come."));
    let text = summary::text(&late, &compare::of(&late), "out");
    assert!(text.contains(">=17.3") && !text.contains(">=14.2"), "{text}");
}

#[test]
fn a_sweep_is_told_by_its_ends() {
    let base = days(20, 14.21, 0.9, 0.0);
    let shifted = |shift: f64| plus(&base, shift, 1.0256);
    let (low, high, none) = (shifted(1.5), shifted(3.1), shifted(0.1));
    let found = manifest(
        &["travel_time.mean"],
        &[
            ("base", &[("demand.scale", "0.9")], 1, &base),
            ("base", &[("demand.scale", "1.1")], 1, &high),
            ("toll", &[("demand.scale", "0.9"), ("do.toll.fee", "3 EUR")], 1, &low),
            ("toll", &[("demand.scale", "0.9"), ("do.toll.fee", "6 EUR")], 1, &high),
            ("toll", &[("demand.scale", "1.1"), ("do.toll.fee", "6 EUR")], 1, &high),
            ("toll", &[("demand.scale", "0.9"), ("do.toll.fee", "0 EUR")], 1, &none),
        ],
    );
    let rows = compare::of(&found);
    // Each point is compared with base at the same values of the axes that base has.
    assert_eq!(rows.iter().map(|row| row.point_against).collect::<Vec<_>>(), [0, 0, 1, 0]);
    near(rows[2].difference, 0.0, 1e-12);
    let said = answer::of(&found, &rows).unwrap();
    assert!(
        said.sentence.contains("\"toll\" at 4 points of the sweep: from 0 min (95 % interval 0 to 0) where demand.scale = 1.1"),
        "{}",
        said.sentence
    );
    assert!(said.sentence.contains("to +3.1 min (95 % interval 2.6 to 3.6) where demand.scale = 0.9, do.toll.fee = 6 EUR"));
    assert!(said.sentence.ends_with("; 20 paired runs each."));
    let text = summary::text(&found, &rows, "out");
    assert!(text.contains("toll at demand.scale = 0.9, do.toll.fee = 3 EUR against base"), "{text}");
}

#[test]
fn no_difference_stands_without_n_and_interval() {
    let mut seen = std::collections::BTreeSet::new();
    for case in 0..400_u32 {
        let of = |k: u32, span: f64| f64::from((case * 7919 + k * 104_729) % 1000) / 1000.0 * span;
        let n = 1 + (case as usize) % 14;
        let base = days(n, [0.0, 0.001, 14.2, 18_400.0][case as usize % 4], of(1, 3.0), 0.2);
        let there = plus(&base, of(2, 4.0) - 2.0, of(3, 2.0));
        let measure = ["travel_time.mean", "delay.p95", "speed.mean", "worse_off.share", "stops.mean", "queue.max"][case as usize % 6];
        let found = manifest(&[measure], &[("base", &[], 1, &base), ("v", &[], 1, &there), ("w", &[], 1, &there)]);
        let rows = compare::of(&found);
        for text in rows.iter().map(|row| row.sentence.clone()).chain(answer::of(&found, &rows).map(|answer| answer.sentence)) {
            assert!(!text.contains("NaN") && !text.contains("inf") && !text.contains("-0.0 "), "{text}");
            assert!(text.contains("95 % interval") || text.contains("too few"), "{text}");
            assert!(text.contains(&format!("{n} paired run")), "{text}");
            assert!(text.ends_with('.'), "{text}");
        }
        for row in &rows {
            seen.insert(row.grade);
            let certain = row.ci95[0] > 0.0 || row.ci95[1] < 0.0;
            assert!(!row.grade.stands() || certain, "{row:?}");
            assert!(row.grade != Grade::Strong || (row.n >= 10 && row.method != compare::T_INSTEAD), "{row:?}");
            assert!(row.grade != Grade::Open || !certain, "{row:?}");
        }
    }
    assert!(seen.len() >= 4, "{seen:?}");
}

#[test]
fn a_ranking_marks_whom_it_cannot_tell_apart() {
    let base = days(20, 14.21, 0.9, 0.0);
    let (a, c) = (plus(&base, 3.0, 0.4), plus(&base, -2.0, 0.4));
    let b = plus(&a, 0.02, 0.5);
    let arms: Vec<Arm> = vec![("base", &[], 1, &base), ("A", &[], 1, &a), ("B", &[], 1, &b), ("C", &[], 1, &c)];
    let ranks = ranking::of(&manifest(&["travel_time.mean"], &arms), "travel_time.mean");
    let order: Vec<&str> = ranks.iter().map(|rank| rank.variant.as_str()).collect();
    assert_eq!(order, ["C", "base", "A", "B"]);
    assert_eq!(ranks[2].tied_with, ["\"B\""]);
    assert_eq!(ranks[3].tied_with, ["\"A\""]);
    assert!(ranks[0].tied_with.is_empty() && ranks[1].tied_with.is_empty());
    // More speed is better.
    let ranks = ranking::of(&manifest(&["speed.mean"], &arms), "speed.mean");
    assert_eq!(ranks.last().unwrap().variant, "C");
    // A run that broke a limit proves nothing: the variant, otherwise the best, has no place among the others.
    let mut broken = manifest(&["travel_time.mean"], &arms);
    broken.runs[70].invalid.push("forced".into());
    let ranks = ranking::of(&broken, "travel_time.mean");
    let order: Vec<(Option<usize>, &str)> = ranks.iter().map(|rank| (rank.place, rank.variant.as_str())).collect();
    assert_eq!(order, [(Some(1), "base"), (Some(2), "A"), (Some(3), "B"), (None, "C")]);
    assert!(ranks[3].invalid && ranks[3].tied_with.is_empty() && ranks[0].tied_with.is_empty(), "{ranks:?}");
    let rows = compare::of(&broken);
    let answer = answer::of(&broken, &rows).expect("A and B can be told");
    assert_eq!((answer.grade, answer.n), (rows[0].grade.min(rows[1].grade), 20));
    assert!(answer.sentence.ends_with(" \"C\" is left out, because a run broke a limit."), "{}", answer.sentence);
    assert!(!answer.sentence.contains("\"C\" takes off"), "{}", answer.sentence);
}

/// Table `trips` of some seeds of one variant.
fn trips(rows: &[(i32, &str, f32, f32, &str, i32)]) -> Sheet {
    let series = |name, data| Series { name, unit: "-", about: "a test", data };
    let columns = vec![
        series("seed", Data::Count(rows.iter().map(|row| row.0).collect())),
        series("trip_id", Data::Text(rows.iter().map(|row| row.1).collect())),
        series("wait_outside_s", Data::Real(rows.iter().map(|row| row.2).collect())),
        series("travel_s", Data::Real(rows.iter().map(|row| row.3).collect())),
        series("status", Data::Text(rows.iter().map(|row| row.4).collect())),
        series("measured", Data::Count(rows.iter().map(|row| row.5).collect())),
    ];
    Sheet { name: "trips", rows: rows.len(), columns }
}

fn stored(out: &std::path::Path, slug: &str, seeds: [u64; 2], sheet: &Sheet) {
    let path = out.join(files::table_path("trips", slug, 0, seeds, "parquet"));
    files::write(&path, |sink| parquet::write(sheet, &[], sink).map_err(std::io::Error::from)).unwrap();
}

#[test]
fn worse_off_is_read_from_stored_trips_and_the_tables_are_written_once() {
    let out: PathBuf = std::env::temp_dir().join(format!("forecity-answers-{}", std::process::id()));
    std::fs::remove_dir_all(&out).ok();
    let day =
        |seed: i32| [(seed, "a", 0.0, 600.0, "arrived", 1), (seed, "b", 60.0, 600.0, "arrived", 1), (seed, "warm", 0.0, 9.0, "arrived", 0)];
    // Base in one file of two seeds, the variant in two batches.
    stored(&out, "base", [1, 2], &trips(&[day(1), day(2)].concat()));
    stored(
        &out,
        "closed",
        [1, 1],
        &trips(&[(1, "b", 360.125, 600.0, "arrived", 1), (1, "a", 300.0, 600.0, "inside", 1), (1, "warm", 0.0, 9999.0, "arrived", 0)]),
    );
    stored(
        &out,
        "closed",
        [2, 2],
        &trips(&[(2, "a", 0.0, 600.0, "arrived", 1), (2, "b", 0.0, f32::NAN, "no_path", 1), (2, "new", 0.0, 9999.0, "arrived", 1)]),
    );
    let mut found = manifest(&["delay.mean"], &[("base", &[], 1, &[50.0, 51.0]), ("closed", &[], 1, &[55.0, 57.0])]);
    found.wanted.measures.push("worse_off.share".into());
    let rows = study::close(&mut found, &out, true).unwrap();
    // Seed 1: b is 300.125 s longer, a exactly 300 s. Seed 2: b has no way any more; "new" was not there.
    let shares: Vec<Option<f64>> = found.runs.iter().map(|run| compare::value(run, "worse_off.share")).collect();
    assert_eq!(shares, [0.0, 0.0, 50.0, 50.0].map(Some));
    assert!(rows.len() == 2 && rows[1].measure == "worse_off.share" && rows[1].unit == "%", "{rows:?}");
    assert!(rows[0].sentence.starts_with("2 paired runs are too few"), "{}", rows[0].sentence);
    // Another run of base, as after a change of the city: measured again.
    assert!(!found.runs[2].against.is_empty());
    let before = found.runs[2].against.clone();
    found.runs[0].state_hash = "other".into();
    stored(&out, "base", [1, 2], &trips(&[(1, "a", 0.0, 0.0, "arrived", 1), (1, "b", 0.0, 0.0, "arrived", 1)]));
    worse_off::fill(&mut found, &out);
    near(compare::value(&found.runs[2], "worse_off.share").unwrap(), 100.0, 1e-12);
    assert_ne!(found.runs[2].against, before);
    // Numbers of an earlier meaning are not taken over.
    let mut run = found.runs[0].clone();
    run.key = "key".into();
    for (version, known) in [(0, false), (forecity::report::measures::VERSION, true)] {
        run.measures_version = version;
        let mut before = Manifest { runs: vec![run.clone()], ..Manifest::default() };
        before.forecity.result_version = forecity::report::RESULT_VERSION;
        assert_eq!(before.known("base", 0, 1, "key").is_some(), known);
    }
    // Tables: one file a variant, whatever was there before; a study of fewer seeds leaves no old file behind.
    let there = |table: &str| -> Vec<String> {
        let folder = out.join("tables").join(table).join("variant=closed/point=0");
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(there("measures"), ["1-2.csv", "1-2.parquet"]);
    found.runs.retain(|run| run.seed == 1);
    study::close(&mut found, &out, false).unwrap();
    assert_eq!((there("measures"), there("comparisons")), (vec!["1-1.parquet".to_owned()], vec!["1-1.parquet".to_owned()]));
    let path = out.join(files::table_path("measures", "closed", 0, [1, 1], "parquet"));
    let columns = stored::columns(&path, &["seed", "measure", "value"]).unwrap();
    assert_eq!(columns[0], Data::Count(vec![1; 3]));
    let Data::Text(names) = &columns[1] else { panic!("names") };
    assert!(names.iter().eq(["delay.mean", "trips.total", "worse_off.share"]));
    assert_eq!(columns[2], Data::Real(vec![55.0, 18_400.0, 100.0]));
    assert!(stored::columns(&path, &["nothing"]).is_err());
    std::fs::remove_dir_all(&out).ok();
}

#[test]
fn the_document_holds_every_field_of_a_comparison() {
    let gold = manifest(&["delay.mean", "delay.p95"], &[("base", &[], 1, &BASE), ("closed", &[], 1, &VARIANT)]);
    let rows = compare::of(&gold);
    let found = document::run(&gold, &rows, &document::Extra::default());
    let first = &found["comparisons"][0];
    for field in
        "variant against point measure unit n mean_against mean difference difference_percent p p_holm correlation method n_needed grade \
                  sentence pairing_factor lower_bound matters"
            .split_whitespace()
    {
        assert!(!first[field].is_null(), "{field} in {first:#}");
    }
    assert!(first["ci95"][1].is_f64() && first["grade"] == "open" && found["comparisons"][1]["method"] == "bootstrap-t");
    assert!(found["answer"]["sentence"].as_str().unwrap().starts_with("10 paired runs cannot tell") && found["answer"]["n"] == 10);
    for field in ["measure", "unit", "n", "mean", "sd", "ci95", "lower_bound"] {
        assert!(!found["variants"][1]["measures"][1][field].is_null(), "{field}");
    }
    // Two runs of the same numbers give the same document, to the last digit of every bootstrap.
    assert_eq!(found, document::run(&gold, &compare::of(&gold), &document::Extra::default()));
    let single = manifest(&["delay.mean"], &[("base", &[], 1, &BASE[..1]), ("closed", &[], 1, &VARIANT[..1])]);
    let found = document::run(&single, &compare::of(&single), &document::Extra::default());
    assert!(found["comparisons"][0]["ci95"][0].is_null() && found["comparisons"][0]["p"].is_null());
    assert_eq!(Wanted::default().measures[0], "travel_time.mean");
}
