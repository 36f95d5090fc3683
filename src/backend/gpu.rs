//! The GPU: the rows of [`STEP`] as compute passes, many ticks a submit, nothing read back in between.
//!
//! * **Vehicles.** Their number changes in every tick and is known on the device alone. Dispatches and buffers go by an exact upper bound: who
//!   is on the road at the last look, and every trip that waited then or fell due since. A bound decides no result.
//! * **Reading back.** Only when asked: [`Gpu::bring`] copies the columns wanted into one reused staging buffer.
//! * **Two bindings, one buffer.** `clock` is the head of `counters` as a uniform; no stage binds both.

use super::columns::{self, CLOCK_BYTES, SCRATCH, STATE, TABLES, VEHICLE_BYTES};
use super::device::Opened;
use super::error::DeviceError;
use super::pipeline::{Kernels, bindings};
use super::{Detail, readback::Readback};
use crate::stages::{BLOCK, STEP, Size};
use crate::state::State;
use crate::tables::Tables;
use crate::tables::layout::COUNTERS;
use std::sync::Arc;

/// Ticks of a submit: enough to hide its cost, few enough that a slow driver does not think the device hangs.
pub const TICKS_A_SUBMIT: u32 = 32;
/// Invocations of a group.
pub const GROUP: u32 = 64;
/// Groups of an axis of a dispatch, at most; the guaranteed limit.
const MOST_GROUPS: u32 = 65_535;
/// Room for detours behind the pool, and by how much it grows.
const DETOUR_BYTES: u64 = 1 << 18;
/// No buffer is smaller: a binding of an empty column must hold a row.
const LEAST_BYTES: u64 = 128;
/// Columns of vehicles grow to this many times the rows needed \[1/2\], so that they rarely grow.
const GROWTH_HALVES: u64 = 3;

/// How the step is cut; decides no number.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Invocations of a group: 32, 64 or 256.
    pub group: u32,
    /// Ticks of a submit.
    pub ticks: u32,
}

impl Default for Cut {
    fn default() -> Self {
        Cut { group: GROUP, ticks: TICKS_A_SUBMIT }
    }
}

/// A batch on a GPU.
#[derive(Debug)]
pub struct Gpu {
    opened: Arc<Opened>,
    kernels: Arc<Kernels>,
    cut: Cut,
    buffers: Vec<(&'static str, wgpu::Buffer)>,
    groups: Vec<wgpu::BindGroup>,
    readback: Readback,
    /// The host's copy; which of its columns are of now is known to who brought them.
    state: State,
    tick: u32,
    /// Vehicles on the road less trips departed, at the last look; with the trips due by a tick it bounds the vehicles then.
    inside_less_departed: i64,
    /// When trips fall due, in order.
    dues: Vec<u32>,
    /// Rows that columns of vehicles have room for.
    capacity: u64,
    last: Option<wgpu::SubmissionIndex>,
}

impl Gpu {
    /// Loads a batch.
    ///
    /// # Errors
    /// [`DeviceError::Memory`] if it does not fit, [`DeviceError::Lost`] if the driver refuses.
    pub fn new(opened: &Arc<Opened>, t: &Tables, state: State, cut: Cut) -> Result<Gpu, DeviceError> {
        let kernels = opened.kernels(cut.group)?;
        let mut dues: Vec<u32> = t.trips.iter().map(|trip| trip.due).collect();
        dues.sort_unstable();
        let tick = state.tick();
        let mut gpu = Gpu {
            opened: Arc::clone(opened),
            kernels,
            cut,
            buffers: Vec::new(),
            groups: Vec::new(),
            readback: Readback::default(),
            state,
            tick,
            inside_less_departed: 0,
            dues,
            capacity: 0,
            last: None,
        };
        gpu.settle(t);
        gpu.capacity = gpu.room_for(gpu.bound(tick));
        gpu.fits(t)?;
        for name in TABLES.into_iter().chain(STATE) {
            let bytes = columns::bytes(name, t, &gpu.state);
            let spare = if name == "pool" { DETOUR_BYTES } else { 0 };
            let size = if columns::of_vehicles(name) { gpu.capacity * VEHICLE_BYTES } else { bytes.len() as u64 + spare };
            let buffer = gpu.buffer(name, size);
            if !bytes.is_empty() {
                opened.queue.write_buffer(&buffer, 0, &bytes);
            }
            gpu.buffers.push((name, buffer));
        }
        for name in SCRATCH {
            let size = if columns::of_vehicles(name) { gpu.capacity * VEHICLE_BYTES } else { columns::scratch_size(name, t) };
            let buffer = gpu.buffer(name, size);
            gpu.buffers.push((name, buffer));
        }
        gpu.bind();
        opened.sound(gpu.bytes_needed(t), t.params.worlds)?;
        Ok(gpu)
    }

    /// Another batch on the same device, cut the same way.
    ///
    /// # Errors
    /// As of [`Gpu::new`].
    pub fn again(&self, t: &Tables, state: State) -> Result<Gpu, DeviceError> {
        Gpu::new(&self.opened, t, state, self.cut)
    }

    /// Name of the adapter.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.opened.name
    }

    fn buffer(&self, label: &str, size: u64) -> wgpu::Buffer {
        use wgpu::BufferUsages as U;
        let uniform = if label == "params" || label == "counters" { U::UNIFORM } else { U::empty() };
        self.opened.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: size.max(LEAST_BYTES).next_multiple_of(4),
            usage: U::STORAGE | U::COPY_SRC | U::COPY_DST | uniform,
            mapped_at_creation: false,
        })
    }

    /// The buffer of a column.
    pub(super) fn column(&self, name: &str) -> &wgpu::Buffer {
        let name = if name == "clock" { "counters" } else { name };
        let found = self.buffers.iter().find(|(own, _)| *own == name);
        &found.expect("a row names columns that exist: tests/shaders.rs").1
    }

    /// Bytes of the device that the batch takes.
    fn bytes_needed(&self, t: &Tables) -> u64 {
        let held: u64 = TABLES.into_iter().chain(STATE).map(|name| columns::bytes(name, t, &self.state).len() as u64).sum();
        let keys: u64 = SCRATCH.into_iter().filter(|name| !columns::of_vehicles(name)).map(|name| columns::scratch_size(name, t)).sum();
        held + keys + 2 * self.capacity * VEHICLE_BYTES
    }

    /// Refuses what no binding can hold.
    fn fits(&self, t: &Tables) -> Result<(), DeviceError> {
        let there = self.opened.binding_bytes;
        let columns = TABLES.into_iter().chain(STATE).map(|name| columns::bytes(name, t, &self.state).len() as u64);
        let needed = columns.max().unwrap_or(0).max(self.capacity * VEHICLE_BYTES);
        if needed <= there {
            return Ok(());
        }
        let worlds = u64::from(t.params.worlds);
        let fits = u32::try_from(worlds * there / needed).unwrap_or(1).max(1);
        Err(DeviceError::Memory { name: self.opened.name.clone(), needed_bytes: needed, there_bytes: there, fits })
    }

    fn bind(&mut self) {
        let group = |(stage, kernel): (&crate::stages::Stage, &super::pipeline::Kernel)| {
            let entries: Vec<wgpu::BindGroupEntry> = (0..)
                .zip(bindings(stage))
                .map(|(binding, (name, _))| {
                    let whole = wgpu::BufferBinding { buffer: self.column(name), offset: 0, size: None };
                    let size = if name == "clock" { std::num::NonZero::new(CLOCK_BYTES) } else { None };
                    wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding { size, ..whole }) }
                })
                .collect();
            self.opened.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(stage.name),
                layout: &kernel.layout,
                entries: &entries,
            })
        };
        self.groups = STEP.iter().zip(&self.kernels.stages).map(group).collect();
    }

    /// Takes the bound from the host's copy, whose `lane_start` and `queue` are of now.
    fn settle(&mut self, t: &Tables) {
        // Within a step, between `rebuild` and `finish`, the rows are already those of the next tick.
        let inside = i64::from(self.state.lane_start[t.keys()]).max(i64::try_from(self.state.vehicles.len()).unwrap_or(i64::MAX));
        let departed: i64 = self.state.queue.iter().zip(t.queue_start.iter()).map(|(at, first)| i64::from(at - first)).sum();
        self.inside_less_departed = inside - departed;
    }

    /// Vehicles on the road at the end of `tick`, at most.
    fn bound(&self, tick: u32) -> u64 {
        let due = self.dues.partition_point(|due| *due <= tick);
        u64::try_from(self.inside_less_departed + i64::try_from(due).unwrap_or(i64::MAX)).unwrap_or(0)
    }

    /// Rows to hold `needed` with some to spare, never more than there are trips.
    fn room_for(&self, needed: u64) -> u64 {
        (needed * GROWTH_HALVES / 2).min(self.dues.len() as u64).max(needed).max(1)
    }

    /// Makes room for the vehicles of `until`.
    fn grow(&mut self, t: &Tables, until: u32) -> Result<(), DeviceError> {
        let needed = self.bound(until);
        if needed <= self.capacity {
            return Ok(());
        }
        let held = self.capacity;
        self.capacity = self.room_for(needed);
        self.fits(t)?;
        let bigger = ["vehicles", "plan"].map(|name| (name, self.buffer(name, self.capacity * VEHICLE_BYTES)));
        let mut encoder = self.opened.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("grow") });
        encoder.copy_buffer_to_buffer(self.column("vehicles"), 0, &bigger[0].1, 0, held * VEHICLE_BYTES);
        self.opened.queue.submit([encoder.finish()]);
        for (name, buffer) in bigger {
            for slot in self.buffers.iter_mut().filter(|(own, _)| *own == name) {
                slot.1 = buffer.clone();
            }
        }
        self.bind();
        self.opened.sound(self.bytes_needed(t), t.params.worlds)
    }

    /// Steps `n` ticks. They may still be under way when this returns; [`Gpu::bring`] waits.
    ///
    /// # Errors
    /// [`DeviceError::Memory`], [`DeviceError::Lost`].
    pub fn step(&mut self, t: &Tables, n: u32) -> Result<(), DeviceError> {
        let mut left = n;
        while left > 0 {
            let ticks = left.min(self.cut.ticks.max(1));
            self.grow(t, self.tick + ticks)?;
            let mut encoder = self.opened.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("step") });
            {
                let mut pass = encoder
                    .begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("step"), ..wgpu::ComputePassDescriptor::default() });
                for tick in 0..ticks {
                    (0..STEP.len()).for_each(|stage| self.dispatch(&mut pass, t, stage, self.tick + tick));
                }
            }
            // One submit is under way while the next is written, never more.
            let before = self.last.replace(self.opened.queue.submit([encoder.finish()]));
            if before.is_some() {
                self.wait(before)?;
            }
            self.opened.sound(0, t.params.worlds)?;
            self.tick += ticks;
            left -= ticks;
        }
        Ok(())
    }

    fn dispatch(&self, pass: &mut wgpu::ComputePass<'_>, t: &Tables, stage: usize, tick: u32) {
        let [x, y] = self.groups_of(t, STEP[stage].size, tick);
        if x > 0 {
            pass.set_pipeline(&self.kernels.stages[stage].pipeline);
            pass.set_bind_group(0, &self.groups[stage], &[]);
            pass.dispatch_workgroups(x, y, 1);
        }
    }

    /// Groups of a stage in x and y.
    fn groups_of(&self, t: &Tables, size: Size, tick: u32) -> [u32; 2] {
        let worlds = u64::from(t.params.worlds);
        let keys = t.keys() as u64;
        let of = |invocations: u64| invocations.div_ceil(u64::from(self.cut.group));
        let groups = match size {
            Size::Keys => of(keys),
            Size::Junctions => of(worlds * u64::from(t.params.junctions)),
            Size::Controllers => of(worlds * u64::from(t.params.controllers)),
            Size::Vehicles => of(self.bound(tick)),
            Size::Loops => of(worlds * u64::from(t.params.loops)),
            Size::Blocks => keys.div_ceil(BLOCK as u64),
            Size::One => 1,
        };
        let rows = groups.div_ceil(u64::from(MOST_GROUPS)).max(1);
        [groups.div_ceil(rows), rows].map(|n| u32::try_from(n).unwrap_or(MOST_GROUPS))
    }

    fn wait(&self, until: Option<wgpu::SubmissionIndex>) -> Result<(), DeviceError> {
        let done = self.opened.device.poll(wgpu::PollType::Wait { submission_index: until, timeout: None });
        done.map(|_| ()).map_err(|error| self.opened.lost(error))
    }

    /// The host's copy of the state, with the columns of `detail` as they are now.
    ///
    /// # Errors
    /// [`DeviceError::Lost`].
    pub fn bring(&mut self, t: &Tables, detail: Detail) -> Result<&State, DeviceError> {
        let wanted: &[&'static str] = match detail {
            Detail::Traffic => &["lane_start", "queue", "counters"],
            Detail::Sums => &["lane_start", "queue", "counters", "sums", "loops"],
            Detail::All => &["lane_start", "queue", "counters", "sums", "loops", "gate", "phases", "logs"],
        };
        let sizes: Vec<u64> = wanted.iter().map(|name| columns::bytes(name, t, &self.state).len() as u64).collect();
        let sources: Vec<(wgpu::Buffer, u64)> = wanted.iter().zip(&sizes).map(|(name, size)| (self.column(name).clone(), *size)).collect();
        let found = self.readback.read(&self.opened, &sources)?;
        for (name, bytes) in wanted.iter().zip(&found) {
            columns::put(name, bytes, &mut self.state);
        }
        let vehicles = u64::from(self.state.lane_start[t.keys()]);
        if vehicles > self.capacity {
            return Err(self.opened.lost("more vehicles on the road than trips due"));
        }
        let rows = self.column("vehicles").clone();
        let found = self.readback.read(&self.opened, &[(rows, vehicles * VEHICLE_BYTES)])?;
        columns::put("vehicles", &found[0], &mut self.state);
        self.opened.sound(0, t.params.worlds)?;
        self.tick = self.state.tick();
        self.settle(t);
        Ok(&self.state)
    }

    /// See [`super::Backend::intervene`]; the host's copy of vehicles and counters is of now.
    ///
    /// # Errors
    /// [`DeviceError::Memory`], [`DeviceError::Lost`].
    pub fn intervene(
        &mut self,
        t: &Tables,
        changes: &[super::Change],
        detours: &[u32],
        counts: &[(usize, u32, u32)],
    ) -> Result<(), DeviceError> {
        self.state.intervene(changes.iter().map(|change| (change.row, change.vehicle)), detours, counts);
        for change in changes {
            let row = bytemuck::bytes_of(&self.state.vehicles[change.row as usize]);
            self.opened.queue.write_buffer(self.column("vehicles"), u64::from(change.row) * VEHICLE_BYTES, row);
        }
        for &(world, which, _) in counts {
            let at = u64::from(COUNTERS) * (1 + world as u64) + u64::from(which);
            self.opened.queue.write_buffer(self.column("counters"), at * 4, &self.state.counter(world, which).to_ne_bytes());
        }
        if detours.is_empty() {
            return Ok(());
        }
        let words = self.state.detours.len();
        if (t.pool.len() + words) as u64 * 4 > self.column("pool").size() {
            let bytes = columns::bytes("pool", t, &self.state);
            let bigger = self.buffer("pool", bytes.len() as u64 + DETOUR_BYTES);
            self.opened.queue.write_buffer(&bigger, 0, &bytes);
            for slot in self.buffers.iter_mut().filter(|(own, _)| *own == "pool") {
                slot.1 = bigger.clone();
            }
            self.bind();
            return self.opened.sound(self.bytes_needed(t), t.params.worlds);
        }
        let at = (t.pool.len() + words - detours.len()) as u64 * 4;
        self.opened.queue.write_buffer(self.column("pool"), at, bytemuck::cast_slice(detours));
        Ok(())
    }

    /// See [`super::Backend::carry`]. Rare, so all rows go again.
    pub fn carry(&mut self, t: &Tables, moves: &[super::Change]) {
        for key in super::carry(t, &mut self.state, moves) {
            self.opened.queue.write_buffer(self.column("gate"), key as u64 * 4, &self.state.gate[key].to_ne_bytes());
        }
        self.opened.queue.write_buffer(self.column("vehicles"), 0, bytemuck::cast_slice(&self.state.vehicles));
        self.opened.queue.write_buffer(self.column("lane_start"), 0, bytemuck::cast_slice(&self.state.lane_start));
    }

    /// See [`super::Backend::learn`].
    pub fn learn(&mut self, known: Vec<u32>) {
        self.state.known = known;
    }

    /// Empties the lists of interventions, whose lengths stand in these words of the counters.
    pub fn clear_events(&mut self, at: std::ops::Range<usize>) {
        self.opened.queue.write_buffer(self.column("counters"), at.start as u64 * 4, &vec![0; at.len() * 4]);
        self.state.counters[at].iter().for_each(|length| length.store(0, std::sync::atomic::Ordering::Relaxed));
    }

    /// Clears the sums of all lanes and detectors.
    pub fn clear_sums(&mut self) {
        let mut encoder = self.opened.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("clear") });
        encoder.clear_buffer(self.column("sums"), 0, None);
        encoder.clear_buffer(self.column("loops"), 0, None);
        self.opened.queue.submit([encoder.finish()]);
        self.state.clear_sums();
    }

    /// One stage alone, and nothing else of the step; for tests.
    pub(super) fn stage(&self, t: &Tables, stage: usize) {
        let mut encoder = self.opened.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("stage") });
        {
            let mut pass =
                encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("stage"), ..wgpu::ComputePassDescriptor::default() });
            self.dispatch(&mut pass, t, stage, self.tick);
        }
        self.opened.queue.submit([encoder.finish()]);
    }

    /// Bytes of any column; for tests.
    pub(super) fn read(&mut self, name: &str, size: u64) -> Result<Vec<u8>, DeviceError> {
        let column = self.column(name).clone();
        let found = self.readback.read(&self.opened, &[(column, size)])?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Writes any column; for tests.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.opened.queue.write_buffer(self.column(name), 0, bytes);
        }
    }
}
