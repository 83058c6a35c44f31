//! Pixels to tensors.

use heirloom_inference::Tensor;

use crate::raster::Raster;

/// A batch of pictures of one size, one plane a channel, filled from the top left corner.
#[derive(Debug)]
pub(crate) struct Planes {
    count: usize,
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// What becomes of a channel's 0 to 255, and in which order the channels go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    factor: [f32; 3],
    shift: [f32; 3],
    channels: [usize; 3],
}

impl Scale {
    /// As they are: the model does the rest.
    pub(crate) const BYTES: Self = Self {
        factor: [1.0; 3],
        shift: [0.0; 3],
        channels: [0, 1, 2],
    };
    /// EfficientNet-Lite: `(v - 127) / 128`.
    pub(crate) const LITE: Self = Self {
        factor: [1.0 / 128.0; 3],
        shift: [-127.0 / 128.0; 3],
        channels: [0, 1, 2],
    };
    /// SCRFD: `(v - 127.5) / 128`.
    pub(crate) const SCRFD: Self = Self {
        factor: [1.0 / 128.0; 3],
        shift: [-127.5 / 128.0; 3],
        channels: [0, 1, 2],
    };
    /// ArcFace: -1 to 1.
    pub(crate) const ARC_FACE: Self = Self {
        factor: [2.0 / 255.0; 3],
        shift: [-1.0; 3],
        channels: [0, 1, 2],
    };
    /// PaddleOCR: -1 to 1, blue first.
    pub(crate) const PADDLE: Self = Self {
        factor: [2.0 / 255.0; 3],
        shift: [-1.0; 3],
        channels: [2, 1, 0],
    };

    /// What is to have that mean and deviation of each channel, both of 0 to 1, gets 0 and 1.
    pub(crate) fn standardised(mean: [f32; 3], deviation: [f32; 3]) -> Self {
        Self {
            factor: deviation.map(|deviation| 1.0 / (255.0 * deviation)),
            shift: std::array::from_fn(|channel| -mean[channel] / deviation[channel]),
            channels: [0, 1, 2],
        }
    }
}

impl Planes {
    /// Zeros.
    pub(crate) fn new(count: usize, width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            count,
            width,
            height,
            values: vec![0.0; count * 3 * width * height],
        }
    }

    /// Writes one picture; it is not larger than the planes.
    pub(crate) fn put(&mut self, index: usize, raster: &Raster, scale: Scale) {
        let area = self.width * self.height;
        let row = raster.width as usize;
        for (plane, channel) in scale.channels.into_iter().enumerate() {
            let (factor, shift) = (scale.factor[channel], scale.shift[channel]);
            let start = (index * 3 + plane) * area;
            let target = &mut self.values[start..start + area];
            let lines = raster.bytes().chunks_exact(row * 3);
            for (line, pixels) in target.chunks_exact_mut(self.width).zip(lines) {
                for (value, pixel) in line.iter_mut().zip(pixels.chunks_exact(3)) {
                    *value = f32::from(pixel[channel]) * factor + shift;
                }
            }
        }
    }

    pub(crate) fn tensor(self) -> Tensor {
        Tensor::f32(vec![self.count, 3, self.height, self.width], self.values)
            .expect("planes fill their shape")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_deviations_are_taken_out_of_each_channel() {
        let raster = Raster::own(1, 1, vec![255, 51, 0]);
        let mut planes = Planes::new(1, 1, 1);
        planes.put(
            0,
            &raster,
            Scale::standardised([0.5, 0.2, 0.0], [0.5, 0.1, 0.2]),
        );
        let tensor = planes.tensor();
        for (value, wanted) in tensor.as_f32().unwrap().iter().zip([1.0, 0.0, 0.0]) {
            assert!((value - wanted).abs() < 1e-6, "{value} {wanted}");
        }
    }

    #[test]
    fn channels_lie_apart_and_the_rest_stays_zero() {
        let raster = Raster::own(1, 2, vec![0, 127, 255, 255, 127, 0]);
        let mut planes = Planes::new(2, 2, 2);
        planes.put(1, &raster, Scale::PADDLE);
        let tensor = planes.tensor();
        let values = tensor.as_f32().unwrap();
        assert_eq!(tensor.shape(), [2, 3, 2, 2]);
        assert!(values[..12].iter().all(|&value| value == 0.0));
        assert_eq!(values[12..16], [1.0, 0.0, -1.0, 0.0]);
        assert_eq!(values[20..24], [-1.0, 0.0, 1.0, 0.0]);
    }
}
