//! Facts to rows: what the file says, what a person said instead, keywords as tags, the two halves of a live photo.

use heirloom_media::{facts::Facts, xmp::Edits};
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    changes::{ChangeKind, Entry},
    exif::{self, Exif},
    tags::{self, Tag},
    timeline,
};
use heirloom_types::{
    caller::Scope,
    ids::{AssetId, TagId, UserId},
    media_type::MediaKind,
};

use crate::{
    Library,
    capture::{instant_of, placed, taken, zone_of},
    places,
};

/// Levels of one keyword's hierarchy at most.
const TAG_LEVELS_MAX: usize = 16;
/// Keywords of one file at most.
const KEYWORDS_MAX: usize = 500;

impl Library {
    /// Writes facts and edits into the asset and its exif row; the caller writes the asset itself.
    pub(super) async fn apply_facts(
        &self,
        tx: &mut Tx,
        asset: &mut Asset,
        facts: &Facts,
        edits: &Edits,
    ) -> anyhow::Result<Vec<Entry>> {
        let facts = placed(edited(facts.clone(), edits));
        let fallback = asset.file_created_at;
        let taken = taken(&facts, fallback);
        asset.file_created_at = taken.instant;
        if facts.captured.is_some() {
            asset.local_date_time = taken.local;
            asset.local_month = timeline::month_of(taken.local);
        }
        if let Some(duration) = facts.duration_ms {
            asset.duration_ms = Some(i64::from(duration));
        }
        let before = exif::get(tx, asset.owner_id, asset.id).await?;
        exif::upsert(tx, &exif_row(asset, &facts, before)).await?;
        let mut entries = self
            .put_keywords(tx, asset.owner_id, asset.id, &facts.keywords)
            .await?;
        if let Some(id) = &facts.live_photo_id {
            entries.extend(self.pair(tx, asset, id).await?);
        }
        Ok(entries)
    }

    async fn put_keywords(
        &self,
        tx: &mut Tx,
        owner: UserId,
        asset: AssetId,
        keywords: &[String],
    ) -> anyhow::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for keyword in keywords.iter().take(KEYWORDS_MAX) {
            let Some(tag) = self.tag_of_path(tx, owner, keyword, &mut entries).await? else {
                continue;
            };
            if tags::add_to_asset(tx, owner, asset, tag).await? {
                entries.push(Entry::upsert(ChangeKind::AssetTag, asset));
            }
        }
        Ok(entries)
    }

    /// The tag `a/b/c`, with `a` and `a/b` above it.
    pub(crate) async fn tag_of_path(
        &self,
        tx: &mut Tx,
        owner: UserId,
        path: &str,
        entries: &mut Vec<Entry>,
    ) -> anyhow::Result<Option<TagId>> {
        let levels: Vec<&str> = path
            .split('/')
            .map(str::trim)
            .filter(|level| !level.is_empty())
            .collect();
        let mut parent = None;
        for depth in 1..=levels.len().min(TAG_LEVELS_MAX) {
            let value = levels[..depth].join("/");
            let tag = if let Some(tag) = tags::get_by_value(tx, owner, &value).await? {
                tag.id
            } else {
                let now = self.now();
                let tag = Tag {
                    id: self.new_id(TagId::new),
                    owner_id: owner,
                    value,
                    parent_id: parent,
                    color: None,
                    created_at: now,
                    updated_at: now,
                };
                tags::insert(tx, &tag).await?;
                entries.push(Entry::upsert(ChangeKind::Tag, tag.id));
                tag.id
            };
            parent = Some(tag);
        }
        Ok(parent)
    }

    /// Joins still and video of a live photo that came as two files.
    async fn pair(
        &self,
        tx: &mut Tx,
        asset: &mut Asset,
        live_photo_id: &str,
    ) -> anyhow::Result<Vec<Entry>> {
        let wanted = match asset.kind {
            MediaKind::Image if asset.live_video_id.is_some() => return Ok(Vec::new()),
            MediaKind::Image => MediaKind::Video,
            MediaKind::Video => MediaKind::Image,
        };
        let Some(other) =
            exif::get_live_partner(tx, asset.owner_id, live_photo_id, wanted, asset.library_id)
                .await?
        else {
            return Ok(Vec::new());
        };
        match asset.kind {
            MediaKind::Image => {
                self.hide_live_video(tx, asset.owner_id, other).await?;
                asset.live_video_id = Some(other);
            }
            MediaKind::Video => {
                let Some(mut still) =
                    assets::get(tx, Scope::of_owner(asset.owner_id), other).await?
                else {
                    return Ok(Vec::new());
                };
                if still.live_video_id.is_some() {
                    return Ok(Vec::new());
                }
                still.live_video_id = Some(asset.id);
                still.updated_at = self.now();
                assets::update(tx, &still).await?;
                asset.visibility = assets::Visibility::Hidden;
            }
        }
        Ok(vec![Entry::upsert(ChangeKind::Asset, other)])
    }
}

/// What a person said wins; an empty description and no stars take away what the file says.
fn edited(mut facts: Facts, edits: &Edits) -> Facts {
    if let Some(description) = &edits.description {
        facts.description = Some(description.clone()).filter(|text| !text.is_empty());
    }
    if let Some(rating) = edits.rating {
        facts.rating = Some(rating).filter(|&stars| stars > 0);
    }
    if let Some(captured) = &edits.captured {
        facts.captured = Some(captured.clone());
    }
    if let Some(position) = edits.position {
        facts.position = Some(position);
    }
    facts
}

fn exif_row(asset: &Asset, facts: &Facts, before: Option<Exif>) -> Exif {
    let before = before.unwrap_or_else(|| Exif::empty(asset.owner_id, asset.id));
    let side = |length: u32| i32::try_from(length).ok().filter(|&length| length > 0);
    let mut exif = Exif {
        image_width: facts.size.and_then(|size| side(size.width)),
        image_height: facts.size.and_then(|size| side(size.height)),
        orientation: facts.orientation.map(i32::from),
        date_time_original: facts.captured.as_ref().map(instant_of),
        modify_date: facts.modified.as_ref().map(instant_of),
        time_zone: facts.captured.as_ref().and_then(zone_of),
        make: facts.make.clone(),
        model: facts.model.clone(),
        lens_model: facts.lens_model.clone(),
        exposure_time: facts.exposure_time.clone(),
        f_number: facts.f_number,
        focal_length_mm: facts.focal_length_mm,
        iso: facts.iso.and_then(|iso| i32::try_from(iso).ok()),
        rating: facts.rating.map(i32::from),
        description: facts.description.clone().unwrap_or_default(),
        projection_type: facts.projection.clone(),
        profile_description: facts.profile_description.clone(),
        frames_per_second: facts.frames_per_second,
        live_photo_id: facts.live_photo_id.clone(),
        burst_id: facts.burst_id.clone(),
        ..before
    };
    places::put_into(&mut exif, facts.position);
    exif
}
