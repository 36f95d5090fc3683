//! Axes of a sweep, and settings from the command line: both are a path into the study and a value.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids;
use crate::scenario::quantity::fault;
use crate::scenario::read::explain;
use crate::scenario::source::Source;
use crate::scenario::study::{StudyFile, Values};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Values of one axis at most.
pub const VALUES: usize = 10_000;
/// Values of one axis that are tried against the study while it is read.
const TRIED: usize = 64;

/// An axis: a path and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Path, `demand.ev_share` or `do.toll.fee`.
    pub path: String,
    /// Its values.
    pub values: Vec<toml::Value>,
}

/// Reads a list, or `{ from, to, step }`.
///
/// # Errors
/// Those of serde, with codes.
pub fn read_values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
    struct Read;
    impl<'de> Visitor<'de> for Read {
        type Value = Values;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a list of values, or { from = 0.0, to = 0.6, step = 0.1 }")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Values, A::Error> {
            let mut all = Vec::new();
            while let Some(value) = seq.next_element()? {
                all.push(value);
            }
            match all.len() {
                0 => Err(fault(230, "an axis without values", "list at least one")),
                n if n > VALUES => Err(fault(230, &format!("an axis of {n} values"), &format!("at most {VALUES}"))),
                _ => Ok(Values(all)),
            }
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values, A::Error> {
            let mut range = [None::<f64>; 3];
            let names = ["from", "to", "step"];
            while let Some(key) = map.next_key::<String>()? {
                let Some(index) = names.iter().position(|n| *n == key) else {
                    return Err(fault(103, &format!("unknown key \"{}\"", crate::units::short(&key)), "a range has from, to, step"));
                };
                range[index] = Some(map.next_value()?);
            }
            let [Some(from), Some(to), Some(step)] = range else {
                return Err(fault(106, "a range needs from, to and step", "{ from = 0.0, to = 0.6, step = 0.1 }"));
            };
            let count = ((to - from) / step + 1e-9).floor() + 1.0;
            if !(count.is_finite() && step > 0.0 && to >= from && count <= VALUES as f64) {
                return Err(A::Error::custom(format!(
                    "\u{1}230\u{1}a range from {from} to {to} by {step}\u{1}step must be positive, to not below from, at most {VALUES} values"
                )));
            }
            let at = |i: f64| ((from + i * step) * 1e9).round() / 1e9;
            let mut all = Vec::new();
            let mut i = 0.0;
            while i < count {
                all.push(toml::Value::Float(at(i)));
                i += 1.0;
            }
            Ok(Values(all))
        }
    }
    deserializer.deserialize_any(Read)
}

/// The axes of a study; C222 where the path leads nowhere, and the fault of each value that could not stand there.
pub fn axes(root: &DeTable<'_>, file: &StudyFile, source: &Source, found: &mut Diagnostics) -> Vec<Axis> {
    let Some(DeValue::Table(sweep)) = root.get("sweep").map(Spanned::get_ref) else { return Vec::new() };
    for (key, values) in sweep {
        let mut with = root.clone();
        with.remove("sweep");
        if let Err((message, hint)) = set(&mut with, key.get_ref(), Spanned::new(key.span(), DeValue::Boolean(true))) {
            found.push(Diagnostic::error(222, message).at(&source.place(&key.span()), "").hint(Some(hint)));
            continue;
        }
        // An unknown key shows at its own place, the key of the axis.
        if let Err(e) = StudyFile::deserialize(ValueDeserializer::from(Spanned::new(0..0, DeValue::Table(with.clone()))))
            && e.message().starts_with("unknown field")
        {
            let told = explain(source, e.message(), &key.span());
            let hint = told.hints.first().and_then(|h| h.strip_prefix("hint: ")).unwrap_or_default().to_owned();
            let what = format!("\"{}\" is not a path into the study", crate::units::short(key.get_ref()));
            found.push(Diagnostic::error(222, what).at(&source.place(&key.span()), "").hint(Some(hint)));
            continue;
        }
        let DeValue::Array(list) = values.get_ref() else { continue };
        for value in list.iter().take(TRIED) {
            let mut with = root.clone();
            with.remove("sweep");
            let _ = set(&mut with, key.get_ref(), value.clone());
            if let Err(e) = StudyFile::deserialize(ValueDeserializer::from(Spanned::new(0..0, DeValue::Table(with)))) {
                found.push(explain(source, e.message(), &value.span()));
            }
        }
    }
    file.sweep.iter().map(|(path, values)| Axis { path: path.clone(), values: values.value.0.clone() }).collect()
}

/// Puts `value` at `path`.
///
/// # Errors
/// What is wrong with the path, and what to do.
pub fn set<'a>(root: &mut DeTable<'a>, path: &str, value: Spanned<DeValue<'a>>) -> Result<(), (String, String)> {
    let parts: Vec<&str> = path.split('.').collect();
    let paths = || "a path is demand.KEY, model.KEY, time.KEY, or do.ID.FIELD".to_owned();
    if parts.len() < 2 || parts.len() > 6 || parts.iter().any(|p| p.is_empty()) {
        return Err((format!("\"{}\" is not a path into the study", crate::units::short(path)), paths()));
    }
    let key = |text: &str| Spanned::new(value.span(), std::borrow::Cow::Owned(text.to_owned()));
    if parts[0] == "do" {
        let [_, id, field] = parts[..] else { return Err((format!("\"{}\" has not three parts", crate::units::short(path)), paths())) };
        return set_action(root, id, field, value);
    }
    if !["demand", "model", "time", "city", "runs", "outputs", "report", "limits"].contains(&parts[0]) {
        return Err((format!("\"{}\" is not a path into the study", crate::units::short(path)), paths()));
    }
    let mut at = root;
    for part in &parts[..parts.len() - 1] {
        if !at.contains_key(*part) {
            at.insert(key(part), Spanned::new(value.span(), DeValue::Table(DeTable::new())));
        }
        let Some(DeValue::Table(inner)) = at.get_mut(*part).map(Spanned::get_mut) else {
            return Err((format!("\"{part}\" of \"{}\" is not a table", crate::units::short(path)), paths()));
        };
        at = inner;
    }
    let last = parts[parts.len() - 1];
    at.remove(last);
    at.insert(key(last), value);
    Ok(())
}

fn set_action<'a>(root: &mut DeTable<'a>, id: &str, field: &str, value: Spanned<DeValue<'a>>) -> Result<(), (String, String)> {
    let mut known: Vec<String> = Vec::new();
    let variants = match root.get_mut("variant").map(Spanned::get_mut) {
        Some(DeValue::Array(variants)) => variants,
        _ => return Err(("there is no action to change".to_owned(), "write a [[variant]] with do = [...] first".to_owned())),
    };
    for variant in variants.iter_mut() {
        let DeValue::Table(variant) = variant.get_mut() else { continue };
        let Some(DeValue::Array(actions)) = variant.get_mut("do").map(Spanned::get_mut) else { continue };
        for action in actions.iter_mut() {
            let DeValue::Table(action) = action.get_mut() else { continue };
            let Some((_, DeValue::Table(verb))) = action.iter_mut().next().map(|(k, v)| (k, v.get_mut())) else { continue };
            let Some(name) = verb.get("id").and_then(|v| v.get_ref().as_str()).map(str::to_owned) else { continue };
            if name != id {
                known.push(name);
                continue;
            }
            if !verb.contains_key(field) {
                let fields: Vec<String> = verb.keys().map(|k| k.get_ref().to_string()).collect();
                let hint = ids::nearest(field, fields.iter().map(String::as_str))
                    .map_or_else(|| format!("it has {}", fields.join(", ")), |near| format!("did you mean \"do.{id}.{near}\"?"));
                return Err((format!("action \"{id}\" has no \"{}\"", crate::units::short(field)), hint));
            }
            let span = value.span();
            verb.remove(field);
            verb.insert(Spanned::new(span, std::borrow::Cow::Owned(field.to_owned())), value);
            return Ok(());
        }
    }
    let hint = match ids::nearest(id, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"do.{near}.{field}\"?"),
        None => format!("give the action an id: id = \"{id}\""),
    };
    Err((format!("no action has the id \"{}\"", crate::units::short(id)), hint))
}

/// Puts every value of `piece` at its path: `--set demand.scale=1.1`.
pub fn merge<'a>(root: &mut DeTable<'a>, piece: DeTable<'a>, source: &Source, found: &mut Diagnostics) {
    for (key, value) in piece {
        put(root, key.get_ref(), value, source, found);
    }
}

fn put<'a>(root: &mut DeTable<'a>, path: &str, value: Spanned<DeValue<'a>>, source: &Source, found: &mut Diagnostics) {
    let span = value.span();
    let inline = matches!(source.place(&span).text.get(source.place(&span).col - 1..), Some(text) if text.starts_with('{'));
    match value.into_inner() {
        DeValue::Table(table) if !inline && path.split('.').count() < 6 => {
            for (key, value) in table {
                put(root, &format!("{path}.{}", key.get_ref()), value, source, found);
            }
        }
        value => {
            if let Err((message, hint)) = set(root, path, Spanned::new(span.clone(), value)) {
                found.push(Diagnostic::error(222, message).at(&source.place(&span), "").hint(Some(hint)));
            }
        }
    }
}
