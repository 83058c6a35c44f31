//! Assets as people see and change them.

use std::collections::HashMap;

pub use crate::capture::Zone;
use chrono::{FixedOffset, NaiveDateTime};
use heirloom_jobs::priority;
use heirloom_media::{
    facts::{CaptureTime, Position},
    xmp::Edits,
};
use heirloom_store::{
    Tx, albums, assets,
    changes::{ChangeKind, Entry, Feeds},
    exif, people, stacks, stages, tags,
};
pub use heirloom_store::{
    assets::{Asset, Visibility},
    exif::Exif,
    people::Person,
    stacks::Stack,
    stages::{AssetStage, Stage},
    tags::Tag,
};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, StackId, UserId},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    Error, Library, Result,
    access::{self, require},
    capture, feed, places,
};

/// An asset with what is known of it.
#[derive(Debug)]
pub struct AssetDetails {
    pub asset: Asset,
    pub exif: Exif,
    pub tags: Vec<Tag>,
    /// Who can be seen in it.
    pub people: Vec<Person>,
    /// The stack it is in, and how many assets that has.
    pub stack: Option<(Stack, i64)>,
    /// Whether it is to be told of more than the picture.
    pub has_metadata: bool,
}

/// What a person changes; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct AssetChange {
    pub is_favorite: Option<bool>,
    pub visibility: Option<Visibility>,
    pub description: Option<String>,
    /// One to five; nought takes the rating away.
    pub rating: Option<u8>,
    pub captured: Option<(NaiveDateTime, Option<FixedOffset>)>,
    pub position: Option<(f64, f64)>,
    /// By how much the camera's clock was slow.
    pub shift_minutes: Option<i64>,
    /// Whose clocks tell the time.
    pub zone: Option<Zone>,
    /// The video that shows as its moving part; none for a picture that does not move.
    pub live_video: Option<Option<AssetId>>,
    /// Of which copies it is one; none of any.
    pub duplicate: Option<Option<Uuid>>,
}

impl AssetDetails {
    /// Leaves the picture, and takes away where, with what and of whom, and what its file is called.
    pub(crate) fn hide_metadata(&mut self) {
        let asset = &mut self.asset;
        self.exif = Exif::empty(asset.owner_id, asset.id);
        let name = std::mem::take(&mut asset.original_name);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        asset.original_name = format!("{}.{extension}", asset.id);
        asset.original_path.clear();
        asset.size_bytes = 0;
        self.tags.clear();
        self.people.clear();
        self.has_metadata = false;
    }
}

impl AssetChange {
    pub(crate) fn is_edit(&self) -> bool {
        self.description.is_some()
            || self.rating.is_some()
            || self.captured.is_some()
            || self.position.is_some()
            || self.shift_minutes.is_some()
            || self.zone.is_some()
    }
}

impl Library {
    pub async fn asset(&self, caller: &Caller, id: AssetId) -> Result<AssetDetails> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, id, Permission::AssetRead).await?;
        let is_hidden = !access::sees_metadata(&mut tx, caller).await?;
        let mut found = details(&mut tx, caller.reader(), asset).await?;
        if is_hidden {
            found.hide_metadata();
        }
        Ok(found)
    }

    /// Why an asset is not done yet: its stages with their failures.
    pub async fn asset_stages(&self, caller: &Caller, id: AssetId) -> Result<Vec<AssetStage>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, id, Permission::AssetRead).await?;
        Ok(stages::list(&mut tx, asset.owner_id, asset.id).await?)
    }

    /// Changes assets, all or none. What a person says about a picture is kept beside the file's own words and written
    /// to the sidecar beside the original.
    pub async fn update_assets(
        &self,
        caller: &Caller,
        ids: &[AssetId],
        change: &AssetChange,
    ) -> Result<()> {
        require(caller, Permission::AssetUpdate)?;
        check(caller, change)?;
        let mut tx = self.db.write().await?;
        let found = access::all_assets(&mut tx, caller, ids, Permission::AssetUpdate).await?;
        let mut feeds = Feeds::default();
        let mut entries = Vec::new();
        if change.visibility == Some(Visibility::Locked) {
            self.leave_albums(&mut tx, &mut feeds, &found).await?;
        }
        for mut asset in found {
            asset.is_favorite = change.is_favorite.unwrap_or(asset.is_favorite);
            asset.visibility = change.visibility.unwrap_or(asset.visibility);
            asset.duplicate_id = change.duplicate.unwrap_or(asset.duplicate_id);
            asset.updated_at = self.now();
            if let Some(video) = change.live_video {
                let told = self
                    .set_live_video(&mut tx, caller, &mut asset, video)
                    .await?;
                entries.extend(told);
            }
            assets::update(&mut tx, &asset).await?;
            entries.push(Entry::upsert(ChangeKind::Asset, asset.id));
            if change.visibility.is_some() {
                // Whoever did not see it until now has never been told what its file says.
                entries.push(Entry::upsert(ChangeKind::Exif, asset.id));
                entries.extend(feed::of_moving_part(&asset));
            }
            if change.is_edit() {
                self.edit(&mut tx, &asset, change).await?;
                entries.push(Entry::upsert(ChangeKind::Exif, asset.id));
            }
        }
        feed::gather(&mut tx, &mut feeds, caller.user, entries).await?;
        feeds.record(&mut tx, self.now()).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// What is locked away shows in no album.
    async fn leave_albums(&self, tx: &mut Tx, feeds: &mut Feeds, found: &[Asset]) -> Result<()> {
        for asset in found {
            feed::leave_albums(tx, feeds, asset.owner_id, &[asset.id.0]).await?;
            albums::remove_asset_everywhere(tx, asset.owner_id, asset.id).await?;
        }
        Ok(())
    }

    /// Notes the edits at once, and wants them in the sidecar and in the facts.
    async fn edit(&self, tx: &mut Tx, asset: &Asset, change: &AssetChange) -> Result<()> {
        let mut exif = exif::get(tx, asset.owner_id, asset.id)
            .await?
            .unwrap_or_else(|| Exif::empty(asset.owner_id, asset.id));
        let mut edits = edits_of(Some(&exif))?;
        if let Some(description) = &change.description {
            exif.description.clone_from(description);
            edits.description = Some(description.clone());
        }
        if let Some(rating) = change.rating {
            exif.rating = Some(i32::from(rating)).filter(|&stars| stars > 0);
            edits.rating = Some(rating);
        }
        if let Some((latitude, longitude)) = change.position {
            let position = Position {
                latitude,
                longitude,
            };
            places::put_into(&mut exif, Some(position));
            edits.position = Some(position);
        }
        if let Some((local, offset)) = change.captured {
            edits.captured = Some(CaptureTime {
                local,
                offset_seconds: offset.map(|offset| offset.local_minus_utc()),
                zone: None,
                is_only_instant: false,
            });
        }
        if change.shift_minutes.is_some() || change.zone.is_some() {
            let captured = edits.captured.take();
            let captured = captured.unwrap_or_else(|| capture::now_known(asset, &exif));
            let shift = change.shift_minutes.unwrap_or(0);
            let adjusted = capture::adjusted(captured, shift, change.zone.as_ref());
            edits.captured =
                Some(adjusted.ok_or_else(|| {
                    Error::invalid("dateTimeRelative", "leads out of the calendar")
                })?);
        }
        exif.edits = Some(serde_json::to_string(&edits).map_err(anyhow::Error::from)?);
        exif::upsert(tx, &exif).await?;
        self.want(tx, asset, &[Stage::Sidecar, Stage::Metadata], priority::NEW)
            .await
    }
}

/// What a person has said about a picture in place of its file.
pub(crate) fn edits_of(exif: Option<&Exif>) -> Result<Edits> {
    match exif.and_then(|exif| exif.edits.as_deref()) {
        Some(json) => Ok(serde_json::from_str(json).map_err(anyhow::Error::from)?),
        None => Ok(Edits::default()),
    }
}

pub(crate) async fn details(
    tx: &mut Tx,
    reader: Option<UserId>,
    asset: Asset,
) -> Result<AssetDetails> {
    details_of(tx, reader, vec![asset])
        .await?
        .pop()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("an asset has details")))
}

/// What that reader may know of each of these assets, in their order; a handful of statements for all of one owner.
pub(crate) async fn details_of(
    tx: &mut Tx,
    reader: Option<UserId>,
    assets: Vec<Asset>,
) -> Result<Vec<AssetDetails>> {
    let mut by_owner: HashMap<UserId, Vec<&Asset>> = HashMap::new();
    for asset in &assets {
        by_owner.entry(asset.owner_id).or_default().push(asset);
    }
    let mut known = Known::default();
    for (owner, assets) in by_owner {
        known
            .read(tx, owner, &assets, reader == Some(owner))
            .await?;
    }
    let details = assets.into_iter().map(|asset| {
        let mut details = known.details(asset);
        details.asset.is_favorite &= reader == Some(details.asset.owner_id);
        details
    });
    Ok(details.collect())
}

/// What a few statements brought for many assets.
#[derive(Default)]
struct Known {
    exif: HashMap<AssetId, Exif>,
    tags: HashMap<AssetId, Vec<Tag>>,
    people: HashMap<AssetId, Vec<Person>>,
    stacks: HashMap<StackId, (Stack, i64)>,
}

impl Known {
    /// Of whom and what they are, only their owner is told.
    async fn read(
        &mut self,
        tx: &mut Tx,
        owner: UserId,
        assets: &[&Asset],
        is_own: bool,
    ) -> Result<()> {
        let ids: Vec<Uuid> = assets.iter().map(|asset| asset.id.0).collect();
        for exif in exif::list(tx, owner, &ids).await? {
            self.exif.insert(exif.asset_id, exif);
        }
        self.read_stacks(tx, owner, assets).await?;
        if is_own {
            self.read_own(tx, owner, &ids).await?;
        }
        Ok(())
    }

    async fn read_stacks(&mut self, tx: &mut Tx, owner: UserId, assets: &[&Asset]) -> Result<()> {
        let mut ids: Vec<StackId> = assets.iter().filter_map(|asset| asset.stack_id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let counts = stacks::list_counts(tx, owner, &ids).await?;
        let counts: HashMap<StackId, i64> = counts.into_iter().collect();
        for stack in stacks::list_of(tx, owner, &ids).await? {
            let count = counts.get(&stack.id).copied().unwrap_or_default();
            self.stacks.insert(stack.id, (stack, count));
        }
        Ok(())
    }

    async fn read_own(&mut self, tx: &mut Tx, owner: UserId, ids: &[Uuid]) -> Result<()> {
        let tagged = tags::list_of_assets(tx, owner, ids).await?;
        if !tagged.is_empty() {
            let tags: HashMap<_, _> = tags::list(tx, owner)
                .await?
                .into_iter()
                .map(|tag| (tag.id, tag))
                .collect();
            for (asset, tag) in tagged {
                let tag = tags.get(&tag).cloned();
                self.tags.entry(asset).or_default().extend(tag);
            }
        }
        let seen = people::list_of_assets(tx, owner, ids).await?;
        if !seen.is_empty() {
            let people: HashMap<_, _> = people::list(tx, owner)
                .await?
                .into_iter()
                .map(|person| (person.id, person))
                .collect();
            for (asset, person) in seen {
                let person = people.get(&person).cloned();
                self.people.entry(asset).or_default().extend(person);
            }
        }
        Ok(())
    }

    fn details(&mut self, asset: Asset) -> AssetDetails {
        let (owner, id) = (asset.owner_id, asset.id);
        let mut tags = self.tags.remove(&id).unwrap_or_default();
        tags.sort_by(|one, other| one.value.cmp(&other.value));
        AssetDetails {
            exif: self
                .exif
                .remove(&id)
                .unwrap_or_else(|| Exif::empty(owner, id)),
            people: self.people.remove(&id).unwrap_or_default(),
            stack: asset
                .stack_id
                .and_then(|stack| self.stacks.get(&stack).copied()),
            asset,
            tags,
            has_metadata: true,
        }
    }
}

fn check(caller: &Caller, change: &AssetChange) -> Result<()> {
    if change.visibility == Some(Visibility::Locked) && !caller.sees_locked() {
        return Err(Error::Unauthenticated("Elevated permission is required"));
    }
    if change.rating.is_some_and(|rating| rating > 5) {
        return Err(Error::invalid(
            "rating",
            "Too big: expected number to be <=5",
        ));
    }
    let is_on_earth = |&(latitude, longitude): &(f64, f64)| {
        (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
    };
    if change
        .position
        .as_ref()
        .is_some_and(|position| !is_on_earth(position))
    {
        return Err(Error::invalid("latitude", "is not a place on earth"));
    }
    Ok(())
}
