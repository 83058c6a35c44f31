//! What the websocket says where no operation has a body for it.

use serde::Serialize;

use crate::sync::{SyncAsset, SyncAssetEdit, SyncExif};

#[derive(Debug, Serialize)]
pub struct AssetUploadReady {
    pub asset: SyncAsset,
    pub exif: SyncExif,
}

#[derive(Debug, Serialize)]
pub struct AssetEditReady {
    pub asset: SyncAsset,
    pub edit: Vec<SyncAssetEdit>,
}
