//! The start-up test: a small city on the device and on the CPU, to the same digest. A driver that miscompiles a kernel, or a device that
//! adds wrongly, is found here and not in a result.

use super::Detail;
use super::cpu::Cpu;
use super::device::Opened;
use super::error::DeviceError;
use super::gpu::{Cut, Gpu};
use crate::city::generate::grid;
use crate::scenario::grid::{GridSignals, GridSpec};
use crate::state::State;
use crate::tables::Tables;
use crate::tables::compile::{Span, compile};
use std::sync::Arc;

/// Two worlds of it, so that keys of a second world are tested.
const SEEDS: [u64; 2] = [1, 2];
/// Ticks of half a second: long enough that signals change and vehicles turn, yield, change lanes and arrive.
const TICKS: u32 = 360;
/// Its span: the morning peak \[s since midnight\].
const SPAN_S: [f64; 2] = [28_800.0, 28_980.0];

/// Compares device and CPU.
///
/// # Errors
/// [`DeviceError::Wrong`] if they differ; what the device says when it stops.
pub fn check(opened: &Arc<Opened>) -> Result<(), DeviceError> {
    for signals in [GridSignals::Actuated, GridSignals::None] {
        let t = tables(signals);
        let mut cpu = Cpu::new(&t, 1, State::new(&t));
        cpu.step(&t, TICKS);
        let mut gpu = Gpu::new(opened, &t, State::new(&t), Cut::default())?;
        gpu.step(&t, TICKS)?;
        let found = gpu.bring(&t, Detail::All)?;
        for world in 0..SEEDS.len() {
            let (expected, found) = (cpu.state.digest(&t, world), found.digest(&t, world));
            if found != expected {
                let what = format!("world {world} of the start-up test has digest {found:08x?}, the CPU says {expected:08x?}");
                return Err(DeviceError::Wrong { name: opened.name.clone(), driver: opened.driver.clone(), what });
            }
        }
    }
    Ok(())
}

fn tables(signals: GridSignals) -> Tables {
    let spec = GridSpec { columns: 3, rows: 3, signals, trips_per_h: Some(4000.0), ..GridSpec::default() };
    let [start_s, to_s] = SPAN_S;
    compile(&grid(&spec), Span { k: 1, start_s, from_s: start_s, to_s, teleport_s: 0.0 }, &SEEDS)
}
