//! Content identity: SHA-1, because the API's clients speak it, and BLAKE3, because we trust it.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// SHA-1 of a file's bytes (FIPS 180-4). Identifies files towards clients; not a proof against forgery.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha1(pub [u8; 20]);

/// BLAKE3 of a file's bytes. What the library itself verifies an original against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blake3(pub [u8; 32]);

impl Sha1 {
    /// The form clients compare: base64 with padding, 28 characters.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }
}

/// A text that is neither 40 hexadecimal digits nor 28 characters of base64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-1 checksum is 40 hexadecimal digits or 28 characters of base64")]
pub struct InvalidChecksum;

impl FromStr for Sha1 {
    type Err = InvalidChecksum;

    /// Reads either spelling; clients use both.
    fn from_str(text: &str) -> Result<Self, InvalidChecksum> {
        let bytes = match text.len() {
            40 => (0..20)
                .map(|i| {
                    text.get(2 * i..2 * i + 2)
                        .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                })
                .collect::<Option<Vec<u8>>>()
                .ok_or(InvalidChecksum)?,
            28 => STANDARD.decode(text).map_err(|_| InvalidChecksum)?,
            _ => return Err(InvalidChecksum),
        };
        bytes.try_into().map(Self).map_err(|_| InvalidChecksum)
    }
}

impl fmt::Debug for Sha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha1({})", self.to_base64())
    }
}

impl fmt::Debug for Blake3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blake3({})", STANDARD.encode(self.0))
    }
}

/// Checksums are columns of exactly their length.
#[cfg(feature = "sqlx")]
mod columns {
    use sqlx::{Database, Decode, Type, error::BoxDynError};

    use super::{Blake3, Sha1};

    macro_rules! column {
        ($name:ident) => {
            impl<DB: Database> Type<DB> for $name
            where
                Vec<u8>: Type<DB>,
            {
                fn type_info() -> DB::TypeInfo {
                    <Vec<u8>>::type_info()
                }
            }

            impl<'r, DB: Database> Decode<'r, DB> for $name
            where
                &'r [u8]: Decode<'r, DB>,
            {
                fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                    Ok(Self(<&[u8]>::decode(value)?.try_into()?))
                }
            }
        };
    }

    column!(Sha1);
    column!(Blake3);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_same_checksum() {
        // SHA-1 of the empty input, from FIPS 180-4's example tables.
        let hex = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
            .parse::<Sha1>()
            .unwrap();
        assert_eq!(hex.to_base64(), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
        assert_eq!("2jmj7l5rSw0yVb/vlWAYkK/YBwk=".parse(), Ok(hex));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "abc",
            "zz39a3ee5e6b4b0d3255bfef95601890afd80709",
            "ééééééééééééééééééé40",
        ] {
            assert_eq!(text.parse::<Sha1>(), Err(InvalidChecksum), "{text}");
        }
    }
}
