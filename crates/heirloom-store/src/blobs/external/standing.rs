//! What became of files that were there.

use std::{fs, path::Path};

use super::walk::{device_of, is_nothing};

/// A file that was there.
#[derive(Clone, Debug)]
pub struct Known {
    pub path: String,
    /// Whether it lay on another disk than the folder of the library.
    pub is_below_mount: bool,
}

/// Whether it still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    There,
    /// It was removed.
    Gone,
    /// It cannot be seen now, because its disk or folder cannot: that says nothing of the file.
    Away,
}

pub(super) fn of_all(folder: &Path, files: &[Known]) -> Vec<Standing> {
    let root = device_of(folder);
    files
        .iter()
        .map(|file| of_one(folder, file, root))
        .collect()
}

fn of_one(folder: &Path, file: &Known, root: Option<u64>) -> Standing {
    let path = Path::new(&file.path);
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Standing::There,
        // What is now a link or a folder is not the file that was there.
        Ok(_) => Standing::Gone,
        Err(error) if is_nothing(&error) => {
            if file.is_below_mount && nearest_device(folder, path) == root {
                Standing::Away
            } else {
                Standing::Gone
            }
        }
        Err(_) => Standing::Away,
    }
}

/// The disk of the nearest folder above a path that is there.
fn nearest_device(folder: &Path, path: &Path) -> Option<u64> {
    path.ancestors()
        .skip(1)
        .take_while(|above| above.starts_with(folder))
        .find_map(device_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_is_gone_and_what_was_below_a_mount_may_be_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, is_below_mount| Known {
            path: folder.path().join(name).to_str().unwrap().to_owned(),
            is_below_mount,
        };
        fs::create_dir(folder.path().join("disk")).unwrap();
        fs::write(folder.path().join("there.jpg"), b"x").unwrap();
        let found = of_all(
            folder.path(),
            &[
                file("there.jpg", false),
                file("gone.jpg", false),
                file("folder/gone.jpg", false),
                // The folder of the mount is there, but the disk is not.
                file("disk/away.jpg", true),
            ],
        );
        let (there, gone, away) = (Standing::There, Standing::Gone, Standing::Away);
        assert_eq!(found, [there, gone, gone, away]);
    }
}
