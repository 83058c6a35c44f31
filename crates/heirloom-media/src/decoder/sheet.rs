//! How pixels come from a child: over memory that stays, copied into a buffer that stays. Making pages anew for every
//! picture, in both processes, costs more than the copies do.

use std::{fs::File, io, os::unix::fs::FileExt};

use rustix::fs::{MemfdFlags, memfd_create};

use crate::buffers::Buffer;

/// Larger memory goes back to the system after use, in bytes. Cameras' pictures, decoded for a preview, need less.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// The child's end.
pub(super) struct Sheet(File);

impl Sheet {
    pub(super) fn new() -> io::Result<Self> {
        let memory = memfd_create("pixels", MemfdFlags::CLOEXEC)?;
        Ok(Self(File::from(memory)))
    }

    /// Writes pixels over those of before. What it gives is for [`read`].
    pub(super) fn write(&self, pixels: &[u8]) -> io::Result<File> {
        if self.0.metadata()?.len() > KEPT_BYTES_MAX as u64 {
            self.0.set_len(0)?;
        }
        self.0.write_all_at(pixels, 0)?;
        self.0.try_clone()
    }
}

/// Copies so many bytes of a child's sheet: what the child does to it afterwards changes nothing here.
pub(super) fn read(sheet: &File, length: usize) -> io::Result<Buffer> {
    // A child may claim anything; memory is only taken for what is there.
    if sheet.metadata()?.len() < length as u64 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut pixels = Buffer::new(length);
    sheet.read_exact_at(pixels.as_mut(), 0)?;
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_picture_does_not_show_through_an_earlier_one() {
        let sheet = Sheet::new().unwrap();
        let first = read(&sheet.write(&[1; 9]).unwrap(), 9).unwrap();
        let second = read(&sheet.write(&[2; 4]).unwrap(), 4).unwrap();
        assert_eq!(
            (first.as_ref(), second.as_ref()),
            (&[1; 9][..], &[2; 4][..])
        );
        drop((first, second));
        let third = read(&sheet.write(&[3; 6]).unwrap(), 6).unwrap();
        assert_eq!(third.as_ref(), [3; 6]);
    }

    #[test]
    fn what_a_child_claims_and_has_not_costs_no_memory() {
        let file = Sheet::new().unwrap().write(&[1; 9]).unwrap();
        assert!(read(&file, usize::MAX).is_err());
    }

    #[test]
    fn memory_of_a_large_picture_is_given_back() {
        let sheet = Sheet::new().unwrap();
        let large = vec![7; KEPT_BYTES_MAX + 1];
        let file = sheet.write(&large).unwrap();
        assert_eq!(read(&file, large.len()).unwrap().as_ref(), large);
        sheet.write(&[1]).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 1);
    }
}
