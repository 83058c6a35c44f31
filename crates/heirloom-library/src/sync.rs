//! The sync stream: what a device needs so that its copy of the reader's library is true again.
//!
//! Every user has one feed, into which everything that they may see is written, so how far a device has read one sort of
//! entity is one number: the position in that feed. A device without a position gets the rows themselves, in the order
//! of their keys, and follows the feed from where it stood before; an entry of the feed only says that something
//! happened to a key, and what is sent is what the key's row is now. The whole stream is one view of the database.

mod position;
mod sections;
mod streamer;

use std::sync::Arc;

use heirloom_store::{Tx, changes, sync_checkpoints};
pub use heirloom_store::{
    sync::{Key, Record},
    sync_checkpoints::Checkpoint,
};
use heirloom_types::{
    caller::Caller,
    ids::{SessionId, UserId},
    permission::Permission,
    time::Timestamp,
};
use tokio::sync::mpsc;

use self::{
    position::{Ack, Position},
    sections::SECTIONS,
    streamer::Streamer,
};
use crate::{Error, Library, Result, access::require};

/// What one line of the stream is about.
#[derive(Clone, Debug)]
pub enum Event {
    /// The row exists as it is here.
    Upsert(Key, Record),
    /// The row of that key is gone.
    Delete(Key),
    /// As `Delete`, of one of several values of a key.
    DeleteValue(Key, String),
    /// Nothing but a position.
    Mark,
}

/// One line of the stream.
#[derive(Clone, Debug)]
pub struct Line {
    /// Entity type, as the contract names it.
    pub kind: &'static str,
    pub event: Event,
    pub ack: String,
}

/// Lines in the order they are to be sent; ends early, without the line that says it is complete, when something fails.
pub type Lines = mpsc::Receiver<Vec<Line>>;

/// Pages that wait for a device; then the reading waits too.
const PAGES_AHEAD: usize = 2;
/// Sent when the feed no longer reaches back to where the device stands.
const RESET: &str = "SyncResetV1";
const COMPLETE: &str = "SyncCompleteV1";

impl Library {
    /// Begins the stream of these request types (`AssetsV2` …). With `reset`, the device starts over.
    pub async fn sync(
        self: &Arc<Self>,
        caller: &Caller,
        types: &[String],
        reset: bool,
    ) -> Result<Lines> {
        let session = device(caller, Permission::SyncStream)?;
        for wanted in types {
            if !sections::is_offered(wanted) {
                return Err(Error::invalid(
                    "types",
                    format!("{wanted} is not offered; ask for a newer version of it"),
                ));
            }
        }
        self.begin_sections(caller.user, session, types, reset)
            .await?;
        let (lines, receiver) = mpsc::channel(PAGES_AHEAD);
        let streamer = Streamer::begin(self, caller.user, session, types, lines).await?;
        tokio::spawn(streamer.run());
        Ok(receiver)
    }

    /// Notes where the feeds stand before a device is sent anything: it may keep lines whose acknowledgement is lost, and
    /// must be told when they are gone.
    async fn begin_sections(
        &self,
        reader: UserId,
        session: SessionId,
        types: &[String],
        reset: bool,
    ) -> Result<()> {
        let known = sync_checkpoints::list(&mut self.db.read().await?, session).await?;
        let new: Vec<_> = SECTIONS
            .iter()
            .filter(|section| types.iter().any(|wanted| wanted == section.request))
            .filter(|section| reset || known.iter().all(|known| known.kind != section.upsert))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        if reset {
            sync_checkpoints::delete_all(&mut tx, session).await?;
        }
        for section in new {
            let feed = if section.is_of_everyone() {
                changes::EVERYONE
            } else {
                reader.0
            };
            let base = changes::position(&mut tx, feed).await?;
            let start = Position::start(base).ack(section.upsert);
            sync_checkpoints::upsert(&mut tx, session, section.upsert, &start, self.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    /// How far the caller's device has read.
    pub async fn sync_acks(&self, caller: &Caller) -> Result<Vec<Checkpoint>> {
        let session = device(caller, Permission::SyncCheckpointRead)?;
        let mut known = sync_checkpoints::list(&mut self.db.read().await?, session).await?;
        known.retain(|checkpoint| checkpoint.kind != RESET);
        Ok(known)
    }

    /// Notes that the device holds everything up to these lines.
    pub async fn acknowledge(&self, caller: &Caller, acks: &[String]) -> Result<()> {
        let session = device(caller, Permission::SyncCheckpointUpdate)?;
        let mut tx = self.db.write().await?;
        let own_end = changes::position(&mut tx, caller.user).await?;
        let everyone_end = changes::position(&mut tx, changes::EVERYONE).await?;
        for text in acks {
            let ack = Ack::parse(text)
                .filter(|ack| ack.has_been(own_end, everyone_end))
                .ok_or_else(|| Error::invalid("acks", format!("Invalid ack: {text}")))?;
            match ack.kind {
                RESET => sync_checkpoints::delete_all(&mut tx, session).await?,
                COMPLETE => self.complete(&mut tx, session, &ack, text).await?,
                kind => {
                    sync_checkpoints::upsert(&mut tx, session, kind, text, self.now()).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }

    /// Forgets how far the device has read, of these entity types or of all.
    pub async fn forget_acks(&self, caller: &Caller, kinds: Option<&[String]>) -> Result<()> {
        let session = device(caller, Permission::SyncCheckpointDelete)?;
        let mut tx = self.db.write().await?;
        match kinds {
            None => sync_checkpoints::delete_all(&mut tx, session).await?,
            Some(kinds) => {
                for kind in kinds {
                    sync_checkpoints::delete(&mut tx, session, kind).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }

    /// The device holds a whole stream: every type in it stands where the stream ended.
    async fn complete(&self, tx: &mut Tx, session: SessionId, ack: &Ack, text: &str) -> Result<()> {
        let Some((sent, everyone)) = ack.completed() else {
            return Err(Error::invalid("acks", format!("Invalid ack: {text}")));
        };
        for section in SECTIONS {
            if sent & section.bit() != 0 {
                let seq = if section.is_of_everyone() {
                    everyone
                } else {
                    ack.position.seq()
                };
                let done = Position::Feed(seq).ack(section.upsert);
                sync_checkpoints::upsert(tx, session, section.upsert, &done, self.now()).await?;
            }
        }
        sync_checkpoints::upsert(tx, session, COMPLETE, text, self.now()).await?;
        Ok(())
    }
}

/// Has a device told to start over, until it says that it does.
pub(crate) async fn want_reset(
    tx: &mut Tx,
    session: SessionId,
    now: Timestamp,
) -> heirloom_store::Result<()> {
    let ack = format!("{RESET}|pending");
    sync_checkpoints::upsert(tx, session, RESET, &ack, now).await
}

/// As [`want_reset`], of every device that holds anything.
pub(crate) async fn want_all_resets(tx: &mut Tx, now: Timestamp) -> heirloom_store::Result<()> {
    let ack = format!("{RESET}|pending");
    sync_checkpoints::upsert_all(tx, RESET, &ack, now).await
}

/// The sessions of a person whose devices are told to start over.
pub(crate) async fn pending_resets(
    tx: &mut Tx,
    user: UserId,
) -> heirloom_store::Result<Vec<SessionId>> {
    sync_checkpoints::list_sessions(tx, user, RESET).await
}

/// The stream belongs to a logged-in device: a key has none.
fn device(caller: &Caller, needed: Permission) -> Result<SessionId> {
    require(caller, needed)?;
    caller
        .session()
        .ok_or_else(|| Error::Forbidden("Forbidden".into()))
}
