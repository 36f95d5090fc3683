//! Colours: two canvases, one ramp. Canvas and ends of the ramps after `product` reference 6.

/// A canvas with what stands on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark.
    #[default]
    Night,
    /// Bright, for print and sunlight.
    Day,
}

/// Red, green, blue, in sRGB.
pub type Rgb = [u8; 3];

/// Steps of a ramp.
pub const STEPS: usize = 256;

impl Theme {
    /// By its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Theme> {
        match name {
            "night" => Some(Theme::Night),
            "day" => Some(Theme::Day),
            _ => None,
        }
    }

    /// What everything is drawn on.
    #[must_use]
    pub const fn canvas(self) -> Rgb {
        match self {
            Theme::Night => [0x15, 0x18, 0x1c],
            Theme::Day => [0xf5, 0xf5, 0xf2],
        }
    }

    /// Text.
    #[must_use]
    pub const fn ink(self) -> Rgb {
        match self {
            Theme::Night => [0xe8, 0xea, 0xed],
            Theme::Day => [0x1b, 0x1e, 0x22],
        }
    }

    /// Text of less weight.
    #[must_use]
    pub const fn quiet(self) -> Rgb {
        match self {
            Theme::Night => [0x9a, 0xa1, 0xab],
            Theme::Day => [0x5a, 0x60, 0x68],
        }
    }

    /// Streets of which there is nothing to say.
    #[must_use]
    pub const fn road(self) -> Rgb {
        match self {
            Theme::Night => [0x34, 0x3a, 0x42],
            Theme::Day => [0xd2, 0xd3, 0xd1],
        }
    }

    /// The surface of a street seen from near.
    #[must_use]
    pub const fn asphalt(self) -> Rgb {
        match self {
            Theme::Night => [0x26, 0x2b, 0x31],
            Theme::Day => [0xdd, 0xde, 0xdc],
        }
    }

    /// Marks on it.
    #[must_use]
    pub const fn marking(self) -> Rgb {
        match self {
            Theme::Night => [0x6a, 0x71, 0x7b],
            Theme::Day => [0xff, 0xff, 0xff],
        }
    }

    /// What is chosen, and curves: a blue that no ramp holds (Okabe and Ito 2008).
    #[must_use]
    pub const fn accent(self) -> Rgb {
        match self {
            Theme::Night => [0x56, 0xb4, 0xe9],
            Theme::Day => [0x00, 0x5f, 0x9e],
        }
    }

    /// Cividis (Nunez, Anderton, Renslow 2018) from the end near the canvas to the far one: more is always farther from the canvas, and every
    /// colour keeps a contrast of 3 : 1.
    #[must_use]
    pub fn ramp(self) -> [Rgb; STEPS] {
        let [first, last] = match self {
            Theme::Night => [0.38, 1.0],
            Theme::Day => [0.59, 0.0],
        };
        std::array::from_fn(|step| {
            let t = first + (last - first) * step as f64 / (STEPS - 1) as f64;
            let colour = colorous::CIVIDIS.eval_continuous(t);
            [colour.r, colour.g, colour.b]
        })
    }
}

/// A colour with its opacity as one word, red lowest: what the draw shaders unpack.
#[must_use]
pub fn word([red, green, blue]: Rgb, alpha: u8) -> u32 {
    u32::from_le_bytes([red, green, blue, alpha])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(colour: Rgb) -> f64 {
        let linear = |part: u8| {
            let s = f64::from(part) / 255.0;
            if s <= 0.040_45 { s / 12.92 } else { libm::pow((s + 0.055) / 1.055, 2.4) }
        };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn whatever_says_something_stands_out() {
        for theme in [Theme::Night, Theme::Day] {
            let canvas = theme.canvas();
            // WCAG 2.2: 7 : 1 for text at its best level, 3 : 1 for what is drawn (1.4.11).
            assert!(contrast(theme.ink(), canvas) > 7.0 && contrast(theme.quiet(), canvas) > 4.5, "{theme:?}");
            let ramp = theme.ramp();
            let far: Vec<f64> = ramp.iter().map(|colour| contrast(*colour, canvas)).collect();
            assert!(far.iter().all(|c| *c >= 3.0), "{theme:?}: {:?}", far.iter().copied().fold(f64::MAX, f64::min));
            assert!(far.is_sorted_by(|a, b| *b > *a - 0.05), "{theme:?}: more is farther from the canvas");
        }
    }
}
