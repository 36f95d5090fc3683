//! Writes the city folder.
