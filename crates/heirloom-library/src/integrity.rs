//! The scrub: originals are read again and compared with what was taken in; what is missing, damaged or nobody's is
//! reported, and repaired from the second copy where there is one.

mod repair;
mod reports;
mod scrub;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use heirloom_jobs::{Claim, Failure, Handler};
pub use heirloom_store::integrity::{Health, Report, ReportKind};
use heirloom_types::{caller::Caller, ids::AssetId, permission::Permission, time::Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Library, Result,
    access::{require, require_admin},
};

/// Kind of the job; the subject is the kind of the report.
pub const KIND: &str = "check_integrity";
/// How long one job works before others have their turn.
const TURN: Duration = Duration::from_secs(5);

/// The handler of [`KIND`].
pub struct CheckIntegrity(pub Arc<Library>);

/// Where a round stands between two turns.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    pub started_at: Timestamp,
    pub after: Option<AssetId>,
    pub checked: i64,
}

#[async_trait]
impl Handler for CheckIntegrity {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn run(&self, claim: &Claim) -> Result<(), Failure> {
        let library = &self.0;
        let kind = ReportKind::from_text(&claim.job.subject)
            .with_context(|| format!("{} is no check", claim.job.subject))?;
        let stored: Option<Round> = serde_json::from_value(claim.job.payload.0.clone())?;
        let round = stored.unwrap_or_else(|| Round {
            started_at: library.now(),
            after: None,
            checked: 0,
        });
        let next = match kind {
            ReportKind::ChecksumMismatch => library.scrub(round).await?,
            ReportKind::MissingFile => library.find_missing(round).await?,
            ReportKind::UntrackedFile => {
                library.find_untracked(round.started_at).await?;
                None
            }
        };
        let mut tx = library.db.write().await?;
        if let Some(next) = next {
            let payload = serde_json::to_value(next)?;
            library
                .ask_with(&mut tx, KIND, claim.job.subject.clone(), payload)
                .await?;
        }
        claim.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Library {
    /// Has a check run soon, from the beginning.
    pub async fn request_check(&self, caller: &Caller, kind: ReportKind) -> Result<()> {
        require_admin(caller)?;
        require(caller, Permission::Maintenance)?;
        let mut tx = self.db.write().await?;
        self.ask(&mut tx, KIND, kind.as_str().into()).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// How the library is, in numbers.
    pub async fn health(&self, caller: &Caller) -> Result<Health> {
        require_admin(caller)?;
        require(caller, Permission::Maintenance)?;
        Ok(heirloom_store::integrity::health(&mut self.db.read().await?).await?)
    }
}
