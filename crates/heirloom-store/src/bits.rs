//! Sixty-four things at once, as the bits of one word.

/// As one word, the first lowest.
#[inline]
pub(crate) fn word(are: [bool; 64]) -> u64 {
    /// Times eight bytes that are 0 or 1: moves them side by side into the highest byte.
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    let bytes = are.map(u8::from);
    let eights = bytes.as_chunks::<8>().0.iter().enumerate();
    eights.fold(0, |word, (at, bytes)| {
        let eight = u64::from_le_bytes(*bytes).wrapping_mul(SIDE_BY_SIDE) >> 56;
        word | eight << (8 * at)
    })
}

/// Where a word has ones, from the lowest.
pub(crate) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (at < u64::BITS).then_some(at as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truths_become_bits_and_places_again() {
        for places in [
            vec![],
            vec![0],
            vec![63],
            vec![1, 7, 8, 40],
            (0..64).collect(),
        ] {
            let mut are = [false; 64];
            for &at in &places {
                are[at] = true;
            }
            assert_eq!(ones(word(are)).collect::<Vec<_>>(), places);
        }
    }
}
