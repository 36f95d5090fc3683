//! Curves over time, and marks on the map.

use super::desk::Desk;
use super::driver::{News, Subject};
use super::palette::Theme;
use super::pick::{Chosen, Facts};
use super::scene::Scene;
use super::words::{colour, round_length_m};
use crate::units::clock_text;
use egui::{Painter, Pos2, RichText, Shape, Stroke, Ui};
use egui_plot::{GridMark, Line, Plot, PlotPoints};

/// Height of a curve \[points\].
const HIGH: f32 = 92.0;
/// Width of a mark on the map \[points\].
const MARK: f32 = 3.0;

/// Lines of a grid fade where they are nearer than the second \[points\].
const SPACING: egui::Rangef = egui::Rangef { min: 4.0, max: 30.0 };

/// Two or three round values between these.
fn marks((low, high): (f64, f64)) -> Vec<GridMark> {
    let step_size = round_length_m(((high - low) / 1.5).max(1.0));
    let first = (low / step_size).ceil();
    (0..5)
        .map(|n| (first + f64::from(n)) * step_size)
        .take_while(|value| *value <= high)
        .map(|value| GridMark { value, step_size })
        .collect()
}

/// Hours and minutes of a time of day \[s\].
fn minutes(s: f64) -> String {
    clock_text(s.max(0.0)).chars().take(5).collect()
}

/// One curve with its name.
pub fn curve(ui: &mut Ui, name: &str, points: &[[f64; 2]], theme: Theme) {
    ui.label(RichText::new(name).small().weak());
    if points.len() < 2 {
        ui.label(RichText::new("not enough time has passed for a curve").small().weak());
        return;
    }
    let line = Line::new(name, PlotPoints::from(points.to_vec())).color(colour(theme.accent())).width(1.6);
    Plot::new(name)
        .height(HIGH)
        .show_background(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_y(0.0)
        .show_grid([false, true])
        .grid_spacing(SPACING)
        .grid_color(colour(theme.road()))
        .y_grid_spacer(|input| marks(input.bounds))
        .y_axis_min_width(28.0)
        .x_axis_formatter(|mark, _| minutes(mark.value))
        .show(ui, |plot| plot.line(line));
}

/// Curves of what is chosen.
pub fn facts(ui: &mut Ui, facts: &Facts, theme: Theme) {
    for (name, points) in &facts.curves {
        curve(ui, name, points, theme);
    }
}

/// Curves of the network.
pub fn network(ui: &mut Ui, news: &News, theme: Theme) {
    ui.label(RichText::new("Whole city").strong());
    let of = |which: usize| news.network.iter().map(|row| [row[0], row[which]]).collect::<Vec<_>>();
    curve(ui, "Vehicles on the road", &of(1), theme);
    curve(ui, "Mean speed [km/h]", &of(2), theme);
}

/// A ring or a line about what is chosen.
pub fn mark(painter: &Painter, desk: &Desk, subject: &Subject, news: &News, scale: f32) {
    let pen = Stroke::new(MARK, colour(desk.theme.accent()));
    let at = |point: [f64; 2]| {
        let px = desk.camera.to_px(point, desk.size);
        Pos2::new(px[0] as f32 / scale, px[1] as f32 / scale)
    };
    match desk.chosen {
        Some(Chosen::Link(link)) => {
            let (line, _) = Scene::middle(&subject.city, link);
            let points: Vec<Pos2> = line.into_iter().map(at).collect();
            if let Some(end) = points.last() {
                painter.circle_filled(*end, MARK * 1.6, pen.color);
            }
            painter.add(Shape::line(points, pen));
        }
        Some(Chosen::Node(node)) => {
            painter.circle_stroke(at(subject.city.nodes[node].at_m), 14.0, pen);
        }
        Some(Chosen::Vehicle(_)) => {
            if let Some(at_m) = news.facts.as_ref().and_then(|facts| facts.at_m) {
                painter.circle_stroke(at(at_m), 12.0, pen);
            }
        }
        None => {}
    }
}
