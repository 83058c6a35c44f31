//! What stands before the pixels of a JPEG (ITU-T T.81, annex B), where it is the sort that [`super::halved`] decodes.

use heirloom_types::geometry::Size;

use super::huffman::{Class, Table};

/// Numbers that tables may have.
const TABLES: usize = 4;
/// How often each of Y, Cb and Cr is there in a unit, across and down.
const SAMPLING: [u8; 3] = [0x22, 0x11, 0x11];

pub(super) struct Header {
    pub(super) size: Size,
    pub(super) components: [Component; 3],
    pub(super) quantisations: [Option<[u16; 64]>; TABLES],
    pub(super) dc: [Option<Table>; TABLES],
    pub(super) ac: [Option<Table>; TABLES],
    /// Units between restarts.
    pub(super) interval: u32,
    /// Where the bits of the only scan begin.
    pub(super) scan: usize,
}

/// Its name, and which tables it has.
#[derive(Default)]
pub(super) struct Component {
    name: u8,
    pub(super) quantisation: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

impl Header {
    /// None where the file is of another sort.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let mut header = Self {
            size: Size::new(0, 0),
            components: Default::default(),
            quantisations: Default::default(),
            dc: Default::default(),
            ac: Default::default(),
            interval: 0,
            scan: 0,
        };
        // After the marker that begins the picture.
        let mut at = 2;
        loop {
            let [0xff, marker] = *file.get(at..)?.first_chunk()? else {
                return None;
            };
            at += 2;
            if marker == 0xff {
                // Markers may have more of it before them.
                at -= 1;
                continue;
            }
            let length = u16::from_be_bytes(*file.get(at..)?.first_chunk()?);
            let segment = file.get(at + 2..at + usize::from(length))?;
            at += usize::from(length);
            match marker {
                0xc0 | 0xc1 => header.read_frame(segment)?,
                0xc4 => header.read_codes(segment)?,
                0xdb => header.read_quantisations(segment)?,
                0xdd => header.interval = u16::from_be_bytes(*segment.first_chunk()?).into(),
                0xda => {
                    header.read_scan(segment)?;
                    header.scan = at;
                    return Some(header);
                }
                // What programs note, which changes no pixel.
                0xe0..=0xef | 0xfe => {}
                _ => return None,
            }
        }
    }

    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        let [8, height_1, height_2, width_1, width_2, 3, components @ ..] = segment else {
            return None;
        };
        let side = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
        self.size = Size::new(side(*width_1, *width_2), side(*height_1, *height_2));
        let (components, []) = components.as_chunks::<3>() else {
            return None;
        };
        for (known, [name, _, quantisation]) in self.components.iter_mut().zip(components) {
            known.name = *name;
            known.quantisation = usize::from(*quantisation);
        }
        let sampling = components.iter().map(|[_, sampling, _]| *sampling);
        (self.size.pixels() > 0 && sampling.eq(SAMPLING)).then_some(())
    }

    fn read_quantisations(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((sort, rest)) = segment.split_first() {
            let mut table = [0; 64];
            segment = if sort >> 4 == 0 {
                let (values, rest) = rest.split_first_chunk::<64>()?;
                table = values.map(u16::from);
                rest
            } else {
                let (values, rest) = rest.split_first_chunk::<128>()?;
                for (number, bytes) in table.iter_mut().zip(values.as_chunks().0) {
                    *number = u16::from_be_bytes(*bytes);
                }
                rest
            };
            *self.quantisations.get_mut(usize::from(sort & 15))? = Some(table);
        }
        Some(())
    }

    fn read_codes(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((sort, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk()?;
            let count = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(count)?;
            let (class, tables) = match sort >> 4 {
                0 => (Class::Dc, &mut self.dc),
                _ => (Class::Ac, &mut self.ac),
            };
            let table = Table::new(class, counts, symbols)?;
            *tables.get_mut(usize::from(sort & 15))? = Some(table);
            segment = rest;
        }
        Some(())
    }

    fn read_scan(&mut self, segment: &[u8]) -> Option<()> {
        let [3, rest @ ..] = segment else {
            return None;
        };
        for (component, [name, tables]) in self.components.iter_mut().zip(rest.as_chunks().0) {
            if component.name != *name {
                return None;
            }
            component.dc = usize::from(tables >> 4);
            component.ac = usize::from(tables & 15);
        }
        // All coefficients, in their whole precision.
        (self.size.pixels() > 0 && rest.get(6..) == Some(&[0, 63, 0])).then_some(())
    }
}
