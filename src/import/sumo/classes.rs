//! Vehicle types and their mixes as classes and modes.
//!
//! Defaults follow SUMO's published table of vehicle type defaults (1.28); bounds follow the ranges of the engine's laws.

use crate::city::{City, Following, Mode, Uses, VehicleClass};
use crate::import::sumo::log::{Log, number, shown};
use crate::import::sumo::uses;
use crate::import::xml::Element;
use std::collections::BTreeMap;

/// Default values of a vehicle class.
struct Preset {
    classes: &'static [&'static str],
    length_m: f64,
    width_m: f64,
    min_gap_m: f64,
    accel: f64,
    decel: f64,
    emergency: f64,
    max_speed_kmh: f64,
    speed_dev: f64,
}

#[rustfmt::skip]
const PRESETS: [Preset; 13] = [
    Preset { classes: &["truck"], length_m: 7.1, width_m: 2.4, min_gap_m: 2.5, accel: 1.3, decel: 4.0, emergency: 7.0, max_speed_kmh: 130.0, speed_dev: 0.05 },
    Preset { classes: &["trailer"], length_m: 16.5, width_m: 2.55, min_gap_m: 2.5, accel: 1.0, decel: 4.0, emergency: 7.0, max_speed_kmh: 130.0, speed_dev: 0.05 },
    Preset { classes: &["bus"], length_m: 12.0, width_m: 2.5, min_gap_m: 2.5, accel: 1.2, decel: 4.0, emergency: 7.0, max_speed_kmh: 85.0, speed_dev: 0.1 },
    Preset { classes: &["coach"], length_m: 14.0, width_m: 2.6, min_gap_m: 2.5, accel: 2.0, decel: 4.0, emergency: 7.0, max_speed_kmh: 100.0, speed_dev: 0.05 },
    Preset { classes: &["delivery"], length_m: 6.5, width_m: 2.16, min_gap_m: 2.5, accel: 2.6, decel: 4.5, emergency: 9.0, max_speed_kmh: 200.0, speed_dev: 0.05 },
    Preset { classes: &["emergency", "authority"], length_m: 6.5, width_m: 2.16, min_gap_m: 2.5, accel: 2.6, decel: 4.5, emergency: 9.0, max_speed_kmh: 200.0, speed_dev: 0.0 },
    Preset { classes: &["taxi"], length_m: 5.0, width_m: 1.8, min_gap_m: 2.5, accel: 2.6, decel: 4.5, emergency: 9.0, max_speed_kmh: 200.0, speed_dev: 0.05 },
    Preset { classes: &["motorcycle"], length_m: 2.2, width_m: 0.9, min_gap_m: 2.5, accel: 6.0, decel: 10.0, emergency: 10.0, max_speed_kmh: 200.0, speed_dev: 0.1 },
    Preset { classes: &["moped"], length_m: 2.1, width_m: 0.8, min_gap_m: 2.5, accel: 1.1, decel: 7.0, emergency: 10.0, max_speed_kmh: 45.0, speed_dev: 0.1 },
    Preset { classes: &["bicycle"], length_m: 1.6, width_m: 0.65, min_gap_m: 0.5, accel: 1.2, decel: 3.0, emergency: 7.0, max_speed_kmh: 20.0, speed_dev: 0.1 },
    Preset { classes: &["scooter"], length_m: 1.2, width_m: 0.5, min_gap_m: 0.5, accel: 1.2, decel: 3.0, emergency: 7.0, max_speed_kmh: 20.0, speed_dev: 0.1 },
    Preset { classes: &["tram"], length_m: 22.0, width_m: 2.4, min_gap_m: 2.5, accel: 1.0, decel: 3.0, emergency: 7.0, max_speed_kmh: 80.0, speed_dev: 0.0 },
    Preset { classes: &["rail", "rail_urban", "rail_electric", "rail_fast", "subway"], length_m: 135.0, width_m: 2.84, min_gap_m: 5.0, accel: 0.25, decel: 1.3, emergency: 5.0, max_speed_kmh: 160.0, speed_dev: 0.0 },
];
const PASSENGER: Preset = Preset {
    classes: &["passenger"],
    length_m: 5.0,
    width_m: 1.8,
    min_gap_m: 2.5,
    accel: 2.6,
    decel: 4.5,
    emergency: 9.0,
    max_speed_kmh: 200.0,
    speed_dev: 0.1,
};

/// Names of types and mixes, and what stands behind them.
#[derive(Clone, Debug, Default)]
pub struct Types {
    /// Mode of a type or mix; `None` = exists, but is not simulated (trains, ships).
    pub modes: BTreeMap<String, Option<usize>>,
    classes: BTreeMap<String, Option<usize>>,
    mix: Option<Mix>,
    /// Class of the type that is being read.
    open: Option<usize>,
}

/// The mix that is being read.
#[derive(Clone, Debug, Default)]
struct Mix {
    id: String,
    /// Class and weight.
    parts: Vec<(usize, f64)>,
    /// Was a type of it left out?
    left_out: bool,
}

impl Types {
    /// The type that a vehicle without one has: class 0, mode 0.
    pub fn begin(city: &mut City) -> Types {
        let mut types = Types::default();
        let mut class = preset("passenger");
        class.id = "car".into();
        class.persons = VehicleClass::default().persons;
        city.classes.push(class);
        city.modes.push(Mode { id: "car".into(), mix: vec![(0, 1.0)] });
        types.modes.insert("DEFAULT_VEHTYPE".into(), Some(0));
        types.classes.insert("DEFAULT_VEHTYPE".into(), Some(0));
        types
    }

    /// The mode of a vehicle's type; types that SUMO itself brings along are made when they are met.
    pub fn mode(&mut self, name: &str, city: &mut City) -> Option<Option<usize>> {
        let name = if name.is_empty() { "DEFAULT_VEHTYPE" } else { name };
        let own = match name {
            "DEFAULT_BIKETYPE" => "bicycle",
            "DEFAULT_TAXITYPE" => "taxi",
            "DEFAULT_RAILTYPE" | "DEFAULT_CONTAINERTYPE" | "DEFAULT_PEDTYPE" => "rail",
            _ => return self.modes.get(name).copied(),
        };
        if !self.modes.contains_key(name) {
            let made = if own == "rail" {
                None
            } else {
                let class = VehicleClass { id: name.into(), ..preset(own) };
                Some(self.add(class, city))
            };
            self.modes.insert(name.into(), made);
        }
        self.modes.get(name).copied()
    }

    fn add(&mut self, class: VehicleClass, city: &mut City) -> usize {
        let id = class.id.clone();
        let slot = if id == "car" { 0 } else { city.classes.len() };
        if slot == 0 {
            city.classes[0] = class;
        } else {
            city.classes.push(class);
        }
        self.classes.insert(id.clone(), Some(slot));
        if id == "car" {
            return 0;
        }
        city.modes.push(Mode { id, mix: vec![(slot, 1.0)] });
        city.modes.len() - 1
    }

    /// A `vType`, alone or inside of a mix.
    pub fn vehicle_type(&mut self, element: &Element<'_>, city: &mut City, log: &mut Log) {
        self.open = None;
        let Some(id) = log.need(element, "id") else { return };
        if self.classes.contains_key(&id) && id != "DEFAULT_VEHTYPE" {
            log.error(204, element.line, format!("vType \"{}\" is defined twice", shown(&id)), "");
            return;
        }
        let weight = log.number(element, "probability").filter(|weight| *weight >= 0.0).unwrap_or(1.0);
        let kind = element.get("vClass").unwrap_or("passenger").to_owned();
        let simulated = uses::of_class(&kind).is_none_or(|known| known.meets(uses::kept()));
        if !simulated {
            log.report.ignored("vType", "not simulated", &format!("{id}: {kind}"));
            self.classes.insert(id.clone(), None);
            self.modes.insert(id, None);
            if let Some(mix) = &mut self.mix {
                mix.left_out = true;
            }
            return;
        }
        log.report.understood("vType", 1);
        let class = class(&id, &kind, element, log);
        if id == "DEFAULT_VEHTYPE" {
            city.classes[0] = VehicleClass { id: "car".into(), ..class };
            self.open = Some(0);
            return;
        }
        let mode = self.add(class, city);
        self.modes.insert(id, Some(mode));
        let slot = city.modes[mode].mix[0].0;
        self.open = Some(slot);
        if let Some(mix) = &mut self.mix {
            mix.parts.push((slot, weight));
        }
    }

    /// The older way to name a car-following model: an element `carFollowing-IDM` within the type.
    pub fn refine(&mut self, element: &Element<'_>, city: &mut City, log: &mut Log) {
        let Some(slot) = self.open else { return };
        let class = &mut city.classes[slot];
        parameters(class, element, log);
        following(class, element.name, element, log);
        bound(class, log);
        log.report.understood("carFollowing", 1);
    }

    /// Start of a `vTypeDistribution`.
    pub fn open_mix(&mut self, element: &Element<'_>, log: &mut Log) {
        let Some(id) = log.need(element, "id") else { return };
        let mut parts = Vec::new();
        let mut left_out = false;
        let weights: Vec<Option<f64>> = element.text("probabilities").split_ascii_whitespace().map(number).collect();
        for (at, name) in element.text("vTypes").split_ascii_whitespace().enumerate() {
            match self.classes.get(name) {
                Some(Some(slot)) => parts.push((*slot, weights.get(at).copied().flatten().unwrap_or(1.0).max(0.0))),
                Some(None) => left_out = true,
                None => log.error(
                    203,
                    element.line,
                    format!("vTypeDistribution \"{}\" names the type \"{}\", which does not exist", shown(&id), shown(name)),
                    "",
                ),
            }
        }
        self.mix = Some(Mix { id, parts, left_out });
    }

    /// Its end.
    pub fn close_mix(&mut self, line: usize, city: &mut City, log: &mut Log) {
        let Some(Mix { id, parts: mix, left_out }) = self.mix.take() else { return };
        if mix.iter().map(|part| part.1).sum::<f64>() <= 0.0 {
            if left_out {
                self.modes.insert(id, None);
            } else {
                log.error(107, line, format!("vTypeDistribution \"{}\" holds no type with a weight", shown(&id)), "");
            }
            return;
        }
        if left_out {
            log.report.approximated("vTypeDistribution", "without the types that are not simulated", &id);
        } else {
            log.report.understood("vTypeDistribution", 1);
        }
        if let Some(Some(mode)) = self.modes.get(&id) {
            log.error(204, line, format!("\"{}\" names a type and a mix", shown(&id)), "");
            city.modes[*mode].mix = mix;
            return;
        }
        let slot = if id == "car" { 0 } else { city.modes.len() };
        if slot == 0 {
            city.modes[0].mix = mix;
        } else {
            city.modes.push(Mode { id: id.clone(), mix });
        }
        self.modes.insert(id, Some(slot));
    }
}

fn preset(kind: &str) -> VehicleClass {
    let found = PRESETS.iter().find(|preset| preset.classes.contains(&kind)).unwrap_or(&PASSENGER);
    VehicleClass {
        id: String::new(),
        uses: uses::of_class(kind).unwrap_or(Uses(1)),
        length_m: found.length_m,
        width_m: found.width_m,
        max_speed_mps: found.max_speed_kmh / 3.6,
        accel_mps2: found.accel,
        decel_mps2: found.decel,
        emergency_decel_mps2: found.emergency,
        headway_s: 1.0,
        min_gap_m: found.min_gap_m,
        speed_factor: 1.0,
        speed_dev: found.speed_dev,
        speed_factor_range: [0.2, 2.0],
        noise: 0.5,
        following: Following::Krauss,
        persons: if found.classes.contains(&"passenger") { VehicleClass::default().persons } else { 1.0 },
    }
}

fn class(id: &str, kind: &str, element: &Element<'_>, log: &mut Log) -> VehicleClass {
    let mut class = VehicleClass { id: id.into(), ..preset(kind) };
    if uses::of_class(kind).is_none() {
        log.report.approximated("vType vClass", "not known, taken as a car", &format!("{id}: {}", shown(kind)));
    } else if kind == "ignoring" {
        log.report.approximated("vType vClass", "may use every road lane", id);
    }
    parameters(&mut class, element, log);
    speed_factor(&mut class, element, log);
    following(&mut class, element.get("carFollowModel").unwrap_or("Krauss"), element, log);
    bound(&mut class, log);
    class
}

/// The plain numbers of a type.
fn parameters(class: &mut VehicleClass, element: &Element<'_>, log: &mut Log) {
    let given: BTreeMap<&str, f64> = ["length", "width", "minGap", "accel", "decel", "maxSpeed", "desiredMaxSpeed", "tau", "speedDev"]
        .into_iter()
        .filter_map(|key| Some((key, log.number(element, key)?)))
        .collect();
    let take = |key: &str, value: &mut f64| {
        if let Some(found) = given.get(key) {
            *value = *found;
        }
    };
    take("length", &mut class.length_m);
    take("width", &mut class.width_m);
    take("minGap", &mut class.min_gap_m);
    take("accel", &mut class.accel_mps2);
    take("decel", &mut class.decel_mps2);
    take("maxSpeed", &mut class.max_speed_mps);
    take("tau", &mut class.headway_s);
    take("speedDev", &mut class.speed_dev);
    if let Some(wish) = given.get("desiredMaxSpeed") {
        class.max_speed_mps = class.max_speed_mps.min(*wish);
        log.report.approximated("vType desiredMaxSpeed", "as a largest speed", &class.id);
    }
    class.emergency_decel_mps2 = log.number(element, "emergencyDecel").unwrap_or(class.emergency_decel_mps2.max(class.decel_mps2));
}

/// `1.1`, `norm(1, 0.1)` or `normc(1, 0.1, 0.2, 2)`.
fn speed_factor(class: &mut VehicleClass, element: &Element<'_>, log: &mut Log) {
    let Some(text) = element.get("speedFactor") else { return };
    if let Some(value) = number(text) {
        class.speed_factor = value;
        return;
    }
    let inner = text.split_once('(').and_then(|(name, rest)| Some((name.trim(), rest.strip_suffix(')')?)));
    let values: Vec<f64> = inner.map_or_else(Vec::new, |(_, list)| list.split(',').filter_map(number).collect());
    match (inner.map(|(name, _)| name), values.as_slice()) {
        (Some("norm"), [mean, dev]) => (class.speed_factor, class.speed_dev) = (*mean, dev.abs()),
        (Some("normc"), [mean, dev, low, high]) if low <= high => {
            (class.speed_factor, class.speed_dev, class.speed_factor_range) = (*mean, dev.abs(), [*low, *high]);
        }
        _ => log.error(
            107,
            element.line,
            format!("speedFactor = \"{}\" cannot be read", shown(text)),
            "a number, norm(mean, dev) or normc(mean, dev, min, max)",
        ),
    }
}

fn following(class: &mut VehicleClass, model: &str, element: &Element<'_>, log: &mut Log) {
    let model = model.strip_prefix("carFollowing-").unwrap_or(model);
    let sigma = log.number(element, "sigma").map(|sigma| sigma.clamp(0.0, 1.0));
    match model {
        "IDM" | "IDMM" | "EIDM" => {
            class.following = Following::Idm;
            class.noise = 0.0;
            if model == "IDMM" || model == "EIDM" {
                log.report.approximated("vType carFollowModel", "as IDM", &format!("{}: {model}", class.id));
            }
            if log.number(element, "delta").is_some_and(|delta| (delta - 4.0).abs() > 1e-9) {
                log.report.approximated("vType delta", "exponent 4", &class.id);
            }
        }
        other => {
            class.following = Following::Krauss;
            class.noise = sigma.unwrap_or(class.noise);
            if other != "KraussOrig1" {
                let how = if other == "Krauss" { "safe speed of Krauss 1998" } else { "not known, as Krauss 1998" };
                log.report.approximated("vType carFollowModel", how, &format!("{}: {}", class.id, shown(other)));
            }
        }
    }
}

/// Brings every parameter into the range of the laws; each change is noted.
fn bound(class: &mut VehicleClass, log: &mut Log) {
    let id = class.id.clone();
    let mut clamp = |name: &str, value: &mut f64, low: f64, high: f64| {
        let inside = value.clamp(low, high);
        if (inside - *value).abs() > 0.0 {
            log.report.approximated_by(&format!("vType {name}"), &format!("brought into {low}..{high}"), &id, (inside - *value).abs());
            *value = inside;
        }
    };
    clamp("accel", &mut class.accel_mps2, 0.25, 4.0);
    clamp("decel", &mut class.decel_mps2, 0.25, 12.0);
    clamp("emergencyDecel", &mut class.emergency_decel_mps2, 0.25, 12.0);
    clamp("tau", &mut class.headway_s, 0.125, 3.99);
    clamp("minGap", &mut class.min_gap_m, 0.5, 8.0);
    clamp("maxSpeed", &mut class.max_speed_mps, 0.1, 64.0);
    clamp("length", &mut class.length_m, 0.5, 200.0);
    clamp("width", &mut class.width_m, 0.2, 5.0);
    clamp("speedFactor", &mut class.speed_factor, 0.1, 3.0);
    clamp("speedDev", &mut class.speed_dev, 0.0, 1.0);
    clamp("speedFactor least", &mut class.speed_factor_range[0], 0.1, 3.0);
    clamp("speedFactor largest", &mut class.speed_factor_range[1], 0.1, 3.0);
    class.emergency_decel_mps2 = class.emergency_decel_mps2.max(class.decel_mps2);
    if class.accel_mps2 * class.decel_mps2 < 0.25 {
        log.report.approximated("vType decel", "raised: the law needs accel times decel of at least 0.25", &id);
        class.decel_mps2 = 0.25 / class.accel_mps2;
        class.emergency_decel_mps2 = class.emergency_decel_mps2.max(class.decel_mps2);
    }
}
