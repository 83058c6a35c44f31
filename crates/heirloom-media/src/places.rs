//! From a position to the names of its place and its time zone, and from a name to positions. Needs no network: the data
//! are part of the program (`data/README.md`).

mod atlas;
mod borders;
mod fold;
mod zones;

use std::cmp::Reverse;

use atlas::{Atlas, Entry};
pub use fold::folded;
pub use zones::{local_of, offset_of, zone_at};

use crate::facts::Position;

/// A point beyond the edge of every town by more than this is in the country, not in a town.
const REACH_KM: f64 = 25.0;
/// People to the square kilometre of a town: makes a radius of a population.
const DENSITY: f64 = 4000.0;
const KM_PER_DEGREE: f64 = 111.2;

/// Where a position is, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub city: Option<String>,
    /// State, province, or what else a country's parts are called.
    pub state: Option<String>,
    /// Its English short name of ISO 3166.
    pub country: Option<String>,
}

/// A town that was looked for by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Town {
    pub name: String,
    pub state: Option<String>,
    pub country: String,
    pub position: Position,
}

/// The place that a position belongs to. A large town reaches further than a small one; no town of another country is
/// taken. Far from any town there is only a country, and far out at sea nothing.
pub fn place_at(position: Position) -> Place {
    let atlas = Atlas::get();
    let country = borders::country_at(position);
    let nearest = atlas
        .around(position, REACH_KM + atlas.largest_radius())
        .filter(|town| country.is_none_or(|country| atlas.country_code(town) == country))
        .filter_map(|town| {
            let far = distance(position, town.position());
            let radius = radius(town.population());
            (far - radius <= REACH_KM).then(|| (far / (1.0 + radius), town))
        })
        .min_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((_, town)) => Place {
            city: Some(atlas.text(town.name).to_owned()),
            state: atlas.state(&town).map(str::to_owned),
            country: Some(atlas.country(&town).to_owned()),
        },
        None => Place {
            country: country.map(|code| atlas.country_of_code(code).unwrap_or(code).to_owned()),
            ..Place::default()
        },
    }
}

/// Towns whose name begins so, in any spelling and in the languages their larger neighbours use for them: those called
/// exactly so first, then the largest.
pub fn search(name: &str, most: usize) -> Vec<Town> {
    let atlas = Atlas::get();
    let wanted = folded(name);
    if wanted.is_empty() {
        return Vec::new();
    }
    // The best rank of each town, which may go by several names.
    let mut found: Vec<(bool, u16, Entry)> = Vec::new();
    for (key, town) in atlas.named(&wanted) {
        found.push((key == wanted, town.weight, town));
    }
    found.sort_by_key(|(is_exact, weight, town)| Reverse((*is_exact, *weight, town.index)));
    let mut seen = std::collections::HashSet::new();
    found
        .into_iter()
        .filter(|(.., town)| seen.insert(town.index))
        .take(most)
        .map(|(.., town)| Town {
            name: atlas.text(town.name).to_owned(),
            state: atlas.state(&town).map(str::to_owned),
            country: atlas.country(&town).to_owned(),
            position: town.position(),
        })
        .collect()
}

/// How far a town of that many people reaches, in kilometres.
fn radius(population: f64) -> f64 {
    (population / (std::f64::consts::PI * DENSITY)).sqrt()
}

/// Kilometres between two points (haversine).
fn distance(one: Position, other: Position) -> f64 {
    let (north, east) = (
        (other.latitude - one.latitude).to_radians(),
        (other.longitude - one.longitude).to_radians(),
    );
    let cosines = one.latitude.to_radians().cos() * other.latitude.to_radians().cos();
    let half = (north / 2.0).sin().powi(2) + cosines * (east / 2.0).sin().powi(2);
    2.0 * half.sqrt().min(1.0).asin().to_degrees() * KM_PER_DEGREE
}

#[cfg(test)]
mod tests;
