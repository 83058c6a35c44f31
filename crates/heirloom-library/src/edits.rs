//! Editing the look of a picture: steps beside the original, which stays as it is. Taking them away shows it again.

use heirloom_jobs::priority;
use heirloom_media::edit::{self, Area, Step};
pub use heirloom_store::asset_edits::{AssetEdit, EditAction};
use heirloom_store::{
    Tx,
    asset_edits::{self, PlainLook},
    assets::{self, Asset, Rendition},
    blobs::BlobPath,
    changes::{ChangeKind, Entry, moment},
    doomed_files,
    people::Face,
    stages::{self, Stage},
};
use heirloom_types::{
    caller::Caller,
    geometry::Size,
    ids::{AssetId, EditId},
    media_type::MediaKind,
    permission::Permission,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Error, Library, Result,
    access::{self, require},
    feed,
};

/// Steps of one asset at most.
const STEPS_MAX: usize = 32;
/// How long renditions of an edit that was replaced stay: somebody may be looking, or a worker still making them.
const RENDITIONS_KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// Names and endings of the files of an edit.
pub(crate) const FILES: [(&str, &str); 3] = [
    ("thumbnail", "webp"),
    ("preview", "jpeg"),
    ("fullsize", "jpeg"),
];

/// A step as clients write it.
#[derive(Clone, Debug)]
pub struct NewEdit {
    pub action: EditAction,
    pub parameters: Value,
}

#[derive(Deserialize, Serialize)]
struct Crop {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Library {
    pub async fn asset_edits(&self, caller: &Caller, id: AssetId) -> Result<Vec<AssetEdit>> {
        require(caller, Permission::AssetEditGet)?;
        let mut tx = self.db.read().await?;
        let asset = access::asset(&mut tx, caller, id, Permission::AssetRead).await?;
        Ok(asset_edits::list(&mut tx, asset.owner_id, id).await?)
    }

    /// Replaces the steps of an asset of the caller. It counts as edited at once; its renditions follow.
    pub async fn edit_asset(
        &self,
        caller: &Caller,
        id: AssetId,
        new: Vec<NewEdit>,
    ) -> Result<Vec<AssetEdit>> {
        require(caller, Permission::AssetEditCreate)?;
        if new.is_empty() || new.len() > STEPS_MAX {
            return Err(Error::invalid(
                "edits",
                format!("Invalid input: expected 1 to {STEPS_MAX} edits"),
            ));
        }
        let mut tx = self.db.write().await?;
        let mut asset = self
            .own(&mut tx, caller, id, Permission::AssetEditCreate)
            .await?;
        let mut entries = self.clear_edits(&mut tx, &asset).await?;
        let plain = match asset_edits::get_plain(&mut tx, asset.owner_id, id).await? {
            Some(plain) => plain,
            None => PlainLook {
                width: asset.width,
                height: asset.height,
                thumbhash: asset.thumbhash.clone(),
            },
        };
        check(&asset, &plain, &new)?;
        asset_edits::set_plain(&mut tx, asset.owner_id, id, &plain).await?;
        let mut edits = Vec::with_capacity(new.len());
        for (sequence, new) in (0..).zip(new) {
            let edit = AssetEdit {
                id: self.new_id(EditId::new),
                owner_id: asset.owner_id,
                asset_id: id,
                sequence,
                action: new.action,
                parameters: tidy(&new)?.into(),
            };
            asset_edits::insert(&mut tx, &edit).await?;
            entries.push(Entry::upsert(ChangeKind::AssetEdit, edit.id).within(id));
            edits.push(edit);
        }
        asset.is_edited = true;
        asset.renditions &= !(Rendition::Edited as i32);
        asset.updated_at = self.now();
        assets::update(&mut tx, &asset).await?;
        self.want(&mut tx, &asset, &[Stage::Edit], priority::NEW)
            .await?;
        entries.push(Entry::upsert(ChangeKind::Asset, id));
        feed::record(&mut tx, asset.owner_id, self.now(), entries).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(edits)
    }

    /// Shows an asset of the caller as its original again.
    pub async fn unedit_asset(&self, caller: &Caller, id: AssetId) -> Result<()> {
        require(caller, Permission::AssetEditDelete)?;
        let mut tx = self.db.write().await?;
        let mut asset = self
            .own(&mut tx, caller, id, Permission::AssetEditDelete)
            .await?;
        let mut entries = self.clear_edits(&mut tx, &asset).await?;
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(plain) = asset_edits::get_plain(&mut tx, asset.owner_id, id).await? {
            (asset.width, asset.height) = (plain.width, plain.height);
            asset.thumbhash = plain.thumbhash;
            asset_edits::delete_plain(&mut tx, asset.owner_id, id).await?;
        }
        asset.is_edited = false;
        asset.renditions &= !(Rendition::Edited as i32);
        asset.updated_at = self.now();
        assets::update(&mut tx, &asset).await?;
        stages::done(
            &mut tx,
            asset.owner_id,
            id,
            Stage::Edit,
            Stage::Edit.version(),
        )
        .await?;
        entries.push(Entry::upsert(ChangeKind::Asset, id).detail(moment::EDITED));
        feed::record(&mut tx, asset.owner_id, self.now(), entries).await?;
        Ok(tx.commit().await?)
    }

    async fn own(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: AssetId,
        needed: Permission,
    ) -> Result<Asset> {
        access::all_assets(tx, caller, &[id], needed)
            .await?
            .pop()
            .ok_or(Error::not_found("asset", id, needed))
    }

    /// Takes the steps away and dooms their renditions; gives what to tell.
    async fn clear_edits(&self, tx: &mut Tx, asset: &Asset) -> Result<Vec<Entry>> {
        for path in files_of(tx, asset).await? {
            doomed_files::insert(tx, &path, self.now() + RENDITIONS_KEPT).await?;
        }
        let gone = asset_edits::delete_all(tx, asset.owner_id, asset.id).await?;
        Ok(gone
            .into_iter()
            .map(|edit| Entry::delete(ChangeKind::AssetEdit, edit).within(asset.id))
            .collect())
    }
}

/// Where the renditions of these steps are: a name of their own for each set of steps, so that an old one is never shown
/// for a new one, nor removed for it.
pub(crate) fn path_of(asset: &Asset, edits: &[AssetEdit], kind: &str) -> Option<BlobPath> {
    let (_, extension) = FILES.iter().find(|(name, _)| *name == kind)?;
    let first = edits.first()?;
    let name = format!("{kind}-{}", first.id);
    Some(BlobPath::rendition(
        asset.owner_id,
        asset.id,
        &name,
        extension,
    ))
}

/// The files of an asset's edit, made or to be made.
pub(crate) async fn files_of(tx: &mut Tx, asset: &Asset) -> Result<Vec<String>> {
    if !asset.is_edited {
        return Ok(Vec::new());
    }
    let edits = asset_edits::list(tx, asset.owner_id, asset.id).await?;
    Ok(FILES
        .iter()
        .filter_map(|(kind, _)| path_of(asset, &edits, kind))
        .map(|path| path.as_str().to_owned())
        .collect())
}

/// The steps as pixels are moved.
pub(crate) fn steps_of(edits: &[AssetEdit]) -> Result<Vec<Step>> {
    edits
        .iter()
        .map(|edit| step(edit.action, &edit.parameters.0))
        .collect()
}

/// Faces as they lie in the picture that is shown; those that were cut away are left out.
pub(crate) async fn move_faces(tx: &mut Tx, asset: &Asset, faces: Vec<Face>) -> Result<Vec<Face>> {
    if !asset.is_edited {
        return Ok(faces);
    }
    let edits = asset_edits::list(tx, asset.owner_id, asset.id).await?;
    let plain = asset_edits::get_plain(tx, asset.owner_id, asset.id).await?;
    let Some(size) = plain.as_ref().and_then(size_of) else {
        return Ok(faces);
    };
    let steps = steps_of(&edits)?;
    let Some(after) = edit::size_after(size, &steps) else {
        return Ok(faces);
    };
    let moved = |mut face: Face| {
        // A box is drawn on a picture of any size.
        let scaled =
            |at: i32, from: i32, to: u32| i64::from(at) * i64::from(to) / i64::from(from.max(1));
        let area = [
            scaled(face.x1, face.image_width, size.width),
            scaled(face.y1, face.image_height, size.height),
            scaled(face.x2, face.image_width, size.width),
            scaled(face.y2, face.image_height, size.height),
        ];
        let [x1, y1, x2, y2] = edit::moved_box(size, &steps, area)?.map(|at| at as i32);
        (face.x1, face.y1, face.x2, face.y2) = (x1, y1, x2, y2);
        face.image_width = i32::try_from(after.width).ok()?;
        face.image_height = i32::try_from(after.height).ok()?;
        Some(face)
    };
    Ok(faces.into_iter().filter_map(moved).collect())
}

fn size_of(look: &PlainLook) -> Option<Size> {
    let side = |length: Option<i32>| length.and_then(|length| u32::try_from(length).ok());
    Some(Size::new(side(look.width)?, side(look.height)?))
}

fn check(asset: &Asset, plain: &PlainLook, new: &[NewEdit]) -> Result<()> {
    let refused = |reason: &str| Err(Error::invalid("edits", reason));
    if asset.kind != MediaKind::Image {
        return refused("Only images can be edited");
    }
    let Some(size) = size_of(plain) else {
        return refused(
            "Asset dimensions are not available for editing; try again when its thumbnail is there",
        );
    };
    let steps: Vec<Step> = new
        .iter()
        .map(|new| step(new.action, &new.parameters))
        .collect::<Result<_>>()?;
    if edit::size_after(size, &steps).is_none() {
        return refused("Crop parameters are out of bounds");
    }
    Ok(())
}

/// The parameters of a step, without what else was sent.
fn tidy(new: &NewEdit) -> Result<Value> {
    Ok(match step(new.action, &new.parameters)? {
        Step::Crop(area) => {
            json!({ "x": area.x, "y": area.y, "width": area.width, "height": area.height })
        }
        Step::Turn(quarters) => json!({ "angle": u16::from(quarters) * 90 }),
        Step::MirrorSides => json!({ "axis": "horizontal" }),
        Step::MirrorTop => json!({ "axis": "vertical" }),
    })
}

fn step(action: EditAction, parameters: &Value) -> Result<Step> {
    let refused = |reason: &str| Err(Error::invalid("parameters", reason));
    match action {
        EditAction::Crop => match Crop::deserialize(parameters) {
            Ok(Crop {
                x,
                y,
                width,
                height,
            }) => Ok(Step::Crop(Area {
                x,
                y,
                width,
                height,
            })),
            Err(_) => refused("Invalid input: a crop has x, y, width and height in whole pixels"),
        },
        EditAction::Rotate => match parameters["angle"].as_f64() {
            Some(angle) if angle % 90.0 == 0.0 && angle.abs() <= 360.0 => {
                Ok(Step::Turn((angle.rem_euclid(360.0) / 90.0) as u8))
            }
            _ => refused("Invalid input: expected an angle of 0, 90, 180 or 270 degrees"),
        },
        EditAction::Mirror => match parameters["axis"].as_str() {
            Some("horizontal") => Ok(Step::MirrorSides),
            Some("vertical") => Ok(Step::MirrorTop),
            _ => refused("Invalid option: expected one of horizontal, vertical"),
        },
    }
}
