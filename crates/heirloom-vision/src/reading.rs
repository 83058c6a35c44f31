//! Text in a picture.
//!
//! A cheap look at a small picture first: the few places that look most like text are read, and where none of them can be
//! read, as in most photos, it ends there. Then regions are found at full size ([`regions`]) in the part of the picture that
//! has traces of text, cut out and turned upright ([`strips`]), recognised in batches of like width and turned into
//! characters ([`characters`]). What is not surely text is dropped ([`belief`]).

mod belief;
mod characters;
mod regions;
mod strips;

use heirloom_inference::Priority;
use heirloom_types::frame::Frame;

use self::{
    characters::Words,
    regions::{Map, Region},
    strips::Strip,
};
use crate::{
    Error, Result, Vision,
    planes::{Planes, Scale},
    raster::{Filter, Raster, Window},
    vision::aside,
};

const DETECTOR: &str = "ocr_det";
const RECOGNISER: &str = "ocr_rec";
const DIRECTION: &str = "ocr_cls";
const OUTPUT: &str = "fetch_name_0";
const DIRECTION_OUTPUT: &str = "save_infer_model/scale_0.tmp_1";
/// Sides of what the detector sees are multiples of this.
const STEP: u32 = 32;
/// Longer side of the first, cheap look, and how many places are read in it at most.
const QUICK_SIDE: u32 = 640;
const GLIMPSES: usize = 4;
/// Narrower lines are filled up to this width for the recogniser. It was trained with the former, which costs twice as much
/// for a word; the latter is enough to say whether it is one.
const WIDTH_MIN: u32 = 320;
const GLIMPSE_WIDTH_MIN: u32 = 64;
/// A picture is enlarged for it by this at most.
const QUICK_FACTOR: f64 = 2.0;
/// Longer side of the thorough look.
const FULL_SIDE: u32 = 2000;
/// Small pictures are enlarged to this shorter side, as the detector was trained; panoramas only up to `LONGEST`.
const FULL_SIDE_MIN: u32 = 736;
const LONGEST: u32 = 4000;
/// How many lines say whether the picture is upside down.
const JUDGES: usize = 10;
/// Lines that go through the recogniser together, and their widths added up: its answer is 18,710 numbers for every
/// eight pixels.
const BATCH: usize = 8;
const BATCH_WIDTH: u32 = 3200;

/// A line of text in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Top left, top right, bottom right, bottom left as the text is read; fractions of the picture's width and height.
    pub corners: [[f32; 2]; 4],
    pub text: String,
    /// How sure it is that there is text, 0 to 1.
    pub box_score: f32,
    /// How sure the characters are, 0 to 1.
    pub text_score: f32,
}

impl Vision {
    /// Reads the text of a picture, from top to bottom. Only scripts of the pack's dictionary are read.
    pub async fn read(&self, frame: &Frame, priority: Priority) -> Result<Vec<Line>> {
        let shared = frame.clone();
        let raster = aside(move || Raster::of(&shared)).await??;
        match self.glimpse(&raster, priority).await? {
            Some(part) => self.read_part(raster, part, priority).await,
            None => Ok(Vec::new()),
        }
    }

    /// As [`Self::read`], but without the cheap look: finds more in pictures that hardly seem to have text, and costs far
    /// more in the many that have none.
    pub async fn read_thoroughly(&self, frame: &Frame, priority: Priority) -> Result<Vec<Line>> {
        let shared = frame.clone();
        let raster = aside(move || Raster::of(&shared)).await??;
        let whole = raster.whole();
        self.read_part(raster, whole, priority).await
    }

    /// The part of the picture in which there seems to be text.
    async fn glimpse(&self, raster: &Raster, priority: Priority) -> Result<Option<Window>> {
        let size = quick_size(raster.width, raster.height);
        let map = self
            .find_text(raster, raster.whole(), size, Filter::Area, priority)
            .await?;
        let part = regions::traces(&map);
        let shared = raster.clone();
        let strips = aside(move || {
            let strips = strips::cut(&shared, regions::glimpse(&map, GLIMPSES));
            strips.iter().map(Strip::beginning).collect::<Vec<_>>()
        });
        let is_text = self.are_text(&strips.await?, priority).await?;
        Ok(is_text.then_some(part))
    }

    /// Whether one of some strips can be read. Many seem to be upside down that are not, so that is tried last, and must
    /// convince.
    async fn are_text(&self, strips: &[Strip], priority: Priority) -> Result<bool> {
        let glimpsed = async |strip: Strip| {
            let words = self.recognise(&[strip], GLIMPSE_WIDTH_MIN, priority).await;
            Ok::<Words, Error>(words?.remove(0))
        };
        for strip in strips {
            if glimpsed(strip.clone()).await?.are_likely() {
                return Ok(true);
            }
        }
        if strips.is_empty() || !self.seem_turned(strips, priority).await? {
            return Ok(false);
        }
        for strip in strips {
            if glimpsed(strip.turned()).await?.are_plausible() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn read_part(
        &self,
        raster: Raster,
        part: Window,
        priority: Priority,
    ) -> Result<Vec<Line>> {
        let (part, size) = in_steps(part, &raster);
        let map = self
            .find_text(&raster, part, size, Filter::Plain, priority)
            .await?;
        let shared = raster.clone();
        let strips = aside(move || strips::cut(&shared, regions::find(&map))).await?;
        let strips = self.upright(strips, priority).await?;
        let words = self.recognise(&strips, WIDTH_MIN, priority).await?;
        let lines = belief::believed(strips.into_iter().zip(words).collect());
        Ok(lines
            .into_iter()
            .map(|(strip, words)| line(&raster, &strip.region, words))
            .collect())
    }

    async fn find_text(
        &self,
        raster: &Raster,
        part: Window,
        (width, height): (u32, u32),
        filter: Filter,
        priority: Priority,
    ) -> Result<Map> {
        let shared = raster.clone();
        let image = aside(move || {
            let mut planes = Planes::new(1, width, height);
            planes.put(0, &shared.cut(part, width, height, filter), Scale::PADDLE);
            planes.tensor()
        });
        let inputs = vec![("x", image.await?)];
        let mut answer = self.ask(DETECTOR, inputs, &[OUTPUT], priority).await?;
        let (columns, rows) = (width as usize, height as usize);
        let values = answer.floats(OUTPUT, &[1, 1, rows, columns])?;
        Ok(Map::new(columns, values, part))
    }

    /// Turns all lines when most are upside down. The classifier is unsure about single lines, so what it says of the
    /// whole picture counts, and only if the turned lines read better.
    async fn upright(&self, strips: Vec<Strip>, priority: Priority) -> Result<Vec<Strip>> {
        let mut judges: Vec<Strip> = strips.clone();
        judges.sort_by_key(|strip| std::cmp::Reverse(strip.width()));
        judges.truncate(JUDGES);
        if judges.is_empty() || !self.seem_turned(&judges, priority).await? {
            return Ok(strips);
        }
        judges.truncate(JUDGES / 2);
        let turned: Vec<Strip> = judges.iter().map(Strip::turned).collect();
        let score = |words: Vec<Words>| words.iter().map(|words| words.score).sum::<f32>();
        let as_it_is = score(self.recognise(&judges, WIDTH_MIN, priority).await?);
        if score(self.recognise(&turned, WIDTH_MIN, priority).await?) <= as_it_is {
            return Ok(strips);
        }
        Ok(strips.iter().rev().map(Strip::turned).collect())
    }

    async fn seem_turned(&self, strips: &[Strip], priority: Priority) -> Result<bool> {
        let (count, strips) = (strips.len(), strips.to_vec());
        let image = aside(move || strips::for_direction(&strips)).await?;
        let inputs = vec![("x", image)];
        let mut answer = self
            .ask(DIRECTION, inputs, &[DIRECTION_OUTPUT], priority)
            .await?;
        let chances = answer.floats(DIRECTION_OUTPUT, &[count, 2])?;
        let turned = chances.chunks_exact(2).filter(|pair| pair[1] > 0.5).count();
        Ok(turned * 2 > count)
    }

    /// The words of each strip, in their order. The recogniser sees at least `width_min` pixels of each.
    async fn recognise(
        &self,
        strips: &[Strip],
        width_min: u32,
        priority: Priority,
    ) -> Result<Vec<Words>> {
        let mut order: Vec<usize> = (0..strips.len()).collect();
        order.sort_by_key(|index| strips[*index].width());
        let mut words = vec![Words::default(); strips.len()];
        for batch in batches(strips, &order) {
            let chosen: Vec<Strip> = batch.iter().map(|index| strips[*index].clone()).collect();
            let image = aside(move || strips::for_recognition(&chosen, width_min)).await?;
            let inputs = vec![("x", image)];
            let mut answer = self.ask(RECOGNISER, inputs, &[OUTPUT], priority).await?;
            let classes = self.pack.dictionary.len() + 2;
            let chances = answer.floats(OUTPUT, &[batch.len(), 0, classes])?;
            let (pack, count) = (self.pack.clone(), batch.len());
            let read = aside(move || characters::decode(&pack.dictionary, &chances, count)).await?;
            for (index, read) in batch.iter().zip(read) {
                words[*index] = read;
            }
        }
        Ok(words)
    }
}

/// Runs of strips of like width that go through the recogniser together.
fn batches<'a>(strips: &[Strip], order: &'a [usize]) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let fits = |count: &usize| {
            let widest = strips[rest[*count - 1]].width();
            widest * (*count as u32) <= BATCH_WIDTH
        };
        let count = (1..=rest.len().min(BATCH))
            .take_while(fits)
            .last()
            .unwrap_or(1);
        let (batch, others) = rest.split_at(count);
        batches.push(batch);
        rest = others;
    }
    batches
}

fn line(raster: &Raster, region: &Region, words: Words) -> Line {
    let (width, height) = (raster.width as f32, raster.height as f32);
    let fraction = |(x, y): (f64, f64)| {
        [
            (x as f32 / width).clamp(0.0, 1.0),
            (y as f32 / height).clamp(0.0, 1.0),
        ]
    };
    Line {
        corners: region.corners.map(fraction),
        text: words.text,
        box_score: region.score,
        text_score: words.score,
    }
}

fn quick_size(width: u32, height: u32) -> (u32, u32) {
    let factor = f64::from(QUICK_SIDE) / f64::from(width.max(height));
    stepped(width, height, factor.min(QUICK_FACTOR))
}

fn full_size(width: u32, height: u32) -> (u32, u32) {
    let (width_f, height_f) = (f64::from(width), f64::from(height));
    let mut factor = (f64::from(FULL_SIDE) / width_f.max(height_f)).min(1.0);
    let shorter = width_f.min(height_f);
    if shorter * factor < f64::from(FULL_SIDE_MIN) {
        let longest = f64::from(LONGEST) / width_f.max(height_f);
        factor = (f64::from(FULL_SIDE_MIN) / shorter).min(longest.max(factor.min(longest)));
    }
    stepped(width, height, factor)
}

/// A part of a picture, grown to whole steps of the picture at full size, and the part's size there.
fn in_steps(part: Window, raster: &Raster) -> (Window, (u32, u32)) {
    let (columns, rows) = full_size(raster.width, raster.height);
    let (left, width, across) = side_in_steps(part.left, part.width, raster.width, columns);
    let (top, height, down) = side_in_steps(part.top, part.height, raster.height, rows);
    let grown = Window {
        left,
        top,
        width,
        height,
    };
    (grown, (across, down))
}

fn side_in_steps(from: f64, length: f64, side: u32, full: u32) -> (f64, f64, u32) {
    let (side, steps) = (f64::from(side), full / STEP);
    let step = side / f64::from(steps);
    let first = ((from / step).floor() as u32).min(steps - 1);
    let last = (((from + length) / step).ceil() as u32).clamp(first + 1, steps);
    let start = f64::from(first) * step;
    let end = (f64::from(last) * step).min(side);
    (start, end - start, (last - first) * STEP)
}

fn stepped(width: u32, height: u32, factor: f64) -> (u32, u32) {
    let side = |length: u32| {
        let steps = (f64::from(length) * factor / f64::from(STEP)).round();
        (steps as u32).max(1) * STEP
    };
    (side(width), side(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_whatever_the_picture() {
        assert_eq!(full_size(4000, 3000), (2016, 1504));
        assert_eq!(full_size(400, 300), (992, 736));
        assert_eq!(full_size(20_000, 200), (4000, 32));
        assert_eq!(full_size(1, 1), (736, 736));
        assert_eq!(quick_size(4000, 3000), (640, 480));
        assert_eq!(quick_size(20_000, 200), (640, 32));
        assert_eq!(quick_size(500, 400), (640, 512));
        assert_eq!(quick_size(1, 1), (32, 32));
    }

    #[test]
    fn a_part_grows_to_steps_of_the_full_size_and_stays_inside() {
        let raster = |width: u32, height: u32| {
            Raster::own(width, height, vec![0; (width * height * 3) as usize])
        };
        let window = |left, top, width, height| Window {
            left,
            top,
            width,
            height,
        };
        // Of 1440 by 1080 at full size, 45 by 34 steps, the picture has half.
        let picture = raster(720, 544);
        let (part, size) = in_steps(window(40.0, 0.5, 100.0, 30.0), &picture);
        let factor = f64::from(full_size(720, 544).0) / 720.0;
        assert!(part.left <= 40.0 && part.left + part.width >= 140.0);
        assert!(part.top == 0.0 && part.height >= 30.5);
        assert!((f64::from(size.0) - part.width * factor).abs() < 1e-6);
        assert!(size.0 < 300 && size.1 < 100, "{size:?}");
        for (width, height) in [(1, 1), (333, 777), (4000, 30), (719, 541)] {
            let picture = raster(width, height);
            let (whole, size) = in_steps(picture.whole(), &picture);
            assert_eq!(size, full_size(width, height));
            assert!((whole.width - f64::from(width)).abs() < 1e-9 && whole.left == 0.0);
            let corner = window(f64::from(width) - 0.1, f64::from(height) - 0.1, 0.1, 0.1);
            let (part, (across, down)) = in_steps(corner, &picture);
            assert!(part.left + part.width <= f64::from(width) && across >= STEP);
            picture.cut(part, across, down, Filter::Plain);
        }
    }
}
