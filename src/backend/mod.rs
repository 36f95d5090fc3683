//! Machines: the rows of [`crate::stages::STEP`] on the CPU or on a GPU, to the same bits.

pub mod cpu;

use crate::state::State;
use crate::tables::Tables;

/// A batch of worlds on a machine.
pub enum Backend {
    /// rayon.
    Cpu(cpu::Cpu),
}

impl Backend {
    /// Steps `n` ticks.
    ///
    /// # Errors
    /// A text that says what the device did.
    pub fn step(&mut self, t: &Tables, n: u32) -> Result<(), String> {
        match self {
            Backend::Cpu(cpu) => {
                cpu.step(t, n);
                Ok(())
            }
        }
    }

    /// The state as it stands, brought to the host if need be.
    ///
    /// # Errors
    /// A text that says what the device did.
    pub fn state(&mut self) -> Result<&State, String> {
        match self {
            Backend::Cpu(cpu) => Ok(&cpu.state),
        }
    }

    /// Clears the sums of all lanes.
    pub fn clear_sums(&mut self) {
        match self {
            Backend::Cpu(cpu) => cpu.state.sums.fill(crate::tables::layout::Sums::default()),
        }
    }
}
