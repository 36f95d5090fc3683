//! What can go wrong with a device, in words for people. Everything here ends a command with exit code 5 and its advice.

/// Why a device cannot be used, or stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// This program has no GPU back end.
    #[error("\"{asked}\" asks for a GPU, but this program was built without one (feature `gpu`); use --device cpu")]
    NotBuilt {
        /// What was asked for.
        asked: String,
    },
    /// No adapter matches.
    #[error("no device matches \"{asked}\": {there}; use --device cpu")]
    NoMatch {
        /// What was asked for.
        asked: String,
        /// What is there.
        there: String,
    },
    /// The adapter lacks something that the kernels need.
    #[error("{name} cannot run the kernels: {lacks}; update its driver, choose another adapter (forecity info) or use --device cpu")]
    TooSmall {
        /// Adapter.
        name: String,
        /// What it lacks.
        lacks: String,
    },
    /// The batch does not fit.
    #[error("{needed_bytes} bytes are needed on {name}, {there_bytes} are there: use fewer worlds (--worlds {fits}) or --device cpu")]
    Memory {
        /// Adapter.
        name: String,
        /// Needed.
        needed_bytes: u64,
        /// There; for a refused allocation, what was held before.
        there_bytes: u64,
        /// Worlds that should fit.
        fits: u32,
    },
    /// The start-up test failed: other bits than the CPU.
    #[error("{name} ({driver}) computes other bits than the CPU: {what}; update its driver or use --device cpu")]
    Wrong {
        /// Adapter.
        name: String,
        /// Its driver.
        driver: String,
        /// The first difference.
        what: String,
    },
    /// The device is gone, or refused a command.
    #[error("{name} stopped: {what}; use --device cpu")]
    Lost {
        /// Adapter.
        name: String,
        /// What the driver said.
        what: String,
    },
}
