//! From which likeness on a picture is found.

/// How like a question a picture is that shows what is asked for. Measured in bench/quality: of questions that some
/// picture answers, the best picture reaches `best` for 99 of 100, and of questions that none answers one in ten does. What
/// comes after the best needs less: the order says enough, and half of it is right although it is far from the best.
pub(super) const SHOWS: Likeness = Likeness {
    best: 0.35,
    least: 0.2,
    share: 0.3,
};
/// How like another picture a picture is that shows the same.
pub(super) const RESEMBLES: Likeness = Likeness {
    best: 0.4,
    least: 0.4,
    share: 0.5,
};

/// Of models whose likenesses nobody has measured: the order says everything, but what points the other way is not found.
pub(super) const UNKNOWN: Likeness = Likeness {
    best: 0.0,
    least: f32::MIN_POSITIVE,
    share: 0.0,
};

/// Which likenesses (cosines) count as found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Likeness {
    /// Nothing is found unless the best reaches this.
    pub(super) best: f32,
    /// What is less like is not found.
    pub(super) least: f32,
    /// Nor is what is less like than this part of the best.
    pub(super) share: f32,
}

impl Likeness {
    /// The likeness from which pictures are found when this is the best one's.
    pub(super) fn bound(self, best: f32) -> f32 {
        if best < self.best {
            return f32::INFINITY;
        }
        self.least.max(best * self.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_answer_brings_fainter_ones_and_a_faint_one_brings_nothing() {
        assert!(SHOWS.bound(0.3).is_infinite());
        assert!((SHOWS.bound(0.4) - SHOWS.least).abs() < f32::EPSILON);
        assert!((SHOWS.bound(0.9) - 0.9 * SHOWS.share).abs() < f32::EPSILON);
        assert!(UNKNOWN.bound(0.0) > 0.0 && UNKNOWN.bound(0.9) <= 0.01);
    }
}
