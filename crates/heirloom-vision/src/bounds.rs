//! Boxes in a picture.

/// A box, as fractions of the picture's width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub x1: f32,
    pub y1: f32,
    pub x2: f32,
    pub y2: f32,
}

impl Bounds {
    /// The part inside the picture.
    pub(crate) fn clipped(self) -> Self {
        let clip = |value: f32| value.clamp(0.0, 1.0);
        Self {
            x1: clip(self.x1),
            y1: clip(self.y1),
            x2: clip(self.x2),
            y2: clip(self.y2),
        }
    }

    pub(crate) fn scaled(self, across: f32, down: f32) -> Self {
        Self {
            x1: self.x1 * across,
            y1: self.y1 * down,
            x2: self.x2 * across,
            y2: self.y2 * down,
        }
    }

    pub(crate) fn centre(self) -> (f32, f32) {
        (
            f32::midpoint(self.x1, self.x2),
            f32::midpoint(self.y1, self.y2),
        )
    }

    pub(crate) fn longer_side(self) -> f32 {
        (self.x2 - self.x1).max(self.y2 - self.y1)
    }

    fn area(self) -> f32 {
        (self.x2 - self.x1).max(0.0) * (self.y2 - self.y1).max(0.0)
    }

    fn shared(self, other: Self) -> f32 {
        let both = Self {
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
            x2: self.x2.min(other.x2),
            y2: self.y2.min(other.y2),
        };
        both.area()
    }

    /// The share of the smaller box that lies in the larger one.
    pub(crate) fn contains(self, other: Self) -> f32 {
        self.shared(other) / self.area().min(other.area()).max(f32::MIN_POSITIVE)
    }

    /// What both cover, as a share of what they cover together.
    pub(crate) fn overlap(self, other: Self) -> f32 {
        let both = self.shared(other);
        both / (self.area() + other.area() - both).max(f32::MIN_POSITIVE)
    }
}

/// The best first; those that overlap a better one too much are dropped.
pub(crate) fn distinct<T>(
    mut found: Vec<T>,
    score: impl Fn(&T) -> f32,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    found.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut kept: Vec<T> = Vec::new();
    for one in found {
        if !kept.iter().any(|better| same(better, &one)) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_overlapping_boxes_stays() {
        let square = |x1: f32, score: f32| {
            let bounds = Bounds {
                x1,
                y1: 0.0,
                x2: x1 + 0.2,
                y2: 0.2,
            };
            (bounds, score)
        };
        let kept = distinct(
            vec![square(0.0, 0.5), square(0.02, 0.9), square(0.5, 0.4)],
            |one| one.1,
            |a, b| a.0.overlap(b.0) > 0.5,
        );
        assert_eq!(kept, [square(0.02, 0.9), square(0.5, 0.4)]);
    }
}
