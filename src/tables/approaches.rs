//! What lies before and behind the lines of a signal that decides by what it sees, as lists in the pool.
//!
//! Cities from other programs cut a street into pieces of a metre: an approach goes on beyond the lane before the line, up to a fixed distance or
//! to the signal before, whose queue the rest is.

use super::lanes::q10;
use super::layout::{LANE_CONNECTOR, Lane, NONE};
use std::collections::{BTreeMap, BTreeSet};

/// Lanes that begin nearer than this to a line are part of its approach \[m\], and of an exit: as far as stage `signals` counts, and 7 s at
/// 50 km/h, more than the passage time.
const APPROACH_M: f64 = 100.0;
/// Links of an approach or an exit at most: what bounds a list where they are very short.
const LINKS: u32 = 8;
/// Lanes and connectors of a list at most.
const ENTRIES: usize = 64;
/// The whole of a way that divides.
const WHOLE: u32 = 256;

/// Finds the surroundings of lines.
pub struct Approaches<'a> {
    lanes: &'a [Lane],
    /// Connectors into each lane.
    into: Vec<Vec<u32>>,
}

impl<'a> Approaches<'a> {
    /// In these lanes and connectors.
    #[must_use]
    pub fn new(lanes: &'a [Lane]) -> Self {
        let mut into = vec![Vec::new(); lanes.len()];
        for (at, lane) in lanes.iter().enumerate().filter(|(_, lane)| lane.flags & LANE_CONNECTOR != 0) {
            into[lane.exit as usize].push(at as u32);
        }
        Approaches { lanes, into }
    }

    /// Lays down a table of two offsets for each of the connectors of a controller, and the lists; see `shaders/shared/records.wgsl`. Lines of one
    /// link share what is before them, lines to one lane what is behind.
    pub fn of(&self, connectors: impl Iterator<Item = u32> + Clone, pool: &mut Vec<u32>) {
        let table = pool.len();
        pool.resize(table + 2 * connectors.clone().count(), 0);
        let (mut before, mut behind) = (BTreeMap::new(), BTreeMap::new());
        for (link, connector) in connectors.enumerate() {
            let Lane { feeder, exit, .. } = self.lanes[connector as usize];
            let first = self.of_link(feeder)[0];
            pool[table + 2 * link] = *before.entry(first).or_insert_with(|| list(&self.before(feeder), pool));
            pool[table + 2 * link + 1] = *behind.entry(exit).or_insert_with(|| list(&self.behind(exit), pool));
        }
    }

    /// All lanes of the link of a lane.
    fn of_link(&self, lane: u32) -> Vec<u32> {
        let beside = |at: &u32| {
            let there = &self.lanes[*at as usize];
            there.flags & LANE_CONNECTOR == 0 && there.place == self.lanes[lane as usize].place
        };
        let mut all: Vec<u32> = (0..lane).rev().take_while(beside).collect();
        all.reverse();
        all.extend((lane..self.lanes.len() as u32).take_while(beside));
        all
    }

    /// Lanes and connectors that lead to the lines of a link, with the links from there and the way from their ends \[Q10 m\].
    fn before(&self, feeder: u32) -> Vec<[u32; 2]> {
        let place = |links: u32, way: i32| (way.max(0) as u32) << 4 | links;
        let mut open: Vec<(u32, u32, i32)> = self.of_link(feeder).into_iter().map(|lane| (lane, 0, 0)).collect();
        let mut known: BTreeSet<u32> = open.iter().map(|(lane, ..)| *lane).collect();
        let mut all = Vec::new();
        let mut next = 0;
        while next < open.len() && all.len() < ENTRIES {
            let (lane, links, end) = open[next];
            all.push([lane, place(links, end)]);
            next += 1;
            let start = end + self.lanes[lane as usize].length;
            if start >= q10(APPROACH_M) || links == LINKS {
                continue;
            }
            for &connector in &self.into[lane as usize] {
                let Lane { feeder, length, signal, .. } = self.lanes[connector as usize];
                if signal == NONE {
                    all.push([connector, place(links, start)]);
                    if known.insert(feeder) {
                        open.push((feeder, links + 1, start + length));
                    }
                }
            }
        }
        all.truncate(ENTRIES);
        all
    }

    /// Lanes that lead on from a line, with the way to their beginnings \[Q10 m\] and their shares of it.
    fn behind(&self, exit: u32) -> Vec<[u32; 2]> {
        let mut open = vec![(exit, 0, 0, WHOLE)];
        let mut next = 0;
        while next < open.len().min(ENTRIES) {
            let (lane, links, start, share) = open[next];
            next += 1;
            let Lane { length, conn_start, conn_count, .. } = self.lanes[lane as usize];
            let end = start + length;
            let on = conn_start..conn_start.wrapping_add(conn_count);
            if end < q10(APPROACH_M) && links < LINKS && on.clone().all(|at| self.lanes[at as usize].signal == NONE) {
                let share = share / conn_count.max(1);
                open.extend(on.map(|at| (self.lanes[at as usize].exit, links + 1, end, share)));
            }
        }
        open.truncate(ENTRIES);
        open.into_iter().map(|(lane, _, start, share)| [lane, (start as u32) << 9 | share]).collect()
    }
}

/// Lays down a list behind its length; returns where.
fn list(entries: &[[u32; 2]], pool: &mut Vec<u32>) -> u32 {
    let at = pool.len() as u32;
    pool.push(entries.len() as u32);
    pool.extend(entries.iter().flatten());
    at
}
