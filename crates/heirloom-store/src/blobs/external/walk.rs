//! Walking through the folders of a library.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use globset::GlobSet;
use heirloom_types::{
    media_type::{self, SIDECAR_EXTENSIONS},
    time::{Timestamp, truncate},
};
use tokio::{sync::mpsc, task::spawn_blocking};
use walkdir::{DirEntry, WalkDir};

/// Files that wait for whoever reads a listing.
const BUFFER: usize = 256;

/// A photo or video that a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Absolute.
    pub path: String,
    pub len: u64,
    pub modified: Timestamp,
    /// Whether it lies on another disk than the folder that is walked.
    pub is_below_mount: bool,
    pub sidecar: Option<FoundSidecar>,
}

/// The XMP file beside one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSidecar {
    pub path: String,
    pub modified: Timestamp,
}

/// What a walk meets.
#[derive(Clone, Debug)]
pub enum Met {
    File(FoundFile),
    /// A folder that cannot be read: nothing can be said of what lies below.
    Unreadable {
        folder: String,
        reason: String,
    },
}

/// What there is at a path.
#[derive(Clone, Debug)]
pub enum Place {
    File(FoundFile),
    Folder,
    /// A sidecar, or a file of no interest.
    Other,
    Nothing,
    Unreadable(String),
}

/// A walk to be done.
pub(super) struct Walk {
    /// The folder of the library.
    pub folder: PathBuf,
    /// Where in it to begin.
    pub start: PathBuf,
    pub excluded: GlobSet,
    /// The last file of an earlier walk.
    pub after: Option<PathBuf>,
}

impl Walk {
    pub(super) fn start(self) -> mpsc::Receiver<Met> {
        let (sender, receiver) = mpsc::channel(BUFFER);
        spawn_blocking(move || self.run(&sender));
        receiver
    }

    fn run(&self, found: &mpsc::Sender<Met>) {
        let root = device_of(&self.folder);
        let walk = WalkDir::new(&self.start)
            .follow_links(false)
            .follow_root_links(false)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| {
                let path = entry.path();
                entry.depth() == 0 || !self.is_passed(path) && !self.excluded.is_match(path)
            });
        for entry in walk {
            let met = match entry {
                Ok(entry) if self.after.as_deref() == Some(entry.path()) => None,
                Ok(entry) if entry.file_type().is_file() => of_entry(&entry, root),
                // Folders are walked; links, sockets and devices are nothing to show.
                Ok(_) => None,
                Err(error) => Some(unreadable(&self.start, &error)),
            };
            if let Some(met) = met
                && found.blocking_send(met).is_err()
            {
                return;
            }
        }
    }

    /// The order is that of paths, so that a walk can go on where another one stopped.
    fn is_passed(&self, path: &Path) -> bool {
        self.after
            .as_deref()
            .is_some_and(|after| path <= after && !after.starts_with(path))
    }
}

/// A name that is not text cannot be kept; such files are left out.
fn of_entry(entry: &DirEntry, root: Option<u64>) -> Option<Met> {
    let path = entry.path().to_str()?;
    media_type::by_name(path)?;
    match entry.metadata() {
        Ok(metadata) => Some(Met::File(of_file(path, &metadata, root))),
        Err(error) => Some(unreadable(entry.path(), &error)),
    }
}

fn of_file(path: &str, metadata: &Metadata, root: Option<u64>) -> FoundFile {
    let (len, modified) = times_of(metadata);
    FoundFile {
        path: path.to_owned(),
        len,
        modified,
        is_below_mount: root != Some(metadata.dev()),
        sidecar: sidecar_of(path),
    }
}

/// Length and time of the last change.
pub(super) fn times_of(metadata: &Metadata) -> (u64, Timestamp) {
    let modified = metadata
        .modified()
        .map_or_else(|_| Timestamp::default(), Timestamp::from);
    (metadata.len(), truncate(modified))
}

/// `IMG.jpg.xmp`, else `IMG.xmp`.
fn sidecar_of(path: &str) -> Option<FoundSidecar> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let names = [path, stem].into_iter().flat_map(|name| {
        SIDECAR_EXTENSIONS.iter().flat_map(move |end| {
            [
                format!("{name}.{end}"),
                format!("{name}.{}", end.to_uppercase()),
            ]
        })
    });
    names.into_iter().find_map(|path| {
        let metadata = fs::symlink_metadata(&path).ok()?;
        metadata.is_file().then(|| FoundSidecar {
            path,
            modified: times_of(&metadata).1,
        })
    })
}

pub(super) fn look(path: &Path, root: Option<u64>) -> Place {
    let Some(text) = path.to_str() else {
        return Place::Other;
    };
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Place::Folder,
        Ok(metadata) if metadata.is_file() && media_type::by_name(text).is_some() => {
            Place::File(of_file(text, &metadata, root))
        }
        Ok(_) => Place::Other,
        Err(error) if is_nothing(&error) => Place::Nothing,
        Err(error) => Place::Unreadable(error.to_string()),
    }
}

/// The disk that a folder lies on.
pub(super) fn device_of(folder: &Path) -> Option<u64> {
    fs::metadata(folder).ok().map(|metadata| metadata.dev())
}

/// Whether an error says that there is no such file.
pub(super) fn is_nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn unreadable(folder: &Path, error: &walkdir::Error) -> Met {
    let path = error.path().unwrap_or(folder);
    Met::Unreadable {
        folder: path.to_string_lossy().into_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::external::patterns;

    fn paths(folder: &Path, after: Option<&Path>) -> Vec<String> {
        let (sender, mut receiver) = mpsc::channel(BUFFER);
        let walk = Walk {
            folder: folder.into(),
            start: folder.into(),
            excluded: patterns(&["skip".into()]).unwrap(),
            after: after.map(Into::into),
        };
        walk.run(&sender);
        drop(sender);
        let mut found = Vec::new();
        while let Ok(met) = receiver.try_recv() {
            let Met::File(file) = met else {
                panic!("{met:?}")
            };
            let path = Path::new(&file.path).strip_prefix(folder).unwrap();
            found.push(path.to_str().unwrap().to_owned());
        }
        found
    }

    #[test]
    fn a_walk_goes_on_after_any_file_without_missing_or_repeating_one() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "a.jpg",
            "a/b.jpg",
            "a/c/d.jpg",
            "a-b/x.jpg",
            "b.jpg",
            "z/y.mov",
        ];
        for name in names
            .iter()
            .chain(&["skip/s.jpg", "a/skip/s.jpg", "note.txt"])
        {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
        let link = folder.path().join("link.jpg");
        std::os::unix::fs::symlink(folder.path().join("a.jpg"), link).unwrap();
        let all = paths(folder.path(), None);
        assert_eq!(all.len(), names.len(), "{all:?}");
        for (index, stop) in all.iter().enumerate() {
            let rest = paths(folder.path(), Some(&folder.path().join(stop)));
            assert_eq!(rest, all[index + 1..], "after {stop}");
        }
    }

    #[test]
    fn the_sidecar_of_the_whole_name_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(sidecar_of(&path("a.jpg")), None);
        fs::write(path("a.xmp"), b"x").unwrap();
        assert_eq!(sidecar_of(&path("a.jpg")).unwrap().path, path("a.xmp"));
        fs::write(path("a.jpg.xmp"), b"x").unwrap();
        assert_eq!(sidecar_of(&path("a.jpg")).unwrap().path, path("a.jpg.xmp"));
    }
}
