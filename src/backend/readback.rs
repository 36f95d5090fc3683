//! From the device to the host through one staging buffer that is kept: a fresh one costs ten times as much.

use super::device::Opened;
use super::error::DeviceError;
use std::sync::mpsc;
use std::time::Duration;

/// How long an answer may take once the work before it is done.
const PATIENCE: Duration = Duration::from_secs(60);

/// The staging buffer.
#[derive(Debug, Default)]
pub struct Readback {
    staging: Option<wgpu::Buffer>,
}

impl Readback {
    /// The first bytes of some buffers (sizes are multiples of 4). Waits for everything submitted before.
    ///
    /// # Errors
    /// [`DeviceError::Lost`].
    pub fn read(&mut self, opened: &Opened, sources: &[(wgpu::Buffer, u64)]) -> Result<Vec<Vec<u8>>, DeviceError> {
        let total: u64 = sources.iter().map(|(_, size)| size).sum();
        if total == 0 {
            return Ok(vec![Vec::new(); sources.len()]);
        }
        let staging = self.room(opened, total);
        let mut encoder = opened.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("read back") });
        let mut at = 0;
        for (source, size) in sources.iter().filter(|(_, size)| *size > 0) {
            encoder.copy_buffer_to_buffer(source, 0, &staging, at, *size);
            at += size;
        }
        opened.queue.submit([encoder.finish()]);
        let (tell, told) = mpsc::channel();
        staging.map_async(wgpu::MapMode::Read, ..total, move |done| {
            // The receiver lives until the poll below returns.
            let _ = tell.send(done);
        });
        opened.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| opened.lost(error))?;
        // Another thread that polls the same device may be the one to deliver the answer, a moment later.
        told.recv_timeout(PATIENCE).map_err(|_| opened.lost("it did not answer"))?.map_err(|error| opened.lost(error))?;
        let view = staging.get_mapped_range(..total).map_err(|error| opened.lost(error))?;
        let mut found = Vec::with_capacity(sources.len());
        let mut from = 0;
        for (_, size) in sources {
            let size = usize::try_from(*size).unwrap_or(usize::MAX);
            found.push(view[from..from + size].to_vec());
            from += size;
        }
        drop(view);
        staging.unmap();
        Ok(found)
    }

    fn room(&mut self, opened: &Opened, size: u64) -> wgpu::Buffer {
        if let Some(staging) = self.staging.as_ref().filter(|staging| staging.size() >= size) {
            return staging.clone();
        }
        let staging = opened.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("staging"),
            size: size.next_power_of_two(),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.staging = Some(staging.clone());
        staging
    }
}
