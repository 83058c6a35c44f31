//! Maintenance: nothing is answered but what administers the server, nothing is worked on, and a backup can take the
//! place of the database.
//!
//! One row of the settings says that it is so, and is followed by every process: each begins anew when it comes or goes, so
//! that no cache, job or connection outlives what it was made for. Whoever begins it gets a pass, a token that stands for
//! them even when the database with their account is replaced.

mod install;
mod restoring;
mod state;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use heirloom_store::{Tx, blobs, settings, users};
use heirloom_types::{
    caller::{Caller, Credential},
    ids::UserId,
    permission::{Permission, Permissions},
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::state::{KEY, Pass, Restore, State};
pub use self::{install::FoundFolder, restoring::settle_restored, state::Action};
use crate::{
    Error, Library, Result,
    access::{require, require_admin},
    auth::hash_token,
    backup,
};

/// How often to look whether maintenance has begun or ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Who holds a pass is called so where no account stands behind it.
const OF_MACHINE: &str = "heirloom admin";
const OF_NEWCOMER: &str = "newcomer";
/// What a pass is good for.
const PASS_ALLOWS: [Permission; 4] = [
    Permission::Maintenance,
    Permission::BackupDownload,
    Permission::BackupUpload,
    Permission::BackupDelete,
];

/// Whether this process is in maintenance, and whether it has to begin anew.
pub(crate) struct Mode {
    is_on: AtomicBool,
    again: CancellationToken,
    /// This process, as the one who restores.
    me: Uuid,
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            is_on: AtomicBool::new(false),
            again: CancellationToken::new(),
            me: Uuid::from_bytes(rand::random()),
        }
    }
}

/// What anybody may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub action: Action,
    pub is_active: bool,
    /// Only told to those who administer it: what is being done, how much of it in percent, what went wrong.
    pub task: Option<&'static str>,
    pub progress: Option<u8>,
    pub error: Option<String>,
}

impl Library {
    /// Looks whether the server is in maintenance, when this process starts; `gave_up` is why a restore was not finished.
    pub async fn begin_in_mode(&self, gave_up: Option<String>) -> Result<bool> {
        let mut tx = self.db.write().await?;
        let Some(mut state) = read(&mut tx).await? else {
            return Ok(false);
        };
        if state.settle(gave_up) {
            write(&mut tx, &state).await?;
            tx.commit().await?;
        }
        // What may be restored is another history: nothing that was kept of this one is true then.
        self.recall.forget_snapshots();
        self.mode.is_on.store(true, Ordering::Release);
        Ok(true)
    }

    pub fn is_in_maintenance(&self) -> bool {
        self.mode.is_on.load(Ordering::Acquire)
    }

    /// Comes true when this process has to begin anew.
    pub fn wants_to_begin_anew(&self) -> CancellationToken {
        self.mode.again.clone()
    }

    /// Looks until `stop` whether another process began or ended maintenance.
    pub async fn follow_maintenance(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
            match self.maintenance().await {
                Ok(state) => {
                    let has_changed = state.is_some() != self.is_in_maintenance();
                    if has_changed || state.is_some_and(|state| state.is_switching()) {
                        self.mode.again.cancel();
                    }
                }
                Err(error) => tracing::debug!(%error, "could not look for maintenance"),
            }
        }
    }

    /// Begins or ends maintenance, or has a backup restored; gives a pass to whoever has none.
    pub async fn set_maintenance(
        &self,
        caller: &Caller,
        action: Action,
        backup: Option<String>,
    ) -> Result<Option<String>> {
        require_admin(caller)?;
        require(caller, Permission::Maintenance)?;
        if action == Action::End {
            self.end_maintenance().await?;
            return Ok(None);
        }
        let file = match action {
            Action::RestoreDatabase => Some(self.chosen_backup(backup).await?),
            _ => None,
        };
        if caller.credential == Credential::Maintenance {
            self.begin_maintenance(action, file, None).await?;
            return Ok(None);
        }
        let user = users::get(&mut self.db.read().await?, caller.user).await?;
        let name = user.map_or_else(String::new, |user| user.name);
        self.pass_for(name, action, file).await.map(Some)
    }

    /// As [`Self::set_maintenance`], for whoever has the machine; gives a pass.
    pub async fn begin_maintenance_unasked(&self) -> Result<String> {
        self.pass_for(OF_MACHINE.into(), Action::Start, None).await
    }

    /// Ends maintenance; it stays while a backup is being restored.
    pub async fn end_maintenance(&self) -> Result<()> {
        let mut tx = self.db.write().await?;
        if let Some(state) = read(&mut tx).await? {
            state.refuse_while_restoring()?;
            settings::delete_system(&mut tx, KEY).await?;
        }
        tx.commit().await?;
        if self.is_in_maintenance() {
            self.mode.again.cancel();
        }
        Ok(())
    }

    /// Lets somebody restore a backup into a server that has no account yet.
    pub async fn begin_restore_of_new_server(&self) -> Result<String> {
        if !users::list_any(&mut self.db.read().await?)
            .await?
            .is_empty()
        {
            return Err(Error::Conflict(
                "The server has accounts; an administrator can restore a backup".into(),
            ));
        }
        self.pass_for(OF_NEWCOMER.into(), Action::SelectDatabaseRestore, None)
            .await
    }

    /// Whose pass that is.
    pub async fn pass_holder(&self, token: &str) -> Result<Option<String>> {
        let Some(state) = self.maintenance().await? else {
            return Ok(None);
        };
        let hash = hash_text(token);
        let pass = state.passes.into_iter().find(|pass| pass.hash == hash);
        Ok(pass.map(|pass| pass.name))
    }

    /// Who presents a pass: somebody who administers the server without an account.
    pub async fn caller_of_pass(&self, token: &str) -> Result<Option<Caller>> {
        let holder = self.pass_holder(token).await?;
        Ok(holder.map(|_| Caller {
            user: UserId(Uuid::nil()),
            is_admin: true,
            credential: Credential::Maintenance,
            permissions: PASS_ALLOWS.into_iter().collect::<Permissions>(),
        }))
    }

    /// Whether the server is in maintenance, and how that goes.
    pub async fn maintenance_status(&self, caller: Option<&Caller>) -> Result<Status> {
        let state = self.maintenance().await?;
        let is_told = caller.is_some_and(|caller| {
            require_admin(caller).is_ok() && caller.may(Permission::Maintenance)
        });
        let action = state.as_ref().map_or(Action::End, |state| state.action);
        let is_active = state.is_some();
        let state = state.filter(|_| is_told);
        let restore = state.as_ref().and_then(|state| state.restore.as_ref());
        Ok(Status {
            action,
            is_active,
            task: restore.map(|restore| restore.task.name()),
            progress: restore.map(|restore| restore.progress),
            error: state.and_then(|state| state.error),
        })
    }

    async fn maintenance(&self) -> Result<Option<State>> {
        let value = settings::get_system(&mut self.db.glance().await?, KEY).await?;
        Ok(value.map(State::of))
    }

    async fn pass_for(&self, name: String, action: Action, file: Option<String>) -> Result<String> {
        let token = self.new_token();
        let hash = hash_text(&token);
        self.begin_maintenance(action, file, Some(Pass { hash, name }))
            .await?;
        Ok(token)
    }

    async fn begin_maintenance(
        &self,
        action: Action,
        file: Option<String>,
        pass: Option<Pass>,
    ) -> Result<()> {
        let mut tx = self.db.write().await?;
        let mut state = read(&mut tx).await?.unwrap_or_default();
        state.refuse_while_restoring()?;
        state.action = action;
        state.error = None;
        state.restore = file.map(Restore::wanted);
        state.admit(pass);
        write(&mut tx, &state).await?;
        tx.commit().await?;
        if !self.mode.is_on.swap(true, Ordering::AcqRel) {
            self.mode.again.cancel();
        }
        Ok(())
    }

    /// The name of a backup that is there.
    async fn chosen_backup(&self, name: Option<String>) -> Result<String> {
        let name = name.ok_or_else(|| {
            Error::invalid(
                "restoreBackupFilename",
                "restoreBackupFilename is required: the name of a backup of the list",
            )
        })?;
        match self.blobs.head(&backup::path_of(&name)?).await {
            Ok(_) => Ok(name),
            Err(blobs::Error::NotFound(_)) => {
                Err(Error::Conflict(format!("There is no backup {name}")))
            }
            Err(error) => Err(error.into()),
        }
    }
}

async fn read(tx: &mut Tx) -> Result<Option<State>> {
    Ok(settings::lock_system(tx, KEY).await?.map(State::of))
}

async fn write(tx: &mut Tx, state: &State) -> Result<()> {
    Ok(settings::set_system(tx, KEY, state.as_json()?).await?)
}

fn hash_text(token: &str) -> String {
    use std::fmt::Write;
    hash_token(token)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
