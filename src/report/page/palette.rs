//! Colours of the page as names of its style: by day and by night they have other values, and pictures follow. Only what is embedded as pixels
//! has the values of the day here.

/// Steps of the ramp of a sequence, least to most.
pub const STEPS: usize = 8;
/// Cividis (Nunez, Anderton, Renslow 2018) from t = 0.59 down to 0: by day more is darker, 3:1 against the canvas at the near end.
pub const RAMP_DAY: [[u8; 3]; STEPS] =
    [[146, 141, 119], [126, 124, 120], [107, 108, 114], [88, 94, 109], [67, 79, 108], [39, 63, 110], [14, 48, 103], [0, 34, 78]];
/// Fewer or better.
pub const LESS_DAY: [u8; 3] = [0x5b, 0x2a, 0x8c];
/// More or worse.
pub const MORE_DAY: [u8; 3] = [0xb3, 0x58, 0x06];
/// No difference that stands.
pub const ROAD_DAY: [u8; 3] = [0x8c, 0x8c, 0x88];
/// Nobody drives there.
pub const EMPTY_DAY: [u8; 3] = [0xc9, 0xc9, 0xc4];

/// Step of a share of the ramp.
#[must_use]
pub fn step(share: f64) -> usize {
    (0..STEPS - 1).take_while(|step| share.clamp(0.0, 1.0) * STEPS as f64 >= (step + 1) as f64).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_ramp_is_used() {
        assert_eq!([-1.0, 0.0, 0.124, 0.126, 0.5, 0.99, 1.0, 7.0].map(step), [0, 0, 0, 1, 4, 7, 7, 7]);
        assert_eq!(step(f64::NAN), 0);
    }
}
