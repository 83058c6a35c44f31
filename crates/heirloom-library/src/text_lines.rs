//! Text in pictures.

use heirloom_store::text_lines;
pub use heirloom_store::text_lines::TextLine;
use heirloom_types::{caller::Caller, ids::AssetId, permission::Permission};

use crate::{
    Library, Result,
    access::{self, require},
};

impl Library {
    /// The lines of text in a picture, in reading order.
    pub async fn text_lines(&self, caller: &Caller, asset: AssetId) -> Result<Vec<TextLine>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, asset, Permission::AssetRead).await?;
        Ok(text_lines::list(&mut tx, asset.owner_id, asset.id).await?)
    }
}
