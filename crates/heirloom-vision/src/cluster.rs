//! Faces to people: a pure function over descriptors.
//!
//! Faces are taken one after the other. A face joins the group of its nearest neighbour (exact, all faces are compared),
//! or the group whose centre it lies near; otherwise it begins one. A face that stands between two groups makes them one,
//! unless a person has said who both are. Small faces tell people apart badly, so they must be nearer; large ones may be
//! further when nobody else is as near. Two faces in one picture are two people, unless they are all but the same. Taking the faces in the same order gives the same groups, so grouping afresh
//! and grouping as photos arrive are one algorithm.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

/// Distances between descriptors (Euclidean). The defaults are measured for the starter pack's descriptor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Two faces nearer than this are one person's.
    pub link: f32,
    /// As `link`, when one of them is smaller than [`SMALL`].
    pub link_small: f32,
    /// As `link`, when both are at least [`LARGE`] and everybody else is further from both by `margin`.
    pub link_alone: f32,
    pub margin: f32,
    /// A face nearer than this to the centre of a group of [`CENTRED`] or more belongs to it.
    pub centre: f32,
    /// Two groups of [`CENTRED`] or more whose centres are nearer than this may become one.
    pub merge: f32,
    /// Faces in one picture that are nearer are one: a mirror, a collage.
    pub same_picture: f32,
}

impl Settings {
    /// For vectors of ArcFace's models (Deng et al. 2019), which have length one. `link` is the cosine distance of 0.5 that
    /// Immich's servers start with, which of vectors of length one is the Euclidean distance 1.0. The others keep the
    /// relation to it that was measured for the starter pack; for these models they are not measured.
    pub const ARC_FACE: Self = Self {
        link: 1.0,
        link_small: 0.8,
        link_alone: 1.18,
        margin: 0.12,
        centre: 0.88,
        merge: 0.80,
        same_picture: 0.6,
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            link: 0.5,
            link_small: 0.4,
            link_alone: 0.59,
            margin: 0.06,
            centre: 0.44,
            merge: 0.40,
            same_picture: 0.3,
        }
    }
}

/// Faces from which on a group's centre says more than its single faces.
const CENTRED: usize = 3;
/// Sizes of faces, in pixels.
const SMALL: f32 = 48.0;
const LARGE: f32 = 80.0;

/// One face, and what is known of it.
#[derive(Clone, Debug)]
pub struct Face<'a> {
    pub vector: &'a [f32],
    /// Its longer side, in pixels.
    pub pixels: f32,
    /// Any number that stands for the picture it is in.
    pub picture: usize,
    /// The group it is in already; it stays there unless its group is merged.
    pub group: Option<usize>,
    /// Groups that a person said it does not belong to.
    pub rejected: &'a [usize],
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The group of every face, in the order of the faces. Groups from `known` on are new.
    pub groups: Vec<usize>,
    /// Groups that are no more, and those that took their faces.
    pub merged: Vec<(usize, usize)>,
}

/// Puts every face into a group. `is_said[g]` tells of each known group whether a person has said who it is: such a group
/// is never merged into another, nor with another such group.
pub fn group(faces: &[Face<'_>], is_said: &[bool], settings: Settings) -> Grouping {
    let mut state = State::new(faces, is_said, settings);
    for (index, face) in faces.iter().enumerate() {
        if face.group.is_none() {
            state.place(index);
        }
    }
    state.finish(is_said.len())
}

struct State<'a> {
    faces: &'a [Face<'a>],
    settings: Settings,
    /// The group of each face, before merges are followed.
    group_of: Vec<Option<usize>>,
    groups: Vec<Group>,
}

#[derive(Clone, Default)]
struct Group {
    sum: Vec<f32>,
    count: usize,
    is_said: bool,
    pictures: HashSet<usize>,
    /// Groups that one of its faces was said not to belong to.
    rejected: HashSet<usize>,
    merged_into: Option<usize>,
}

impl<'a> State<'a> {
    fn new(faces: &'a [Face<'a>], is_said: &[bool], settings: Settings) -> Self {
        let groups = is_said
            .iter()
            .map(|&is_said| Group {
                is_said,
                ..Group::default()
            })
            .collect();
        let mut state = Self {
            faces,
            settings,
            group_of: vec![None; faces.len()],
            groups,
        };
        for (at, face) in faces.iter().enumerate() {
            if let Some(group) = face.group {
                state.join(at, group);
            }
        }
        state
    }

    fn place(&mut self, face: usize) {
        let near = self.near(face);
        let home = near.first().map(|(_, group)| *group);
        let Some(home) = home.or_else(|| self.alone_with(face)) else {
            self.groups.push(Group::default());
            self.join(face, self.groups.len() - 1);
            return;
        };
        self.join(face, home);
        let mut home = home;
        for (_, other) in near.into_iter().skip(1) {
            let other = self.root(other);
            if other != home && self.may_merge(home, other) {
                home = self.merge(home, other);
            }
        }
    }

    /// The groups a face may belong to, nearest first.
    fn near(&self, face: usize) -> Vec<(f32, usize)> {
        let subject = &self.faces[face];
        let mut best = vec![f32::INFINITY; self.groups.len()];
        for (other, group) in self.group_of.iter().enumerate() {
            let Some(group) = group else { continue };
            let other = &self.faces[other];
            let distance = distance(subject.vector, other.vector);
            if distance <= self.reach(subject.pixels.min(other.pixels)) {
                let root = self.root(*group);
                best[root] = best[root].min(distance);
            }
        }
        for (at, group) in self.groups.iter().enumerate() {
            if group.merged_into.is_none() && group.count >= CENTRED {
                let from_centre = distance(subject.vector, &group.centre());
                if from_centre <= self.settings.centre.min(self.reach(subject.pixels)) {
                    best[at] = best[at].min(from_centre);
                }
            }
        }
        let rejected: HashSet<usize> = subject
            .rejected
            .iter()
            .map(|group| self.root(*group))
            .collect();
        let mut near: Vec<(f32, usize)> = best
            .into_iter()
            .enumerate()
            .filter(|(group, distance)| {
                let is_there = self.groups[*group].pictures.contains(&subject.picture);
                distance.is_finite()
                    && !rejected.contains(group)
                    && (!is_there || *distance <= self.settings.same_picture)
            })
            .map(|(group, distance)| (distance, group))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near
    }

    /// How far a face of this size may be from another of the same person.
    fn reach(&self, pixels: f32) -> f32 {
        if pixels < SMALL {
            self.settings.link_small
        } else {
            self.settings.link
        }
    }

    /// The group of a large face that is nobody's yet, if one other large face is far nearer than all others, and so from
    /// its side.
    fn alone_with(&self, face: usize) -> Option<usize> {
        let subject = &self.faces[face];
        let (nearest, gap) = self.nearest(face, None)?;
        let other = &self.faces[nearest];
        let home = self.root(self.group_of[nearest]?);
        let group = &self.groups[home];
        let apart = gap + self.settings.margin;
        let is_next = |from: usize| {
            self.nearest(from, Some(home))
                .is_none_or(|(_, distance)| distance >= apart)
        };
        let is_free = !group.pictures.contains(&subject.picture)
            && !subject
                .rejected
                .iter()
                .any(|rejected| self.root(*rejected) == home);
        (gap <= self.settings.link_alone
            && subject.pixels.min(other.pixels) >= LARGE
            && group.count < CENTRED
            && is_free
            && is_next(face)
            && is_next(nearest))
        .then_some(home)
    }

    /// The nearest face that is in a group, but not in this one.
    fn nearest(&self, face: usize, but: Option<usize>) -> Option<(usize, f32)> {
        let vector = self.faces[face].vector;
        let others = self.group_of.iter().enumerate();
        let others = others.filter_map(|(other, group)| {
            let group = self.root((*group)?);
            (other != face && Some(group) != but).then_some(other)
        });
        others
            .map(|other| (other, distance(vector, self.faces[other].vector)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn join(&mut self, face: usize, group: usize) {
        self.group_of[face] = Some(group);
        let subject = &self.faces[face];
        let group = &mut self.groups[group];
        if group.sum.is_empty() {
            group.sum = vec![0.0; subject.vector.len()];
        }
        for (sum, value) in group.sum.iter_mut().zip(subject.vector) {
            *sum += value;
        }
        group.count += 1;
        group.pictures.insert(subject.picture);
        group.rejected.extend(subject.rejected);
    }

    fn may_merge(&self, a: usize, b: usize) -> bool {
        let (first, second) = (&self.groups[a], &self.groups[b]);
        let is_rejected = |group: &Group, other: usize| {
            group
                .rejected
                .iter()
                .any(|rejected| self.root(*rejected) == other)
        };
        let together = !first.pictures.is_disjoint(&second.pictures);
        let is_denied = is_rejected(first, b) || is_rejected(second, a);
        if (first.is_said && second.is_said) || is_denied || together {
            return false;
        }
        first.count.min(second.count) < CENTRED
            || distance(&first.centre(), &second.centre()) <= self.settings.merge
    }

    /// The one a person named keeps its place, then the older.
    fn merge(&mut self, a: usize, b: usize) -> usize {
        let (keep, gone) = match (self.groups[a].is_said, self.groups[b].is_said) {
            (true, _) => (a, b),
            (_, true) => (b, a),
            _ => (a.min(b), a.max(b)),
        };
        let taken = std::mem::take(&mut self.groups[gone]);
        self.groups[gone].merged_into = Some(keep);
        let kept = &mut self.groups[keep];
        for (sum, value) in kept.sum.iter_mut().zip(&taken.sum) {
            *sum += value;
        }
        kept.count += taken.count;
        kept.pictures.extend(taken.pictures);
        kept.rejected.extend(taken.rejected);
        keep
    }

    fn root(&self, mut group: usize) -> usize {
        while let Some(into) = self.groups[group].merged_into {
            group = into;
        }
        group
    }

    fn finish(self, known: usize) -> Grouping {
        let mut names: Vec<Option<usize>> = (0..self.groups.len())
            .map(|at| (at < known).then_some(at))
            .collect();
        let mut next = known;
        let mut groups = Vec::with_capacity(self.faces.len());
        for group in self.group_of.iter().flatten() {
            let root = self.root(*group);
            groups.push(*names[root].get_or_insert_with(|| {
                next += 1;
                next - 1
            }));
        }
        let merged = (0..known)
            .filter(|group| self.groups[*group].merged_into.is_some())
            .filter_map(|group| Some((group, names[self.root(group)]?)))
            .collect();
        Grouping { groups, merged }
    }
}

impl Group {
    fn centre(&self) -> Vec<f32> {
        let count = self.count.max(1) as f32;
        self.sum.iter().map(|sum| sum / count).collect()
    }
}

/// Euclidean, over the dimensions both have.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    /// Independent sums that the compiler keeps in one vector register.
    const LANES: usize = 8;
    let mut sums = [0.0f32; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        for lane in 0..LANES {
            let difference = a[lane] - b[lane];
            sums[lane] += difference * difference;
        }
    }
    let rest: f32 = a_rest
        .iter()
        .zip(b_rest)
        .map(|(a, b)| (a - b) * (a - b))
        .sum();
    (sums.iter().sum::<f32>() + rest).sqrt()
}
