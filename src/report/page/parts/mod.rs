//! The ten parts of the page, one a file.

pub mod answer;
pub mod limits;
pub mod maps;
pub mod method;
pub mod people;
pub mod provenance;
pub mod results;
pub mod strip;
pub mod time;
pub mod validity;
