//! Adapters: which are there, which one is meant, and an opened one with its kernels.
//!
//! `auto` never takes a software adapter: the CPU back end is faster than a CPU that plays a GPU. A name may, on purpose.

use super::error::DeviceError;
use super::pipeline::Kernels;
use super::{Listed, certificate};
use std::sync::{Arc, Mutex, PoisonError};

/// Storage buffers that a stage binds at most: the default limit of WebGPU, so that every adapter serves.
pub const STORAGE_BUFFERS: u32 = 8;

/// An opened adapter. Shared by all batches of a process: its kernels are compiled once.
#[derive(Debug)]
pub struct Opened {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// Adapter.
    pub name: String,
    /// Driver with its version.
    pub driver: String,
    /// Largest binding \[B\].
    pub binding_bytes: u64,
    fault: Arc<Mutex<Option<Fault>>>,
    kernels: Mutex<Vec<(u32, Arc<Kernels>)>>,
}

/// What the driver said first.
#[derive(Clone, Debug)]
enum Fault {
    Memory,
    Other(String),
}

/// Vulkan, for computing and for drawing.
#[must_use]
pub fn instance() -> wgpu::Instance {
    // No validation layers and no pass that checks indirect calls: the texts are validated by our tests.
    let mut wanted = wgpu::InstanceDescriptor::new_without_display_handle();
    wanted.backends = wgpu::Backends::VULKAN;
    wanted.flags = wgpu::InstanceFlags::empty();
    wgpu::Instance::new(wanted)
}

/// Adapters, the best hardware first, software last; among equals in the driver's order.
fn sorted(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    let mut all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    all.sort_by_key(|adapter| place(adapter.get_info().device_type));
    all
}

/// Smaller first.
fn place(kind: wgpu::DeviceType) -> u32 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

fn is_software(adapter: &wgpu::Adapter) -> bool {
    adapter.get_info().device_type == wgpu::DeviceType::Cpu
}

fn driver_of(info: &wgpu::AdapterInfo) -> String {
    [info.driver.as_str(), info.driver_info.as_str()].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// All adapters of this machine.
#[must_use]
pub fn adapters() -> Vec<Listed> {
    let all = sorted(&instance());
    let first = all.iter().position(|adapter| !is_software(adapter) && lacks(adapter).is_none());
    all.iter().enumerate().map(|(at, adapter)| line(adapter, first == Some(at))).collect()
}

fn line(adapter: &wgpu::Adapter, auto: bool) -> Listed {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    Listed {
        kind: ["discrete", "integrated", "virtual", "other", "software"][place(info.device_type) as usize],
        driver: driver_of(&info),
        interface: format!("{:?}", info.backend).to_lowercase(),
        storage_buffers: limits.max_storage_buffers_per_shader_stage,
        binding_bytes: limits.max_storage_buffer_binding_size,
        name: info.name,
        auto,
    }
}

/// The limits that are asked for: the defaults of WebGPU, and room as large as there is.
fn limits(adapter: &wgpu::Adapter) -> wgpu::Limits {
    let there = adapter.limits();
    wgpu::Limits {
        max_storage_buffer_binding_size: there.max_storage_buffer_binding_size,
        max_buffer_size: there.max_buffer_size,
        max_storage_buffers_per_shader_stage: STORAGE_BUFFERS,
        ..wgpu::Limits::downlevel_defaults()
    }
}

/// What an adapter lacks.
fn lacks(adapter: &wgpu::Adapter) -> Option<String> {
    let mut first = None;
    limits(adapter).check_limits_with_fail_fn(&adapter.limits(), true, |name, wanted, there| {
        first.get_or_insert(format!("{name} is {there}, {wanted} is needed"));
    });
    first
}

/// The adapter that `asked` means: `auto` and `gpu` the best hardware, else the first whose name contains it. `None`: `auto` found none.
///
/// # Errors
/// [`DeviceError::NoMatch`], [`DeviceError::TooSmall`]; what the driver says while it opens.
pub fn find(asked: &str) -> Result<Option<Arc<Opened>>, DeviceError> {
    let instance = instance();
    let all = sorted(&instance);
    let wanted = asked.to_lowercase();
    let any = wanted == "auto" || wanted == "gpu";
    let mut fitting =
        all.iter().filter(|adapter| if any { !is_software(adapter) } else { adapter.get_info().name.to_lowercase().contains(&wanted) });
    if wanted == "auto" {
        return fitting.find(|adapter| lacks(adapter).is_none()).map(open).transpose();
    }
    let Some(adapter) = fitting.next() else {
        return Err(DeviceError::NoMatch { asked: asked.to_owned(), there: list(&all, any) });
    };
    open(adapter).map(Some)
}

/// Devices that passed the start-up test, by what was asked for: a study opens its device once and not once a batch.
static CERTIFIED: Mutex<Vec<(String, Arc<Opened>)>> = Mutex::new(Vec::new());

/// As [`find`], after the start-up test; the device is kept for later batches.
///
/// # Errors
/// As [`find`], and [`DeviceError::Wrong`].
pub fn certified(asked: &str) -> Result<Option<Arc<Opened>>, DeviceError> {
    let mut known = CERTIFIED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, opened)) = known.iter().find(|(name, _)| name == asked) {
        return Ok(Some(Arc::clone(opened)));
    }
    let Some(opened) = find(asked)? else { return Ok(None) };
    certificate::check(&opened)?;
    known.push((asked.to_owned(), Arc::clone(&opened)));
    Ok(Some(opened))
}

/// The first adapter of any kind, hardware before software; for tests.
///
/// # Errors
/// As [`find`].
pub fn any() -> Result<Option<Arc<Opened>>, DeviceError> {
    sorted(&instance()).iter().find(|adapter| lacks(adapter).is_none()).map(open).transpose()
}

/// What is there, in words.
fn list(all: &[wgpu::Adapter], hardware: bool) -> String {
    if all.is_empty() {
        return "there is no GPU here".into();
    }
    let names: Vec<String> = all.iter().map(|adapter| adapter.get_info().name).collect();
    let software = if hardware { " (software; ask for it by name)" } else { "" };
    format!("here {} {}{software}", if names.len() == 1 { "is" } else { "are" }, names.join(", "))
}

fn open(adapter: &wgpu::Adapter) -> Result<Arc<Opened>, DeviceError> {
    let info = adapter.get_info();
    let (name, driver) = (info.name.clone(), driver_of(&info));
    if let Some(lacks) = lacks(adapter) {
        return Err(DeviceError::TooSmall { name, lacks });
    }
    let limits = limits(adapter);
    let binding_bytes = limits.max_storage_buffer_binding_size;
    let wanted = wgpu::DeviceDescriptor {
        label: Some("forecity"),
        required_limits: limits,
        memory_hints: wgpu::MemoryHints::Performance,
        ..wgpu::DeviceDescriptor::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&wanted))
        .map_err(|error| DeviceError::Lost { name: name.clone(), what: error.to_string() })?;
    let fault = Arc::new(Mutex::new(None));
    let (first, lost) = (Arc::clone(&fault), Arc::clone(&fault));
    // The default handler panics; ours keeps what was said first, and whoever gave the command asks for it.
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        keep(&first, if matches!(error, wgpu::Error::OutOfMemory { .. }) { Fault::Memory } else { Fault::Other(error.to_string()) });
    }));
    device.set_device_lost_callback(move |reason, text| {
        if reason != wgpu::DeviceLostReason::Destroyed {
            keep(&lost, Fault::Other(text));
        }
    });
    Ok(Arc::new(Opened { device, queue, name, driver, binding_bytes, fault, kernels: Mutex::new(Vec::new()) }))
}

fn keep(slot: &Mutex<Option<Fault>>, fault: Fault) {
    slot.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
}

impl Opened {
    /// Did anything go wrong since the last question? `needed_bytes` and `worlds` are for the advice when memory ran out.
    ///
    /// # Errors
    /// [`DeviceError::Memory`], [`DeviceError::Lost`].
    pub fn sound(&self, needed_bytes: u64, worlds: u32) -> Result<(), DeviceError> {
        match self.fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            None => Ok(()),
            Some(Fault::Memory) => {
                Err(DeviceError::Memory { name: self.name.clone(), needed_bytes, there_bytes: 0, fits: (worlds / 2).max(1) })
            }
            Some(Fault::Other(what)) => Err(self.lost(what)),
        }
    }

    /// A device that stopped.
    pub(super) fn lost(&self, what: impl ToString) -> DeviceError {
        DeviceError::Lost { name: self.name.clone(), what: what.to_string() }
    }

    /// The kernels for groups of `group` invocations, compiled at the first call.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] with the compiler's words.
    pub fn kernels(&self, group: u32) -> Result<Arc<Kernels>, DeviceError> {
        let mut all = self.kernels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, kernels)) = all.iter().find(|(size, _)| *size == group) {
            return Ok(Arc::clone(kernels));
        }
        let kernels = Arc::new(Kernels::new(&self.device, group));
        self.sound(0, 1)?;
        all.push((group, Arc::clone(&kernels)));
        Ok(kernels)
    }
}
