//! Which frames of a video stand for it. Pure arithmetic over small grey pictures.

use crate::quality;

/// Frames differ by their brightness in this grid of cells, and by its distribution.
const GRID: usize = 8;
const BINS: usize = 16;
/// A change this large is a new scene, whatever the video does otherwise.
const CUT: f32 = 0.32;
/// A smaller change is a new scene if it stands out this much from the changes around it.
const STANDS_OUT: f32 = 4.0;
const CUT_MIN: f32 = 0.12;
/// Changes before and after that say what is usual here.
const AROUND: usize = 5;
/// A scene that has drifted this far from its key frame (a pan, a walk) gets another one, but not more often than
/// every so many seconds.
const DRIFT: f32 = 0.25;
const DRIFT_SECONDS: f64 = 3.0;
/// And so does one that lasts longer than this, in seconds, if anything in it moves.
const LONG: f64 = 30.0;
const MOVES: f32 = 0.05;
/// Darker or flatter frames (between scenes, under titles) are not shown if there are others.
const DARK: f32 = 16.0;
const FLAT: f32 = 4.0;
/// More key frames than this are thinned out evenly.
const FRAMES_MAX: usize = 64;

/// A frame of a video, small (some 64 to 160 pixels wide) and grey.
#[derive(Clone, Debug)]
pub struct Luma {
    width: usize,
    pixels: Vec<u8>,
}

impl Luma {
    /// `None` when the pixels do not fill rows of this width.
    pub fn new(width: usize, pixels: Vec<u8>) -> Option<Self> {
        let fills = width > 0 && !pixels.is_empty() && pixels.len().is_multiple_of(width);
        fills.then_some(Self { width, pixels })
    }
}

/// Chooses one frame for each scene, and more where a scene wanders: the indices, in order. `seconds` says when each
/// frame is shown; frames without a time are left out. Of a video with any frame at least one is chosen.
pub fn choose(frames: &[Luma], seconds: &[f64]) -> Vec<usize> {
    let count = frames.len().min(seconds.len());
    let prints: Vec<Print> = frames[..count].iter().map(Print::of).collect();
    let mut chosen = Vec::new();
    for scene in scenes(&prints) {
        let mut start = scene.start;
        for at in scene.clone() {
            let (lasted, drift) = (
                seconds[at] - seconds[start],
                prints[start].distance(&prints[at]),
            );
            let is_far = lasted >= DRIFT_SECONDS && drift > DRIFT;
            let is_late = lasted > LONG && drift > MOVES;
            if is_far || is_late {
                chosen.push(best(&prints, start..at));
                start = at;
            }
        }
        chosen.push(best(&prints, start..scene.end));
    }
    let shown = |index: &usize| prints[*index].is_shown();
    if chosen.iter().any(shown) {
        chosen.retain(shown);
    } else {
        chosen.truncate(1);
    }
    thinned(chosen)
}

/// What is compared of a frame.
struct Print {
    cells: [f32; GRID * GRID],
    bins: [f32; BINS],
    mean: f32,
    spread: f32,
    sharpness: f32,
}

impl Print {
    fn of(frame: &Luma) -> Self {
        let (width, height) = (frame.width, frame.pixels.len() / frame.width);
        let mut sums = [(0.0f32, 0u32); GRID * GRID];
        let mut bins = [0.0; BINS];
        let share = 1.0 / frame.pixels.len() as f32;
        for (index, value) in frame.pixels.iter().enumerate() {
            let (column, row) = (index % width * GRID / width, index / width * GRID / height);
            let (sum, count) = &mut sums[row * GRID + column];
            *sum += f32::from(*value);
            *count += 1;
            bins[usize::from(*value) * BINS / 256] += share;
        }
        let cells = sums.map(|(sum, count)| sum / count.max(1) as f32);
        let mean = frame
            .pixels
            .iter()
            .map(|value| f32::from(*value))
            .sum::<f32>()
            * share;
        let square = |value: &u8| (f32::from(*value) - mean).powi(2);
        Self {
            cells,
            bins,
            mean,
            spread: (frame.pixels.iter().map(square).sum::<f32>() * share).sqrt(),
            sharpness: quality::sharpness(&frame.pixels, width),
        }
    }

    /// 0 for the same picture, 1 for black and white. A flash or a slow change of light counts little: cells are
    /// compared without the mean.
    fn distance(&self, other: &Self) -> f32 {
        let shift = self.mean - other.mean;
        let pairs = self.cells.iter().zip(other.cells);
        let cells = pairs.map(|(a, b)| (a - b - shift).abs()).sum::<f32>() / (GRID * GRID) as f32;
        let pairs = self.bins.iter().zip(other.bins);
        let bins = pairs.map(|(a, b)| (a - b).abs()).sum::<f32>() / 2.0;
        (cells / 64.0).min(1.0) * 0.6 + bins * 0.4
    }

    fn is_shown(&self) -> bool {
        self.mean > DARK && self.spread > FLAT
    }
}

/// Runs of frames without a cut.
fn scenes(prints: &[Print]) -> Vec<std::ops::Range<usize>> {
    let changes: Vec<f32> = prints
        .windows(2)
        .map(|pair| pair[0].distance(&pair[1]))
        .collect();
    let is_cut = |at: usize| {
        let change = changes[at];
        let around = at.saturating_sub(AROUND)..(at + 1 + AROUND).min(changes.len());
        let others = around.clone().filter(|other| *other != at);
        let usual =
            others.map(|other| changes[other]).sum::<f32>() / (around.len() - 1).max(1) as f32;
        change > CUT || (change > CUT_MIN && change > usual * STANDS_OUT)
    };
    let cuts = (0..changes.len()).filter(|at| is_cut(*at)).map(|at| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(cuts).collect();
    let ends = starts[1..].iter().copied().chain([prints.len()]);
    let scenes = starts.iter().zip(ends).map(|(start, end)| *start..end);
    scenes.filter(|scene| !scene.is_empty()).collect()
}

/// The sharpest frame of the middle half: the first and last ones are often blurred or faded.
fn best(prints: &[Print], scene: std::ops::Range<usize>) -> usize {
    let margin = scene.len() / 4;
    let middle = scene.start + margin..scene.end - margin;
    let value = |index: &usize| prints[*index].sharpness + f32::from(prints[*index].is_shown());
    // The first of equals.
    let best = middle.rev().max_by(|a, b| value(a).total_cmp(&value(b)));
    best.unwrap_or(scene.start)
}

fn thinned(chosen: Vec<usize>) -> Vec<usize> {
    if chosen.len() <= FRAMES_MAX {
        return chosen;
    }
    (0..FRAMES_MAX)
        .map(|index| chosen[index * chosen.len() / FRAMES_MAX])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of brightness that follow from the seed, moved by `shift` pixels.
    fn frame(seed: u32, shift: usize) -> Luma {
        let value = |x: usize, y: usize| {
            let block = ((x + shift) / 12 * 31 + y / 12) as u32;
            let mixed = (block + 1)
                .wrapping_mul(2_654_435_761)
                .wrapping_add(seed.wrapping_mul(40_503_017));
            (mixed.wrapping_mul(2_246_822_519) >> 24) as u8
        };
        let pixels = (0..54)
            .flat_map(|y| (0..96).map(move |x| value(x, y)))
            .collect();
        Luma::new(96, pixels).unwrap()
    }

    fn black() -> Luma {
        Luma::new(96, vec![3; 96 * 54]).unwrap()
    }

    fn chosen(frames: &[Luma]) -> Vec<usize> {
        let seconds: Vec<f64> = (0..frames.len()).map(|index| index as f64).collect();
        choose(frames, &seconds)
    }

    #[test]
    fn each_scene_gives_one_frame() {
        let frames: Vec<Luma> = (0..30).map(|index| frame(index / 10, 0)).collect();
        let indices = chosen(&frames);
        assert_eq!(
            indices.iter().map(|index| index / 10).collect::<Vec<_>>(),
            [0, 1, 2]
        );
    }

    #[test]
    fn a_still_video_has_one_key_frame_and_a_pan_several() {
        assert_eq!(chosen(&vec![frame(5, 0); 100]).len(), 1);
        let pan: Vec<Luma> = (0..100).map(|index| frame(5, index * 2)).collect();
        let count = chosen(&pan).len();
        assert!((3..=40).contains(&count), "{count}");
    }

    #[test]
    fn black_is_shown_only_if_there_is_nothing_else() {
        let frames = [vec![black(); 5], vec![frame(1, 0); 5], vec![black(); 5]].concat();
        let indices = chosen(&frames);
        assert_eq!(indices.len(), 1);
        assert!((5..10).contains(&indices[0]));
        assert_eq!(chosen(&vec![black(); 5]).len(), 1);
    }

    #[test]
    fn a_brighter_light_is_no_new_scene() {
        let brighter = |by: u8| {
            let Luma { width, pixels } = frame(9, 0);
            let pixels = pixels
                .into_iter()
                .map(|value| (value / 2).saturating_add(by))
                .collect();
            Luma::new(width, pixels).unwrap()
        };
        let frames: Vec<Luma> = (0..20).map(|index| brighter(20 + index)).collect();
        assert_eq!(chosen(&frames).len(), 1);
    }

    #[test]
    fn nothing_and_nonsense_give_nothing_and_no_panic() {
        assert!(choose(&[], &[]).is_empty());
        assert!(choose(&[frame(1, 0)], &[]).is_empty());
        assert_eq!(choose(&[frame(1, 0)], &[f64::NAN]), [0]);
        assert!(Luma::new(0, vec![]).is_none());
        assert!(Luma::new(7, vec![0; 8]).is_none());
        let flicker: Vec<Luma> = (0..1000).map(|index| frame(index, 0)).collect();
        assert_eq!(chosen(&flicker).len(), FRAMES_MAX);
    }
}
