//! (ids)
