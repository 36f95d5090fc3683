//! May a run be used? Stuck, refused and forced vehicles against limits. Nothing is dropped: an invalid run is written and marked.

use crate::backend::fault;
use crate::observe::Validity;
use serde::{Deserialize, Serialize};

/// Shares beyond which a run is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Rotated and teleported of departed.
    pub forced: f64,
    /// Refused at the end of demanded.
    pub refused: f64,
    /// Unfinished of demanded.
    pub unfinished: f64,
    /// No time was given to finish: unfinished trips are expected, every mean is a lower bound.
    pub no_drain: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { forced: 0.005, refused: 0.01, unfinished: 0.01, no_drain: false }
    }
}

impl Validity {
    /// The limits that are broken, each in words with its value.
    #[must_use]
    pub fn broken(&self, limits: &Limits) -> Vec<String> {
        let mut broken = Vec::new();
        let mut share = |what: &str, n: u32, of: u32, limit: f64| {
            if f64::from(n) > limit * f64::from(of) {
                let percent = 100.0 * f64::from(n) / f64::from(of.max(1));
                broken.push(format!("{what} {percent:.2} % > {:.2} %", 100.0 * limit));
            }
        };
        share("rotated + teleported", self.rotated.saturating_add(self.teleported), self.departed, limits.forced);
        share("refused", self.refused, self.demanded, limits.refused);
        share("without a path", self.no_path, self.demanded, limits.refused);
        if !limits.no_drain {
            share("unfinished", self.unfinished, self.demanded, limits.unfinished);
        }
        if self.faults != 0 {
            broken.push(format!("stopped: {}", fault::words(self.faults)));
        }
        if self.collisions > 0 {
            broken.push(format!("{} collisions", self.collisions));
        }
        if self.ledger_error > 0 {
            broken.push(format!("the books miss {} vehicles", self.ledger_error));
        }
        broken
    }

    /// How bad: for the choice of the worst run.
    #[must_use]
    pub fn badness(&self) -> u64 {
        [self.refused, self.unfinished, self.no_path, self.rotated, self.teleported, self.collisions, self.ledger_error, self.faults]
            .map(u64::from)
            .iter()
            .sum()
    }

    /// The validity line without its head.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!(
            "demanded {}  arrived {}  unfinished {}  refused {}  courtesy {}  rerouted {}  rotated {}  teleported {}",
            grouped(self.demanded),
            grouped(self.arrived),
            grouped(self.unfinished),
            grouped(self.refused),
            grouped(self.courtesy),
            grouped(self.rerouted),
            grouped(self.rotated),
            grouped(self.teleported)
        );
        let rare = [
            ("without path", self.no_path),
            ("missed turns", self.missed_turns),
            ("emergency braking", self.emergency_clamps),
            ("informed changes", self.informed),
            ("collisions", self.collisions),
            ("ledger error", self.ledger_error),
        ];
        for (name, n) in rare.into_iter().filter(|(_, n)| *n > 0) {
            line += &format!("  {name} {}", grouped(n));
        }
        line
    }
}

/// 18400 as "18,400".
#[must_use]
pub fn grouped(n: u32) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
