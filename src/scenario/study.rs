//! The study file, key by key, as written. One file = one study; [`crate::scenario::read`] fills it and lists all faults.

use crate::scenario::action::Action;
use crate::scenario::grid::{GridSignals, GridSpec};
use crate::scenario::quantity::{Acceleration, At, Clock, Few, Metres, Moment, PerHour, Seconds, Share, Speed, Uncertain};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use std::collections::BTreeMap;

/// A study: a question, a city, variants, and how to run and report them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StudyFile {
    /// Version of this format: 1.
    #[schemars(required)]
    pub format: Option<At<u32>>,
    /// Title.
    pub title: Option<String>,
    /// The question in words.
    pub question: Option<String>,
    /// City folder, relative to this file, or a generated grid.
    #[schemars(required)]
    pub city: Option<At<CitySpec>>,
    /// Time span and step.
    #[schemars(required)]
    pub time: Option<Time>,
    /// Demand.
    pub demand: Demand,
    /// Laws and their parameters.
    pub model: Model,
    /// Other systems; absent = not simulated.
    pub systems: Systems,
    /// What is compared with base.
    pub variant: Vec<Variant>,
    /// Axes: a path and its values.
    pub sweep: BTreeMap<String, At<Values>>,
    /// Seeds and when to stop.
    pub runs: Runs,
    /// What is written beside trips.
    pub outputs: Outputs,
    /// What is reported.
    pub report: Report,
    /// When a run is invalid.
    pub limits: Limits,
}

/// Where the city comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum CitySpec {
    /// A folder.
    Folder(String),
    /// A generated grid.
    Grid(Box<GridFile>),
}

impl<'de> Deserialize<'de> for CitySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = CitySpec;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a folder such as \"harbour\", or a table such as { grid = [13, 7] }")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<CitySpec, E> {
                Ok(CitySpec::Folder(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CitySpec, A::Error> {
                GridFile::deserialize(MapAccessDeserializer::new(map)).map(|grid| CitySpec::Grid(Box::new(grid)))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for CitySpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "City".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let grid = generator.subschema_for::<GridFile>();
        schemars::json_schema!({ "anyOf": [{ "type": "string", "description": "city folder, relative to this file" }, grid] })
    }
}

/// A generated grid city.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridFile {
    /// Junctions from west to east and from south to north, 2 to 1000.
    pub grid: At<Few<u32, 2>>,
    /// Distance between junctions; "200 m" if absent.
    pub block: Option<At<Metres>>,
    /// Lanes a direction, 1 to 8; 2 if absent.
    pub lanes: Option<At<u32>>,
    /// Speed limit; "50 km/h" if absent.
    pub limit: Option<At<Speed>>,
    /// Control of the crossings; "fixed" if absent.
    pub signals: Option<GridControl>,
    /// Cycle of the fixed plan; "60 s" if absent.
    pub cycle: Option<At<Seconds>>,
    /// Every n-th street is an arterial; 3 if absent, 0 = none.
    pub arterial_every: Option<At<u32>>,
    /// Key of what is drawn while generating; 1 if absent.
    pub seed: Option<At<u64>>,
    /// Zones; 0 = one a junction.
    pub zones: Option<At<u32>>,
    /// Trips in an hour over the whole city.
    pub trips: Option<At<PerHour>>,
    /// Distance over which the pull of a destination falls to 1/e; "2.5 km" if absent. Shorter means shorter trips.
    pub decay: Option<At<Metres>>,
}

/// Control of a generated city's crossings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GridControl {
    /// A fixed plan.
    Fixed,
    /// Green extends while vehicles come.
    Actuated,
    /// The phase with the largest pressure.
    MaxPressure,
    /// No signals.
    None,
}

impl GridFile {
    /// With all defaults filled in; ranges are checked by [`crate::scenario::checks`].
    #[must_use]
    pub fn spec(&self) -> GridSpec {
        let default = GridSpec::default();
        GridSpec {
            columns: self.grid.value[0],
            rows: self.grid.value[1],
            block_m: self.block.as_ref().map_or(default.block_m, |v| v.value.0),
            lanes: self.lanes.as_ref().map_or(default.lanes, |v| v.value),
            limit_mps: self.limit.as_ref().map_or(default.limit_mps, |v| v.value.0),
            arterial_every: self.arterial_every.as_ref().map_or(default.arterial_every, |v| v.value),
            signals: match self.signals {
                None => default.signals,
                Some(GridControl::Fixed) => GridSignals::Fixed,
                Some(GridControl::Actuated) => GridSignals::Actuated,
                Some(GridControl::MaxPressure) => GridSignals::MaxPressure,
                Some(GridControl::None) => GridSignals::None,
            },
            cycle_s: self.cycle.as_ref().map_or(default.cycle_s, |v| v.value.0),
            zones: self.zones.as_ref().map_or(default.zones, |v| v.value),
            seed: self.seed.as_ref().map_or(default.seed, |v| v.value),
            trips_per_h: self.trips.as_ref().map(|v| v.value.0),
            decay_m: self.decay.as_ref().map_or(default.decay_m, |v| v.value.0),
        }
    }
}

/// Time span and step.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// Local time; trips that depart in [from, to) are measured.
    pub from: At<Moment>,
    /// End of the span.
    pub to: At<Moment>,
    /// Simulated before `from`, never measured; "15 min" if absent.
    pub warmup: Option<At<Seconds>>,
    /// At most so long after `to`; "60 min" if absent.
    pub drain: Option<At<Seconds>>,
    /// "1 s", "0.5 s", "0.25 s" or "0.125 s"; "0.5 s" if absent.
    pub step: Option<At<Seconds>>,
}

/// Demand.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// A file that replaces the city's od.csv, relative to this file; or for a generated city trips in an hour.
    pub trips: Option<At<String>>,
    /// Factor on all trips; may be uncertain.
    pub scale: Option<At<Uncertain>>,
    /// Share of electric vehicles.
    pub ev_share: Option<At<Share>>,
}

/// Laws and their parameters.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// Level of detail: "micro".
    pub level: Option<At<Level>>,
    /// How routes are chosen.
    pub routing: Option<At<Routing>>,
    /// Carry on the first vehicle of a lane that has stood for so long, two hours at most, to the next link of its way with room; never if
    /// absent. For comparison with SUMO only; looked at once a minute.
    pub teleport_after: Option<At<Seconds>>,
    /// Drivers, by class.
    pub driver: BTreeMap<String, At<Driver>>,
}

/// Level of detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Each vehicle, each lane.
    Micro,
}

/// How routes are chosen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Routing {
    /// Method; "informed" if absent.
    pub method: RoutingMethod,
    /// Share of drivers who look again on the way; "30 %" if absent.
    pub share: Option<At<Share>>,
    /// How often travel times are renewed, a whole number of minutes; "5 min" if absent.
    pub update: Option<At<Seconds>>,
}

/// Method of routing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RoutingMethod {
    /// Paths as given, else the shortest at free flow; of the second a share reroutes by present travel times.
    #[default]
    Informed,
    /// Paths as given, else the shortest at free flow, and nobody looks at travel times.
    Fixed,
    /// All on the shortest at free flow.
    Shortest,
    /// User equilibrium.
    Equilibrium,
}

/// A driver of one class; what is absent stays as the city has it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Driver {
    /// Desired speed over the limit.
    pub speed_factor: Option<At<f64>>,
    /// Time gap T.
    pub time_gap: Option<At<Seconds>>,
    /// Standstill gap s0.
    pub standstill_gap: Option<At<Metres>>,
    /// Largest acceleration.
    pub acceleration: Option<At<Acceleration>>,
    /// Comfortable braking.
    pub braking: Option<At<Acceleration>>,
}

/// Other systems.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Systems {
    /// Power network.
    pub power: Option<At<Rhythm>>,
    /// Water network.
    pub water: Option<At<Rhythm>>,
    /// Air quality.
    pub air: Option<At<Rhythm>>,
    /// Goods.
    pub goods: Option<At<Rhythm>>,
    /// Surface water.
    pub flood: Option<At<Raster>>,
}

/// How often a system is stepped.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Rhythm {
    /// Every so often.
    pub every: Option<At<Seconds>>,
}

/// How fine a raster is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raster {
    /// Edge of a cell.
    pub cell: Option<At<Metres>>,
}

/// A set of actions under a name.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Unique name.
    pub name: At<String>,
    /// A remark for the reader.
    pub note: Option<String>,
    /// Inherits all actions of this variant, then adds its own.
    pub from: Option<At<String>>,
    /// Actions in order; later wins.
    #[serde(rename = "do", default)]
    pub actions: Vec<At<Action>>,
}

/// Values of an axis: a list, or from, to, step.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(pub Vec<toml::Value>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::scenario::sweep::read_values(deserializer)
    }
}

impl JsonSchema for Values {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Values".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let number = serde_json::json!({ "type": "number" });
        schemars::json_schema!({ "anyOf": [
            { "type": "array", "minItems": 1 },
            { "type": "object", "properties": { "from": number, "to": number, "step": number }, "required": ["from", "to", "step"], "additionalProperties": false },
        ] })
    }
}

/// Seeds and when to stop.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runs {
    /// Synthetic days, the same in every variant; 10 if absent.
    pub seeds: Option<At<u32>>,
    /// The first seed; 1 if absent.
    pub first_seed: Option<At<u64>>,
    /// Add seeds until a measure is precise enough.
    pub until: Option<At<Until>>,
}

/// Stop when a measure is precise enough.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Until {
    /// Which measure.
    pub measure: At<String>,
    /// Half-width of the 95 % interval, as a share of base's mean.
    pub half_width: At<Share>,
    /// Seeds at most.
    pub at_most: At<u32>,
}

/// What is written beside trips.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Interval of the link table; "15 min" if absent.
    pub links: Option<At<Seconds>>,
    /// Interval of the detector table; that of links if absent.
    pub detectors: Option<At<Seconds>>,
    /// Trajectories.
    pub vehicles: Option<At<Vehicles>>,
}

/// Trajectories.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vehicles {
    /// Interval.
    pub every: At<Seconds>,
    /// Part of the day.
    pub between: Option<At<Few<Clock, 2>>>,
    /// Zone.
    pub inside: Option<At<String>>,
}

/// What is reported.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// Measures, NAME.STATISTIC.
    pub measures: Option<Vec<At<String>>>,
    /// Tables by mode, `income_decile`, zone.
    pub split_by: Option<Vec<At<Split>>>,
    /// A smaller difference is called "no difference that matters"; 1 % if absent.
    pub matters: Option<At<Share>>,
    /// Rules of publishing.
    pub publish: Option<At<Publish>>,
    /// Whom a reader may ask: a name, an office, an address. Stands on the page.
    pub contact: Option<String>,
}

/// What a table is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Split {
    Mode,
    IncomeDecile,
    Zone,
    Class,
}

/// Rules of publishing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Publish {
    /// Persons in the smallest group shown; 10 if absent, at least 5.
    pub min_group: Option<At<u32>>,
    /// Counts are rounded to this; 5 if absent.
    pub round_to: Option<At<u32>>,
}

/// When a run is invalid.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Rotated and teleported of departed; 0.5 % if absent.
    pub forced: Option<At<Share>>,
    /// Waiting outside at the end, of demanded; 1 % if absent.
    pub refused: Option<At<Share>>,
    /// Still driving at the end, of demanded; 1 % if absent.
    pub unfinished: Option<At<Share>>,
}
