//! (statistics/mod)
