//! Where pieces lie: one folder of this process among the system's temporary ones.

use std::{io, path::Path, sync::Once};

use tempfile::TempDir;

const PREFIX: &str = "heirloom-streams.";

/// A new folder of this process.
pub(super) fn make() -> io::Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}.", std::process::id()))
        .tempdir()
}

/// Removes what processes left that were killed, once.
pub(super) fn sweep() {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(sweep_now);
}

fn sweep_now() {
    let entries = std::fs::read_dir(std::env::temp_dir());
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
        if process.is_some_and(is_gone) {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// In a container, every start may have the same number: what bears ours is not ours yet.
fn is_gone(process: u32) -> bool {
    let is_there = Path::new("/proc").join(process.to_string()).try_exists();
    process == std::process::id() || matches!(is_there, Ok(false))
}
