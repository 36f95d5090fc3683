//! Names of measures: NAME.STATISTIC.

/// A measure.
pub struct Measure {
    /// Name.
    pub name: &'static str,
    /// Unit as printed; that of `refused.total` is vehicles, see [`unit()`].
    pub unit: &'static str,
    /// Statistics it has; empty = it stands alone.
    pub statistics: &'static [&'static str],
    /// Computed by this version.
    pub computed: bool,
}

const ALL: &[&str] = &["mean", "p05", "p50", "p95", "total", "max"];

const fn measure(name: &'static str, unit: &'static str, statistics: &'static [&'static str], computed: bool) -> Measure {
    Measure { name, unit, statistics, computed }
}

/// All measures (`product` reference 2); the first four are reported by default.
#[rustfmt::skip]
pub const MEASURES: &[Measure] = &[
    measure("travel_time", "min", ALL, true),
    measure("delay", "s", ALL, true),
    measure("stops", "-", &["mean", "total", "max"], true),
    measure("queue", "m", &["max"], true),
    measure("refused", "%", &["share", "total"], true),
    measure("person_delay", "person-h", &["total", "mean"], true),
    measure("speed", "km/h", &["mean"], true),
    measure("vkt", "veh-km", &["total"], true),
    measure("vht", "veh-h", &["total"], true),
    measure("worse_off", "%", &["share"], true),
    measure("unfinished", "%", &["share"], true),
    measure("trips", "trips", &["total"], true),
    measure("detour", "%", &["share"], true),
    measure("bus.delay", "s", ALL, false),
    measure("bus.headway_cv", "-", &["mean"], false),
    measure("co2", "kg", &["total"], false),
    measure("nox", "g", &["total"], false),
    measure("energy", "kWh", &["total"], false),
    measure("access.jobs_30min", "jobs", &[], false),
    measure("access.gini", "-", &[], false),
    measure("charge.revenue", "money", &["total"], false),
    measure("charge.burden", "%", &["mean"], false),
    measure("power.unserved", "kWh", &["total"], false),
    measure("power.voltage_min", "pu", &[], false),
    measure("water.unserved", "m3", &["total"], false),
    measure("flood.closed_km", "km", &["max"], false),
    measure("flood.depth_max", "m", &[], false),
];

/// Reported when a study does not say.
pub const DEFAULT: [&str; 4] = ["travel_time.mean", "delay.mean", "stops.mean", "queue.max"];

/// The measure of `NAME.STATISTIC`.
#[must_use]
pub fn find(text: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|m| match text.strip_prefix(m.name) {
        Some("") => m.statistics.is_empty(),
        Some(rest) => rest.strip_prefix('.').is_some_and(|s| m.statistics.contains(&s)),
        None => false,
    })
}

/// Unit of a measure with its statistic, as printed; "-" for none.
#[must_use]
pub fn unit(text: &str) -> &'static str {
    // The one name whose statistics differ in unit.
    if text == "refused.total" { "veh" } else { find(text).map_or("-", |found| found.unit) }
}

/// All names with their statistics.
#[must_use]
pub fn names() -> Vec<String> {
    let each = |m: &Measure| match m.statistics {
        [] => vec![m.name.to_owned()],
        some => some.iter().map(|s| format!("{}.{s}", m.name)).collect(),
    };
    MEASURES.iter().flat_map(each).collect()
}
