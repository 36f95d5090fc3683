//! Kernels from rows: each row of [`STEP`] gives a bind-group layout and a pipeline. Bindings stand in the order of the row.

use super::compose;
use crate::stages::{STEP, Stage};

/// The compiled step for one size of group.
#[derive(Debug)]
pub struct Kernels {
    /// Invocations of a group.
    pub group: u32,
    /// One a row of [`STEP`].
    pub stages: Vec<Kernel>,
}

/// A compiled stage.
#[derive(Debug)]
pub struct Kernel {
    /// Layout of its only bind group.
    pub layout: wgpu::BindGroupLayout,
    /// The pipeline.
    pub pipeline: wgpu::ComputePipeline,
}

/// How a stage binds a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `var<uniform>`.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    ReadWrite,
}

/// Columns of a row in the order of its bindings.
pub fn bindings(stage: &Stage) -> impl Iterator<Item = (&'static str, Access)> {
    let reads = stage.reads.iter().map(|name| (*name, if *name == "clock" { Access::Uniform } else { Access::Read }));
    let others = [stage.writes, stage.owns, stage.adds].into_iter().flatten().map(|name| (*name, Access::ReadWrite));
    std::iter::once(("params", Access::Uniform)).chain(reads).chain(others)
}

impl Kernels {
    /// Compiles the step. Errors reach the device's own handler.
    #[must_use]
    pub fn new(device: &wgpu::Device, group: u32) -> Kernels {
        Kernels { group, stages: STEP.iter().map(|stage| kernel(device, stage, group)).collect() }
    }
}

fn kernel(device: &wgpu::Device, stage: &Stage, group: u32) -> Kernel {
    let label = Some(stage.name);
    let entries: Vec<wgpu::BindGroupLayoutEntry> =
        (0..).zip(bindings(stage)).map(|(binding, (_, access))| entry(binding, access)).collect();
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let module =
        device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source: wgpu::ShaderSource::Wgsl(compose::text(stage).into()) });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        })),
        module: &module,
        entry_point: Some(stage.name),
        compilation_options: wgpu::PipelineCompilationOptions {
            constants: &[("GROUP", f64::from(group))],
            // Every word of group memory is written before it is read; some drivers are wrong about the zeros.
            zero_initialize_workgroup_memory: false,
        },
        cache: None,
    });
    Kernel { layout, pipeline }
}

fn entry(binding: u32, access: Access) -> wgpu::BindGroupLayoutEntry {
    let ty = match access {
        Access::Uniform => wgpu::BufferBindingType::Uniform,
        Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
        Access::ReadWrite => wgpu::BufferBindingType::Storage { read_only: false },
    };
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    }
}
