//! (import/mod)
