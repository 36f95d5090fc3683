//! (tables/mod)
