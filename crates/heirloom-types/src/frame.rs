//! Decoded pixels.

use std::{fmt, sync::Arc};

use crate::geometry::Size;

/// Pixels of one picture as people see it: orientation applied, converted to sRGB, eight bits a channel, rows from
/// the top, no padding between rows.
#[derive(Clone)]
pub struct Frame {
    size: Size,
    layout: Layout,
    pixels: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

/// How the channels of a pixel lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Layout {
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, alpha (not premultiplied).
    Rgba,
}

impl Layout {
    /// Bytes of one pixel.
    pub const fn channels(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

impl Frame {
    /// Wraps pixels; `None` when their number does not fit the size. The owner may be a vector or a mapped file.
    pub fn new(
        size: Size,
        layout: Layout,
        pixels: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Option<Self> {
        let expected = usize::try_from(size.pixels())
            .ok()?
            .checked_mul(layout.channels())?;
        (pixels.as_ref().len() == expected).then(|| Self {
            size,
            layout,
            pixels: Arc::new(pixels),
        })
    }

    pub fn size(&self) -> Size {
        self.size
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// All bytes, row by row.
    pub fn pixels(&self) -> &[u8] {
        (*self.pixels).as_ref()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Frame({}x{} {:?})",
            self.size.width, self.size.height, self.layout
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_must_fill_the_size_exactly() {
        assert!(Frame::new(Size::new(2, 2), Layout::Rgb, vec![0; 12]).is_some());
        assert!(Frame::new(Size::new(2, 2), Layout::Rgb, vec![0; 11]).is_none());
        assert!(Frame::new(Size::new(2, 2), Layout::Rgba, vec![0; 12]).is_none());
    }
}
