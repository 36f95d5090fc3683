//! The one door for parts of a page. A part has its templates and one function from the material to what they show; where there is nothing to
//! show (no such system, no such table) it says `None` and the page has no empty box. A new system adds a line to [`SECTIONS`].

use super::material::Material;
use super::parts;
use serde_json::Value;

/// A part of the page.
pub struct Section {
    /// Name of its place on the page.
    pub id: &'static str,
    /// Heading; empty for the part that opens the page.
    pub heading: &'static str,
    /// Template of the page.
    pub html: &'static str,
    /// Template of the text.
    pub md: &'static str,
    /// What the templates show.
    pub facts: fn(&Material) -> Option<Value>,
}

/// All parts, in the order of the page.
pub const SECTIONS: &[Section] = &[
    parts::answer::SECTION,
    parts::strip::SECTION,
    parts::results::SECTION,
    parts::people::SECTION,
    parts::maps::SECTION,
    parts::time::SECTION,
    parts::validity::SECTION,
    parts::limits::SECTION,
    parts::provenance::SECTION,
    parts::method::SECTION,
];
