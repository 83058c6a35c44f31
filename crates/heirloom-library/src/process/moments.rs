//! A video is found by what happens in it, not only by how it begins: its key frames are looked at, each at its time.

use heirloom_store::assets::Asset;
use heirloom_types::frame::Frame;
use heirloom_vision::{
    Priority, Vision,
    keyframes::{self, Luma},
};

use super::{StageFailure, sight::Moments};
use crate::Library;

/// Frames to choose from, at most; of a longer video they lie further apart.
const FRAMES_MAX: usize = 240;
/// Their shorter side, in pixels: what a model looks at.
const SIDE: u32 = 240;
/// About how wide the grey pictures are by which scenes are told apart.
const LUMA_WIDTH: usize = 128;

impl Library {
    /// Adds what the key frames of a video mean to each model, with their milliseconds. The one that stands for the
    /// beginning is left out: the poster speaks for it. Nobody looks for faces in them, so nothing is said of people either.
    pub(super) async fn add_moments(
        &self,
        asset: &Asset,
        vectors: &mut [(Vision, Moments)],
        priority: Priority,
    ) -> Result<(), StageFailure> {
        let file = self.original(asset).await?;
        let probe = self.video.probe(&file).await?;
        let seen = self.video.moments(&file, &probe, SIDE, FRAMES_MAX).await?;
        let seconds: Vec<f64> = seen.iter().map(|moment| moment.seconds).collect();
        let (seen, chosen) = tokio::task::spawn_blocking(move || {
            let grey: Vec<Luma> = seen
                .iter()
                .filter_map(|moment| luma(&moment.frame))
                .collect();
            let chosen = keyframes::choose(&grey, &seconds);
            (seen, chosen)
        })
        .await
        .map_err(StageFailure::passing)?;
        for moment in chosen.into_iter().filter_map(|index| seen.get(index)) {
            let milliseconds = (moment.seconds * 1000.0).round() as i64;
            if milliseconds > 0 {
                for (vision, moments) in &mut *vectors {
                    let look = vision.look(&moment.frame, priority).await?;
                    moments.push((milliseconds, look.embedding));
                }
            }
        }
        Ok(())
    }
}

/// The frame in grey, every few pixels one.
fn luma(frame: &Frame) -> Option<Luma> {
    let (width, channels) = (frame.size().width as usize, frame.layout().channels());
    let step = (width / LUMA_WIDTH).max(1);
    let grey = |pixel: &[u8]| {
        let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(pixel[channel]));
        ((red * 54 + green * 183 + blue * 19) / 256) as u8
    };
    let pixels: Vec<u8> = frame
        .pixels()
        .chunks_exact(width * channels)
        .step_by(step)
        .flat_map(|row| row.chunks_exact(channels).step_by(step).map(grey))
        .collect();
    Luma::new(width.div_ceil(step), pixels)
}

#[cfg(test)]
mod tests {
    use heirloom_types::{frame::Layout, geometry::Size};

    use super::*;

    #[test]
    fn scenes_of_any_shape_are_told_apart() {
        for size in [Size::new(427, 240), Size::new(240, 427), Size::new(60, 40)] {
            let of = |shade: fn(u32, u32) -> u32| {
                let (width, height) = (size.width, size.height);
                let pixels: Vec<u8> = (0..height)
                    .flat_map(|y| (0..width).map(move |x| (x * 255 / width, y * 255 / height)))
                    .flat_map(|(x, y)| [shade(x, y) as u8; 3])
                    .collect();
                luma(&Frame::new(size, Layout::Rgb, pixels).unwrap()).unwrap()
            };
            let (left, upside) = (|x, _| x / 2 + 30, |_, y: u32| 255 - y);
            let frames = [of(left), of(left), of(upside), of(upside)];
            let chosen = keyframes::choose(&frames, &[0.0, 1.0, 2.0, 3.0]);
            assert_eq!(chosen.len(), 2, "{size:?}");
            assert!(chosen[0] < 2 && chosen[1] >= 2);
        }
    }
}
