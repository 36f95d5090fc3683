//! A picture without a window: the same scene and the same words, into a texture and out as PNG.

use super::device::{DrawError, Drawing};
use super::gpu::{FORMAT, Look, Pens, Prepared};
use super::play::Shot;
use super::scene::Scene;
use super::words::{self, Caption};
use crate::backend::device::instance;
use crate::city::City;
use crate::tables::Tables;
use crate::units;
use std::io::Write;

/// Pixels of a metre in print: 300 dpi.
const PIXELS_PER_METRE: u32 = 11_811;
/// Bytes of a pixel.
const PIXEL: u32 = 4;

/// Draws pictures of one scene.
pub struct Studio<'a> {
    drawing: Drawing,
    pens: Pens,
    on: Prepared,
    scene: &'a Scene,
    context: egui::Context,
    words: egui_wgpu::Renderer,
    scale: f32,
}

/// Red, green, blue, opacity of each pixel, row after row from the top.
pub type Pixels = Vec<u8>;

impl<'a> Studio<'a> {
    /// With text so many times as large as usual.
    ///
    /// # Errors
    /// [`DrawError`].
    pub fn open(city: &City, tables: &Tables, scene: &'a Scene, scale: f32) -> Result<Studio<'a>, DrawError> {
        let drawing = Drawing::open(&instance(), None)?;
        let pens = Pens::new(&drawing.device, &drawing.queue, FORMAT);
        let on = pens.prepare(city, tables, scene);
        let options = egui_wgpu::RendererOptions { dithering: false, ..egui_wgpu::RendererOptions::default() };
        let words = egui_wgpu::Renderer::new(&drawing.device, FORMAT, options);
        Ok(Studio { drawing, pens, on, scene, context: egui::Context::default(), words, scale })
    }

    /// The adapter that draws.
    #[must_use]
    pub fn adapter(&self) -> &str {
        &self.drawing.name
    }

    /// Draws one picture.
    ///
    /// # Errors
    /// [`DrawError::Refused`] with what the driver says.
    pub fn take(&mut self, shot: &Shot, look: &Look, caption: &Caption) -> Result<Pixels, DrawError> {
        let [width, height] = look.size;
        let device = &self.drawing.device;
        let extent = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: extent,
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        let target = texture.create_view(&wgpu::TextureViewDescriptor::default());
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("picture") });
        self.pens.draw(&mut encoder, &target, &mut self.on, self.scene, shot, look);
        let (scene, scale) = (self.scene, self.scale);
        let size = egui::Vec2::new(width as f32 / scale, height as f32 / scale);
        let input = || egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, size)),
            viewports: std::iter::once((
                egui::ViewportId::ROOT,
                egui::ViewportInfo { native_pixels_per_point: Some(scale), ..Default::default() },
            ))
            .collect(),
            ..egui::RawInput::default()
        };
        let mut output = self.context.run_ui(input(), |ui| words::draw(ui.painter(), scene, shot, look, caption, scale));
        let jobs = self.context.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let changed = std::mem::take(&mut output.textures_delta);
        self.drawing.renew(&mut self.words, &changed);
        let screen = egui_wgpu::ScreenDescriptor { size_in_pixels: look.size, pixels_per_point: output.pixels_per_point };
        let before = self.drawing.write(&mut self.words, (&mut encoder, &target), &jobs, &screen);
        let row = (width * PIXEL).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: u64::from(row) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: Some(height) };
        encoder.copy_texture_to_buffer(texture.as_image_copy(), wgpu::TexelCopyBufferInfo { buffer: &staging, layout }, extent);
        self.drawing.queue.submit(before.into_iter().chain([encoder.finish()]));
        changed.free.iter().for_each(|id| self.words.free_texture(id));
        self.read(&staging, row, look.size)
    }

    fn read(&self, staging: &wgpu::Buffer, row: u32, [width, height]: [u32; 2]) -> Result<Pixels, DrawError> {
        let refused = |what: String| DrawError::Refused { name: self.drawing.name.clone(), what };
        let (tell, told) = std::sync::mpsc::channel();
        staging.slice(..).map_async(wgpu::MapMode::Read, move |done| {
            let _ = tell.send(done);
        });
        self.drawing.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| refused(error.to_string()))?;
        match told.recv() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(refused(error.to_string())),
            Err(error) => return Err(refused(error.to_string())),
        }
        let mapped = staging.slice(..).get_mapped_range().map_err(|error| refused(error.to_string()))?;
        let mut pixels = Vec::with_capacity((width * height * PIXEL) as usize);
        for line in 0..height as usize {
            let from = line * row as usize;
            pixels.extend_from_slice(&mapped[from..from + (width * PIXEL) as usize]);
        }
        Ok(pixels)
    }
}

/// What a picture says of itself in its file: title, what it shows, program, hash of the state.
#[must_use]
pub fn texts(shot: &Shot, caption: &Caption, layer: &str) -> [(&'static str, String); 4] {
    [
        ("Title", caption.title.clone()),
        ("Description", format!("{} at {}, {layer}; simulated, not observed", caption.run, units::clock_text(shot.time_s))),
        ("Software", format!("forecity {}", env!("CARGO_PKG_VERSION"))),
        ("forecity.state_hash", shot.hash()),
    ]
}

/// Writes a picture as PNG at 300 dpi, with what it shows as text beside it.
///
/// # Errors
/// When the sink takes no more.
pub fn png(sink: &mut impl Write, size: [u32; 2], pixels: &[u8], texts: &[(&str, String)]) -> std::io::Result<()> {
    let mut encoder = png::Encoder::new(sink, size[0], size[1]);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: PIXELS_PER_METRE, yppu: PIXELS_PER_METRE, unit: png::Unit::Meter }));
    for (key, text) in texts {
        encoder.add_itxt_chunk((*key).to_owned(), text.clone()).map_err(std::io::Error::from)?;
    }
    let mut writer = encoder.write_header().map_err(std::io::Error::from)?;
    writer.write_image_data(pixels).map_err(std::io::Error::from)?;
    writer.finish().map_err(std::io::Error::from)
}
