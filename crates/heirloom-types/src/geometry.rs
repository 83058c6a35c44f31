//! Sizes in pixels.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Scales down, keeping the shape, until the *shorter* side is at most `limit`; never scales up. A side stays at
    /// least one pixel.
    pub fn shorter_side_at_most(self, limit: u32) -> Self {
        self.scaled(f64::from(limit) / f64::from(self.width.min(self.height).max(1)))
    }

    /// Scales down, keeping the shape, until the *longer* side is at most `limit`; never scales up.
    pub fn longer_side_at_most(self, limit: u32) -> Self {
        self.scaled(f64::from(limit) / f64::from(self.width.max(self.height).max(1)))
    }

    fn scaled(self, factor: f64) -> Self {
        if factor >= 1.0 {
            return self;
        }
        let side = |length: u32| (f64::from(length) * factor).round().max(1.0) as u32;
        Self::new(side(self.width), side(self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_keeps_the_shape_and_never_enlarges() {
        assert_eq!(
            Size::new(4000, 3000).shorter_side_at_most(1440),
            Size::new(1920, 1440)
        );
        assert_eq!(
            Size::new(4000, 3000).longer_side_at_most(1440),
            Size::new(1440, 1080)
        );
        assert_eq!(
            Size::new(100, 50).longer_side_at_most(1440),
            Size::new(100, 50)
        );
        assert_eq!(
            Size::new(20000, 2).longer_side_at_most(250),
            Size::new(250, 1)
        );
    }
}
