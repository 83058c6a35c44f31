//! What may stand for a placeholder.

use heirloom_types::{
    checksum::{Blake3, Sha1},
    ids,
    media_type::MediaKind,
    time::Timestamp,
};
use sea_query::Value;
use uuid::Uuid;

/// A value that can be bound to a placeholder of a statement.
pub trait Bind {
    /// The value in the builder's terms.
    fn bind(self) -> Value;
    /// The null of this type; a placeholder needs a type even when it is null.
    fn null() -> Value;
}

impl<T: Bind> Bind for Option<T> {
    fn bind(self) -> Value {
        self.map_or_else(T::null, T::bind)
    }

    fn null() -> Value {
        T::null()
    }
}

macro_rules! bind_into {
    ($($type:ty => $null:expr;)+) => {$(
        impl Bind for $type {
            fn bind(self) -> Value {
                self.into()
            }

            fn null() -> Value {
                $null
            }
        }
    )+};
}

bind_into! {
    bool => Value::Bool(None);
    i32 => Value::Int(None);
    i64 => Value::BigInt(None);
    f64 => Value::Double(None);
    String => Value::String(None);
    &str => Value::String(None);
    Vec<u8> => Value::Bytes(None);
    Uuid => Value::Uuid(None);
    Timestamp => Value::ChronoDateTimeUtc(None);
    serde_json::Value => Value::Json(None);
}

impl Bind for &String {
    fn bind(self) -> Value {
        self.as_str().into()
    }

    fn null() -> Value {
        Value::String(None)
    }
}

macro_rules! bind_ids {
    ($($name:ident)+) => {$(
        impl Bind for ids::$name {
            fn bind(self) -> Value {
                self.0.into()
            }

            fn null() -> Value {
                Value::Uuid(None)
            }
        }
    )+};
}

bind_ids! {
    UserId AssetId SessionId ApiKeyId AlbumId TagId StackId MemoryId PersonId FaceId SharedLinkId ActivityId FrameId
    NotificationId EditId UploadId LibraryId JobId WorkerId WorkflowId
}

macro_rules! bind_checksums {
    ($($name:ident)+) => {$(
        impl Bind for $name {
            fn bind(self) -> Value {
                self.0.to_vec().into()
            }

            fn null() -> Value {
                Value::Bytes(None)
            }
        }
    )+};
}

bind_checksums! { Sha1 Blake3 }

/// Declares an enumeration that is a text column: variants, their text, and both directions.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(type_name = "text")]
        $vis enum $name { $($(#[$doc])* #[sqlx(rename = $text)] $variant,)+ }

        impl $name {
            /// Every variant, in order of declaration.
            pub const EVERY: &[Self] = &[$(Self::$variant,)+];

            /// The text in the column, which is also the text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the text back.
            pub fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl $crate::db::Bind for $name {
            fn bind(self) -> sea_query::Value {
                self.as_str().into()
            }

            fn null() -> sea_query::Value {
                sea_query::Value::String(None)
            }
        }
    };
}

impl Bind for MediaKind {
    fn bind(self) -> Value {
        match self {
            Self::Image => "image",
            Self::Video => "video",
        }
        .into()
    }

    fn null() -> Value {
        Value::String(None)
    }
}
