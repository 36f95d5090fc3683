//! Longitude and latitude in the metres of a city: transverse Mercator on the WGS 84 ellipsoid by Krueger's series (Karney 2011, Journal of
//! Geodesy 85, equations 7 to 11 and 35), to millimetres within a zone. It finds what a study points at; nothing that is simulated depends on it.

/// Half the equator's diameter \[m\] and flattening of WGS 84.
const ELLIPSOID: (f64, f64) = (6_378_137.0, 1.0 / 298.257_223_563);
/// Scale on the meridian in the middle of a UTM zone.
const UTM_SCALE: f64 = 0.9996;
/// East of that meridian of a UTM zone, and north of the equator on the southern half \[m\].
const UTM_FALSE_M: [f64; 2] = [500_000.0, 10_000_000.0];

/// A transverse Mercator projection.
struct Mercator {
    /// Longitude and latitude of its origin, in degrees.
    origin: [f64; 2],
    scale: f64,
    /// What is added to east and north \[m\].
    shift_m: [f64; 2],
}

impl Mercator {
    /// From `+proj=tmerc ...`, `+proj=utm ...` or `EPSG:326zz` and `EPSG:327zz`; `None` for anything else.
    fn of(crs: &str) -> Option<Mercator> {
        let utm = |zone: f64, south: bool| Mercator {
            origin: [zone * 6.0 - 183.0, 0.0],
            scale: UTM_SCALE,
            shift_m: [UTM_FALSE_M[0], if south { UTM_FALSE_M[1] } else { 0.0 }],
        };
        let upper = crs.trim().to_ascii_uppercase();
        if let Some(code) = upper.strip_prefix("EPSG:").and_then(|code| code.parse::<u32>().ok()) {
            let zone = f64::from(code % 100);
            return ([326, 327].contains(&(code / 100)) && (1.0..=60.0).contains(&zone)).then(|| utm(zone, code / 100 == 327));
        }
        let word = |key: &str| crs.split_ascii_whitespace().find_map(|word| word.strip_prefix(key));
        let value = |key: &str, absent: f64| word(key).map_or(Some(absent), |text| text.parse::<f64>().ok());
        let globe = ["+ellps=", "+datum="].iter().all(|key| word(key).is_none_or(|name| name == "WGS84" || name == "GRS80"));
        match word("+proj=") {
            Some("utm") if globe => Some(utm(value("+zone=", f64::NAN)?, crs.contains("+south"))),
            Some("tmerc") if globe => Some(Mercator {
                origin: [value("+lon_0=", 0.0)?, value("+lat_0=", 0.0)?],
                scale: match (word("+k="), word("+k_0=")) {
                    (Some(_), _) => value("+k=", 1.0)?,
                    _ => value("+k_0=", 1.0)?,
                },
                shift_m: [value("+x_0=", 0.0)?, value("+y_0=", 0.0)?],
            }),
            _ => None,
        }
    }

    /// East of the meridian in the middle, and north of the equator, before anything is added \[m\].
    fn raw_m(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let (radius_m, flattening) = ELLIPSOID;
        let n = flattening / (2.0 - flattening);
        let rectifying_m = radius_m / (1.0 + n) * (1.0 + n * n / 4.0 + n.powi(4) / 64.0);
        let alpha =
            [n / 2.0 - 2.0 / 3.0 * n * n + 5.0 / 16.0 * n.powi(3), 13.0 / 48.0 * n * n - 3.0 / 5.0 * n.powi(3), 61.0 / 240.0 * n.powi(3)];
        let east = (lon - self.origin[0]).to_radians();
        let (sine, eccentric) = (libm::sin(lat.to_radians()), 2.0 * n.sqrt() / (1.0 + n));
        let t = libm::sinh(libm::atanh(sine) - eccentric * libm::atanh(eccentric * sine));
        let xi = libm::atan2(t, libm::cos(east));
        let eta = libm::atanh(libm::sin(east) / (1.0 + t * t).sqrt());
        let (mut x, mut y, mut twice) = (eta, xi, 0.0);
        for factor in alpha {
            twice += 2.0;
            x += factor * libm::cos(twice * xi) * libm::sinh(twice * eta);
            y += factor * libm::sin(twice * xi) * libm::cosh(twice * eta);
        }
        [x, y].map(|one| self.scale * rectifying_m * one)
    }
}

/// Where a longitude and a latitude lie in the coordinates of a city with this `crs` \[m\]; `None` where the city does not say where on the globe
/// it is, or in a projection that is not read, or the place is no place.
#[must_use]
pub fn metres(crs: &str, [lon, lat]: [f64; 2]) -> Option<[f64; 2]> {
    if !(-180.0..=180.0).contains(&lon) || !(-90.0..90.0).contains(&lat) {
        return None;
    }
    let mercator = Mercator::of(crs)?;
    let (here, origin) = (mercator.raw_m([lon, lat]), mercator.raw_m([mercator.origin[0], mercator.origin[1]]));
    let at = [here[0] + mercator.shift_m[0], here[1] - origin[1] + mercator.shift_m[1]];
    at.iter().all(|one| one.is_finite()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::metres;

    /// The CN Tower of Toronto, 43 degrees 38' 33.24" N, 79 degrees 23' 13.7" W: zone 17, 630,084 m east, 4,833,438 m north (the example of many
    /// introductions to UTM).
    #[test]
    fn a_tower_stands_where_it_is_known_to_stand() {
        let tower = [-(79.0 + 23.0 / 60.0 + 13.7 / 3600.0), 43.0 + 38.0 / 60.0 + 33.24 / 3600.0];
        let near = |at: Option<[f64; 2]>, [x, y]: [f64; 2]| at.is_some_and(|at| (at[0] - x).abs() < 1.0 && (at[1] - y).abs() < 1.0);
        assert!(near(metres("EPSG:32617", tower), [630_084.0, 4_833_438.0]), "{:?}", metres("EPSG:32617", tower));
        assert!(near(metres("+proj=utm +zone=17 +datum=WGS84 +units=m", tower), [630_084.0, 4_833_438.0]));
        let moved = "+proj=tmerc +lat_0=0 +lon_0=-81 +k=0.9996 +ellps=WGS84 +x_0=-100000 +y_0=-4800000";
        assert!(near(metres(moved, tower), [30_084.0, 33_438.0]));
        // On the other half of the globe the same place lies as far from the equator.
        let mirrored = metres("EPSG:32717", [tower[0], -tower[1]]);
        assert!(near(mirrored, [630_084.0, 10_000_000.0 - 4_833_438.0]), "{mirrored:?}");
        for crs in ["", "EPSG:4326", "EPSG:32661", "+proj=merc", "+proj=utm +zone=x", "+proj=utm", "+proj=tmerc +ellps=bessel"] {
            assert_eq!(metres(crs, tower), None, "{crs}");
        }
        assert_eq!(metres("EPSG:32617", [43.0, 1000.0]), None);
    }
}
