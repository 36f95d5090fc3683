//! Licences and sources of the data used, as the city states them in its `import.json`: of each source its name, licence, attribution. Nothing is
//! guessed; a file that is not the one that was read when the runs were made says nothing.

use crate::report::manifest::Manifest;
use serde_json::Value;

/// File of a city that names its sources.
const FILE: &str = "import.json";
/// Lists in it that may carry licences.
const LISTS: [&str; 2] = ["sources", "files"];

/// What is stated, a line a source; empty where nothing is.
#[must_use]
pub fn stated(manifest: &Manifest) -> Vec<String> {
    let named = manifest.city.files.iter().filter(|file| std::path::Path::new(&file.path).file_name().is_some_and(|name| name == FILE));
    let read = |file: &crate::report::manifest::InputFile| {
        let bytes = std::fs::read(&file.path).ok()?;
        let same = blake3::hash(&bytes).to_hex().to_string() == file.blake3;
        serde_json::from_slice::<Value>(&bytes).ok().filter(|_| same)
    };
    let mut lines: Vec<String> = named.filter_map(read).flat_map(|document| of(&document)).collect();
    lines.dedup();
    lines
}

/// Lines of one document.
fn of(document: &Value) -> Vec<String> {
    let own = std::iter::once(document);
    let lists = LISTS.iter().filter_map(|list| document[*list].as_array()).flatten();
    own.chain(lists).filter_map(line).collect()
}

/// One source; `None` where it states neither licence nor attribution.
fn line(source: &Value) -> Option<String> {
    let text = |key: &str| source[key].as_str().map(str::trim).filter(|text| !text.is_empty());
    let stated: Vec<String> =
        [text("licence").or_else(|| text("license")), text("attribution")].into_iter().flatten().map(str::to_owned).collect();
    let name = text("name").or_else(|| text("path"));
    (!stated.is_empty()).then(|| format!("{}{}", name.map_or_else(String::new, |name| format!("{name}: ")), stated.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stated_is_said() {
        let document = serde_json::json!({
            "attribution": "City of Harbour",
            "sources": [{ "name": "harbour.osm.pbf", "licence": "ODbL 1.0", "attribution": "OpenStreetMap contributors" }, { "name": "own.csv" }],
        });
        assert_eq!(of(&document), ["City of Harbour", "harbour.osm.pbf: ODbL 1.0, OpenStreetMap contributors"]);
        assert!(of(&serde_json::json!({ "files": [{ "name": "a", "blake3": "0" }] })).is_empty());
    }
}
