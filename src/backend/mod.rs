//! Machines: the rows of [`crate::stages::STEP`] on the CPU or on a GPU, to the same bits.

#[cfg(feature = "gpu")]
pub mod certificate;
#[cfg(feature = "gpu")]
pub mod columns;
pub mod compose;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod device;
pub mod error;
pub mod fault;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(feature = "gpu")]
pub mod pipeline;
#[cfg(feature = "gpu")]
mod readback;
#[cfg(feature = "gpu")]
#[doc(hidden)]
pub mod testing;

use crate::stages::rebuild::marks_of;
use crate::state::State;
use crate::tables::Tables;
use crate::tables::layout::Vehicle;
use cpu::Cpu;
use error::DeviceError;

/// A batch of worlds on a machine.
pub enum Backend {
    /// rayon.
    Cpu(Box<Cpu>),
    /// wgpu.
    #[cfg(feature = "gpu")]
    Gpu(Box<gpu::Gpu>),
}

/// How much of the state is looked at; each level holds the one before. On the CPU all is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Vehicles, `lane_start`, queues, counters.
    Traffic,
    /// And the sums of lanes and detectors.
    Sums,
    /// The whole checkpoint.
    All,
}

/// A vehicle that the host changes between two ticks.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    /// Its row; lanes keep their numbers of rows.
    pub row: u32,
    /// As it is from now on.
    pub vehicle: Vehicle,
}

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// `cpu` or `gpu`.
    pub kind: &'static str,
    /// Name of the adapter; `cpu` for the CPU.
    pub name: String,
    /// Driver; empty for the CPU.
    pub driver: String,
    /// CPU threads in use.
    pub threads: usize,
    /// Why not the device that one could have expected; empty if there is nothing to say.
    pub notice: String,
}

/// An adapter in words, for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Name that `--device` matches a part of.
    pub name: String,
    /// `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// Driver with its version.
    pub driver: String,
    /// Graphics interface.
    pub interface: String,
    /// Storage buffers of a stage.
    pub storage_buffers: u32,
    /// Largest binding \[B\].
    pub binding_bytes: u64,
    /// Is it what `auto` takes?
    pub auto: bool,
}

/// All adapters of this machine; none without the feature `gpu`.
#[must_use]
pub fn adapters() -> Vec<Listed> {
    #[cfg(feature = "gpu")]
    return device::adapters();
    #[cfg(not(feature = "gpu"))]
    Vec::new()
}

/// Is it the CPU that `asked` means? Then with what there is to say of it, as in [`Chosen`]. `None`: a GPU, or a fault that [`open`] will tell.
#[must_use]
pub fn cpu_for(asked: &str) -> Option<String> {
    let asked = if asked.is_empty() { "auto" } else { asked };
    if asked.eq_ignore_ascii_case("cpu") {
        return Some(String::new());
    }
    if !asked.eq_ignore_ascii_case("auto") {
        return None;
    }
    #[cfg(feature = "gpu")]
    return match device::certified("auto") {
        Ok(Some(_)) => None,
        Ok(None) => Some(String::new()),
        Err(error) => Some(error.to_string()),
    };
    #[cfg(not(feature = "gpu"))]
    Some(String::new())
}

/// Loads a batch on the machine that `asked` means: `auto` (also an empty text) the best hardware GPU, else the CPU; `cpu`; `gpu` the best
/// hardware GPU; or a part of an adapter's name, in any case. A GPU first shows that it computes the CPU's bits.
///
/// # Errors
/// [`DeviceError`]; `auto` falls back to the CPU instead, with a notice, unless the batch does not fit.
pub fn open(t: &Tables, state: State, asked: &str, threads: usize) -> Result<(Backend, Chosen), DeviceError> {
    match cpu_for(asked) {
        Some(notice) => Ok(on_cpu(t, state, threads, notice)),
        None => on_gpu(t, state, if asked.is_empty() { "auto" } else { asked }),
    }
}

fn on_cpu(t: &Tables, state: State, threads: usize, notice: String) -> (Backend, Chosen) {
    let cpu = Cpu::new(t, threads, state);
    let chosen = Chosen { kind: "cpu", name: "cpu".into(), driver: String::new(), threads: cpu.threads(), notice };
    (Backend::Cpu(Box::new(cpu)), chosen)
}

#[cfg(not(feature = "gpu"))]
fn on_gpu(_: &Tables, _: State, asked: &str) -> Result<(Backend, Chosen), DeviceError> {
    Err(DeviceError::NotBuilt { asked: asked.to_owned() })
}

#[cfg(feature = "gpu")]
fn on_gpu(t: &Tables, state: State, asked: &str) -> Result<(Backend, Chosen), DeviceError> {
    let nothing = || DeviceError::NoMatch { asked: asked.to_owned(), there: "there is no GPU here".into() };
    let opened = device::certified(asked)?.ok_or_else(nothing)?;
    let gpu = gpu::Gpu::new(&opened, t, state, gpu::Cut::default())?;
    let chosen = Chosen { kind: "gpu", name: opened.name.clone(), driver: opened.driver.clone(), ..Chosen::default() };
    Ok((Backend::Gpu(Box::new(gpu)), chosen))
}

impl Backend {
    /// Goes on with other tables and a state of these.
    ///
    /// # Errors
    /// What the device says when it stops, or when they do not fit; never on the CPU.
    pub fn load(&mut self, t: &Tables, state: State) -> Result<(), DeviceError> {
        match self {
            Backend::Cpu(cpu) => cpu.load(t, state),
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => **gpu = gpu.again(t, state)?,
        }
        Ok(())
    }

    /// Steps `n` ticks.
    ///
    /// # Errors
    /// What the device says when it stops; never on the CPU.
    pub fn step(&mut self, t: &Tables, n: u32) -> Result<(), DeviceError> {
        match self {
            Backend::Cpu(cpu) => {
                cpu.step(t, n);
                Ok(())
            }
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.step(t, n),
        }
    }

    /// The state as it stands; columns beyond `detail` may be those of an earlier look.
    ///
    /// # Errors
    /// What the device says when it stops; never on the CPU.
    #[cfg_attr(not(feature = "gpu"), expect(unused_variables, reason = "the CPU's state is always all there"))]
    pub fn state(&mut self, t: &Tables, detail: Detail) -> Result<&State, DeviceError> {
        match self {
            Backend::Cpu(cpu) => Ok(&cpu.state),
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.bring(t, detail),
        }
    }

    /// Changes vehicles between two ticks, adds words to the detours, raises counters (world, which, by how much). The state must have been
    /// looked at after the last tick.
    ///
    /// # Errors
    /// What the device says when it stops; never on the CPU.
    #[cfg_attr(not(feature = "gpu"), expect(unused_variables, reason = "the CPU needs no tables for it"))]
    pub fn intervene(&mut self, t: &Tables, changes: &[Change], detours: &[u32], counts: &[(usize, u32, u32)]) -> Result<(), DeviceError> {
        match self {
            Backend::Cpu(cpu) => {
                cpu.state.intervene(changes.iter().map(|change| (change.row, change.vehicle)), detours, counts);
                Ok(())
            }
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.intervene(t, changes, detours, counts),
        }
    }

    /// Puts vehicles on other lanes between two ticks; each is listed with its row of now. As of [`Backend::intervene`].
    pub fn carry(&mut self, t: &Tables, moves: &[Change]) {
        if moves.is_empty() {
            return;
        }
        match self {
            Backend::Cpu(cpu) => {
                carry(t, &mut cpu.state, moves);
            }
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.carry(t, moves),
        }
    }

    /// Sets what informed drivers know ([`State::known`]), which no kernel reads.
    pub fn learn(&mut self, known: Vec<u32>) {
        match self {
            Backend::Cpu(cpu) => cpu.state.known = known,
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.learn(known),
        }
    }

    /// Empties the lists of interventions.
    pub fn clear_events(&mut self, t: &Tables) {
        let first = crate::state::events_at(t.params.worlds as usize);
        let at = first..first + t.params.worlds as usize;
        match self {
            Backend::Cpu(cpu) => cpu.state.counters[at].iter().for_each(|length| length.store(0, std::sync::atomic::Ordering::Relaxed)),
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.clear_events(at),
        }
    }

    /// Clears the sums of all lanes and detectors.
    pub fn clear_sums(&mut self) {
        match self {
            Backend::Cpu(cpu) => cpu.state.clear_sums(),
            #[cfg(feature = "gpu")]
            Backend::Gpu(gpu) => gpu.clear_sums(),
        }
    }
}

/// Puts vehicles on other lanes; gives the keys of the lanes that they left, whose marks are those of who is left there: a mark that nobody
/// bears would be looked for where nobody may be.
fn carry(t: &Tables, s: &mut State, moves: &[Change]) -> Vec<usize> {
    let left =
        moves.iter().map(|one| s.vehicles[one.row as usize].lane as usize).filter(|key| !t.connector[t.own(*key)]).collect::<Vec<_>>();
    s.carry(&moves.iter().map(|one| (one.row, one.vehicle)).collect::<Vec<_>>());
    for &key in &left {
        let there = &s.vehicles[s.lane_start[key] as usize..s.lane_start[key + 1] as usize];
        s.gate[key] = marks_of(there.iter().fold(0, |all, v| all | v.traits));
    }
    left
}
