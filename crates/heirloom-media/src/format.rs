//! What a file really is, by its first bytes. Names lie.

/// A kind of file this crate can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    /// TIFF, or a camera's raw format that is built on it.
    Tiff,
    /// HEIC and HEIF, whatever codec is inside.
    Heif,
    Avif,
    Jxl,
    /// A camera's raw format that is not built on TIFF: RAF, CR3.
    Raw,
    /// Anything with moving pictures; what exactly is `ffprobe`'s business.
    Video,
}

/// Bytes that [`sniff`] looks at.
pub const SNIFF_BYTES: usize = 64;

impl Format {
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Heif => "image/heic",
            Self::Avif => "image/avif",
            Self::Jxl => "image/jxl",
            Self::Raw => "image/x-raw",
            Self::Video => "video/*",
        }
    }

    /// Whether a browser shows such a file itself.
    pub const fn is_web_safe(self) -> bool {
        matches!(
            self,
            Self::Jpeg | Self::Png | Self::WebP | Self::Gif | Self::Bmp | Self::Avif
        )
    }
}

/// The kind of file that begins so; `None` for bytes that are nothing known.
pub fn sniff(head: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    let format = if starts(b"\xff\xd8\xff") {
        Format::Jpeg
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Format::Png
    } else if starts(b"RIFF") && at(8, b"WEBP") {
        Format::WebP
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Format::Gif
    } else if starts(b"BM") {
        Format::Bmp
    } else if is_tiff(head) {
        Format::Tiff
    } else if starts(b"FUJIFILMCCD-RAW") {
        Format::Raw
    } else if starts(b"\xff\x0a") || at(4, b"JXL \r\n\x87\n") {
        Format::Jxl
    } else if at(4, b"ftyp") {
        of_brands(head)
    } else if is_video(head) {
        Format::Video
    } else {
        return None;
    };
    Some(format)
}

/// TIFF 6.0, BigTIFF, and the marks of Olympus (`RO`, `RS`) and Panasonic (`U`).
fn is_tiff(head: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[
        b"II\x2a\0",
        b"MM\0\x2a",
        b"II\x2b\0",
        b"MM\0\x2b",
        b"IIRO",
        b"IIRS",
        b"MMOR",
        b"IIU\0",
    ];
    MARKS.iter().any(|mark| head.starts_with(mark))
}

/// Extensions of raw formats that are built on TIFF.
const RAW_EXTENSIONS: &[&str] = &["arw", "cr2", "dng", "nef", "orf", "rw2"];

/// Whether a name claims to be a camera's raw file.
pub fn is_named_raw(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        RAW_EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
    })
}

/// Whether a file that looks like a TIFF bears the mark of Canon, Olympus or Panasonic.
pub fn has_raw_mark(head: &[u8]) -> bool {
    let is_canon = head.get(8..10) == Some(b"CR");
    is_canon
        || [&b"IIRO"[..], b"IIRS", b"MMOR", b"IIU\0"]
            .iter()
            .any(|mark| head.starts_with(mark))
}

/// ISO base media files say in their brands what they are (ISO/IEC 14496-12, 4.3).
fn of_brands(head: &[u8]) -> Format {
    let size = head.get(..4).map_or(0, |size| {
        u32::from_be_bytes(size.try_into().unwrap_or_default())
    });
    let end = head.len().min(size as usize);
    let brands = || head.get(8..end).unwrap_or_default().chunks_exact(4);
    let has = |wanted: &[&[u8]]| brands().any(|brand| wanted.contains(&brand));
    if has(&[b"avif", b"avis"]) {
        Format::Avif
    } else if has(&[
        b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"mif2",
    ]) {
        Format::Heif
    } else if has(&[b"crx "]) {
        Format::Raw
    } else {
        Format::Video
    }
}

fn is_video(head: &[u8]) -> bool {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    let is_transport_stream = head.first() == Some(&0x47) || head.get(4) == Some(&0x47);
    at(0, b"\x1a\x45\xdf\xa3")
        || at(0, b"RIFF") && at(8, b"AVI ")
        || at(0, b"FLV\x01")
        || at(0, b"\0\0\x01\xba")
        || at(0, b"\0\0\x01\xb3")
        || at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
        || [&b"moov"[..], b"mdat", b"wide", b"free", b"skip"]
            .iter()
            .any(|atom| at(4, atom))
        || is_transport_stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        assert_eq!(sniff(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
        assert_eq!(
            sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
            Some(Format::Heif)
        );
        assert_eq!(
            sniff(b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif"),
            Some(Format::Avif)
        );
        assert_eq!(
            sniff(b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
            Some(Format::Video)
        );
        assert_eq!(sniff(b"<svg onload="), None);
        assert_eq!(sniff(b""), None);
    }
}
