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

/// Y, Cb and Cr of half the size, one behind the other. None where it takes libjpeg-turbo to say what the file holds. Both
/// sides of the half must be even.
pub(super) fn planes(file: &[u8]) -> Option<Vec<u8>> {
    let header = Header::read(file)?;
    let size = Size::new(
        header.size.width.div_ceil(2),
        header.size.height.div_ceil(2),
    );
    let (width, height) = (size.width as usize, size.height as usize);
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
        self.sums = blocks::NOTHING;
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
                        if found.is_end() && found.is_whole() {
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
    #[inline(always)]
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
#[inline(always)]
fn put([bright, blue, red]: &mut [Plane<'_>; 3], column: usize, row: usize, sums: &Sums) {
    let beside = |left: [u8; 4], right: [u8; 4]| {
        let [a, b, c, d] = left;
        let [e, f, g, h] = right;
        [a, b, c, d, e, f, g, h]
    };
    for (y, lanes) in blocks::values(sums).into_iter().enumerate() {
        let [one, two, three, four, colour, other, ..] = lanes.map(i32::to_le_bytes);
        bright.put(column * UNIT, row * UNIT + y, beside(one, two));
        bright.put(column * UNIT, row * UNIT + COLOUR + y, beside(three, four));
        blue.put(column * COLOUR, row * COLOUR + y, colour);
        red.put(column * COLOUR, row * COLOUR + y, other);
    }
}
