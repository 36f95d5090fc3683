//! References of a study's actions against the city: every one is resolved before any action.

use super::resolve::{Index, Unclear};
use super::values::use_named;
use crate::city::City;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::Study;
use crate::scenario::action::Action;
use crate::scenario::quantity::{At, Pick};

/// Checks all references of all variants, of the model and of the outputs.
pub fn references(study: &Study, city: &City, found: &mut Diagnostics) {
    let mut check = Check { index: Index::new(city), study, found };
    for variant in &study.file.variant {
        for action in &variant.actions {
            check.action(&action.value);
        }
    }
    if let Some(inside) = study.file.outputs.vehicles.as_ref().and_then(|v| v.value.inside.as_ref()) {
        check.zone(Some(inside));
    }
    for (name, driver) in &study.file.model.driver {
        if !city.classes.iter().any(|c| c.id == *name) {
            let near = crate::ids::nearest(name, city.classes.iter().map(|c| c.id.as_str())).map(|n| format!("did you mean \"{n}\"?"));
            let message = format!("no vehicle class is named \"{}\"", crate::units::short(name));
            check.found.push(Diagnostic::error(213, message).at(&study.place(&driver.span), "").hint(near));
        }
    }
}

/// Puts the drivers that the study names into the classes of the city. An unknown class is a fault of [`references`].
pub fn drivers(study: &Study, city: &mut City) {
    for (name, driver) in &study.file.model.driver {
        let driver = &driver.value;
        for class in city.classes.iter_mut().filter(|class| class.id == *name) {
            class.headway_s = driver.time_gap.as_ref().map_or(class.headway_s, |v| v.value.0);
            class.min_gap_m = driver.standstill_gap.as_ref().map_or(class.min_gap_m, |v| v.value.0);
            class.accel_mps2 = driver.acceleration.as_ref().map_or(class.accel_mps2, |v| v.value.0);
            class.decel_mps2 = driver.braking.as_ref().map_or(class.decel_mps2, |v| v.value.0);
            class.emergency_decel_mps2 = class.emergency_decel_mps2.max(class.decel_mps2);
            if let Some(factor) = &driver.speed_factor {
                class.speed_factor = factor.value;
                let [low, high] = class.speed_factor_range;
                class.speed_factor_range = [low.min(factor.value), high.max(factor.value)];
            }
        }
    }
}

/// Does `at` mean every junction?
#[must_use]
pub fn every(at: &str) -> bool {
    crate::ids::folded(at) == "all"
}

struct Check<'a> {
    index: Index<'a>,
    study: &'a Study,
    found: &'a mut Diagnostics,
}

impl Check<'_> {
    fn tell<T>(&mut self, of: &At<String>, result: Result<T, Unclear>) {
        if let Err(unclear) = result {
            self.found.push(unclear.at(&self.study.place(&of.span)));
        }
    }
    fn road(&mut self, road: Option<&At<String>>, near: Option<&At<Pick>>) {
        // Namesakes or not, `near` must name something.
        if let Some(near) = near
            && let Err(unclear) = self.index.near(&near.value)
        {
            self.found.push(unclear.at(&self.study.place(&near.span)));
            return;
        }
        if let Some(road) = road {
            let result = self.index.road(&road.value, near.map(|n| &n.value));
            self.tell(road, result);
        }
    }
    fn zone(&mut self, zone: Option<&At<String>>) {
        if let Some(zone) = zone {
            let result = self.index.zone(&zone.value);
            self.tell(zone, result);
        }
    }
    fn junction(&mut self, at: &At<String>) {
        let result = self.index.junction(&at.value);
        self.tell(at, result);
    }
    fn mode(&mut self, mode: &At<String>) {
        let result = self.index.mode(&mode.value);
        self.tell(mode, result);
    }
    fn uses(&mut self, list: Option<&Vec<At<String>>>) {
        for one in list.into_iter().flatten() {
            if use_named(&one.value).is_none() {
                let names = crate::city::Uses::NAMES;
                let near = crate::ids::nearest(&one.value, names);
                let hint = near.map_or_else(|| format!("uses are {}", names.join(", ")), |n| format!("did you mean \"{n}\"?"));
                let message = format!("unknown use \"{}\"", crate::units::short(&one.value));
                self.found.push(Diagnostic::error(109, message).at(&self.study.place(&one.span), "").hint(hint));
            }
        }
    }
    fn action(&mut self, action: &Action) {
        match action {
            Action::Close(a) => {
                self.road(a.road.as_ref(), a.near.as_ref());
                if let Some(link) = &a.link {
                    let result = self.index.link(&link.value);
                    self.tell(link, result);
                }
                self.road(a.from_crossing.as_ref(), None);
                self.road(a.to_crossing.as_ref(), None);
                self.uses(a.except.as_ref());
            }
            Action::Speed(a) => {
                self.road(a.road.as_ref(), a.near.as_ref());
                self.zone(a.zone.as_ref());
            }
            Action::Demand(a) => {
                self.zone(a.from.as_ref());
                self.zone(a.to.as_ref());
                a.mode.iter().for_each(|m| self.mode(m));
            }
            Action::Lane(a) => {
                self.road(Some(&a.road), a.near.as_ref());
                self.uses(a.allow.as_ref());
                self.uses(a.forbid.as_ref());
                if let Some(lane) = &a.lane
                    && !matches!(&lane.value, Pick::Number(_))
                    && !matches!(&lane.value, Pick::Text(t) if ["kerb", "median", "all"].contains(&t.as_str()))
                {
                    let hint = "lane = \"kerb\", \"median\", \"all\" or a number counted from the left".to_owned();
                    self.found.push(Diagnostic::error(109, "not a lane").at(&self.study.place(&lane.span), "").hint(hint));
                }
            }
            Action::Signal(a) if every(&a.at.value) => {}
            Action::Signal(a) => self.junction(&a.at),
            Action::Turn(a) => {
                self.junction(&a.at);
                self.road(Some(&a.from), None);
                self.road(Some(&a.to), None);
            }
            Action::Priority(a) => {
                self.junction(&a.at);
                self.road(a.major.as_ref(), None);
            }
            Action::Incident(a) => self.road(Some(&a.road), a.near.as_ref()),
            Action::Charge(a) => {
                self.zone(a.zone.as_ref());
                self.road(a.road.as_ref(), None);
                a.mode.iter().flatten().for_each(|m| self.mode(m));
            }
            Action::Transit(_) | Action::Rain(_) | Action::Outage(_) => {}
        }
    }
}
