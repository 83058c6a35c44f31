//! Files as memory: the one place in this crate that needs `unsafe`.
#![expect(unsafe_code, reason = "a mapping is only as constant as its file")]

use std::{
    fs::File,
    io::{self, Write},
};

use memmap2::{Mmap, MmapOptions};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// The bytes of a file.
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps an original. In the child process only: if someone cuts the file off while it is read, the child is killed
    /// by SIGBUS, which the parent reports like any other death.
    pub(super) fn of_original(file: &File) -> io::Result<Self> {
        // SAFETY: originals are never written to after they are named; the bytes are treated as untrusted throughout.
        Ok(Self(unsafe { MmapOptions::new().map(file)? }))
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Memory with these bytes, for a child to map; nobody can change it.
pub(super) fn sealed(bytes: &[u8]) -> io::Result<File> {
    let mut memory = File::from(memfd_create(
        "bytes",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?);
    memory.write_all(bytes)?;
    fcntl_add_seals(
        &memory,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(memory)
}
