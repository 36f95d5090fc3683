//! A column of names, one behind the other in one buffer: a table has a few names a row, and a piece of memory for each would cost more than
//! writing them.

/// Names, one a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    /// Where each name ends in `text` \[bytes\].
    ends: Vec<usize>,
}

impl Names {
    /// No names, with room for so many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Names {
        Names { text: String::new(), ends: Vec::with_capacity(rows) }
    }

    /// Adds a name.
    pub fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// None at all?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where a name stands in [`Names::text`].
    ///
    /// # Panics
    /// Beyond the last row.
    #[must_use]
    pub fn span(&self, row: usize) -> std::ops::Range<usize> {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        from..self.ends[row]
    }

    /// One name.
    ///
    /// # Panics
    /// Beyond the last row.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        &self.text[self.span(row)]
    }

    /// All of them without anything between.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Adds all names of another column.
    pub fn append(&mut self, other: &Names) {
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }
}

impl<T: AsRef<str>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Names {
        let mut all = Names::default();
        names.into_iter().for_each(|name| all.push(name.as_ref()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_given() {
        let given = ["", "a", "Straße", "", "z1>z2|car|07:00|3"];
        let mut all: Names = given[..2].iter().collect();
        all.append(&given[2..].iter().collect());
        assert!(all.iter().eq(given) && all.len() == 5 && all.get(2) == "Straße");
        assert!(Names::default().is_empty() && Names::default().iter().next().is_none());
    }
}
