//! Who asks, and with what credential.

use crate::{
    ids::{ApiKeyId, SessionId, SharedLinkId, UserId, WorkflowId},
    permission::{Permission, Permissions},
};

/// An authenticated request's user and credential.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account the request acts for.
    pub user: UserId,
    /// Whether that account administers the server.
    pub is_admin: bool,
    /// How the request proved who it is.
    pub credential: Credential,
    /// What the credential allows.
    pub permissions: Permissions,
}

/// How a request proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A logged-in device; `elevated` while its PIN has opened the locked folder.
    Session { id: SessionId, elevated: bool },
    /// A key made for a program.
    ApiKey(ApiKeyId),
    /// A link that somebody without an account was given.
    SharedLink(SharedLinkId),
    /// A pass of somebody who administers the server while it is in maintenance; no account stands behind it.
    Maintenance,
    /// No request: what its owner set up acts for them.
    Workflow(WorkflowId),
}

impl Caller {
    /// Whether the credential allows `wanted`.
    pub fn may(&self, wanted: Permission) -> bool {
        self.permissions.allows(wanted)
    }

    /// Whether somebody with an account asks, and not a visitor who came through a link.
    pub fn is_account(&self) -> bool {
        !matches!(self.credential, Credential::SharedLink(_))
    }

    /// Whose library they look at as their own; a visitor has none.
    pub fn reader(&self) -> Option<UserId> {
        self.is_account().then_some(self.user)
    }

    /// The session, when the request came through one.
    pub fn session(&self) -> Option<SessionId> {
        match self.credential {
            Credential::Session { id, .. } => Some(id),
            Credential::ApiKey(_)
            | Credential::SharedLink(_)
            | Credential::Maintenance
            | Credential::Workflow(_) => None,
        }
    }

    /// Whether what is locked away may be shown: only in a session that gave the PIN.
    pub fn sees_locked(&self) -> bool {
        matches!(self.credential, Credential::Session { elevated: true, .. })
    }

    /// Whose rows may be read.
    pub fn scope(&self) -> Scope {
        Scope { owner: self.user }
    }
}

/// The set of grants that says whose rows may be seen. Every query over owned rows takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    owner: UserId,
}

impl Scope {
    /// The rows of one owner, for work that runs on the owner's behalf.
    pub fn of_owner(owner: UserId) -> Self {
        Self { owner }
    }

    /// The owner whose own rows are visible.
    pub fn own(&self) -> UserId {
        self.owner
    }
}
