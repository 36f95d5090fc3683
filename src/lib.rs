//! forecity: a city simulation whose result is one hash on every machine.
//!
//! ```text
//!  SUMO net/rou/add ... GMNS            import::*   writes the city folder, lists what it approximated
//!         v
//!  city/*.csv  +  study.toml            scenario    as written; every value with file:line:column
//!         v
//!  [City]                               city        ids resolved, SI units, ALL faults listed
//!         v
//!  [Tables] read-only + [State]         tables, state   dense indices; State alone is the checkpoint
//!         v
//!  stages::STEP on backend::{Cpu, Gpu}  stages, backend the same rows, the same columns, the same bits
//!         v
//!  [Observations] -> report             observe, simulation, report, cli
//! ```
//!
//! Floors, imports go downwards only (`tests/house_rules.rs`): 0 `units` `ids` `diagnostic` `random` · 1 `laws` `paths` `statistics` ·
//! 2 `scenario` · 3 `city` · 4 `tables` `import` · 5 `state` · 6 `stages` · 7 `backend` · 9 `observe` · 10 `simulation` ·
//! 11 `report` `view` · 12 `cli`.

#[allow(clippy::cast_possible_wrap, clippy::large_enum_variant, reason = "counts of vehicles fit; there is one back end a run")]
pub mod backend;
pub mod city;
pub mod cli;
pub mod diagnostic;
pub mod ids;
pub mod import;
pub mod laws;
#[allow(clippy::cast_sign_loss, reason = "fixed point: ranges are checked when a city becomes tables")]
pub mod observe;
pub mod paths;
pub mod random;
pub mod report;
pub mod scenario;
#[allow(clippy::cast_sign_loss, reason = "fixed point: ranges are checked when a city becomes tables")]
pub mod simulation;
#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::explicit_counter_loop,
    clippy::too_many_lines,
    reason = "fixed point: ranges are checked when a city becomes tables; a stage reads line by line as its kernel"
)]
pub mod stages;
pub mod state;
pub mod statistics;
#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::result_large_err,
    reason = "fixed point: ranges are checked when a city becomes tables"
)]
pub mod tables;
pub mod units;
#[cfg(feature = "view")]
pub mod view;
