//! Which lines of a picture to believe: each by itself, and all of them by what stands beside them.

use super::{characters::Words, strips::Strip};

/// From this share of its text on that cannot be read, a picture's text is in a script that the recogniser does not know,
/// and the rest only looks like Latin ("РЕСТОРАН" is read as "PECTOPAH" without any doubt). It is .79 or more on pages in such
/// scripts of which something seemed readable, .25 at most on pages that can be read, and below it in 72 of 74 photos.
const UNREADABLE_MAX: f32 = 0.67;
/// The detector is so sure of printed text; of leaves and windows it rarely is.
const PRINTED_MIN: f32 = 0.7;

/// The lines that are surely text.
pub(super) fn believed(lines: Vec<(Strip, Words)>) -> Vec<(Strip, Words)> {
    let (readable, rest): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|(_, words)| words.are_plausible());
    let printed = rest
        .iter()
        .filter(|(strip, _)| strip.region.score >= PRINTED_MIN);
    let unread: u32 = printed.map(|(strip, _)| strip.width()).sum();
    let read: u32 = readable.iter().map(|(strip, _)| strip.width()).sum();
    if unread as f32 > (unread + read) as f32 * UNREADABLE_MAX {
        return Vec::new();
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        raster::Raster,
        reading::{regions::Region, strips},
    };

    /// A line of that many pixels, how sure the detector is, what was read.
    fn line(width: u32, score: f32, text: &str, doubt: f32) -> (Strip, Words) {
        let raster = Raster::own(width, 48, vec![0; width as usize * 48 * 3]);
        let right = f64::from(width);
        let region = Region {
            corners: [(0.0, 0.0), (right, 0.0), (right, 48.0), (0.0, 48.0)],
            score,
        };
        let words = Words {
            text: text.to_owned(),
            score: 0.99,
            doubt,
        };
        (strips::cut(&raster, vec![region]).remove(0), words)
    }

    fn shown(lines: Vec<(Strip, Words)>) -> Vec<String> {
        let texts = believed(lines).into_iter().map(|(_, words)| words.text);
        texts.collect()
    }

    #[test]
    fn what_only_looks_latin_among_lines_of_another_script_is_not_shown() {
        let page = |score| {
            vec![
                line(600, score, "Mam a p", 1.2),
                line(230, score, "PECTOPAH", 0.0),
                line(500, score, "", 3.0),
            ]
        };
        assert!(shown(page(0.85)).is_empty());
        // The detector itself doubts that there are other lines.
        assert_eq!(shown(page(0.6)), ["PECTOPAH"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_does_not_hide_the_others() {
        let sign = vec![
            line(300, 0.85, "Hotel Bellevue", 0.02),
            line(320, 0.85, "οδ  εν", 0.9),
            line(100, 0.8, "24/7", 0.01),
        ];
        assert_eq!(shown(sign), ["Hotel Bellevue", "24/7"]);
        assert!(shown(Vec::new()).is_empty());
    }
}
