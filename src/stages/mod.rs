//! (stages/mod)
