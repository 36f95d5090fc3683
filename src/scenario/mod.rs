//! (scenario/mod)
