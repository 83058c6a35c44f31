//! How a video is cut: a steady frame rate, pieces of the same length, and the sizes it is offered in.
//!
//! The plan follows from the file alone, so every process that looks at it cuts in the same places.

use heirloom_types::geometry::Size;

use super::super::{Probe, even, probe::Rate};

/// How long a piece is to be, in seconds; it is as many whole frames as come nearest.
const SECONDS: f64 = 2.0;
/// Length of a whole video, in seconds.
const SECONDS_MAX: f64 = 48.0 * 3600.0;
/// Frames a second at most.
const RATE_MAX: Rate = Rate {
    frames: 60,
    seconds: 1,
};
/// Rates that cameras mean when their clocks run unevenly.
const USUAL_RATES: &[Rate] = &[
    Rate {
        frames: 1,
        seconds: 1,
    },
    Rate {
        frames: 5,
        seconds: 1,
    },
    Rate {
        frames: 10,
        seconds: 1,
    },
    Rate {
        frames: 12,
        seconds: 1,
    },
    Rate {
        frames: 15,
        seconds: 1,
    },
    Rate {
        frames: 20,
        seconds: 1,
    },
    Rate {
        frames: 24_000,
        seconds: 1001,
    },
    Rate {
        frames: 24,
        seconds: 1,
    },
    Rate {
        frames: 25,
        seconds: 1,
    },
    Rate {
        frames: 30_000,
        seconds: 1001,
    },
    Rate {
        frames: 30,
        seconds: 1,
    },
    Rate {
        frames: 50,
        seconds: 1,
    },
    Rate {
        frames: 60_000,
        seconds: 1001,
    },
    RATE_MAX,
];
/// Shorter sides that are offered, by their index.
const SIDES: &[u32] = &[480, 720, 1080, 1440, 2160];
/// Index of the variant as large as a video that is smaller than all of them.
const AS_IT_IS: u32 = SIDES.len() as u32;
/// Samples of sound a second, and in one packet.
const SAMPLE_RATE: u128 = 48_000;
const PACKET_SAMPLES: u128 = 1024;
/// Bits a second of sound, with what its packets cost.
pub(super) const SOUND_BITS: u64 = 128_000;
/// What boxes and packets cost, at most, in bits a second.
const OVERHEAD_BITS: u64 = 40_000;
/// How far before a piece is read what leads to no keyframe by itself.
const LEAD_SECONDS: f64 = 6.0;
/// Bits for a pixel of a frame, at thirty frames a second.
const PIXEL_BITS: f64 = 0.13;

/// Where a video is cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub(super) rate: Rate,
    /// Of the whole video.
    frames: u64,
    frames_per_piece: u64,
    size: Size,
    pub(super) is_hdr: bool,
    pub(super) has_sound: bool,
    /// How far before a piece it has to be read, in seconds, so that a keyframe is among it.
    pub(super) lead: f64,
}

/// One size in which a video is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The same for this size in every video.
    pub index: u32,
    pub size: Size,
    /// Bits a second of the picture, at most.
    pub(super) picture_bits: u64,
    pub(super) level: &'static Level,
    has_sound: bool,
}

impl Plan {
    /// None for a video that says nothing of its length, or nonsense.
    pub fn of(probe: &Probe) -> Option<Self> {
        let rate = steady(probe.average_rate, probe.base_rate);
        let whole = probe
            .duration_seconds()
            .filter(|whole| *whole < SECONDS_MAX)?;
        // Sound that goes on for long is heard to its end; the last packet's remainder is not.
        let seconds = probe
            .picture_seconds
            .filter(|picture| whole - picture < 0.5)
            .unwrap_or(whole);
        let per_second = rate.per_second();
        Some(Self {
            rate,
            frames: ((seconds * per_second).round() as u64).max(1),
            frames_per_piece: ((SECONDS * per_second).round() as u64).max(1),
            size: probe.size,
            is_hdr: probe.is_hdr,
            has_sound: probe.has_sound(),
            lead: lead(probe),
        })
    }

    pub fn frames_per_second(&self) -> f64 {
        self.rate.per_second()
    }

    pub fn pieces(&self) -> u32 {
        u32::try_from(self.frames.div_ceil(self.frames_per_piece)).unwrap_or(u32::MAX)
    }

    /// Length of a piece, in seconds.
    pub fn seconds_of(&self, piece: u32) -> f64 {
        self.frames_from(piece).min(self.frames_per_piece) as f64 / self.rate.per_second()
    }

    /// The piece that shows that second.
    pub fn piece_at(&self, seconds: f64) -> u32 {
        let frame = (seconds.max(0.0) * self.rate.per_second()) as u64;
        let piece = u32::try_from(frame / self.frames_per_piece).unwrap_or(u32::MAX);
        piece.min(self.pieces() - 1)
    }

    /// The sizes among those that are wanted, none larger than the video; a small one is offered as it is.
    pub fn variants(&self, wanted: &[u32]) -> Vec<Variant> {
        let offered: Vec<Variant> = (0..AS_IT_IS)
            .filter(|index| wanted.contains(&SIDES[*index as usize]))
            .filter_map(|index| self.variant(index))
            .collect();
        if offered.is_empty() {
            return vec![self.sized(AS_IT_IS, self.size)];
        }
        offered
    }

    /// The variant with that index, if the video has one.
    pub fn variant(&self, index: u32) -> Option<Variant> {
        if index == AS_IT_IS {
            return Some(self.sized(index, self.size));
        }
        let side = *SIDES.get(index as usize)?;
        let shorter = self.size.width.min(self.size.height);
        (side <= shorter).then(|| self.sized(index, self.size.shorter_side_at_most(side)))
    }

    fn sized(&self, index: u32, size: Size) -> Variant {
        let size = even(size);
        let pace = (self.rate.per_second() + 30.0) / 60.0;
        let bits = size.pixels() as f64 * 30.0 * PIXEL_BITS * pace;
        let picture_bits = (bits as u64).clamp(300_000, 60_000_000);
        Variant {
            index,
            size,
            picture_bits,
            level: Level::of(size, self.rate.per_second(), picture_bits),
            has_sound: self.has_sound,
        }
    }

    pub(super) fn frames_per_piece(&self) -> u64 {
        self.frames_per_piece
    }

    /// Frames from the beginning of that piece to the end.
    pub(super) fn frames_from(&self, piece: u32) -> u64 {
        let before = u64::from(piece) * self.frames_per_piece;
        self.frames.saturating_sub(before)
    }

    /// When a piece begins, in seconds.
    pub(super) fn start_of(&self, piece: u32) -> f64 {
        let frame = u64::from(piece) * self.frames_per_piece;
        frame as f64 / self.rate.per_second()
    }

    /// The first sample of sound in a piece: packets stand in the same places wherever a run begins.
    pub(super) fn first_sample(&self, piece: u32) -> u64 {
        let frame = u128::from(piece) * u128::from(self.frames_per_piece);
        let samples = frame * u128::from(self.rate.seconds) * SAMPLE_RATE;
        let packets = samples.div_ceil(u128::from(self.rate.frames) * PACKET_SAMPLES);
        (packets * PACKET_SAMPLES) as u64
    }

    /// Samples of sound in the whole video.
    pub(super) fn samples(&self) -> u64 {
        let samples = u128::from(self.frames) * u128::from(self.rate.seconds) * SAMPLE_RATE;
        (samples / u128::from(self.rate.frames)) as u64
    }
}

impl Variant {
    /// Bits a second that any stretch about as long as a piece has at most.
    pub fn bits_per_second(&self) -> u64 {
        let sound = if self.has_sound {
            SOUND_BITS * 5 / 4
        } else {
            0
        };
        self.picture_bits * 3 / 2 + sound + OVERHEAD_BITS
    }

    /// As RFC 6381 has it.
    pub fn codecs(&self) -> String {
        let picture = format!("avc1.6400{:02X}", self.level.number);
        if self.has_sound {
            format!("{picture},mp4a.40.2")
        } else {
            picture
        }
    }
}

/// A level of H.264 (ITU-T H.264, table A-1) and what fits into it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// Ten times its name.
    number: u8,
    pub name: &'static str,
    blocks_per_second: u64,
    blocks: u64,
    /// In the profile High.
    bits: u64,
}

const fn level(
    number: u8,
    name: &'static str,
    blocks_per_second: u64,
    blocks: u64,
    kilobits: u64,
) -> Level {
    // High may have a quarter more than the table says.
    let bits = kilobits * 1250;
    Level {
        number,
        name,
        blocks_per_second,
        blocks,
        bits,
    }
}

const LEVELS: &[Level] = &[
    level(30, "3.0", 40_500, 1_620, 10_000),
    level(31, "3.1", 108_000, 3_600, 14_000),
    level(32, "3.2", 216_000, 5_120, 20_000),
    level(40, "4.0", 245_760, 8_192, 20_000),
    level(41, "4.1", 245_760, 8_192, 50_000),
    level(42, "4.2", 522_240, 8_704, 50_000),
    level(50, "5.0", 589_824, 22_080, 135_000),
    level(51, "5.1", 983_040, 36_864, 240_000),
    LEVEL_MAX,
];
const LEVEL_MAX: Level = level(52, "5.2", 2_073_600, 36_864, 240_000);

impl Level {
    /// The lowest that is enough.
    fn of(size: Size, frames_per_second: f64, bits: u64) -> &'static Self {
        let wide = u64::from(size.width.div_ceil(16));
        let high = u64::from(size.height.div_ceil(16));
        let blocks = wide * high;
        let is_enough = |level: &&Self| {
            let longest = wide.max(high);
            blocks <= level.blocks
                && longest * longest <= level.blocks * 8
                && blocks as f64 * frames_per_second <= level.blocks_per_second as f64
                && bits <= level.bits
        };
        LEVELS.iter().find(is_enough).unwrap_or(&LEVEL_MAX)
    }
}

/// A container without an index leads nowhere; one whose pictures pause leads to the one after the pause.
fn lead(probe: &Probe) -> f64 {
    let rates = probe.average_rate.zip(probe.base_rate);
    let pauses = rates.is_some_and(|(average, base)| {
        let (mean, even) = (average.per_second(), base.per_second());
        even <= RATE_MAX.per_second() && mean < 0.9 * even
    });
    if pauses || !probe.is_indexed() {
        LEAD_SECONDS
    } else {
        0.0
    }
}

/// A rate that never changes, near what the video has.
fn steady(average: Option<Rate>, base: Option<Rate>) -> Rate {
    let Some(average) = average.or(base) else {
        return Rate {
            frames: 30,
            seconds: 1,
        };
    };
    let (mean, most) = (average.per_second(), RATE_MAX.per_second());
    let is_between = |base: &Rate| (0.999 * mean..=1.7 * mean).contains(&base.per_second());
    match base.filter(is_between) {
        Some(base) if (1.0..=most).contains(&base.per_second()) => base,
        _ => *USUAL_RATES
            .iter()
            .find(|usual| usual.per_second() >= 0.99 * mean)
            .unwrap_or(&RATE_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(said: &str) -> Plan {
        Plan::of(&Probe::parse(said.as_bytes()).unwrap()).unwrap()
    }

    fn film(rate: &str, width: u32, height: u32, seconds: &str) -> Plan {
        plan(&format!(
            r#"{{"streams":[{{"codec_type":"video","codec_name":"h264","width":{width},"height":{height},
            "avg_frame_rate":"{rate}","r_frame_rate":"{rate}","duration":"{seconds}"}},
            {{"codec_type":"audio","codec_name":"aac"}}],
            "format":{{"format_name":"mov,mp4","duration":"{seconds}"}}}}"#
        ))
    }

    #[test]
    fn pieces_are_whole_frames_and_add_up() {
        let plan = film("30000/1001", 1920, 1080, "21.021");
        assert_eq!(
            (plan.frames, plan.frames_per_piece, plan.pieces()),
            (630, 60, 11)
        );
        assert_eq!(format!("{:.6}", plan.seconds_of(3)), "2.002000");
        let whole: f64 = (0..plan.pieces()).map(|piece| plan.seconds_of(piece)).sum();
        assert!((whole - 21.021).abs() < 1e-9);
        assert_eq!(plan.piece_at(0.0), 0);
        assert_eq!(plan.piece_at(2.003), 1);
        assert_eq!(plan.piece_at(1e9), 10);
        // 6.006 s are 281.53 packets.
        assert_eq!(plan.first_sample(3), 282 * 1024);
        assert_eq!(plan.first_sample(0), 0);
    }

    #[test]
    fn sizes_are_never_above_the_video_and_keep_their_index() {
        let wanted = [480, 720, 1080];
        let sides = |plan: &Plan| -> Vec<(u32, Size)> {
            let variants = plan.variants(&wanted).into_iter();
            variants
                .map(|variant| (variant.index, variant.size))
                .collect()
        };
        let upright = film("30/1", 1080, 1920, "4");
        let expected = vec![
            (0, Size::new(480, 852)),
            (1, Size::new(720, 1280)),
            (2, Size::new(1080, 1920)),
        ];
        assert_eq!(sides(&upright), expected);
        assert_eq!(
            sides(&film("30/1", 719, 577, "4")),
            [(0, Size::new(598, 480))]
        );
        assert_eq!(
            sides(&film("30/1", 161, 121, "4")),
            [(5, Size::new(160, 120))]
        );
        assert!(film("30/1", 640, 480, "4").variant(1).is_none());
        assert!(film("30/1", 640, 480, "4").variant(6).is_none());
    }

    #[test]
    fn levels_are_enough() {
        let codecs = |rate, width, height| {
            let plan = film(rate, width, height, "4");
            plan.sized(AS_IT_IS, plan.size).codecs()
        };
        assert_eq!(codecs("30/1", 640, 480), "avc1.64001E,mp4a.40.2");
        assert_eq!(codecs("30/1", 854, 480), "avc1.64001F,mp4a.40.2");
        assert_eq!(codecs("30/1", 1280, 720), "avc1.64001F,mp4a.40.2");
        assert_eq!(codecs("30/1", 1920, 1080), "avc1.640028,mp4a.40.2");
        assert_eq!(codecs("60/1", 1920, 1080), "avc1.64002A,mp4a.40.2");
        assert_eq!(codecs("60/1", 3840, 2160), "avc1.640034,mp4a.40.2");
    }

    #[test]
    fn uneven_clocks_are_made_steady() {
        let of = |average: &str, base: &str| {
            let rate = steady(Rate::parse(average), Rate::parse(base));
            (rate.frames, rate.seconds)
        };
        assert_eq!(of("30000/1001", "30000/1001"), (30_000, 1001));
        assert_eq!(of("19/1", "30/1"), (30, 1));
        assert_eq!(of("27000/910", "90000/1"), (30_000, 1001));
        assert_eq!(of("25/1", "50/1"), (25, 1));
        assert_eq!(of("240/1", "240/1"), (60, 1));
        assert_eq!(of("1/10", "1/10"), (1, 1));
        assert_eq!(of("0/0", "0/0"), (30, 1));
        assert_eq!(of("25/2", "25/2"), (25, 2));
    }
}
