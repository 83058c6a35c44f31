//! Reports of files that are not as they should be, and what a person does about them.

use std::collections::BTreeMap;

use heirloom_store::{
    assets,
    blobs::{self, Blob, BlobPath},
    doomed_files,
    integrity::{self, Report, ReportKind},
    system,
};
use heirloom_types::{
    caller::{Caller, Scope},
    permission::Permission,
};
use uuid::Uuid;

use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

/// Lines that are read at a time.
const BATCH: i64 = 500;

impl Library {
    /// A page of a report.
    pub async fn integrity_report(
        &self,
        caller: &Caller,
        kind: ReportKind,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Report>> {
        may_maintain(caller)?;
        let mut tx = self.db.read().await?;
        Ok(integrity::list(&mut tx, kind, after.unwrap_or(Uuid::nil()), limit).await?)
    }

    /// How long each report is.
    pub async fn integrity_counts(&self, caller: &Caller) -> Result<BTreeMap<ReportKind, i64>> {
        may_maintain(caller)?;
        let counts = integrity::counts(&mut self.db.read().await?).await?;
        Ok(counts.into_iter().collect())
    }

    /// The file that a line is about, if there is one.
    pub async fn integrity_file(&self, caller: &Caller, id: Uuid) -> Result<(String, Blob)> {
        may_maintain(caller)?;
        let line = self.integrity_line(id).await?;
        match self.blobs.stream(&BlobPath::parse(&line.path)?, None).await {
            Ok(blob) => {
                let name = line.path.rsplit('/').next().unwrap_or_default().to_owned();
                Ok((name, blob))
            }
            Err(blobs::Error::NotFound(_)) => Err(Error::Missing("The file is not there")),
            Err(error) => Err(error.into()),
        }
    }

    /// Does what a line asks for: a file that is nobody's is removed, an asset whose original is not as it should be
    /// goes into the trash.
    pub async fn resolve_integrity(&self, caller: &Caller, id: Uuid) -> Result<()> {
        may_maintain(caller)?;
        let line = self.integrity_line(id).await?;
        let mut tx = self.db.write().await?;
        integrity::delete(&mut tx, id).await?;
        match (line.kind, line.owner_id, line.asset_id) {
            (ReportKind::UntrackedFile, ..) => {
                let has_owner = system::knows_file(&mut tx, &line.path).await?;
                if !has_owner {
                    doomed_files::insert(&mut tx, &line.path, self.now()).await?;
                }
            }
            (_, Some(owner), Some(asset)) => {
                let found = assets::get(&mut tx, Scope::of_owner(owner), asset).await?;
                let found = found
                    .into_iter()
                    .filter(|asset| !asset.is_trashed())
                    .collect();
                self.set_deleted(&mut tx, owner, found, true).await?;
            }
            _ => {}
        }
        tx.commit().await?;
        Ok(())
    }

    /// Does what every line of a report asks for.
    pub async fn resolve_all(&self, caller: &Caller, kind: ReportKind) -> Result<()> {
        loop {
            let page = self.integrity_report(caller, kind, None, BATCH).await?;
            if page.is_empty() {
                return Ok(());
            }
            for line in page {
                self.resolve_integrity(caller, line.id).await?;
            }
        }
    }

    async fn integrity_line(&self, id: Uuid) -> Result<Report> {
        integrity::get(&mut self.db.read().await?, id)
            .await?
            .ok_or(Error::not_found(
                "integrity report",
                id,
                Permission::Maintenance,
            ))
    }
}

fn may_maintain(caller: &Caller) -> Result<()> {
    require_admin(caller)?;
    require(caller, Permission::Maintenance)
}
