//! For tests: the one shared device of a test binary, and single stages on it. Not part of the interface.

use super::Detail;
use super::columns::{self, SCRATCH, STATE};
use super::device::{self, Opened};
use super::gpu::{Cut, Gpu};
use super::readback::Readback;
use crate::stages::STEP;
use crate::state::{Scratch, State};
use crate::tables::Tables;
use std::sync::{Arc, OnceLock};

/// The device of the tests: hardware if there is any, else software. `FORECITY_GPU=off`: none; `=required`: a panic without one. What it is,
/// or why there is none, is printed once.
///
/// # Panics
/// If a device is required and there is none, or it does not open.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "tests say what they run on; nothing else reads this variable")]
pub fn gpu() -> Option<&'static Arc<Opened>> {
    static OPENED: OnceLock<Option<Arc<Opened>>> = OnceLock::new();
    OPENED
        .get_or_init(|| {
            let wish = std::env::var("FORECITY_GPU").unwrap_or_default();
            if wish == "off" {
                println!("gpu: off");
                return None;
            }
            let found = device::any().unwrap_or_else(|error| panic!("{error}"));
            match &found {
                Some(opened) => println!("gpu: {} ({})", opened.name, opened.driver),
                None => {
                    assert!(wish != "required", "FORECITY_GPU=required, and there is no adapter");
                    println!("gpu: none here");
                }
            }
            found
        })
        .as_ref()
}

/// Loads state and scratch, runs one stage (its index in the step), gives both back.
///
/// # Panics
/// If the device stops.
#[must_use]
pub fn stage(opened: &Arc<Opened>, group: u32, t: &Tables, stage: usize, s: &State, c: &Scratch) -> (State, Scratch) {
    let mut gpu = Gpu::new(opened, t, s.clone(), Cut { group, ticks: 1 }).unwrap_or_else(|error| panic!("{error}"));
    for name in SCRATCH {
        gpu.write(name, &columns::scratch_bytes(name, c));
    }
    gpu.stage(t, stage);
    let (mut state, mut scratch) = (s.clone(), Scratch::new(t));
    // `rebuild` makes the number of vehicles; `lane_next` knows it before the state does.
    let rebuilt = if STEP[stage].name == "rebuild" { c.lane_next[t.keys()] as usize } else { s.vehicles.len() };
    let planned = if STEP[stage].name == "decide" { s.vehicles.len() } else { c.plan.len() };
    for name in STATE {
        let size = if name == "vehicles" { rebuilt as u64 * columns::VEHICLE_BYTES } else { columns::bytes(name, t, s).len() as u64 };
        let bytes = gpu.read(name, size).unwrap_or_else(|error| panic!("{error}"));
        columns::put(name, &bytes, &mut state);
    }
    for name in SCRATCH {
        let size = if name == "plan" { planned as u64 * columns::VEHICLE_BYTES } else { columns::scratch_size(name, t) };
        let bytes = gpu.read(name, size).unwrap_or_else(|error| panic!("{error}"));
        columns::put_scratch(name, &bytes, &mut scratch);
    }
    (state, scratch)
}

/// Runs a kernel of a test: entry point `main`, groups of 64, binding 0 the input (read), binding 1 `words` words of output.
///
/// # Panics
/// If the device stops.
#[must_use]
pub fn evaluate(opened: &Opened, text: &str, input: &[u32], words: u32) -> Vec<u32> {
    let device = &opened.device;
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let buffer = |size: u64| device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
    let (source, found) = (buffer(input.len() as u64 * 4), buffer(u64::from(words) * 4));
    opened.queue.write_buffer(&source, 0, bytemuck::cast_slice(input));
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source: wgpu::ShaderSource::Wgsl(text.into()) });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let (one, two) = (source.as_entire_binding(), found.as_entire_binding());
    let entries = [wgpu::BindGroupEntry { binding: 0, resource: one }, wgpu::BindGroupEntry { binding: 1, resource: two }];
    let group =
        device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout: &pipeline.get_bind_group_layout(0), entries: &entries });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    {
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(words.div_ceil(64), 1, 1);
    }
    opened.queue.submit([encoder.finish()]);
    let bytes = Readback::default().read(opened, &[(found, u64::from(words) * 4)]).unwrap_or_else(|error| panic!("{error}"));
    opened.sound(0, 1).unwrap_or_else(|error| panic!("{error}"));
    bytemuck::pod_collect_to_vec(&bytes[0])
}

/// Steps a state on the device.
///
/// # Panics
/// If the device stops.
#[must_use]
pub fn steps(opened: &Arc<Opened>, t: &Tables, s: State, cut: Cut, n: u32) -> State {
    let mut gpu = Gpu::new(opened, t, s, cut).unwrap_or_else(|error| panic!("{error}"));
    gpu.step(t, n).unwrap_or_else(|error| panic!("{error}"));
    gpu.bring(t, Detail::All).unwrap_or_else(|error| panic!("{error}")).clone()
}
