//! The stream that `ffmpeg` writes, taken apart at its boxes (ISO/IEC 14496-12).

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Largest box that is believed, in bytes.
const BOX_BYTES_MAX: u64 = 64 << 20;

/// One part of a fragmented file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What a player needs before all else.
    Head(Bytes),
    /// Pictures and sound from one keyframe to the next.
    Piece(Bytes),
}

/// Reads the next part; `None` at the end.
pub(super) async fn next_part(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Part>> {
    let mut part = BytesMut::new();
    loop {
        let Some((kind, start)) = next_box(stream, &mut part).await? else {
            return Ok(None);
        };
        match &kind {
            b"moov" => return Ok(Some(Part::Head(part.freeze()))),
            b"mdat" => return Ok(Some(Part::Piece(part.freeze()))),
            b"ftyp" | b"moof" => {}
            // What lies between is nothing a player needs.
            _ => part.truncate(start),
        }
    }
}

/// Adds a box to what was read; gives its kind and where it begins.
async fn next_box(
    stream: &mut (impl AsyncRead + Unpin),
    read: &mut BytesMut,
) -> io::Result<Option<([u8; 4], usize)>> {
    let start = read.len();
    let mut head = [0; 8];
    if stream.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut head[1..]).await?;
    let [a, b, c, d, kind @ ..] = head;
    read.extend_from_slice(&head);
    let mut length = u64::from(u32::from_be_bytes([a, b, c, d]));
    let mut known = 8;
    if length == 1 {
        length = stream.read_u64().await?;
        read.extend_from_slice(&length.to_be_bytes());
        known = 16;
    }
    if !(known..=BOX_BYTES_MAX).contains(&length) {
        return Err(io::Error::other("a box of an impossible length"));
    }
    let rest = (length - known) as usize;
    let at = read.len();
    read.resize(at + rest, 0);
    stream.read_exact(&mut read[at..]).await?;
    Ok(Some((kind, start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32 + 8).to_be_bytes();
        [&length[..], &kind, content].concat()
    }

    #[tokio::test]
    async fn a_stream_is_a_head_and_pieces() {
        let head = [boxed(*b"ftyp", b"iso6"), boxed(*b"moov", b"tracks")].concat();
        let long = [
            &1u32.to_be_bytes()[..],
            b"mdat",
            &18u64.to_be_bytes(),
            b"ab",
        ]
        .concat();
        let first = [boxed(*b"moof", b"1"), boxed(*b"mdat", b"pictures")].concat();
        let second = [boxed(*b"moof", b"2"), long].concat();
        let all = [
            head.clone(),
            first.clone(),
            boxed(*b"free", b"x"),
            second.clone(),
            boxed(*b"mfra", b""),
        ]
        .concat();
        let mut stream = all.as_slice();
        let mut parts = Vec::new();
        while let Some(part) = next_part(&mut stream).await.unwrap() {
            parts.push(part);
        }
        let expected = [
            Part::Head(head.into()),
            Part::Piece(first.into()),
            Part::Piece(second.into()),
        ];
        assert_eq!(parts, expected);
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_or_lies_is_an_error() {
        let whole = boxed(*b"moov", b"tracks");
        assert!(next_part(&mut &whole[..10]).await.is_err());
        let huge = [&u32::MAX.to_be_bytes()[..], b"mdat"].concat();
        assert!(next_part(&mut huge.as_slice()).await.is_err());
        assert!(
            next_part(&mut boxed(*b"moof", b"")[..4].as_ref())
                .await
                .is_err()
        );
    }
}
