//! Buffers for pixels that are used again: having the system make megabytes of pages anew for every picture costs more
//! than much of what is done with them.

use std::{
    mem,
    sync::{Mutex, PoisonError},
};

/// Smaller buffers are not worth keeping apart: the allocator has their pages, and they would be handed out for large ones.
const BUFFER_BYTES_MIN: usize = 1 << 20;
/// Larger buffers go back to the system after use, in bytes. Cameras' pictures, decoded for a preview, need less.
const BUFFER_BYTES_MAX: usize = 16 << 20;
/// Buffers that wait to be used again: two for each of some pictures at work.
const WAITING_MAX: usize = 4;

static WAITING: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Bytes whose buffer is used again when they are dropped.
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    /// So many bytes, of whatever was there before: whoever takes them writes all of them.
    pub(crate) fn new(length: usize) -> Self {
        let mut bytes = match length {
            BUFFER_BYTES_MIN.. => waiting(Vec::pop).unwrap_or_default(),
            _ => Vec::new(),
        };
        bytes.resize(length, 0);
        Self(bytes)
    }
}

fn waiting<T>(then: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> T {
    then(&mut WAITING.lock().unwrap_or_else(PoisonError::into_inner))
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsMut<[u8]> for Buffer {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = mem::take(&mut self.0);
        if (BUFFER_BYTES_MIN..=BUFFER_BYTES_MAX).contains(&bytes.capacity()) {
            waiting(|waiting| {
                if waiting.len() < WAITING_MAX {
                    waiting.push(bytes);
                }
            });
        }
    }
}
