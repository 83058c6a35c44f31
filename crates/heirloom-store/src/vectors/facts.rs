//! What is kept beside vectors, so that what most searches ask of assets costs no query.

use std::ops::RangeInclusive;

use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, assets::Visibility, db::Sql};

/// What most searches ask of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    pub marks: Marks,
    pub times: Times,
}

/// What an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub visibility: Visibility,
    pub kind: MediaKind,
    pub is_trashed: bool,
    pub is_favorite: bool,
}

/// When an asset was taken, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub taken: i64,
    /// By the clock on the wall.
    pub local: i64,
}

/// When assets that are looked for were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    pub taken: RangeInclusive<i64>,
    pub local: RangeInclusive<i64>,
}

impl When {
    pub const ANY: Self = Self {
        taken: i64::MIN..=i64::MAX,
        local: i64::MIN..=i64::MAX,
    };

    pub(super) fn holds(&self, times: Times) -> bool {
        self.taken.contains(&times.taken) && self.local.contains(&times.local)
    }
}

const VIDEO: u8 = 16;
const TRASHED: u8 = 32;
const FAVORITE: u8 = 64;

impl Marks {
    /// In one byte.
    pub(super) fn bits(self) -> u8 {
        let visibility = Visibility::EVERY
            .iter()
            .position(|known| *known == self.visibility)
            .unwrap_or_default() as u8;
        let if_so = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
        visibility
            | if_so(self.kind == MediaKind::Video, VIDEO)
            | if_so(self.is_trashed, TRASHED)
            | if_so(self.is_favorite, FAVORITE)
    }

    /// None of bits that say nothing.
    pub(super) fn of(bits: u8) -> Option<Self> {
        Some(Self {
            visibility: *Visibility::EVERY.get(usize::from(bits & 15))?,
            kind: if bits & VIDEO == 0 {
                MediaKind::Image
            } else {
                MediaKind::Video
            },
            is_trashed: bits & TRASHED != 0,
            is_favorite: bits & FAVORITE != 0,
        })
    }
}

#[derive(FromRow)]
struct Row {
    id: AssetId,
    kind: MediaKind,
    visibility: Visibility,
    file_created_at: Timestamp,
    local_date_time: Timestamp,
    is_favorite: bool,
    deleted_at: Option<Timestamp>,
}

/// What is true of these assets of an owner now, in no order; those that are gone are not among them.
pub async fn list_facts(
    tx: &mut Tx,
    owner: UserId,
    assets: &[AssetId],
) -> Result<Vec<(AssetId, Facts)>> {
    let mut found = Vec::with_capacity(assets.len());
    for chunk in assets.chunks(crate::db::IDS_PER_STATEMENT) {
        let ids: Vec<Uuid> = chunk.iter().map(|id| id.0).collect();
        let statement = Sql::composed(
            "select id, kind, visibility, file_created_at, local_date_time, is_favorite, deleted_at from assets
             where owner_id = $1 and id in (*)",
            vec![owner.0.into()],
            &ids,
        );
        let rows: Vec<Row> = tx.all(statement).await?;
        found.extend(rows.into_iter().map(|row| {
            let facts = Facts {
                marks: Marks {
                    visibility: row.visibility,
                    kind: row.kind,
                    is_trashed: row.deleted_at.is_some(),
                    is_favorite: row.is_favorite,
                },
                times: Times {
                    taken: row.file_created_at.timestamp_micros(),
                    local: row.local_date_time.timestamp_micros(),
                },
            };
            (row.id, facts)
        }));
    }
    Ok(found)
}
