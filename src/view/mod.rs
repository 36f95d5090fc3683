//! (view/mod)
