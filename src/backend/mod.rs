//! (backend/mod)
