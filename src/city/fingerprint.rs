//! A hash of everything in a city. Fields go in as bytes, each with what tells it from its neighbours (lengths of texts and lists, a word before
//! what may be absent). Every struct is taken apart by name: a field that is added and not told does not compile.

use super::generate::cruise::Cruise;
use super::{
    Aspect, Block, Charge, ChargePer, City, Conflict, Control, Controller, DayScale, DepartPos, DepartSpeed, Detector, DriveSide,
    Following, Halt, Lane, Link, Mode, Movement, Node, OdCell, Phase, Policy, Rule, TimingPlan, Trip, Turn, Uses, VehicleClass, Zone,
};
use std::ops::Range;
use std::sync::Arc;

/// Bytes that are hashed at once.
const PIECE: usize = 1 << 16;

/// Where the bytes go.
struct Ink {
    hasher: blake3::Hasher,
    waiting: Vec<u8>,
}

impl Ink {
    fn bytes(&mut self, bytes: &[u8]) {
        if self.waiting.len() + bytes.len() > PIECE {
            self.hasher.update(&self.waiting);
            self.waiting.clear();
        }
        self.waiting.extend_from_slice(bytes);
    }

    fn word(&mut self, word: u64) {
        self.bytes(&word.to_le_bytes());
    }
}

/// Can be told.
trait Told {
    fn tell(&self, ink: &mut Ink);
}

impl Told for u64 {
    fn tell(&self, ink: &mut Ink) {
        ink.word(*self);
    }
}

impl Told for usize {
    fn tell(&self, ink: &mut Ink) {
        ink.word(*self as u64);
    }
}

impl Told for f64 {
    fn tell(&self, ink: &mut Ink) {
        ink.word(self.to_bits());
    }
}

impl Told for str {
    fn tell(&self, ink: &mut Ink) {
        ink.word(self.len() as u64);
        ink.bytes(self.as_bytes());
    }
}

impl Told for String {
    fn tell(&self, ink: &mut Ink) {
        self.as_str().tell(ink);
    }
}

impl<T: Told> Told for Vec<T> {
    fn tell(&self, ink: &mut Ink) {
        ink.word(self.len() as u64);
        self.iter().for_each(|one| one.tell(ink));
    }
}

impl<T: Told> Told for Arc<T> {
    fn tell(&self, ink: &mut Ink) {
        self.as_ref().tell(ink);
    }
}

impl<T: Told> Told for Option<T> {
    fn tell(&self, ink: &mut Ink) {
        ink.word(u64::from(self.is_some()));
        self.iter().for_each(|one| one.tell(ink));
    }
}

impl<T: Told, const N: usize> Told for [T; N] {
    fn tell(&self, ink: &mut Ink) {
        self.iter().for_each(|one| one.tell(ink));
    }
}

impl<T: Told> Told for Range<T> {
    fn tell(&self, ink: &mut Ink) {
        self.start.tell(ink);
        self.end.tell(ink);
    }
}

impl<A: Told, B: Told> Told for (A, B) {
    fn tell(&self, ink: &mut Ink) {
        self.0.tell(ink);
        self.1.tell(ink);
    }
}

/// What was found before decides nothing.
impl Told for crate::paths::Atlas {
    fn tell(&self, _: &mut Ink) {}
}

/// Small numbers, as words.
macro_rules! words {
    ($($kind:ty)*) => { $(impl Told for $kind {
        fn tell(&self, ink: &mut Ink) {
            ink.word(u64::from(*self));
        }
    })* };
}
words! { u8 u32 bool }

/// Choices, by their number.
macro_rules! choices {
    ($($kind:ty)*) => { $(impl Told for $kind {
        fn tell(&self, ink: &mut Ink) {
            ink.word(*self as u64);
        }
    })* };
}
choices! { Aspect ChargePer Control DriveSide Following Policy Rule Turn }

/// Structs, by all their fields.
macro_rules! fields {
    ($($kind:ident { $($field:ident),* })*) => { $(impl Told for $kind {
        fn tell(&self, ink: &mut Ink) {
            let $kind { $($field),* } = self;
            $($field.tell(ink);)*
        }
    })* };
}
fields! {
    City { name, crs, drive_side, nodes, links, lanes, movements, conflicts, controllers, zones, classes, modes, trips, od, cruise, detectors, scale,
        charges, blocks, later, atlas }
    Node { id, name, at_m, control }
    Link { id, name, from, to, shape_m, length_m, free_speed_mps, priority, facility, lanes }
    Lane { id, link, length_m, width_m, speed_mps, allowed, shape_m, change_left, change_right }
    Movement { id, node, from_lane, to_lane, length_m, speed_mps, shape_m, turn, rule, signal, allowed, keep_clear }
    Conflict { a, b, merge, a_yields, b_yields, area_a_m, area_b_m }
    Phase { duration_s, min_s, max_s, aspects }
    Controller { id, policy, dark, offset_s, phases, plans }
    TimingPlan { id, timeday, offset_s, phases }
    Zone { id, name, at_m, population, jobs, income_decile, origins, destinations }
    VehicleClass { id, uses, length_m, width_m, max_speed_mps, accel_mps2, decel_mps2, emergency_decel_mps2, headway_s, min_gap_m, speed_factor,
        speed_dev, speed_factor_range, noise, following, persons }
    Mode { id, mix }
    Halt { lane, at_m, dwell_s, until_s }
    Trip { id, mode, depart_s, path, depart_lane, depart_pos, depart_speed, arrive_pos_m, halts, origin, destination, searched }
    OdCell { origin, destination, mode, from_s, to_s, trips, tag, keep }
    Charge { links, modes, fee, per }
    Block { lane, at_m, from_s, to_s }
    Detector { id, lane, at_m }
    Cruise { from_s, pause_s, rounds }
}

impl Told for Uses {
    fn tell(&self, ink: &mut Ink) {
        self.0.tell(ink);
    }
}

impl Told for i32 {
    fn tell(&self, ink: &mut Ink) {
        ink.bytes(&self.to_le_bytes());
    }
}

impl Told for DepartPos {
    fn tell(&self, ink: &mut Ink) {
        match self {
            DepartPos::Base => None,
            DepartPos::At(at_m) => Some(*at_m),
        }
        .tell(ink);
    }
}

impl Told for DayScale {
    fn tell(&self, ink: &mut Ink) {
        match self {
            DayScale::Same => Vec::new(),
            DayScale::Normal([mean, deviation]) => vec![0.0, *mean, *deviation],
            DayScale::Uniform([from, to]) => vec![1.0, *from, *to],
            DayScale::Triangular(law) => [&[2.0][..], law].concat(),
        }
        .tell(ink);
    }
}

impl Told for DepartSpeed {
    fn tell(&self, ink: &mut Ink) {
        match self {
            DepartSpeed::Max => None,
            DepartSpeed::At(mps) => Some(*mps),
        }
        .tell(ink);
    }
}

/// The hash of a city, as hexadecimal text.
#[must_use]
pub fn of(city: &City) -> String {
    let mut ink = Ink { hasher: blake3::Hasher::new(), waiting: Vec::with_capacity(PIECE) };
    city.tell(&mut ink);
    let Ink { mut hasher, waiting } = ink;
    hasher.update(&waiting).finalize().to_hex().to_string()
}
