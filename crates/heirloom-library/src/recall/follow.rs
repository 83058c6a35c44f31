//! How one index comes to be and stays true.

use std::{collections::BTreeSet, path::Path};

use heirloom_store::{
    Db, Tx,
    changes::{self, ChangeKind, ChangeOp},
    embeddings::{self, Embedding},
    vectors::{Entry, Facts, Header, Index, list_facts},
};
use heirloom_types::ids::{AssetId, UserId};
use uuid::Uuid;

use crate::{Error, Result};

/// Vectors read at a time: a few megabytes.
const PAGE: i64 = 2_000;
/// Places in an owner's time from which vectors are read to learn from.
const PARTS: usize = 32;
/// Entries of the feed read at a time.
const ENTRIES: i64 = 5_000;
/// Smaller indexes are read from the table as fast as from a file.
const SNAPSHOT_LEAST: usize = 2_000;
/// A snapshot is written anew when this part of the index has changed since.
const SNAPSHOT_SHARE: usize = 10;

/// An index and how far it has followed its owner's feed; empty until it is first brought up.
#[derive(Debug, Default)]
pub(super) struct State {
    /// None until the first vector says how long vectors are.
    index: Option<Index>,
    seq: Option<i64>,
    unsaved: usize,
}

impl State {
    pub(super) fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    pub(super) fn memory(&self) -> usize {
        self.index.as_ref().map_or(0, Index::memory)
    }

    pub(super) fn is_at_least(&self, position: i64) -> bool {
        self.seq.is_some_and(|seq| seq >= position)
    }

    /// Makes it true as of now.
    pub(super) async fn bring_up(
        &mut self,
        db: &Db,
        owner: UserId,
        model: &str,
        snapshot: Option<&Path>,
    ) -> Result<()> {
        if self.seq.is_none()
            && let Some(path) = snapshot
        {
            self.load(path, model).await;
        }
        let is_followed = self.follow(db, owner, model).await?;
        let has_outgrown = self.index.as_ref().is_some_and(Index::has_outgrown);
        if !is_followed || has_outgrown {
            self.build(db, owner, model).await?;
            self.follow(db, owner, model).await?;
        }
        if let Some(path) = snapshot {
            self.save(path, model);
        }
        Ok(())
    }

    async fn load(&mut self, path: &Path, model: &str) {
        let from = path.to_owned();
        let loaded = tokio::task::spawn_blocking(move || Index::load(&from)).await;
        match loaded {
            Ok(Ok((index, header))) if header.model == model => {
                (self.index, self.seq) = (Some(index), Some(header.feed_seq));
            }
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
            Ok(Err(error)) => {
                tracing::warn!(path = %path.display(), %error, "an index's snapshot cannot be used; it is made anew");
            }
            Ok(Ok(_)) | Err(_) => {}
        }
    }

    /// Reads everything from the table. What changes meanwhile is in the feed after the position noted first.
    async fn build(&mut self, db: &Db, owner: UserId, model: &str) -> Result<()> {
        let seq = changes::position(&mut db.read().await?, owner).await?;
        *self = Self {
            index: learn(db, owner, model).await?,
            seq: Some(seq),
            unsaved: 0,
        };
        let mut after = (AssetId(Uuid::nil()), -1);
        loop {
            let mut tx = db.read().await?;
            let mut page = embeddings::list_page(&mut tx, owner, model, after, PAGE).await?;
            let Some(last) = page.last().map(|row| (row.asset_id, row.moment_ms)) else {
                return Ok(());
            };
            // The last asset may have more moments on the next page: it is read as a whole.
            let tail = embeddings::list(&mut tx, owner, model, last.0).await?;
            after = tail
                .last()
                .map_or(last, |row| (row.asset_id, row.moment_ms));
            page.retain(|row| row.asset_id != last.0);
            page.extend(tail);
            self.put(&mut tx, owner, page).await?;
        }
    }

    /// Applies what the feed has had since; false when it does not reach back that far.
    async fn follow(&mut self, db: &Db, owner: UserId, model: &str) -> Result<bool> {
        let Some(mut seq) = self.seq else {
            return Ok(false);
        };
        loop {
            let mut tx = db.read().await?;
            if changes::oldest_position(&mut tx, owner).await? > seq
                || changes::position(&mut tx, owner).await? < seq
            {
                return Ok(false);
            }
            let entries = changes::list_after(&mut tx, owner, seq, ENTRIES).await?;
            let Some(last) = entries.last().map(|entry| entry.seq) else {
                return Ok(true);
            };
            let mut embedded = BTreeSet::new();
            let mut changed = BTreeSet::new();
            for entry in entries {
                let asset = AssetId(entry.entity_id);
                match (entry.kind, entry.op) {
                    (ChangeKind::Embedding, _) => _ = embedded.insert(asset),
                    (ChangeKind::Asset, ChangeOp::Upsert) => _ = changed.insert(asset),
                    (ChangeKind::Asset, ChangeOp::Delete) => self.remove(asset),
                    _ => {}
                }
            }
            let embedded: Vec<AssetId> = embedded.into_iter().collect();
            let rows = embeddings::list_of_assets(&mut tx, owner, model, &embedded).await?;
            for asset in embedded {
                self.remove(asset);
            }
            self.put(&mut tx, owner, rows).await?;
            self.refresh_facts(&mut tx, owner, changed).await?;
            (seq, self.seq) = (last, Some(last));
        }
    }

    fn remove(&mut self, asset: AssetId) {
        if let Some(index) = &mut self.index
            && index.contains(asset)
        {
            index.remove(asset);
            self.unsaved += 1;
        }
    }

    async fn refresh_facts(
        &mut self,
        tx: &mut Tx,
        owner: UserId,
        changed: BTreeSet<AssetId>,
    ) -> Result<()> {
        let Some(index) = &mut self.index else {
            return Ok(());
        };
        let changed: Vec<AssetId> = changed
            .into_iter()
            .filter(|asset| index.contains(*asset))
            .collect();
        for (asset, facts) in list_facts(tx, owner, &changed).await? {
            index.set_facts(asset, facts);
            self.unsaved += 1;
        }
        Ok(())
    }

    /// Takes in rows that are whole assets, an asset's rows together.
    async fn put(&mut self, tx: &mut Tx, owner: UserId, mut rows: Vec<Embedding>) -> Result<()> {
        rows.sort_by_key(|row| (row.asset_id, row.moment_ms));
        let mut assets: Vec<AssetId> = rows.iter().map(|row| row.asset_id).collect();
        assets.dedup();
        let facts = list_facts(tx, owner, &assets).await?;
        if rows.is_empty() {
            return Ok(());
        }
        self.unsaved += assets.len();
        let known = self.index.take();
        let filled = tokio::task::spawn_blocking(move || fill(known, &rows, &facts)).await;
        self.index = filled.map_err(|error| Error::Internal(error.into()))?;
        Ok(())
    }

    /// Writes a snapshot when enough is new.
    fn save(&mut self, path: &Path, model: &str) {
        let (Some(index), Some(feed_seq)) = (&self.index, self.seq) else {
            return;
        };
        if index.len() < SNAPSHOT_LEAST || self.unsaved * SNAPSHOT_SHARE < index.len() {
            return;
        }
        let header = Header {
            model: model.to_owned(),
            feed_seq,
        };
        match tokio::task::block_in_place(|| index.save(path, &header)) {
            Ok(()) => self.unsaved = 0,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "an index's snapshot cannot be written");
            }
        }
    }
}

/// An empty index for a large library, made for vectors like those it has; none for a small one.
async fn learn(db: &Db, owner: UserId, model: &str) -> Result<Option<Index>> {
    let mut tx = db.read().await?;
    let Some((first, last)) = embeddings::ends(&mut tx, owner, model).await? else {
        return Ok(None);
    };
    let rows = embeddings::count(&mut tx, owner, model).await?;
    let one = embeddings::list(&mut tx, owner, model, first).await?;
    let Some(dimensions) = one.first().map(|row| row.vector.len()) else {
        return Ok(None);
    };
    let Some(wanted) = Index::sample_for(dimensions, rows as usize) else {
        return Ok(None);
    };
    let mut sample = Vec::with_capacity(wanted);
    for part in 0..PARTS {
        let after = (between(first, last, part), -1);
        let most = (wanted / PARTS) as i64;
        let page = embeddings::list_page(&mut tx, owner, model, after, most).await?;
        let alike = page
            .into_iter()
            .filter(|row| row.vector.len() == dimensions);
        sample.extend(alike.map(|row| row.vector));
    }
    drop(tx);
    let learned = tokio::task::spawn_blocking(move || Index::learned(dimensions, &sample));
    let index = learned
        .await
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(Some(index))
}

/// An id that lies that many parts of the way from one to the other: ids begin with their time.
fn between(first: AssetId, last: AssetId, part: usize) -> AssetId {
    let (first, last) = (first.0.as_u128(), last.0.as_u128());
    AssetId(Uuid::from_u128(
        first + (last - first) / PARTS as u128 * part as u128,
    ))
}

fn fill(known: Option<Index>, rows: &[Embedding], facts: &[(AssetId, Facts)]) -> Option<Index> {
    let facts: std::collections::HashMap<AssetId, Facts> = facts.iter().copied().collect();
    let dimensions = rows.first()?.vector.len();
    let mut index = known.unwrap_or_else(|| Index::new(dimensions));
    let entries: Vec<Entry> = rows
        .chunk_by(|a, b| a.asset_id == b.asset_id)
        .filter_map(|asset| {
            let id = asset[0].asset_id;
            let moments = asset.iter().map(|row| (row.moment_ms, row.vector.clone()));
            Some((id, *facts.get(&id)?, moments.collect()))
        })
        .collect();
    for (asset, error) in index.put_all(&entries) {
        tracing::warn!(%asset, %error, "an asset's vectors are left out of the index");
    }
    Some(index)
}
