//! Lines of text in pictures.

use heirloom_types::ids::{AssetId, UserId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    Result, Tx, sql,
    words::{self, WordSource},
};

/// As the statements here list them.
pub(crate) const COLUMNS: &str =
    "id, asset_id, x1, y1, x2, y2, x3, y3, x4, y4, text, box_score, text_score";

/// One line. Corners from the top left clockwise, as fractions of the picture as displayed.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct TextLine {
    pub id: Uuid,
    pub asset_id: AssetId,
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    pub x3: f64,
    pub y3: f64,
    pub x4: f64,
    pub y4: f64,
    pub text: String,
    /// How sure it is that there is text, 0 to 1.
    pub box_score: f64,
    /// How sure it is what the text says, 0 to 1.
    pub text_score: f64,
}

/// Puts these lines, which are in reading order, in the place of all lines of the asset; gives the ids of those that
/// are gone.
pub async fn replace(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    lines: &[TextLine],
) -> Result<Vec<Uuid>> {
    let gone: Vec<(Uuid,)> = tx
        .all(sql!(
            "delete from text_lines where owner_id = $1 and asset_id = $2 returning id",
            owner,
            asset,
        ))
        .await?;
    for (at, line) in lines.iter().enumerate() {
        tx.execute(sql!(
            "insert into text_lines (id, owner_id, asset_id, line, x1, y1, x2, y2, x3, y3, x4, y4, text, box_score,
                 text_score)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            line.id,
            owner,
            asset,
            i32::try_from(at).unwrap_or(i32::MAX),
            line.x1,
            line.y1,
            line.x2,
            line.y2,
            line.x3,
            line.y3,
            line.x4,
            line.y4,
            &line.text,
            line.box_score,
            line.text_score,
        ))
        .await?;
    }
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    words::replace(tx, owner, asset, WordSource::Text, &texts).await?;
    Ok(gone.into_iter().map(|(id,)| id).collect())
}

/// The lines of one asset, in reading order.
pub async fn list(tx: &mut Tx, owner: UserId, asset: AssetId) -> Result<Vec<TextLine>> {
    tx.all(sql!(
        "select id, asset_id, x1, y1, x2, y2, x3, y3, x4, y4, text, box_score, text_score
         from text_lines where owner_id = $1 and asset_id = $2 order by line",
        owner,
        asset,
    ))
    .await
}
