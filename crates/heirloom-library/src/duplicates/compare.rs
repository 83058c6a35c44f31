//! Which pictures are copies of which: a signature of 256 bits sieves, the whole look is compared, and at last where the
//! pictures are light and dark.

use std::{collections::HashMap, sync::Arc};

use heirloom_media::shading::Shading;
use heirloom_store::{
    Tx,
    blobs::{self, BlobPath},
    looks::{self, Look, Sieve},
};
use heirloom_types::ids::{AssetId, UserId};
use uuid::Uuid;

use crate::{Library, Result};

/// Pictures whose looks are further apart (1 - cosine) are no copies. Of the starter pack's feature: 95 % of copies that were
/// scaled or recompressed lie below 0.14, and so do portraits of different people.
const NEAR: f32 = 0.3;
/// The same for pictures that are too even to be told by where they are light and dark. No two different pictures of the
/// reference set lie below 0.249 but portraits.
const SAME: f32 = 0.23;
/// Copies are shaded alike: 0.907 at least in the reference sets, different pictures whose looks are near 0.68 at most.
const ALIKE: f32 = 0.85;
/// Bits that differ, of 256, beyond which no copies lie.
const SIEVE: u32 = 92;
/// Lengths of copies of a video differ by less.
const SAME_MS: i64 = 1_000;
const BITS: usize = 256;
/// Shadings in memory: some megabytes.
const SHADINGS_MAX: usize = 1_000;

/// Two pictures, by their places among the sieves.
pub(super) type Pair = (usize, usize);
type Shadings = HashMap<AssetId, Option<Arc<Shading>>>;

/// The look of an asset as it is kept.
pub(crate) fn look_of(asset: AssetId, feature: &[f32]) -> Look {
    let largest = feature
        .iter()
        .fold(0.0f32, |most, value| most.max(value.abs()));
    let scale = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    Look {
        asset_id: asset,
        signature: signature(feature),
        vector: feature
            .iter()
            .map(|value| ((value * scale).round() as i8).cast_unsigned())
            .collect(),
    }
}

/// On which side of 256 random planes the feature lies (Charikar 2002, "Similarity estimation techniques from rounding
/// algorithms"); its mean is taken out, because all features lie in one corner.
fn signature(feature: &[f32]) -> Vec<u8> {
    let mean = feature.iter().sum::<f32>() / feature.len().max(1) as f32;
    let mut sums = [0.0f32; BITS];
    // A fixed sequence (xorshift64*): signatures of all times must compare.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for value in feature {
        let value = value - mean;
        for word in sums.chunks_exact_mut(64) {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let signs = state.wrapping_mul(0x2545_F491_4F6C_DD1D);
            for (bit, sum) in word.iter_mut().enumerate() {
                *sum += if signs >> bit & 1 == 1 { value } else { -value };
            }
        }
    }
    sums.chunks_exact(8)
        .map(|bits| {
            bits.iter()
                .enumerate()
                .fold(0, |byte, (bit, sum)| byte | (u8::from(*sum > 0.0) << bit))
        })
        .collect()
}

/// Pairs of which at least one is new and that may be copies.
fn sieve(all: &[Sieve]) -> Vec<Pair> {
    let words: Vec<[u64; BITS / 64]> = all.iter().map(|one| words(&one.signature)).collect();
    let mut pairs = Vec::new();
    for (new, one) in all.iter().enumerate().filter(|(_, one)| !one.is_compared) {
        for (other, two) in all.iter().enumerate() {
            let is_first_time = other < new || (other > new && two.is_compared);
            if is_first_time
                && are_comparable(one, two)
                && distance(words[new], words[other]) <= SIEVE
            {
                pairs.push((new.min(other), new.max(other)));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

fn are_comparable(one: &Sieve, two: &Sieve) -> bool {
    match (one.duration_ms, two.duration_ms) {
        (None, None) => true,
        (Some(one), Some(two)) => one.abs_diff(two) < SAME_MS.unsigned_abs(),
        _ => false,
    }
}

fn words(signature: &[u8]) -> [u64; BITS / 64] {
    let mut words = [0; BITS / 64];
    for (word, bytes) in words.iter_mut().zip(signature.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

fn distance(one: [u64; BITS / 64], two: [u64; BITS / 64]) -> u32 {
    one.iter()
        .zip(two)
        .map(|(one, two)| (one ^ two).count_ones())
        .sum()
}

/// Those pairs whose looks really are near, with how near.
async fn near(
    tx: &mut Tx,
    owner: UserId,
    sieves: &[Sieve],
    sieved: &[Pair],
) -> Result<Vec<(Pair, f32)>> {
    const PAIRS: usize = 500;
    let mut near = Vec::new();
    for chunk in sieved.chunks(PAIRS) {
        let mut ids: Vec<Uuid> = chunk
            .iter()
            .flat_map(|(one, two)| [sieves[*one].asset_id.0, sieves[*two].asset_id.0])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let looks: HashMap<AssetId, Look> = looks::list(tx, owner, &ids)
            .await?
            .into_iter()
            .map(|look| (look.asset_id, look))
            .collect();
        for &(a, b) in chunk {
            let look = |at: usize| looks.get(&sieves[at].asset_id);
            if let (Some(one), Some(two)) = (look(a), look(b)) {
                let difference = difference(&one.vector, &two.vector);
                if difference <= NEAR {
                    near.push(((a, b), difference));
                }
            }
        }
    }
    Ok(near)
}

impl Library {
    /// Pairs of copies of which at least one is new.
    pub(super) async fn copies(
        &self,
        owner: UserId,
        sieves: &Arc<Vec<Sieve>>,
    ) -> Result<Vec<Pair>> {
        let shared = Arc::clone(sieves);
        let pairs = tokio::task::spawn_blocking(move || sieve(&shared))
            .await
            .map_err(anyhow::Error::from)?;
        let mut tx = self.db.read().await?;
        let near = near(&mut tx, owner, sieves, &pairs).await?;
        drop(tx);
        let mut copies = Vec::new();
        let mut shadings = Shadings::default();
        for ((one, two), difference) in near {
            let (a, b) = (sieves[one].asset_id, sieves[two].asset_id);
            let (a, b) = (
                self.shading(&mut shadings, owner, a).await?,
                self.shading(&mut shadings, owner, b).await?,
            );
            let compare = move || are_copies(difference, a.as_deref(), b.as_deref());
            let are_copies = tokio::task::spawn_blocking(compare).await;
            if are_copies.map_err(anyhow::Error::from)? {
                copies.push((one, two));
            }
        }
        Ok(copies)
    }

    /// How a picture is shaded; none if it has no thumbnail.
    async fn shading(
        &self,
        known: &mut Shadings,
        owner: UserId,
        asset: AssetId,
    ) -> Result<Option<Arc<Shading>>> {
        if let Some(shading) = known.get(&asset) {
            return Ok(shading.clone());
        }
        let path = BlobPath::rendition(owner, asset, "thumbnail", "webp");
        let shading = match self.blobs.read(&path).await {
            Ok(thumbnail) => {
                let read = tokio::task::spawn_blocking(move || Shading::of_thumbnail(&thumbnail));
                read.await.map_err(anyhow::Error::from)?.ok().map(Arc::new)
            }
            Err(blobs::Error::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        if known.len() >= SHADINGS_MAX {
            known.clear();
        }
        known.insert(asset, shading.clone());
        Ok(shading)
    }
}

/// Things of one kind look alike, so looks do not decide alone: copies are light and dark in the same places.
fn are_copies(difference: f32, one: Option<&Shading>, two: Option<&Shading>) -> bool {
    one.and_then(|one| one.is_like(two?, ALIKE))
        .unwrap_or(difference <= SAME)
}

/// 1 - cosine.
fn difference(one: &[u8], two: &[u8]) -> f32 {
    let (mut dot, mut first, mut second) = (0i64, 0i64, 0i64);
    for (one, two) in one.iter().zip(two) {
        let (one, two) = (i64::from(one.cast_signed()), i64::from(two.cast_signed()));
        dot += one * two;
        first += one * one;
        second += two * two;
    }
    if first == 0 || second == 0 {
        return 1.0;
    }
    1.0 - (dot as f64 / ((first as f64).sqrt() * (second as f64).sqrt())) as f32
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
