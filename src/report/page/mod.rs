//! The report of an out folder: one page for people, one document for machines, one text. Nothing is simulated here and no clock is read.
//!
//! ```text
//! manifest.json, study.toml, tables/ --material--> Material --section--> facts --templates--> report.html, report.md
//!                                                      \--document--> report.json
//! ```
//! A page is one file that works offline, without scripts, on paper, and stays below [`MOST_BYTES`]: maps of many streets become pixels.

pub mod chart;
pub mod corridor;
pub mod deeds;
pub mod document;
pub mod groups;
pub mod licences;
pub mod links;
pub mod map;
pub mod material;
pub mod palette;
pub mod parts;
pub mod raster;
pub mod section;
pub mod timeline;
pub mod trips;
pub mod verify;
pub mod words;

use material::Material;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use section::SECTIONS;
use serde::Serialize;

/// A page is smaller than this.
pub const MOST_BYTES: usize = 5_000_000;
/// Pieces of line on a map beyond which it becomes pixels.
const MAP_LINES: usize = 20_000;
/// Pieces of line on all maps of a page beyond which they become pixels.
const PAGE_LINES: usize = 120_000;
/// Sides of maps of pixels, the first that keeps the page small enough is taken.
const SIDES: [u32; 3] = [1360, 1020, 680];

/// Why a page could not be made: a defect of a template.
#[derive(Debug, thiserror::Error)]
#[error("the page could not be made: {0}")]
pub struct PageError(#[from] minijinja::Error);

/// A part as it goes into the frame.
#[derive(Serialize)]
struct Part {
    id: &'static str,
    heading: &'static str,
    html: String,
    md: String,
}

/// The page and the text.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// `report.html`.
    pub html: String,
    /// `report.md`.
    pub md: String,
}

/// Fills all templates.
///
/// # Errors
/// [`PageError`].
pub fn render(material: &mut Material) -> Result<Pages, PageError> {
    let lines = material.scenery.as_ref().map_or(0, |scenery| map::segments(&scenery.city));
    let maps = 1 + 3 * material.others().len();
    material.pixels = (lines > MAP_LINES || lines * maps > PAGE_LINES).then_some(SIDES[0]);
    let mut pages = filled(material)?;
    for side in SIDES {
        if pages.html.len() <= MOST_BYTES {
            break;
        }
        material.pixels = Some(side);
        pages = filled(material)?;
    }
    Ok(pages)
}

/// All parts that have something to show, in their frame.
fn filled(material: &Material) -> Result<Pages, PageError> {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    templates.add_filter("md", plain);
    let mut parts = Vec::new();
    for section in SECTIONS {
        let Some(facts) = (section.facts)(material) else { continue };
        let html = templates.render_named_str("part.html", section.html, Serde(clean(&facts)))?;
        let md = templates.render_named_str("part.md", section.md, Serde(&facts))?;
        parts.push(Part { id: section.id, heading: section.heading, html, md: md.trim().to_owned() });
    }
    let frame = context! {
        parts => Value::from(Serde(&parts)),
        title => &material.manifest.study.title,
        generator => format!("forecity {}", material.manifest.forecity.version),
        created => &material.manifest.created,
        style => include_str!("templates/style.css"),
        script => include_str!("templates/script.js"),
    };
    let html = templates.render_named_str("page.html", include_str!("templates/page.html"), frame.clone())?;
    let md = templates.render_named_str("page.md", include_str!("templates/page.md"), frame)?;
    Ok(Pages { html, md })
}

/// Facts without characters that no page may hold: control characters other than line ends and tabs.
fn clean(facts: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match facts {
        Json::String(text) if text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')) => {
            Json::String(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
        }
        Json::Array(all) => Json::Array(all.iter().map(clean).collect()),
        Json::Object(all) => Json::Object(all.iter().map(|(name, value)| (name.clone(), clean(value))).collect()),
        other => other.clone(),
    }
}

/// Words that mean nothing to Markdown: on one line, its signs and those of HTML escaped.
fn plain(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| if value.is_none() || value.is_undefined() { String::new() } else { value.to_string() }, str::to_owned);
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_short_and_names_are_plain_in_a_text() {
        assert!(include_str!("templates/script.js").len() <= 3000);
        assert_eq!(plain(&Value::from("a|b\n<i>_x_")), "a\\|b \\<i\\>\\_x\\_");
        assert_eq!(plain(&Value::from(())), "");
    }
}
