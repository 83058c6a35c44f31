//! The scaled decoding and one resize alone, as two well-known libraries do them: what no way of making renditions can do
//! without.

use std::{
    fs,
    io::{BufRead, stdin},
};

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use heirloom_media::renditions::PREVIEW_SIDE;
use heirloom_types::geometry::Size;
use turbojpeg::{Decompressor, PixelFormat, ScalingFactor};

/// Reads lines of paths with spaces between them, and says `done` after each line.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut preview = Preview::default();
    for line in stdin().lock().lines() {
        for path in line?.split_whitespace() {
            preview.make(&fs::read(path)?)?;
        }
        println!("done");
    }
    Ok(())
}

/// Memory that is used again.
#[derive(Default)]
struct Preview {
    resizer: Resizer,
    decoded: Vec<u8>,
    made: Vec<u8>,
}

impl Preview {
    /// Of a photo that is at least twice as large.
    fn make(&mut self, file: &[u8]) -> anyhow::Result<()> {
        let mut codec = Decompressor::new()?;
        let scale = ScalingFactor::ONE_HALF;
        codec.set_scaling_factor(scale)?;
        let scaled = codec.read_header(file)?.scaled(scale);
        let size = Size::new(scaled.width as u32, scaled.height as u32);
        let pitch = scaled.width * 3;
        self.decoded.resize(pitch * scaled.height, 0);
        let decoded = turbojpeg::Image {
            pixels: self.decoded.as_mut_slice(),
            width: scaled.width,
            pitch,
            height: scaled.height,
            format: PixelFormat::RGB,
        };
        codec.decompress(file, decoded)?;
        let Size { width, height } = size.shorter_side_at_most(PREVIEW_SIDE);
        self.made.resize(width as usize * height as usize * 3, 0);
        let source = ImageRef::new(size.width, size.height, &self.decoded, PixelType::U8x3)?;
        let mut target = Image::from_slice_u8(width, height, &mut self.made, PixelType::U8x3)?;
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        self.resizer.resize(&source, &mut target, &options)?;
        Ok(())
    }
}
