//! Photos at half their size, where most of the time that taking in a photo takes goes.
//!
//! Nearly all cameras write one sort of JPEG: baseline, eight bits, one scan, colours halved both ways (ITU-T T.81, annex F).
//! For it, coefficients go straight from the Huffman codes into sums for blocks of half the size ([`blocks`]), a fifth less
//! work than libjpeg-turbo's, and the values differ from its by one at most. Everything else, and whatever is damaged, is
//! libjpeg-turbo's.

use super::{
    bits::Bits,
    blocks::{self, Shares, Sums},
    header::{Component, Header},
    huffman::Table,
};
use heirloom_types::geometry::Size;

/// Places of a block.
const PLACES: u32 = 64;
/// Up to which place two coefficients that one look-up gives are both in the block.
const PAIRED: u32 = 32;
/// Blocks of brightness in a unit (MCU), two rows of two.
const BRIGHT: usize = 4;
/// Sides of a unit at half its size: of brightness, of the colours.
const UNIT: usize = 8;
const COLOUR: usize = UNIT / 2;

/// Y, Cb and Cr of half the size, one behind the other. None where it takes libjpeg-turbo to say what the file holds; so do
/// files of another size than that, and those whose half has an odd side.
pub(super) fn planes(file: &[u8], size: Size) -> Option<Vec<u8>> {
    let header = Header::read(file)?;
    let [width, height] = [size.width, size.height].map(|side| side.div_ceil(2) as usize);
    if header.size != size || !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return None;
    }
    let mut values = vec![0; width * height * 3 / 2];
    let (bright, colours) = values.split_at_mut(width * height);
    let (blue, red) = colours.split_at_mut(width * height / 4);
    let mut planes = [
        Plane::new(bright, width, height),
        Plane::new(blue, width / 2, height / 2),
        Plane::new(red, width / 2, height / 2),
    ];
    let mut scan = Scan::new(file, &header)?;
    for row in 0..height.div_ceil(UNIT) {
        for column in 0..width.div_ceil(UNIT) {
            scan.unit()?;
            put(&mut planes, column, row, &scan.sums);
        }
    }
    Some(values)
}

/// The coefficients of a file, unit by unit.
struct Scan<'f> {
    bits: Bits<'f>,
    sources: [Source<'f>; 3],
    sums: Sums,
    /// Units from one restart to the next; 0 where there is none.
    interval: u32,
    until_restart: u32,
    restarts: u32,
}

/// Where the blocks of one component come from.
struct Source<'f> {
    dc: &'f Table,
    ac: &'f Table,
    shares: Box<Shares>,
    /// The last block's first coefficient.
    last: i32,
}

impl<'f> Scan<'f> {
    fn new(file: &'f [u8], header: &'f Header) -> Option<Self> {
        let [bright, blue, red] = &header.components;
        Some(Self {
            bits: Bits::new(file, header.scan),
            sources: [
                Source::new(header, bright)?,
                Source::new(header, blue)?,
                Source::new(header, red)?,
            ],
            sums: blocks::NOTHING,
            interval: header.interval,
            until_restart: header.interval,
            restarts: 0,
        })
    }

    /// Reads the next unit into the sums.
    fn unit(&mut self) -> Option<()> {
        if self.interval > 0 {
            if self.until_restart == 0 {
                self.restart()?;
            }
            self.until_restart -= 1;
        }
        blocks::clear(&mut self.sums);
        let [bright, blue, red] = &mut self.sources;
        for lane in 0..BRIGHT {
            bright.block(&mut self.bits, &mut self.sums, lane)?;
        }
        blue.block(&mut self.bits, &mut self.sums, BRIGHT)?;
        red.block(&mut self.bits, &mut self.sums, BRIGHT + 1)?;
        (!self.bits.are_made_up()).then_some(())
    }

    fn restart(&mut self) -> Option<()> {
        self.bits.restart((self.restarts % 8) as u8)?;
        self.restarts += 1;
        self.until_restart = self.interval;
        for source in &mut self.sources {
            source.last = 0;
        }
        Some(())
    }
}

impl<'f> Source<'f> {
    fn new(header: &'f Header, component: &Component) -> Option<Self> {
        let quantisation = header.quantisations.get(component.quantisation)?.as_ref()?;
        Some(Self {
            dc: header.dc.get(component.dc)?.as_ref()?,
            ac: header.ac.get(component.ac)?.as_ref()?,
            shares: blocks::shares(quantisation),
            last: 0,
        })
    }

    /// Adds up one block; none where it is damaged.
    #[inline(never)]
    fn block(&mut self, outer: &mut Bits<'_>, sums: &mut Sums, lane: usize) -> Option<()> {
        // What is owned stays in registers.
        let mut bits = *outer;
        bits.fill();
        let first = bits.one(self.dc)?;
        self.last = self.last.wrapping_add(first.value);
        blocks::add(sums, lane, self.shares[0], self.last);
        let shares = &*self.shares;
        let mut add = |place: u32, value: i32| {
            blocks::add(sums, lane, shares[(place % (2 * PLACES)) as usize], value);
        };
        let mut place = 0;
        'block: {
            'pairs: while place < PAIRED {
                bits.fill();
                // As many as are sure to be there: twice 11 bits, and once 31.
                for _ in 0..3 {
                    let found = self.ac.look(bits.next());
                    if !found.is_coefficients() {
                        if found.is_end() {
                            bits.take(found.length());
                            if !found.coefficient().is_end() {
                                place += found.steps();
                                add(place, found.value());
                            }
                            break 'block;
                        }
                        let coefficient = bits.one(self.ac)?;
                        if coefficient.is_end() {
                            break 'block;
                        }
                        place += coefficient.steps;
                        add(place, coefficient.value);
                        continue 'pairs;
                    }
                    bits.take(found.length());
                    let second = place + found.steps() + found.second_steps();
                    add(second, found.second_value());
                    add(place + found.steps(), found.value());
                    place = second;
                    if place >= PAIRED {
                        break;
                    }
                }
            }
            while place < PLACES - 1 {
                bits.fill();
                let coefficient = bits.one(self.ac)?;
                if coefficient.is_end() {
                    break 'block;
                }
                place += coefficient.steps;
                add(place, coefficient.value);
            }
        }
        *outer = bits;
        (place < PLACES).then_some(())
    }
}

struct Plane<'p> {
    values: &'p mut [u8],
    width: usize,
    height: usize,
}

impl<'p> Plane<'p> {
    fn new(values: &'p mut [u8], width: usize, height: usize) -> Self {
        Self {
            values,
            width,
            height,
        }
    }

    /// What hangs over the right or the lower side is not the picture's.
    fn put<const N: usize>(&mut self, x: usize, y: usize, values: [u8; N]) {
        if y >= self.height {
            return;
        }
        let row = &mut self.values[y * self.width..][..self.width];
        let Some(rest) = row.get_mut(x..) else {
            return;
        };
        match rest.first_chunk_mut() {
            Some(whole) => *whole = values,
            None => rest.copy_from_slice(&values[..rest.len()]),
        }
    }
}

/// Turns sums to values where they belong.
fn put([bright, blue, red]: &mut [Plane<'_>; 3], column: usize, row: usize, sums: &Sums) {
    for (y, lanes) in blocks::values(sums).into_iter().enumerate() {
        let [one, two, three, four, colour, other, ..] = lanes;
        bright.put(column * UNIT, row * UNIT + y, beside(one, two));
        bright.put(column * UNIT, row * UNIT + COLOUR + y, beside(three, four));
        blue.put(column * COLOUR, row * COLOUR + y, colour.to_le_bytes());
        red.put(column * COLOUR, row * COLOUR + y, other.to_le_bytes());
    }
}

/// The rows of two blocks as one.
fn beside(left: i32, right: i32) -> [u8; UNIT] {
    (u64::from(left as u32) | u64::from(right as u32) << 32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng};
    use turbojpeg::{
        Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, YuvImage,
    };

    use super::*;

    /// Twelve units, a restart before each but the first; written by Pillow.
    const WITH_RESTARTS: &[u8] = include_bytes!("../../../data/restarts.jpg");
    const SIZE: Size = Size::new(64, 48);

    /// Smooth on the left, noise on the right.
    fn pixels(width: usize, height: usize) -> Vec<u8> {
        let mut rng = StdRng::seed_from_u64(7);
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| [x * 3 + y, y * 2, x * y].map(|value| (x, value)))
            .map(|(x, value)| {
                if 2 * x < width {
                    value as u8
                } else {
                    rng.random()
                }
            })
            .collect()
    }

    fn codec(quality: i32) -> Compressor {
        let mut codec = Compressor::new().unwrap();
        codec.set_quality(quality).unwrap();
        codec.set_subsamp(Subsamp::Sub2x2).unwrap();
        codec
    }

    fn written(mut codec: Compressor, width: usize, height: usize) -> Vec<u8> {
        let image = Image {
            pixels: pixels(width, height),
            width,
            pitch: width * 3,
            height,
            format: PixelFormat::RGB,
        };
        codec.compress_to_vec(image.as_deref()).unwrap()
    }

    fn by_turbo(file: &[u8]) -> (Size, Vec<u8>) {
        let mut codec = Decompressor::new().unwrap();
        codec.set_scaling_factor(ScalingFactor::ONE_HALF).unwrap();
        let header = codec.read_header(file).unwrap();
        let size = Size::new(header.width as u32, header.height as u32);
        let scaled = header.scaled(ScalingFactor::ONE_HALF);
        let (width, height) = (scaled.width, scaled.height);
        let mut pixels = vec![0; width * height * 3 / 2];
        let image = YuvImage {
            pixels: pixels.as_mut_slice(),
            width,
            align: 1,
            height,
            subsamp: header.subsamp,
        };
        codec.decompress_to_yuv(file, image).unwrap();
        (size, pixels)
    }

    fn assert_alike(file: &[u8]) {
        let (size, theirs) = by_turbo(file);
        let ours = planes(file, size).unwrap();
        assert_eq!(ours.len(), theirs.len());
        for (place, (our, their)) in ours.iter().zip(&theirs).enumerate() {
            assert!(our.abs_diff(*their) <= 1, "{place}: {our}, {their}");
        }
    }

    #[test]
    fn values_are_those_of_libjpeg_turbo() {
        for (width, height) in [(4, 4), (3, 3), (32, 16), (44, 92), (63, 47), (400, 300)] {
            for quality in [1, 25, 50, 75, 90, 100] {
                assert_alike(&written(codec(quality), width, height));
                let mut codes_of_its_own = codec(quality);
                codes_of_its_own.set_optimize(true).unwrap();
                assert_alike(&written(codes_of_its_own, width, height));
            }
        }
        assert_alike(WITH_RESTARTS);
    }

    #[test]
    fn other_sorts_are_left_alone() {
        let mut progressive = codec(90);
        progressive.set_progressive(true).unwrap();
        let mut arithmetic = codec(90);
        arithmetic.set_arithmetic(true).unwrap();
        let whole_colours = |subsamp| {
            let mut codec = codec(90);
            codec.set_subsamp(subsamp).unwrap();
            codec
        };
        for codec in [
            progressive,
            arithmetic,
            whole_colours(Subsamp::None),
            whole_colours(Subsamp::Sub2x1),
            whole_colours(Subsamp::Gray),
        ] {
            assert!(planes(&written(codec, 64, 48), SIZE).is_none());
        }
        assert!(planes(&[], SIZE).is_none());
        assert!(planes(b"\xff\xd8", SIZE).is_none());
        assert!(planes(WITH_RESTARTS, Size::new(64, 64)).is_none());
        let odd = written(codec(90), 42, 64);
        assert!(planes(&odd, Size::new(42, 64)).is_none());
    }

    #[test]
    fn a_file_that_is_cut_is_left_alone() {
        for file in [&written(codec(90), 64, 48), WITH_RESTARTS] {
            // Without the marker that ends it, it would be whole.
            for length in 0..file.len() - 3 {
                assert!(planes(&file[..length], SIZE).is_none(), "{length}");
            }
        }
    }

    #[test]
    fn damage_ends_in_nothing_or_in_a_picture() {
        let mut rng = StdRng::seed_from_u64(1);
        for file in [&written(codec(90), 64, 48), WITH_RESTARTS] {
            for _ in 0..500 {
                let mut damaged = file.to_vec();
                for _ in 0..rng.random_range(1..4) {
                    let place = rng.random_range(0..damaged.len());
                    damaged[place] = rng.random();
                }
                if let Some(values) = planes(&damaged, SIZE) {
                    assert_eq!(values.len(), 32 * 24 * 3 / 2);
                }
            }
        }
    }
}
