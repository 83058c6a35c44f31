//! Pictures beneath a map, fetched from a tile server (OpenStreetMap's naming of tiles: Web Mercator, `{z}/{x}/{y}`) and kept
//! for a while, so that browsers ask nobody but this server where in the world their people's photos are.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use bytes::Bytes;
use moka::future::Cache;
use reqwest::{Client, StatusCode, Url, header};

/// How long a tile is taken for what its server would send.
pub(crate) const FRESH: Duration = Duration::from_hours(24);
/// How long a tile server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest tile, in bytes: a picture of 512 × 512 without loss has less.
const TILE_BYTES_MAX: usize = 2 << 20;
/// What a tile may be: pictures that cannot run anything.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/avif"];
/// The closest zoom any server has.
const ZOOM_MAX: u8 = 22;

/// Where tiles come from.
#[derive(Debug)]
pub struct Settings {
    /// An address with `{z}`, `{x}` and `{y}` in it.
    pub light: String,
    /// The same for dark pages.
    pub dark: String,
    pub attribution: String,
    pub max_zoom: u8,
    /// Bytes of tiles that are kept.
    pub memory: u64,
}

/// A tile server, and what it sent lately.
#[derive(Debug)]
pub struct TileServer {
    settings: Settings,
    client: Client,
    kept: Cache<TileId, Option<Tile>>,
}

/// Which picture.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct TileId {
    pub is_dark: bool,
    pub zoom: u8,
    pub x: u32,
    pub y: u32,
}

/// One picture.
#[derive(Clone, Debug)]
pub(crate) struct Tile {
    pub mime: &'static str,
    pub bytes: Bytes,
}

impl TileServer {
    /// # Errors
    /// If an address lacks one of its three places or cannot be fetched from.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        for address in [&settings.light, &settings.dark] {
            for place in ["{z}", "{x}", "{y}"] {
                ensure!(
                    address.contains(place),
                    "the address {address} lacks {place}"
                );
            }
            let url: Url = address
                .parse()
                .with_context(|| format!("{address} is no address"))?;
            ensure!(
                matches!(url.scheme(), "http" | "https"),
                "{address} begins with neither http nor https"
            );
        }
        ensure!(
            settings.max_zoom <= ZOOM_MAX,
            "max_zoom is {ZOOM_MAX} at most"
        );
        let client = Client::builder()
            .timeout(PATIENCE)
            // Tile servers want to know who asks.
            .user_agent(concat!("Heirloom/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let kept = Cache::builder()
            .max_capacity(settings.memory)
            .time_to_live(FRESH)
            .weigher(|_, tile: &Option<Tile>| {
                let bytes = tile.as_ref().map_or(0, |tile| tile.bytes.len());
                u32::try_from(bytes + 128).unwrap_or(u32::MAX)
            })
            .build();
        Ok(Self {
            settings,
            client,
            kept,
        })
    }

    pub(crate) fn attribution(&self) -> &str {
        &self.settings.attribution
    }

    pub(crate) fn max_zoom(&self) -> u8 {
        self.settings.max_zoom
    }

    /// Whether there can be such a tile.
    pub(crate) fn has(&self, tile: TileId) -> bool {
        let side = 1_u64 << tile.zoom.min(ZOOM_MAX);
        tile.zoom <= self.settings.max_zoom && u64::from(tile.x) < side && u64::from(tile.y) < side
    }

    /// The picture; None where the server has none. Many who want the same one wait for one answer.
    ///
    /// # Errors
    /// If the server does not answer, or not with a picture.
    pub(crate) async fn tile(&self, tile: TileId) -> Result<Option<Tile>, Arc<anyhow::Error>> {
        self.kept.try_get_with(tile, self.fetch(tile)).await
    }

    async fn fetch(&self, tile: TileId) -> anyhow::Result<Option<Tile>> {
        let mut answer = self.client.get(self.address(tile)).send().await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.error_for_status_ref()?;
        let said = answer.headers().get(header::CONTENT_TYPE);
        let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
        let mime = PICTURES.into_iter().find(|mime| said.starts_with(mime));
        let mime = mime.with_context(|| format!("the tile server sent {said:?}, no picture"))?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            bytes.extend_from_slice(&chunk);
            ensure!(bytes.len() <= TILE_BYTES_MAX, "a tile is too large");
        }
        let bytes = bytes.into();
        Ok(Some(Tile { mime, bytes }))
    }

    fn address(&self, tile: TileId) -> String {
        let Settings { light, dark, .. } = &self.settings;
        let address = if tile.is_dark { dark } else { light };
        address
            .replace("{z}", &tile.zoom.to_string())
            .replace("{x}", &tile.x.to_string())
            .replace("{y}", &tile.y.to_string())
    }
}
