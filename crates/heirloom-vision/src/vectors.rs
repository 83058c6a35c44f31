//! Arithmetic on vectors.

/// Makes the length one. Of a vector without direction nothing is changed.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > f32::MIN_POSITIVE {
        for value in vector {
            *value /= length;
        }
    }
}

/// `vector += weight * other`
pub(crate) fn add(vector: &mut [f32], other: &[f32], weight: f32) {
    for (value, other) in vector.iter_mut().zip(other) {
        *value += weight * other;
    }
}
