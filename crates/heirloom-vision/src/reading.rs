//! Text in a picture.
//!
//! A cheap look at a small picture first: the few places that look most like text are read, and where none of them can be
//! read, as in most photos, it ends there. Then regions are found in the picture at full size ([`regions`]), cut out and
//! turned upright ([`strips`]), recognised in batches of like width and turned into characters ([`characters`]). What is
//! not surely text is dropped.

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
    Result, Vision,
    planes::{Planes, Scale},
    raster::{Filter, Raster},
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
        if !self.glimpse(&raster, priority).await? {
            return Ok(Vec::new());
        }
        self.read_raster(raster, priority).await
    }

    /// As [`Self::read`], but without the cheap look: finds more in pictures that hardly seem to have text, and costs far
    /// more in the many that have none.
    pub async fn read_thoroughly(&self, frame: &Frame, priority: Priority) -> Result<Vec<Line>> {
        let shared = frame.clone();
        let raster = aside(move || Raster::of(&shared)).await??;
        self.read_raster(raster, priority).await
    }

    /// Whether there seems to be text.
    async fn glimpse(&self, raster: &Raster, priority: Priority) -> Result<bool> {
        let size = quick_size(raster.width, raster.height);
        let map = self.find_text(raster, size, Filter::Area, priority).await?;
        let shared = raster.clone();
        let strips = aside(move || strips::cut(&shared, regions::glimpse(&map, GLIMPSES))).await?;
        let is_turned = !strips.is_empty() && self.seem_turned(&strips, priority).await?;
        for strip in strips {
            let upright = if is_turned { strip.turned() } else { strip };
            let words = self.recognise(&[upright], priority).await?;
            if words.iter().any(Words::are_likely) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn read_raster(&self, raster: Raster, priority: Priority) -> Result<Vec<Line>> {
        let size = full_size(raster.width, raster.height);
        let map = self
            .find_text(&raster, size, Filter::Plain, priority)
            .await?;
        let shared = raster.clone();
        let strips = aside(move || strips::cut(&shared, regions::find(&map))).await?;
        let strips = self.upright(strips, priority).await?;
        let words = self.recognise(&strips, priority).await?;
        let lines = strips
            .into_iter()
            .zip(words)
            .filter(|(_, words)| words.are_plausible());
        Ok(lines
            .map(|(strip, words)| line(&raster, &strip.region, words))
            .collect())
    }

    async fn find_text(
        &self,
        raster: &Raster,
        (width, height): (u32, u32),
        filter: Filter,
        priority: Priority,
    ) -> Result<Map> {
        let shared = raster.clone();
        let image = aside(move || {
            let mut planes = Planes::new(1, width, height);
            planes.put(0, &shared.scaled(width, height, filter), Scale::PADDLE);
            planes.tensor()
        });
        let inputs = vec![("x", image.await?)];
        let mut answer = self.ask(DETECTOR, inputs, &[OUTPUT], priority).await?;
        let (columns, rows) = (width as usize, height as usize);
        let values = answer.floats(OUTPUT, &[1, 1, rows, columns])?;
        Ok(Map::new(columns, values, (raster.width, raster.height)))
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
        let as_it_is = score(self.recognise(&judges, priority).await?);
        if score(self.recognise(&turned, priority).await?) <= as_it_is {
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

    /// The words of each strip, in their order.
    async fn recognise(&self, strips: &[Strip], priority: Priority) -> Result<Vec<Words>> {
        let mut order: Vec<usize> = (0..strips.len()).collect();
        order.sort_by_key(|index| strips[*index].width());
        let mut words = vec![Words::default(); strips.len()];
        for batch in batches(strips, &order) {
            let chosen: Vec<Strip> = batch.iter().map(|index| strips[*index].clone()).collect();
            let image = aside(move || strips::for_recognition(&chosen)).await?;
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
}
