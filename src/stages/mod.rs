//! The step: a pure function of the old state, as a row of stages. Each stage is one `.rs` (the CPU twin), one `.wgsl`, one row here.
//!
//! ```text
//!  signals        a controller   phase of this tick
//!  claims_post    a lane         who comes to my stop line, when                       -> claims
//!  claims_grant   a junction     who may enter: one total order, gaps, room behind     -> gate
//!  decide         a vehicle      speed, distance, lane crossings, wish to change       -> plan
//!  exchange       a lane         whose first vehicles take each other's place           -> swaps
//!  resolve        a vehicle      of rivals for one gap the first wins                  -> plan.lane, flow
//!  insert         a lane         may the first waiting trip enter                      -> entries
//!  detect         a detector     what those count that are not the last ones of their lanes -> loops
//!  count          a lane         vehicles next tick; sums, arrivals                    -> flow, sums, logs
//!  scan_sums/_tops/_add          running sum of counts                                 -> lane_next
//!  rebuild        a lane         next tick's vehicles, in order                        -> vehicles
//!  finish         a lane         lane_start = lane_next, marks and faults of lanes, tick + 1
//! ```

pub mod claims_grant;
pub mod claims_post;
pub mod count;
pub mod decide;
pub mod detect;
pub mod events;
pub mod exchange;
pub mod faults;
pub mod finish;
pub mod insert;
pub mod lamps;
pub mod over;
mod passes;
pub mod rebuild;
pub mod resolve;
pub mod roads;
pub mod scan_add;
pub mod scan_sums;
pub mod scan_tops;
pub mod signals;
mod touch;

pub use passes::CPU_STEP;

use crate::state::{Scratch, State};
use crate::tables::Tables;

/// How many invocations a stage has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// One a key (lane and world).
    Keys,
    /// One a junction and world.
    Junctions,
    /// One a controller and world.
    Controllers,
    /// One a vehicle.
    Vehicles,
    /// One a detector that is not the last one of its lane, and world.
    Loops,
    /// One block of [`BLOCK`] keys a group of [`SCAN_GROUP`].
    Blocks,
    /// One group.
    One,
}

pub use crate::tables::BLOCK;
/// Invocations of a scan group.
pub const SCAN_GROUP: u32 = 64;

/// A row of the step. Bindings stand in the order: params, reads, writes, owns, adds. `clock` is the first words of `counters` as a uniform, so
/// that the tick costs no storage binding; a row that adds to `counters` reads the tick there.
#[derive(Clone, Copy)]
pub struct Stage {
    /// Name, stem of its files, entry point.
    pub name: &'static str,
    /// Columns read.
    pub reads: &'static [&'static str],
    /// Columns written and not read.
    pub writes: &'static [&'static str],
    /// Columns read and written by the same invocation (or, for vehicles of a lane, in disjoint words).
    pub owns: &'static [&'static str],
    /// Columns added to by order-independent atomics.
    pub adds: &'static [&'static str],
    /// Invocations.
    pub size: Size,
    /// Text of its kernel.
    pub wgsl: &'static str,
    /// Does it need `shaders/shared/roads.wgsl`?
    pub roads: bool,
    /// The twin.
    pub cpu: fn(&Tables, &mut State, &mut Scratch),
}

/// The step.
pub const STEP: [Stage; 14] = [
    signals::STAGE,
    claims_post::STAGE,
    claims_grant::STAGE,
    decide::STAGE,
    exchange::STAGE,
    resolve::STAGE,
    insert::STAGE,
    detect::STAGE,
    count::STAGE,
    scan_sums::STAGE,
    scan_tops::STAGE,
    scan_add::STAGE,
    rebuild::STAGE,
    finish::STAGE,
];
