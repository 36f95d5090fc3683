//! What the actions of a variant make of a city. Every reference is resolved against base first; then the actions are done in the order in which
//! they are written, and later ones win.
//!
//! An action `between` two times of day holds from the first to the second on every day of the run. The streets of a variant are therefore a list:
//! those at the start, and those from each time on at which something begins or ends ([`City::later`]). Nodes, links, lanes, movements and
//! controllers keep their places in all of them, so that whoever is on the road stays where he is.
//!
//! * A **closed** link lets in only who is excepted. Who is on it when it closes drives on and leaves it.
//! * A **limit** holds on all lanes of the road; movements keep the speed of their bend where that is lower.
//! * Links **of a zone** are those whose middle is nearer to its centre than to that of any other.
//! * A signal that is **off** leaves the junction to the roads' ranks (equal ranks: right before left), one that **flashes** makes it an all-way
//!   stop. Junctions that change their signs get them from geometry, as in [`super::junction`].
//! * An **incident** blocks a place of each of its lanes from its first moment to its last. Where a vehicle covers the place, or could not stop
//!   any more, it is the place right behind. Nothing of it counts as a trip; who comes from behind changes lanes or waits.
//! * A **charge** makes ways dearer to those who choose one by [`VALUE_OF_TIME_PER_H`]; nobody stays at home for it.

mod demand;
mod pick;
mod roads;
mod signals;

use super::City;
use super::check::Opened;
use super::check::resolve::{Index, Unclear};
use super::check::values::use_named;
use super::{ChargePer, Control, Uses};
use crate::diagnostic::{Diagnostic, Diagnostics, plural};
use crate::scenario::Study;
use crate::scenario::action::{Action, Charge, Close, Incident, LaneUse, Per, Priority, PriorityControl, SpeedLimit, TurnBan, TurnRule};
use crate::scenario::quantity::{At, Pick};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

pub use demand::scale;
pub use pick::in_zone;

/// What an hour is worth to a driver who chooses a way, in the currency of the study: near what drivers were found to pay (Small 2012).
pub const VALUE_OF_TIME_PER_H: f64 = 12.0;
/// Seconds of a day.
const DAY_S: f64 = 86_400.0;
/// Classes of vehicles beside that of what blocks a lane.
const MOST_CLASSES: usize = 63;
/// Code of an action that changes nothing.
const IDLE: u16 = 232;
/// Code of lanes with which turns go.
const TURNS_LOST: u16 = 233;
/// Code of an action that does not fit what it names.
const MISFIT: u16 = 214;
/// Code of what is not carried out.
const NOT_CARRIED_OUT: u16 = 111;

/// An action with its references resolved.
struct Deed {
    /// Where it stands in the study.
    at: Range<usize>,
    /// Its verb.
    verb: &'static str,
    /// Spans of the run in which it holds \[s since midnight\]; empty = always.
    when_s: Vec<[f64; 2]>,
    /// What it does.
    does: Does,
}

/// What an action does to streets.
enum Does {
    Close { links: Vec<usize>, except: Uses },
    Limit { links: Vec<usize>, limit_mps: f64 },
    Lanes { lanes: Vec<usize>, uses: Uses, only: bool },
    Signal(signals::Retimed),
    Turn { movements: Vec<usize>, open: bool },
    Signs { nodes: Vec<usize>, control: Control, major: Vec<usize> },
    Charge { levy: super::Charge },
}

/// The city of a variant in a run from `span_s[0]` to `span_s[1]` \[s since midnight\]. What is wrong is added to `found`.
#[must_use]
pub fn variant(study: &Study, actions: &[At<Action>], base: &City, span_s: [f64; 2], found: &mut Diagnostics) -> City {
    let mut city = base.clone();
    let mut resolve = Resolve { index: Index::new(base), base, study, span_s, dark: BTreeSet::new(), found };
    let mut deeds = Vec::new();
    for (number, action) in actions.iter().enumerate() {
        let when_s = action.value.between().map_or_else(Vec::new, |between| windows(between.value.0.map(|clock| clock.0), span_s));
        if action.value.between().is_some() && when_s.is_empty() {
            resolve.idle(&action.span, action.value.verb(), "its part of the day lies outside the run");
            continue;
        }
        let changed = match &action.value {
            Action::Demand(change) => resolve.zones_and_mode(change).map(|who| demand::change(&mut city, change, who, &when_s, number)),
            Action::Incident(incident) => resolve.incident(incident, &when_s, &mut city),
            other => {
                let does = resolve.streets(other);
                deeds.extend(does.map(|does| Deed { at: action.span.clone(), verb: other.verb(), when_s, does }));
                continue;
            }
        };
        if changed == Some(false) {
            resolve.idle(&action.span, action.value.verb(), "nobody and nothing is touched by it");
        }
    }
    streets(&mut city, &deeds, &mut resolve);
    city
}

/// What there is to say about all variants of a study, without running them.
pub fn look(opened: &Opened, found: &mut Diagnostics) {
    for plan in &opened.study.variants {
        let _ = variant(&opened.study, &plan.actions, &opened.city, opened.span_s(), found);
    }
}

/// Does the deeds at every time at which something changes.
fn streets(city: &mut City, deeds: &[Deed], resolve: &mut Resolve) {
    // Why a deed changes nothing, until it changes something.
    let mut idle = vec![Some(""); deeds.len()];
    let mut lost = vec![None; deeds.len()];
    let users = roads::users(city);
    let present = users.iter().fold(Uses::NONE, |all, user| all.with(user.0));
    let ([start_s, end_s], base) = (resolve.span_s, resolve.base);
    let mut times: Vec<f64> = deeds.iter().flat_map(|deed| deed.when_s.iter().flatten().copied()).collect();
    times.extend(city.blocks.iter().flat_map(|block| [block.from_s, block.to_s]));
    times.retain(|at_s| *at_s > start_s && *at_s < end_s);
    times.sort_by(f64::total_cmp);
    times.dedup();
    let bare = City { trips: Vec::new(), od: Vec::new(), blocks: Vec::new(), ..city.clone() };
    let mut at = |city: &mut City, at_s: f64| {
        for ((deed, idle), lost) in deeds.iter().zip(&mut idle).zip(&mut lost) {
            if deed.when_s.is_empty() || deed.when_s.iter().any(|[from_s, to_s]| (*from_s..*to_s).contains(&at_s)) {
                let before = deed.does.turns(city, &users);
                match deed.does.to(city, base, present) {
                    Ok(()) => *idle = None,
                    Err(why) => *idle = idle.map(|_| why),
                }
                *lost = lost.take().or_else(|| roads::first_lost(&before, &deed.does.turns(city, &users)));
            }
        }
    };
    let later: Vec<(f64, Arc<City>)> = times
        .into_iter()
        .map(|at_s| {
            let mut then = bare.clone();
            at(&mut then, at_s);
            (at_s, Arc::new(then))
        })
        .collect();
    at(city, start_s);
    city.later = later;
    for (deed, why) in deeds.iter().zip(idle) {
        if let Some(why) = why {
            resolve.idle(&deed.at, deed.verb, if why.is_empty() { roads::ALREADY } else { why });
        }
    }
    for (deed, lost) in deeds.iter().zip(lost) {
        if let Some(lost) = lost {
            resolve.turns_lost(&deed.at, &lost);
        }
    }
    if !deeds.is_empty() {
        super::demand::around(city);
    }
}

/// The spans of a run that lie in a part of the day.
fn windows([from_s, to_s]: [f64; 2], [start_s, end_s]: [f64; 2]) -> Vec<[f64; 2]> {
    let first = (start_s / DAY_S).floor() - 1.0;
    let days = ((end_s - start_s) / DAY_S).ceil() + 2.0;
    let mut found = Vec::new();
    let mut day = first;
    while day < first + days {
        let span = [from_s + day * DAY_S, to_s + day * DAY_S];
        if span[0] < end_s && span[1] > start_s {
            found.push([span[0].max(start_s), span[1].min(end_s)]);
        }
        day += 1.0;
    }
    found
}

impl Does {
    /// Does it.
    ///
    /// # Errors
    /// Why it changes nothing.
    fn to(&self, city: &mut City, base: &City, present: Uses) -> Result<(), &'static str> {
        let touched = |anybody: bool| if anybody { Ok(()) } else { Err(roads::NOBODY) };
        let changed = match self {
            Does::Close { links, except } => return touched(roads::close(city, links, *except, present)),
            Does::Limit { links, .. } if links.is_empty() => return Err(roads::NO_STREET),
            Does::Limit { links, limit_mps } => roads::limit(city, links, *limit_mps),
            Does::Lanes { lanes, uses, only } => return touched(roads::lanes(city, lanes, (*uses, *only), present)),
            Does::Signal(retimed) => retimed.to(city, base),
            Does::Turn { movements, open } => roads::turn(city, movements, *open),
            Does::Signs { nodes, control, major } => roads::signs(city, nodes, *control, major),
            Does::Charge { levy } => {
                city.charges.push(levy.clone());
                return roads::felt(city, levy);
            }
        };
        if changed { Ok(()) } else { Err(roads::ALREADY) }
    }

    /// Turns that may be made from the links whose lanes are given to others; nothing of what is meant to end turns.
    fn turns(&self, city: &City, users: &[(Uses, &'static str)]) -> BTreeSet<roads::TurnOf> {
        match self {
            Does::Lanes { lanes, .. } => roads::turns(city, lanes, users),
            _ => BTreeSet::new(),
        }
    }
}

/// From names to things.
struct Resolve<'a> {
    index: Index<'a>,
    base: &'a City,
    study: &'a Study,
    span_s: [f64; 2],
    /// Junctions whose signals an action before has switched off.
    dark: BTreeSet<usize>,
    found: &'a mut Diagnostics,
}

impl Resolve<'_> {
    fn idle(&mut self, at: &Range<usize>, verb: &str, why: &str) {
        let message = format!("this `{verb}` changes nothing: {why}");
        self.found.push(Diagnostic::warning(IDLE, message).at(&self.study.place(at), ""));
    }

    /// C233: a lane that is given to others takes turns with it.
    fn turns_lost(&mut self, at: &Range<usize>, lost: &(usize, roads::TurnOf)) {
        let (many, (from, to, who)) = lost;
        let name = |link: usize| {
            let link = &self.base.links[link];
            if link.name.is_empty() { format!("#{}", link.id) } else { link.name.clone() }
        };
        let more = if *many > 1 { format!(" ({} in all)", plural(*many, "turn")) } else { String::new() };
        let message = format!(
            "with this `lane`, {who} can no longer turn from \"{}\" into \"{}\"{more}: no other lane leads there",
            name(*from),
            name(*to)
        );
        let hint = "another lane, a part of the road, or a city whose other lanes turn there too".to_owned();
        self.found.push(Diagnostic::warning(TURNS_LOST, message).at(&self.study.place(at), "").hint(hint));
    }

    fn misfit(&mut self, at: &Range<usize>, message: String, hint: impl Into<Option<String>>) {
        self.found.push(Diagnostic::error(MISFIT, message).at(&self.study.place(at), "").hint(hint));
    }

    /// Faults of references were told by the check of the study; only what could be resolved is done.
    fn known<T>(&self, result: Result<T, Unclear>) -> Option<T> {
        result.ok()
    }

    fn uses(&self, list: Option<&Vec<At<String>>>) -> Uses {
        list.into_iter().flatten().filter_map(|one| use_named(&one.value)).fold(Uses::NONE, Uses::with)
    }

    fn zones_and_mode(&self, change: &crate::scenario::action::DemandChange) -> Option<demand::Who> {
        let zone = |name: &Option<At<String>>| {
            name.as_ref().map(|name| self.known(self.index.zone(&name.value))).map_or(Some(None), |z| z.map(Some))
        };
        let mode = change.mode.as_ref().map(|mode| self.known(self.index.mode(&mode.value))).map_or(Some(None), |m| m.map(Some));
        Some(demand::Who { from: zone(&change.from)?, to: zone(&change.to)?, mode: mode?, span_s: self.span_s })
    }

    /// An action on streets.
    fn streets(&mut self, action: &Action) -> Option<Does> {
        match action {
            Action::Close(a) => self.close(a),
            Action::Speed(a) => self.limit(a),
            Action::Lane(a) => self.lane(a),
            Action::Signal(a) => signals::retimed(self, a).map(Does::Signal),
            Action::Turn(a) => self.turn(a),
            Action::Priority(a) => self.signs(a),
            Action::Charge(a) => self.charge(a),
            // Demand is done elsewhere; the rest is refused by the check of the study.
            Action::Demand(_) | Action::Incident(_) | Action::Transit(_) | Action::Rain(_) | Action::Outage(_) => None,
        }
    }

    /// The links of a road, one way if asked.
    fn road(&mut self, road: &At<String>, near: Option<&At<Pick>>, way: Option<crate::scenario::action::Way>) -> Option<Vec<usize>> {
        let links = self.known(self.index.road(&road.value, near.map(|near| &near.value)))?;
        let kept = pick::way(self.base, &links, way);
        if kept.is_empty() {
            let hint = format!("it leads {}", pick::ways(self.base, &links).join(", "));
            self.misfit(&road.span, format!("no link of \"{}\" leads that way", crate::units::short(&road.value)), hint);
            return None;
        }
        Some(kept)
    }

    fn close(&mut self, a: &Close) -> Option<Does> {
        let mut links = match (&a.road, &a.link) {
            (Some(road), _) => self.road(road, a.near.as_ref(), a.way)?,
            (None, Some(link)) => vec![self.known(self.index.link(&link.value))?],
            (None, None) => return None,
        };
        if let (Some(from), Some(to)) = (&a.from_crossing, &a.to_crossing) {
            let ends = [from, to].map(|crossing| self.known(self.index.road(&crossing.value, None)));
            let [Some(from_links), Some(to_links)] = ends else { return None };
            if from_links == to_links {
                let hint = "the part lies between two different roads".to_owned();
                self.misfit(&to.span, "from_crossing and to_crossing are the same road".to_owned(), hint);
                return None;
            }
            let Some(part) = pick::between(self.base, &links, &from_links, &to_links) else {
                self.misfit(&from.span, "the road does not meet both crossing roads".to_owned(), None);
                return None;
            };
            links = part;
        } else if let Some(one) = a.from_crossing.as_ref().or(a.to_crossing.as_ref()) {
            self.misfit(&one.span, "one end of a part of a road".to_owned(), "name both from_crossing and to_crossing".to_owned());
            return None;
        }
        Some(Does::Close { links, except: self.uses(a.except.as_ref()) })
    }

    fn limit(&mut self, a: &SpeedLimit) -> Option<Does> {
        let links = match (&a.road, &a.zone) {
            (Some(road), _) => self.road(road, a.near.as_ref(), a.way)?,
            (None, Some(zone)) => pick::in_zone(self.base, self.known(self.index.zone(&zone.value))?),
            (None, None) => return None,
        };
        Some(Does::Limit { links, limit_mps: a.limit.value.0 })
    }

    fn lane(&mut self, a: &LaneUse) -> Option<Does> {
        let links = self.road(&a.road, a.near.as_ref(), a.way)?;
        let lanes = pick::lanes(self.base, &links, a.lane.as_ref().map(|lane| &lane.value));
        if lanes.is_empty() {
            let most = links.iter().map(|link| self.base.links[*link].lanes.len()).max().unwrap_or(0);
            let place = a.lane.as_ref().map_or_else(|| a.road.span.clone(), |lane| lane.span.clone());
            self.misfit(&place, "no link of the road has such a lane".to_owned(), format!("its links have up to {most} lanes"));
            return None;
        }
        let uses = if a.allow.is_some() { self.uses(a.allow.as_ref()) } else { self.uses(a.forbid.as_ref()) };
        Some(Does::Lanes { lanes, uses, only: a.allow.is_some() })
    }

    fn turn(&mut self, a: &TurnBan) -> Option<Does> {
        let nodes = self.known(self.index.junction(&a.at.value))?;
        let (from, to) = (self.known(self.index.road(&a.from.value, None))?, self.known(self.index.road(&a.to.value, None))?);
        let city = self.base;
        let turns = |m: &super::Movement| {
            nodes.contains(&m.node) && from.contains(&city.lanes[m.from_lane].link) && to.contains(&city.lanes[m.to_lane].link)
        };
        let movements: Vec<usize> = (0..city.movements.len()).filter(|m| turns(&city.movements[*m])).collect();
        if movements.is_empty() {
            let message = "there is no such turn at this junction".to_owned();
            self.misfit(&a.to.span, message, "a turn that was never built cannot be allowed: it needs a lane that leads there".to_owned());
            return None;
        }
        Some(Does::Turn { movements, open: a.rule == TurnRule::Allow })
    }

    fn signs(&mut self, a: &Priority) -> Option<Does> {
        let nodes = self.known(self.index.junction(&a.at.value))?;
        if self.base.movements.iter().any(|m| nodes.contains(&m.node) && m.signal.is_some() && !self.dark.contains(&m.node)) {
            let hint = "switch it off first: { signal = { at = ..., policy = \"off\" } }".to_owned();
            self.misfit(&a.at.span, "a signal rules this junction, not its signs".to_owned(), hint);
            return None;
        }
        let major = a.major.as_ref().map_or(Some(Vec::new()), |road| self.known(self.index.road(&road.value, None)))?;
        let ends = |link: &usize| nodes.contains(&self.base.links[*link].from) || nodes.contains(&self.base.links[*link].to);
        if let Some(road) = a.major.as_ref().filter(|_| !major.iter().any(ends)) {
            self.misfit(&road.span, "the major road does not come to this junction".to_owned(), None);
            return None;
        }
        let control = match a.control {
            PriorityControl::Yield => Control::Yield,
            PriorityControl::Stop => Control::Stop,
            PriorityControl::AllWayStop => Control::AllWayStop,
            PriorityControl::Roundabout => Control::Roundabout,
            PriorityControl::None => Control::RightBeforeLeft,
        };
        Some(Does::Signs { nodes, control, major })
    }

    fn incident(&mut self, a: &Incident, when_s: &[[f64; 2]], city: &mut City) -> Option<bool> {
        let links = self.road(&a.road, a.near.as_ref(), a.way)?;
        let Some((link, at_m)) = pick::along(self.base, &links, a.at.as_ref().map_or(0.5, |share| share.value.0)) else {
            let hint = format!("add way: it leads {}", pick::ways(self.base, &links).join(", "));
            self.misfit(&a.road.span, "a road with two directions: which one is blocked?".to_owned(), hint);
            return None;
        };
        let (lanes, there) = (a.lanes.value as usize, self.base.links[link].lanes.len());
        if lanes > there {
            let message = format!("{lanes} lanes are blocked where the road has {there}");
            self.misfit(&a.lanes.span, message, format!("link \"#{}\" lies there: lanes = 1 to {there}", self.base.links[link].id));
            return None;
        }
        if self.base.classes.len() > MOST_CLASSES {
            self.misfit(&a.road.span, format!("a city with an incident has {MOST_CLASSES} classes of vehicles at most"), None);
            return None;
        }
        let always = [self.span_s];
        let when_s = if when_s.is_empty() { &always[..] } else { when_s };
        demand::block(city, (link, at_m), lanes, when_s);
        Some(true)
    }

    fn charge(&mut self, a: &Charge) -> Option<Does> {
        let links = match (&a.zone, &a.road) {
            (Some(zone), _) => pick::in_zone(self.base, self.known(self.index.zone(&zone.value))?),
            (None, Some(road)) => self.road(road, None, None)?,
            (None, None) => return None,
        };
        let modes = a.mode.iter().flatten().map(|mode| self.known(self.index.mode(&mode.value))).collect::<Option<Vec<usize>>>()?;
        let per = match a.per {
            None | Some(Per::Entry) => ChargePer::Entry,
            Some(Per::Km) => ChargePer::Km,
            Some(Per::Day) => ChargePer::Day,
        };
        Some(Does::Charge { levy: super::Charge { links, modes, fee: a.fee.value.amount, per } })
    }
}
