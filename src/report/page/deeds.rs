//! What a variant changes, in plain sentences: one for each action, with its part of the day and its reason.

use super::chart::clock;
use crate::city::City;
use crate::scenario::action::{
    Action, Close, DemandChange, Incident, LaneUse, Per, Priority, PriorityControl, Signal, SignalPolicy, SpeedLimit, TurnBan, TurnRule,
    Way,
};
use crate::scenario::checks::number;
use crate::scenario::quantity::{At, Pick, Seconds};

/// One action as a sentence.
#[must_use]
pub fn sentence(city: &City, action: &Action) -> String {
    let body = match action {
        Action::Close(close) => closed(close),
        Action::Speed(limit) => limited(city, limit),
        Action::Demand(change) => demanded(city, change),
        Action::Lane(lane) => lane_use(lane),
        Action::Signal(signal) => signalled(signal),
        Action::Turn(turn) => turned(turn),
        Action::Priority(priority) => prioritised(priority),
        Action::Incident(incident) => blocked(incident),
        Action::Charge(charge) => {
            let place = charge.zone.as_ref().map_or_else(|| text(charge.road.as_ref()).to_owned(), |zone| zone_name(city, &zone.value));
            let who = charge.mode.as_ref().map_or_else(|| "everybody".to_owned(), |modes| list(modes, "and"));
            let per = match charge.per.unwrap_or(Per::Entry) {
                Per::Entry => "each entry",
                Per::Km => "each kilometre",
                Per::Day => "each day",
            };
            let fee = &charge.fee.value;
            format!("In {place} a charge of {} {} for {per} is paid by {who}", number(fee.amount), fee.currency)
        }
        Action::Transit(transit) => {
            let line = &transit.line.value;
            let headway = transit.headway.as_ref().map(|every| format!("Line {line} runs every {}", lasting(every.value.0)));
            let removed = transit.remove.unwrap_or(false).then(|| format!("Line {line} no longer runs"));
            let stop = transit.add_stop.as_ref().map(|stop| format!("line {line} stops at {} as well", stop.value));
            [removed.or(headway), stop].into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Action::Rain(rain) => {
            let depth = rain.depth.as_ref().map_or_else(String::new, |depth| format!(" {} mm", number(1000.0 * depth.value.0)));
            format!("It rains{depth} for {} from {}", lasting(rain.lasts.value.0), clock(rain.from.value.0))
        }
        Action::Outage(outage) => {
            let what = outage.element.as_ref().map_or_else(|| near(outage.near.as_ref()), |element| format!(" {}", element.value));
            let repair =
                outage.repair.as_ref().map_or_else(String::new, |after| format!(", until it is repaired after {}", lasting(after.value.0)));
            format!("Something fails:{what}{repair}")
        }
    };
    let day = action.between().map_or_else(String::new, |span| format!(" from {} to {}", clock(span.value[0].0), clock(span.value[1].0)));
    let why = action.note().map(str::trim).filter(|why| !why.is_empty());
    let reason = why.map_or_else(String::new, |why| format!(" Reason given: {}", full_stop(why)));
    format!("{}{reason}", full_stop(&format!("{}{day}", capital(&body))))
}

/// A name that may be absent.
fn text(name: Option<&At<String>>) -> &str {
    name.map_or("", |name| name.value.as_str())
}

/// With a full stop at the end.
fn full_stop(words: &str) -> String {
    if words.ends_with(['.', '!', '?']) { words.to_owned() } else { format!("{words}.") }
}

/// With a capital letter.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// "bus, truck and bike".
fn list(names: &[At<String>], last: &str) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
    match names.split_last() {
        None => "nobody".to_owned(),
        Some((one, [])) => (*one).to_owned(),
        Some((end, first)) => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A time that lasts: in minutes where it is whole minutes.
fn lasting(s: f64) -> String {
    if s >= 60.0 && (s / 60.0).fract().abs() < 1e-9 { format!("{} min", number(s / 60.0)) } else { format!("{} s", number(s)) }
}

/// A road for people: a link that is named by its id is one.
fn road(name: &str) -> String {
    name.strip_prefix('#').map_or_else(|| name.to_owned(), |id| format!("link {id}"))
}

/// ", northbound"; nothing for both ways.
fn direction(way: Option<Way>) -> &'static str {
    match way {
        None | Some(Way::Both) => "",
        Some(Way::North) => ", northbound,",
        Some(Way::Northeast) => ", northeastbound,",
        Some(Way::East) => ", eastbound,",
        Some(Way::Southeast) => ", southeastbound,",
        Some(Way::South) => ", southbound,",
        Some(Way::Southwest) => ", southwestbound,",
        Some(Way::West) => ", westbound,",
        Some(Way::Northwest) => ", northwestbound,",
    }
}

/// " near Market Square".
fn near(pick: Option<&At<Pick>>) -> String {
    match pick.map(|pick| &pick.value) {
        None => String::new(),
        Some(Pick::Text(name)) => format!(" near {name}"),
        Some(Pick::Number(n)) => format!(" near {n}"),
        Some(Pick::Point([lon, lat])) => format!(" near {lon}, {lat}"),
    }
}

/// Name of a zone, with its id where the two differ.
fn zone_name(city: &City, id: &str) -> String {
    let known = city.zones.iter().find(|zone| zone.id == id || zone.name == id);
    known.filter(|zone| !zone.name.is_empty() && zone.name != zone.id).map_or_else(|| id.to_owned(), |zone| zone.name.clone())
}

fn closed(close: &Close) -> String {
    let place = if close.road.is_some() { road(text(close.road.as_ref())) } else { format!("link {}", text(close.link.as_ref())) };
    let part = match (&close.from_crossing, &close.to_crossing) {
        (Some(from), Some(to)) => format!(" between {} and {}", from.value, to.value),
        (Some(one), None) | (None, Some(one)) => format!(" from {} on", one.value),
        (None, None) => String::new(),
    };
    let but =
        close.except.as_ref().filter(|uses| !uses.is_empty()).map_or_else(String::new, |uses| format!(" to all but {}", list(uses, "and")));
    format!("{place}{}{part}{} is closed{but}", near(close.near.as_ref()), direction(close.way))
}

fn limited(city: &City, limit: &SpeedLimit) -> String {
    let kmh = number((3.6 * limit.limit.value.0 * 10.0).round() / 10.0);
    let place = match (&limit.road, &limit.zone) {
        (Some(name), _) => format!("on {}{}", road(&name.value), near(limit.near.as_ref())),
        (None, Some(zone)) => format!("in {}", zone_name(city, &zone.value)),
        (None, None) => "everywhere".to_owned(),
    };
    format!("the speed limit {place}{} is {kmh} km/h", direction(limit.way))
}

fn demanded(city: &City, change: &DemandChange) -> String {
    let from = change.from.as_ref().map_or_else(String::new, |zone| format!(" from {}", zone_name(city, &zone.value)));
    let to = change.to.as_ref().map_or_else(String::new, |zone| format!(" to {}", zone_name(city, &zone.value)));
    let mode = change.mode.as_ref().map_or_else(String::new, |mode| format!(" by {}", mode.value));
    match (&change.add, &change.scale) {
        (Some(add), _) if add.value.0 < 0.0 => format!("{} trips an hour fewer{from}{to}{mode}", number(-add.value.0)),
        (Some(add), _) => format!("{} trips an hour more{from}{to}{mode}", number(add.value.0)),
        (None, Some(scale)) => format!("{} times as many trips{from}{to}{mode}", number(scale.value)),
        (None, None) => format!("the trips{from}{to}{mode} stay as they are"),
    }
}

fn lane_use(lane: &LaneUse) -> String {
    let which = match lane.lane.as_ref().map(|lane| &lane.value) {
        Some(Pick::Text(word)) if word == "kerb" => "the lane at the kerb".to_owned(),
        Some(Pick::Text(word)) if word == "median" => "the lane in the middle of the road".to_owned(),
        Some(Pick::Number(n)) => format!("lane {n} from the left"),
        _ => "every lane".to_owned(),
    };
    let road = format!("{}{}{}", road(&lane.road.value), near(lane.near.as_ref()), direction(lane.way));
    let rule = match (&lane.allow, &lane.forbid) {
        (Some(uses), None) => format!("is for {} only", list(uses, "and")),
        (None, Some(uses)) => format!("is closed to {}", list(uses, "and")),
        (Some(allow), Some(forbid)) => format!("is for {} only, and closed to {}", list(allow, "and"), list(forbid, "and")),
        (None, None) => "stays as it is".to_owned(),
    };
    format!("{which} of {road} {rule}")
}

fn signalled(signal: &Signal) -> String {
    let all = signal.at.value == "all";
    let place = if all { "all traffic lights".to_owned() } else { format!("the traffic lights at {}", signal.at.value) };
    let mut parts = Vec::new();
    if let Some(policy) = signal.policy {
        parts.push(
            match policy {
                SignalPolicy::Fixed => "run by a fixed plan",
                SignalPolicy::Actuated => "hold green while vehicles come",
                SignalPolicy::MaxPressure => "give green to where most vehicles wait and can move on (max pressure)",
                SignalPolicy::Off => "are switched off: the signs rule",
                SignalPolicy::Flashing => "flash: everybody stops, then goes in turn",
                SignalPolicy::GreenWave => "are coordinated along the road",
            }
            .to_owned(),
        );
    }
    let time = |words: &str, value: &Option<At<Seconds>>| value.as_ref().map(|value| format!("{words} {} s", number(value.value.0)));
    parts.extend(time("have a cycle of", &signal.cycle));
    if let Some(splits) = &signal.splits {
        let greens: Vec<String> = splits.iter().map(|green| number(green.value.0)).collect();
        parts.push(format!("are green for {} s, phase by phase", greens.join(", ")));
    }
    parts.extend(time("start their plan later by", &signal.offset));
    parts.extend(time("hold green for at least", &signal.min_green));
    parts.extend(signal.plan.as_ref().map(|plan| format!("run by the plan {}", plan.value)));
    if parts.is_empty() { format!("{place} stay as they are") } else { format!("{place} {}", parts.join(" and ")) }
}

fn turned(turn: &TurnBan) -> String {
    let rule = if turn.rule == TurnRule::Ban { "banned" } else { "allowed" };
    format!("turning from {} into {} at {} is {rule}", turn.from.value, turn.to.value, turn.at.value)
}

fn prioritised(priority: &Priority) -> String {
    let rule = match priority.control {
        PriorityControl::Yield => "the minor road gives way",
        PriorityControl::Stop => "the minor road stops",
        PriorityControl::AllWayStop => "everybody stops, then goes in turn",
        PriorityControl::Roundabout => "who enters gives way to the circle",
        PriorityControl::None => "there are no signs",
    };
    let major = priority.major.as_ref().map_or_else(String::new, |road| format!("; {} goes first", road.value));
    format!("at {} {rule}{major}", priority.at.value)
}

fn blocked(incident: &Incident) -> String {
    let n = incident.lanes.value;
    let lanes = if n == 1 { "the lane at the kerb is".to_owned() } else { format!("{n} lanes from the kerb are") };
    let at = incident.at.as_ref().map_or_else(String::new, |at| format!(", at {} % of its length", number(100.0 * at.value.0)));
    format!(
        "{lanes} blocked on {}{}{}{at}",
        road(&incident.road.value),
        near(incident.near.as_ref()),
        direction(incident.way).trim_end_matches(',')
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::study::StudyFile;

    fn said(action: &str) -> String {
        let text = format!(
            "format = 1\ncity = {{ grid = [4, 4] }}\n[[variant]]\nname = \"v\"\ndo = [{{ {action} }}]\n[time]\nfrom = \"07:00\"\nto = \"08:00\"\n"
        );
        let file: StudyFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
        sentence(&City::default(), &file.variant[0].actions[0].value)
    }

    #[test]
    fn actions_are_plain_sentences() {
        for (action, words) in [
            (
                "close = { road = \"Quay Street\", except = [\"bus\", \"bike\"], between = [\"07:00\", \"09:00\"], note = \"market\" }",
                "Quay Street is closed to all but bus and bike from 07:00 to 09:00. Reason given: market.",
            ),
            ("close = { road = \"#w47\" }", "Link w47 is closed."),
            ("close = { road = \"Quay Street\", way = \"north\" }", "Quay Street, northbound, is closed."),
            ("speed = { road = \"Avenue 4\", limit = \"15 km/h\" }", "The speed limit on Avenue 4 is 15 km/h."),
            ("demand = { add = \"300 trips/h\", mode = \"car\" }", "300 trips an hour more by car."),
            ("demand = { scale = 1.1 }", "1.1 times as many trips."),
            ("lane = { road = \"A\", lane = \"kerb\", allow = [\"bus\"] }", "The lane at the kerb of A is for bus only."),
            (
                "signal = { at = \"all\", policy = \"actuated\", cycle = \"80 s\" }",
                "All traffic lights hold green while vehicles come and have a cycle of 80 s.",
            ),
            ("turn = { at = \"A & B\", from = \"A\", to = \"B\", rule = \"ban\" }", "Turning from A into B at A & B is banned."),
            ("priority = { at = \"A & B\", control = \"stop\", major = \"A\" }", "At A & B the minor road stops; A goes first."),
            ("incident = { road = \"A\", lanes = 1, at = \"40 %\" }", "The lane at the kerb is blocked on A, at 40 % of its length."),
            ("rain = { depth = \"48 mm\", lasts = \"90 min\", from = \"07:30\" }", "It rains 48 mm for 90 min from 07:30."),
        ] {
            assert_eq!(said(action), words);
        }
    }
}
