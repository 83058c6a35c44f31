//! The timeline of the caller's library.

pub use heirloom_store::timeline::{Month, TimelineAsset, TimelineFilter};
use heirloom_store::{
    albums::AlbumRole,
    assets::Visibility,
    blobs::Space,
    system::{self, AssetTotals, TotalsFilter},
    users::{self, User},
};
use heirloom_types::{caller::Caller, ids::UserId, permission::Permission};

use crate::{
    Error, Library, Result,
    access::{self, require},
};

impl Library {
    /// The months that have assets, with their counts.
    pub async fn timeline_months(
        &self,
        caller: &Caller,
        filter: &TimelineFilter,
    ) -> Result<Vec<Month>> {
        let mut tx = self.db.read().await?;
        self.check_filter(&mut tx, caller, filter).await?;
        Ok(heirloom_store::timeline::list_months(&mut tx, caller.scope(), filter).await?)
    }

    /// The assets of one month.
    pub async fn timeline_assets(
        &self,
        caller: &Caller,
        filter: &TimelineFilter,
        month: i32,
    ) -> Result<Vec<TimelineAsset>> {
        let mut tx = self.db.read().await?;
        self.check_filter(&mut tx, caller, filter).await?;
        Ok(heirloom_store::timeline::list_assets(&mut tx, caller.scope(), filter, month).await?)
    }

    async fn check_filter(
        &self,
        tx: &mut heirloom_store::Tx,
        caller: &Caller,
        filter: &TimelineFilter,
    ) -> Result<()> {
        require(caller, Permission::AssetRead)?;
        if filter.visibility == Some(Visibility::Locked) && !caller.sees_locked() {
            return Err(Error::Unauthenticated("Elevated permission is required"));
        }
        if let Some(album) = filter.album {
            access::album(tx, caller, album, AlbumRole::Viewer, Permission::AlbumRead).await?;
        }
        Ok(())
    }

    /// How many photos and videos the caller has.
    pub async fn asset_totals(&self, caller: &Caller, filter: TotalsFilter) -> Result<AssetTotals> {
        require(caller, Permission::AssetStatistics)?;
        Ok(system::asset_totals(&mut self.db.read().await?, caller.user, filter).await?)
    }
}

impl Library {
    /// How many photos and videos somebody has, for an administrator.
    pub async fn asset_totals_of(
        &self,
        caller: &Caller,
        user: UserId,
        filter: TotalsFilter,
    ) -> Result<AssetTotals> {
        access::require_admin(caller)?;
        self.account(caller, user).await?;
        Ok(system::asset_totals(&mut self.db.read().await?, user, filter).await?)
    }
}

/// What one account has.
#[derive(Debug)]
pub struct UserTotals {
    pub user: User,
    pub totals: AssetTotals,
    pub photo_bytes: i64,
    pub video_bytes: i64,
}

impl Library {
    /// Every account with what it has, for an administrator.
    pub async fn server_totals(&self, caller: &Caller) -> Result<Vec<UserTotals>> {
        access::require_admin(caller)?;
        let mut tx = self.db.read().await?;
        let mut all = Vec::new();
        for user in users::list(&mut tx).await? {
            let totals = system::asset_totals(&mut tx, user.id, TotalsFilter::default()).await?;
            let (photo_bytes, video_bytes) = system::usage_by_kind(&mut tx, user.id).await?;
            all.push(UserTotals {
                user,
                totals,
                photo_bytes,
                video_bytes,
            });
        }
        Ok(all)
    }

    /// Room in the file store; none when it has no end.
    pub async fn space(&self) -> Result<Space> {
        Ok(self.blobs.space().await?.unwrap_or_default())
    }
}
