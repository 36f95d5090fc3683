//! Where one looks from: straight down, north up.

/// A place and a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// What stands in the middle of the picture \[m\], in the city's projection.
    pub centre_m: [f64; 2],
    /// Scale \[m/px\], of the pixels of the device.
    pub metres_per_px: f64,
}

/// Nearer than so one sees one vehicle and no street \[m/px\].
const NEAREST: f64 = 0.01;
/// Farther than so a country is a dot \[m/px\].
const FARTHEST: f64 = 2000.0;
/// Part of the picture that the city fills when all of it is shown.
const FILLED: f64 = 0.92;

/// A rectangle: least and greatest x and y \[m\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least x and y.
    pub low: [f64; 2],
    /// Greatest x and y.
    pub high: [f64; 2],
}

impl Bounds {
    /// Of nothing: every point widens it.
    pub const EMPTY: Bounds = Bounds { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] };

    /// Takes a point in.
    pub fn widen(&mut self, point: [f64; 2]) {
        self.low = [self.low[0].min(point[0]), self.low[1].min(point[1])];
        self.high = [self.high[0].max(point[0]), self.high[1].max(point[1])];
    }

    /// With so much more on every side \[m\].
    #[must_use]
    pub fn grown(self, by_m: f64) -> Bounds {
        Bounds { low: self.low.map(|x| x - by_m), high: self.high.map(|x| x + by_m) }
    }

    /// Do they share a point?
    #[must_use]
    pub fn meets(&self, other: &Bounds) -> bool {
        (0..2).all(|axis| self.low[axis] <= other.high[axis] && other.low[axis] <= self.high[axis])
    }
}

impl Camera {
    /// All of `bounds` in a picture of `size` pixels.
    #[must_use]
    pub fn fit(bounds: &Bounds, size: [u32; 2]) -> Camera {
        let span = [0, 1].map(|axis| (bounds.high[axis] - bounds.low[axis]).max(1.0));
        let needed = [0, 1].map(|axis| span[axis] / f64::from(size[axis].max(1)) / FILLED);
        let centre_m = [0, 1].map(|axis| (bounds.low[axis] + bounds.high[axis]) / 2.0);
        let centre_m = centre_m.map(|x| if x.is_finite() { x } else { 0.0 });
        Camera { centre_m, metres_per_px: needed[0].max(needed[1]).clamp(NEAREST, FARTHEST) }
    }

    /// Where a point stands in the picture \[px from its upper left corner\].
    #[must_use]
    pub fn to_px(&self, point_m: [f64; 2], size: [u32; 2]) -> [f64; 2] {
        let [x, y] = [0, 1].map(|axis| (point_m[axis] - self.centre_m[axis]) / self.metres_per_px);
        [f64::from(size[0]) / 2.0 + x, f64::from(size[1]) / 2.0 - y]
    }

    /// What stands at a pixel \[m\].
    #[must_use]
    pub fn to_m(&self, px: [f64; 2], size: [u32; 2]) -> [f64; 2] {
        let x = (px[0] - f64::from(size[0]) / 2.0) * self.metres_per_px;
        let y = (f64::from(size[1]) / 2.0 - px[1]) * self.metres_per_px;
        [self.centre_m[0] + x, self.centre_m[1] + y]
    }

    /// What is in the picture \[m\].
    #[must_use]
    pub fn seen(&self, size: [u32; 2]) -> Bounds {
        let [width, height] = size.map(f64::from);
        let (low, high) = (self.to_m([0.0, height], size), self.to_m([width, 0.0], size));
        Bounds { low, high }
    }

    /// Moves by so many pixels of the picture.
    pub fn drag(&mut self, px: [f64; 2]) {
        self.centre_m[0] -= px[0] * self.metres_per_px;
        self.centre_m[1] += px[1] * self.metres_per_px;
    }

    /// Comes nearer by a factor; what stands at the pixel `at` stays there.
    pub fn zoom(&mut self, factor: f64, at: [f64; 2], size: [u32; 2]) {
        let before = self.to_m(at, size);
        self.metres_per_px = (self.metres_per_px / factor).clamp(NEAREST, FARTHEST);
        let after = self.to_m(at, size);
        for axis in 0..2 {
            self.centre_m[axis] += before[axis] - after[axis];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_metres_are_inverse_and_zoom_keeps_its_place() {
        let bounds = Bounds { low: [100.0, -50.0], high: [1100.0, 450.0] };
        let size = [800, 600];
        let mut camera = Camera::fit(&bounds, size);
        for corner in [bounds.low, bounds.high] {
            let px = camera.to_px(corner, size);
            assert!((0.0..800.0).contains(&px[0]) && (0.0..600.0).contains(&px[1]), "{px:?}");
            let back = camera.to_m(px, size);
            assert!((back[0] - corner[0]).abs() < 1e-9 && (back[1] - corner[1]).abs() < 1e-9);
        }
        let under = camera.to_m([13.0, 570.0], size);
        camera.zoom(7.5, [13.0, 570.0], size);
        let still = camera.to_m([13.0, 570.0], size);
        assert!((under[0] - still[0]).abs() < 1e-9 && (under[1] - still[1]).abs() < 1e-9);
        camera.drag([10.0, -5.0]);
        assert!((camera.to_m([23.0, 565.0], size)[0] - still[0]).abs() < 1e-9, "what was grasped stays under the pointer");
        // North is up.
        assert!(camera.to_px([0.0, 1.0], size)[1] < camera.to_px([0.0, 0.0], size)[1]);
        // A city without extent.
        let dot = Camera::fit(&Bounds { low: [5.0, 5.0], high: [5.0, 5.0] }, [1, 1]);
        assert!(dot.metres_per_px > 0.0 && Camera::fit(&Bounds::EMPTY, [0, 0]).centre_m == [0.0, 0.0]);
    }
}
