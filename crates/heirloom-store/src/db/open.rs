//! A connection in use, with a transaction or without.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sqlx::{Database, Transaction, pool::PoolConnection};

use crate::Result;

/// How often this process has changed the database.
#[derive(Clone, Debug, Default)]
pub struct Commits(Arc<AtomicU64>);

impl Commits {
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// What statements run on.
#[derive(Debug)]
pub enum Open<D: Database> {
    Writing(Transaction<'static, D>, Commits),
    Reading(Transaction<'static, D>),
    /// Each statement by itself.
    Plain(PoolConnection<D>),
}

impl<D: Database> Open<D> {
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Writing(tx, commits) => {
                let done = tx.commit().await;
                // Also after an error: it may have been done.
                commits.add();
                Ok(done?)
            }
            Self::Reading(tx) => Ok(tx.commit().await?),
            Self::Plain(_) => Ok(()),
        }
    }
}

impl<D: Database> From<Transaction<'static, D>> for Open<D> {
    fn from(tx: Transaction<'static, D>) -> Self {
        Self::Reading(tx)
    }
}

impl<D: Database> From<PoolConnection<D>> for Open<D> {
    fn from(connection: PoolConnection<D>) -> Self {
        Self::Plain(connection)
    }
}

impl<D: Database> Deref for Open<D> {
    type Target = D::Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Writing(tx, _) | Self::Reading(tx) => tx,
            Self::Plain(connection) => connection,
        }
    }
}

impl<D: Database> DerefMut for Open<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Writing(tx, _) | Self::Reading(tx) => tx,
            Self::Plain(connection) => connection,
        }
    }
}
