//! One currency a study.

use super::Report;
use crate::scenario::action::Action;
use crate::scenario::study::StudyFile;
use crate::units::{self, Kind};
use std::ops::Range;

/// All fees of a study, and of its sweeps, are of one currency: they are added up and weighed against each other.
pub(super) fn one_currency(file: &StudyFile, report: &mut Report) {
    let actions = file.variant.iter().flat_map(|variant| &variant.actions);
    let fees: Vec<_> = actions.filter_map(|action| if let Action::Charge(a) = &action.value { Some(a) } else { None }).collect();
    let Some(first) = fees.first().map(|a| a.fee.value.currency.clone()) else { return };
    let mut look = |span: &Range<usize>, currency: &str| {
        if currency != first {
            let message = format!("\"{}\" beside \"{first}\": a study has one currency", units::short(currency));
            report.error(202, span, message, format!("write all fees in {first}"));
        }
    };
    fees.iter().for_each(|a| look(&a.fee.span, &a.fee.value.currency));
    for (path, values) in &file.sweep {
        let charge = fees.iter().any(|a| a.id.as_ref().is_some_and(|id| *path == format!("do.{}.fee", id.value)));
        let texts = values.value.0.iter().filter_map(toml::Value::as_str).filter(|_| charge);
        texts.filter(|text| units::parse(text, Kind::Money).is_ok()).for_each(|text| look(&values.span, &text[text.len() - 3..]));
    }
}
