use heirloom_media::renditions;
use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

const DIMENSIONS: usize = 1280;

/// As the starter pack's features: mostly small, never negative.
fn feature(rng: &mut StdRng) -> Vec<f32> {
    (0..DIMENSIONS)
        .map(|_| rng.random::<f32>().powi(6))
        .collect()
}

fn near(feature: &[f32], noise: f32, rng: &mut StdRng) -> Vec<f32> {
    feature
        .iter()
        .map(|value| (value + (rng.random::<f32>() - 0.5) * noise).max(0.0))
        .collect()
}

fn sieve_of(feature: &[f32], at: u128, is_compared: bool) -> Sieve {
    let id = AssetId(Uuid::from_u128(at));
    Sieve {
        asset_id: id,
        signature: look_of(id, feature).signature,
        is_compared,
        duplicate_id: None,
        duration_ms: None,
    }
}

#[test]
fn copies_pass_the_sieve_and_are_near() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut farthest = 0;
    for at in 0..200 {
        let original = feature(&mut rng);
        let copy = near(&original, 0.5, &mut rng);
        let (one, two) = (
            look_of(AssetId(Uuid::from_u128(at)), &original),
            look_of(AssetId(Uuid::from_u128(at)), &copy),
        );
        let difference = difference(&one.vector, &two.vector);
        assert!(difference < SAME, "{difference}");
        farthest = farthest.max(distance(words(&one.signature), words(&two.signature)));
    }
    assert!(farthest <= SIEVE, "{farthest}");
}

#[test]
fn each_pair_is_looked_at_once_and_old_pairs_never() {
    let mut rng = StdRng::seed_from_u64(2);
    let picture = feature(&mut rng);
    let all: Vec<Sieve> = [true, true, false, false]
        .into_iter()
        .enumerate()
        .map(|(at, is_compared)| sieve_of(&picture, at as u128, is_compared))
        .collect();
    assert_eq!(sieve(&all), [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
}

#[test]
fn a_photo_is_no_copy_of_a_video() {
    let mut rng = StdRng::seed_from_u64(3);
    let picture = feature(&mut rng);
    let mut video = sieve_of(&picture, 1, false);
    video.duration_ms = Some(5_000);
    let mut other = sieve_of(&picture, 2, false);
    other.duration_ms = Some(5_400);
    assert_eq!(
        sieve(&[sieve_of(&picture, 0, false), video, other]),
        [(1, 2)]
    );
}

#[test]
fn nothing_is_like_a_picture_without_features() {
    let nothing = look_of(AssetId(Uuid::nil()), &[0.0; DIMENSIONS]);
    assert!((difference(&nothing.vector, &nothing.vector) - 1.0).abs() < f32::EPSILON);
}

/// A picture that is light where `is_light` says so, by place in parts of the picture.
fn shaded(is_light: impl Fn(f64, f64) -> bool) -> Shading {
    const SIDE: u32 = 96;
    let pixels: Vec<u8> = (0..SIDE * SIDE)
        .flat_map(|at| {
            let (x, y) = (f64::from(at % SIDE), f64::from(at / SIDE));
            let side = f64::from(SIDE);
            [if is_light(x / side, y / side) {
                220
            } else {
                40
            }; 3]
        })
        .collect();
    let frame = Frame::new(Size::new(SIDE, SIDE), Layout::Rgb, pixels).unwrap();
    Shading::of_thumbnail(&renditions::render(&frame.into()).unwrap().thumbnail).unwrap()
}

/// Portraits of different people look more alike to the model than some copies do.
#[test]
fn things_of_one_kind_are_no_copies() {
    let portrait = shaded(|x, y| (x - 0.5).hypot(y - 0.4) < 0.25);
    let trimmed = shaded(|x, y| (x - 0.52).hypot(y - 0.38) < 0.27);
    let another = shaded(|x, y| (x - 0.3).hypot(y - 0.6) < 0.25);
    assert!(are_copies(0.28, Some(&portrait), Some(&trimmed)));
    assert!(!are_copies(0.1, Some(&portrait), Some(&another)));
    // Where light and dark say nothing, looks must be very near.
    let even = shaded(|_, _| true);
    assert!(are_copies(0.2, Some(&even), Some(&even)));
    assert!(!are_copies(0.28, Some(&even), Some(&portrait)));
    assert!(are_copies(0.2, None, Some(&portrait)));
}
