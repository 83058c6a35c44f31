//! The timeline of the caller's library.

use std::collections::{BTreeMap, HashMap};

pub use heirloom_store::timeline::{Area, Month, OrderBy, TimelineAsset, TimelineFilter};
use heirloom_store::{
    Tx,
    albums::AlbumRole,
    assets::{self, Visibility},
    blobs::Space,
    changes, partners, stacks,
    system::{self, AssetTotals, TotalsFilter},
    users::{self, User},
};
use heirloom_types::{
    caller::{Caller, Scope},
    ids::{AssetId, StackId, UserId},
    permission::Permission,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    files::shown::{Glimpse, View},
};

impl Library {
    /// The months that have assets, with their counts; `of` is a partner whose library is meant.
    pub async fn timeline_months(
        &self,
        caller: &Caller,
        of: Option<UserId>,
        filter: &TimelineFilter,
    ) -> Result<Vec<Month>> {
        let mut tx = self.db.read().await?;
        let mut counts = BTreeMap::new();
        for scope in scopes(&mut tx, caller, of, filter).await? {
            for month in heirloom_store::timeline::list_months(&mut tx, scope, filter).await? {
                *counts.entry(month.local_month).or_default() += month.count;
            }
        }
        let mut months: Vec<Month> = counts
            .into_iter()
            .map(|(local_month, count)| Month { local_month, count })
            .collect();
        if !filter.ascending {
            months.reverse();
        }
        Ok(months)
    }

    /// The assets of one month, each with the number of pictures in its stack, if it has one and stacks are collapsed.
    pub async fn timeline_assets(
        &self,
        caller: &Caller,
        of: Option<UserId>,
        filter: &TimelineFilter,
        month: i32,
    ) -> Result<(Vec<TimelineAsset>, StackSizes)> {
        let (commits, at) = (self.db.commits(), self.now());
        let mut tx = self.db.read().await?;
        let is_hidden = !access::sees_metadata(&mut tx, caller).await?;
        let (mut found, mut sizes) = (Vec::new(), StackSizes::new());
        for scope in scopes(&mut tx, caller, of, filter).await? {
            let mut assets =
                heirloom_store::timeline::list_assets(&mut tx, scope, filter, month).await?;
            if filter.visibility == Some(Visibility::Hidden) && !caller.sees_locked() {
                let ids: Vec<AssetId> = assets.iter().map(|asset| asset.id).collect();
                let locked = assets::list_parts_of_locked(&mut tx, scope.own(), &ids).await?;
                assets.retain(|asset| !locked.contains(&asset.id));
            }
            if filter.collapse_stacks {
                let stacks: Vec<StackId> = assets.iter().filter_map(|a| a.stack_id).collect();
                sizes.extend(stacks::list_counts(&mut tx, scope.own(), &stacks).await?);
            }
            found.extend(assets);
        }
        if caller.is_account() {
            let seq = changes::position(&mut tx, caller.user).await?;
            let view = View { seq, commits, at };
            self.shown
                .put(caller.user, view, found.iter().map(Glimpse::from));
        }
        sort(&mut found, filter);
        for asset in &mut found {
            // What somebody likes is their own affair.
            asset.is_favorite &= caller.is_account() && asset.owner_id == caller.user;
            if is_hidden {
                (asset.city, asset.country) = (None, None);
                (asset.latitude, asset.longitude) = (None, None);
            }
        }
        Ok((found, sizes))
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

/// Pictures that are not in the trash, by stack.
pub type StackSizes = HashMap<StackId, i64>;

/// In the order of the timeline, whoever owns them.
fn sort(assets: &mut [TimelineAsset], filter: &TimelineFilter) {
    let time = |asset: &TimelineAsset| match filter.by {
        OrderBy::Taken => asset.local_date_time,
        OrderBy::Added => asset.created_at,
    };
    assets.sort_by(|one, other| {
        let key = |asset: &TimelineAsset| (time(asset), asset.id.0);
        let order = key(one).cmp(&key(other));
        if filter.ascending {
            order
        } else {
            order.reverse()
        }
    });
}

/// Whose rows the filter reads: one owner's, and with them those of partners who are in that timeline.
async fn scopes(
    tx: &mut Tx,
    caller: &Caller,
    of: Option<UserId>,
    filter: &TimelineFilter,
) -> Result<Vec<Scope>> {
    let mut scopes = vec![check_filter(tx, caller, of, filter).await?];
    let shows_partners = filter.with_partners
        && filter.is_plain()
        && filter.is_of_everything()
        && caller.is_account();
    if shows_partners && of.is_none_or(|of| of == caller.user) {
        let partners = partners::list_with(tx, caller.user).await?;
        let shown = partners.into_iter().filter(|partner| partner.in_timeline);
        scopes.extend(shown.map(|partner| Scope::of_owner(partner.shared_by_id)));
    }
    Ok(scopes)
}

/// Whose rows the filter may read, or a refusal.
async fn check_filter(
    tx: &mut Tx,
    caller: &Caller,
    of: Option<UserId>,
    filter: &TimelineFilter,
) -> Result<Scope> {
    require(caller, Permission::AssetRead)?;
    if filter.visibility == Some(Visibility::Locked) && !caller.sees_locked() {
        return Err(Error::Unauthenticated("Elevated permission is required"));
    }
    if let Some(album) = filter.album {
        access::album(tx, caller, album, AlbumRole::Viewer, Permission::AlbumRead).await?;
    }
    if !caller.is_account() {
        let is_just_the_album = filter.album.is_some()
            && !filter.is_trashed
            && filter.is_favorite.is_none()
            && filter.tag.is_none()
            && filter.person.is_none()
            && filter.area.is_none()
            && of.is_none();
        if !is_just_the_album {
            return Err(Error::Forbidden("Forbidden".into()));
        }
    }
    let Some(of) = of.filter(|of| *of != caller.user) else {
        return Ok(caller.scope());
    };
    let is_shown = partners::get(tx, of, caller.user).await?.is_some();
    // A partner's favourites, archive and trash stay theirs.
    if !is_shown || !filter.is_plain() {
        return Err(Error::not_found("user", of, Permission::TimelineRead));
    }
    Ok(Scope::of_owner(of))
}
