//! A connection in use, with a transaction or without.

use std::ops::{Deref, DerefMut};

use sqlx::{Database, Transaction, pool::PoolConnection};

use crate::Result;

/// What statements run on.
#[derive(Debug)]
pub enum Open<D: Database> {
    Transaction(Transaction<'static, D>),
    /// Each statement by itself.
    Plain(PoolConnection<D>),
}

impl<D: Database> Open<D> {
    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Transaction(tx) => Ok(tx.commit().await?),
            Self::Plain(_) => Ok(()),
        }
    }
}

impl<D: Database> From<Transaction<'static, D>> for Open<D> {
    fn from(tx: Transaction<'static, D>) -> Self {
        Self::Transaction(tx)
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
            Self::Transaction(tx) => tx,
            Self::Plain(connection) => connection,
        }
    }
}

impl<D: Database> DerefMut for Open<D> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Transaction(tx) => tx,
            Self::Plain(connection) => connection,
        }
    }
}
