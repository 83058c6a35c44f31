//! Names of stored files. Whatever a client calls its file, the path stays inside the store.

use std::fmt;

use heirloom_types::ids::{AssetId, UserId};
use unicode_normalization::UnicodeNormalization;

use super::{Error, Result};

/// Bytes of one file name on every file system that matters, less what `_123` and `.xmp` need.
const NAME_LENGTH_MAX: usize = 255 - 12;
/// Longest extension that survives the shortening of a name.
const EXTENSION_LENGTH_MAX: usize = 16;
/// Names that Windows keeps for devices; a folder of originals may be shared to one.
const DEVICE_NAMES: &[&str] = &["con", "prn", "aux", "nul"];

/// A relative path with `/` between its parts, none of them empty, `.` or `..`; or an absolute one, of a file outside the
/// store that is only read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobPath(String);

impl BlobPath {
    /// Reads a path that was stored; refuses one that would leave the store.
    pub fn parse(text: &str) -> Result<Self> {
        let inner = text.strip_prefix('/').unwrap_or(text);
        let is_safe = !text.contains('\0')
            && (text.starts_with('/') || !text.contains('\\'))
            && inner
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if is_safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Invalid(format!(
                "{text:?} is not a path of the store"
            )))
        }
    }

    /// Where an original goes: `parts` come from a [`Template`](super::Template) and are cleaned here.
    pub(super) fn original(parts: impl Iterator<Item = String>) -> Self {
        let cleaned: Vec<_> = parts.map(|part| clean_name(&part)).collect();
        Self(format!("originals/{}", cleaned.join("/")))
    }

    /// Where a rendition goes; spread over folders by the random end of the id.
    pub fn rendition(owner: UserId, asset: AssetId, kind: &str, extension: &str) -> Self {
        let id = asset.to_string();
        let (first, second) = (&id[id.len() - 4..id.len() - 2], &id[id.len() - 2..]);
        Self(format!(
            "renditions/{owner}/{first}/{second}/{asset}-{kind}.{extension}"
        ))
    }

    /// Where a person's picture goes.
    pub fn profile_image(user: UserId, version: &str, extension: &str) -> Self {
        Self(format!("profiles/{user}-{version}.{extension}"))
    }

    /// A backup of the database; none for a name that is not a plain file's.
    pub fn backup(name: &str) -> Option<Self> {
        let is_plain = name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter))
            && !name.starts_with('.')
            && !name.is_empty()
            && name.len() <= NAME_LENGTH_MAX;
        is_plain.then(|| Self(format!("backups/{name}")))
    }

    /// The sidecar beside an original: `IMG.jpg.xmp`.
    pub fn sidecar(&self) -> Self {
        Self(format!("{}.xmp", self.0))
    }

    /// The same place under another name: `IMG_2.jpg` for 2.
    pub fn numbered(&self, number: u32) -> Self {
        let (folder, name) = self.0.rsplit_once('/').unwrap_or(("", &self.0));
        let (stem, extension) = split_extension(name);
        let dot = if extension.is_empty() { "" } else { "." };
        Self(format!("{folder}/{stem}_{number}{dot}{extension}"))
    }

    /// Whether this is what [`Self::numbered`] makes of `first` with any number.
    pub fn is_numbered(&self, first: &Self) -> bool {
        let (folder, name) = first.0.rsplit_once('/').unwrap_or(("", &first.0));
        let (stem, extension) = split_extension(name);
        let dot = if extension.is_empty() { "" } else { "." };
        let number = self
            .0
            .strip_prefix(&format!("{folder}/{stem}_"))
            .and_then(|rest| rest.strip_suffix(&format!("{dot}{extension}")));
        number.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 1))
    }

    /// Whether the file lies outside the store.
    pub fn is_external(&self) -> bool {
        self.0.starts_with('/')
    }

    /// Where a person's words about an external file are kept, which cannot lie beside it.
    pub fn apart_sidecar(owner: UserId, asset: AssetId) -> Self {
        let id = asset.to_string();
        Self(format!(
            "sidecars/{owner}/{}/{asset}.xmp",
            &id[id.len() - 2..]
        ))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes any text the name of one file: composed Unicode (NFC), no separators or control characters, neither hidden nor
/// a device, short enough, and never empty.
fn clean_name(name: &str) -> String {
    let replaced: String = name
        .nfc()
        .map(|char| if is_forbidden(char) { '_' } else { char })
        .collect();
    let trimmed = replaced.trim_end_matches(['.', ' ']).trim_start();
    let (stem, extension) = split_extension(trimmed);
    let is_device = DEVICE_NAMES.contains(&stem.to_ascii_lowercase().as_str());
    let prefix = if trimmed.is_empty() || trimmed.starts_with('.') || is_device {
        "_"
    } else {
        ""
    };
    shorten(&format!("{prefix}{trimmed}"), extension)
}

fn is_forbidden(char: char) -> bool {
    // The bidirectional controls can make a name read as another one.
    char.is_control()
        || matches!(char, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Cuts the stem so that the extension survives, at a character's boundary.
fn shorten(name: &str, extension: &str) -> String {
    if name.len() <= NAME_LENGTH_MAX {
        return name.to_owned();
    }
    if extension.is_empty() || extension.len() > EXTENSION_LENGTH_MAX {
        return name[..name.floor_char_boundary(NAME_LENGTH_MAX)].to_owned();
    }
    let stem = name.floor_char_boundary(NAME_LENGTH_MAX - extension.len() - 1);
    format!("{}.{extension}", &name[..stem])
}

/// Stem and extension of a name; a name that only begins with a dot has no extension.
pub(super) fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(name: &str) -> String {
        let path = BlobPath::original(std::iter::once(name.to_owned())).0;
        path.strip_prefix("originals/").unwrap().to_owned()
    }

    #[test]
    fn names_of_clients_never_leave_their_folder() {
        for (given, kept) in [
            ("IMG 1.jpg", "IMG 1.jpg"),
            ("../../etc/passwd", "_.._.._etc_passwd"),
            ("a/b\\c.jpg", "a_b_c.jpg"),
            ("..", "_"),
            ("", "_"),
            (".hidden.jpg", "_.hidden.jpg"),
            ("con.jpg", "_con.jpg"),
            ("a\0b.jpg", "a_b.jpg"),
            ("trailing. ", "trailing"),
            ("e\u{301}.jpg", "é.jpg"),
            ("gpj.\u{202e}exe.jpg", "gpj._exe.jpg"),
            ("日本語.heic", "日本語.heic"),
        ] {
            assert_eq!(original(given), kept, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        for stem in ["a", "é", "語", "😀"] {
            let kept = original(&format!("{}.jpeg", stem.repeat(300)));
            assert!(kept.len() <= NAME_LENGTH_MAX, "{}", kept.len());
            assert_eq!(split_extension(&kept).1, "jpeg");
        }
        assert!(original(&"x".repeat(400)).len() <= NAME_LENGTH_MAX);
    }

    #[test]
    fn a_number_goes_before_the_extension() {
        let path = BlobPath::parse("originals/ada/IMG.final.jpg").unwrap();
        assert_eq!(path.numbered(2).as_str(), "originals/ada/IMG.final_2.jpg");
        let path = BlobPath::parse("originals/ada/IMG").unwrap();
        assert_eq!(path.numbered(2).as_str(), "originals/ada/IMG_2");
        let first = BlobPath::parse("originals/ada/IMG.jpg").unwrap();
        assert!(first.numbered(12).is_numbered(&first));
        for other in ["IMG.jpg", "IMG_.jpg", "IMG_1.jpg", "IMG_2.png", "IMG_x.jpg"] {
            let other = BlobPath::parse(&format!("originals/ada/{other}")).unwrap();
            assert!(!other.is_numbered(&first), "{other}");
        }
    }

    #[test]
    fn stored_paths_that_would_leave_the_store_are_refused() {
        for text in [
            "",
            "/",
            "//etc/passwd",
            "/a/../b",
            "/a\0",
            "a//b",
            "a/../b",
            "./a",
            "a\\b",
            "a\0",
        ] {
            assert!(BlobPath::parse(text).is_err(), "{text:?}");
        }
        assert!(BlobPath::parse("/mnt/a\\b.jpg").unwrap().is_external());
    }
}
