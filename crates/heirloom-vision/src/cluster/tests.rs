use super::*;

/// A face of an ordinary size in a picture of its own.
fn face<'a>(
    picture: usize,
    vector: &'a [f32],
    group: Option<usize>,
    rejected: &'a [usize],
) -> Face<'a> {
    Face {
        vector,
        pixels: 60.0,
        picture,
        group,
        rejected,
    }
}

/// A face at a place on a line: people are 10 apart, their pictures within 0.3.
fn at(place: f32) -> Vec<f32> {
    vec![place, 0.0]
}

fn check(places: &[(f32, Option<usize>, &[usize])], is_said: &[bool], expected: &[usize]) {
    let vectors: Vec<Vec<f32>> = places.iter().map(|(place, ..)| at(*place)).collect();
    let faces: Vec<Face<'_>> = places
        .iter()
        .zip(&vectors)
        .enumerate()
        .map(|(picture, ((_, group, rejected), vector))| face(picture, vector, *group, rejected))
        .collect();
    let grouping = group(&faces, is_said, Settings::default());
    assert_eq!(grouping.groups, expected, "{places:?}");
}

#[test]
fn faces_near_each_other_are_one_person() {
    check(
        &[
            (0.0, None, &[]),
            (10.0, None, &[]),
            (0.3, None, &[]),
            (10.2, None, &[]),
        ],
        &[],
        &[0, 1, 0, 1],
    );
}

#[test]
fn a_face_between_two_groups_makes_them_one() {
    check(
        &[(0.0, None, &[]), (0.8, None, &[]), (0.4, None, &[])],
        &[],
        &[0, 0, 0],
    );
}

#[test]
fn named_people_are_never_merged_with_each_other() {
    check(
        &[(0.0, Some(0), &[]), (0.8, Some(1), &[]), (0.39, None, &[])],
        &[true, true],
        &[0, 1, 0],
    );
}

#[test]
fn an_unnamed_group_goes_into_the_named_one() {
    let vectors = [at(0.0), at(0.8), at(0.4)];
    let face = |place: usize, group| face(place, &vectors[place], group, &[]);
    let faces = [face(0, Some(0)), face(1, Some(1)), face(2, None)];
    let grouping = group(&faces, &[false, true], Settings::default());
    assert_eq!(grouping.groups, [1, 1, 1]);
    assert_eq!(grouping.merged, [(0, 1)]);
}

#[test]
fn what_a_person_denied_stays_apart() {
    // The second is said not to be the first, and the third does not bring them together.
    check(
        &[(0.0, Some(0), &[]), (0.1, None, &[0]), (0.05, None, &[])],
        &[true],
        &[0, 1, 0],
    );
}

#[test]
fn large_groups_do_not_chain() {
    let mut places: Vec<(f32, Option<usize>, &[usize])> = Vec::new();
    for at in [0.0, 0.05, 0.1, 0.9, 0.95, 1.0, 0.49] {
        places.push((at, None, &[]));
    }
    check(&places, &[], &[0, 0, 0, 1, 1, 1, 0]);
}

#[test]
fn arriving_one_by_one_is_grouping_afresh() {
    let places = [0.0f32, 10.0, 0.4, 9.8, 20.0, 0.2, 10.4];
    let vectors: Vec<Vec<f32>> = places.iter().map(|place| at(*place)).collect();
    let fresh: Vec<Face<'_>> = vectors
        .iter()
        .enumerate()
        .map(|(picture, vector)| face(picture, vector, None, &[]))
        .collect();
    let whole = group(&fresh, &[], Settings::default()).groups;
    let mut known: Vec<usize> = Vec::new();
    for count in 1..=vectors.len() {
        let faces: Vec<Face<'_>> = vectors[..count]
            .iter()
            .enumerate()
            .map(|(at, vector)| face(at, vector, known.get(at).copied(), &[]))
            .collect();
        let groups = known.iter().max().map_or(0, |most| most + 1);
        known = group(&faces, &vec![false; groups], Settings::default()).groups;
    }
    assert_eq!(known, whole);
}

#[test]
fn two_faces_in_one_picture_are_two_people() {
    let vectors = [at(0.0), at(0.35), at(0.1), at(10.0), at(10.1)];
    let faces: Vec<Face<'_>> = [0, 0, 1, 2, 2]
        .into_iter()
        .zip(&vectors)
        .map(|(picture, vector)| face(picture, vector, None, &[]))
        .collect();
    let grouping = group(&faces, &[], Settings::default());
    // The third is nearer to the first, and the last two are a mirror.
    assert_eq!(grouping.groups, [0, 1, 0, 2, 2]);
}

#[test]
fn models_have_distances_of_their_own() {
    let vectors = [at(0.0), at(0.95), at(2.2)];
    let faces: Vec<Face<'_>> = vectors
        .iter()
        .enumerate()
        .map(|(picture, vector)| face(picture, vector, None, &[]))
        .collect();
    let groups = |settings| group(&faces, &[], settings).groups;
    assert_eq!(groups(Settings::default()), [0, 1, 2]);
    assert_eq!(groups(Settings::ARC_FACE), [0, 0, 1]);
}

#[test]
fn size_decides_how_near_is_near() {
    let groups = |pixels: f32, places: &[f32]| {
        let vectors: Vec<Vec<f32>> = places.iter().map(|place| at(*place)).collect();
        let faces: Vec<Face<'_>> = vectors
            .iter()
            .enumerate()
            .map(|(picture, vector)| Face {
                pixels,
                ..face(picture, vector, None, &[])
            })
            .collect();
        group(&faces, &[], Settings::default()).groups
    };
    assert_eq!(groups(20.0, &[0.0, 0.45]), [0, 1]);
    assert_eq!(groups(60.0, &[0.0, 0.45]), [0, 0]);
    assert_eq!(groups(60.0, &[0.0, 0.55]), [0, 1]);
    assert_eq!(groups(120.0, &[0.0, 0.55]), [0, 0]);
    assert_eq!(groups(120.0, &[0.0, 0.65]), [0, 1]);
    // Somebody else is about as near.
    assert_eq!(groups(120.0, &[0.0, 1.13, 0.55]), [0, 1, 2]);
}

#[test]
fn distances_use_every_dimension() {
    let (mut a, b) = (vec![0.0; 19], vec![0.0; 19]);
    a[18] = 3.0;
    a[0] = 4.0;
    assert!((distance(&a, &b) - 5.0).abs() < 1e-6);
}
