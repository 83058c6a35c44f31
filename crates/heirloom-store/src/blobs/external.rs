//! Files of external libraries: they lie outside the store, are only read, and only below folders that the configuration
//! allows. Symbolic links are never followed, so that nothing leads out of those folders, and no walk runs in circles.

mod standing;
mod walk;
mod watch;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use globset::{Glob, GlobSet, GlobSetBuilder};
use heirloom_types::checksum::{Blake3, Sha1};
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2},
    io::Errno,
};
use tokio::{sync::mpsc, task::spawn_blocking};

pub use self::{
    standing::{Known, Standing},
    walk::{FoundFile, FoundSidecar, Met, Place},
    watch::{Seen, Watch},
};
use super::{BlobPath, Blobs, Error, Result, incoming};

/// Folders below which files may be read.
#[derive(Clone, Debug, Default)]
pub(super) struct External(Arc<Allowed>);

#[derive(Debug, Default)]
struct Allowed {
    roots: Vec<PathBuf>,
    /// The store's own folder: its files are in the library already.
    own: Option<PathBuf>,
}

impl Blobs {
    /// Refuses a folder that no external library may use, whether or not it is there.
    pub fn check_external(&self, folder: &str) -> Result<()> {
        self.external.allow(folder).map(drop)
    }

    /// Whether an external folder has nothing in it; an error when it is not there or may not be used.
    pub async fn external_is_empty(&self, folder: &str) -> Result<bool> {
        let (external, folder) = (self.external.clone(), folder.to_owned());
        spawn_blocking(move || external.is_empty(&folder)).await?
    }

    /// The number of the disk that an external folder lies on; none when it is not there.
    pub async fn external_device(&self, folder: &str) -> Result<Option<u64>> {
        self.external.allow(folder)?;
        let folder = PathBuf::from(folder);
        Ok(spawn_blocking(move || walk::device_of(&folder)).await?)
    }

    /// Every photo and video at or below a path in an external folder that no pattern excludes, in the order of their
    /// paths; those after `after` only.
    pub fn walk_external(
        &self,
        folder: &str,
        path: &str,
        excluded: GlobSet,
        after: Option<String>,
    ) -> Result<mpsc::Receiver<Met>> {
        self.external.allow(folder)?;
        self.external.allow(path)?;
        let walk = walk::Walk {
            folder: folder.into(),
            start: path.into(),
            excluded,
            after: after.map(Into::into),
        };
        Ok(walk.start())
    }

    /// What there is at each path below that folder.
    pub async fn look_external(&self, folder: &str, paths: Vec<String>) -> Result<Vec<Place>> {
        self.external.allow(folder)?;
        let folder = PathBuf::from(folder);
        Ok(spawn_blocking(move || {
            let root = walk::device_of(&folder);
            paths
                .iter()
                .map(|path| walk::look(Path::new(path), root))
                .collect()
        })
        .await?)
    }

    /// What became of files that were below that folder. Nothing is gone for sure while the folder itself is away.
    pub async fn external_standing(
        &self,
        folder: &str,
        files: Vec<Known>,
    ) -> Result<Vec<Standing>> {
        self.external.allow(folder)?;
        let base = PathBuf::from(folder);
        let found = spawn_blocking(move || standing::of_all(&base, &files)).await?;
        // Asked last: a disk that goes away while files are looked for takes them all with it.
        match self.external_is_empty(folder).await {
            Ok(false) => Ok(found),
            Ok(true) | Err(_) => Ok(vec![Standing::Away; found.len()]),
        }
    }

    /// Both checksums of a file that was found; none when it is no longer as it was found, because somebody writes it.
    pub async fn hash_external(&self, found: &FoundFile) -> Result<Option<(Sha1, Blake3)>> {
        let file = self.open_external(&BlobPath::parse(&found.path)?).await?;
        let (len, modified) = (found.len, found.modified);
        spawn_blocking(move || {
            let again = file.try_clone()?;
            let (sha1, blake3, read) = incoming::hash(file)?;
            let is_same = walk::times_of(&again.metadata()?) == (len, modified) && read == len;
            Ok(is_same.then_some((sha1, blake3)))
        })
        .await?
    }

    /// Tells of changes below external folders until it is dropped.
    pub async fn watch_external(&self, folders: Vec<String>) -> Result<Watch> {
        for folder in &folders {
            self.external.allow(folder)?;
        }
        spawn_blocking(move || Watch::start(&folders)).await?
    }
}

impl External {
    pub(super) fn new(roots: Vec<PathBuf>, own: Option<PathBuf>) -> Self {
        let own = own.map(|folder| fs::canonicalize(&folder).unwrap_or(folder));
        Self(Arc::new(Allowed { roots, own }))
    }

    /// The allowed folder that a path lies below.
    fn root(&self, path: &Path) -> Result<&PathBuf> {
        let roots = &self.0.roots;
        roots
            .iter()
            .find(|root| path.starts_with(root))
            .ok_or_else(|| {
                let allowed: Vec<_> = roots.iter().map(|root| root.display().to_string()).collect();
                Error::Invalid(format!(
                    "{} is not below a folder that external libraries may use ({}); add its folder to storage.external \
                     in the configuration",
                    path.display(),
                    allowed.join(", ")
                ))
            })
    }

    /// As [`Self::root`], for a folder that somebody names.
    fn allow(&self, folder: &str) -> Result<&PathBuf> {
        let is_plain =
            BlobPath::parse(folder.trim_end_matches('/')).is_ok_and(|path| path.is_external());
        if !is_plain {
            return Err(Error::Invalid(format!(
                "{folder:?} is not the whole path of a folder, as in /mnt/photos, without . or .. in it"
            )));
        }
        let folder = Path::new(folder);
        if let Some(own) = &self.0.own
            && (folder.starts_with(own) || own.starts_with(folder))
        {
            return Err(Error::Invalid(format!(
                "{} holds what this server keeps itself; choose a folder beside {}",
                folder.display(),
                own.display()
            )));
        }
        self.root(folder)
    }

    pub(super) fn open(&self, path: &BlobPath) -> Result<File> {
        let file = Path::new(path.as_str());
        let root = self.root(file)?;
        open_below(root, file).map_err(|error| Error::of_file(error, path))
    }

    fn is_empty(&self, folder: &str) -> Result<bool> {
        let root = self.allow(folder)?;
        let folder = Path::new(folder);
        let open = if folder == root {
            fs::read_dir(folder)
        } else {
            // The folder itself may be no link; what is above it was chosen by whoever runs the server.
            open_below(root, folder).and_then(|_| fs::read_dir(folder))
        };
        let unreadable = |error: io::Error| {
            Error::Unavailable(anyhow::anyhow!(
                "{} cannot be read: {error}",
                folder.display()
            ))
        };
        let mut entries = open.map_err(unreadable)?;
        Ok(entries.next().transpose().map_err(unreadable)?.is_none())
    }
}

/// Patterns as people write them: one without a slash is a name of a file or folder anywhere; `*` also stands for slashes.
pub fn patterns(texts: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        let mut add = |pattern: &str| -> Result<()> {
            let glob = Glob::new(pattern)
                .map_err(|error| Error::Invalid(format!("{text:?} is not a pattern: {error}")))?;
            set.add(glob);
            Ok(())
        };
        if text.is_empty() {
            return Err(Error::Invalid("a pattern cannot be empty".into()));
        }
        if text.contains('/') {
            add(text)?;
        } else {
            add(&format!("**/{text}"))?;
            add(&format!("**/{text}/**"))?;
        }
    }
    set.build()
        .map_err(|error| Error::Invalid(format!("the patterns cannot be used together: {error}")))
}

/// Opens without following any link below the root.
fn open_below(root: &Path, file: &Path) -> io::Result<File> {
    let relative = file
        .strip_prefix(root)
        .map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
    let folder = openat(
        CWD,
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let opened = match openat2(&folder, relative, flags, Mode::empty(), resolve) {
        // A link on the way: for us there is no such file.
        Err(Errno::LOOP | Errno::XDEV) => return Err(io::ErrorKind::NotFound.into()),
        // Old kernels, and sandboxes that do not know the call.
        Err(Errno::NOSYS | Errno::PERM) => {
            if fs::canonicalize(file)? != fs::canonicalize(root)?.join(relative) {
                return Err(io::ErrorKind::NotFound.into());
            }
            openat(CWD, file, flags, Mode::empty())?
        }
        other => other?,
    };
    Ok(File::from(opened))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_below_allowed_folders_pass() {
        let external = External::new(vec!["/mnt".into()], Some("/mnt/heirloom/data".into()));
        for folder in ["/mnt/photos", "/mnt/photos/", "/mnt/a/b"] {
            assert!(external.allow(folder).is_ok(), "{folder}");
        }
        for folder in [
            "/etc",
            "/mnt/../etc",
            "/mntx",
            "mnt",
            "",
            "/",
            "/mnt/heirloom",
            "/mnt/heirloom/data/originals",
        ] {
            assert!(external.allow(folder).is_err(), "{folder}");
        }
    }

    #[test]
    fn a_pattern_without_a_slash_is_a_name_anywhere() {
        let set = patterns(&["@eaDir".into(), "*.tmp.jpg".into(), "**/Raw/**".into()]).unwrap();
        for excluded in [
            "/m/@eaDir",
            "/m/a/@eaDir/b.jpg",
            "/m/x.tmp.jpg",
            "/m/Raw/a.nef",
        ] {
            assert!(set.is_match(excluded), "{excluded}");
        }
        for kept in ["/m/a.jpg", "/m/@eaDirs/a.jpg", "/m/Rawer/a.nef"] {
            assert!(!set.is_match(kept), "{kept}");
        }
        assert!(patterns(&["a[".into()]).is_err());
    }
}
