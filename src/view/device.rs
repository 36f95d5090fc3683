//! The adapter that draws: the best hardware, else a software one: a picture must come out on any machine.

/// An opened adapter.
pub struct Drawing {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// Its name.
    pub name: String,
    /// The adapter.
    pub adapter: wgpu::Adapter,
}

/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// No adapter.
    #[error("no graphics adapter was found: install a Vulkan driver (on Debian and Ubuntu mesa-vulkan-drivers draws without a GPU)")]
    NoAdapter,
    /// The driver refuses.
    #[error("{name} cannot draw this: {what}")]
    Refused {
        /// Adapter.
        name: String,
        /// What it says.
        what: String,
    },
}

/// Storage buffers that a draw shader binds at most.
const STORAGE_BUFFERS: u32 = 6;

impl Drawing {
    /// Opens an adapter, one that can show on `surface` if there is one.
    ///
    /// # Errors
    /// [`DrawError`].
    pub fn open(instance: &wgpu::Instance, surface: Option<&wgpu::Surface<'_>>) -> Result<Drawing, DrawError> {
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            compatible_surface: surface,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter = pollster::block_on(instance.request_adapter(&options)).map_err(|_| DrawError::NoAdapter)?;
        let (name, there) = (adapter.get_info().name, adapter.limits());
        let required_limits = wgpu::Limits {
            max_storage_buffer_binding_size: there.max_storage_buffer_binding_size,
            max_buffer_size: there.max_buffer_size,
            max_texture_dimension_2d: there.max_texture_dimension_2d,
            max_storage_buffers_per_shader_stage: STORAGE_BUFFERS,
            ..wgpu::Limits::downlevel_defaults()
        };
        let wanted = wgpu::DeviceDescriptor { label: Some("view"), required_limits, ..wgpu::DeviceDescriptor::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&wanted))
            .map_err(|error| DrawError::Refused { name: name.clone(), what: error.to_string() })?;
        Ok(Drawing { device, queue, name, adapter })
    }

    /// Takes over the textures that egui has changed.
    pub fn renew(&self, words: &mut egui_wgpu::Renderer, changed: &egui::TexturesDelta) {
        let mut textures: Vec<_> = changed.set.iter().collect();
        textures.sort_by_key(|(id, _)| **id);
        for (id, delta) in textures.iter().flat_map(|(id, deltas)| deltas.iter().map(move |delta| (id, delta))) {
            words.update_texture(&self.device, &self.queue, **id, delta);
        }
    }

    /// Draws what egui made over what is on the target already; what is to be submitted before the encoder.
    #[must_use]
    pub fn write(
        &self,
        words: &mut egui_wgpu::Renderer,
        (encoder, target): (&mut wgpu::CommandEncoder, &wgpu::TextureView),
        jobs: &[egui::ClippedPrimitive],
        screen: &egui_wgpu::ScreenDescriptor,
    ) -> Vec<wgpu::CommandBuffer> {
        let before = words.update_buffers(&self.device, &self.queue, encoder, jobs, screen);
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("words"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: target,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Load, store: wgpu::StoreOp::Store },
            })],
            ..wgpu::RenderPassDescriptor::default()
        });
        words.render(&mut pass.forget_lifetime(), jobs, screen);
        before
    }
}
