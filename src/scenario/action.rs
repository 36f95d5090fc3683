//! The verbs: what a variant does to the city. An action is a table with exactly one verb.

use crate::scenario::quantity::{At, Clock, Few, Metres, Money, PerHour, Pick, Seconds, Share, Speed};
use schemars::JsonSchema;
use serde::Deserialize;

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $type,)*
            /// Name of this action, for sweeps and messages.
            pub id: Option<At<String>>,
            /// A remark for the reader.
            pub note: Option<String>,
            /// Only in this part of the day.
            pub between: Option<At<Few<Clock, 2>>>,
        }
    )* };
}

/// Words for a compass direction, or both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Way {
    Both,
    North,
    Northeast,
    East,
    Southeast,
    South,
    Southwest,
    West,
    Northwest,
}

/// How a signal is run by an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignalPolicy {
    /// By the clock.
    Fixed,
    /// Green extends while vehicles come.
    Actuated,
    /// The phase with the largest pressure.
    MaxPressure,
    /// Switched off: the signs rule.
    Off,
    /// All-way stop.
    Flashing,
    /// Coordinated along a road.
    GreenWave,
}

/// How an unsignalled junction is run by an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriorityControl {
    /// The minor road yields.
    Yield,
    /// The minor road stops.
    Stop,
    /// All stop.
    AllWayStop,
    /// Entries yield to the circle.
    Roundabout,
    /// No signs.
    None,
}

/// Ban or allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TurnRule {
    /// Nobody may turn so.
    Ban,
    /// All may.
    Allow,
}

/// What a charge is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Each entry.
    Entry,
    /// Each kilometre.
    Km,
    /// Each day.
    Day,
}

verbs! {
    /// Closes a road or a link.
    Close {
        /// Name of the road.
        road: Option<At<String>>,
        /// Id of one link.
        link: Option<At<String>>,
        /// One direction only.
        way: Option<Way>,
        /// Picks among namesakes.
        near: Option<At<Pick>>,
        /// From this crossing road on.
        from_crossing: Option<At<String>>,
        /// Up to this crossing road.
        to_crossing: Option<At<String>>,
        /// Uses that may still pass.
        except: Option<Vec<At<String>>>,
    }
    /// Sets a speed limit.
    SpeedLimit {
        /// Name of the road.
        road: Option<At<String>>,
        /// Name of a zone.
        zone: Option<At<String>>,
        /// One direction only.
        way: Option<Way>,
        /// Picks among namesakes.
        near: Option<At<Pick>>,
        /// The new limit.
        limit: At<Speed>,
    }
    /// Scales demand or adds to it.
    DemandChange {
        /// Origin zone; all if absent.
        from: Option<At<String>>,
        /// Destination zone; all if absent.
        to: Option<At<String>>,
        /// Mode; all if absent.
        mode: Option<At<String>>,
        /// Factor.
        scale: Option<At<f64>>,
        /// Trips to add.
        add: Option<At<PerHour>>,
    }
    /// Changes who may use a lane.
    LaneUse {
        /// Name of the road.
        road: At<String>,
        /// One direction only.
        way: Option<Way>,
        /// Picks among namesakes.
        near: Option<At<Pick>>,
        /// `kerb`, `median`, `all`, or a number counted from the left.
        lane: Option<At<Pick>>,
        /// Uses that may drive there, and no others.
        allow: Option<Vec<At<String>>>,
        /// Uses that may not.
        forbid: Option<Vec<At<String>>>,
    }
    /// Changes a signal.
    Signal {
        /// Junction: `A Street & B Street`, or `#id`; `all` = every signal of the city.
        at: At<String>,
        /// Policy.
        policy: Option<SignalPolicy>,
        /// Cycle length.
        cycle: Option<At<Seconds>>,
        /// Green of each phase, in order.
        splits: Option<Vec<At<Seconds>>>,
        /// Offset of the plan.
        offset: Option<At<Seconds>>,
        /// Shortest green.
        min_green: Option<At<Seconds>>,
        /// Id of a timing plan of the city.
        plan: Option<At<String>>,
    }
    /// Bans or allows a turn.
    TurnBan {
        /// Junction.
        at: At<String>,
        /// Road it comes from.
        from: At<String>,
        /// Road it goes to.
        to: At<String>,
        /// Ban or allow.
        rule: TurnRule,
    }
    /// Changes the signs of a junction.
    Priority {
        /// Junction.
        at: At<String>,
        /// Control.
        control: PriorityControl,
        /// Road that goes first.
        major: Option<At<String>>,
    }
    /// Blocks lanes at a place.
    Incident {
        /// Road.
        road: At<String>,
        /// Direction.
        way: Option<Way>,
        /// Picks among namesakes.
        near: Option<At<Pick>>,
        /// How many lanes, from the kerb.
        lanes: At<u32>,
        /// Where, as a share of the length.
        at: Option<At<Share>>,
    }
    /// Charges for driving.
    Charge {
        /// Zone.
        zone: Option<At<String>>,
        /// Road.
        road: Option<At<String>>,
        /// Modes that pay; all if absent.
        mode: Option<Vec<At<String>>>,
        /// How much.
        fee: At<Money>,
        /// For what; an entry if absent.
        per: Option<Per>,
    }
    /// Changes a transit line.
    Transit {
        /// Line.
        line: At<String>,
        /// New headway.
        headway: Option<At<Seconds>>,
        /// Remove the line.
        remove: Option<bool>,
        /// A stop to add.
        add_stop: Option<At<String>>,
    }
    /// Rain over the whole city.
    Rain {
        /// Total depth.
        depth: Option<At<Metres>>,
        /// How long.
        lasts: At<Seconds>,
        /// From when.
        from: At<Clock>,
        /// Years, where the city has weather/idf.csv.
        return_period: Option<At<f64>>,
    }
    /// An element of a network fails.
    Outage {
        /// Id in power/ or water/.
        element: Option<At<String>>,
        /// The element nearest to this.
        near: Option<At<Pick>>,
        /// Until repaired.
        repair: Option<At<Seconds>>,
    }
}

/// One action: exactly one verb.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Closes a road or a link.
    Close(Close),
    /// Sets a speed limit.
    Speed(SpeedLimit),
    /// Scales demand or adds to it.
    Demand(DemandChange),
    /// Changes who may use a lane.
    Lane(LaneUse),
    /// Changes a signal.
    Signal(Signal),
    /// Bans or allows a turn.
    Turn(TurnBan),
    /// Changes the signs of a junction.
    Priority(Priority),
    /// Blocks lanes at a place.
    Incident(Incident),
    /// Charges for driving.
    Charge(Charge),
    /// Changes a transit line.
    Transit(Transit),
    /// Rain over the whole city.
    Rain(Rain),
    /// An element of a network fails.
    Outage(Outage),
}

/// All verbs, as written.
pub const VERBS: [&str; 12] =
    ["close", "speed", "demand", "lane", "signal", "turn", "priority", "incident", "charge", "transit", "rain", "outage"];

macro_rules! each {
    ($action:expr, $of:ident => $what:expr) => {
        match $action {
            Action::Close($of) => $what,
            Action::Speed($of) => $what,
            Action::Demand($of) => $what,
            Action::Lane($of) => $what,
            Action::Signal($of) => $what,
            Action::Turn($of) => $what,
            Action::Priority($of) => $what,
            Action::Incident($of) => $what,
            Action::Charge($of) => $what,
            Action::Transit($of) => $what,
            Action::Rain($of) => $what,
            Action::Outage($of) => $what,
        }
    };
}

impl Close {
    /// Is a part of a road or one of several meant?
    #[must_use]
    pub fn narrowed(&self) -> bool {
        self.way.is_some() || self.near.is_some() || self.from_crossing.is_some() || self.to_crossing.is_some()
    }
}

impl Action {
    /// Its id, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&At<String>> {
        each!(self, of => of.id.as_ref())
    }
    /// Its part of the day, if limited.
    #[must_use]
    pub fn between(&self) -> Option<&At<Few<Clock, 2>>> {
        each!(self, of => of.between.as_ref())
    }
    /// Its remark for the reader, if it has one.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        each!(self, of => of.note.as_deref())
    }
    /// Its verb, as written.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        let index = match self {
            Action::Close(_) => 0,
            Action::Speed(_) => 1,
            Action::Demand(_) => 2,
            Action::Lane(_) => 3,
            Action::Signal(_) => 4,
            Action::Turn(_) => 5,
            Action::Priority(_) => 6,
            Action::Incident(_) => 7,
            Action::Charge(_) => 8,
            Action::Transit(_) => 9,
            Action::Rain(_) => 10,
            Action::Outage(_) => 11,
        };
        VERBS[index]
    }
}
