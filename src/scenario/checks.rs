//! What can be said about a study without its city: ranges, names, inheritance, measures. All faults are listed.

mod actions;
mod money;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity};
use crate::ids::{self, Names};
use crate::scenario::action::Action;
use crate::scenario::quantity::{At, Uncertain};
use crate::scenario::source::Source;
use crate::scenario::study::{CitySpec, Routing, RoutingMethod, StudyFile, Variant};
use crate::scenario::sweep::Axis;
use crate::scenario::{Asked, CityFrom, Informed, Plan, Study, measure};
use crate::units::{self, Kind};
use std::ops::{Range, RangeInclusive};

/// Seeds of one study at most.
pub const SEEDS: u32 = 100_000;
/// Seeds where a study names no number.
const DEFAULT_SEEDS: u32 = 10;
/// Variants of one study at most.
pub const VARIANTS: usize = 1_000;
/// Longest simulated time, all parts together \[s\]: a week; ticks of 1/8 s and clocks of milliseconds hold it.
pub const LONGEST_S: f64 = 7.0 * 86_400.0;

/// Deviations below its mean at which a draw of a normal law is rare: once in 740.
const RARE: f64 = 3.0;
/// Interval of the link table where none is named \[s\].
const LINKS_S: f64 = 900.0;
/// Informed drivers look so often \[s\]; travel times are renewed at one of their looks.
const LOOK_S: f64 = 60.0;

/// Reports with places.
struct Report<'a> {
    source: &'a Source,
    found: &'a mut Diagnostics,
}

impl Report<'_> {
    fn error(&mut self, code: u16, span: &Range<usize>, message: String, hint: impl Into<Option<String>>) {
        self.found.push(Diagnostic::error(code, message).at(&self.source.place(span), "").hint(hint));
    }
    /// Was a fault told within the first line of this already? Something was cut out there then.
    fn told(&self, span: &Range<usize>) -> bool {
        let all = self.source.place(span);
        let inside = |place: &Place| {
            (&place.file, place.line, &place.text) == (&all.file, all.line, &all.text) && (all.col..=all.end).contains(&place.col)
        };
        self.found.sorted().iter().any(|one| one.severity == Severity::Error && one.place.as_ref().is_some_and(inside))
    }
    fn warning(&mut self, code: u16, span: &Range<usize>, message: String, hint: impl Into<Option<String>>) {
        self.found.push(Diagnostic::warning(code, message).at(&self.source.place(span), "").hint(hint));
    }
    fn range(&mut self, what: &str, unit: &str, span: &Range<usize>, value: f64, range: RangeInclusive<f64>) {
        if !range.contains(&value) {
            let blank = if unit.is_empty() { "" } else { " " };
            let message = format!("{what} is {}{blank}{unit}, outside {} to {}{blank}{unit}", number(value), range.start(), range.end());
            self.error(230, span, message, None);
        }
    }
    /// C231 where 2^-bits holds the value only to worse than 0.1 %.
    fn rounded(&mut self, what: &str, unit: &str, span: &Range<usize>, value: f64, bits: i32) {
        let scale = f64::from(1_u32 << bits);
        let used = (value * scale).round() / scale;
        if (used - value).abs() > 0.001 * value.abs() {
            self.warning(231, span, format!("{what} {value} {unit} is used as {used} {unit}"), None);
        }
    }
}

/// At most 6 digits behind the point.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.len() > 24 { format!("{value:e}") } else { short.to_owned() }
}

/// Checks and fills in defaults. A study with errors in `found` must not be used.
pub fn study(file: StudyFile, axes: Vec<Axis>, source: Source, asked: &Asked, found: &mut Diagnostics) -> Study {
    let faulty = found.failed();
    let mut report = Report { source: &source, found };
    heads(&file, asked, faulty, &mut report);
    let span_s = span(&file, &mut report);
    let (warmup_s, drain_s, k) = rest_of_time(&file, span_s, &mut report);
    let mut city = file.city.as_ref().map(|city| city_from(city, &mut report)).or_else(|| asked.city.clone());
    let trips_file = trips(&file, &mut city, &mut report);
    demand_and_model(&file, &mut report);
    not_done(&file, &mut report);
    let variants = variants(&file.variant, &mut report);
    money::one_currency(&file, &mut report);
    let measures = measures(&file, &mut report);
    runs_and_outputs(&file, &mut report);
    let share = |value: &Option<At<crate::scenario::quantity::Share>>, default: f64| value.as_ref().map_or(default, |v| v.value.0);
    let seconds = |value: &Option<At<crate::scenario::quantity::Seconds>>, default: f64| value.as_ref().map_or(default, |v| v.value.0);
    Study {
        title: file.title.clone().unwrap_or_default(),
        question: file.question.clone().unwrap_or_default(),
        city,
        trips_file,
        scale: file.demand.scale.as_ref().map_or(Uncertain::Fixed(1.0), |s| s.value),
        span_s,
        warmup_s,
        drain_s,
        k,
        seeds: file.runs.seeds.as_ref().map_or(DEFAULT_SEEDS, |s| s.value),
        first_seed: file.runs.first_seed.as_ref().map_or(1, |s| s.value),
        interval_s: seconds(&file.outputs.links, LINKS_S),
        vehicles_every_s: file.outputs.vehicles.as_ref().map(|v| v.value.every.value.0),
        teleport_after_s: file.model.teleport_after.as_ref().map(|t| t.value.0),
        informed: informed(file.model.routing.as_ref().map(|routing| &routing.value)),
        measures,
        matters: file.report.matters.as_ref().map_or(0.01, |s| s.value.0),
        limits: [share(&file.limits.forced, 0.005), share(&file.limits.refused, 0.01), share(&file.limits.unfinished, 0.01)],
        variants,
        axes,
        file,
        source,
    }
}

/// What must be there.
fn heads(file: &StudyFile, asked: &Asked, faulty: bool, report: &mut Report) {
    match &file.format {
        Some(format) if format.value != 1 => {
            let hint = if format.value > 1 { "a newer forecity reads it" } else { "write format = 1" };
            report.error(105, &format.span, format!("format {} is not read by this version", format.value), hint.to_owned());
        }
        None if asked.city.is_none() && !faulty => missing("format", "format = 1", report),
        _ => {}
    }
    if asked.city.is_some() || faulty {
        return;
    }
    if file.city.is_none() {
        missing("city", "city = \"harbour\"  (a folder) or city = { grid = [13, 7] }", report);
    }
    if file.time.is_none() {
        missing("[time]", "[time], then from = 2026-11-24T06:00:00 and to = 2026-11-24T10:00:00", report);
    }
}

fn missing(what: &str, line: &str, report: &mut Report) {
    let place = crate::diagnostic::Place::file(&report.source.name);
    report.found.push(Diagnostic::error(106, format!("the study has no {what}")).at(&place, "").hint(format!("add {line}")));
}

/// Measured span, counted from midnight of the day of `from`.
fn span(file: &StudyFile, report: &mut Report) -> Option<[f64; 2]> {
    let time = file.time.as_ref()?;
    let (from, to) = (&time.from.value, &time.to.value);
    let days = match (from.day, to.day) {
        (Some(from), Some(to)) => to - from,
        (None, None) => 0,
        _ => {
            report.error(107, &time.to.span, "from and to must both have a date, or neither".into(), None);
            return None;
        }
    };
    let span = [from.second, to.second + 86_400.0 * days as f64];
    if span[1] <= span[0] {
        let hint = "trips that depart in [from, to) are measured; a span over midnight needs dates".to_owned();
        report.error(230, &time.to.span, "the time span ends before it begins".into(), hint);
        return None;
    }
    report.range("the time span", "h", &time.to.span, (span[1] - span[0]) / 3600.0, 0.001..=LONGEST_S / 3600.0);
    Some(span)
}

fn rest_of_time(file: &StudyFile, span: Option<[f64; 2]>, report: &mut Report) -> (f64, f64, u32) {
    let (mut warmup, mut drain, mut k) = (900.0, 3600.0, 1);
    let Some(time) = &file.time else { return (warmup, drain, k) };
    if let Some(value) = &time.warmup {
        report.range("warmup", "h", &value.span, value.value.0 / 3600.0, 0.0..=48.0);
        warmup = value.value.0;
    }
    if let Some(value) = &time.drain {
        report.range("drain", "h", &value.span, value.value.0 / 3600.0, 0.0..=48.0);
        drain = value.value.0;
    }
    if let Some([from, _]) = span
        && warmup > from
    {
        // Times count from midnight; a warm-up cannot begin before it.
        if time.warmup.is_some() && time.from.value.day.is_none() {
            let at = time.warmup.as_ref().map_or(0..0, |w| w.span.clone());
            report.warning(231, &at, format!("warmup begins before midnight: {} is used", units::clock_text(from)), None);
        }
        warmup = from;
    }
    if let Some(step) = &time.step {
        match [1.0, 0.5, 0.25, 0.125].iter().position(|s| (s - step.value.0).abs() < 1e-9) {
            Some(position) => k = u32::try_from(position).unwrap_or(1),
            None => report.error(
                230,
                &step.span,
                format!("a step of {} s", number(step.value.0)),
                "\"1 s\", \"0.5 s\", \"0.25 s\" or \"0.125 s\"".to_owned(),
            ),
        }
    }
    (warmup, drain, k)
}

fn city_from(city: &At<CitySpec>, report: &mut Report) -> CityFrom {
    let grid = match &city.value {
        CitySpec::Folder(path) => {
            if path.trim().is_empty() {
                report.error(
                    101,
                    &city.span,
                    "the city has an empty name".into(),
                    "name a folder, or city = { grid = [13, 7] }".to_owned(),
                );
            }
            return CityFrom::Folder(path.clone());
        }
        CitySpec::Grid(grid) => grid,
    };
    for (what, value) in [("columns", grid.grid.value[0]), ("rows", grid.grid.value[1])] {
        report.range(what, "", &grid.grid.span, f64::from(value), 2.0..=1000.0);
    }
    let spec = grid.spec();
    let junctions = f64::from(spec.columns) * f64::from(spec.rows);
    report.range("columns x rows", "", &grid.grid.span, junctions, 4.0..=f64::from(crate::scenario::grid::JUNCTIONS));
    let mut check = |what: &str, unit: &str, span: Option<&Range<usize>>, value: f64, range| {
        if let Some(span) = span {
            report.range(what, unit, span, value, range);
        }
    };
    check("block", "m", grid.block.as_ref().map(|v| &v.span), spec.block_m, 50.0..=5000.0);
    check("lanes", "", grid.lanes.as_ref().map(|v| &v.span), f64::from(spec.lanes), 1.0..=8.0);
    check("limit", "m/s", grid.limit.as_ref().map(|v| &v.span), spec.limit_mps, 1.0..=64.0);
    check("cycle", "s", grid.cycle.as_ref().map(|v| &v.span), spec.cycle_s, 20.0..=300.0);
    check("arterial_every", "", grid.arterial_every.as_ref().map(|v| &v.span), f64::from(spec.arterial_every), 0.0..=1000.0);
    check("zones", "", grid.zones.as_ref().map(|v| &v.span), f64::from(spec.zones), 0.0..=1_000_000.0);
    check("trips", "trips/h", grid.trips.as_ref().map(|v| &v.span), spec.trips_per_h.unwrap_or(0.0), 0.0..=1e8);
    check("decay", "m", grid.decay.as_ref().map(|v| &v.span), spec.decay_m, 50.0..=1_000_000.0);
    CityFrom::Grid(spec)
}

/// `demand.trips`: a file; or for a generated city a flow.
fn trips(file: &StudyFile, city: &mut Option<CityFrom>, report: &mut Report) -> Option<At<String>> {
    let trips = file.demand.trips.as_ref()?;
    match units::parse(&trips.value, Kind::Flow) {
        Ok(flow) => {
            report.range("trips", "trips/h", &trips.span, flow, 0.0..=1e8);
            match city {
                Some(CityFrom::Grid(spec)) => spec.trips_per_h = Some(flow),
                Some(CityFrom::Folder(_)) => {
                    let hint = "name a file such as \"od.csv\"; a flow is for generated cities".to_owned();
                    report.error(107, &trips.span, "a flow cannot be spread over a city from a folder".into(), hint);
                }
                None => {}
            }
            None
        }
        Err(fault) if fault.code == 107 => Some(trips.clone()),
        Err(fault) => {
            report.error(fault.code, &trips.span, fault.message, fault.hint);
            None
        }
    }
}

fn demand_and_model(file: &StudyFile, report: &mut Report) {
    if let Some(scale) = &file.demand.scale {
        let (lowest, highest, ordered) = match scale.value {
            Uncertain::Fixed(v) => (v, v, true),
            Uncertain::Normal([mean, deviation]) => (mean.min(deviation), mean, deviation >= 0.0),
            Uncertain::Uniform([a, b]) => (a, b, a <= b),
            Uncertain::Triangular([a, likely, b]) => (a, b, a <= likely && likely <= b),
        };
        report.range("scale", "", &scale.span, lowest, 0.0..=100.0);
        if lowest >= 0.0 {
            report.range("scale", "", &scale.span, highest, 0.0..=100.0);
        }
        if !ordered {
            report.error(230, &scale.span, "the numbers of this law must ascend".into(), None);
        }
        if let Uncertain::Normal([mean, deviation]) = scale.value
            && ordered
            && mean < RARE * deviation
        {
            let message = format!("normal({}, {}) reaches below 0: such a day has no trips at all", number(mean), number(deviation));
            let hint = "a smaller deviation, or a triangular law, which has a least value".to_owned();
            report.warning(231, &scale.span, message, hint);
        }
    }
    let mut share = |what: &str, value: &Option<At<crate::scenario::quantity::Share>>| {
        if let Some(value) = value {
            report.range(what, "", &value.span, value.value.0, 0.0..=1.0);
        }
    };
    share("ev_share", &file.demand.ev_share);
    share("matters", &file.report.matters);
    share("forced", &file.limits.forced);
    share("refused", &file.limits.refused);
    share("unfinished", &file.limits.unfinished);
    if let Some(routing) = &file.model.routing {
        share("share", &routing.value.share);
        if let Some(update) = &routing.value.update {
            let minutes = update.value.0 / LOOK_S;
            report.range("update", "s", &update.span, update.value.0, LOOK_S..=86_400.0);
            if minutes >= 1.0 && (minutes - minutes.round()).abs() > 1e-9 {
                let hint = "drivers look once a minute: a whole number of minutes".to_owned();
                report.error(230, &update.span, format!("an update every {} s", number(update.value.0)), hint);
            }
        }
        if routing.value.method != RoutingMethod::Informed && (routing.value.share.is_some() || routing.value.update.is_some()) {
            let hint = "share and update are of method = \"informed\"".to_owned();
            report.warning(112, &routing.span, "nobody is informed: share and update do nothing here".into(), hint);
        }
    }
    if let Some(after) = &file.model.teleport_after {
        report.range("teleport_after", "s", &after.span, after.value.0, 1.0..=7200.0);
    }
    for driver in file.model.driver.values() {
        let driver = &driver.value;
        let mut check = |what: &str, unit: &str, at: Option<(f64, &Range<usize>)>, range: RangeInclusive<f64>, bits: i32| {
            if let Some((value, span)) = at {
                let inside = range.contains(&value);
                report.range(what, unit, span, value, range);
                if inside {
                    report.rounded(what, unit, span, value, bits);
                }
            }
        };
        check("speed_factor", "", driver.speed_factor.as_ref().map(|v| (v.value, &v.span)), 0.1..=3.0, 12);
        check("time_gap", "s", driver.time_gap.as_ref().map(|v| (v.value.0, &v.span)), 0.125..=3.996, 8);
        check("standstill_gap", "m", driver.standstill_gap.as_ref().map(|v| (v.value.0, &v.span)), 0.5..=8.0, 10);
        check("acceleration", "m/s2", driver.acceleration.as_ref().map(|v| (v.value.0, &v.span)), 0.25..=4.0, 10);
        check("braking", "m/s2", driver.braking.as_ref().map(|v| (v.value.0, &v.span)), 0.5..=12.0, 10);
    }
}

/// C111: what would change numbers or files and is not carried out; C110: what only the report would show. Said, never passed over.
fn not_done(file: &StudyFile, report: &mut Report) {
    let vehicles = file.outputs.vehicles.as_ref().map(|v| &v.value);
    let routing = file.model.routing.as_ref().filter(|r| r.value.method == RoutingMethod::Equilibrium);
    let links_s = file.outputs.links.as_ref().map_or(LINKS_S, |v| v.value.0);
    let detectors = file.outputs.detectors.as_ref().filter(|d| (d.value.0 - links_s).abs() > 0.0);
    let spans = [
        ("systems.power", file.systems.power.as_ref().map(|s| &s.span)),
        ("systems.water", file.systems.water.as_ref().map(|s| &s.span)),
        ("systems.air", file.systems.air.as_ref().map(|s| &s.span)),
        ("systems.goods", file.systems.goods.as_ref().map(|s| &s.span)),
        ("systems.flood", file.systems.flood.as_ref().map(|s| &s.span)),
        ("demand.ev_share", file.demand.ev_share.as_ref().map(|s| &s.span)),
        ("this method of routing", routing.map(|r| &r.span)),
        ("an interval of detectors that is not that of links", detectors.map(|d| &d.span)),
        ("outputs.vehicles.between", vehicles.and_then(|v| v.between.as_ref()).map(|b| &b.span)),
        ("outputs.vehicles.inside", vehicles.and_then(|v| v.inside.as_ref()).map(|i| &i.span)),
    ];
    for (what, span) in spans {
        if let Some(span) = span {
            report.warning(111, span, format!("{what} is read, but this version does not carry it out"), None);
        }
    }
    let undone = |action: &&At<Action>| matches!(action.value, Action::Transit(_) | Action::Rain(_) | Action::Outage(_));
    for action in file.variant.iter().flat_map(|variant| &variant.actions).filter(undone) {
        let message = format!("the action `{}` is read, but this version does not carry it out", action.value.verb());
        report.warning(111, &action.span, message, None);
    }
    let split = file.report.split_by.as_ref().and_then(|list| list.first()).map(|s| &s.span);
    for (what, span) in [("report.split_by", split), ("report.publish", file.report.publish.as_ref().map(|p| &p.span))] {
        if let Some(span) = span {
            report.warning(110, span, format!("{what} is read, but this version does not report it"), None);
        }
    }
}

/// The informed drivers of a study; a share of nobody is none.
fn informed(routing: Option<&Routing>) -> Option<Informed> {
    let default = Informed::default();
    let Some(routing) = routing else { return Some(default) };
    let share = routing.share.as_ref().map_or(default.share, |share| share.value.0);
    let update_s = routing.update.as_ref().map_or(default.update_s, |update| update.value.0);
    (routing.method == RoutingMethod::Informed && share > 0.0).then_some(Informed { share, update_s })
}

/// Names unique after slugging, `from` a tree, actions whole.
fn variants(all: &[Variant], report: &mut Report) -> Vec<Plan> {
    if let Some(first) = all.get(VARIANTS) {
        report.error(230, &first.name.span, format!("{} variants, more than {VARIANTS} are not run", all.len()), None);
    }
    let all = &all[..all.len().min(VARIANTS)];
    let mut slugs = Names::new();
    let names = Names::of(all.iter().map(|v| v.name.value.as_str()));
    let mut action_ids = Names::new();
    for (index, variant) in all.iter().enumerate() {
        let (name, slug) = (&variant.name.value, slug(&variant.name.value));
        if slug.is_empty() || slug == "base" || name.len() > 200 {
            let hint = if slug == "base" { "base always exists and is never written" } else { "use letters and digits" };
            report.error(230, &variant.name.span, format!("\"{}\" cannot be the name of a variant", units::short(name)), hint.to_owned());
        } else if slugs.insert(&slug, index).is_err() {
            report.error(
                204,
                &variant.name.span,
                format!("two variants are named \"{}\"", units::short(name)),
                format!("both are written to the folder \"{slug}\""),
            );
        }
        for action in &variant.actions {
            actions::complete(action, report);
            if let Some(id) = action.value.id()
                && action_ids.insert(&id.value, index).is_err()
            {
                report.error(204, &id.span, format!("two actions have the id \"{}\"", units::short(&id.value)), None);
            }
        }
    }
    let plan = |(index, variant): (usize, &Variant)| {
        let mut chain = vec![index];
        let mut at = variant;
        while let Some(from) = &at.from {
            if from.value == "base" {
                break;
            }
            let Some(next) = names.get(&from.value) else {
                if chain.len() == 1 {
                    let hint = names.nearest(&from.value).map(|n| format!("did you mean \"{n}\"?"));
                    report.error(203, &from.span, format!("no variant is named \"{}\"", units::short(&from.value)), hint);
                }
                break;
            };
            if chain.contains(&next) {
                // Told once, at the first of those who stand in it.
                if chain[0] == next && chain.iter().min() == Some(&next) {
                    let path: Vec<&str> = chain.iter().chain([&next]).map(|i| all[*i].name.value.as_str()).collect();
                    report.error(
                        221,
                        &from.span,
                        format!("variants inherit in a circle: {}", path.join(" <- ")),
                        "`from` must lead back to base".to_owned(),
                    );
                }
                break;
            }
            chain.push(next);
            at = &all[next];
        }
        let actions = chain.iter().rev().flat_map(|i| all[*i].actions.iter().cloned()).collect();
        let note = variant.note.clone().unwrap_or_default();
        Plan { name: variant.name.value.clone(), slug: slug(&variant.name.value), note, actions }
    };
    let plans = all.iter().enumerate().map(plan).collect();
    // Actions with faults were cut out; where there is one, what is left says nothing.
    let faulty = report.found.failed();
    for variant in all.iter().filter(|variant| variant.actions.is_empty() && !faulty) {
        let like = variant.from.as_ref().map_or("base", |from| from.value.as_str());
        let (name, like) = (units::short(&variant.name.value), units::short(like));
        let message = format!("the variant \"{name}\" changes nothing: it has no actions, and is as \"{like}\"");
        report.warning(232, &variant.name.span, message, "add do = [{ close = { road = \"Quay Street\" } }]".to_owned());
    }
    plans
}

/// Letters, digits and hyphens.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in ids::folded(name).chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn measures(file: &StudyFile, report: &mut Report) -> Vec<String> {
    let mut check = |text: &At<String>| match measure::find(&text.value) {
        Some(known) if !known.computed => {
            report.warning(110, &text.span, format!("\"{}\" is not computed by this version", text.value), None);
        }
        Some(_) => {}
        None => {
            let names = measure::names();
            let near = ids::ranked(&text.value, names.iter().map(String::as_str), 3);
            let hint = format!("for example {}", near.iter().map(|(_, n)| *n).collect::<Vec<_>>().join(", "));
            report.error(223, &text.span, format!("\"{}\" is not a measure", units::short(&text.value)), hint);
        }
    };
    if let Some(until) = &file.runs.until {
        check(&until.value.measure);
    }
    let Some(list) = &file.report.measures else { return measure::DEFAULT.map(str::to_owned).to_vec() };
    list.iter().for_each(&mut check);
    list.iter().map(|m| m.value.clone()).collect()
}

fn runs_and_outputs(file: &StudyFile, report: &mut Report) {
    let runs = &file.runs;
    if let Some(seeds) = &runs.seeds {
        report.range("seeds", "", &seeds.span, f64::from(seeds.value), 1.0..=f64::from(SEEDS));
    }
    if let Some(first) = &runs.first_seed {
        report.range("first_seed", "", &first.span, first.value as f64, 0.0..=9_007_199_254_740_992.0);
    }
    if let Some(until) = &runs.until {
        let until = &until.value;
        report.range("half_width", "", &until.half_width.span, until.half_width.value.0, 1e-6..=1.0);
        report.range("at_most", "", &until.at_most.span, f64::from(until.at_most.value), 2.0..=f64::from(SEEDS));
        let seeds = runs.seeds.as_ref().map_or(DEFAULT_SEEDS, |seeds| seeds.value);
        if until.at_most.value < seeds {
            let message = format!("at most {} seeds, where the first look has {seeds}", until.at_most.value);
            report.error(230, &until.at_most.span, message, "at_most is not below `seeds`".to_owned());
        }
    }
    for (what, every) in [("links", &file.outputs.links), ("detectors", &file.outputs.detectors)] {
        if let Some(every) = every {
            report.range(what, "s", &every.span, every.value.0, 1.0..=86_400.0);
        }
    }
    if let Some(vehicles) = &file.outputs.vehicles {
        report.range("every", "s", &vehicles.value.every.span, vehicles.value.every.value.0, 0.125..=3600.0);
        if let Some(between) = &vehicles.value.between {
            actions::interval(between, report);
        }
    }
    if let Some(publish) = &file.report.publish {
        for (what, value, least) in [("min_group", &publish.value.min_group, 5.0), ("round_to", &publish.value.round_to, 1.0)] {
            if let Some(value) = value {
                report.range(what, "", &value.span, f64::from(value.value), least..=1e6);
            }
        }
    }
}
