//! Reads a study so that all its faults come back at once: deserialize, note the fault, cut the faulty piece out, try again.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::quantity::MARK;
use crate::scenario::source::Source;
use crate::scenario::study::StudyFile;
use crate::scenario::{Asked, CityFrom, Study, checks, sweep};
use crate::{ids, units};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// Faults of form listed in one pass; a file with more is not a study.
const ROUNDS: usize = 200;

/// A piece of TOML and where it stands.
pub type Piece<'a> = Spanned<DeValue<'a>>;

/// Where the words of `--set` and `--do` stand.
const COMMAND_LINE: &str = "command line";

/// Name of the variant that `--do` makes.
pub const ADDED: &str = "changed";

/// Reads the text of a study and what the command line adds; `None` if it cannot be used at all. All faults are in `found`.
pub fn study(mut source: Source, asked: &Asked, found: &mut Diagnostics) -> Option<Study> {
    let added = pieces(&mut source, asked);
    let text = source.text.clone();
    // So that `--set city.lanes=3` finds the city of a bare `grid:13x7`.
    let given = match &asked.city {
        Some(CityFrom::Grid(spec)) => format!("city = {{ grid = [{}, {}] }}", spec.columns, spec.rows),
        _ => String::new(),
    };
    let mut root = match DeTable::parse(&text) {
        Ok(root) => root.into_inner(),
        Err(e) => {
            found.push(syntax(&source, &e));
            return None;
        }
    };
    if let Ok(city) = DeTable::parse(&given)
        && !root.contains_key("city")
    {
        root.extend(city.into_inner());
    }
    let before = found.errors();
    let padded: Vec<String> = added.iter().map(|(offset, _, text)| format!("{}{text}", " ".repeat(*offset))).collect();
    for ((_, what, words), text) in added.iter().zip(&padded) {
        match DeTable::parse(text) {
            Ok(piece) if *what == What::Set => sweep::merge(&mut root, piece.into_inner(), &source, found),
            Ok(piece) => add_action(&mut root, piece.into_inner(), text.len() - words.len()..text.len()),
            Err(e) => found.push(syntax(&source, &e)),
        }
    }
    let mut seen = Vec::new();
    let mut cut: Vec<(String, Range<usize>)> = Vec::new();
    let mut root = DeValue::Table(root);
    let file = loop {
        match StudyFile::deserialize(ValueDeserializer::from(Spanned::new(0..0, root.clone()))) {
            Ok(file) => break file,
            Err(e) => {
                let span = e.span().unwrap_or(0..0);
                // What is missing because its fault was told and it was cut out is no fault of its own.
                let wanted = e.message().strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
                let short = e.message().starts_with("invalid length");
                let inside = |at: &Range<usize>| at.start >= span.start && at.end <= span.end;
                let ours = cut.iter().any(|(key, at)| inside(at) && (wanted == Some(key) || (short && key.is_empty())));
                if !ours && !seen.contains(&(span.clone(), e.message().to_owned())) {
                    found.push(explain(&source, e.message(), &span));
                    seen.push((span.clone(), e.message().to_owned()));
                }
                match cut_out(&mut root, &span).filter(|_| seen.len() <= ROUNDS && cut.len() <= 2 * ROUNDS) {
                    Some(key) => cut.push((key, span)),
                    None => return None,
                }
            }
        }
    };
    let DeValue::Table(table) = &root else { return None };
    let axes = sweep::axes(table, &file, &source, found);
    let study = checks::study(file, axes, source, asked, found);
    (found.errors() == before).then_some(study)
}

/// A study on nothing but the command line: no file, a city that is given.
#[must_use]
pub fn empty() -> Source {
    Source::new(COMMAND_LINE, "")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Set,
    Do,
}

/// The words of `--set` and `--do`, each as TOML at an offset of its own.
fn pieces(source: &mut Source, asked: &Asked) -> Vec<(usize, What, String)> {
    let mut all = Vec::new();
    let typed = asked.set.iter().map(|t| (What::Set, COMMAND_LINE, t));
    let set = typed.chain(asked.point.iter().map(|t| (What::Set, "[sweep]", t)));
    for (what, name, text) in set.chain(asked.actions.iter().map(|t| (What::Do, COMMAND_LINE, t))) {
        // `--set city.limit=30 km/h`: a value that is no TOML is taken as text.
        let text = match text.split_once('=') {
            Some((path, value)) if what == What::Set && DeValue::parse(value.trim()).is_err() && !value.contains('"') => {
                format!("{path}=\"{}\"", value.trim())
            }
            _ => text.clone(),
        };
        let offset = source.add(name, &text);
        all.push((offset, what, text));
    }
    all
}

/// Actions of the command line form one variant. `span`: the words of the option.
fn add_action<'a>(root: &mut DeTable<'a>, action: DeTable<'a>, span: Range<usize>) {
    let action = Spanned::new(span.clone(), DeValue::Table(action));
    let text = |t: &'static str| Spanned::new(span.clone(), DeValue::String(t.into()));
    let key = |t: &'static str| Spanned::new(span.clone(), t.into());
    if !root.contains_key("variant") {
        root.insert(key("variant"), Spanned::new(span.clone(), DeValue::Array(toml::de::DeArray::new())));
    }
    let Some(DeValue::Array(variants)) = root.get_mut("variant").map(Spanned::get_mut) else { return };
    let ours = |v: &Piece| v.get_ref().get("name").is_some_and(|n| n.get_ref().as_str() == Some(ADDED));
    if let Some(index) = variants.iter().position(ours) {
        if let Some(DeValue::Table(variant)) = variants.get_mut(index).map(Spanned::get_mut)
            && let Some(DeValue::Array(actions)) = variant.get_mut("do").map(Spanned::get_mut)
        {
            actions.push(action);
        }
        return;
    }
    let mut actions = toml::de::DeArray::new();
    actions.push(action);
    let mut variant = DeTable::new();
    variant.insert(key("name"), text(ADDED));
    variant.insert(key("do"), Spanned::new(span.clone(), DeValue::Array(actions)));
    variants.push(Spanned::new(span.clone(), DeValue::Table(variant)));
}

fn syntax(source: &Source, e: &toml::de::Error) -> Diagnostic {
    let shift = source.added.iter().any(|(at, _, _)| e.span().is_some_and(|s| s.start >= *at));
    let span = e.span().unwrap_or(0..0);
    let message = e.message().lines().next().unwrap_or("not TOML").to_owned();
    let what = if shift { "the command line" } else { "the file" };
    let hint = if message.contains("duplicate key") {
        "each key can stand once in a table; [[variant]] begins another variant"
    } else if message.contains("recursion") {
        "a study has at most a handful of levels"
    } else {
        "strings stand in double quotes; inline tables { ... } stand on one line; only the first fault of syntax is shown"
    };
    Diagnostic::error(102, format!("{what} is not TOML: {message}")).at(&source.place(&span), "").hint(Some(hint.to_owned()))
}

/// What serde says, in our words.
#[must_use]
pub fn explain(source: &Source, message: &str, span: &Range<usize>) -> Diagnostic {
    let place = source.place(span);
    if let Some(coded) = message.strip_prefix(MARK) {
        let mut parts = coded.splitn(3, MARK);
        let code = parts.next().and_then(|c| c.parse().ok()).unwrap_or(107);
        let text = parts.next().unwrap_or_default().to_owned();
        let hint = parts.next().unwrap_or_default().to_owned();
        return Diagnostic::error(code, text).at(&place, "").hint(Some(hint));
    }
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let listed = || quoted.iter().skip(1).copied();
    let wrong = quoted.first().copied().unwrap_or_default();
    let meant = || match ids::nearest(wrong, listed()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if quoted.len() > 1 => format!("allowed here: {}", listed().collect::<Vec<_>>().join(", ")),
        None => "nothing can stand here".to_owned(),
    };
    let name = units::short(wrong);
    if message.starts_with("unknown field") {
        return Diagnostic::error(103, format!("unknown key \"{name}\"")).at(&place, "").hint(Some(meant()));
    }
    if message.starts_with("unknown variant") {
        let verb = quoted.contains(&"outage");
        let (code, what) = if verb { (103, "unknown verb") } else { (109, "unknown word") };
        return Diagnostic::error(code, format!("{what} \"{name}\"")).at(&place, "").hint(Some(meant()));
    }
    if message.starts_with("missing field") {
        let text = format!("\"{name}\" is missing");
        return Diagnostic::error(106, text).at(&place, format!("needs {name}")).hint(Some(example(wrong)));
    }
    if message.starts_with("wanted exactly 1 element") {
        let hint = format!(
            "one of {}; several actions stand in a list: [{{ close = ... }}, {{ signal = ... }}]",
            crate::scenario::action::VERBS.join(", ")
        );
        return Diagnostic::error(103, "an action has exactly one verb").at(&place, "").hint(Some(hint));
    }
    if let Some((is, wants)) = message.strip_prefix("invalid length ").and_then(|rest| rest.split_once(", expected ")) {
        let found = if is == "1" { "one value".to_owned() } else { format!("{is} values") };
        return Diagnostic::error(107, format!("a list of {found} cannot stand here"))
            .at(&place, "")
            .hint(Some(format!("expected {wants}")));
    }
    if let Some(rest) = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: ")) {
        let (is, wants) = rest.split_once(", expected ").unwrap_or((rest, "something else"));
        let code = if message.starts_with("invalid value") { 230 } else { 107 };
        return Diagnostic::error(code, format!("{} cannot stand here", words(is)))
            .at(&place, "")
            .hint(Some(format!("expected {}", words(wants))));
    }
    Diagnostic::error(107, units::short(message)).at(&place, "")
}

/// Rust's names of types mean nothing to a planner.
fn words(text: &str) -> String {
    let plain = text.replace('`', "\"");
    let plain = plain.strip_prefix("struct ").map_or(plain.as_str(), |_| "a table { ... }");
    match plain {
        "u32" | "u64" | "i64" | "usize" => "a whole number, not negative".to_owned(),
        "f64" => "a number".to_owned(),
        "sequence" | "a sequence" => "a list [ ... ]".to_owned(),
        "map" | "a map" => "a table { ... }".to_owned(),
        other => {
            other.replace("sequence", "a list").replace("struct", "table").replace("map", "a table").replace("floating point", "number")
        }
    }
}

/// A line that would do.
fn example(key: &str) -> String {
    let line = match key {
        "from" => "from = 2026-11-24T06:00:00, or from = \"06:00\" where the date does not matter",
        "to" => "to = 2026-11-24T10:00:00, or to = \"10:00\" where the date does not matter",
        "name" => "name = \"closed\"",
        "road" => "road = \"Harbour Bridge\"",
        "at" => "at = \"Quay Street & Mill Lane\"",
        "limit" => "limit = \"30 km/h\"",
        "grid" => "grid = [13, 7]",
        "every" => "every = \"1 s\"",
        "fee" => "fee = \"4.50 EUR\"",
        "measure" => "measure = \"travel_time.mean\"",
        "half_width" => "half_width = \"1 %\"",
        "at_most" => "at_most = 80",
        "method" => "method = \"informed\"",
        other => return format!("add {other} = ..."),
    };
    format!("add {line}")
}

/// Removes the smallest entry (key with value, or element of a list) that holds `span`; gives its key, empty for an element, `None` if there is
/// none. A table of a list, which is an action, goes with its last entry.
fn cut_out(root: &mut DeValue<'_>, span: &Range<usize>) -> Option<String> {
    let mut best: Option<usize> = None;
    visit(root, &mut |held| {
        if held.start <= span.start && span.end <= held.end && held.end > held.start {
            best = Some(best.map_or(held.len(), |b| b.min(held.len())));
        }
    });
    let size = best?;
    remove(root, &|held| held.start <= span.start && span.end <= held.end && held.len() == size)
}

fn visit(value: &DeValue<'_>, seen: &mut dyn FnMut(&Range<usize>)) {
    match value {
        DeValue::Table(table) => table.iter().for_each(|(key, value)| {
            seen(&key.span());
            seen(&value.span());
            visit(value.get_ref(), seen);
        }),
        DeValue::Array(list) => list.iter().for_each(|value| {
            seen(&value.span());
            visit(value.get_ref(), seen);
        }),
        _ => {}
    }
}

fn remove(value: &mut DeValue<'_>, hit: &dyn Fn(&Range<usize>) -> bool) -> Option<String> {
    match value {
        DeValue::Table(table) => {
            let key = table.iter().find(|(k, v)| hit(&k.span()) || (hit(&v.span()))).map(|(k, _)| k.get_ref().to_string());
            // An entry further inside with the same range wins: `[[variant]]` heads share theirs with what they hold.
            if let Some(inside) = table.iter_mut().find_map(|(_, v)| remove(v.get_mut(), hit)) {
                return Some(inside);
            }
            key.filter(|key| table.remove(key.as_str()).is_some())
        }
        DeValue::Array(list) => {
            let mut gone = None;
            let inside = list.iter_mut().enumerate().find_map(|(index, v)| {
                let inside = remove(v.get_mut(), hit)?;
                gone = Some(index).filter(|_| matches!(v.get_ref(), DeValue::Table(table) if table.is_empty()));
                Some(inside)
            });
            let index = match (&inside, gone) {
                (Some(_), None) => return inside,
                (_, gone) => gone.or_else(|| list.iter().position(|v| hit(&v.span())))?,
            };
            let all = std::mem::replace(list, toml::de::DeArray::new());
            all.into_iter().enumerate().filter(|(i, _)| *i != index).for_each(|(_, v)| list.push(v));
            Some(inside.unwrap_or_default())
        }
        _ => None,
    }
}
