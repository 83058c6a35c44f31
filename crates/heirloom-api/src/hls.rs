//! Playlists of videos in pieces (RFC 8216).

use std::fmt::{self, Display, Formatter};

/// The names of what a player asks for, as the contract has them.
pub const HEAD: &str = "init.mp4";

/// Every variant of a video.
#[derive(Debug)]
pub struct MainPlaylist {
    pub variants: Vec<VariantLine>,
}

#[derive(Debug)]
pub struct VariantLine {
    /// Where its own playlist is, from here.
    pub address: String,
    /// Bits a second, at most.
    pub bandwidth: u64,
    /// As RFC 6381 has them.
    pub codecs: String,
    pub width: u32,
    pub height: u32,
    pub frames_per_second: f64,
}

/// Every piece of one variant. All are known from the beginning, so that a player can go anywhere at once.
#[derive(Debug)]
pub struct MediaPlaylist {
    /// Seconds of each.
    pub pieces: Vec<f64>,
    /// What follows every name: a question mark and what lets a player in.
    pub query: String,
}

impl Display for MainPlaylist {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")?;
        for line in &self.variants {
            writeln!(
                f,
                "#EXT-X-STREAM-INF:BANDWIDTH={},CODECS=\"{}\",RESOLUTION={}x{},FRAME-RATE={:.3}\n{}",
                line.bandwidth,
                line.codecs,
                line.width,
                line.height,
                line.frames_per_second,
                line.address
            )?;
        }
        Ok(())
    }
}

impl Display for MediaPlaylist {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let longest = self.pieces.iter().copied().fold(0.0, f64::max);
        write!(
            f,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{HEAD}{}\"\n",
            longest.round().max(1.0),
            self.query
        )?;
        for (piece, seconds) in self.pieces.iter().enumerate() {
            let name = piece_name(piece);
            writeln!(f, "#EXTINF:{seconds:.6},\n{name}{}", self.query)?;
        }
        f.write_str("#EXT-X-ENDLIST\n")
    }
}

fn piece_name(piece: usize) -> String {
    format!("seg_{piece}.m4s")
}

/// Which piece a name means.
pub fn piece_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("seg_")?.strip_suffix(".m4s")?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_playlist_says_what_a_player_chooses_by() {
        let playlist = MainPlaylist {
            variants: vec![VariantLine {
                address: "a/0/playlist.m3u8?key=b".into(),
                bandwidth: 2_000_000,
                codecs: "avc1.64001F,mp4a.40.2".into(),
                width: 854,
                height: 480,
                frames_per_second: 30_000.0 / 1001.0,
            }],
        };
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2000000,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=854x480,\
            FRAME-RATE=29.970\na/0/playlist.m3u8?key=b\n";
        assert_eq!(playlist.to_string(), expected);
    }

    #[test]
    fn a_media_playlist_lists_every_piece() {
        let playlist = MediaPlaylist {
            pieces: vec![2.002, 0.5],
            query: "?slug=trip".into(),
        };
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
            #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4?slug=trip\"\n\
            #EXTINF:2.002000,\nseg_0.m4s?slug=trip\n#EXTINF:0.500000,\nseg_1.m4s?slug=trip\n#EXT-X-ENDLIST\n";
        assert_eq!(playlist.to_string(), expected);
    }

    #[test]
    fn names_of_pieces_are_read() {
        assert_eq!(piece_of(&piece_name(17)), Some(17));
        for name in [
            "seg_.m4s",
            "seg_-1.m4s",
            "seg_+1.m4s",
            "seg_1.mp4",
            "seg_99999999999.m4s",
            "a",
        ] {
            assert_eq!(piece_of(name), None, "{name}");
        }
    }
}
