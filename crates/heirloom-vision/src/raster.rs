//! Pixels on their way to a model: scaling, cutting, warping. Synchronous; callers keep it off async threads.

use std::ops::{Add, Mul};

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use heirloom_types::frame::{Frame, Layout};

use crate::{Error, Result};

/// How pixels are combined when the size changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filter {
    /// Averages what falls together; bilinear when enlarging.
    Area,
    /// Cubic, without aliasing.
    Cubic,
    /// Two by two neighbours and no more, which aliases when shrinking; some models were trained so.
    Plain,
}

/// Red, green and blue in rows, without transparency; at least one pixel.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pixels: Pixels,
}

#[derive(Clone, Debug)]
enum Pixels {
    Shared(Frame),
    Own(Vec<u8>),
}

/// Part of a raster, in its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// Maps a place in the target to a place in the source: `x = a u + b v + c`, `y = d u + e v + f`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine {
    pub(crate) x: [f64; 3],
    pub(crate) y: [f64; 3],
}

impl Affine {
    pub(crate) fn at(&self, u: f64, v: f64) -> (f64, f64) {
        let row = |row: &[f64; 3]| row[0] * u + row[1] * v + row[2];
        (row(&self.x), row(&self.y))
    }
}

impl Raster {
    /// Transparent pixels are shown over white, as in previews.
    pub(crate) fn of(frame: &Frame) -> Result<Self> {
        let size = frame.size();
        if size.pixels() == 0 {
            return Err(Error::Empty);
        }
        let pixels = match frame.layout() {
            Layout::Rgb => Pixels::Shared(frame.clone()),
            Layout::Rgba => Pixels::Own(over_white(frame.pixels())),
        };
        Ok(Self {
            width: size.width,
            height: size.height,
            pixels,
        })
    }

    pub(crate) fn own(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(pixels.len(), width as usize * height as usize * 3);
        Self {
            width,
            height,
            pixels: Pixels::Own(pixels),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.pixels {
            Pixels::Shared(frame) => frame.pixels(),
            Pixels::Own(pixels) => pixels,
        }
    }

    pub(crate) fn longer_side(&self) -> u32 {
        self.width.max(self.height)
    }

    /// The whole picture in another size.
    pub(crate) fn scaled(&self, width: u32, height: u32, filter: Filter) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        self.cut(self.whole(), width, height, filter)
    }

    pub(crate) fn whole(&self) -> Window {
        Window {
            left: 0.0,
            top: 0.0,
            width: f64::from(self.width),
            height: f64::from(self.height),
        }
    }

    /// A part of the picture in another size. The window lies inside the picture.
    pub(crate) fn cut(&self, window: Window, width: u32, height: u32, filter: Filter) -> Self {
        let shrinks = window.width > f64::from(width) && window.height > f64::from(height);
        let algorithm = match filter {
            Filter::Area if shrinks => ResizeAlg::Convolution(FilterType::Box),
            Filter::Area => ResizeAlg::Convolution(FilterType::Bilinear),
            Filter::Cubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Filter::Plain => ResizeAlg::Interpolation(FilterType::Bilinear),
        };
        let source = ImageRef::new(self.width, self.height, self.bytes(), PixelType::U8x3)
            .expect("a raster's bytes fill its size");
        let mut target = Image::new(width, height, PixelType::U8x3);
        let options = ResizeOptions::new().resize_alg(algorithm).crop(
            window.left,
            window.top,
            window.width,
            window.height,
        );
        Resizer::new()
            .resize(&source, &mut target, &options)
            .expect("the window lies inside the picture");
        Self::own(width, height, target.into_vec())
    }

    /// A square around a point, `side` pixels wide here and `out` in the target; black where the picture ends.
    pub(crate) fn square(&self, centre: (f64, f64), side: f64, out: u32) -> Self {
        let scale = f64::from(out) / side;
        let mut target = vec![0; out as usize * out as usize * 3];
        let across = overlap(centre.0 - side / 2.0, scale, self.width, out);
        let down = overlap(centre.1 - side / 2.0, scale, self.height, out);
        if let (Some(across), Some(down)) = (across, down) {
            let window = Window {
                left: across.from,
                top: down.from,
                width: across.length,
                height: down.length,
            };
            let part = self.cut(window, across.count, down.count, Filter::Area);
            let row = across.count as usize * 3;
            for (line, pixels) in part.bytes().chunks_exact(row).enumerate() {
                let start = ((down.at as usize + line) * out as usize + across.at as usize) * 3;
                target[start..start + row].copy_from_slice(pixels);
            }
        }
        Self::own(out, out, target)
    }

    /// Bilinear; black where the picture ends. The map is between pixel centres.
    pub(crate) fn warped(&self, map: &Affine, width: u32, height: u32) -> Self {
        let mut target = Vec::with_capacity(width as usize * height as usize * 3);
        for v in 0..height {
            for u in 0..width {
                let (x, y) = map.at(f64::from(u), f64::from(v));
                target.extend(self.bilinear(x, y));
            }
        }
        Self::own(width, height, target)
    }

    /// Cubic; the outermost pixels go on where the picture ends. The map is between pixel centres.
    pub(crate) fn warped_cubic(&self, map: &Affine, width: u32, height: u32) -> Self {
        let mut target = Vec::with_capacity(width as usize * height as usize * 3);
        for v in 0..height {
            for u in 0..width {
                let (x, y) = map.at(f64::from(u), f64::from(v));
                target.extend(self.cubic(x, y));
            }
        }
        Self::own(width, height, target)
    }

    /// The picture upside down.
    pub(crate) fn turned(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.bytes().len());
        for pixel in self.bytes().chunks_exact(3).rev() {
            pixels.extend_from_slice(pixel);
        }
        Self::own(self.width, self.height, pixels)
    }

    /// The picture turned a quarter to the left.
    pub(crate) fn turned_left(&self) -> Self {
        let (width, height) = (self.width as usize, self.height as usize);
        let bytes = self.bytes();
        let mut pixels = Vec::with_capacity(bytes.len());
        for x in (0..width).rev() {
            for y in 0..height {
                let at = (y * width + x) * 3;
                pixels.extend_from_slice(&bytes[at..at + 3]);
            }
        }
        Self::own(self.height, self.width, pixels)
    }

    /// Brightness, 0 to 255.
    pub(crate) fn luma(&self) -> Vec<u8> {
        self.bytes()
            .chunks_exact(3)
            .map(|pixel| {
                let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(pixel[channel]));
                ((red * 77 + green * 150 + blue * 29 + 128) >> 8) as u8
            })
            .collect()
    }

    fn pixel(&self, x: i64, y: i64) -> Option<[f32; 3]> {
        let inside =
            (0..i64::from(self.width)).contains(&x) && (0..i64::from(self.height)).contains(&y);
        inside.then(|| self.nearest(x, y))
    }

    /// The pixel, or the nearest one on the edge.
    fn nearest(&self, x: i64, y: i64) -> [f32; 3] {
        let x = x.clamp(0, i64::from(self.width) - 1) as usize;
        let y = y.clamp(0, i64::from(self.height) - 1) as usize;
        let at = (y * self.width as usize + x) * 3;
        let bytes = self.bytes();
        [bytes[at], bytes[at + 1], bytes[at + 2]].map(f32::from)
    }

    fn bilinear(&self, x: f64, y: f64) -> [u8; 3] {
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = ((x - left) as f32, (y - top) as f32);
        let (left, top) = (left as i64, top as i64);
        let mut sum = Sum::default();
        for (dx, dy, weight) in [
            (0, 0, (1.0 - right) * (1.0 - down)),
            (1, 0, right * (1.0 - down)),
            (0, 1, (1.0 - right) * down),
            (1, 1, right * down),
        ] {
            sum = sum + Sum(self.pixel(left + dx, top + dy).unwrap_or_default()) * weight;
        }
        sum.rounded()
    }

    fn cubic(&self, x: f64, y: f64) -> [u8; 3] {
        let (left, top) = (x.floor(), y.floor());
        let across = cubic_weights((x - left) as f32);
        let down = cubic_weights((y - top) as f32);
        let (left, top) = (left as i64, top as i64);
        let mut sum = Sum::default();
        for (dy, vertical) in (-1..).zip(down) {
            for (dx, horizontal) in (-1..).zip(across) {
                sum = sum + Sum(self.nearest(left + dx, top + dy)) * (vertical * horizontal);
            }
        }
        sum.rounded()
    }
}

#[derive(Clone, Copy, Default)]
struct Sum([f32; 3]);

impl Sum {
    fn rounded(self) -> [u8; 3] {
        self.0
            .map(|channel| (channel + 0.5).clamp(0.0, 255.0) as u8)
    }
}

impl Add for Sum {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self([0, 1, 2].map(|channel| self.0[channel] + other.0[channel]))
    }
}

impl Mul<f32> for Sum {
    type Output = Self;

    fn mul(self, weight: f32) -> Self {
        Self(self.0.map(|channel| channel * weight))
    }
}

/// Weights of the neighbours at -1, 0, 1 and 2 (a = -0.75).
fn cubic_weights(t: f32) -> [f32; 4] {
    const A: f32 = -0.75;
    let near = |d: f32| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
    let far = |d: f32| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
    [far(t + 1.0), near(t), near(1.0 - t), far(2.0 - t)]
}

/// One axis of a square that may reach beyond the picture.
struct Overlap {
    /// In the picture.
    from: f64,
    length: f64,
    /// In the target.
    at: u32,
    count: u32,
}

fn overlap(start: f64, scale: f64, limit: u32, out: u32) -> Option<Overlap> {
    let at = (-start * scale).round().max(0.0);
    let end = ((f64::from(limit) - start) * scale)
        .round()
        .min(f64::from(out));
    let count = end - at;
    if count < 1.0 {
        return None;
    }
    let from = (start + at / scale).clamp(0.0, f64::from(limit));
    let length = (count / scale).min(f64::from(limit) - from);
    (length > 0.0).then_some(Overlap {
        from,
        length,
        at: at as u32,
        count: count as u32,
    })
}

fn over_white(pixels: &[u8]) -> Vec<u8> {
    let over = |channel: u8, alpha: u8| {
        let alpha = u16::from(alpha);
        ((u16::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    pixels
        .chunks_exact(4)
        .flat_map(|pixel| [0, 1, 2].map(|channel| over(pixel[channel], pixel[3])))
        .collect()
}

#[cfg(test)]
mod tests {
    use heirloom_types::geometry::Size;

    use super::*;

    fn gradient(width: u32, height: u32) -> Raster {
        let pixels = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 7]))
            .collect();
        Raster::own(width, height, pixels)
    }

    #[test]
    fn a_square_beyond_the_edge_is_black_there() {
        let square = gradient(100, 100).square((0.0, 0.0), 100.0, 50);
        assert_eq!(square.pixel(10, 40), Some([0.0; 3]));
        assert_eq!(square.pixel(40, 10), Some([0.0; 3]));
        let inside = square.pixel(40, 30).unwrap();
        assert!(
            (inside[0] - 30.0).abs() < 2.0 && (inside[1] - 10.0).abs() < 2.0,
            "{inside:?}"
        );
        let nowhere = gradient(10, 10).square((500.0, -90.0), 20.0, 8);
        assert!(nowhere.bytes().iter().all(|&channel| channel == 0));
    }

    #[test]
    fn any_shape_can_be_scaled() {
        for (width, height) in [(1, 1), (20_000, 2), (1, 3000)] {
            let raster = gradient(width, height);
            for filter in [Filter::Area, Filter::Cubic, Filter::Plain] {
                assert_eq!(raster.scaled(224, 32, filter).bytes().len(), 224 * 32 * 3);
            }
        }
    }

    #[test]
    fn a_quarter_to_the_left_twice_is_upside_down() {
        let raster = gradient(7, 3);
        assert_eq!(
            raster.turned_left().turned_left().bytes(),
            raster.turned().bytes()
        );
        // The right edge becomes the top.
        assert_eq!(raster.turned_left().pixel(0, 0), Some([6.0, 0.0, 7.0]));
    }

    #[test]
    fn warping_by_nothing_changes_nothing() {
        let raster = gradient(20, 10);
        let same = Affine {
            x: [1.0, 0.0, 0.0],
            y: [0.0, 1.0, 0.0],
        };
        assert_eq!(raster.warped(&same, 20, 10).bytes(), raster.bytes());
        assert_eq!(raster.warped_cubic(&same, 20, 10).bytes(), raster.bytes());
    }

    #[test]
    fn transparent_pixels_are_white_and_no_pixels_an_error() {
        let frame = |size, pixels: Vec<u8>| Frame::new(size, Layout::Rgba, pixels).unwrap();
        let raster = Raster::of(&frame(Size::new(1, 1), vec![9, 9, 9, 0])).unwrap();
        assert_eq!(raster.bytes(), [255, 255, 255]);
        let none = Raster::of(&frame(Size::new(0, 5), vec![]));
        assert!(matches!(none, Err(Error::Empty)));
    }
}
