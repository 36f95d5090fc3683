//! Values of a study file: each knows its place ([`At`]) and reads its unit. A fault travels through serde as text with its code.

use crate::units::{self, Kind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// First character of a serde message that carries a code: `\u{1}201\u{1}message\u{1}hint`.
pub const MARK: char = '\u{1}';

/// A serde error that carries a code and a hint.
#[must_use]
pub fn fault<E: Error>(code: u16, message: &str, hint: &str) -> E {
    E::custom(format!("{MARK}{code}{MARK}{message}{MARK}{hint}"))
}

/// A value and where it stands (bytes of the file).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(At { span: read.span(), value: read.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A list of exactly `N` values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Few<T, const N: usize>(pub [T; N]);

impl<T, const N: usize> std::ops::Deref for Few<T, N> {
    type Target = [T; N];
    fn deref(&self) -> &[T; N] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Few<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T, const N: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Read<T, N> {
            type Value = Few<T, N>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "a list of {N}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Few<T, N>, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = seq.next_element()? {
                    all.push(one);
                }
                let n = all.len();
                all.try_into().map(Few).map_err(|_| A::Error::invalid_length(n, &self))
            }
        }
        deserializer.deserialize_seq(Read(std::marker::PhantomData))
    }
}

impl<T: JsonSchema, const N: usize> JsonSchema for Few<T, N> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items, "minItems": N, "maxItems": N })
    }
}

/// Reads a quantity of one kind from a string; a bare number is C201.
struct Reads(Kind);

impl Visitor<'_> for Reads {
    type Value = f64;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (what, example) = self.0.about();
        write!(f, "{what} such as \"{example}\"")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        units::parse(text, self.0).map_err(|f| fault(f.code, &f.message, &f.hint))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
        self.bare(&value.to_string())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
        self.bare(&value.to_string())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
        self.bare(&value.to_string())
    }
}

impl Reads {
    fn bare<E: Error>(&self, number: &str) -> Result<f64, E> {
        match units::parse(number, self.0) {
            Err(f) => Err(fault(f.code, &f.message, &f.hint)),
            Ok(value) => Ok(value),
        }
    }
}

macro_rules! quantity {
    ($($(#[$doc:meta])* $name:ident $kind:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
        pub struct $name(pub f64);
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reads(Kind::$kind)).map($name)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let (what, example) = Kind::$kind.about();
                let known = units::UNITS.iter().filter(|u| u.kind == Kind::$kind).map(|u| u.spelling.replace('%', "%")).collect::<Vec<_>>();
                json_schema!({
                    "type": "string",
                    "description": format!("{what}: number, one blank, unit"),
                    "pattern": format!("^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)? ({})$", known.join("|")),
                    "examples": [example],
                })
            }
        }
    )* };
}
quantity! {
    /// A duration \[s\].
    Seconds Time;
    /// A length \[m\].
    Metres Length;
    /// A speed \[m/s\].
    Speed Speed;
    /// An acceleration \[m/s2\].
    Acceleration Acceleration;
    /// A flow \[1/h\].
    PerHour Flow;
}

/// A share of one: `0.3` or `"30 %"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Share(pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = f64;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a share such as 0.3 or \"30 %\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
                Reads(Kind::Share).visit_str(text)
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
                Ok(value)
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
                Ok(value as f64)
            }
        }
        deserializer.deserialize_any(Read).map(Share)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a share of one: 0.3 or \"30 %\"", "anyOf": [{ "type": "number" }, { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? %$" }] })
    }
}

/// Money with its currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Money {
    /// Amount.
    pub amount: f64,
    /// ISO 4217 code.
    pub currency: String,
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Money;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an amount of money such as \"4.50 EUR\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Money, E> {
                let amount = Reads(Kind::Money).visit_str(text)?;
                Ok(Money { amount, currency: text[text.len() - 3..].to_owned() })
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Money, E> {
                Err(fault(201, "an amount of money needs a currency", &format!("write \"{value} EUR\"")))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Money, E> {
                Err(fault(201, "an amount of money needs a currency", &format!("write \"{value} EUR\"")))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? [A-Z]{3}$", "examples": ["4.50 EUR"] })
    }
}

/// A time of day, `"07:30"` \[s since midnight\].
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Clock(pub f64);

/// A moment: date and time, or a time alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Days since 0000-03-01 of the Gregorian calendar, if a date is given.
    pub day: Option<i64>,
    /// Time of day \[s\].
    pub second: f64,
}

struct ReadMoment;

impl<'de> Visitor<'de> for ReadMoment {
    type Value = Moment;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a local time such as 2026-11-24T06:00:00 or \"06:00\"")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        if let Some(second) = units::clock(text, false) {
            return Ok(Moment { day: None, second });
        }
        let wrong =
            || fault(107, &format!("\"{}\" is not a time", units::short(text)), "write \"06:00\" or 2026-11-24T06:00:00 (without quotes)");
        let full = if text.len() == 16 { format!("{text}:00") } else { text.to_owned() };
        full.parse::<toml::value::Datetime>().map_err(|_| wrong()).and_then(moment)
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Moment, E> {
        Err(fault(107, &format!("{value} is not a time"), "write \"06:00\" or 2026-11-24T06:00:00"))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Moment, E> {
        Err(fault(107, &format!("{value} is not a time"), "write \"06:00\" or 2026-11-24T06:00:00"))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Moment, A::Error> {
        toml::value::Datetime::deserialize(serde::de::value::MapAccessDeserializer::new(map)).and_then(moment)
    }
}

fn moment<E: Error>(read: toml::value::Datetime) -> Result<Moment, E> {
    if read.offset.is_some() {
        return Err(fault(107, "a time zone stands behind the time", "times of a study are local: leave Z or +01:00 away"));
    }
    let Some(time) = read.time else {
        return Err(fault(107, "a date without a time of day", "add the time: 2026-11-24T06:00:00"));
    };
    let whole = f64::from(u32::from(time.hour) * 3600 + u32::from(time.minute) * 60 + u32::from(time.second.unwrap_or(0)));
    let second = whole + f64::from(time.nanosecond.unwrap_or(0)) / 1e9;
    Ok(Moment { day: read.date.map(|d| days(i64::from(d.year), i64::from(d.month), i64::from(d.day))), second })
}

/// Days since 0000-03-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadMoment)
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = deserializer.deserialize_any(ReadMoment)?;
        match read.day {
            None => Ok(Clock(read.second)),
            Some(_) => Err(fault(107, "only a time of day can stand here", "write \"07:30\"")),
        }
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "local date and time, or \"HH:MM\"", "examples": ["2026-11-24T06:00:00", "06:00"] })
    }
}

impl JsonSchema for Clock {
    fn schema_name() -> Cow<'static, str> {
        "Clock".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "a time of day", "pattern": "^[0-9]{1,3}:[0-5][0-9](:[0-5][0-9])?$", "examples": ["07:30"] })
    }
}

/// A factor that may be uncertain: one draw a seed, the same in all variants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Uncertain {
    /// Known.
    Fixed(f64),
    /// Mean and standard deviation.
    Normal([f64; 2]),
    /// From, to.
    Uniform([f64; 2]),
    /// From, most likely, to.
    Triangular([f64; 3]),
}

impl<'de> Deserialize<'de> for Uncertain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Uncertain;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a factor such as 1.1, or { normal = [1.0, 0.05] }")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Uncertain, E> {
                Ok(Uncertain::Fixed(value as f64))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Uncertain, E> {
                Ok(Uncertain::Fixed(value))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Uncertain, A::Error> {
                let laws = "one of normal = [mean, deviation], uniform = [from, to], triangular = [from, likely, to]";
                let Some(law) = map.next_key::<String>()? else { return Err(fault(106, "an uncertain factor needs a law", laws)) };
                let read = match law.as_str() {
                    "normal" => Uncertain::Normal(map.next_value::<Few<f64, 2>>()?.0),
                    "uniform" => Uncertain::Uniform(map.next_value::<Few<f64, 2>>()?.0),
                    "triangular" => Uncertain::Triangular(map.next_value::<Few<f64, 3>>()?.0),
                    other => return Err(fault(109, &format!("unknown law \"{}\"", units::short(other)), laws)),
                };
                if map.next_key::<String>()?.is_some() {
                    return Err(fault(103, "an uncertain factor has exactly one law", laws));
                }
                Ok(read)
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Uncertain {
    fn schema_name() -> Cow<'static, str> {
        "Uncertain".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let numbers = |n: u32| serde_json::json!({ "type": "array", "items": { "type": "number" }, "minItems": n, "maxItems": n });
        let law = |name: &str, n: u32| serde_json::json!({ "type": "object", "properties": { name: numbers(n) }, "required": [name], "additionalProperties": false });
        json_schema!({ "anyOf": [{ "type": "number" }, law("normal", 2), law("uniform", 2), law("triangular", 3)] })
    }
}

/// A text, or a list of something else: `near = "Market Square"` or `[7.04, 43.55]`; `lane = "kerb"` or `2`.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// A word or name.
    Text(String),
    /// A count.
    Number(u32),
    /// Longitude and latitude.
    Point([f64; 2]),
}

impl<'de> Deserialize<'de> for Pick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Pick;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name, a number or [longitude, latitude]")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Pick, E> {
                Ok(Pick::Text(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Pick, E> {
                let wrong = || fault(230, &format!("{value} is not a number of a lane"), "lanes count from the left, from 1");
                u32::try_from(value).ok().filter(|n| (1..=100).contains(n)).map(Pick::Number).ok_or_else(wrong)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pick, A::Error> {
                let wrong = || fault(107, "a point has two numbers", "write [longitude, latitude]");
                let point = [seq.next_element()?.ok_or_else(wrong)?, seq.next_element()?.ok_or_else(wrong)?];
                if seq.next_element::<f64>()?.is_some() { Err(wrong()) } else { Ok(Pick::Point(point)) }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Pick {
    fn schema_name() -> Cow<'static, str> {
        "Pick".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 1 }, { "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 }] })
    }
}
