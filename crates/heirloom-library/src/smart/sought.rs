//! What is looked for by meaning, in the space of each owner's pictures.

use std::collections::HashMap;

use heirloom_store::{Tx, assets::Asset, embeddings};
use heirloom_types::{
    caller::Caller,
    ids::{AssetId, UserId},
    permission::Permission,
};
use heirloom_vision::{Priority, Vision};

use super::likeness::{Likeness, RESEMBLES, SHOWS, UNKNOWN};
use crate::{Error, Library, Result, access};

/// What pictures shall show.
pub(super) enum Asked {
    Text(String),
    /// The same as this one.
    Example(Box<Asset>),
}

impl Asked {
    /// From which likeness on something is found, in the spaces of these.
    pub(super) fn likeness<'s>(&self, mut sought: impl Iterator<Item = &'s Sought>) -> Likeness {
        match self {
            _ if sought.any(|sought| !sought.is_calibrated) => UNKNOWN,
            Self::Text(_) => SHOWS,
            Self::Example(_) => RESEMBLES,
        }
    }
}

/// A place among the pictures of one model.
#[derive(Clone)]
pub(super) struct Sought {
    pub(super) model: String,
    pub(super) vector: Vec<f32>,
    pub(super) is_calibrated: bool,
}

impl Library {
    /// A picture that the caller may see, to look for others like it.
    pub(super) async fn example(&self, tx: &mut Tx, caller: &Caller, id: AssetId) -> Result<Asked> {
        let asset = access::asset(tx, caller, id, Permission::AssetRead).await?;
        if !self.vision_tasks().search {
            return Err(Error::invalid(
                "queryAssetId",
                "Pictures cannot be compared: this server has no models. Install a pack of models and name its folder in \
                 inference.models.",
            ));
        }
        Ok(Asked::Example(Box::new(asset)))
    }

    /// What to look for among the pictures of each owner, by the model that answers for them; and whether no model could be
    /// asked: what can be read is searched all the same.
    pub(super) async fn sought(
        &self,
        owners: &[UserId],
        asked: &Asked,
    ) -> Result<(HashMap<UserId, Sought>, bool)> {
        let mut sought = HashMap::new();
        if !self.vision_tasks().search {
            return Ok((sought, true));
        }
        let mut of_model: HashMap<String, Option<Sought>> = HashMap::new();
        let mut is_degraded = false;
        for owner in owners {
            let mut tx = self.db.read().await?;
            let Some(vision) = self.answering_search(&mut tx, *owner).await? else {
                continue;
            };
            let model = vision.model().to_owned();
            if !of_model.contains_key(&model) {
                let found = match asked {
                    Asked::Example(asset) => like(&mut tx, asset, &vision).await?,
                    Asked::Text(text) => {
                        drop(tx);
                        let (found, is_silent) = meant(&vision, text).await;
                        is_degraded |= is_silent;
                        found
                    }
                };
                of_model.insert(model.clone(), found);
            }
            if let Some(Some(found)) = of_model.get(&model) {
                sought.insert(*owner, found.clone());
            }
        }
        Ok((sought, is_degraded))
    }
}

/// What a text is about, and whether that could not be found out.
async fn meant(vision: &Vision, text: &str) -> (Option<Sought>, bool) {
    match vision.question_vector(text, Priority::Interactive).await {
        Ok(vector) => {
            let sought = Sought {
                model: vision.model().to_owned(),
                vector,
                is_calibrated: vision.is_calibrated(),
            };
            (Some(sought), false)
        }
        Err(heirloom_vision::Error::NoText) => (None, false),
        Err(error) => {
            tracing::warn!(%error, "a question is answered without its meaning");
            (None, true)
        }
    }
}

/// What an asset is like; nothing when this model has not looked at it. A video is the middle of its moments.
async fn like(tx: &mut Tx, asset: &Asset, vision: &Vision) -> Result<Option<Sought>> {
    let moments = embeddings::list(tx, asset.owner_id, vision.model(), asset.id).await?;
    let Some(first) = moments.first() else {
        return Ok(None);
    };
    let mut vector = vec![0f32; first.vector.len()];
    for moment in &moments {
        for (sum, number) in vector.iter_mut().zip(&moment.vector) {
            *sum += number;
        }
    }
    let length = vector
        .iter()
        .map(|number| number * number)
        .sum::<f32>()
        .sqrt();
    for number in &mut vector {
        *number /= length.max(f32::MIN_POSITIVE);
    }
    Ok(Some(Sought {
        model: vision.model().to_owned(),
        vector,
        is_calibrated: vision.is_calibrated(),
    }))
}
