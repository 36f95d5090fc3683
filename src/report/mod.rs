//! (report/mod)
