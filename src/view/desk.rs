//! What a person does at the window: keys, pointer, what is open, where one looks. No window in here: whoever has an egui context has a desk.

use super::camera::Camera;
use super::driver::{News, Subject, Wanted};
use super::gpu::{FAR, Look};
use super::layers::LAYERS;
use super::palette::Theme;
use super::pick::{self, Chosen, Found};
use super::{charts, panels, words};
use egui::{Key, Rect, Sense, Ui, Vec2};

/// What the window has to do that the desk cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Save a picture.
    Picture,
    /// Close.
    Close,
}

/// Speeds are powers of two, from a quarter to 4096; one more is as fast as possible.
pub const SLOWEST: i32 = -2;
/// As fast as possible.
pub const FASTEST: i32 = 13;
/// Speed at the start: a minute passes in four seconds.
const AT_FIRST: i32 = 4;
/// A key or a click of the wheel comes nearer by so much.
const NEARER: f64 = 1.25;
/// An arrow key moves by so much of the picture's smaller side.
const SHIFT: f64 = 0.1;
/// Points of a wheel that make one [`NEARER`].
const WHEEL: f32 = 60.0;
/// What is flown to has so much about it \[m\].
pub const ABOUT_M: f64 = 150.0;
/// More is drawn than is seen \[m\], or vehicles would lack at the edges of a picture that is being moved.
const BEYOND_M: f64 = 60.0;

/// All of it.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Where one looks from.
    pub camera: Camera,
    /// Pixels of the window.
    pub size: [u32; 2],
    /// Number of the layer.
    pub layer: usize,
    /// Canvas.
    pub theme: Theme,
    /// Does the run stand still?
    pub paused: bool,
    /// Exponent of the speed.
    pub speed: i32,
    /// Single steps so far.
    pub steps: u32,
    /// Pictures asked for so far.
    pub pictures: u32,
    /// What is told of.
    pub chosen: Option<Chosen>,
    /// Does the picture go with what is chosen?
    pub follow: bool,
    /// Is the list of the worst open, and which row is marked?
    pub worst: Option<usize>,
    /// The words that are searched for, and what was found.
    pub search: Option<(String, Vec<Found>)>,
    /// Row that is marked among them.
    pub marked: usize,
    /// Are the keys listed?
    pub help: bool,
    /// Only the map and what has to be said with it.
    pub presenter: bool,
    /// A sentence for a while: words, and the time at which they go \[s\].
    pub said: Option<(String, f64)>,
    /// Points not taken by panels.
    pub free: Rect,
    fitted: bool,
}

impl Desk {
    /// Of a city, in a window of so many pixels.
    #[must_use]
    pub fn new(subject: &Subject, size: [u32; 2]) -> Desk {
        Desk {
            camera: Camera::fit(&subject.scene.bounds(), size),
            size,
            layer: 0,
            theme: Theme::Night,
            paused: false,
            speed: AT_FIRST,
            steps: 0,
            pictures: 0,
            chosen: None,
            follow: false,
            worst: None,
            search: None,
            marked: 0,
            help: false,
            presenter: false,
            said: None,
            free: Rect::NOTHING,
            fitted: false,
        }
    }

    /// Looks from here at first, instead of at the whole city.
    pub fn start_at(&mut self, camera: Camera) {
        self.camera = camera;
        self.fitted = true;
    }

    /// Seconds of the city in one of the wall.
    #[must_use]
    pub fn factor(&self) -> f64 {
        if self.speed >= FASTEST { f64::INFINITY } else { 2.0_f64.powi(self.speed) }
    }

    /// What the run has to know.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted {
            speed: if self.paused { 0.0 } else { self.factor() },
            steps: self.steps,
            pictures: self.pictures,
            seen: (self.camera.metres_per_px < FAR)
                .then(|| self.camera.seen(self.size).grown(BEYOND_M + 100.0 * self.camera.metres_per_px)),
            chosen: self.chosen,
        }
    }

    /// How the map is drawn.
    #[must_use]
    pub fn look(&self, part: f32) -> Look {
        let still = self.paused || self.speed > 6;
        Look { camera: self.camera, size: self.size, theme: self.theme, layer: &LAYERS[self.layer], part, still }
    }

    /// All of the city where no panel is.
    pub fn fit(&mut self, subject: &Subject, scale: f32) {
        self.fly(&subject.scene.bounds(), scale);
    }

    /// Goes to a part of the city.
    #[expect(clippy::cast_sign_loss, reason = "at least one pixel")]
    pub fn fly(&mut self, bounds: &super::camera::Bounds, scale: f32) {
        if bounds.low[0] > bounds.high[0] {
            return;
        }
        let free = self.free_px(scale);
        let size = [free[2], free[3]].map(|px| px.max(1.0) as u32);
        self.camera = Camera::fit(bounds, size);
        // The middle of the free part is not that of the window.
        let middle = [free[0] + free[2] / 2.0, free[1] + free[3] / 2.0];
        let off = [f64::from(self.size[0]) / 2.0 - middle[0], f64::from(self.size[1]) / 2.0 - middle[1]];
        self.camera.drag([-off[0], -off[1]]);
        self.follow = false;
    }

    /// Chooses, and goes there if it is far away.
    pub fn choose(&mut self, subject: &Subject, chosen: Chosen, scale: f32) {
        self.chosen = Some(chosen);
        let bounds = pick::bounds_of(&subject.city, chosen);
        if bounds.low[0] <= bounds.high[0] {
            self.fly(&bounds.grown(ABOUT_M), scale);
        }
    }

    /// Left, top, width, height of what no panel takes \[px\].
    fn free_px(&self, scale: f32) -> [f64; 4] {
        if !self.free.is_positive() {
            return [0.0, 0.0, f64::from(self.size[0]), f64::from(self.size[1])];
        }
        [self.free.left(), self.free.top(), self.free.width(), self.free.height()].map(|points| f64::from(points * scale))
    }

    /// One picture: panels, map, keys.
    pub fn show(&mut self, ui: &mut Ui, subject: &Subject, news: &News, part: f32) -> Vec<Act> {
        let scale = ui.ctx().pixels_per_point();
        let mut acts = Vec::new();
        panels::dress(ui.ctx(), self.theme);
        self.keys(ui, subject, news, &mut acts);
        if !self.presenter {
            panels::bar(ui, self, subject, news, &mut acts);
            panels::side(ui, self, subject, news);
        }
        let whole = ui.available_rect_before_wrap();
        self.free = whole;
        if !self.fitted {
            self.fitted = true;
            self.fit(subject, scale);
        }
        let map = ui.interact(whole, ui.scope_id().with("map"), Sense::click_and_drag());
        self.point(ui, &map, subject, news, scale);
        self.go_along(news, scale);
        let painter = ui.painter().with_clip_rect(whole);
        charts::mark(&painter, self, subject, news, scale);
        let caption = words::Caption { title: subject.title.clone(), run: subject.run.clone(), foot: String::new() };
        words::draw(&painter, &subject.scene, &news.shot, &self.look(part), &caption, scale);
        panels::over(ui, self, subject, news);
        acts
    }

    /// Keeps what is followed in the middle.
    fn go_along(&mut self, news: &News, scale: f32) {
        let Some(at_m) = news.facts.as_ref().and_then(|facts| facts.at_m).filter(|_| self.follow) else { return };
        let free = self.free_px(scale);
        let px = self.camera.to_px(at_m, self.size);
        let off = [free[0] + free[2] / 2.0 - px[0], free[1] + free[3] / 2.0 - px[1]];
        self.camera.drag(off.map(|px| px * 0.2));
    }

    fn point(&mut self, ui: &Ui, map: &egui::Response, subject: &Subject, news: &News, scale: f32) {
        if map.dragged() {
            let by = map.drag_delta() * scale;
            self.camera.drag([f64::from(by.x), f64::from(by.y)]);
            self.follow &= by == Vec2::ZERO;
        }
        let at = |pos: egui::Pos2| [f64::from(pos.x * scale), f64::from(pos.y * scale)];
        if let Some(pos) = map.hover_pos() {
            let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
            let factor = libm::pow(NEARER, f64::from(wheel / WHEEL)) * f64::from(pinch);
            if (factor - 1.0).abs() > 1e-6 {
                self.camera.zoom(factor, at(pos), self.size);
            }
        }
        if map.double_clicked() {
            if let Some(pos) = map.interact_pointer_pos() {
                self.camera.zoom(2.0, at(pos), self.size);
            }
        } else if map.clicked()
            && let Some(pos) = map.interact_pointer_pos()
        {
            self.chosen = pick::under(subject, &news.shot, &self.camera, at(pos), self.size);
            self.follow = false;
        }
    }

    fn keys(&mut self, ui: &Ui, subject: &Subject, news: &News, acts: &mut Vec<Act>) {
        let scale = ui.ctx().pixels_per_point();
        let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
        if pressed(Key::Escape) {
            if self.search.take().is_none() && !std::mem::take(&mut self.help) && self.worst.take().is_none() {
                self.chosen = None;
            }
            self.follow = false;
            self.presenter = false;
        }
        if let Some((_, found)) = &self.search {
            let rows = found.len().max(1);
            self.marked = (self.marked + usize::from(pressed(Key::ArrowDown)) + (rows - 1) * usize::from(pressed(Key::ArrowUp))) % rows;
            if pressed(Key::Enter)
                && let Some(found) = found.get(self.marked).cloned()
            {
                self.search = None;
                self.chosen = Some(found.chosen);
                self.fly(&found.bounds.grown(ABOUT_M), scale);
            }
            return;
        }
        if ui.ctx().text_edit_focused() || ui.input(|input| input.modifiers.command || input.modifiers.alt) {
            return;
        }
        if let Some(row) = &mut self.worst {
            let links = pick::worst(&news.shot);
            let rows = links.len().max(1);
            *row = (*row + usize::from(pressed(Key::ArrowDown)) + (rows - 1) * usize::from(pressed(Key::ArrowUp))) % rows;
            if pressed(Key::Enter)
                && let Some((link, _)) = links.get(*row)
            {
                self.choose(subject, Chosen::Link(*link), scale);
            }
        }
        self.letters(ui, subject, acts, scale);
        self.moves(ui, scale);
    }

    /// Keys that switch something.
    fn letters(&mut self, ui: &Ui, subject: &Subject, acts: &mut Vec<Act>, scale: f32) {
        let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
        let typed = |text: &str| ui.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Text(own) if own == text)));
        // A button that has the focus is pressed by the space bar itself.
        if pressed(Key::Space) && ui.ctx().memory(|memory| memory.focused()).is_none() {
            self.paused = !self.paused;
        }
        if pressed(Key::Period) {
            self.step();
        }
        if pressed(Key::OpenBracket) || pressed(Key::Comma) {
            self.faster(-1);
        }
        if pressed(Key::CloseBracket) {
            self.faster(1);
        }
        let numbers = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
        for (layer, key) in numbers.into_iter().enumerate().take(LAYERS.len()) {
            if pressed(key) {
                self.layer = layer;
            }
        }
        if pressed(Key::F) || pressed(Key::Home) || pressed(Key::R) {
            self.fit(subject, scale);
        }
        if pressed(Key::N) {
            self.theme = if self.theme == Theme::Night { Theme::Day } else { Theme::Night };
        }
        if pressed(Key::W) {
            self.worst = if self.worst.is_some() { None } else { Some(0) };
        }
        if pressed(Key::V) && self.chosen.is_some() {
            self.follow = !self.follow;
        }
        if pressed(Key::F5) {
            self.presenter = !self.presenter;
        }
        if pressed(Key::P) {
            acts.push(Act::Picture);
        }
        // The shift key may be up again when this is asked; the event knows.
        let closes =
            |event: &egui::Event| matches!(event, egui::Event::Key { key: Key::Q, pressed: true, modifiers, .. } if modifiers.shift);
        if ui.input(|input| input.events.iter().any(closes)) {
            acts.push(Act::Close);
        }
        if typed("?") || pressed(Key::F1) {
            self.help = !self.help;
        } else if typed("/") || pressed(Key::Slash) && !ui.input(|input| input.modifiers.shift) {
            self.search = Some((String::new(), Vec::new()));
            self.marked = 0;
        }
    }

    /// Keys that move the picture.
    fn moves(&mut self, ui: &Ui, scale: f32) {
        let pressed = |key: Key| ui.input(|input| input.key_pressed(key));
        let free = self.free_px(scale);
        let by = free[2].min(free[3]) * SHIFT;
        if self.worst.is_none() {
            let keys =
                [(Key::ArrowLeft, [by, 0.0]), (Key::ArrowRight, [-by, 0.0]), (Key::ArrowUp, [0.0, by]), (Key::ArrowDown, [0.0, -by])];
            for (key, by) in keys {
                if pressed(key) {
                    self.camera.drag(by);
                    self.follow = false;
                }
            }
        }
        let middle = [free[0] + free[2] / 2.0, free[1] + free[3] / 2.0];
        if pressed(Key::Plus) || pressed(Key::Equals) {
            self.camera.zoom(NEARER, middle, self.size);
        }
        if pressed(Key::Minus) {
            self.camera.zoom(1.0 / NEARER, middle, self.size);
        }
    }

    /// One step, standing still.
    pub fn step(&mut self) {
        self.paused = true;
        self.steps += 1;
    }

    /// Twice as fast, or half.
    pub fn faster(&mut self, by: i32) {
        self.speed = (self.speed + by).clamp(SLOWEST, FASTEST);
    }

    /// Says something for a while.
    pub fn say(&mut self, words: String, until_s: f64) {
        self.said = Some((words, until_s));
    }
}
