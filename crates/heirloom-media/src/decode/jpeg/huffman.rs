//! Huffman codes (ITU-T T.81, annex C), looked up together with the numbers that follow them.

/// Bits that are looked up at once.
const LOOK: u32 = 11;
/// Steps that the code for the end of a block makes, more than there are places.
const END: u32 = 128;

/// The class of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Dc,
    Ac,
}

/// The codes of one table.
pub(super) struct Table {
    class: Class,
    look: Box<[Found; 1 << LOOK]>,
    /// For each length the first code that is longer, filled up to 16 bits.
    ends: [u32; 17],
    /// What to add to a code of each length for the place of its symbol.
    offsets: [usize; 17],
    symbols: Vec<u8>,
}

/// One coefficient: by how many places it goes on, and its value.
#[derive(Clone, Copy)]
pub(super) struct Coefficient {
    pub(super) steps: u32,
    pub(super) value: i32,
}

/// What the next bits say, in one word. From the lowest bit: how many they are (6 bits); whether they are one or two
/// coefficients and nothing else; whether the first's value is among them, and not only its size; the first's steps (8 bits)
/// and its value or size (16 bits); how many bits the first takes alone (8 bits); the second's steps and value.
#[derive(Clone, Copy, Default)]
pub(super) struct Found(u64);

impl Table {
    /// From how many codes there are of each length, and what they stand for. None where codes are missing or too many.
    pub(super) fn new(class: Class, counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            class,
            look: Box::new([Found::default(); 1 << LOOK]),
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1..).zip(counts) {
            let (after, end) = (code + u32::from(*count), place + usize::from(*count));
            if after > 1 << length {
                return None;
            }
            if length <= LOOK {
                for (code, symbol) in (code..after).zip(symbols.get(place..end)?) {
                    table.enter(code, length, *symbol);
                }
            }
            table.offsets[length as usize] = place.wrapping_sub(code as usize);
            table.ends[length as usize] = after << (16 - length);
            (code, place) = (after << 1, end);
        }
        if place != symbols.len() || class == Class::Dc && symbols.iter().any(|size| *size > 15) {
            return None;
        }
        if class == Class::Ac {
            table.pair();
        }
        Some(table)
    }

    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        let spare = LOOK - length;
        let found = self.found(symbol, length);
        let size = found.size();
        for rest in 0..1 << spare {
            self.look[((code << spare) | rest) as usize] = if found.is_whole() || size > spare {
                found
            } else {
                let value = number(rest >> (spare - size), size);
                Found::whole(length + size, found.steps(), value)
            };
        }
    }

    /// What a code of that length says by itself.
    fn found(&self, symbol: u8, length: u32) -> Found {
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        match (self.class, zeros, size) {
            (Class::Dc, ..) if size == 0 => Found::whole(length, 0, 0),
            (Class::Dc, ..) => Found::open(length, 0, size),
            (Class::Ac, 15, 0) => Found::whole(length, 16, 0),
            (Class::Ac, _, 0) => Found::whole(length, END, 0),
            (Class::Ac, ..) => Found::open(length, zeros + 1, size),
        }
    }

    /// Where the bits that are looked up hold what comes second as well, both are found at once.
    fn pair(&mut self) {
        let alone = self.look.clone();
        for (bits, first) in self.look.iter_mut().enumerate() {
            if !first.is_whole() || first.is_end() {
                continue;
            }
            let second = alone[(bits << first.length()) % (1 << LOOK)];
            let is_there = second.is_whole() && first.length() + second.length() <= LOOK;
            *first = first.then(if is_there { second } else { Found::default() });
        }
    }

    /// The look-up for bits that begin at the highest.
    pub(super) fn look(&self, bits: u64) -> Found {
        self.look[(bits >> (64 - LOOK)) as usize]
    }

    /// As [`Self::look`], for a code that is longer than what is looked up.
    #[cold]
    pub(super) fn search(&self, bits: u64) -> Option<Found> {
        let next = (bits >> 48) as u32;
        let length = (LOOK + 1..=16).find(|length| next < self.ends[*length as usize])?;
        let code = (next >> (16 - length)) as usize;
        let place = code.wrapping_add(self.offsets[length as usize]);
        Some(self.found(*self.symbols.get(place)?, length))
    }
}

impl Coefficient {
    /// Whether it is none, because the block ends.
    pub(super) fn is_end(self) -> bool {
        self.steps == END
    }
}

impl Found {
    const COEFFICIENTS: u64 = 1 << 6;
    const WHOLE: u64 = 1 << 7;
    const STEPS: u32 = 8;
    const VALUE: u32 = 16;
    const ALONE: u32 = 32;
    const SECOND_STEPS: u32 = 40;
    const SECOND_VALUE: u32 = 48;

    fn whole(length: u32, steps: u32, value: i32) -> Self {
        Self(Self::WHOLE | Self::first(length, steps, value as u16))
    }

    /// The value is in the `size` bits that follow.
    fn open(length: u32, steps: u32, size: u32) -> Self {
        Self(Self::first(length, steps, size as u16))
    }

    fn first(length: u32, steps: u32, value: u16) -> u64 {
        u64::from(length)
            | (u64::from(length) << Self::ALONE)
            | (u64::from(steps) << Self::STEPS)
            | (u64::from(value) << Self::VALUE)
    }

    fn then(self, second: Self) -> Self {
        let both = Self(
            (self.0 + u64::from(second.length()))
                | (u64::from(second.steps()) << Self::SECOND_STEPS)
                | (u64::from(second.value() as u16) << Self::SECOND_VALUE),
        );
        if both.is_end() {
            both
        } else {
            Self(both.0 | Self::COEFFICIENTS)
        }
    }

    /// Bits of everything that was found; none where the code is longer.
    pub(super) fn length(self) -> u32 {
        self.0 as u32 & 63
    }

    /// Bits of what comes first.
    pub(super) fn length_alone(self) -> u32 {
        (self.0 >> Self::ALONE) as u32 & 63
    }

    /// Whether it is coefficients, one or two, and the second has no steps where it is not there.
    pub(super) fn is_coefficients(self) -> bool {
        self.0 & Self::COEFFICIENTS != 0
    }

    /// Whether the block ends, perhaps after a coefficient.
    pub(super) fn is_end(self) -> bool {
        let end = u64::from(END);
        self.0 & ((end << Self::STEPS) | (end << Self::SECOND_STEPS)) != 0
    }

    /// Whether the first's value is known.
    pub(super) fn is_whole(self) -> bool {
        self.0 & Self::WHOLE != 0
    }

    /// Bits of the first's value, where it is not known.
    pub(super) fn size(self) -> u32 {
        self.value() as u32
    }

    pub(super) fn steps(self) -> u32 {
        u32::from((self.0 >> Self::STEPS) as u8)
    }

    pub(super) fn value(self) -> i32 {
        self.0 as i32 >> Self::VALUE
    }

    pub(super) fn second_steps(self) -> u32 {
        u32::from((self.0 >> Self::SECOND_STEPS) as u8)
    }

    pub(super) fn second_value(self) -> i32 {
        (self.0 as i64 >> Self::SECOND_VALUE) as i32
    }

    pub(super) fn coefficient(self) -> Coefficient {
        Coefficient {
            steps: self.steps(),
            value: self.value(),
        }
    }
}

/// The number that `size` bits stand for, at least one (T.81, figure F.12).
pub(super) fn number(bits: u32, size: u32) -> i32 {
    let bits = bits as i32;
    if bits < 1 << (size - 1) {
        bits + 1 - (1 << size)
    } else {
        bits
    }
}
