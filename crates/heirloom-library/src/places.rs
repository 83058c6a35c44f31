//! Where pictures were taken, in words.

pub use heirloom_media::places::{Place, Town};
use heirloom_media::{
    facts::Position,
    places::{self, place_at},
};
use heirloom_store::exif::Exif;
use heirloom_types::{caller::Caller, permission::Permission};

use crate::{Error, Library, Result, access::require};

/// Towns that one search lists.
const TOWNS_MAX: usize = 20;

impl Library {
    /// The names of a position: none far out at sea.
    pub fn place_at(
        &self,
        caller: &Caller,
        latitude: f64,
        longitude: f64,
    ) -> Result<Option<Place>> {
        require(caller, Permission::MapSearch)?;
        check_range("lat", latitude, 90.0)?;
        check_range("lon", longitude, 180.0)?;
        let place = place_at(Position {
            latitude,
            longitude,
        });
        Ok(Some(place).filter(|place| *place != Place::default()))
    }

    /// Towns whose name begins so.
    pub fn towns(&self, caller: &Caller, name: &str) -> Result<Vec<Town>> {
        require(caller, Permission::AssetRead)?;
        Ok(places::search(name, TOWNS_MAX))
    }
}

/// Writes a position and the names of its place into a row.
pub(crate) fn put_into(exif: &mut Exif, position: Option<Position>) {
    let place = position.map(place_at).unwrap_or_default();
    exif.latitude = position.map(|position| position.latitude);
    exif.longitude = position.map(|position| position.longitude);
    exif.city = place.city;
    exif.state = place.state;
    exif.country = place.country;
}

fn check_range(field: &'static str, degrees: f64, most: f64) -> Result<()> {
    if (-most..=most).contains(&degrees) {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format!("Invalid input: expected degrees from -{most} to {most}"),
    ))
}
