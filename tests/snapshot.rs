//! A saved state goes on to the same digest: on the CPU, on a GPU, from one to the other, in a batch and alone.

mod common;

use common::{grid_tables, tee_city};
use forecity::backend::cpu::Cpu;
use forecity::scenario::grid::GridSignals;
use forecity::state::State;
use forecity::state::snapshot::SnapshotError;
use forecity::tables::Tables;

/// Ticks before and after the snapshot.
const TICKS: u32 = 300;

fn digests(t: &Tables, s: &State) -> Vec<[u32; 4]> {
    (0..t.worlds.len()).map(|world| s.digest(t, world)).collect()
}

fn on_cpu(t: &Tables, s: State) -> State {
    let mut cpu = Cpu::new(t, 2, s);
    cpu.step(t, TICKS);
    cpu.state
}

#[cfg(feature = "gpu")]
fn on_gpu(t: &Tables, s: State) -> Option<State> {
    use forecity::backend::{gpu::Cut, testing};
    testing::gpu().map(|opened| testing::steps(opened, t, s, Cut::default(), TICKS))
}

#[cfg(not(feature = "gpu"))]
fn on_gpu(_: &Tables, _: State) -> Option<State> {
    None
}

fn saved(t: &Tables, s: &State) -> State {
    State::from_bytes(&s.to_bytes(t), t).expect("what was written can be read")
}

fn holds(t: &Tables) {
    let half = on_cpu(t, State::new(t));
    assert!(!half.vehicles.is_empty());
    let straight = on_cpu(t, half.clone());
    assert_eq!(digests(t, &saved(t, &half)), digests(t, &half));
    assert_eq!(digests(t, &on_cpu(t, saved(t, &half))), digests(t, &straight), "saved and restored on the CPU");
    if let Some(other) = on_gpu(t, saved(t, &half)) {
        assert_eq!(digests(t, &other), digests(t, &straight), "from the CPU to the GPU");
    }
    if let Some(half) = on_gpu(t, State::new(t)) {
        assert_eq!(digests(t, &on_cpu(t, saved(t, &half))), digests(t, &straight), "from the GPU to the CPU");
    }
}

#[test]
fn a_batch_goes_on_where_it_was_saved() {
    holds(&grid_tables(GridSignals::Actuated, 6000.0, &[1, 2, 3]));
}

#[test]
fn one_world_goes_on_where_it_was_saved() {
    holds(&common::tables(&tee_city(), &[5]));
}

#[test]
fn a_world_of_a_restored_batch_is_the_same_run_alone() {
    let (batch, alone) = (grid_tables(GridSignals::Fixed, 6000.0, &[1, 2]), grid_tables(GridSignals::Fixed, 6000.0, &[2]));
    let half = on_cpu(&batch, State::new(&batch));
    let batch_end = on_cpu(&batch, saved(&batch, &half));
    let alone_half = on_cpu(&alone, State::new(&alone));
    let alone_end = on_cpu(&alone, saved(&alone, &alone_half));
    assert_eq!(batch_end.digest(&batch, 1), alone_end.digest(&alone, 0));
}

#[test]
fn other_bytes_are_refused() {
    let t = common::tables(&tee_city(), &[1]);
    let state = on_cpu(&t, State::new(&t));
    let bytes = state.to_bytes(&t);
    let read = |bytes: &[u8]| State::from_bytes(bytes, &t).map(|_| ());
    assert_eq!(read(&bytes[..20]), Err(SnapshotError::Form));
    assert_eq!(read(b"nothing of ours, but long enough to be one if it were"), Err(SnapshotError::Form));
    for at in [60, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert_eq!(read(&damaged), Err(SnapshotError::Damaged), "byte {at}");
    }
    assert_eq!(read(&bytes[..bytes.len() - 4]), Err(SnapshotError::Damaged));
    let mut newer = bytes.clone();
    newer[8] = 200;
    assert_eq!(read(&newer), Err(SnapshotError::Version(200)));
    let other = common::tables(&tee_city(), &[2]);
    assert_eq!(State::from_bytes(&bytes, &other).map(|_| ()), Err(SnapshotError::OtherTables));
}
