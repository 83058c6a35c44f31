//! One newtype per noun over a UUID whose first 48 bits are the time.
//!
//! The form is version 4 (RFC 9562), because the API's pattern demands it; the leading milliseconds make rows
//! that were created together sit together in an index.

use std::{fmt, str::FromStr};

use rand::Rng;
use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// Makes ids from a time and randomness that are passed in, so that tests are repeatable.
pub fn new_uuid(now: Timestamp, rng: &mut impl Rng) -> Uuid {
    let mut bytes: [u8; 16] = rng.random();
    bytes[..6].copy_from_slice(&now.timestamp_millis().to_be_bytes()[2..]);
    Builder::from_random_bytes(bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes a new id; see [`new_uuid`].
            pub fn new(now: Timestamp, rng: &mut impl Rng) -> Self {
                Self(new_uuid(now, rng))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// A person with an account; also the owner of assets, the partition key of everything big.
    UserId;
    /// One photo or video in a library.
    AssetId;
    /// A logged-in device.
    SessionId;
    /// A long-lived credential with chosen permissions.
    ApiKeyId;
    /// A collection of assets that can be shared.
    AlbumId;
    /// A keyword.
    TagId;
    /// Pictures of one moment that show as one.
    StackId;
    /// Assets brought back on their day.
    MemoryId;
    /// Somebody who appears in pictures.
    PersonId;
    /// One face in one picture.
    FaceId;
    /// A way in for people without an account.
    SharedLinkId;
    /// A screen that shows photos without an account.
    FrameId;
    /// What is done with new photos without their owner.
    WorkflowId;
    /// A comment or a like in an album.
    ActivityId;
    /// Something the server tells a person.
    NotificationId;
    /// Folders that are indexed in place.
    LibraryId;
    /// One step of an asset's edit.
    EditId;
    /// A resumable upload that is not an asset yet.
    UploadId;
    /// A unit of durable work.
    JobId;
    /// One process that takes jobs.
    WorkerId;
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;
    use crate::time::at_millis;

    #[test]
    fn an_id_has_the_form_of_version_4_and_begins_with_the_time() {
        let mut rng = StdRng::seed_from_u64(1);
        let id = AssetId::new(at_millis(0x0190_1234_5678), &mut rng);
        assert_eq!(id.0.get_version_num(), 4);
        assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        assert!(id.to_string().starts_with("01901234-5678-4"));
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let mut rng = StdRng::seed_from_u64(2);
        let early = AssetId::new(at_millis(1_000), &mut rng);
        let late = AssetId::new(at_millis(2_000), &mut rng);
        assert!(early < late);
    }
}
