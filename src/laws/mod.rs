//! (laws/mod)
