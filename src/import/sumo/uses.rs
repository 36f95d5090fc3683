//! SUMO's vehicle classes in terms of our uses.

use crate::city::Uses;

/// A vehicle class: its name, our use, and whether it decides that use (several classes share one).
const CLASSES: [(&str, &str, bool); 31] = [
    ("passenger", "car", true),
    ("private", "car", false),
    ("evehicle", "car", false),
    ("taxi", "taxi", true),
    ("bus", "bus", true),
    ("coach", "coach", true),
    ("delivery", "delivery", true),
    ("truck", "truck", true),
    ("trailer", "truck", false),
    ("motorcycle", "motorcycle", true),
    ("moped", "motorcycle", false),
    ("bicycle", "bike", true),
    ("scooter", "bike", false),
    ("pedestrian", "walk", true),
    ("wheelchair", "walk", false),
    ("emergency", "emergency", true),
    ("authority", "emergency", true),
    ("army", "emergency", false),
    ("vip", "emergency", false),
    ("hov", "hov", true),
    ("tram", "tram", true),
    ("rail_urban", "rail", true),
    ("rail", "rail", true),
    ("rail_electric", "rail", true),
    ("rail_fast", "rail", true),
    ("subway", "rail", true),
    ("cable_car", "rail", true),
    ("ship", "", false),
    ("container", "", false),
    ("custom1", "car", false),
    ("custom2", "car", false),
];

/// Uses of traffic that this import takes over: everything on roads, bicycles and trams.
#[must_use]
pub fn kept() -> Uses {
    Uses::ALL.without(one("walk")).without(one("rail"))
}

fn one(name: &str) -> Uses {
    Uses::named(name).unwrap_or_default()
}

/// The use of a vehicle class; `None` for a class that is not known.
#[must_use]
pub fn of_class(class: &str) -> Option<Uses> {
    if class == "ignoring" {
        return Some(Uses::ROAD);
    }
    CLASSES.iter().find(|known| known.0 == class).map(|known| one(known.1))
}

/// Uses named by a list of classes: those that a class of the list decides.
fn listed(list: &str) -> Uses {
    let mut uses = Uses::NONE;
    for name in list.split_ascii_whitespace() {
        if name == "all" {
            return Uses::ALL;
        }
        if let Some(known) = CLASSES.iter().find(|known| known.0 == name && known.2) {
            uses = uses.with(one(known.1));
            if known.1 == "car" {
                uses = uses.with(one("van"));
            }
        }
    }
    uses
}

/// Who may use a lane with these two attributes.
#[must_use]
pub fn permitted(allow: Option<&str>, disallow: Option<&str>) -> Uses {
    match (allow, disallow) {
        (Some(allow), _) if !allow.is_empty() => listed(allow),
        (_, Some(disallow)) => Uses::ALL.without(listed(disallow)),
        _ => Uses::ALL,
    }
}

/// May cars change here? The attribute lists classes; absent means all.
#[must_use]
pub fn may_change(list: Option<&str>) -> bool {
    list.is_none_or(|list| list.split_ascii_whitespace().any(|name| name == "all" || name == "passenger"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions() {
        assert_eq!(permitted(None, None), Uses::ALL);
        assert_eq!(permitted(Some("bus"), None), one("bus"));
        assert!(!permitted(Some("private"), None).meets(one("car")));
        assert!(!permitted(None, Some("passenger")).meets(one("car")));
        assert!(permitted(None, Some("pedestrian rail")).meets(one("car")));
        assert!(!permitted(Some("pedestrian"), None).meets(kept()));
        assert_eq!(permitted(None, Some("all")), Uses::NONE);
        assert!(CLASSES.iter().all(|known| known.1.is_empty() || Uses::named(known.1).is_some()));
    }
}
