//! The video that phones append to a picture: Google's motion photo, Samsung's trailer.

use std::borrow::Cow;

use crate::{facts::ByteRange, xmp};

/// Bytes at the end of a file in which Samsung's directory lies.
const TRAILER_BYTES_MAX: usize = 64 << 10;

/// Where the video lies, if there is one that begins like a video.
pub fn video(file: &[u8], packets: &[Cow<'_, [u8]>]) -> Option<ByteRange> {
    let from_end = packets
        .iter()
        .find_map(|packet| xmp::motion_video_length(packet));
    let google = from_end.and_then(|length| {
        let length = usize::try_from(length).ok()?;
        Some((file.len().checked_sub(length)?, length))
    });
    let (offset, length) = google.or_else(|| samsung(file))?;
    let is_video = file.get(offset + 4..offset + 8) == Some(b"ftyp");
    is_video.then_some(ByteRange {
        offset: offset as u64,
        length: length as u64,
    })
}

/// Samsung's trailer ends with `SEFT`; before it the length of a directory (`SEFH`, version, count, then entries of type,
/// distance from the directory, length). Type 0x0a30 is the video, after a head that names it.
fn samsung(file: &[u8]) -> Option<(usize, usize)> {
    let body = file.strip_suffix(b"SEFT")?;
    let length = u32_at(body, body.len().checked_sub(4)?)? as usize;
    let directory = body.len().checked_sub(4)?.checked_sub(length)?;
    if length > TRAILER_BYTES_MAX || body.get(directory..directory + 4)? != b"SEFH" {
        return None;
    }
    let count = u32_at(body, directory + 8)? as usize;
    (0..count.min(256)).find_map(|index| {
        let entry = directory + 12 + 12 * index;
        let kind = u32_at(body, entry)? >> 16;
        let start = directory.checked_sub(u32_at(body, entry + 4)? as usize)?;
        let size = u32_at(body, entry + 8)? as usize;
        let name = u32_at(body, start + 4)? as usize;
        let skipped = 8usize.checked_add(name)?;
        (kind == 0x0a30).then_some((start + skipped, size.checked_sub(skipped)?))
    })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}
