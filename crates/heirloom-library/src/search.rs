//! Finding assets by what is known of them.

pub(crate) mod columns;

use std::collections::{HashMap, HashSet};

pub use heirloom_store::search::{Arrange, Field, Filter, Marker, Span, Wanted};
use heirloom_store::{
    Tx,
    albums::{self, AlbumRole},
    assets::{Asset, Visibility},
    labels, partners, search, words,
};
use heirloom_types::{
    caller::{Caller, Scope},
    checksum::Sha1,
    ids::{AlbumId, AssetId, UserId},
    permission::Permission,
};

pub use self::columns::ColumnSettings;
use self::columns::Place;
use crate::{
    Error, Library, Result,
    access::{self, require},
    assets::{AssetDetails, details_of},
};

/// Assets of one page, at most.
pub const PAGE_MAX: u64 = 1_000;
/// Markers of one map, at most: no phone draws more.
const MARKERS_MAX: u64 = 200_000;
/// From how many places of a library random assets come.
const RANDOM_PLACES: usize = 8;
/// How sure a label must be to be shown: nine of ten are right.
const THING_LEAST: f64 = 0.3;
const THINGS_MAX: i64 = 12;

/// Whose pictures are wanted besides the caller's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Others {
    pub partners: bool,
    /// Of everybody in the caller's albums.
    pub albums: bool,
}

/// One page of what was found.
#[derive(Debug)]
pub struct Found {
    pub assets: Vec<AssetDetails>,
    /// The page after this one, if there is more.
    pub next_page: Option<u64>,
}

impl Library {
    /// Page `page` (from 1) of what matches, `size` assets each.
    pub async fn search(
        &self,
        caller: &Caller,
        mut filter: Filter,
        arrange: Arrange,
        page: u64,
        size: u64,
    ) -> Result<Found> {
        require(caller, Permission::AssetRead)?;
        let size = size.clamp(1, PAGE_MAX);
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        let offset = (page.max(1) - 1).saturating_mul(size);
        // One more than asked for tells whether there is more.
        let end = offset.saturating_add(size + 1);
        let known = self
            .columns
            .first(&self.db, &mut tx, &filter, arrange, end as usize)
            .await?;
        let mut found = match known {
            Some(known) => at(&mut tx, known.get(offset as usize..).unwrap_or_default()).await?,
            None => search::page(&mut tx, &filter, arrange, offset, size + 1).await?,
        };
        let has_more = found.len() as u64 > size;
        found.truncate(size as usize);
        Ok(Found {
            assets: details_of(&mut tx, caller.reader(), found).await?,
            next_page: has_more.then_some(page.max(1) + 1),
        })
    }

    /// Random assets that match, at most `size`.
    pub async fn random(
        &self,
        caller: &Caller,
        mut filter: Filter,
        size: u64,
    ) -> Result<Vec<AssetDetails>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        let places = self.random_places();
        let size = size.clamp(1, PAGE_MAX);
        let mut found = search::random(&mut tx, &filter, &places, size).await?;
        self.shuffle(&mut found);
        details_of(&mut tx, caller.reader(), found).await
    }

    /// How many assets match.
    pub async fn count_matches(&self, caller: &Caller, mut filter: Filter) -> Result<i64> {
        require(caller, Permission::AssetStatistics)?;
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        Ok(search::count(&mut tx, &filter).await?)
    }

    /// The values a field has among what matches, sorted as people sort.
    pub async fn suggestions(
        &self,
        caller: &Caller,
        mut filter: Filter,
        field: Field,
    ) -> Result<Vec<String>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        let mut values: Vec<String> = search::values(&mut tx, &filter, field)
            .await?
            .into_iter()
            .flatten()
            .collect();
        values.sort_by_cached_key(|value| sort_key(value));
        Ok(values)
    }

    /// Every city with its newest picture, the most photographed first.
    pub async fn cities(&self, caller: &Caller) -> Result<Vec<(String, AssetDetails)>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let owners = owners(&mut tx, caller).await?;
        let cities = search::cities(&mut tx, &owners).await?;
        let mut found = Vec::with_capacity(cities.len());
        for (city, id) in cities {
            let asset = access::asset(&mut tx, caller, id, Permission::AssetRead).await?;
            found.push((
                city,
                crate::assets::details(&mut tx, caller.reader(), asset).await?,
            ));
        }
        Ok(found)
    }

    /// What the caller's own pictures show, each with its surest picture, the most photographed first.
    pub async fn things(&self, caller: &Caller) -> Result<Vec<(String, AssetDetails)>> {
        require(caller, Permission::AssetRead)?;
        let mut tx = self.db.read().await?;
        let things = labels::things(&mut tx, caller.user, THING_LEAST, THINGS_MAX).await?;
        let ids: Vec<AssetId> = things.iter().map(|(_, id)| *id).collect();
        let mut covers: HashMap<AssetId, AssetDetails> = details_in_order(&mut tx, caller, &ids)
            .await?
            .into_iter()
            .map(|details| (details.asset.id, details))
            .collect();
        Ok(things
            .into_iter()
            .filter_map(|(name, id)| Some((name, covers.remove(&id)?)))
            .collect())
    }

    /// Where the caller's pictures were taken, and those of others as far as they are wanted.
    pub async fn map_markers(
        &self,
        caller: &Caller,
        mut filter: Filter,
        others: Others,
    ) -> Result<Vec<Marker>> {
        require(caller, Permission::MapRead)?;
        let mut tx = self.db.read().await?;
        bound(&mut tx, caller, &mut filter).await?;
        if !others.partners {
            filter.owners = vec![caller.user];
        }
        let mut markers = search::markers(&mut tx, &filter, MARKERS_MAX).await?;
        if others.albums {
            let albums = albums::list_of_user(&mut tx, caller.user).await?;
            filter.albums = albums.into_iter().map(|album| album.id).collect();
            filter.owners.clear();
            let seen: HashSet<AssetId> = markers.iter().map(|marker| marker.id).collect();
            let shared = search::markers(&mut tx, &filter, MARKERS_MAX).await?;
            markers.extend(shared.into_iter().filter(|new| !seen.contains(&new.id)));
        }
        Ok(markers)
    }

    /// Where the pictures of an album were taken, for those who may know more than they show.
    pub async fn album_markers(&self, caller: &Caller, album: AlbumId) -> Result<Vec<Marker>> {
        let needed = Permission::AlbumRead;
        require(caller, needed)?;
        let mut tx = self.db.read().await?;
        access::album(&mut tx, caller, album, AlbumRole::Viewer, needed).await?;
        if !access::sees_metadata(&mut tx, caller).await? {
            return Ok(Vec::new());
        }
        let filter = Filter {
            albums: vec![album],
            ..Filter::default()
        };
        Ok(search::markers(&mut tx, &filter, MARKERS_MAX).await?)
    }

    /// The folders in which the caller's originals lie.
    pub async fn folders(&self, caller: &Caller) -> Result<Vec<String>> {
        require(caller, Permission::FolderRead)?;
        let mut folders: Vec<String> = search::folders(&mut self.db.read().await?, caller.user)
            .await?
            .into_iter()
            .map(|folder| folder.trim_end_matches('/').to_owned())
            .collect();
        folders.sort_unstable();
        Ok(folders)
    }

    /// The assets in one folder itself.
    pub async fn folder(&self, caller: &Caller, folder: &str) -> Result<Vec<AssetDetails>> {
        require(caller, Permission::FolderRead)?;
        let mut tx = self.db.read().await?;
        let ids = search::in_folder(&mut tx, caller.user, folder).await?;
        details_in_order(&mut tx, caller, &ids).await
    }
}

impl Library {
    fn random_places(&self) -> [Sha1; RANDOM_PLACES] {
        std::array::from_fn(|_| Sha1(self.random_bytes()))
    }
}

/// The assets that lie there, in this order.
async fn at(tx: &mut Tx, places: &[Place]) -> Result<Vec<Asset>> {
    let mut found: HashMap<AssetId, Asset> = HashMap::new();
    for (owner, ids) in columns::by_owner(places) {
        let assets = heirloom_store::assets::list(tx, Scope::of_owner(owner), &ids).await?;
        found.extend(assets.into_iter().map(|asset| (asset.id, asset)));
    }
    let in_order = places.iter().filter_map(|((_, id), _)| found.remove(id));
    Ok(in_order.collect())
}

/// Details of the caller's own assets in the order of `ids`.
pub(crate) async fn details_in_order(
    tx: &mut Tx,
    caller: &Caller,
    ids: &[AssetId],
) -> Result<Vec<AssetDetails>> {
    let mut found = heirloom_store::assets::list(tx, caller.scope(), ids).await?;
    let places: HashMap<_, _> = ids
        .iter()
        .enumerate()
        .map(|(place, id)| (*id, place))
        .collect();
    found.sort_by_key(|asset| places.get(&asset.id).copied());
    details_of(tx, caller.reader(), found).await
}

/// Keeps a filter to what the caller may see: albums they are in, else their own library and of their partners' what those
/// show and they want in their timeline.
pub(crate) async fn bound(tx: &mut Tx, caller: &Caller, filter: &mut Filter) -> Result<()> {
    filter.reader = Some(caller.user);
    filter.is_locked_shut = filter.visibility == Some(Visibility::Hidden) && !caller.sees_locked();
    if filter.visibility == Some(Visibility::Locked) {
        if !caller.sees_locked() {
            return Err(Error::Unauthenticated("Elevated permission is required"));
        }
        filter.owners = vec![caller.user];
        return Ok(());
    }
    for album in &filter.albums {
        let needed = Permission::AlbumRead;
        access::album(tx, caller, *album, AlbumRole::Viewer, needed).await?;
    }
    filter.owners = if filter.albums.is_empty() {
        match filter.visibility {
            None | Some(Visibility::Timeline) => owners(tx, caller).await?,
            _ => vec![caller.user],
        }
    } else {
        Vec::new()
    };
    Ok(())
}

/// The caller, and partners whose pictures they want among their own.
async fn owners(tx: &mut Tx, caller: &Caller) -> Result<Vec<UserId>> {
    let partners = partners::list_with(tx, caller.user).await?;
    Ok(partners
        .into_iter()
        .filter(|partner| partner.in_timeline)
        .map(|partner| partner.shared_by_id)
        .chain([caller.user])
        .collect())
}

/// As a person would sort: case, accents and punctuation do not count.
fn sort_key(text: &str) -> String {
    words::fold(text)
        .chars()
        .filter(|letter| letter.is_alphanumeric() || letter.is_whitespace())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_case_and_accents_do_not_count_in_the_order() {
        let mut names = [
            "St.-Petersburg",
            "State of Berlin",
            "Zürich",
            "aachen",
            "Zug",
            "Århus",
        ];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(
            names,
            [
                "aachen",
                "Århus",
                "State of Berlin",
                "St.-Petersburg",
                "Zug",
                "Zürich"
            ]
        );
    }
}
