//! Names of things and their positions, and what a misspelt name may have meant.

use std::cell::Cell;
use std::collections::BTreeMap;

/// How many misspelt names one list is searched for; beyond that a broken file of a million rows would cost hours.
const SEARCHES: u32 = 200;

/// Names in the order they were given, found by name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    index: BTreeMap<String, usize>,
    searches: Cell<u32>,
}

impl Names {
    /// None yet.
    #[must_use]
    pub fn new() -> Names {
        Names::default()
    }
    /// Names of a list; of equal names the first counts.
    #[must_use]
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
        let mut all = Names::new();
        for (index, name) in names.into_iter().enumerate() {
            all.index.entry(name.to_owned()).or_insert(index);
        }
        all
    }
    /// Adds `name` at `index`; says at which index it stands already.
    ///
    /// # Errors
    /// The index of the first thing of this name.
    pub fn insert(&mut self, name: &str, index: usize) -> Result<(), usize> {
        if let Some(first) = self.index.get(name) {
            return Err(*first);
        }
        self.index.insert(name.to_owned(), index);
        Ok(())
    }
    /// Position of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }
    /// None?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
    /// The one name nearest to `wanted`, if it is near enough to be a slip of the finger.
    #[must_use]
    pub fn nearest(&self, wanted: &str) -> Option<&str> {
        if self.searches.get() >= SEARCHES {
            return None;
        }
        self.searches.set(self.searches.get() + 1);
        nearest(wanted, self.index.keys().map(String::as_str))
    }
}

/// The name nearest to `wanted` by edit distance, at most a third of its letters away. Ties fall to the first.
#[must_use]
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (wanted.chars().count() / 3).clamp(1, 4);
    ranked(wanted, names, 1).into_iter().find(|(d, _)| *d <= limit).map(|(_, name)| name)
}

/// The `n` names nearest to `wanted`, with their distances.
#[must_use]
pub fn ranked<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, n: usize) -> Vec<(usize, &'a str)> {
    let wanted: Vec<char> = wanted.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut best: Vec<(usize, &str)> = Vec::with_capacity(n + 1);
    for name in names {
        let worst = if best.len() < n { usize::MAX } else { best.last().map_or(usize::MAX, |b| b.0) };
        let letters: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
        if letters.len().abs_diff(wanted.len()) >= worst {
            continue;
        }
        let distance = edits(&wanted, &letters);
        if distance < worst && !best.iter().any(|(_, b)| *b == name) {
            let at = best.partition_point(|(d, _)| *d <= distance);
            best.insert(at, (distance, name));
            best.truncate(n);
        }
    }
    best
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + usize::from(a[i - 1] != b[j - 1]));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// For matching names of people: lower case, accents of Latin letters off, blanks joined. Nothing else is ignored.
#[must_use]
pub fn folded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars().flat_map(char::to_lowercase) {
            match c {
                'à'..='å' | 'ā' | 'ă' | 'ą' => out.push('a'),
                'ç' | 'ć' | 'č' => out.push('c'),
                'ď' | 'đ' => out.push('d'),
                'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => out.push('e'),
                'ğ' => out.push('g'),
                'ì'..='ï' | 'ī' | 'į' => out.push('i'),
                'ł' => out.push('l'),
                'ñ' | 'ń' | 'ň' => out.push('n'),
                'ò'..='ö' | 'ø' | 'ō' | 'ő' => out.push('o'),
                'ř' => out.push('r'),
                'ś' | 'š' | 'ş' | 'ș' => out.push('s'),
                'ß' => out.push_str("ss"),
                'ť' | 'ț' => out.push('t'),
                'ù'..='ü' | 'ū' | 'ů' | 'ű' => out.push('u'),
                'ý' | 'ÿ' => out.push('y'),
                'ź' | 'ż' | 'ž' => out.push('z'),
                'æ' => out.push_str("ae"),
                'œ' => out.push_str("oe"),
                '\u{300}'..='\u{36f}' => {}
                other => out.push(other),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(nearest("Habrour Bridge", ["Harbour Bridge", "Mill Lane"]), Some("Harbour Bridge"));
        assert_eq!(nearest("xyz", ["Harbour Bridge", "Mill Lane"]), None);
        assert_eq!(ranked("ab", ["abc", "ab", "zz"], 2), [(0, "ab"), (1, "abc")]);
    }

    #[test]
    fn accents_case_and_blanks_are_ignored() {
        assert_eq!(folded("  Rue  de l'Éte\u{301} "), "rue de l'ete");
    }
}
