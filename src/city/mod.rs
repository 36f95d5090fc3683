//! What a city means: nodes, links, lanes, movements, who yields to whom, signals, zones, classes, demand; ids resolved, SI units.
//!
//! People's order of things: everything keeps its own name and the order of its file. Nothing here moves, nothing here is dense or packed;
//! [`crate::tables`] does that. Angles are never used: turns are decided by cross and dot products, so every machine decides alike
//! (only `+ - * /` and `sqrt`, which IEEE 754 rounds correctly).
//!
//! Positions along a lane run from its start, in metres. A movement (the connector of one lane to one lane through a junction) has a
//! length of its own, so that a vehicle is always on a lane or on a movement.

pub mod alter;
mod changes;
pub mod check;
pub mod demand;
pub mod fingerprint;
pub mod generate;
pub mod globe;
pub mod junction;
pub mod signal;

pub use changes::{Block, Charge, ChargePer, DayScale};

/// Classes of vehicles of one city at most: a number of six bits tells them apart.
pub const MOST_CLASSES: usize = 64;

/// Who may use a lane: a set of uses (GMNS `allowed_uses`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses(pub u32);

impl Uses {
    /// Names of the bits, lowest first.
    pub const NAMES: [&'static str; 14] =
        ["car", "van", "truck", "bus", "motorcycle", "bike", "walk", "taxi", "emergency", "tram", "rail", "delivery", "coach", "hov"];
    /// Nobody.
    pub const NONE: Uses = Uses(0);
    /// Everybody.
    pub const ALL: Uses = Uses((1 << 14) - 1);
    /// Motor vehicles on roads: everything but bike, walk, tram and rail.
    pub const ROAD: Uses = Uses(0b11_1001_1001_1111);

    /// The set with one use, by name.
    #[must_use]
    pub fn named(name: &str) -> Option<Uses> {
        Uses::NAMES.iter().position(|n| *n == name).map(|bit| Uses(1 << bit))
    }
    /// Do the two sets share a use?
    #[must_use]
    pub const fn meets(self, other: Uses) -> bool {
        self.0 & other.0 != 0
    }
    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Uses) -> Uses {
        Uses(self.0 | other.0)
    }
    /// This set without the other.
    #[must_use]
    pub const fn without(self, other: Uses) -> Uses {
        Uses(self.0 & !other.0)
    }
}

/// How a junction is controlled (GMNS `ctrl_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Nothing: dead ends, plain bends.
    #[default]
    None,
    /// Major and minor road; the minor one yields.
    Yield,
    /// Major and minor road; the minor one stops.
    Stop,
    /// Everybody stops, first come first served.
    AllWayStop,
    /// Who comes from the right goes first, on whichever side one drives.
    RightBeforeLeft,
    /// A signal.
    Signal,
    /// Entries yield to the circle.
    Roundabout,
}

/// A junction or a bend.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Stable name.
    pub id: String,
    /// Name for people; may be empty.
    pub name: String,
    /// Position in the local projection \[m\].
    pub at_m: [f64; 2],
    /// Control.
    pub control: Control,
}

/// One direction of a road between two nodes.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// Stable name.
    pub id: String,
    /// Street name; may be empty.
    pub name: String,
    /// Index of the node it starts at.
    pub from: usize,
    /// Index of the node it ends at.
    pub to: usize,
    /// Centre line \[m\]; at least two points.
    pub shape_m: Vec<[f64; 2]>,
    /// Length \[m\], of the drivable part (between the stop line and the junction behind).
    pub length_m: f64,
    /// Free speed \[m/s\].
    pub free_speed_mps: f64,
    /// Rank of the road where priorities are derived; larger goes first.
    pub priority: i32,
    /// GMNS facility type; may be empty.
    pub facility: String,
    /// Its lanes in [`City::lanes`], kerb first: the rightmost where one drives on the right, else the leftmost.
    pub lanes: std::ops::Range<usize>,
}

/// A lane of a link.
#[derive(Clone, Debug, Default)]
pub struct Lane {
    /// Stable name.
    pub id: String,
    /// Index of its link.
    pub link: usize,
    /// Length \[m\].
    pub length_m: f64,
    /// Width \[m\].
    pub width_m: f64,
    /// Speed limit \[m/s\].
    pub speed_mps: f64,
    /// Who may drive here.
    pub allowed: Uses,
    /// Centre line \[m\]; may be empty (then offset from the link's).
    pub shape_m: Vec<[f64; 2]>,
    /// May one change to the left from here? (no solid line)
    pub change_left: bool,
    /// May one change to the right from here?
    pub change_right: bool,
}

/// Rule at the stop line of a movement, beside its signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// Drives on; yields only where a conflict says so.
    #[default]
    Go,
    /// Yields: slows down and looks.
    Yield,
    /// Stops first, then yields.
    Stop,
    /// Stops first, then first come first served.
    AllWayStop,
}

/// Which way a movement turns, as the driver sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Straight on.
    #[default]
    Through,
    /// Right.
    Right,
    /// Left.
    Left,
    /// Back.
    UTurn,
}

/// One lane to one lane through a junction: the connector of the engine.
#[derive(Clone, Debug, Default)]
pub struct Movement {
    /// Stable name.
    pub id: String,
    /// Index of its node.
    pub node: usize,
    /// Index of the lane it leaves.
    pub from_lane: usize,
    /// Index of the lane it enters.
    pub to_lane: usize,
    /// Length through the junction \[m\]; at least 0.1.
    pub length_m: f64,
    /// Speed limit on it \[m/s\].
    pub speed_mps: f64,
    /// Centre line \[m\]; at least two points.
    pub shape_m: Vec<[f64; 2]>,
    /// Direction of the turn.
    pub turn: Turn,
    /// Rule at the line.
    pub rule: Rule,
    /// Controller and position in its phases' states, where a signal stands.
    pub signal: Option<(usize, usize)>,
    /// Who may use it.
    pub allowed: Uses,
    /// Enter only with room behind the junction.
    pub keep_clear: bool,
}

/// Two movements of one junction that cannot be used carelessly at once. Each unordered pair stands once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conflict {
    /// One movement.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// Same target lane (they merge), not crossing paths.
    pub merge: bool,
    /// `a` waits for `b`.
    pub a_yields: bool,
    /// `b` waits for `a`.
    pub b_yields: bool,
    /// Where the shared area starts and ends on `a` \[m from its start\]; for a merge: (somewhere before the end, its length).
    pub area_a_m: [f64; 2],
    /// The same on `b`.
    pub area_b_m: [f64; 2],
}

/// What one signal head shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// Stop.
    #[default]
    Red,
    /// Stop if you can.
    Amber,
    /// Go; conflicting streams have red (SUMO `G`).
    Green,
    /// Go, but yield as the conflicts say (SUMO `g`).
    Permissive,
    /// Red and amber (SUMO `u`): still closed.
    RedAmber,
    /// Switched off or blinking: the signs rule (SUMO `o`, `O`).
    Off,
    /// Stop, then go when free (SUMO `s`, right turn on red).
    StopThenGo,
}

/// One phase of a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Phase {
    /// Duration \[s\] in a fixed plan.
    pub duration_s: f64,
    /// Shortest duration \[s\]; equal to `duration_s` when it cannot vary.
    pub min_s: f64,
    /// Longest duration \[s\].
    pub max_s: f64,
    /// One aspect for each position of the controller.
    pub aspects: Vec<Aspect>,
}

/// How a controller decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// By the clock.
    #[default]
    Fixed,
    /// A green ends when somebody calls another and nobody comes any more, between min and max; what nobody calls is left out.
    Actuated,
    /// The green phase with the largest pressure, at least its minimum (Varaiya 2013); nobody stands before a red light for ever.
    MaxPressure,
}

/// A signal controller with the plan in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Controller {
    /// Stable name.
    pub id: String,
    /// How it decides.
    pub policy: Policy,
    /// Switched off: its heads show nothing, whatever the phases say, and the signs rule.
    pub dark: bool,
    /// Offset of the plan \[s\]: the cycle begins at times t with (t - offset) mod cycle = 0... counted from midnight.
    pub offset_s: f64,
    /// Its phases, in order; transitions (amber, all red) are phases like others.
    pub phases: Vec<Phase>,
    /// All its plans, the one in force first; none where there is only that one.
    pub plans: Vec<TimingPlan>,
}

/// A plan that a controller may run (GMNS `signal_timing_plan`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimingPlan {
    /// Stable name.
    pub id: String,
    /// What it is for (GMNS `timeday_id`), the same name at all signals; may be empty.
    pub timeday: String,
    /// Its offset \[s\], as in [`Controller::offset_s`]; none = that of the controller.
    pub offset_s: Option<f64>,
    /// Its phases, as in [`Controller::phases`].
    pub phases: Vec<Phase>,
}

/// A zone: where trips start and end.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    /// Stable name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Centre \[m\].
    pub at_m: [f64; 2],
    /// Inhabitants.
    pub population: f64,
    /// Jobs.
    pub jobs: f64,
    /// Income decile 1..10, 0 = unknown.
    pub income_decile: u8,
    /// Links on which trips from here start.
    pub origins: Vec<usize>,
    /// Links on which trips to here end.
    pub destinations: Vec<usize>,
}

/// Car-following law of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Following {
    /// Intelligent driver model.
    #[default]
    Idm,
    /// Krauss 1998.
    Krauss,
}

/// A vehicle class with its driver.
#[derive(Clone, Debug)]
pub struct VehicleClass {
    /// Stable name.
    pub id: String,
    /// The one use it counts as.
    pub uses: Uses,
    /// Length \[m\].
    pub length_m: f64,
    /// Width \[m\], for pictures.
    pub width_m: f64,
    /// Largest speed \[m/s\].
    pub max_speed_mps: f64,
    /// Largest acceleration \[m/s2\].
    pub accel_mps2: f64,
    /// Comfortable deceleration \[m/s2\].
    pub decel_mps2: f64,
    /// Largest deceleration \[m/s2\].
    pub emergency_decel_mps2: f64,
    /// Time gap T \[s\].
    pub headway_s: f64,
    /// Standstill gap s0 \[m\].
    pub min_gap_m: f64,
    /// Mean of the desired speed over the limit.
    pub speed_factor: f64,
    /// Its standard deviation between drivers.
    pub speed_dev: f64,
    /// Bounds of the speed factor.
    pub speed_factor_range: [f64; 2],
    /// Acceleration noise: half width \[m/s2\] for IDM, sigma 0..1 of Krauss.
    pub noise: f64,
    /// Law.
    pub following: Following,
    /// Persons in it.
    pub persons: f64,
}

impl Default for VehicleClass {
    /// The passenger car of `engine.md` 2: saturation flow 1,842..1,863 veh/h at 50 km/h.
    fn default() -> Self {
        VehicleClass {
            id: "car".into(),
            uses: Uses(1),
            length_m: 4.5,
            width_m: 1.8,
            max_speed_mps: 50.0,
            accel_mps2: 1.6,
            decel_mps2: 2.0,
            emergency_decel_mps2: 9.0,
            headway_s: 1.0,
            min_gap_m: 2.0,
            speed_factor: 1.0,
            speed_dev: 0.0,
            speed_factor_range: [0.5, 2.0],
            noise: 0.0,
            following: Following::Idm,
            persons: 1.3,
        }
    }
}

/// A mode of travel: one class, or a mix from which each trip draws by its key (purpose 6).
#[derive(Clone, Debug, Default)]
pub struct Mode {
    /// Stable name, as trips and OD tables use it.
    pub id: String,
    /// Index into [`City::classes`] and weight.
    pub mix: Vec<(usize, f64)>,
}

/// Where on its first lane a trip starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DepartPos {
    /// Rear bumper at the start of the lane (SUMO `base`).
    #[default]
    Base,
    /// Front bumper at so many metres; negative counts from the end.
    At(f64),
}

/// How fast a trip starts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DepartSpeed {
    /// As fast as is safe.
    #[default]
    Max,
    /// So many m/s if that is safe.
    At(f64),
}

/// A planned halt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Halt {
    /// Lane index.
    pub lane: usize,
    /// Where the front bumper stands \[m\].
    pub at_m: f64,
    /// How long \[s\].
    pub dwell_s: f64,
    /// Not before this time of day \[s\]; NaN when free.
    pub until_s: f64,
}

/// One trip as planned; nothing in it depends on the seed.
#[derive(Clone, Debug, Default)]
pub struct Trip {
    /// Stable name: the key of every draw of this trip.
    pub id: String,
    /// Index into [`City::modes`].
    pub mode: usize,
    /// Departure \[s since midnight\].
    pub depart_s: f64,
    /// Links in order, at least one.
    pub path: std::sync::Arc<Vec<usize>>,
    /// Lane of the first link counted from the kerb, if demanded.
    pub depart_lane: Option<usize>,
    /// Where it starts.
    pub depart_pos: DepartPos,
    /// How fast.
    pub depart_speed: DepartSpeed,
    /// Where on the last link it ends \[m\]; `None` = its end.
    pub arrive_pos_m: Option<f64>,
    /// Halts in order of the path.
    pub halts: Vec<Halt>,
    /// Origin zone, if any.
    pub origin: Option<usize>,
    /// Destination zone, if any.
    pub destination: Option<usize>,
    /// Was its path found here, because none was given? Only such drivers may be informed and take other ways.
    pub searched: bool,
}

/// One cell of the origin-destination table: so many trips, even in [from, to).
#[derive(Clone, Debug, Default)]
pub struct OdCell {
    /// Origin zone.
    pub origin: usize,
    /// Destination zone.
    pub destination: usize,
    /// Mode index.
    pub mode: usize,
    /// Interval \[s since midnight\].
    pub from_s: f64,
    /// Its end.
    pub to_s: f64,
    /// Trips in the interval, any non-negative number.
    pub trips: f64,
    /// Tells cells apart that an action added; 0 = of the table.
    pub tag: u32,
    /// Of those who depart in these spans \[s since midnight\] only a share stays.
    pub keep: Vec<([f64; 2], f64)>,
}

/// A point detector on a lane.
#[derive(Clone, Debug, Default)]
pub struct Detector {
    /// Stable name.
    pub id: String,
    /// Lane index.
    pub lane: usize,
    /// Position \[m\].
    pub at_m: f64,
}

/// Driving side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DriveSide {
    /// Most of the world.
    #[default]
    Right,
    /// The rest.
    Left,
}

impl DriveSide {
    /// The turn to the kerb side: across nobody's way.
    #[must_use]
    pub const fn near(self) -> Turn {
        match self {
            DriveSide::Right => Turn::Right,
            DriveSide::Left => Turn::Left,
        }
    }
    /// The turn to the far side: across the opposing stream.
    #[must_use]
    pub const fn across(self) -> Turn {
        match self {
            DriveSide::Right => Turn::Left,
            DriveSide::Left => Turn::Right,
        }
    }
}

/// The whole city.
#[derive(Clone, Debug, Default)]
pub struct City {
    /// Name.
    pub name: String,
    /// Projection as a proj string; empty = plain metres.
    pub crs: String,
    /// Driving side.
    pub drive_side: DriveSide,
    /// Junctions and bends.
    pub nodes: Vec<Node>,
    /// Directed links.
    pub links: Vec<Link>,
    /// Lanes, those of one link side by side, kerb first.
    pub lanes: Vec<Lane>,
    /// Movements.
    pub movements: Vec<Movement>,
    /// Conflicts.
    pub conflicts: Vec<Conflict>,
    /// Signal controllers.
    pub controllers: Vec<Controller>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Vehicle classes; class 0 is the default car.
    pub classes: Vec<VehicleClass>,
    /// Modes; mode 0 is `car`.
    pub modes: Vec<Mode>,
    /// Explicit trips.
    pub trips: Vec<Trip>,
    /// OD cells; sampled per seed by [`demand::wishes`].
    pub od: Vec<OdCell>,
    /// Trips of a grid made for measuring machines.
    pub cruise: Option<generate::cruise::Cruise>,
    /// Detectors.
    pub detectors: Vec<Detector>,
    /// How demand differs from day to day.
    pub scale: DayScale,
    /// Charges that those who choose a way think of.
    pub charges: Vec<Charge>,
    /// Places where lanes are blocked for a time.
    pub blocks: Vec<Block>,
    /// The streets from these times of day on \[s\], ascending, where actions hold for a part of it only: the same nodes, links, lanes,
    /// movements and controllers in the same order, without demand.
    pub later: Vec<(f64, std::sync::Arc<City>)>,
    /// Ways that were found in it, for the next run; it decides nothing.
    pub atlas: std::sync::Arc<crate::paths::Atlas>,
}

impl City {
    /// The streets at a time of day \[s\].
    #[must_use]
    pub fn at_s(&self, s: f64) -> &City {
        self.stretch(self.stretch_at(s))
    }

    /// Number of the stretch of time in which a time of day lies: 0 until the first change of the streets.
    #[must_use]
    pub fn stretch_at(&self, s: f64) -> usize {
        self.later.partition_point(|(from_s, _)| *from_s <= s)
    }

    /// The streets of a stretch.
    #[must_use]
    pub fn stretch(&self, number: usize) -> &City {
        number.checked_sub(1).map_or(self, |at| &self.later[at].1)
    }
}
