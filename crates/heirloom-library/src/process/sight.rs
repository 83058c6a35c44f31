//! Stages that look at a picture with models: what it means, who is in it, what stands written in it.

mod faces;

use heirloom_jobs::priority;
use heirloom_media::{pixels::Pixels, renditions};
use heirloom_store::{
    Tx,
    assets::{self, Asset},
    changes::{ChangeKind, Entry},
    embeddings,
    labels::{self, LabelSource},
    looks, people,
    stages::{AssetStage, Stage},
    text_lines::{self, TextLine},
};
use heirloom_types::{frame::Frame, geometry::Size, media_type::MediaKind};
use heirloom_vision::{self as vision, Priority, Vision};

use self::faces::Faces;
use super::{Findings, StageFailure, StageResult, Task, still::PREVIEW};
use crate::{Library, duplicates, vision::Eyes};

/// Milliseconds of a video, and what is seen there.
pub(super) type Moments = Vec<(i64, Vec<f32>)>;

/// The picture to look at, and what was seen.
#[derive(Default)]
pub(super) struct Sight {
    /// Whether anybody will look at the decoded picture.
    pub(super) is_wanted: bool,
    pub(super) picture: Option<Result<Pixels, StageFailure>>,
    meaning: Option<Meaning>,
    faces: Option<Faces>,
    lines: Option<Vec<vision::Line>>,
    size: Option<Size>,
    has_faces: bool,
}

struct Meaning {
    look: vision::Look,
    /// By whose models; each with the milliseconds in a video, 0 for the picture itself.
    vectors: Vec<(Vision, Moments)>,
    objects: Option<Vec<labels::Label>>,
    /// Another model answers the owner's questions until all is seen by the chosen one.
    is_behind: bool,
}

impl Sight {
    /// Keeps the decoded picture for those who look at it.
    pub(super) fn keep(&mut self, pixels: &Pixels) {
        if self.is_wanted {
            self.picture = Some(Ok(pixels.clone()));
        }
    }

    /// Nobody can look at a picture that could not be decoded.
    pub(super) fn miss(&mut self, failure: &StageFailure) {
        if self.is_wanted {
            self.picture = Some(Err(failure.clone()));
        }
    }
}

impl From<vision::Error> for StageFailure {
    fn from(error: vision::Error) -> Self {
        if error.is_passing() {
            Self::waiting(error)
        } else {
            Self::passing(error)
        }
    }
}

impl Library {
    /// Runs the stages that look at the picture; what fails is part of the findings.
    pub(super) async fn look(
        &self,
        task: &Task<'_>,
        ready: &[AssetStage],
        picture: Option<Result<Pixels, StageFailure>>,
    ) -> Findings {
        let mut findings = Findings::default();
        let picture = match (&self.eyes, picture) {
            (None, _) => Err(StageFailure::waiting("no models are loaded")),
            (Some(eyes), Some(Ok(pixels))) => reduced(pixels).await.map(|frame| (eyes, frame)),
            (Some(_), Some(Err(failure))) => Err(failure),
            (Some(eyes), None) => self
                .picture_of(&task.asset)
                .await
                .map(|frame| (eyes, frame)),
        };
        let priority = if task.claim.job.priority == priority::NEW {
            Priority::Upload
        } else {
            Priority::Backfill
        };
        let mut in_turn: Vec<&AssetStage> = ready.iter().collect();
        // What a picture means depends on whether there are faces in it.
        in_turn.sort_by_key(|due| due.stage != Stage::Faces);
        findings.sight.has_faces = match self.has_faces(&task.asset).await {
            Ok(has_faces) => has_faces,
            Err(error) => {
                tracing::warn!(%error, "whether an asset has faces could not be read");
                false
            }
        };
        for due in in_turn {
            let result = match &picture {
                Ok((eyes, frame)) => {
                    findings.sight.size = Some(frame.size());
                    self.see(
                        task,
                        (eyes, frame),
                        due.stage,
                        priority,
                        &mut findings.sight,
                    )
                    .await
                }
                Err(failure) => Err(failure.clone()),
            };
            findings
                .results
                .push((due.stage, due.wanted_version, result));
        }
        findings
    }

    async fn see(
        &self,
        task: &Task<'_>,
        (eyes, frame): (&Eyes, &Frame),
        stage: Stage,
        priority: Priority,
        sight: &mut Sight,
    ) -> StageResult {
        let vision = &eyes.vision;
        match stage {
            Stage::Embed => {
                let meaning = self
                    .meaning(task, (eyes, frame), priority, sight.has_faces)
                    .await?;
                sight.meaning = Some(meaning);
            }
            Stage::Faces => {
                let faces = self.find_faces(frame, priority).await?;
                sight.has_faces = !faces.found.is_empty();
                sight.faces = Some(faces);
            }
            Stage::Text => sight.lines = Some(vision.read(frame, priority).await?),
            _ => {}
        }
        Ok(())
    }

    /// What a picture means to each of the models whose vectors are kept; labels and looks are the first pack's.
    async fn meaning(
        &self,
        task: &Task<'_>,
        (eyes, frame): (&Eyes, &Frame),
        priority: Priority,
        has_faces: bool,
    ) -> Result<Meaning, StageFailure> {
        let spaces = self.search_spaces(task.asset.owner_id).await;
        let spaces = spaces.map_err(StageFailure::passing)?;
        let look = eyes.vision.look(frame, priority).await?;
        let mut vectors = Vec::with_capacity(spaces.visions.len());
        for vision in spaces.visions {
            let mut embedding = if vision.model() == eyes.vision.model() {
                look.embedding.clone()
            } else {
                vision.look(frame, priority).await?.embedding
            };
            // Pictures of people lie where people are looked for.
            if has_faces {
                vision.with_people(&mut embedding, priority).await?;
            }
            vectors.push((vision, vec![(0, embedding)]));
        }
        if task.asset.kind == MediaKind::Video {
            self.add_moments(&task.asset, &mut vectors, priority)
                .await?;
        }
        let objects = if eyes.tasks().objects {
            let found = eyes.vision.objects(frame, priority).await?;
            Some(best(found))
        } else {
            None
        };
        Ok(Meaning {
            look,
            vectors,
            objects,
            is_behind: !spaces.is_settled,
        })
    }

    async fn has_faces(&self, asset: &Asset) -> anyhow::Result<bool> {
        let mut tx = self.db.read().await?;
        let faces = people::list_faces_of_asset(&mut tx, asset.owner_id, asset.id).await?;
        Ok(!faces.is_empty())
    }

    /// The picture of an asset whose renditions are made already.
    async fn picture_of(&self, asset: &Asset) -> Result<Frame, StageFailure> {
        let pixels = match asset.kind {
            MediaKind::Image => self.decode_at(asset, PREVIEW).await?.pixels,
            MediaKind::Video => {
                let file = self.original(asset).await?;
                let probe = self.video.probe(&file).await?;
                let poster = self.video.poster(&file, &probe, renditions::PREVIEW_SIDE);
                poster.await?
            }
        };
        reduced(pixels).await
    }

    /// Writes what was seen; gives what changed.
    pub(super) async fn apply_sight(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        findings: &mut Findings,
    ) -> anyhow::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let sight = &mut findings.sight;
        if let Some(meaning) = sight.meaning.take() {
            self.apply_meaning(tx, asset, meaning).await?;
            entries.push(Entry::upsert(ChangeKind::Embedding, asset.id));
        }
        if let (Some(found), Some(size)) = (sight.faces.take(), sight.size) {
            entries.extend(self.apply_faces(tx, asset, found, size).await?);
        }
        if let Some(lines) = sight.lines.take() {
            let lines: Vec<TextLine> = lines
                .into_iter()
                .map(|line| self.text_line(asset, line))
                .collect();
            let gone = text_lines::replace(tx, asset.owner_id, asset.id, &lines).await?;
            entries.extend(
                gone.into_iter()
                    .map(|id| Entry::delete(ChangeKind::TextLine, id).within(asset.id)),
            );
            entries.extend(
                lines
                    .iter()
                    .map(|line| Entry::upsert(ChangeKind::TextLine, line.id).within(asset.id)),
            );
        }
        Ok(entries)
    }

    async fn apply_meaning(
        &self,
        tx: &mut Tx,
        asset: &Asset,
        meaning: Meaning,
    ) -> anyhow::Result<()> {
        let (owner, id) = (asset.owner_id, asset.id);
        let vision::Look {
            labels: found,
            feature,
            quality,
            ..
        } = meaning.look;
        for (vision, moments) in meaning.vectors {
            embeddings::replace(tx, owner, vision.model(), id, &moments).await?;
        }
        if meaning.is_behind {
            self.follow_search_model(tx, owner).await?;
        }
        let found: Vec<labels::Label> = found.into_iter().map(label).collect();
        labels::replace(tx, owner, id, LabelSource::Classifier, &found).await?;
        if let Some(objects) = meaning.objects {
            labels::replace(tx, owner, id, LabelSource::Detector, &objects).await?;
        }
        assets::set_quality(tx, owner, id, f64::from(quality)).await?;
        looks::upsert(tx, owner, &duplicates::look_of(id, &feature)).await?;
        self.want_comparing(tx, owner).await?;
        Ok(())
    }

    fn text_line(&self, asset: &Asset, line: vision::Line) -> TextLine {
        let [[x1, y1], [x2, y2], [x3, y3], [x4, y4]] =
            line.corners.map(|corner| corner.map(f64::from));
        TextLine {
            id: self.new_id(heirloom_types::ids::new_uuid),
            asset_id: asset.id,
            x1,
            y1,
            x2,
            y2,
            x3,
            y3,
            x4,
            y4,
            text: line.text,
            box_score: f64::from(line.box_score),
            text_score: f64::from(line.text_score),
        }
    }
}

/// At most the size of a preview: a larger picture shows the models nothing more.
async fn reduced(pixels: Pixels) -> Result<Frame, StageFailure> {
    tokio::task::spawn_blocking(move || renditions::reduced(&pixels))
        .await
        .map_err(StageFailure::passing)?
        .map_err(StageFailure::r#final)
}

fn label(label: vision::Label) -> labels::Label {
    labels::Label {
        name: label.name,
        score: f64::from(label.score),
    }
}

/// Each sort of object once, as sure as the surest.
fn best(objects: Vec<vision::Object>) -> Vec<labels::Label> {
    let mut best: Vec<labels::Label> = Vec::new();
    for object in objects {
        let score = f64::from(object.score);
        match best.iter_mut().find(|label| label.name == object.name) {
            Some(known) => known.score = known.score.max(score),
            None => best.push(labels::Label {
                name: object.name,
                score,
            }),
        }
    }
    best
}
