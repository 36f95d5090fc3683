//! Quantities as people write them: number, one blank, unit. `"50 km/h"` is 13.888... m/s.

/// What a quantity measures; each kind has one unit inside (the SI unit, or the one named here).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Seconds.
    Time,
    /// Metres.
    Length,
    /// Metres per second.
    Speed,
    /// m/s2.
    Acceleration,
    /// Trips or vehicles per hour.
    Flow,
    /// Share of one.
    Share,
    /// Kilograms.
    Mass,
    /// Watts.
    Power,
    /// Watt-hours.
    Energy,
    /// Cubic metres.
    Volume,
    /// m3/s.
    Discharge,
    /// mm/h.
    Rain,
    /// Kilopascals.
    Pressure,
    /// Degrees of angle.
    Angle,
    /// Degrees Celsius.
    Temperature,
    /// Money of one currency (ISO 4217).
    Money,
}

impl Kind {
    /// What it is called, and a correct example.
    #[must_use]
    pub const fn about(self) -> (&'static str, &'static str) {
        match self {
            Kind::Time => ("a duration", "15 min"),
            Kind::Length => ("a length", "200 m"),
            Kind::Speed => ("a speed", "50 km/h"),
            Kind::Acceleration => ("an acceleration", "1.6 m/s2"),
            Kind::Flow => ("a flow", "300 trips/h"),
            Kind::Share => ("a share", "30 %"),
            Kind::Mass => ("a mass", "12 kg"),
            Kind::Power => ("a power", "150 kW"),
            Kind::Energy => ("an energy", "60 kWh"),
            Kind::Volume => ("a volume", "10 m3"),
            Kind::Discharge => ("a discharge", "4 l/s"),
            Kind::Rain => ("a rain intensity", "12 mm/h"),
            Kind::Pressure => ("a pressure", "300 kPa"),
            Kind::Angle => ("an angle", "90 deg"),
            Kind::Temperature => ("a temperature", "21 C"),
            Kind::Money => ("an amount of money", "4.50 EUR"),
        }
    }
}

/// A unit: spelling, what it measures, and how many inside units it is.
pub struct Unit {
    /// As written.
    pub spelling: &'static str,
    /// What it measures.
    pub kind: Kind,
    /// Inside units in one of it, as a fraction: the quotient is rounded once.
    pub factor: (f64, f64),
}

const fn unit(spelling: &'static str, kind: Kind, over: f64, under: f64) -> Unit {
    Unit { spelling, kind, factor: (over, under) }
}

/// All units, the only table.
#[rustfmt::skip]
pub const UNITS: &[Unit] = &[
    unit("ms", Kind::Time, 1.0, 1000.0), unit("s", Kind::Time, 1.0, 1.0), unit("min", Kind::Time, 60.0, 1.0),
    unit("h", Kind::Time, 3600.0, 1.0), unit("d", Kind::Time, 86400.0, 1.0),
    unit("mm", Kind::Length, 1.0, 1000.0), unit("cm", Kind::Length, 1.0, 100.0), unit("m", Kind::Length, 1.0, 1.0),
    unit("km", Kind::Length, 1000.0, 1.0), unit("ft", Kind::Length, 3048.0, 10000.0), unit("mi", Kind::Length, 1_609_344.0, 1000.0),
    unit("m/s", Kind::Speed, 1.0, 1.0), unit("km/h", Kind::Speed, 10.0, 36.0), unit("mph", Kind::Speed, 1_609_344.0, 3_600_000.0),
    unit("m/s2", Kind::Acceleration, 1.0, 1.0),
    unit("veh/h", Kind::Flow, 1.0, 1.0), unit("trips/h", Kind::Flow, 1.0, 1.0),
    unit("%", Kind::Share, 1.0, 100.0),
    unit("g", Kind::Mass, 1.0, 1000.0), unit("kg", Kind::Mass, 1.0, 1.0), unit("t", Kind::Mass, 1000.0, 1.0),
    unit("W", Kind::Power, 1.0, 1.0), unit("kW", Kind::Power, 1e3, 1.0), unit("MW", Kind::Power, 1e6, 1.0),
    unit("Wh", Kind::Energy, 1.0, 1.0), unit("kWh", Kind::Energy, 1e3, 1.0), unit("MWh", Kind::Energy, 1e6, 1.0),
    unit("l", Kind::Volume, 1.0, 1000.0), unit("m3", Kind::Volume, 1.0, 1.0),
    unit("l/s", Kind::Discharge, 1.0, 1000.0), unit("m3/h", Kind::Discharge, 1.0, 3600.0),
    unit("mm/h", Kind::Rain, 1.0, 1.0),
    unit("kPa", Kind::Pressure, 1.0, 1.0), unit("bar", Kind::Pressure, 100.0, 1.0),
    unit("deg", Kind::Angle, 1.0, 1.0), unit("C", Kind::Temperature, 1.0, 1.0),
];

/// Codes of currencies that are legal tender somewhere (ISO 4217, list one, 2025).
const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY \
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR \
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD \
    SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD \
    XCG XOF XPF YER ZAR ZMW ZWG";

/// Spellings people use that are not ours, and ours.
const ALIASES: &[(&str, &str)] = &[
    ("kmh", "km/h"),
    ("kph", "km/h"),
    ("kmph", "km/h"),
    ("km/hr", "km/h"),
    ("mps", "m/s"),
    ("m/s^2", "m/s2"),
    ("m/s²", "m/s2"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("meter", "m"),
    ("meters", "m"),
    ("metres", "m"),
    ("mile", "mi"),
    ("miles", "mi"),
    ("feet", "ft"),
    ("vph", "veh/h"),
    ("percent", "%"),
    ("pct", "%"),
    ("€", "EUR"),
    ("$", "USD"),
    ("£", "GBP"),
    ("m³", "m3"),
    ("°C", "C"),
    ("°", "deg"),
];

/// What is wrong with a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// C201 missing unit, C202 unknown unit, C107 no number at all.
    pub code: u16,
    /// One sentence.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// Reads `text` as a quantity of `kind`; the value is in the inside unit of the kind.
///
/// # Errors
/// C107, C201 or C202, with what to write instead.
pub fn parse(text: &str, kind: Kind) -> Result<f64, Fault> {
    let (what, example) = kind.about();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || ".+-_,eE".contains(c))).unwrap_or(text.len());
    // "5e" of "5 eggs" is no exponent: the number ends where the longest one does.
    let number = (1..=digits.min(64)).rev().map(|n| &text[..n]).find(|n| plain_number(n));
    let fault = |code, message, hint| Err(Fault { code, message, hint });
    let Some(number) = number.filter(|n| !text[n.len()..].starts_with([',', '.', '_'])) else {
        return fault(
            107,
            format!("\"{}\" is not {what}", short(text)),
            format!("write a number, one blank and a unit: \"{example}\" (decimal point, no thousands separator)"),
        );
    };
    let Some(value) = number.parse::<f64>().ok().filter(|v| v.is_finite()) else {
        return fault(230, format!("\"{}\" is too large a number", short(number)), format!("an ordinary value is \"{example}\""));
    };
    let rest = &text[number.len()..];
    if rest.trim().is_empty() {
        return fault(201, format!("{what} needs a unit"), format!("write \"{number} {}\"", usual(kind)));
    }
    let name = rest.trim();
    if kind == Kind::Money {
        let known = |code: &str| CURRENCIES.split(' ').find(|known| *known == code);
        if known(name).is_some() && rest.len() == name.len() + 1 && rest.starts_with(' ') {
            return Ok(value);
        }
        let code = ALIASES.iter().find(|a| a.0 == name).map(|a| a.1).or_else(|| known(&name.to_uppercase())).unwrap_or("EUR");
        return fault(202, format!("\"{}\" is not a currency", short(name)), format!("write its ISO 4217 code: \"{number} {code}\""));
    }
    match UNITS.iter().find(|u| u.spelling == name) {
        Some(unit) if unit.kind == kind && rest.len() == name.len() + 1 && rest.starts_with(' ') => {
            Ok(value * unit.factor.0 / unit.factor.1)
        }
        Some(unit) if unit.kind == kind => fault(
            202,
            format!("\"{}\" is not written as we read it", short(text)),
            format!("one blank between number and unit: \"{number} {name}\""),
        ),
        Some(unit) => {
            fault(202, format!("\"{name}\" is a unit of {}, not of {what}", noun(unit.kind)), format!("write for example \"{example}\""))
        }
        None => {
            let known = || UNITS.iter().filter(|u| u.kind == kind).map(|u| u.spelling);
            let alias = ALIASES.iter().find(|a| a.0 == name.to_lowercase()).map(|a| a.1).filter(|a| known().any(|k| k == *a));
            let meant = alias.or_else(|| known().find(|k| k.eq_ignore_ascii_case(name)));
            let hint = meant.map_or_else(
                || format!("units of {what}: {}", known().collect::<Vec<_>>().join(", ")),
                |meant| format!("did you mean \"{number} {meant}\"?"),
            );
            fault(202, format!("\"{}\" is not a known unit", short(name)), hint)
        }
    }
}

fn noun(kind: Kind) -> &'static str {
    kind.about().0.trim_start_matches("an ").trim_start_matches("a ")
}

/// The unit of the example of a kind.
fn usual(kind: Kind) -> &'static str {
    kind.about().1.split_once(' ').map_or("", |e| e.1)
}

/// `[+-]digits[.digits][e[+-]digits]`, nothing else: no `inf`, no `.5`, no separator.
fn plain_number(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = body.split_once(['e', 'E']).map_or((body, None), |(m, e)| (m, Some(e)));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(w, p)| (w, Some(p)));
    digits(whole) && part.is_none_or(digits) && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// A time of day, `HH:MM` or `HH:MM:SS`, or plain seconds where `seconds` allows it; hours may pass 24. \[s since midnight\]
#[must_use]
pub fn clock(text: &str, seconds: bool) -> Option<f64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let field = |t: &str, below: f64| {
        (t.len() <= 9 && plain_number(t) && !t.starts_with(['+', '-'])).then(|| t.parse::<f64>().ok())?.filter(|v| *v < below)
    };
    match parts[..] {
        [s] if seconds && plain_number(s) => s.parse::<f64>().ok().filter(|v| v.is_finite()),
        [h, m] if whole(h) && whole(m) => Some(field(h, 1000.0)? * 3600.0 + field(m, 60.0)? * 60.0),
        [h, m, s] if whole(h) && whole(m) => Some(field(h, 1000.0)? * 3600.0 + field(m, 60.0)? * 60.0 + field(s, 60.0)?),
        _ => None,
    }
}

fn whole(text: &str) -> bool {
    !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit())
}

/// `HH:MM:SS` of a time of day \[s\]; more than 24 hours count on.
#[must_use]
pub fn clock_text(at_s: f64) -> String {
    let ms = (at_s.max(0.0) * 1000.0 + 0.5).floor();
    let part = |unit_ms: f64, modulo: f64| ((ms / unit_ms).floor() % modulo).floor();
    let text = format!("{:02}:{:02}:{:02}", part(3_600_000.0, 1e9), part(60_000.0, 60.0), part(1000.0, 60.0));
    if part(1.0, 1000.0) > 0.0 { format!("{text}.{:03}", part(1.0, 1000.0)) } else { text }
}

/// At most 40 characters of what a user wrote.
#[must_use]
pub fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if text.chars().nth(40).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_written() {
        let close = |text, kind, value: f64| assert!((parse(text, kind).unwrap() - value).abs() <= value.abs() * 1e-12, "{text}");
        close("50 km/h", Kind::Speed, 50.0 / 3.6);
        close("0.5 s", Kind::Time, 0.5);
        close("15 min", Kind::Time, 900.0);
        close("30 %", Kind::Share, 0.3);
        close("10 mi", Kind::Length, 16093.44);
        close("30 mph", Kind::Speed, 13.4112);
        close("4.50 EUR", Kind::Money, 4.5);
        close("8000 trips/h", Kind::Flow, 8000.0);
        close("1e3 m", Kind::Length, 1000.0);
    }

    #[test]
    fn faults_have_their_code() {
        let code = |text, kind| parse(text, kind).unwrap_err().code;
        assert_eq!(code("50", Kind::Speed), 201);
        assert_eq!(code("50 kmh", Kind::Speed), 202);
        assert_eq!(code("50km/h", Kind::Speed), 202);
        assert_eq!(code("50 m", Kind::Speed), 202);
        assert_eq!(code("fifty km/h", Kind::Speed), 107);
        assert_eq!(code("1,000 m", Kind::Length), 107);
        assert_eq!(code("nan m", Kind::Length), 107);
        assert_eq!(code("inf m", Kind::Length), 107);
        assert_eq!(code("1e999 m", Kind::Length), 230);
        assert_eq!(code("", Kind::Length), 107);
        assert_eq!(code("4 XYZ", Kind::Money), 202);
        assert_eq!(code("4 eur", Kind::Money), 202);
        assert_eq!(parse("4 ERU", Kind::Money).unwrap_err().hint, "write its ISO 4217 code: \"4 EUR\"");
        assert_eq!(parse("50 kmh", Kind::Speed).unwrap_err().hint, "did you mean \"50 km/h\"?");
    }

    #[test]
    fn clocks() {
        assert_eq!(clock("07:30", false), Some(27000.0));
        assert_eq!(clock("25:00:01.5", true), Some(90001.5));
        assert_eq!(clock("120", true), Some(120.0));
        assert_eq!(clock("120", false), None);
        assert_eq!(clock("07:60", false), None);
        assert_eq!(clock("-1:30", false), None);
        assert_eq!(clock_text(27000.0), "07:30:00");
        assert_eq!(clock_text(90001.5), "25:00:01.500");
    }
}
