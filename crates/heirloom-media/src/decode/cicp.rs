//! Colours that a file names by code points (ITU-T H.273) instead of by a profile: wide gamut and high dynamic range,
//! brought to sRGB.

use heirloom_types::frame::Layout;

/// Luminance of paper white in a picture of high dynamic range, in candela per square metre (ITU-R BT.2408).
const WHITE: f32 = 203.0;
/// Peak of the display that HLG is meant for, in the same unit, and the system gamma there (ITU-R BT.2100, table 5).
const HLG_PEAK: f32 = 1000.0;
const HLG_GAMMA: f32 = 1.2;
/// Share of luminance in BT.2020 (ITU-R BT.2100, table 4).
const LUMINANCE: [f32; 3] = [0.2627, 0.6780, 0.0593];
/// Up to here what is lighter than paper changes nothing; above it highlights share what is left.
const KNEE: f32 = 0.8;
/// Steps of the table that encodes linear light.
const STEPS: usize = 8192;

/// Where red, green and blue lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Primaries {
    Bt709,
    /// Display P3.
    P3,
    Bt2020,
}

/// From code values to light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    Srgb,
    /// SMPTE ST 2084.
    Pq,
    /// ARIB STD-B67.
    Hlg,
}

/// What the code points say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colours {
    pub primaries: Primaries,
    pub transfer: Transfer,
}

impl Colours {
    pub(super) fn is_srgb(self) -> bool {
        self.primaries == Primaries::Bt709 && self.transfer == Transfer::Srgb
    }

    pub(super) fn is_hdr(self) -> bool {
        self.transfer != Transfer::Srgb
    }

    /// Samples of `bits` each to eight bits in sRGB; alpha stays as it is.
    pub(super) fn to_srgb(self, samples: &[u16], bits: u8, layout: Layout) -> Vec<u8> {
        let bits = bits.clamp(1, 16);
        let most = (1_usize << bits) - 1;
        let light: Vec<f32> = (0..=most)
            .map(|code| self.linear(code as f32 / most as f32))
            .collect();
        let codes: Vec<u8> = (0..=STEPS)
            .map(|step| (srgb(step as f32 / STEPS as f32) * 255.0).round() as u8)
            .collect();
        let code_of = |light: f32| codes[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize];
        let light_of = |sample: u16| light[usize::from(sample).min(most)];
        let mut pixels = Vec::with_capacity(samples.len());
        for pixel in samples.chunks_exact(layout.channels()) {
            let shown = self.shown([0, 1, 2].map(|channel| light_of(pixel[channel])));
            pixels.extend(shown.map(code_of));
            if let Some(&alpha) = pixel.get(3) {
                pixels.push((usize::from(alpha) * 255 / most).min(255) as u8);
            }
        }
        pixels
    }

    /// Light of one channel, 1 being paper white; with HLG that of the scene, 0 to 1.
    fn linear(self, code: f32) -> f32 {
        match self.transfer {
            Transfer::Srgb => unsrgb(code),
            Transfer::Pq => pq(code) / WHITE,
            Transfer::Hlg => hlg(code),
        }
    }

    /// Light in sRGB's primaries, 0 to 1, where nothing is lost but what no display shows.
    fn shown(self, mut light: [f32; 3]) -> [f32; 3] {
        if self.transfer == Transfer::Hlg {
            let scene: f32 = light
                .iter()
                .zip(LUMINANCE)
                .map(|(light, share)| light * share)
                .sum();
            let gain = HLG_PEAK / WHITE * scene.powf(HLG_GAMMA - 1.0);
            light = light.map(|channel| channel * gain);
        }
        let light = self.in_srgb(light);
        if !self.is_hdr() {
            return light;
        }
        let brightest = light.into_iter().fold(0.0, f32::max);
        if brightest <= KNEE {
            return light;
        }
        let room = 1.0 - KNEE;
        let shown = KNEE + room * (1.0 - (-(brightest - KNEE) / room).exp());
        light.map(|channel| channel * shown / brightest)
    }

    fn in_srgb(self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        // Both have the white of sRGB (D65). The second is ITU-R BT.2087's.
        let matrix = match self.primaries {
            Primaries::Bt709 => return [r, g, b],
            Primaries::P3 => [
                [1.2249, -0.2247, 0.0],
                [-0.0420, 1.0419, 0.0],
                [-0.0197, -0.0786, 1.0979],
            ],
            Primaries::Bt2020 => [
                [1.6605, -0.5876, -0.0728],
                [-0.1246, 1.1329, -0.0083],
                [-0.0182, -0.1006, 1.1187],
            ],
        };
        matrix.map(|[of_r, of_g, of_b]: [f32; 3]| of_r * r + of_g * g + of_b * b)
    }
}

/// IEC 61966-2-1.
fn unsrgb(code: f32) -> f32 {
    if code <= 0.04045 {
        code / 12.92
    } else {
        ((code + 0.055) / 1.055).powf(2.4)
    }
}

/// IEC 61966-2-1.
fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// Candela per square metre of a PQ code value (SMPTE ST 2084, equation 4.1).
fn pq(code: f32) -> f32 {
    const M1: f32 = 2610.0 / 16384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let power = code.powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// Light of the scene of an HLG code value, 0 to 1 (ITU-R BT.2100, table 5).
fn hlg(code: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 1.0 - 4.0 * A;
    let c = 0.5 - A * (4.0 * A).ln();
    if code <= 0.5 {
        code * code / 3.0
    } else {
        (((code - c) / A).exp() + B) / 12.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(primaries: Primaries, transfer: Transfer, codes: [f32; 3]) -> [u8; 3] {
        let samples = codes.map(|code| (code * 1023.0).round() as u16);
        let colours = Colours {
            primaries,
            transfer,
        };
        colours
            .to_srgb(&samples, 10, Layout::Rgb)
            .try_into()
            .unwrap()
    }

    #[test]
    fn code_values_are_the_light_that_the_standards_say() {
        assert!((pq(0.5081) - 100.0).abs() < 0.5, "{}", pq(0.5081));
        assert!((pq(0.5807) - 203.0).abs() < 1.0, "{}", pq(0.5807));
        assert!((pq(1.0) - 10_000.0).abs() < 1.0);
        assert!((hlg(0.5) - 1.0 / 12.0).abs() < 1e-4);
        assert!((hlg(1.0) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn paper_is_almost_white_and_highlights_are_lighter_than_paper() {
        for (transfer, paper, lamp) in [(Transfer::Pq, 0.5807, 0.7518), (Transfer::Hlg, 0.75, 0.95)]
        {
            let [paper, lamp] =
                [paper, lamp].map(|code| shown(Primaries::Bt2020, transfer, [code; 3]));
            assert!((238..253).contains(&paper[0]), "{transfer:?} {paper:?}");
            assert!(lamp[0] > paper[0], "{transfer:?} {lamp:?}");
            assert!(paper[0].abs_diff(paper[1]) < 2 && paper[1].abs_diff(paper[2]) < 2);
        }
    }

    #[test]
    fn what_is_darker_than_paper_is_as_light_as_it_was() {
        // 18 % grey under paper white.
        let light = unsrgb(f32::from(shown(Primaries::Bt2020, Transfer::Pq, [0.4; 3])[0]) / 255.0);
        assert!((light - pq(0.4) / WHITE).abs() < 0.005, "{light}");
    }

    #[test]
    fn colours_that_srgb_has_stay_and_others_become_the_nearest() {
        let grey = shown(Primaries::P3, Transfer::Srgb, [0.5; 3]);
        assert!(
            grey.iter().all(|channel| channel.abs_diff(128) < 2),
            "{grey:?}"
        );
        assert_eq!(
            shown(Primaries::P3, Transfer::Srgb, [1.0, 0.0, 0.0]),
            [255, 0, 0]
        );
        let skin = shown(Primaries::P3, Transfer::Srgb, [0.8, 0.6, 0.5]);
        assert!(
            skin[0] > 204 && skin[2] < 128,
            "more colourful in a smaller gamut: {skin:?}"
        );
        assert_eq!(
            shown(Primaries::Bt709, Transfer::Srgb, [1.0, 0.5, 0.0])[1],
            128
        );
    }

    #[test]
    fn alpha_is_no_colour() {
        let colours = Colours {
            primaries: Primaries::P3,
            transfer: Transfer::Srgb,
        };
        let pixel = colours.to_srgb(&[1023, 1023, 1023, 512], 10, Layout::Rgba);
        assert_eq!(pixel, [255, 255, 255, 127]);
    }
}
