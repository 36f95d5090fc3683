//! What stands on the map in words: names of streets, legend, scale bar, clock, and that all of it is simulated. Drawn by egui, in a window and
//! in a picture alike.

use super::gpu::{FAR, Look, NEAR};
use super::palette::{Rgb, STEPS, Theme};
use super::play::Shot;
use super::scene::Scene;
use crate::units::clock_text;
use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, Shape, Stroke, Vec2};

/// Said of every picture.
const SIMULATED: &str = "simulated, not observed";
/// Names on a picture at most.
const NAMES: usize = 300;
/// A name needs a street so much longer than itself.
const NAME_ROOM: f32 = 1.15;
/// Names nearer than so to one another would be read as one [points].
const NAME_GAP: f32 = 18.0;
/// Distance from the edge [points].
const MARGIN: f32 = 16.0;
/// A name stands so far beside the middle of its street [points].
const ABOVE: f32 = 14.0;
/// The same name stands again after so much way [points].
const AGAIN: f32 = 420.0;

/// What a picture says besides what it shows.
#[derive(Clone, Debug, Default)]
pub struct Caption {
    /// The question, or the name of the city.
    pub title: String,
    /// Which variant and seed.
    pub run: String,
    /// What comes below, as the hash of the state.
    pub foot: String,
}

impl Caption {
    /// Of a picture, with the program and the state below.
    #[must_use]
    pub fn of(shot: &Shot, title: &str, run: String) -> Caption {
        Caption { title: title.to_owned(), run, foot: format!("forecity {}  state {}", env!("CARGO_PKG_VERSION"), shot.hash()) }
    }
}

/// A colour for egui.
#[must_use]
pub fn colour([red, green, blue]: Rgb) -> Color32 {
    Color32::from_rgb(red, green, blue)
}

/// Draws all of it. `scale` = pixels of a point.
pub fn draw(painter: &Painter, scene: &Scene, shot: &Shot, look: &Look, caption: &Caption, scale: f32) {
    names(painter, scene, look, scale);
    head(painter, shot, look.theme, caption);
    legend(painter, look, foot_of(painter));
    bar(painter, look, scale);
}

fn foot_of(painter: &Painter) -> f32 {
    painter.clip_rect().bottom() - MARGIN
}

/// A plate under words, so that they can be read on anything.
fn plate(painter: &Painter, rect: Rect, theme: Theme) {
    let [red, green, blue] = theme.canvas();
    painter.rect_filled(rect.expand(7.0), 5.0, Color32::from_rgba_unmultiplied(red, green, blue, 225));
}

fn head(painter: &Painter, shot: &Shot, theme: Theme, caption: &Caption) {
    let (ink, quiet) = (colour(theme.ink()), colour(theme.quiet()));
    let area = painter.clip_rect();
    let row = &shot.network;
    let speed_kmh = row.speed_sum_q8 as f64 / 256.0 / f64::from(row.inside.max(1)) * 3.6;
    let running = format!(
        "{} vehicles on the road at {speed_kmh:.0} km/h, {} standing, {} waiting outside",
        row.inside, row.stopped, row.waiting_outside
    );
    let [courtesy, rerouted, rotated, teleported] = row.interventions;
    let valid = format!(
        "due {}  arrived {}  helped: courtesy {courtesy} rerouted {rerouted} rotated {rotated} teleported {teleported}",
        row.due, row.arrived
    );
    let texts = [
        (caption.title.clone(), FontId::proportional(19.0), ink),
        (caption.run.clone(), FontId::proportional(13.0), quiet),
        (running, FontId::proportional(13.0), ink),
        (valid, FontId::proportional(12.0), quiet),
    ];
    let galleys: Vec<_> = texts
        .into_iter()
        .filter(|(text, ..)| !text.is_empty())
        .map(|(text, font, ink)| painter.layout(text, font, ink, area.width() * 0.62))
        .collect();
    let width = galleys.iter().map(|galley| galley.size().x).fold(0.0, f32::max);
    let height: f32 = galleys.iter().map(|galley| galley.size().y + 2.0).sum();
    let corner = area.left_top() + Vec2::splat(MARGIN);
    plate(painter, Rect::from_min_size(corner, Vec2::new(width, height)), theme);
    let mut y = corner.y;
    for galley in galleys {
        let down = galley.size().y + 2.0;
        painter.galley(Pos2::new(corner.x, y), galley, ink);
        y += down;
    }
    let time = painter.layout_no_wrap(clock_text(shot.time_s.floor()), FontId::monospace(26.0), ink);
    let said = painter.layout_no_wrap(SIMULATED.into(), FontId::proportional(12.0), quiet);
    let right = area.right() - MARGIN;
    let width = time.size().x.max(said.size().x);
    let rect = Rect::from_min_size(Pos2::new(right - width, corner.y), Vec2::new(width, time.size().y + said.size().y + 2.0));
    plate(painter, rect, theme);
    let below = corner.y + time.size().y + 2.0;
    painter.galley(Pos2::new(right - time.size().x, corner.y), time, ink);
    painter.galley(Pos2::new(right - said.size().x, below), said, quiet);
    if !caption.foot.is_empty() {
        let foot = painter.layout_no_wrap(caption.foot.clone(), FontId::monospace(10.5), quiet);
        let at = Pos2::new(area.center().x - foot.size().x / 2.0, area.bottom() - foot.size().y - 4.0);
        plate(painter, Rect::from_min_size(at, foot.size()), theme);
        painter.galley(at, foot, quiet);
    }
}

/// A number as one writes it on an axis.
fn number(value: f32) -> String {
    if (value - value.round()).abs() < 1e-3 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn legend(painter: &Painter, look: &Look, foot: f32) {
    let (layer, theme) = (look.layer, look.theme);
    let (ink, quiet) = (colour(theme.ink()), colour(theme.quiet()));
    let (width, height) = (220.0, 12.0);
    let left = painter.clip_rect().left() + MARGIN;
    let unit = if layer.unit.is_empty() { String::new() } else { format!(" [{}]", layer.unit) };
    let title = painter.layout_no_wrap(format!("{}{unit}", layer.name), FontId::proportional(13.0), ink);
    let far = look.camera.metres_per_px >= NEAR;
    let note = if far { "width of a line: flow" } else { "cars: right end = standing; buses blue" };
    let top = foot - height - 36.0 - title.size().y;
    plate(painter, Rect::from_min_max(Pos2::new(left, top), Pos2::new(left + width, foot)), theme);
    let below = top + title.size().y + 4.0;
    painter.galley(Pos2::new(left, top), title, ink);
    let ramp = theme.ramp();
    let strip = width / STEPS as f32;
    for (step, shade) in ramp.iter().enumerate() {
        let x = left + strip * step as f32;
        painter.rect_filled(Rect::from_min_size(Pos2::new(x, below), Vec2::new(strip + 0.5, height)), 0.0, colour(*shade));
    }
    let [near, far] = layer.domain;
    for (part, align) in [(0.0, Align2::LEFT_TOP), (0.5, Align2::CENTER_TOP), (1.0, Align2::RIGHT_TOP)] {
        let at = Pos2::new(left + width * part, below + height + 2.0);
        painter.text(at, align, number(near + (far - near) * part), FontId::proportional(11.5), quiet);
    }
    painter.text(Pos2::new(left, foot), Align2::LEFT_BOTTOM, note, FontId::proportional(11.0), quiet);
}

/// The longest round length that fits into a fifth of the picture.
#[must_use]
pub fn round_length_m(most_m: f64) -> f64 {
    let mut best = 1.0;
    for power in 0..6 {
        for digit in [1.0, 2.0, 5.0] {
            let length = digit * f64::from(10_u32.pow(power));
            if length <= most_m {
                best = length;
            }
        }
    }
    best
}

fn bar(painter: &Painter, look: &Look, scale: f32) {
    let theme = look.theme;
    let (ink, area) = (colour(theme.ink()), painter.clip_rect());
    let metres_per_point = look.camera.metres_per_px * f64::from(scale);
    let length_m = round_length_m(f64::from(area.width()) * metres_per_point / 5.0);
    let width = (length_m / metres_per_point) as f32;
    let words = if length_m >= 1000.0 { format!("{} km", length_m / 1000.0) } else { format!("{length_m} m") };
    let (right, foot) = (area.right() - MARGIN, area.bottom() - MARGIN);
    let rect = Rect::from_min_max(Pos2::new(right - width - 26.0, foot - 24.0), Pos2::new(right, foot));
    plate(painter, rect, theme);
    let line = Stroke::new(1.5, ink);
    let (from, to) = (Pos2::new(right - width, foot), Pos2::new(right, foot));
    painter.line_segment([from, to], line);
    for end in [from, to] {
        painter.line_segment([end, end - Vec2::new(0.0, 5.0)], line);
    }
    painter.text(Pos2::new(right - width / 2.0, foot - 6.0), Align2::CENTER_BOTTOM, words, FontId::proportional(12.0), ink);
    let north = Pos2::new(rect.left() + 7.0, foot - 9.0);
    let arrow =
        vec![north + Vec2::new(0.0, -11.0), north + Vec2::new(-4.0, 2.0), north + Vec2::new(0.0, -1.0), north + Vec2::new(4.0, 2.0)];
    painter.add(Shape::closed_line(arrow, Stroke::new(1.2, ink)));
    painter.text(north + Vec2::new(0.0, 10.0), Align2::CENTER_BOTTOM, "N", FontId::proportional(8.5), ink);
}

/// Names along their streets, major ones first, none over another.
fn names(painter: &Painter, scene: &Scene, look: &Look, scale: f32) {
    let area = painter.clip_rect();
    let theme = look.theme;
    let far = look.camera.metres_per_px >= FAR;
    let mut taken: Vec<(Rect, usize)> = Vec::new();
    for (number, label) in scene.labels.iter().enumerate() {
        if taken.len() >= NAMES || far && label.rank < scene.largest_rank {
            break;
        }
        let px = look.camera.to_px(label.at_m, look.size);
        let on_street = Pos2::new(px[0] as f32 / scale, px[1] as f32 / scale);
        // Above the lines of both directions, unless the street is wide enough to be written on.
        let up = if look.camera.metres_per_px < NEAR { 0.0 } else { ABOVE };
        let middle = on_street + Vec2::new(-label.along[1] as f32, -label.along[0] as f32) * up;
        if !area.shrink(30.0).contains(middle) {
            continue;
        }
        let galley = painter.layout_no_wrap(label.text.clone(), FontId::proportional(11.5), colour(theme.ink()));
        let room = (label.room_m / look.camera.metres_per_px) as f32 / scale;
        let size = galley.size();
        if room < size.x * NAME_ROOM {
            continue;
        }
        let angle = -(label.along[1] as f32).atan2(label.along[0] as f32);
        let (sin, cos) = angle.sin_cos();
        let turned = Vec2::new((size.x * cos).abs() + (size.y * sin).abs(), (size.x * sin).abs() + (size.y * cos).abs());
        let rect = Rect::from_center_size(middle, turned);
        let again = |other: &(Rect, usize)| scene.labels[other.1].text == label.text && other.0.center().distance(middle) < AGAIN;
        if taken.iter().any(|other| other.0.expand(NAME_GAP * 0.3).intersects(rect) || again(other)) {
            continue;
        }
        let corner = middle - Vec2::new(size.x * cos - size.y * sin, size.x * sin + size.y * cos) / 2.0;
        // A halo in the colour of the canvas keeps it legible on a bright line.
        let [red, green, blue] = theme.canvas();
        let halo = Color32::from_rgba_unmultiplied(red, green, blue, 190);
        for off in [[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0], [0.8, 0.8], [-0.8, -0.8], [0.8, -0.8], [-0.8, 0.8]] {
            let shape = egui::epaint::TextShape::new(corner + Vec2::from(off), galley.clone(), halo)
                .with_override_text_color(halo)
                .with_angle(angle);
            painter.add(shape);
        }
        painter.add(egui::epaint::TextShape::new(corner, galley, colour(theme.ink())).with_angle(angle));
        taken.push((rect, number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_round() {
        let lengths: Vec<f64> = [0.3, 7.0, 49.9, 50.0, 1234.0, 1e9].map(round_length_m).to_vec();
        assert_eq!(lengths, [1.0, 5.0, 20.0, 50.0, 1000.0, 500_000.0]);
    }
}
