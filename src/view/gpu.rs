//! Drawing: one pass of lines, vehicles and text into a picture, in a window or without one.
//!
//! Colours are mixed in sRGB as egui does, so the target has no sRGB format. Edges are smoothed by how much of a pixel a shape covers; there is
//! no multisampling, which costs a software adapter four times the work.

use super::camera::Camera;
use super::layers::Layer;
use super::palette::{STEPS, Theme, word};
use super::play::Shot;
use super::scene::{FIXED, Scene, Segment};
use crate::city::{City, DriveSide};
use crate::tables::Tables;
use crate::tables::layout::{ASPECT_AMBER, ASPECT_GREEN, ASPECT_PERMISSIVE, ASPECT_RED, ASPECT_RED_AMBER};
use bytemuck::{Pod, Zeroable};

/// Format of a picture without a window.
pub const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Farther than so, streets are lines and no vehicle is seen [m/px].
pub const FAR: f64 = 8.0;
/// Farther than so vehicles are dots [m/px].
pub const DOTS: f64 = 2.0;
/// Nearer than so lanes, lines and signals are seen [m/px].
pub const NEAR: f64 = 0.6;
/// Length of the trail of a dot [s].
const TRAIL_S: f32 = 2.0;
/// A line of a busy link is at most so wide [px], or this part of a typical link's length.
const WIDEST_PX: f64 = 7.0;
const WIDEST_PART: f64 = 0.14;
/// The flow that such a line stands for [veh/h/lane].
const BUSY_VPH_LANE: f32 = 900.0;
/// How much of the value's colour a street seen from near takes on [1/255].
const TINT: u32 = 70;
/// What blocks a lane.
const BLOCKED: [u8; 3] = [0xe6, 0x4b, 0x3c];

/// What all draw shaders know. Twin: shaders/draw/frame.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub struct Frame {
    /// Middle of the picture \[m from the origin of the scene\].
    pub centre: [f32; 2],
    /// Half of the picture \[px\].
    pub half: [f32; 2],
    /// Scale.
    pub px_per_m: f32,
    /// Where between two states the picture is.
    pub part: f32,
    /// 1: vehicles are dots with trails.
    pub dots: u32,
    /// Length of trails \[s\].
    pub trail_s: f32,
    /// Trips from here on are what blocks a lane.
    pub stands_at: u32,
    /// Its colour.
    pub stand_colour: u32,
    /// 1 where one drives on the right, -1 on the left.
    pub side: f32,
    /// Of a vehicle that is a dot.
    pub dot_colour: u32,
}

/// How the scene is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// From where.
    pub camera: Camera,
    /// Of how many pixels.
    pub size: [u32; 2],
    /// Canvas.
    pub theme: Theme,
    /// What is shown of links.
    pub layer: &'static Layer,
    /// Where between the shot before and this one, 0 to 1.
    pub part: f32,
    /// No trails.
    pub still: bool,
}

/// Pipelines of a device.
pub struct Pens {
    device: wgpu::Device,
    queue: wgpu::Queue,
    line: wgpu::RenderPipeline,
    vehicle: wgpu::RenderPipeline,
    frame: wgpu::Buffer,
}

/// Buffers of one scene.
pub struct Prepared {
    pieces: wgpu::Buffer,
    points: wgpu::Buffer,
    bodies: wgpu::Buffer,
    links: wgpu::Buffer,
    link_count: u32,
    surface_count: u32,
    marking_count: u32,
    /// Surfaces and markings in the colours of a theme.
    ground: Option<(Theme, [wgpu::Buffer; 2])>,
    side: f32,
    typical_m: f64,
}

/// A piece as the shader has it. Twin: shaders/draw/vehicle.wgsl.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
struct Way {
    first: u32,
    count: u32,
    limit: f32,
}

/// A class as the shader has it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
struct Body {
    length: f32,
    width: f32,
    colour: u32,
}

/// Texts of the two draw shaders, as the device gets them.
#[must_use]
pub fn texts() -> [(&'static str, String); 2] {
    let frame = include_str!("../../shaders/draw/frame.wgsl");
    let records = include_str!("../../shaders/shared/records.wgsl");
    [
        ("line", format!("{frame}\n{}", include_str!("../../shaders/draw/line.wgsl"))),
        ("vehicle", format!("{records}\n{frame}\n{}", include_str!("../../shaders/draw/vehicle.wgsl"))),
    ]
}

impl Pens {
    /// On a device, for pictures of a format.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, format: wgpu::TextureFormat) -> Pens {
        let [line, vehicle] = texts().map(|(name, text)| pipeline(device, name, &text, format));
        let frame = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("frame"),
            size: size_of::<Frame>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Pens { device: device.clone(), queue: queue.clone(), line, vehicle, frame }
    }

    fn buffer<T: Pod>(&self, label: &str, rows: &[T]) -> wgpu::Buffer {
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: (bytes.len() as u64).max(64),
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        if !bytes.is_empty() {
            self.queue.write_buffer(&buffer, 0, bytes);
        }
        buffer
    }

    /// Loads what does not move.
    #[must_use]
    pub fn prepare(&self, city: &City, tables: &Tables, scene: &Scene) -> Prepared {
        let way = |(key, piece): (usize, &super::scene::Piece)| Way {
            first: piece.first,
            count: piece.count,
            limit: tables.lanes[key].limit10 as f32 / 1024.0,
        };
        let ways: Vec<Way> = scene.pieces.iter().enumerate().map(way).collect();
        let mut lengths_m: Vec<f64> = city.links.iter().map(|link| link.length_m).collect();
        lengths_m.sort_by(f64::total_cmp);
        Prepared {
            pieces: self.buffer("pieces", &ways),
            points: self.buffer("points", &scene.points),
            bodies: self.buffer("bodies", &bodies(city)),
            links: self.buffer("links", &scene.links),
            link_count: scene.links.len() as u32,
            surface_count: scene.surfaces.len() as u32,
            marking_count: scene.markings.len() as u32,
            ground: None,
            side: if city.drive_side == DriveSide::Left { -1.0 } else { 1.0 },
            typical_m: lengths_m.get(lengths_m.len() / 2).copied().unwrap_or(100.0),
        }
    }

    /// Draws into a picture, over all that was there.
    pub fn draw(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        target: &wgpu::TextureView,
        on: &mut Prepared,
        scene: &Scene,
        shot: &Shot,
        look: &Look,
    ) {
        let [surfaces, markings] = self.ground(on, scene, look.theme);
        let camera = look.camera;
        let near = camera.metres_per_px < NEAR;
        let frame = Frame {
            centre: scene.near(camera.centre_m),
            half: look.size.map(|px| px as f32 / 2.0),
            px_per_m: (1.0 / camera.metres_per_px) as f32,
            part: look.part,
            dots: u32::from(camera.metres_per_px >= DOTS),
            trail_s: if look.still { 0.0 } else { TRAIL_S },
            stands_at: shot.stands_at,
            stand_colour: word(BLOCKED, 255),
            dot_colour: word(look.theme.ink(), 255),
            side: on.side,
        };
        self.queue.write_buffer(&self.frame, 0, bytemuck::bytes_of(&frame));
        let styles = self.buffer("styles", &styles(shot, look, on.typical_m, near));
        let ramp: Vec<u32> = look.theme.ramp().iter().map(|colour| word(*colour, 255)).collect();
        let ramp = self.buffer("ramp", &ramp);
        let vehicles = self.buffer("vehicles", &shot.vehicles);
        let before = self.buffer("before", &shot.before);
        let lines = stop_lines(scene, shot);
        let stop_lines = self.buffer("stop lines", &lines);
        let canvas = look.theme.canvas().map(|part| f64::from(part) / 255.0);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("city"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color { r: canvas[0], g: canvas[1], b: canvas[2], a: 1.0 }),
                    store: wgpu::StoreOp::Store,
                },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        let line_group = |segments: &wgpu::Buffer| self.group(&self.line, &[&self.frame, segments, &styles]);
        let mut draw_lines = |segments: &wgpu::Buffer, count: u32| {
            if count > 0 {
                pass.set_pipeline(&self.line);
                pass.set_bind_group(0, &line_group(segments), &[]);
                pass.draw(0..4, 0..count);
            }
        };
        if camera.metres_per_px < FAR {
            draw_lines(&surfaces, on.surface_count);
        }
        if near {
            draw_lines(&markings, on.marking_count);
            draw_lines(&stop_lines, lines.len() as u32);
        } else {
            draw_lines(&on.links, on.link_count);
        }
        if camera.metres_per_px < FAR && !shot.vehicles.is_empty() {
            let group = self.group(&self.vehicle, &[&self.frame, &vehicles, &before, &on.pieces, &on.points, &on.bodies, &ramp]);
            pass.set_pipeline(&self.vehicle);
            pass.set_bind_group(0, &group, &[]);
            pass.draw(0..4, 0..shot.vehicles.len() as u32);
        }
    }

    /// Surfaces and markings in the colours of a theme, painted when it changes.
    fn ground(&self, on: &mut Prepared, scene: &Scene, theme: Theme) -> [wgpu::Buffer; 2] {
        if on.ground.as_ref().is_none_or(|(painted, _)| *painted != theme) {
            let painted = |label: &str, segments: &[Segment], colour: [u8; 3]| {
                let colour = word(colour, 255);
                self.buffer(label, &segments.iter().map(|segment| Segment { colour, ..*segment }).collect::<Vec<_>>())
            };
            let surfaces = painted("surfaces", &scene.surfaces, theme.asphalt());
            on.ground = Some((theme, [surfaces, painted("markings", &scene.markings, theme.marking())]));
        }
        on.ground.as_ref().map(|(_, ground)| ground.clone()).expect("painted just now")
    }

    fn group(&self, pipeline: &wgpu::RenderPipeline, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let entries: Vec<wgpu::BindGroupEntry> =
            (0..).zip(buffers).map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() }).collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    }
}

/// Length, width and colour of each class: a car is as bright as it is slow, whoever carries many or much has a colour of its own
/// (Okabe and Ito 2008).
fn bodies(city: &City) -> Vec<Body> {
    let own = |uses: crate::city::Uses| {
        let is = |name: &str| crate::city::Uses::named(name).is_some_and(|one| uses.meets(one));
        if is("bus") || is("coach") {
            word([0x56, 0xb4, 0xe9], 255)
        } else if is("tram") || is("rail") {
            word([0xcc, 0x79, 0xa7], 255)
        } else if is("bike") {
            word([0x00, 0x9e, 0x73], 255)
        } else {
            0
        }
    };
    let body =
        |class: &crate::city::VehicleClass| Body { length: class.length_m as f32, width: class.width_m as f32, colour: own(class.uses) };
    let mut all: Vec<Body> = city.classes.iter().map(body).collect();
    all.resize(64, Body { length: 4.5, width: 1.8, colour: 0 });
    all
}

/// Colour and least width of each link.
#[expect(clippy::cast_sign_loss, reason = "places are 0 to 1")]
fn styles(shot: &Shot, look: &Look, typical_m: f64, near: bool) -> Vec<[u32; 2]> {
    let ramp = look.theme.ramp();
    let quiet = if near { look.theme.asphalt() } else { look.theme.road() };
    let widest = (typical_m / look.camera.metres_per_px * WIDEST_PART).clamp(1.0, WIDEST_PX) as f32;
    let style = |now: &super::play::Now| {
        let place = look.layer.place((look.layer.of)(now));
        let busy = (now.flow_vph_lane / BUSY_VPH_LANE).clamp(0.0, 1.0).sqrt();
        let width = (widest * (0.25 + 0.75 * busy)).max(1.0);
        if place.is_nan() {
            return [word(quiet, 255), 1.0_f32.to_bits()];
        }
        let colour = ramp[(place * (STEPS - 1) as f32) as usize];
        if near {
            let mixed = [0, 1, 2].map(|part| ((u32::from(colour[part]) * TINT + u32::from(quiet[part]) * (255 - TINT)) / 255) as u8);
            return [word(mixed, 255), 0];
        }
        [word(colour, 255), width.to_bits()]
    };
    shot.links.iter().map(style).collect()
}

/// Stop lines in the colour of their signals.
fn stop_lines(scene: &Scene, shot: &Shot) -> Vec<Segment> {
    let colour = |aspect: u32| match aspect {
        ASPECT_RED => word([0xe6, 0x4b, 0x3c], 255),
        ASPECT_AMBER | ASPECT_RED_AMBER => word([0xff, 0xb1, 0x4a], 255),
        ASPECT_GREEN => word([0x2f, 0xd0, 0x8f], 255),
        ASPECT_PERMISSIVE => word([0x2f, 0xd0, 0x8f], 150),
        _ => word([0x6a, 0x71, 0x7b], 255),
    };
    let segment = |(line, aspect): (&super::scene::StopLine, &u32)| Segment {
        start: line.ends[0],
        end: line.ends[1],
        half_width: 0.25,
        least_px: 2.0,
        value: FIXED,
        colour: colour(*aspect),
    };
    scene.stop_lines.iter().zip(&shot.aspects).map(segment).collect()
}

fn pipeline(device: &wgpu::Device, name: &str, text: &str, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    let module =
        device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(name), source: wgpu::ShaderSource::Wgsl(text.into()) });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(name),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..wgpu::PrimitiveState::default() },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("fragment"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}
