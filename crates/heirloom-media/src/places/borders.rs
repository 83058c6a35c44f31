//! Which country a position is in.

use std::sync::LazyLock;

use country_boundaries::{BOUNDARIES_ODBL_60X30, CountryBoundaries, LatLon};

use crate::facts::Position;

/// The smallest raster: look-ups are rare beside decoding, and it takes the least memory.
static BORDERS: LazyLock<CountryBoundaries> = LazyLock::new(|| {
    CountryBoundaries::from_reader(BOUNDARIES_ODBL_60X30).expect("the crate reads its own data")
});

/// The country's code (ISO 3166-1 alpha-2); `None` at sea.
pub(super) fn country_at(position: Position) -> Option<&'static str> {
    let point = LatLon::new(position.latitude, position.longitude).ok()?;
    // Parts of countries are named too: `US-TX`.
    let mut regions = BORDERS.ids(point).into_iter();
    regions.find(|region| region.len() == 2)
}
