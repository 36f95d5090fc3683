//! How a command ends: one exit code for each kind of failure, one sentence for people.

use crate::diagnostic::Diagnostics;
use crate::simulation::RunError;

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// I/O or a defect (1).
    #[error("{0}")]
    Failure(String),
    /// The command line makes no sense (2).
    #[error("{0}")]
    Usage(String),
    /// The input is wrong; all faults are printed (3).
    #[error("the input has faults")]
    Input(Box<Diagnostics>),
    /// The input is wrong; the text lists all faults (3).
    #[error("{0}")]
    Listed(String),
    /// A result differs (4).
    #[error("{0}")]
    Differs(String),
    /// No suitable device or display (5).
    #[error("{0}")]
    Device(String),
    /// The simulation is invalid; results are kept (6).
    #[error("{0}")]
    Invalid(String),
    /// Interrupted; results are kept (130).
    #[error("interrupted; what was finished is kept")]
    Interrupted,
    /// Whoever read our output has gone (0).
    #[error("")]
    Closed,
}

impl Error {
    /// Exit code.
    #[must_use]
    pub const fn exit(&self) -> u8 {
        match self {
            Error::Closed => 0,
            Error::Failure(_) => 1,
            Error::Usage(_) => 2,
            Error::Input(_) | Error::Listed(_) => 3,
            Error::Differs(_) => 4,
            Error::Device(_) => 5,
            Error::Invalid(_) => 6,
            Error::Interrupted => 130,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Error::Closed,
            _ => Error::Failure(crate::scenario::source::reason(&error)),
        }
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Error {
        match error {
            RunError::NoDevice { .. } | RunError::Device(_) => Error::Device(error.to_string()),
            RunError::Memory { .. } => Error::Failure(error.to_string()),
            RunError::Interrupted => Error::Interrupted,
            RunError::Fault(_) => Error::Invalid(error.to_string()),
        }
    }
}

impl From<crate::cli::import::ImportError> for Error {
    fn from(error: crate::cli::import::ImportError) -> Error {
        use crate::cli::import::ImportError;
        match error {
            ImportError::Print(io) => io.into(),
            // All faults are in the text already.
            ImportError::Input(_) => Error::Listed(error.to_string()),
            ImportError::Folder(_) => Error::Failure(error.to_string()),
        }
    }
}

impl From<crate::cli::batch::JobError> for Error {
    fn from(error: crate::cli::batch::JobError) -> Error {
        use crate::cli::batch::JobError;
        match error {
            JobError::Write(error) => Error::Failure(error.to_string()),
            JobError::Run(error) => error.into(),
        }
    }
}
