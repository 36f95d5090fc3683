//! Putting a variant's actions into a city.

use crate::city::City;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::{Plan, Study};

/// Puts the actions of a variant into the city, in order.
pub fn apply(_city: &mut City, plan: &Plan, study: &Study, found: &mut Diagnostics) {
    if let Some(action) = plan.actions.first() {
        let message = format!("variant \"{}\": the action `{}` is not carried out by this version", plan.name, action.value.verb());
        found.push(Diagnostic::error(230, message).at(&study.place(&action.span), ""));
    }
}
