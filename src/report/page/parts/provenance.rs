//! Part 9: what was run, with what, where, and how to do it again.

use crate::report::page::material::Material;
use crate::report::page::section::Section;
use crate::report::page::words;
use crate::scenario::CityFrom;
use serde_json::{Value, json};

/// The part.
pub const SECTION: Section = Section {
    id: "provenance",
    heading: "Where these numbers come from",
    html: include_str!("../templates/provenance.html"),
    md: include_str!("../templates/provenance.md"),
    facts,
};

fn facts(material: &Material) -> Option<Value> {
    let m = &material.manifest;
    let seeds = match (m.seeds.first(), m.seeds.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last} ({})", m.seeds.len()),
        (Some(first), _) => first.to_string(),
        _ => "\u{2013}".to_owned(),
    };
    let device = &m.device;
    let commit = m.forecity.commit.as_deref().unwrap_or("not recorded in this build");
    let rows: Vec<[String; 2]> = [
        ("Program", format!("forecity {}, result version {}", m.forecity.version, m.forecity.result_version)),
        ("Commit", commit.to_owned()),
        ("Written", m.created.clone()),
        ("Command", m.command.join(" ")),
        ("Options that change numbers", if m.options.is_empty() { "none".to_owned() } else { m.options.join(" ") }),
        ("City", format!("{} (network {})", m.city.path, m.city.network_hash)),
        (
            "Study",
            format!("{} (blake3 {})", if m.study.path.is_empty() { "made up by the program" } else { &m.study.path }, m.study.blake3),
        ),
        ("Seeds", seeds),
        ("Time step", format!("{} s", m.step_s)),
        (
            "Computed on",
            format!("{} {}, {}, {}", device.kind.to_uppercase(), device.name, words::plural(device.threads, "thread"), device.os),
        ),
        ("Computing time", format!("{}, over all calls that made these runs", words::lasting(m.wall_s))),
        ("Energy used for computing", "not measured".to_owned()),
        ("Licences of the data used", licences(material)),
        ("Result", m.result_hash.clone()),
    ]
    .map(|(name, value)| [name.to_owned(), value])
    .to_vec();
    let files: Vec<Value> = m
        .city
        .files
        .iter()
        .map(|file| json!({ "path": file.path, "bytes": words::whole(file.bytes as f64), "blake3": file.blake3 }))
        .collect();
    Some(json!({
        "rows": rows, "files": files, "study": m.study.text, "rerun": m.rerun,
        "manifest": embedded(&serde_json::to_value(m).unwrap_or_default()),
        "dataset": embedded(&dataset(material)),
    }))
}

/// What the city states of its data.
fn licences(material: &Material) -> String {
    let generated = material.scenery.as_ref().is_some_and(|scenery| matches!(scenery.study.city, Some(CityFrom::Grid(_))));
    if !material.licences.is_empty() {
        material.licences.join("; ")
    } else if generated {
        "none needed: the city is generated, no data of others went in".to_owned()
    } else {
        "none is stated in the city's files: ask whoever made the city folder before publishing".to_owned()
    }
}

/// JSON that cannot end the element it stands in.
fn embedded(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// A description for catalogues (schema.org).
fn dataset(material: &Material) -> Value {
    let m = &material.manifest;
    let question = material.scenery.as_ref().map_or("", |scenery| scenery.study.question.as_str());
    let about = if question.is_empty() { "Simulated traffic, compared in pairs of runs" } else { question };
    let measured: Vec<Value> = m
        .wanted
        .measures
        .iter()
        .map(|name| json!({ "@type": "PropertyValue", "name": name, "unitText": crate::report::measures::unit(name) }))
        .collect();
    let licence = if material.licences.is_empty() { Value::Null } else { material.licences.join("; ").into() };
    json!({
        "@context": "https://schema.org", "@type": "Dataset", "name": m.study.title, "description": about, "dateCreated": m.created,
        "creator": { "@type": "SoftwareApplication", "name": "forecity", "softwareVersion": m.forecity.version },
        "identifier": m.result_hash, "variableMeasured": measured, "measurementTechnique": "microscopic traffic simulation",
        "isAccessibleForFree": true, "license": licence, "encodingFormat": "application/vnd.apache.parquet",
    })
}
