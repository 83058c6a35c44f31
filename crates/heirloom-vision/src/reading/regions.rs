//! From the detector's map of probabilities to rectangles around lines of text.

use crate::raster::Window;

/// What counts as a line of text.
#[derive(Clone, Copy, Debug)]
struct Demands {
    /// Above this a pixel belongs to text.
    pixel: f32,
    /// Mean probability from which a rectangle is a line.
    line: f32,
    /// Shorter sides of a line's core and of its grown rectangle, in pixels of the map.
    core: f64,
    grown: f64,
}

/// Of a thorough look.
const SURE: Demands = Demands {
    pixel: 0.3,
    line: 0.5,
    core: 3.0,
    grown: 5.0,
};
/// Of a cheap look, which must miss little.
const LIKELY: Demands = Demands {
    pixel: 0.2,
    line: 0.25,
    core: 1.5,
    grown: 3.0,
};
/// The detector marks the core of a line; its rectangle grows by area * this / circumference on each side.
const GROWTH: f64 = 1.6;
/// A side of at most this many pixels of the picture is no text.
const SIDE_MIN: f64 = 3.0;
/// A picture with more lines is a pattern; the first are enough.
const REGIONS_MAX: usize = 1000;
/// From this probability on, and so far around it, a closer look may find text where a cheap one saw next to nothing; the
/// latter in pixels of the map.
const TRACE: f32 = 0.02;
const TRACE_MARGIN: usize = 48;

/// Where the detector sees text: a probability for every pixel of what it looked at.
pub(super) struct Map {
    width: usize,
    values: Vec<f32>,
    /// The part of the picture that it shows.
    part: Window,
}

/// A rectangle around a line of text.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// Top left, top right, bottom right, bottom left; in pixels of the picture.
    pub(super) corners: [(f64, f64); 4],
    pub(super) score: f32,
}

impl Map {
    pub(super) fn new(width: usize, values: Vec<f32>, part: Window) -> Self {
        Self {
            width,
            values,
            part,
        }
    }

    fn height(&self) -> usize {
        self.values.len() / self.width
    }

    /// Pixels of the picture for one of the map, across and down.
    fn unit(&self) -> (f64, f64) {
        (
            self.part.width / self.width as f64,
            self.part.height / self.height() as f64,
        )
    }

    /// From the map's pixels to the picture's.
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (across, down) = self.unit();
        (self.part.left + x * across, self.part.top + y * down)
    }
}

impl Region {
    /// Length of the top or bottom side, whichever is longer.
    pub(super) fn width(&self) -> f64 {
        let [tl, tr, br, bl] = self.corners;
        distance(tl, tr).max(distance(bl, br))
    }

    pub(super) fn height(&self) -> f64 {
        let [tl, tr, br, bl] = self.corners;
        distance(tl, bl).max(distance(tr, br))
    }
}

/// All lines, in the order they are read.
pub(super) fn find(map: &Map) -> Vec<Region> {
    in_reading_order(regions(map, SURE))
}

/// What may be lines, the largest and surest first.
pub(super) fn glimpse(map: &Map, most: usize) -> Vec<Region> {
    let weight = |region: &Region| f64::from(region.score) * region.width() * region.height();
    let mut regions = regions(map, LIKELY);
    regions.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    regions.truncate(most);
    regions
}

/// The part of the picture outside of which there is not a trace of text.
pub(super) fn traces(map: &Map) -> Window {
    let is_trace = |at: usize| map.values[at] > TRACE;
    let columns = (0..map.width).filter(|x| (0..map.height()).any(|y| is_trace(y * map.width + x)));
    let rows = (0..map.height()).filter(|y| (0..map.width).any(|x| is_trace(y * map.width + x)));
    let (left, right) = with_margin(columns, map.width);
    let (top, bottom) = with_margin(rows, map.height());
    let (from, to) = (map.place((left, top)), map.place((right, bottom)));
    Window {
        left: from.0,
        top: from.1,
        width: to.0 - from.0,
        height: to.1 - from.1,
    }
}

/// From the first to the last place and further on both sides; all when there is none.
fn with_margin(places: impl Iterator<Item = usize>, limit: usize) -> (f64, f64) {
    let range = places.fold(None, |range, place| match range {
        None => Some((place, place)),
        Some((first, _)) => Some((first, place)),
    });
    let (first, last) = range.unwrap_or((0, limit));
    let start = first.saturating_sub(TRACE_MARGIN);
    let end = (last + 1 + TRACE_MARGIN).min(limit);
    (start as f64, end as f64)
}

fn regions(map: &Map, demands: Demands) -> Vec<Region> {
    let mut regions = Vec::new();
    blobs(dilated(map, demands.pixel), map.width, |outline| {
        if regions.len() < REGIONS_MAX {
            regions.extend(region(map, outline, demands));
        }
    });
    regions
}

/// A pixel's text spreads to the right and down, which joins what is one pixel apart.
fn dilated(map: &Map, least: f32) -> Vec<bool> {
    let is_text = |x: usize, y: usize| map.values[y * map.width + x] > least;
    let places = (0..map.height()).flat_map(|y| (0..map.width).map(move |x| (x, y)));
    let spread = |(x, y): (usize, usize)| {
        let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
        is_text(x, y) || is_text(left, y) || is_text(x, up) || is_text(left, up)
    };
    places.map(spread).collect()
}

/// Calls with the ends of every row's runs of each blob (diagonal neighbours touch).
fn blobs(mut mask: Vec<bool>, width: usize, mut found: impl FnMut(&[(i32, i32)])) {
    let height = mask.len() / width;
    let mut stack = Vec::new();
    let mut outline = Vec::new();
    let whole = mask.clone();
    for start in 0..mask.len() {
        if !mask[start] {
            continue;
        }
        outline.clear();
        mask[start] = false;
        stack.push(start);
        while let Some(at) = stack.pop() {
            let (x, y) = (at % width, at / width);
            let is_end = x == 0 || x + 1 == width || !whole[at - 1] || !whole[at + 1];
            if is_end {
                outline.push((x as i32, y as i32));
            }
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = row * width + column;
                    if mask[next] {
                        mask[next] = false;
                        stack.push(next);
                    }
                }
            }
        }
        found(&outline);
    }
}

fn region(map: &Map, outline: &[(i32, i32)], demands: Demands) -> Option<Region> {
    let mut rectangle = Rectangle::around(&hull(outline.to_vec()))?;
    if rectangle.shorter_side() < demands.core {
        return None;
    }
    let score = rectangle.mean(map);
    if score < demands.line {
        return None;
    }
    rectangle.grow();
    if rectangle.shorter_side() < demands.grown {
        return None;
    }
    let region = Region {
        corners: ordered(rectangle.corners().map(|corner| map.place(corner))),
        score,
    };
    (region.width() > SIDE_MIN && region.height() > SIDE_MIN).then_some(region)
}

/// The points of the convex hull in order (Andrew's monotone chain).
fn hull(mut points: Vec<(i32, i32)>) -> Vec<(f64, f64)> {
    points.sort_unstable();
    points.dedup();
    let turn = |a: (i32, i32), b: (i32, i32), c: (i32, i32)| {
        i64::from(b.0 - a.0) * i64::from(c.1 - a.1) - i64::from(b.1 - a.1) * i64::from(c.0 - a.0)
    };
    let half = |points: &mut dyn Iterator<Item = (i32, i32)>| {
        let mut chain: Vec<(i32, i32)> = Vec::new();
        for point in points {
            while chain.len() > 1
                && turn(chain[chain.len() - 2], chain[chain.len() - 1], point) <= 0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut all = half(&mut points.iter().copied());
    all.extend(half(&mut points.iter().rev().copied()));
    all.into_iter()
        .map(|(x, y)| (f64::from(x), f64::from(y)))
        .collect()
}

/// A rectangle at any angle.
#[derive(Clone, Copy, Debug)]
struct Rectangle {
    centre: (f64, f64),
    /// The direction of `width`, of length one.
    along: (f64, f64),
    width: f64,
    height: f64,
}

impl Rectangle {
    /// The smallest around a convex polygon; one of its sides lies on one of the polygon's.
    fn around(hull: &[(f64, f64)]) -> Option<Self> {
        let sides = hull.iter().zip(hull.iter().cycle().skip(1));
        let rectangles = sides.filter_map(|(from, to)| {
            let length = distance(*from, *to);
            let along = ((to.0 - from.0) / length, (to.1 - from.1) / length);
            (length > 0.0).then(|| Self::along(hull, along))
        });
        rectangles.min_by(|a, b| (a.width * a.height).total_cmp(&(b.width * b.height)))
    }

    fn along(hull: &[(f64, f64)], along: (f64, f64)) -> Self {
        let mut range = [(f64::INFINITY, f64::NEG_INFINITY); 2];
        for (x, y) in hull {
            let places = [x * along.0 + y * along.1, y * along.0 - x * along.1];
            for (range, place) in range.iter_mut().zip(places) {
                *range = (range.0.min(place), range.1.max(place));
            }
        }
        let [(left, right), (top, bottom)] = range;
        let (u, v) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
        Self {
            centre: (u * along.0 - v * along.1, u * along.1 + v * along.0),
            along,
            width: right - left,
            height: bottom - top,
        }
    }

    fn shorter_side(&self) -> f64 {
        self.width.min(self.height)
    }

    fn grow(&mut self) {
        let by = self.width * self.height * GROWTH / (2.0 * (self.width + self.height));
        self.width += 2.0 * by;
        self.height += 2.0 * by;
    }

    fn corners(&self) -> [(f64, f64); 4] {
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(u, v)| {
            let (u, v) = (u * self.width, v * self.height);
            (
                self.centre.0 + u * self.along.0 - v * self.along.1,
                self.centre.1 + u * self.along.1 + v * self.along.0,
            )
        })
    }

    /// The mean probability inside.
    fn mean(&self, map: &Map) -> f32 {
        let corners = self.corners();
        let ends = |part: fn(&(f64, f64)) -> f64, limit: usize| {
            let values = corners.iter().map(part);
            let low = values
                .clone()
                .fold(f64::INFINITY, f64::min)
                .floor()
                .max(0.0);
            let high = values.fold(0.0, f64::max).ceil();
            low as usize..(high as usize + 1).min(limit)
        };
        let (mut sum, mut count) = (0.0, 0u32);
        for y in ends(|corner| corner.1, map.height()) {
            for x in ends(|corner| corner.0, map.width) {
                let (dx, dy) = (x as f64 - self.centre.0, y as f64 - self.centre.1);
                let u = dx * self.along.0 + dy * self.along.1;
                let v = dy * self.along.0 - dx * self.along.1;
                if u.abs() <= self.width / 2.0 + 0.5 && v.abs() <= self.height / 2.0 + 0.5 {
                    sum += map.values[y * map.width + x];
                    count += 1;
                }
            }
        }
        sum / count.max(1) as f32
    }
}

/// Top left, top right, bottom right, bottom left.
fn ordered(mut corners: [(f64, f64); 4]) -> [(f64, f64); 4] {
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [a, b, c, d] = corners;
    let (top_left, bottom_left) = if a.1 <= b.1 { (a, b) } else { (b, a) };
    let (top_right, bottom_right) = if c.1 <= d.1 { (c, d) } else { (d, c) };
    [top_left, top_right, bottom_right, bottom_left]
}

/// From top to bottom; what starts at about the same height from left to right.
fn in_reading_order(mut regions: Vec<Region>) -> Vec<Region> {
    regions.sort_by(|a, b| a.corners[0].1.total_cmp(&b.corners[0].1));
    let mut start = 0;
    for end in 1..=regions.len() {
        let is_new_row = regions.get(end).is_none_or(|next| {
            let last = &regions[end - 1];
            let step = next.corners[0].1 - last.corners[0].1;
            step > last.height().min(next.height()) / 2.0
        });
        if is_new_row {
            regions[start..end].sort_by(|a, b| a.corners[0].0.total_cmp(&b.corners[0].0));
            start = end;
        }
    }
    regions
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests;
