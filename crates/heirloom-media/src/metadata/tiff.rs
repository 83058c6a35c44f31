//! Walks the directories of a TIFF structure (TIFF 6.0, section 2) without trusting a single offset.

/// Most entries of one directory.
const ENTRIES_MAX: usize = 4096;

/// A TIFF structure.
#[derive(Clone, Copy)]
pub(crate) struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

/// One directory.
pub(crate) struct Directory<'a> {
    tiff: Tiff<'a>,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    tag: u16,
    kind: u16,
    data: &'a [u8],
}

impl<'a> Tiff<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        Some(Self { bytes, is_little })
    }

    /// The first directory.
    pub(crate) fn main(self) -> Option<Directory<'a>> {
        self.directory(self.u32(4)?)
    }

    /// The directory at an offset.
    pub(crate) fn directory(self, offset: u32) -> Option<Directory<'a>> {
        let offset = offset as usize;
        let count = usize::from(self.u16(offset)?).min(ENTRIES_MAX);
        let entries = (0..count)
            .map_while(|index| self.entry(offset + 2 + 12 * index))
            .flatten()
            .collect();
        Some(Directory {
            tiff: self,
            entries,
        })
    }

    /// `None` when the structure ends here, `Some(None)` for an entry that makes no sense.
    fn entry(self, at: usize) -> Option<Option<Entry<'a>>> {
        let (tag, kind) = (self.u16(at)?, self.u16(at + 2)?);
        let count = self.u32(at + 4)? as usize;
        let entry = size_of_kind(kind).and_then(|size| {
            let length = count.checked_mul(size)?;
            let start = if length <= 4 {
                at + 8
            } else {
                self.u32(at + 8)? as usize
            };
            let data = self.bytes.get(start..start.checked_add(length)?)?;
            Some(Entry { tag, kind, data })
        });
        Some(entry)
    }

    fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn u32(self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }
}

impl<'a> Directory<'a> {
    /// A directory that another one points to.
    pub(crate) fn child(&self, tag: u16) -> Option<Directory<'a>> {
        self.tiff.directory(self.uint(tag)?)
    }

    /// The bytes of an entry, whatever its type, unless there are more than `limit`.
    pub(crate) fn bytes(&self, tag: u16, limit: usize) -> Option<&'a [u8]> {
        let entry = self.entries.iter().find(|entry| entry.tag == tag)?;
        (entry.data.len() <= limit).then_some(entry.data)
    }

    /// The first whole number of an entry.
    pub(crate) fn uint(&self, tag: u16) -> Option<u32> {
        let entry = self.entries.iter().find(|entry| entry.tag == tag)?;
        let data = self.tiff.with_bytes(entry.data);
        match entry.kind {
            1 | 7 => entry.data.first().copied().map(u32::from),
            3 => data.u16(0).map(u32::from),
            4 | 13 => data.u32(0),
            _ => None,
        }
    }

    /// The fractions of an entry, signed or not; those with a denominator of zero are absent.
    pub(crate) fn rationals(&self, tag: u16) -> Vec<Option<f64>> {
        self.fractions(tag)
            .into_iter()
            .map(|(numerator, denominator)| (denominator != 0.0).then(|| numerator / denominator))
            .collect()
    }

    /// The first fraction of an entry.
    pub(crate) fn rational(&self, tag: u16) -> Option<f64> {
        self.rationals(tag).first().copied().flatten()
    }

    /// Numerators and denominators of an entry.
    pub(crate) fn fractions(&self, tag: u16) -> Vec<(f64, f64)> {
        let Some(entry) = self.entries.iter().find(|entry| entry.tag == tag) else {
            return Vec::new();
        };
        let number = |bytes: &[u8], is_signed: bool| {
            let value = self.tiff.with_bytes(bytes).u32(0).unwrap_or_default();
            if is_signed {
                f64::from(value.cast_signed())
            } else {
                f64::from(value)
            }
        };
        match entry.kind {
            5 | 10 => entry
                .data
                .chunks_exact(8)
                .take(16)
                .map(|pair| {
                    (
                        number(&pair[..4], entry.kind == 10),
                        number(&pair[4..], entry.kind == 10),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Tiff<'_> {
    fn with_bytes(self, bytes: &[u8]) -> Tiff<'_> {
        Tiff {
            bytes,
            is_little: self.is_little,
        }
    }
}

/// Bytes of one value of a type (TIFF 6.0, "Types").
const fn size_of_kind(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}
