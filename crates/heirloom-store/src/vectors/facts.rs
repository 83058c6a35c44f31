//! What is kept beside vectors, read from the tables.

use heirloom_types::{
    ids::{AssetId, UserId},
    media_type::MediaKind,
    time::Timestamp,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::Facts;
use crate::{Result, Tx, assets::Visibility, db::Sql};

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
                taken_micros: row.file_created_at.timestamp_micros(),
                local_micros: row.local_date_time.timestamp_micros(),
                visibility: row.visibility,
                kind: row.kind,
                is_trashed: row.deleted_at.is_some(),
                is_favorite: row.is_favorite,
            };
            (row.id, facts)
        }));
    }
    Ok(found)
}
