//! Words and numbers as the page prints them.

use crate::report::answer::{decimals, fixed, p_value, signed};
use crate::report::compare::Grade;
use crate::report::measures;
use crate::report::validity::grouped;

/// A grade in words.
#[must_use]
pub fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Invalid => "invalid",
        Grade::None => "too few runs",
        Grade::Open => "open",
        Grade::Weak => "weak evidence",
        Grade::Moderate => "moderate evidence",
        Grade::Equal => "no difference that matters",
        Grade::Strong => "strong evidence",
    }
}

/// A grade in a cell of a table.
#[must_use]
pub fn short_grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Weak => "weak",
        Grade::Moderate => "moderate",
        Grade::Strong => "strong",
        Grade::Equal => "too small to matter",
        Grade::Invalid | Grade::None | Grade::Open => self::grade(grade),
    }
}

/// What a grade means, in a sentence.
#[must_use]
pub fn meaning(grade: Grade) -> &'static str {
    match grade {
        Grade::Invalid => "A run broke a limit of validity. Nothing is said about an effect.",
        Grade::None => "Fewer than five paired runs: nothing is said about an effect.",
        Grade::Open => "These runs cannot tell whether there is an effect. That is not the same as no effect.",
        Grade::Weak => "The difference is unlikely to be chance by itself, but not once all comparisons of this study are counted.",
        Grade::Moderate => "The difference stands at the 5 % level with all comparisons of this study counted.",
        Grade::Equal => "The difference is certainly smaller than what the study calls a difference that matters.",
        Grade::Strong => "The difference stands at the 1 % level with all comparisons counted, over at least ten paired runs.",
    }
}

/// A measure as a heading: "Mean travel time".
#[must_use]
pub fn measure(name: &str) -> String {
    let (words, _) = measures::in_words(name);
    let words = words.strip_prefix("the ").unwrap_or(&words);
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// An interval with so many decimals; a dash where there is none.
#[must_use]
pub fn span([low, high]: [f64; 2], places: usize) -> String {
    if low.is_finite() && high.is_finite() { format!("{} to {}", fixed(low, places), fixed(high, places)) } else { "\u{2013}".to_owned() }
}

/// An interval of a difference.
#[must_use]
pub fn signed_span([low, high]: [f64; 2], places: usize) -> String {
    if low.is_finite() && high.is_finite() {
        format!("{} to {}", minus(&signed(low, places)), minus(&signed(high, places)))
    } else {
        "\u{2013}".to_owned()
    }
}

/// A difference with its sign.
#[must_use]
pub fn difference(value: f64, places: usize) -> String {
    minus(&signed(value, places))
}

/// With a true minus sign before numbers. A hyphen in a name stays one: whatever stands in quotation marks, and any that no number follows.
#[must_use]
pub fn minus(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut quoted, mut before) = (false, ' ');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        quoted ^= letter == '"';
        let number = letters.peek().is_some_and(char::is_ascii_digit) && !before.is_alphanumeric();
        shown.push(if letter == '-' && number && !quoted { '\u{2212}' } else { letter });
        before = letter;
    }
    shown
}

/// A p value; a dash where there are too few pairs for one.
#[must_use]
pub fn p(p: f64) -> String {
    if p.is_nan() { "\u{2013}".to_owned() } else { p_value(p).replace(' ', "\u{a0}") }
}

/// Names one after another: "A, B and C".
#[must_use]
pub fn list(names: &[String]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((one, [])) => one.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

/// A name as the head of a column, or these words where it is too long for one.
#[must_use]
pub fn head<'a>(name: &'a str, otherwise: &'a str) -> &'a str {
    const LETTERS: usize = 12;
    if name.chars().count() <= LETTERS { name } else { otherwise }
}

/// Decimals for a number with an interval: one fewer than the interval's half width deserves is too few, so as many.
#[must_use]
pub fn places([low, high]: [f64; 2]) -> usize {
    decimals((high - low) / 2.0).min(4)
}

/// A share of hundred.
#[must_use]
pub fn percent(value: f64) -> String {
    if value.is_nan() { "\u{2013}".to_owned() } else { format!("{value:.1} %") }
}

/// A whole number, thousands parted; larger ones than fit are cut.
#[must_use]
pub fn whole(value: f64) -> String {
    #[expect(clippy::cast_sign_loss, reason = "counts")]
    let n = value.max(0.0).round() as u32;
    grouped(n)
}

/// A mean number of things: whole, or with one decimal where it is below ten and not whole.
#[must_use]
pub fn count(mean: f64) -> String {
    fixed(mean, usize::from(mean < 10.0 && (mean - mean.round()).abs() > 0.05))
}

/// A noun in the number that belongs to n.
#[must_use]
pub fn plural(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(u32::try_from(n).unwrap_or(u32::MAX)), if n == 1 { "" } else { "s" })
}

/// So many seconds of computing, for people.
#[must_use]
pub fn lasting(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min {:.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.0} h {:.0} min", (s / 3600.0).floor(), (s % 3600.0) / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_get_a_minus_sign() {
        assert_eq!(
            minus("\"close-bridge -5\" takes off -0.5 min (-1.0 to -0.1)"),
            "\"close-bridge -5\" takes off \u{2212}0.5 min (\u{2212}1.0 to \u{2212}0.1)"
        );
        assert_eq!(minus("v-2, 2026-11-24, max-pressure - 3"), "v-2, 2026-11-24, max-pressure - 3");
        assert_eq!(difference(-3.25, 1), "\u{2212}3.2");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
