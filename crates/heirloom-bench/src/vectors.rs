//! Vectors in a file: rows of 32-bit floats, little-endian, one after the other.

use std::{fs::File, os::unix::fs::FileExt, path::Path, time::Duration};

use anyhow::ensure;
use heirloom_store::{
    assets::Visibility,
    embeddings::from_bytes,
    vectors::{Entry, Facts, Index, Marks, Times},
};
use heirloom_types::{ids::AssetId, media_type::MediaKind};
use uuid::Uuid;

/// Rows that are read at a time.
const ROWS_AT_ONCE: usize = 4096;

pub(crate) struct Vectors {
    file: File,
    dimensions: usize,
    rows: usize,
}

impl Vectors {
    pub(crate) fn open(path: &Path, dimensions: usize) -> anyhow::Result<Self> {
        let file = File::open(path)?;
        let bytes = usize::try_from(file.metadata()?.len())?;
        ensure!(
            bytes.is_multiple_of(dimensions * 4),
            "{} does not hold rows of {dimensions} numbers",
            path.display()
        );
        Ok(Self {
            file,
            dimensions,
            rows: bytes / (dimensions * 4),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn row(&self, number: usize) -> anyhow::Result<Vec<f32>> {
        Ok(self.rows(number, 1)?.remove(0))
    }

    /// All rows in order, many at a time, with the number of the first of them.
    fn each(
        &self,
        mut take: impl FnMut(usize, Vec<Vec<f32>>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for start in (0..self.rows).step_by(ROWS_AT_ONCE) {
            let count = ROWS_AT_ONCE.min(self.rows - start);
            take(start, self.rows(start, count)?)?;
        }
        Ok(())
    }

    pub(crate) fn rows(&self, start: usize, count: usize) -> anyhow::Result<Vec<Vec<f32>>> {
        let width = self.dimensions * 4;
        let mut bytes = vec![0; count * width];
        self.file
            .read_exact_at(&mut bytes, (start * width) as u64)?;
        Ok(bytes.chunks_exact(width).map(from_bytes).collect())
    }
}

/// The id that stands for a row, and its number again.
pub(crate) fn id_of(row: usize) -> AssetId {
    AssetId(Uuid::from_u128(row as u128))
}

pub(crate) fn row_of(id: AssetId) -> usize {
    id.0.as_u128() as usize
}

/// What is true of most photos.
pub(crate) const PLAIN: Facts = Facts {
    marks: Marks {
        visibility: Visibility::Timeline,
        kind: MediaKind::Image,
        is_trashed: false,
        is_favorite: false,
    },
    times: Times { taken: 0, local: 0 },
};

/// An index of the rows, each of an asset of its own; one of many is learned from rows at equal distances, as the server's.
pub(crate) fn index_of(vectors: &Vectors, dimensions: usize) -> anyhow::Result<Index> {
    let mut index = match Index::sample_for(dimensions, vectors.len()) {
        None => Index::new(dimensions),
        Some(wanted) => {
            let step = vectors.len() / wanted;
            let sample = (0..wanted).map(|row| vectors.row(row * step));
            Index::learned(dimensions, &sample.collect::<anyhow::Result<Vec<_>>>()?)
        }
    };
    vectors.each(|first, rows| {
        let entries: Vec<Entry> = (first..)
            .zip(rows)
            .map(|(row, vector)| (id_of(row), PLAIN, vec![(0, vector)]))
            .collect();
        ensure!(index.put_all(&entries).is_empty(), "a vector is unusable");
        Ok(())
    })?;
    Ok(index)
}

pub(crate) fn milliseconds(times: &[Duration]) -> Vec<f64> {
    times.iter().map(|time| time.as_secs_f64() * 1e3).collect()
}
