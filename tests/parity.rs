//! One hash: CPU and GPU, any number of threads, any size of group, any number of ticks a submit, alone or in a batch.
#![cfg(feature = "gpu")]

use forecity::backend::cpu::Cpu;
use forecity::backend::gpu::Cut;
use forecity::backend::testing::{gpu, steps};
use forecity::city::generate::grid;
use forecity::scenario::grid::{GridSignals, GridSpec};
use forecity::state::State;
use forecity::tables::Tables;
use forecity::tables::compile::{Span, compile};

/// A grid in the morning peak, half a second a tick.
fn grid_tables(signals: GridSignals, seeds: &[u64]) -> Tables {
    let spec = GridSpec { columns: 4, rows: 3, signals, trips_per_h: Some(6000.0), ..GridSpec::default() };
    compile(&grid(&spec), Span { k: 1, start_s: 28_800.0, from_s: 28_800.0, to_s: 32_400.0, teleport_s: 0.0 }, seeds)
}

#[test]
fn one_tick_of_the_grid() {
    let t = grid_tables(GridSignals::Fixed, &[1]);
    let Some(opened) = gpu() else { return };
    let mut cpu = Cpu::new(&t, 1, State::new(&t));
    let mut other = State::new(&t);
    for tick in 1..=300 {
        cpu.step(&t, 1);
        other = steps(opened, &t, other, Cut::default(), 1);
        assert_eq!(cpu.state.digest(&t, 0), other.digest(&t, 0), "tick {tick}, {} vehicles", cpu.state.vehicles.len());
    }
}
