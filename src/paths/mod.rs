//! (paths/mod)
