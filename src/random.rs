//! (random)
