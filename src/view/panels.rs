//! The panels: what runs and how fast, what is chosen, the worst ten, search, keys.

use super::desk::{Act, Desk, FASTEST, SLOWEST};
use super::driver::{News, Subject};
use super::layers::LAYERS;
use super::palette::Theme;
use super::pick::{self, Chosen};
use super::{charts, words};
use egui::{Align, Align2, Color32, Context, CornerRadius, Frame, Id, Key, Layout, Margin, Panel, RichText, Stroke, Ui, Vec2};

/// Targets are at least so large \[points\] (WCAG 2.2, 2.5.8).
const TARGET: f32 = 24.0;
/// Width of the panel on the right \[points\].
const SIDE: f32 = 290.0;
/// All keys.
pub const KEYS: [[&str; 2]; 19] = [
    ["Space", "run or pause"],
    [".", "one step"],
    ["[  ]", "half or twice the speed ( , is half as well)"],
    ["drag, arrows", "move the map"],
    ["wheel, +  -", "nearer or farther"],
    ["double click", "nearer"],
    ["F  Home", "the whole city"],
    ["1 - 5", "layer: speed, flow, density, queue, delay"],
    ["click", "tell of a vehicle, junction or link"],
    ["V", "go with what is chosen"],
    ["/", "search a street, link or junction"],
    ["W", "the ten links with most delay; arrows, Enter"],
    ["N", "night or day"],
    ["P", "save a picture"],
    ["F5", "presenter: only the map"],
    ["Tab", "from button to button"],
    ["?  F1", "these keys"],
    ["Shift Q", "close the window"],
    ["Esc", "close what is open; choose nothing"],
];

/// Colours of a theme.
pub fn dress(ctx: &Context, theme: Theme) {
    let (canvas, ink, quiet) = (words::colour(theme.canvas()), words::colour(theme.ink()), words::colour(theme.quiet()));
    let (mut visuals, own) = match theme {
        Theme::Night => (egui::Visuals::dark(), egui::Theme::Dark),
        Theme::Day => (egui::Visuals::light(), egui::Theme::Light),
    };
    visuals.panel_fill = canvas;
    visuals.window_fill = canvas;
    visuals.window_stroke = Stroke::new(1.0, words::colour(theme.road()));
    visuals.override_text_color = Some(ink);
    visuals.weak_text_color = Some(quiet);
    visuals.extreme_bg_color = words::colour(theme.asphalt());
    visuals.window_corner_radius = CornerRadius::same(6);
    visuals.selection.bg_fill = words::colour(theme.accent()).gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, words::colour(theme.accent()));
    ctx.set_theme(own);
    ctx.set_visuals_of(own, visuals);
    ctx.style_mut_of(own, |style| {
        style.spacing.interact_size.y = TARGET;
        style.text_styles.insert(egui::TextStyle::Small, egui::FontId::proportional(11.5));
        style.spacing.button_padding = Vec2::new(8.0, 3.0);
    });
}

fn frame(theme: Theme) -> Frame {
    Frame::NONE
        .fill(words::colour(theme.canvas()))
        .inner_margin(Margin::symmetric(12, 8))
        .stroke(Stroke::new(1.0, words::colour(theme.road())))
}

/// The name of a speed.
#[must_use]
pub fn speed_words(speed: i32) -> String {
    match speed {
        FASTEST.. => "as fast as possible".into(),
        0.. => format!("x{}", 1_u32 << speed.unsigned_abs()),
        _ => format!("x1/{}", 1_u32 << speed.unsigned_abs()),
    }
}

fn factor_words(factor: f64) -> String {
    if factor >= 10.0 { format!("x{factor:.0}") } else { format!("x{factor:.1}") }
}

/// The bar at the foot: how the run goes, and what is shown.
pub fn bar(ui: &mut Ui, desk: &mut Desk, subject: &Subject, news: &News, acts: &mut Vec<Act>) {
    Panel::bottom("bar").frame(frame(desk.theme)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let word = if desk.paused { "Run" } else { "Pause" };
            if ui.add_sized([64.0, TARGET], egui::Button::new(word)).on_hover_text("Space").clicked() {
                desk.paused = !desk.paused;
            }
            if ui.button("Step").on_hover_text(". (one step, standing still)").clicked() {
                desk.step();
            }
            ui.separator();
            if ui.button("Slower").on_hover_text("[").clicked() {
                desk.faster(-1);
            }
            let slider = egui::Slider::new(&mut desk.speed, SLOWEST..=FASTEST).show_value(false);
            ui.add(slider).on_hover_text("Speed, each mark twice the one before");
            if ui.button("Faster").on_hover_text("]").clicked() {
                desk.faster(1);
            }
            ui.label(speed_words(desk.speed));
            let state = if news.over {
                "the run is over".to_owned()
            } else if desk.paused {
                "paused".to_owned()
            } else {
                format!("runs at {} on {}", factor_words(news.factor), news.device)
            };
            ui.label(RichText::new(state).weak());
            ui.separator();
            let named = ui.label("Shows");
            let list = egui::ComboBox::from_id_salt("layer").selected_text(LAYERS[desk.layer].name).width(150.0).show_ui(ui, |ui| {
                for (number, layer) in LAYERS.iter().enumerate() {
                    ui.selectable_value(&mut desk.layer, number, format!("{} {}", number + 1, layer.name));
                }
            });
            list.response.labelled_by(named.id);
            if ui.button("Whole city").on_hover_text("F").clicked() {
                let scale = ui.ctx().pixels_per_point();
                desk.fit(subject, scale);
            }
            if ui.button("Search").on_hover_text("/").clicked() {
                desk.search = Some((String::new(), Vec::new()));
                desk.marked = 0;
            }
            if ui.selectable_label(desk.worst.is_some(), "Worst ten").on_hover_text("W").clicked() {
                desk.worst = if desk.worst.is_some() { None } else { Some(0) };
            }
            let other = if desk.theme == Theme::Night { "Day" } else { "Night" };
            if ui.button(other).on_hover_text("N").clicked() {
                desk.theme = if desk.theme == Theme::Night { Theme::Day } else { Theme::Night };
            }
            if ui.button("Picture").on_hover_text("P").clicked() {
                acts.push(Act::Picture);
            }
            if ui.selectable_label(desk.help, "Keys").on_hover_text("?").clicked() {
                desk.help = !desk.help;
            }
        });
    });
}

/// The panel on the right: what is chosen, the worst ten, the network.
pub fn side(ui: &mut Ui, desk: &mut Desk, subject: &Subject, news: &News) {
    if ui.available_width() < SIDE * 2.0 {
        return;
    }
    Panel::right("side").frame(frame(desk.theme)).resizable(false).exact_size(SIDE).show(ui, |ui| {
        egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            if desk.chosen.is_some() {
                chosen(ui, desk, news);
                ui.separator();
            }
            if desk.worst.is_some() {
                worst(ui, desk, subject, news);
                ui.separator();
            }
            if desk.chosen.is_none() && desk.worst.is_none() {
                ui.label(RichText::new("Click a vehicle, a junction or a street to see what goes on there. ? lists the keys.").weak());
                ui.separator();
            }
            charts::network(ui, news, desk.theme);
        });
    });
}

/// Three numbers and a curve.
pub fn chosen(ui: &mut Ui, desk: &mut Desk, news: &News) {
    let Some(facts) = news.facts.as_ref().filter(|facts| Some(facts.chosen) == desk.chosen) else {
        ui.label(RichText::new("...").weak());
        return;
    };
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(&facts.name).heading()).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.small_button("Close").on_hover_text("Esc").clicked() {
                desk.chosen = None;
            }
        });
    });
    ui.label(RichText::new(&facts.kind).weak());
    ui.add_space(4.0);
    ui.columns(facts.numbers.len().max(1), |columns| {
        for (column, [name, value]) in columns.iter_mut().zip(&facts.numbers) {
            let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
            column.spacing_mut().item_spacing.y = 1.0;
            for words in [RichText::new(name).weak().small(), RichText::new(number).strong().size(17.0), RichText::new(unit).weak().small()]
            {
                column.add(egui::Label::new(words).extend());
            }
        }
    });
    ui.add_space(4.0);
    facts.notes.iter().for_each(|note| {
        ui.label(RichText::new(note).small());
    });
    if matches!(facts.chosen, Chosen::Vehicle(_)) {
        ui.checkbox(&mut desk.follow, "Go with it (V)");
    }
    charts::facts(ui, facts, desk.theme);
}

/// The links with most delay.
pub fn worst(ui: &mut Ui, desk: &mut Desk, subject: &Subject, news: &News) {
    ui.label(RichText::new("Most time lost by a vehicle").strong());
    let links = pick::worst(&news.shot);
    if links.is_empty() {
        ui.label(RichText::new("Nobody loses time.").weak());
    }
    let scale = ui.ctx().pixels_per_point();
    for (row, (link, min)) in links.iter().enumerate() {
        let own = &subject.city.links[*link];
        let name = if own.name.is_empty() { &own.id } else { &own.name };
        let marked = desk.worst == Some(row);
        let to = &subject.city.nodes[own.to].id;
        if ui.selectable_label(marked, format!("{}  {min:.1} min  {name}, to {to}", row + 1)).clicked() {
            desk.worst = Some(row);
            desk.choose(subject, Chosen::Link(*link), scale);
        }
    }
}

/// What lies over the map: search, keys, a sentence.
pub fn over(ui: &mut Ui, desk: &mut Desk, subject: &Subject, news: &News) {
    let ctx = ui.ctx().clone();
    search(&ctx, desk, subject);
    let mut open = desk.help;
    egui::Window::new("Keys").open(&mut open).resizable(false).collapsible(false).anchor(Align2::CENTER_CENTER, Vec2::ZERO).show(
        &ctx,
        |ui| {
            egui::Grid::new("keys").num_columns(2).spacing([18.0, 4.0]).show(ui, |ui| {
                for [key, does] in KEYS {
                    ui.label(RichText::new(key).monospace().strong());
                    ui.label(does);
                    ui.end_row();
                }
            });
        },
    );
    desk.help = open;
    if let Some(error) = &news.error {
        note(&ctx, desk.theme, "error", &format!("The run has stopped: {error}"));
    } else if news.device.is_empty() {
        note(&ctx, desk.theme, "wait", "The run is being prepared...");
    }
    let time_s = ctx.input(|input| input.time);
    if desk.said.as_ref().is_some_and(|(_, until_s)| *until_s < time_s) {
        desk.said = None;
    }
    if let Some((words, _)) = &desk.said {
        note(&ctx, desk.theme, "said", words);
        ctx.request_repaint_after(std::time::Duration::from_millis(250));
    }
}

fn note(ctx: &Context, theme: Theme, id: &str, words: &str) {
    let [red, green, blue] = theme.canvas();
    let fill = Color32::from_rgba_unmultiplied(red, green, blue, 240);
    egui::Area::new(Id::unique(id)).anchor(Align2::CENTER_TOP, Vec2::new(0.0, 110.0)).show(ctx, |ui| {
        Frame::NONE.fill(fill).corner_radius(6).inner_margin(12).show(ui, |ui| ui.add(egui::Label::new(words).extend()));
    });
}

fn search(ctx: &Context, desk: &mut Desk, subject: &Subject) {
    let Some((mut words, mut found)) = desk.search.take() else { return };
    let (mut open, mut went) = (true, None);
    let scale = ctx.pixels_per_point();
    egui::Window::new("Search").open(&mut open).resizable(false).collapsible(false).anchor(Align2::CENTER_TOP, Vec2::new(0.0, 90.0)).show(
        ctx,
        |ui| {
            let line = ui.add(egui::TextEdit::singleline(&mut words).hint_text("street, link or junction").desired_width(320.0));
            line.request_focus();
            if line.changed() {
                // The key that opened this is no word.
                words = words.trim_start_matches('/').to_owned();
                found = pick::search(&subject.city, &words);
                desk.marked = 0;
            }
            for (row, one) in found.iter().enumerate() {
                if ui.selectable_label(row == desk.marked, &one.words).clicked() {
                    went = Some(row);
                }
            }
            if found.is_empty() && !words.is_empty() {
                ui.label(RichText::new("Nothing bears this name.").weak());
            }
            ui.label(RichText::new("up and down choose, Enter goes there, Esc closes").weak().small());
        },
    );
    if let Some(row) = went {
        desk.chosen = Some(found[row].chosen);
        desk.fly(&found[row].bounds.grown(super::desk::ABOUT_M), scale);
    } else if open && !ctx.input(|input| input.key_pressed(Key::Escape)) {
        desk.search = Some((words, found));
    }
}
