//! A small disk that can be full.

use std::{path::Path, process::Command, sync::Arc};

use tempfile::TempDir;

/// A file system in memory, mounted on a temporary folder.
pub struct Disk {
    folder: Arc<TempDir>,
}

impl Disk {
    /// None where nothing may be mounted, as for anybody but root.
    pub fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        mount(folder.path(), &format!("size={mebibytes}m")).then(|| Self {
            folder: folder.into(),
        })
    }

    pub fn folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// Gives it another size.
    pub fn resize(&self, mebibytes: u32) {
        let options = format!("remount,size={mebibytes}m");
        assert!(mount(self.folder.path(), &options));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount")
            .arg("--lazy")
            .arg(self.folder.path())
            .status()
            .ok();
    }
}

fn mount(folder: &Path, options: &str) -> bool {
    Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "tmpfs"])
        .arg(folder)
        .status()
        .is_ok_and(|status| status.success())
}
