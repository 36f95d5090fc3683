//! The window: carries events to the [`Desk`], wishes to the [`Driver`], and pictures to the screen. It decides nothing.

use super::desk::{Act, Desk};
use super::device::Drawing;
use super::driver::{Driver, News, Subject, Wall};
use super::gpu::{Look, Pens, Prepared};
use super::picture::{Pixels, Studio};
use super::play::Shot;
use super::words::Caption;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use winit::application::ApplicationHandler;
use winit::dpi::{LogicalSize, PhysicalSize};
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop, EventLoopProxy};
use winit::window::{Window, WindowId};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// No display.
    #[error("there is no display for a window")]
    NoDisplay,
    /// There is one, but nothing can be drawn on it.
    #[error("{0}")]
    NoDrawing(String),
}

/// A picture to be kept, with what it shows.
#[derive(Debug)]
pub struct Kept {
    /// Width and height \[px\].
    pub size: [u32; 2],
    /// Its pixels.
    pub pixels: Pixels,
    /// What was going on.
    pub shot: Shot,
    /// What is written on it.
    pub caption: Caption,
    /// Name of the layer.
    pub layer: &'static str,
}

/// Keeps a picture; says where, or why not.
pub type Keep = Arc<dyn Fn(Kept) -> String + Send + Sync>;

/// What wakes the window besides its own events.
#[derive(Clone, Copy, Debug)]
enum Wake {
    /// The run has news, or a picture is kept.
    News,
}

/// A picture at most so often.
const FRAME: Duration = Duration::from_millis(16);
/// Size at first \[points\].
const SIZE: [u32; 2] = [1280, 800];
/// What is said stays so long \[s\].
const SAID_S: f64 = 6.0;

/// Opens the window and stays until it is closed. The subject is made only where there is a display.
///
/// # Errors
/// [`WindowError`].
pub fn run(subject: impl FnOnce() -> Subject, wall: Wall, keep: Keep, start: impl FnOnce(&mut Desk)) -> Result<(), WindowError> {
    let event_loop = EventLoop::<Wake>::with_user_event().build().map_err(|_| WindowError::NoDisplay)?;
    let subject = Arc::new(subject());
    let mut desk = Desk::new(&subject, SIZE);
    start(&mut desk);
    let (tell, told) = mpsc::channel();
    let mut shown = Shown {
        proxy: event_loop.create_proxy(),
        driver: None,
        subject,
        desk,
        news: News::default(),
        came: 0.0,
        wall,
        keep,
        said: (tell, told),
        screen: None,
        error: None,
        frame_s: 0.0,
    };
    event_loop.run_app(&mut shown).map_err(|error| WindowError::NoDrawing(error.to_string()))?;
    shown.error.map_or(Ok(()), |words| Err(WindowError::NoDrawing(words)))
}

/// What is drawn on.
struct Screen {
    // The surface goes before the window that it lies on.
    surface: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    drawing: Drawing,
    pens: Pens,
    on: Prepared,
    words: egui_wgpu::Renderer,
    state: egui_winit::State,
    instance: wgpu::Instance,
    window: Arc<Window>,
}

struct Shown {
    subject: Arc<Subject>,
    driver: Option<Driver>,
    desk: Desk,
    news: News,
    came: f64,
    wall: Wall,
    keep: Keep,
    said: (mpsc::Sender<String>, mpsc::Receiver<String>),
    screen: Option<Screen>,
    proxy: EventLoopProxy<Wake>,
    error: Option<String>,
    /// The last picture took so long.
    frame_s: f64,
}

impl Screen {
    fn open(events: &ActiveEventLoop, subject: &Subject) -> Result<Screen, String> {
        let [width, height] = SIZE.map(f64::from);
        let wanted = Window::default_attributes()
            .with_title(format!("{} - forecity", subject.title))
            .with_inner_size(LogicalSize::new(width, height))
            .with_min_inner_size(LogicalSize::new(320.0, 240.0));
        let window = Arc::new(events.create_window(wanted).map_err(|error| error.to_string())?);
        let instance = crate::backend::device::instance();
        let surface =
            instance.create_surface(wgpu::SurfaceTarget::DisplayAndWindow(Box::new(window.clone()))).map_err(|error| error.to_string())?;
        let drawing = Drawing::open(&instance, Some(&surface)).map_err(|error| error.to_string())?;
        let PhysicalSize { width, height } = window.inner_size();
        let mut config = surface
            .get_default_config(&drawing.adapter, width.max(1), height.max(1))
            .ok_or_else(|| format!("{} cannot show pictures on this display", drawing.name))?;
        // Colours are mixed as they are written, so no format that converts them.
        let formats = surface.get_capabilities(&drawing.adapter).formats;
        config.format = formats.iter().copied().find(|format| !format.is_srgb()).unwrap_or(config.format);
        config.present_mode = wgpu::PresentMode::AutoVsync;
        surface.configure(&drawing.device, &config);
        let pens = Pens::new(&drawing.device, &drawing.queue, config.format);
        let on = pens.prepare(&subject.city, &subject.tables, &subject.scene);
        let options = egui_wgpu::RendererOptions { dithering: false, ..egui_wgpu::RendererOptions::default() };
        let words = egui_wgpu::Renderer::new(&drawing.device, config.format, options);
        let side = drawing.device.limits().max_texture_dimension_2d as usize;
        let scale = window.scale_factor() as f32;
        let state = egui_winit::State::new(egui::Context::default(), egui::ViewportId::ROOT, &window, Some(scale), None, Some(side));
        Ok(Screen { surface, config, drawing, pens, on, words, state, instance, window })
    }

    fn resize(&mut self, size: PhysicalSize<u32>) {
        if size.width == 0 || size.height == 0 {
            return;
        }
        let most = self.drawing.device.limits().max_texture_dimension_2d;
        (self.config.width, self.config.height) = (size.width.min(most), size.height.min(most));
        self.surface.configure(&self.drawing.device, &self.config);
    }

    /// The next picture of the surface, if it can be had now.
    fn next(&mut self) -> Option<wgpu::SurfaceTexture> {
        for _ in 0..2 {
            match self.surface.get_current_texture() {
                wgpu::CurrentSurfaceTexture::Success(texture) | wgpu::CurrentSurfaceTexture::Suboptimal(texture) => return Some(texture),
                wgpu::CurrentSurfaceTexture::Outdated => self.surface.configure(&self.drawing.device, &self.config),
                wgpu::CurrentSurfaceTexture::Lost => {
                    let target = wgpu::SurfaceTarget::DisplayAndWindow(Box::new(self.window.clone()));
                    self.surface = self.instance.create_surface(target).ok()?;
                    self.surface.configure(&self.drawing.device, &self.config);
                }
                _ => return None,
            }
        }
        None
    }

    /// Draws the map and, over it, what egui made.
    fn draw(&mut self, subject: &Subject, shot: &Shot, look: &Look, mut output: egui::FullOutput) {
        let changed = std::mem::take(&mut output.textures_delta);
        self.drawing.renew(&mut self.words, &changed);
        let jobs = self.state.egui_ctx().tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let points = output.pixels_per_point;
        self.state.handle_platform_output(&self.window, output.platform_output);
        if let Some(texture) = self.next() {
            let (device, queue) = (&self.drawing.device, &self.drawing.queue);
            let target = texture.texture.create_view(&wgpu::TextureViewDescriptor::default());
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("window") });
            self.pens.draw(&mut encoder, &target, &mut self.on, &subject.scene, shot, look);
            let screen = egui_wgpu::ScreenDescriptor { size_in_pixels: [self.config.width, self.config.height], pixels_per_point: points };
            let before = self.drawing.write(&mut self.words, (&mut encoder, &target), &jobs, &screen);
            queue.submit(before.into_iter().chain([encoder.finish()]));
            self.window.pre_present_notify();
            queue.present(texture);
        }
        changed.free.iter().for_each(|id| self.words.free_texture(id));
    }
}

impl Shown {
    /// Takes what the run has to tell.
    fn take(&mut self) {
        let Some(news) = self.driver.as_ref().and_then(Driver::news) else { return };
        if news.error.is_some() {
            // The last picture stays beside the words.
            self.news.error = news.error;
            return;
        }
        if news.picture.is_some() {
            self.keep(&news);
        }
        self.news = news;
        self.came = (self.wall)();
    }

    /// Draws a picture for a file, on a thread of its own.
    fn keep(&self, news: &News) {
        let (subject, keep, tell, proxy) = (self.subject.clone(), self.keep.clone(), self.said.0.clone(), self.proxy.clone());
        let (shot, look) = (news.shot.clone(), self.desk.look(1.0));
        let caption = Caption::of(&shot, &subject.title, format!("{}, on {}", subject.run, news.device));
        let scale = self.screen.as_ref().map_or(1.0, |screen| screen.state.egui_ctx().pixels_per_point());
        std::thread::spawn(move || {
            let pixels = Studio::open(&subject.city, &subject.tables, &subject.scene, scale)
                .and_then(|mut studio| studio.take(&shot, &look, &caption));
            let words = match pixels {
                Ok(pixels) => keep(Kept { size: look.size, pixels, shot, caption, layer: look.layer.name }),
                Err(error) => format!("no picture: {error}"),
            };
            // A window that has closed meanwhile wants to hear nothing.
            let _ = tell.send(words);
            let _ = proxy.send_event(Wake::News);
        });
    }

    /// Where between the news before and the newest we are.
    fn part(&self) -> f32 {
        (((self.wall)() - self.came) / self.news.lasts_s.max(1e-3)).clamp(0.0, 1.0) as f32
    }

    fn redraw(&mut self, events: &ActiveEventLoop) {
        let start = (self.wall)();
        self.take();
        let part = self.part();
        let Some(screen) = &mut self.screen else { return };
        let PhysicalSize { width, height } = screen.window.inner_size();
        if width == 0 || height == 0 {
            return;
        }
        if [width, height] != [screen.config.width, screen.config.height] {
            screen.resize(PhysicalSize { width, height });
        }
        self.desk.size = [screen.config.width, screen.config.height];
        let input = screen.state.take_egui_input(&screen.window);
        let context = screen.state.egui_ctx().clone();
        while let Ok(words) = self.said.1.try_recv() {
            self.desk.say(words, input.time.unwrap_or(0.0) + SAID_S);
        }
        let mut acts = Vec::new();
        let (desk, subject, news) = (&mut self.desk, &self.subject, &self.news);
        let output = context.run_ui(input, |ui| acts.extend(desk.show(ui, subject, news, part)));
        let soon = output.viewport_output.values().map(|viewport| viewport.repaint_delay).min().unwrap_or(Duration::MAX);
        screen.draw(subject, &news.shot, &desk.look(part), output);
        for act in acts {
            match act {
                Act::Picture => {
                    self.desk.pictures += 1;
                    let until_s = context.input(|input| input.time) + SAID_S;
                    self.desk.say("A picture is being drawn...".into(), until_s);
                }
                Act::Close => events.exit(),
            }
        }
        self.ask();
        let moving = !self.desk.paused && !self.news.over && self.news.error.is_none() || part < 1.0;
        self.frame_s = (self.wall)() - start;
        // Half of the time belongs to the run, where one machine does both.
        let rest = Duration::from_secs_f64(self.frame_s.min(0.25)).max(FRAME.saturating_sub(Duration::from_secs_f64(self.frame_s)));
        let wait = if moving { Some(rest.min(soon.max(rest))) } else { (soon < Duration::from_secs(3600)).then(|| soon.max(rest)) };
        match wait {
            Some(wait) => events.set_control_flow(ControlFlow::wait_duration(wait)),
            None => events.set_control_flow(ControlFlow::Wait),
        }
    }

    /// Tells the run what is wanted, if that is something else.
    fn ask(&mut self) {
        if let Some(driver) = &self.driver {
            driver.want(self.desk.wanted());
        }
    }
}

impl ApplicationHandler<Wake> for Shown {
    fn resumed(&mut self, events: &ActiveEventLoop) {
        if self.screen.is_some() {
            return;
        }
        match Screen::open(events, &self.subject) {
            Ok(screen) => {
                screen.window.request_redraw();
                self.screen = Some(screen);
                let proxy = self.proxy.clone();
                // A closed window needs no waking.
                let wake = move || {
                    let _ = proxy.send_event(Wake::News);
                };
                self.driver = Some(Driver::start(self.subject.clone(), self.desk.wanted(), self.wall, wake));
            }
            Err(words) => {
                self.error = Some(words);
                events.exit();
            }
        }
    }

    fn user_event(&mut self, _: &ActiveEventLoop, _: Wake) {
        if let Some(screen) = &self.screen {
            screen.window.request_redraw();
        }
    }

    fn new_events(&mut self, _: &ActiveEventLoop, cause: winit::event::StartCause) {
        if let (winit::event::StartCause::ResumeTimeReached { .. }, Some(screen)) = (cause, &self.screen) {
            screen.window.request_redraw();
        }
    }

    fn window_event(&mut self, events: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        let Some(screen) = &mut self.screen else { return };
        if let WindowEvent::KeyboardInput { is_synthetic: true, .. } = event {
            return;
        }
        let wanted = screen.state.on_window_event(&screen.window, &event).repaint;
        match event {
            WindowEvent::CloseRequested | WindowEvent::Destroyed => events.exit(),
            WindowEvent::Resized(size) => {
                screen.resize(size);
                screen.window.request_redraw();
            }
            WindowEvent::RedrawRequested => self.redraw(events),
            _ if wanted => screen.window.request_redraw(),
            _ => {}
        }
    }

    fn exiting(&mut self, _: &ActiveEventLoop) {
        // The run stops first, then what it was drawn on.
        self.driver = None;
        self.screen = None;
    }
}
