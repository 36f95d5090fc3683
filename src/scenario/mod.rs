//! As written: the study file and the tables of a city folder, every value with its place. Nothing here knows what a road is.

pub mod grid;
