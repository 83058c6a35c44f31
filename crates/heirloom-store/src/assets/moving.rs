//! The moving part of a live photo: a video that shows with its still.

use heirloom_types::ids::{AssetId, UserId};
use uuid::Uuid;

use crate::{Result, Tx, sql};

/// The assets that show this video as their moving part.
pub async fn list_stills_of(tx: &mut Tx, owner: UserId, video: AssetId) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select id from assets where owner_id = $1 and live_video_id = $2",
            owner,
            video
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Those of these assets that are the moving part of what is locked away.
pub async fn list_parts_of_locked(
    tx: &mut Tx,
    owner: UserId,
    ids: &[AssetId],
) -> Result<Vec<AssetId>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows: Vec<(AssetId,)> = tx
        .all_of(
            "select live_video_id from assets where owner_id = $1 and visibility = 'locked' and live_video_id in (*)",
            &[owner.0.into()],
            &ids,
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Whether another asset shows this video as its moving part.
pub async fn is_live_video(tx: &mut Tx, owner: UserId, id: AssetId) -> Result<bool> {
    let count: i64 = tx
        .scalar(sql!(
            "select count(*) from assets where owner_id = $1 and live_video_id = $2",
            owner,
            id
        ))
        .await?;
    Ok(count > 0)
}
