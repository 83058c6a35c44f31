//! Where formats keep their metadata: JPEG segments, PNG and WebP chunks, HEIF items, TIFF itself.

use std::borrow::Cow;

use super::{exif, tiff::Tiff};
use crate::format::{self, Format};

/// Most bytes of one block; an honest one is far smaller.
const BLOCK_BYTES_MAX: usize = 8 << 20;
/// Most segments or chunks looked at.
const PARTS_MAX: usize = 4096;
/// Where the `moov` box of a CR3 ends at the latest.
const CR3_HEAD_BYTES: usize = 1 << 20;

/// The blocks found in a file.
#[derive(Default)]
pub struct Blocks<'a> {
    /// TIFF structures.
    pub exif: Vec<Cow<'a, [u8]>>,
    pub xmp: Vec<Cow<'a, [u8]>>,
    /// IPTC IIM records.
    pub iptc: Option<Cow<'a, [u8]>>,
    pub icc: Option<Vec<u8>>,
    /// Width and height as stored, where the container says so.
    pub size: Option<(u32, u32)>,
}

/// Finds the blocks of a file of any format.
pub fn blocks(file: &[u8]) -> Blocks<'_> {
    match format::sniff(file) {
        Some(Format::Jpeg) => jpeg(file),
        Some(Format::Png) => png(file),
        Some(Format::WebP) => webp(file),
        Some(Format::Tiff) => tiff(file),
        Some(Format::Heif | Format::Avif) => heif(file),
        Some(Format::Jxl) => jxl(file),
        Some(Format::Raw) => raw(file),
        Some(Format::Gif) => Blocks {
            size: little_pair(file, 6),
            ..Blocks::default()
        },
        _ => Blocks::default(),
    }
}

/// The colour profile of a JPEG.
pub fn jpeg_icc(file: &[u8]) -> Option<Vec<u8>> {
    jpeg(file).icc
}

/// One marker segment of a JPEG, without marker and length (ITU-T T.81, B.1.1.4).
struct Segment<'a> {
    marker: u8,
    data: &'a [u8],
}

fn segments(file: &[u8]) -> impl Iterator<Item = Segment<'_>> {
    let mut position = 2;
    std::iter::from_fn(move || {
        while file.get(position) == Some(&0xff) && file.get(position + 1) == Some(&0xff) {
            position += 1;
        }
        let head: [u8; 4] = file.get(position..position + 4)?.try_into().ok()?;
        let marker = head[1];
        // Entropy-coded data begin after SOS: no metadata from here on.
        if head[0] != 0xff || marker == 0xda || marker == 0xd9 {
            return None;
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let end = position + 2 + length.max(2);
        let data = file.get(position + 4..end.min(file.len()))?;
        position = end;
        Some(Segment { marker, data })
    })
    .take(PARTS_MAX)
}

fn jpeg(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut icc = Vec::new();
    let mut extended = Vec::new();
    for Segment { marker, data } in segments(file) {
        match marker {
            0xe1 => {
                if let Some(exif) = data.strip_prefix(b"Exif\0") {
                    blocks
                        .exif
                        .push(Cow::Borrowed(exif.get(1..).unwrap_or_default()));
                } else if let Some(xmp) = data.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                    blocks.xmp.push(Cow::Borrowed(xmp));
                } else if let Some(part) =
                    data.strip_prefix(b"http://ns.adobe.com/xmp/extension/\0")
                {
                    extended.push(part);
                }
            }
            0xe2 => {
                if let Some(part) = data.strip_prefix(b"ICC_PROFILE\0")
                    && let [sequence, _, bytes @ ..] = part
                {
                    icc.push((*sequence, bytes));
                }
            }
            0xed => {
                if let Some(resources) = data.strip_prefix(b"Photoshop 3.0\0") {
                    blocks.iptc = photoshop_iptc(resources).map(Cow::Borrowed);
                }
            }
            // Every start of frame; C4, C8 and CC are tables.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if let [_, h1, h0, w1, w0, ..] = data {
                    let pair = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
                    blocks.size = Some((pair(*w1, *w0), pair(*h1, *h0)));
                }
            }
            _ => {}
        }
    }
    icc.sort_by_key(|(sequence, _)| *sequence);
    if !icc.is_empty() {
        blocks.icc = Some(
            icc.into_iter()
                .flat_map(|(_, bytes)| bytes.iter().copied())
                .collect(),
        );
    }
    blocks.xmp.extend(extended_xmp(&extended).map(Cow::Owned));
    blocks
}

/// Puts the parts of an extended XMP packet together: each is GUID (32), full length (4), offset (4), bytes.
fn extended_xmp(parts: &[&[u8]]) -> Option<Vec<u8>> {
    let first = parts.first()?;
    let guid = first.get(..32)?;
    let full = u32::from_be_bytes(first.get(32..36)?.try_into().ok()?) as usize;
    if full > BLOCK_BYTES_MAX {
        return None;
    }
    let mut packet = vec![b' '; full];
    for part in parts.iter().filter(|part| part.get(..32) == Some(guid)) {
        let offset = u32::from_be_bytes(part.get(36..40)?.try_into().ok()?) as usize;
        let bytes = part.get(40..)?;
        packet
            .get_mut(offset..offset.checked_add(bytes.len())?)?
            .copy_from_slice(bytes);
    }
    Some(packet)
}

/// The IPTC record (0x0404) among Photoshop's image resources.
fn photoshop_iptc(mut resources: &[u8]) -> Option<&[u8]> {
    for _ in 0..PARTS_MAX {
        let rest = resources.strip_prefix(b"8BIM")?;
        let id = u16::from_be_bytes(rest.get(..2)?.try_into().ok()?);
        // The name is padded to an even length, its length byte included.
        let name = (usize::from(*rest.get(2)?) + 2) & !1;
        let length = u32::from_be_bytes(rest.get(2 + name..6 + name)?.try_into().ok()?) as usize;
        let data = rest.get(6 + name..)?;
        if id == 0x0404 {
            return data.get(..length);
        }
        resources = data.get((length + 1) & !1..)?;
    }
    None
}

fn png(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut rest = file.get(8..).unwrap_or_default();
    for _ in 0..PARTS_MAX {
        let Some(length) = rest
            .get(..4)
            .map(|bytes| u32::from_be_bytes(bytes.try_into().unwrap_or_default()) as usize)
        else {
            break;
        };
        let (Some(kind), Some(data)) = (rest.get(4..8), rest.get(8..8usize.saturating_add(length)))
        else {
            break;
        };
        match kind {
            b"IHDR" => blocks.size = big_pair(data, 0),
            b"eXIf" => blocks.exif.push(Cow::Borrowed(data)),
            b"iTXt" => blocks.xmp.extend(itxt_xmp(data).map(Cow::Borrowed)),
            _ => {}
        }
        rest = rest.get(12 + length..).unwrap_or_default();
    }
    blocks
}

/// Uncompressed XMP of an iTXt chunk: keyword, NUL, compression flag and method, language, NUL, translation, NUL, text.
fn itxt_xmp(data: &[u8]) -> Option<&[u8]> {
    let rest = data.strip_prefix(b"XML:com.adobe.xmp\0\0\0")?;
    let language = rest.iter().position(|&byte| byte == 0)?;
    let rest = rest.get(language + 1..)?;
    let translation = rest.iter().position(|&byte| byte == 0)?;
    rest.get(translation + 1..)
}

fn webp(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut rest = file.get(12..).unwrap_or_default();
    for _ in 0..PARTS_MAX {
        let Some(length) = rest
            .get(4..8)
            .map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap_or_default()) as usize)
        else {
            break;
        };
        let (Some(kind), Some(data)) = (rest.get(..4), rest.get(8..8usize.saturating_add(length)))
        else {
            break;
        };
        match kind {
            b"EXIF" => blocks.exif.push(Cow::Borrowed(
                data.strip_prefix(b"Exif\0\0").unwrap_or(data),
            )),
            b"XMP " => blocks.xmp.push(Cow::Borrowed(data)),
            b"ICCP" => blocks.icc = Some(data.to_vec()),
            _ => {}
        }
        rest = rest.get(8 + ((length + 1) & !1)..).unwrap_or_default();
    }
    blocks
}

fn tiff(file: &[u8]) -> Blocks<'_> {
    let main = Tiff::new(file).and_then(Tiff::main);
    let entry = |tag| {
        main.as_ref()
            .and_then(|main| main.bytes(tag, BLOCK_BYTES_MAX))
    };
    Blocks {
        xmp: entry(exif::TAG_XMP)
            .map(Cow::Borrowed)
            .into_iter()
            .collect(),
        iptc: entry(exif::TAG_IPTC).map(Cow::Borrowed),
        icc: entry(exif::TAG_ICC).map(<[u8]>::to_vec),
        exif: vec![Cow::Borrowed(file)],
        size: None,
    }
}

/// EXIF and XMP as items of the `meta` box; the bytes are found by libheif, which knows every way to store them.
fn heif(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let Ok(context) = libheif_rs::HeifContext::read_from_bytes(file) else {
        return blocks;
    };
    let Ok(handle) = context.primary_image_handle() else {
        return blocks;
    };
    blocks.size = Some((handle.width(), handle.height()));
    blocks.icc = handle.color_profile_raw().map(|profile| profile.data);
    for item in handle.all_metadata() {
        if item.raw_data.len() > BLOCK_BYTES_MAX {
            continue;
        }
        if item.item_type.0 == *b"Exif" {
            blocks
                .exif
                .extend(heif_exif(&item.raw_data).map(Cow::Owned));
        } else if item.content_type == "application/rdf+xml" {
            blocks.xmp.push(Cow::Owned(item.raw_data));
        }
    }
    blocks
}

/// Four bytes say how far the TIFF structure begins after them (ISO/IEC 23008-12, A.2.1).
fn heif_exif(item: &[u8]) -> Option<Vec<u8>> {
    let skip = u32::from_be_bytes(item.get(..4)?.try_into().ok()?) as usize;
    Some(item.get(4usize.checked_add(skip)?..)?.to_vec())
}

/// Boxes of a JPEG XL container; a bare codestream has none.
fn jxl(file: &[u8]) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let mut rest = file;
    for _ in 0..PARTS_MAX {
        let Some(head) = rest.get(..8) else { break };
        let length = u32::from_be_bytes(head[..4].try_into().unwrap_or_default()) as usize;
        let end = if length == 0 { rest.len() } else { length };
        let Some(data) = rest.get(8..end) else { break };
        match &head[4..] {
            b"Exif" => blocks.exif.extend(heif_exif(data).map(Cow::Owned)),
            b"xml " => blocks.xmp.push(Cow::Borrowed(data)),
            _ => {}
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    blocks
}

/// RAF keeps a JPEG with all metadata; CR3 keeps TIFF structures in its boxes.
fn raw(file: &[u8]) -> Blocks<'_> {
    if let Some(offset) = file.get(84..88).filter(|_| file.starts_with(b"FUJIFILM")) {
        let offset = u32::from_be_bytes(offset.try_into().unwrap_or_default()) as usize;
        let mut blocks = jpeg(file.get(offset..).unwrap_or_default());
        blocks.size = None;
        return blocks;
    }
    Blocks {
        exif: cr3_structures(file).map(Cow::Borrowed).collect(),
        ..Blocks::default()
    }
}

/// A CR3 keeps its TIFF structures in boxes named CMT1 to CMT4 near its beginning; 3 is the maker's own.
fn cr3_structures(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let head = &file[..file.len().min(CR3_HEAD_BYTES)];
    [b"CMT1", b"CMT2", b"CMT4"].into_iter().filter_map(|name| {
        let at = head.windows(4).position(|window| window == name)?;
        let length =
            u32::from_be_bytes(head.get(at.checked_sub(4)?..at)?.try_into().ok()?) as usize;
        head.get(at + 4..at.checked_add(length.checked_sub(4)?)?)
    })
}

fn big_pair(data: &[u8], at: usize) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?));
    Some((word(at)?, word(at + 4)?))
}

fn little_pair(data: &[u8], at: usize) -> Option<(u32, u32)> {
    let half = |at: usize| {
        Some(u32::from(u16::from_le_bytes(
            data.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    Some((half(at)?, half(at + 2)?))
}
