//! External libraries: folders of an owner that are indexed where they lie and never written to.
//!
//! An asset of a library is one content; its files are where that content lies. [`scan`] finds what is new and what is
//! gone, [`arrivals`] and [`departures`] make assets of it, [`watch`] asks for both when the system tells of a change.

mod arrivals;
mod departures;
mod paths;
mod removal;
mod scan;
mod watch;

use globset::GlobSet;
pub use heirloom_store::libraries::{ExternalLibrary, LibraryTotals};
use heirloom_store::{Tx, blobs::external, libraries, users};
use heirloom_types::{
    caller::Caller,
    ids::{LibraryId, UserId},
    permission::Permission,
};

pub use self::{paths::ScanFiles, removal::RemoveLibrary, scan::ScanLibrary};
use crate::{
    Error, Library, Result,
    access::{require, require_admin},
};

/// Kinds of jobs that a library gives rise to.
pub(crate) const KINDS: [&str; 3] = [scan::KIND, paths::KIND, removal::KIND];
/// Import paths, or patterns, of one library at most.
const TEXTS_MAX: usize = 128;
/// Longest name, in bytes.
const NAME_MAX: usize = 256;
/// What is left out unless somebody says otherwise: what storage devices and synchronisation keep for themselves.
const USUAL_EXCLUSIONS: [&str; 6] = [
    "@eaDir",
    "._*",
    "#recycle",
    "#snapshot",
    ".stversions",
    ".Trash*",
];

/// A library to be made.
#[derive(Clone, Debug)]
pub struct NewLibrary {
    pub owner: UserId,
    pub name: Option<String>,
    pub import_paths: Vec<String>,
    pub exclusion_patterns: Option<Vec<String>>,
}

/// What is to be otherwise; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct LibraryChange {
    pub name: Option<String>,
    pub import_paths: Option<Vec<String>>,
    pub exclusion_patterns: Option<Vec<String>>,
}

/// Whether a folder can be imported now.
#[derive(Clone, Debug)]
pub struct CheckedPath {
    pub path: String,
    pub is_valid: bool,
    /// What is wrong with it, or worth knowing.
    pub message: Option<String>,
}

impl Library {
    /// All libraries, of all owners.
    pub async fn libraries(
        &self,
        caller: &Caller,
    ) -> Result<Vec<(ExternalLibrary, LibraryTotals)>> {
        allow(caller, Permission::LibraryRead)?;
        let mut tx = self.db.read().await?;
        let mut all = Vec::new();
        for library in libraries::list(&mut tx).await? {
            let totals = libraries::totals(&mut tx, library.owner_id, library.id).await?;
            all.push((library, totals));
        }
        Ok(all)
    }

    pub async fn library(
        &self,
        caller: &Caller,
        id: LibraryId,
    ) -> Result<(ExternalLibrary, LibraryTotals)> {
        self.library_for(caller, id, Permission::LibraryRead).await
    }

    /// As [`Self::library`], for whoever may only count.
    pub async fn library_totals(&self, caller: &Caller, id: LibraryId) -> Result<LibraryTotals> {
        let needed = Permission::LibraryStatistics;
        Ok(self.library_for(caller, id, needed).await?.1)
    }

    async fn library_for(
        &self,
        caller: &Caller,
        id: LibraryId,
        needed: Permission,
    ) -> Result<(ExternalLibrary, LibraryTotals)> {
        allow(caller, needed)?;
        let mut tx = self.db.read().await?;
        let library = existing(&mut tx, id, needed).await?;
        let totals = libraries::totals(&mut tx, library.owner_id, id).await?;
        Ok((library, totals))
    }

    /// Makes a library; nothing is imported before it is scanned.
    pub async fn create_library(
        &self,
        caller: &Caller,
        new: NewLibrary,
    ) -> Result<ExternalLibrary> {
        allow(caller, Permission::LibraryCreate)?;
        let patterns = new
            .exclusion_patterns
            .unwrap_or_else(|| USUAL_EXCLUSIONS.map(String::from).into());
        let now = self.now();
        let library = ExternalLibrary {
            id: self.new_id(LibraryId::new),
            owner_id: new.owner,
            name: new.name.unwrap_or_else(|| "External library".into()),
            import_paths: self.checked_paths(new.import_paths)?.into(),
            exclusion_patterns: checked_patterns(patterns)?.into(),
            created_at: now,
            updated_at: now,
            refreshed_at: None,
            scan_asked_at: None,
            deleted_at: None,
        };
        check_name(&library.name)?;
        let mut tx = self.db.write().await?;
        if users::get(&mut tx, new.owner).await?.is_none() {
            return Err(Error::not_found("user", new.owner, Permission::UserRead));
        }
        libraries::insert(&mut tx, &library).await?;
        tx.commit().await?;
        Ok(library)
    }

    /// Changes a library; what that brings in and leaves out shows with the next scan.
    pub async fn update_library(
        &self,
        caller: &Caller,
        id: LibraryId,
        change: LibraryChange,
    ) -> Result<(ExternalLibrary, LibraryTotals)> {
        let needed = Permission::LibraryUpdate;
        allow(caller, needed)?;
        let mut tx = self.db.write().await?;
        let mut library = existing(&mut tx, id, needed).await?;
        if let Some(name) = change.name {
            check_name(&name)?;
            library.name = name;
        }
        if let Some(paths) = change.import_paths {
            library.import_paths = self.checked_paths(paths)?.into();
        }
        if let Some(patterns) = change.exclusion_patterns {
            library.exclusion_patterns = checked_patterns(patterns)?.into();
        }
        library.updated_at = self.now();
        libraries::update(&mut tx, &library).await?;
        let totals = libraries::totals(&mut tx, library.owner_id, id).await?;
        tx.commit().await?;
        Ok((library, totals))
    }

    /// Has a library scanned soon.
    pub async fn scan_library(&self, caller: &Caller, id: LibraryId) -> Result<()> {
        allow(caller, Permission::LibraryUpdate)?;
        let mut tx = self.db.write().await?;
        existing(&mut tx, id, Permission::LibraryUpdate).await?;
        self.ask_for_scan(&mut tx, id).await?;
        tx.commit().await?;
        self.wake.wake();
        Ok(())
    }

    /// Has all libraries scanned soon.
    pub(crate) async fn scan_libraries(&self, tx: &mut Tx) -> Result<()> {
        for library in libraries::list(tx).await? {
            self.ask_for_scan(tx, library.id).await?;
        }
        Ok(())
    }

    /// Whether these folders could be imported now.
    pub async fn validate_library(
        &self,
        caller: &Caller,
        id: LibraryId,
        paths: Vec<String>,
        patterns: Vec<String>,
    ) -> Result<Vec<CheckedPath>> {
        allow(caller, Permission::LibraryUpdate)?;
        existing(&mut self.db.read().await?, id, Permission::LibraryUpdate).await?;
        checked_patterns(patterns)?;
        let mut checked = Vec::with_capacity(paths.len());
        for path in paths {
            let (is_valid, message) = match self.blobs.external_is_empty(&path).await {
                Ok(false) => (true, None),
                Ok(true) => (true, Some(EMPTY.to_owned())),
                Err(error) => (false, Some(reason_of(&error))),
            };
            checked.push(CheckedPath {
                path,
                is_valid,
                message,
            });
        }
        Ok(checked)
    }

    /// Paths as they are kept. One that is not there may come; one that may not be used never will.
    fn checked_paths(&self, paths: Vec<String>) -> Result<Vec<String>> {
        let mut kept: Vec<String> = Vec::with_capacity(paths.len());
        if paths.len() > TEXTS_MAX {
            return Err(too_many("importPaths"));
        }
        for path in paths {
            self.blobs
                .check_external(&path)
                .map_err(|error| Error::invalid("importPaths", error.to_string()))?;
            let path = path.trim_end_matches('/').to_owned();
            if !kept.contains(&path) {
                kept.push(path);
            }
        }
        Ok(kept)
    }
}

/// What is worth knowing of an empty folder.
const EMPTY: &str =
    "The folder is empty; while it is, a scan changes nothing, because its disk may be away";

/// Only administrators decide which folders of the machine are shown to whom.
fn allow(caller: &Caller, needed: Permission) -> Result<()> {
    require_admin(caller)?;
    require(caller, needed)
}

async fn existing(tx: &mut Tx, id: LibraryId, needed: Permission) -> Result<ExternalLibrary> {
    libraries::get(tx, id)
        .await?
        .filter(|library| library.deleted_at.is_none())
        .ok_or(Error::not_found("library", id, needed))
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Error::invalid(
            "name",
            format!("Invalid input: expected a name of 1 to {NAME_MAX} bytes"),
        ));
    }
    Ok(())
}

fn checked_patterns(mut patterns: Vec<String>) -> Result<Vec<String>> {
    let field = "exclusionPatterns";
    if patterns.len() > TEXTS_MAX {
        return Err(too_many(field));
    }
    external::patterns(&patterns).map_err(|error| Error::invalid(field, error.to_string()))?;
    let mut seen = std::collections::HashSet::new();
    patterns.retain(|pattern| seen.insert(pattern.clone()));
    Ok(patterns)
}

fn too_many(field: &'static str) -> Error {
    Error::invalid(
        field,
        format!("Invalid input: expected at most {TEXTS_MAX}"),
    )
}

/// What a library leaves out.
fn excluded(library: &ExternalLibrary) -> Result<GlobSet> {
    external::patterns(&library.exclusion_patterns.0).map_err(Into::into)
}

/// The folders of a library that lie in no other folder of it.
fn folders_of(library: &ExternalLibrary) -> Vec<String> {
    let all = &library.import_paths.0;
    let lies_in =
        |inner: &str, outer: &str| inner != outer && std::path::Path::new(inner).starts_with(outer);
    all.iter()
        .filter(|path| !all.iter().any(|outer| lies_in(path, outer)))
        .cloned()
        .collect()
}

/// An error of the file store as a person wants to read it.
fn reason_of(error: &heirloom_store::blobs::Error) -> String {
    match error {
        heirloom_store::blobs::Error::Unavailable(source) => source.to_string(),
        other => other.to_string(),
    }
}
