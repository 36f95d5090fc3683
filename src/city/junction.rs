//! (junction)
