//! The door: verbs, exit codes, progress. Physics never.

pub mod import;
