//! An index in a file: read back, it answers at once. A file that is not whole, of another version, or of another model
//! is refused; the index is then made anew from the database.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
};

use heirloom_types::ids::AssetId;
use uuid::Uuid;

use super::{
    Index, Marks, NOBODY, Place, Times,
    basis::{Basis, padded},
    code::Measure,
    plane::Plane,
    rotation::BLOCK,
};

/// Changes whenever codes, the rotation or the layout do.
const MAGIC: &[u8; 8] = b"HLVEC\0\0\x02";
/// Longer names and lengths than any model's are a sign of a broken file.
const NAME_MAX: u64 = 1_024;
const DIMENSIONS_MAX: u64 = 1 << 16;
/// Bytes of one row beside its codes, and of one asset.
const ROW: usize = 4 + 4 + 4 + 4 + 4 + 8 + 4;
const ASSET: usize = 16 + 8 + 8 + 1;

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The embedding space.
    pub model: String,
    /// Where the owner's change feed stood: what came later is not in the file.
    pub feed_seq: i64,
}

impl Index {
    /// Writes the index; afterwards the file is there as a whole or not at all.
    pub fn save(&self, path: &Path, header: &Header) -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let part = path.with_extension("part");
        let file = File::create(&part)?;
        let mut output = Hashed::new(BufWriter::with_capacity(1 << 20, file));
        self.write(&mut output, header)?;
        let digest = output.hasher.finalize();
        let mut buffered = output.inner;
        buffered.write_all(digest.as_bytes())?;
        buffered.into_inner()?.sync_all()?;
        std::fs::rename(&part, path)?;
        File::open(folder)?.sync_all()
    }

    /// Reads an index back; an error says why the file cannot be used.
    pub fn load(path: &Path) -> io::Result<(Self, Header)> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut input = Hashed::new(BufReader::with_capacity(1 << 20, file));
        let read = Self::read(&mut input, length)?;
        let digest = input.hasher.finalize();
        let mut found = [0; 32];
        input.inner.read_exact(&mut found)?;
        if digest != found {
            return Err(broken("its checksum does not match"));
        }
        Ok(read)
    }

    fn write(&self, output: &mut impl Write, header: &Header) -> io::Result<()> {
        output.write_all(MAGIC)?;
        output.write_all(&header.feed_seq.to_le_bytes())?;
        for number in [
            self.dimensions as u64,
            self.slots.len() as u64,
            self.assets.len() as u64,
            header.model.len() as u64,
            self.basis.lead() as u64,
            self.basis.turn().len() as u64,
        ] {
            output.write_all(&number.to_le_bytes())?;
        }
        output.write_all(&self.longest.to_le_bytes())?;
        output.write_all(header.model.as_bytes())?;
        for number in self.basis.turn() {
            output.write_all(&number.to_le_bytes())?;
        }
        for ((asset, times), marks) in self.assets.iter().zip(&self.times).zip(&self.marks) {
            output.write_all(asset.0.as_bytes())?;
            output.write_all(&times.taken.to_le_bytes())?;
            output.write_all(&times.local.to_le_bytes())?;
            output.write_all(&[*marks])?;
        }
        for row in 0..self.slots.len() {
            let measure = self.measures[row];
            for number in [
                measure.step,
                measure.coarse,
                measure.beyond,
                measure.lost,
                self.rest_steps[row],
            ] {
                output.write_all(&number.to_le_bytes())?;
            }
            output.write_all(&self.moments[row].to_le_bytes())?;
            output.write_all(&self.slots[row].to_le_bytes())?;
        }
        output.write_all(&self.high)?;
        output.write_all(&self.low)
    }

    fn read(input: &mut impl Read, length: u64) -> io::Result<(Self, Header)> {
        if &array::<8>(input)? != MAGIC {
            return Err(broken("it is of another version, or no index"));
        }
        let feed_seq = i64::from_le_bytes(array(input)?);
        let mut number = || array(input).map(u64::from_le_bytes);
        let (dimensions, rows, assets, name) = (number()?, number()?, number()?, number()?);
        let (lead, turn) = (number()?, number()?);
        let longest = f64::from_le_bytes(array(input)?);
        let plausible = dimensions <= DIMENSIONS_MAX
            && name <= NAME_MAX
            && rows <= length
            && assets <= rows
            && turn <= length
            && length == whole(dimensions, rows, assets, name, turn);
        if !plausible {
            return Err(broken("it is cut short or too long"));
        }
        let width = padded(dimensions as usize);
        let is_basis = lead as usize <= width
            && lead >= BLOCK as u64
            && (lead as usize).is_multiple_of(BLOCK)
            && (turn as usize == width * width || (turn == 0 && lead as usize == width));
        if !is_basis {
            return Err(broken("its basis is none"));
        }
        let model = String::from_utf8(bytes(input, name)?)
            .map_err(|_| broken("the name of its model is no text"))?;
        let basis = if turn == 0 {
            Basis::fixed(dimensions as usize)
        } else {
            let turn = (0..turn).map(|_| array(input).map(f32::from_le_bytes));
            Basis::learned(width, lead as usize, turn.collect::<io::Result<_>>()?)
        };
        let mut index = Self::with(dimensions as usize, basis);
        index.longest = longest;
        for _ in 0..assets {
            index.assets.push(AssetId(Uuid::from_bytes(array(input)?)));
            index.times.push(Times {
                taken: i64::from_le_bytes(array(input)?),
                local: i64::from_le_bytes(array(input)?),
            });
            let [marks] = array(input)?;
            if Marks::of(marks).is_none() {
                return Err(broken("an asset has a visibility that is unknown"));
            }
            index.marks.push(marks);
        }
        for _ in 0..rows {
            index.measures.push(Measure {
                step: f32::from_le_bytes(array(input)?),
                coarse: f32::from_le_bytes(array(input)?),
                beyond: f32::from_le_bytes(array(input)?),
                lost: f32::from_le_bytes(array(input)?),
            });
            index.rest_steps.push(f32::from_le_bytes(array(input)?));
            index.moments.push(i64::from_le_bytes(array(input)?));
            index.slots.push(u32::from_le_bytes(array(input)?));
        }
        let rows = rows as usize;
        index.high = Plane::read(input, rows * index.high_bytes())?;
        index.low = Plane::read(input, rows * index.low_bytes())?;
        index.find_places()?;
        Ok((index, Header { model, feed_seq }))
    }

    /// Where each asset's rows are, from the rows.
    fn find_places(&mut self) -> io::Result<()> {
        for (row, &slot) in self.slots.iter().enumerate() {
            if slot == NOBODY {
                self.dead += 1;
                continue;
            }
            let asset = *self
                .assets
                .get(slot as usize)
                .ok_or_else(|| broken("a row names no asset"))?;
            let row = row as u32;
            let place = self
                .places
                .entry(asset)
                .or_insert(Place { slot, row, rows: 0 });
            if place.slot != slot || place.row + place.rows != row {
                return Err(broken("an asset's rows are not together"));
            }
            place.rows += 1;
        }
        Ok(())
    }
}

fn whole(dimensions: u64, rows: u64, assets: u64, name: u64, turn: u64) -> u64 {
    let codes = padded(dimensions as usize) as u64;
    (MAGIC.len() as u64 + 8 * 8)
        + name
        + turn.saturating_mul(4)
        + assets * ASSET as u64
        + rows.saturating_mul(ROW as u64 + codes)
        + 32
}

fn array<const N: usize>(input: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn bytes(input: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count as usize];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Hashes what passes.
struct Hashed<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            hasher: blake3::Hasher::new(),
        }
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
