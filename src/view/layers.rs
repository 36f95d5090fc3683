//! What is shown of a link: one variable at a time, with a unit and a domain that never changes with time or variant.
//!
//! A further system adds its own by one more row of [`LAYERS`]: a name, a unit, a domain and how it is taken from what is known of a link.

use super::play::Now;

/// A variable of a link.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// Its name on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Unit; empty for a share.
    pub unit: &'static str,
    /// What the two ends of the ramp stand for, the end near the canvas first: what is farther from the canvas asks for more attention.
    pub domain: [f32; 2],
    /// Its value; NaN = nothing to say.
    pub of: fn(&Now) -> f32,
}

/// All of them, the first is shown unless another is asked for.
pub const LAYERS: [Layer; 5] = [
    Layer { id: "speed", name: "Speed / free speed", unit: "", domain: [1.0, 0.0], of: |now| now.speed_share },
    Layer { id: "flow", name: "Flow", unit: "veh/h/lane", domain: [0.0, 1800.0], of: |now| now.flow_vph_lane },
    Layer { id: "density", name: "Density", unit: "veh/km/lane", domain: [0.0, 140.0], of: |now| now.density_vpkm_lane },
    Layer { id: "queue", name: "Queue", unit: "m", domain: [0.0, 300.0], of: |now| now.queue_m },
    Layer { id: "delay", name: "Time lost by a vehicle", unit: "min", domain: [0.0, 10.0], of: |now| now.delay_min },
];

impl Layer {
    /// By its name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Layer> {
        LAYERS.iter().find(|layer| layer.id == id)
    }

    /// Where a value stands on the ramp, 0 at the end near the canvas; NaN stays.
    #[must_use]
    pub fn place(&self, value: f32) -> f32 {
        let [near, far] = self.domain;
        let place = (value - near) / (far - near);
        if place.is_nan() { f32::NAN } else { place.clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_street_is_farther_from_the_canvas_than_a_fast_one() {
        let speed = Layer::named("speed").unwrap();
        assert!(speed.place(0.2) > speed.place(0.9) && speed.place(2.0).abs() < 1e-6 && speed.place(f32::NAN).is_nan());
        let flow = Layer::named("flow").unwrap();
        assert!((flow.place(900.0) - 0.5).abs() < 1e-6 && (flow.place(5000.0) - 1.0).abs() < 1e-6);
        assert!(Layer::named("voltage").is_none());
    }
}
