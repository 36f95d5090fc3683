//! (generate)
