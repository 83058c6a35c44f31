//! A phone that keeps a copy of the library in SQLite, with the foreign keys and unique indexes that real ones have: a
//! line of the stream that does not fit fails the test.

use std::collections::BTreeSet;

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use sqlx::Row;

use self::database::Database;

mod database;

pub(crate) const TYPES: &[&str] = &[
    "AuthUsersV1",
    "UsersV1",
    "AssetsV2",
    "AssetExifsV1",
    "AssetEditsV1",
    "AssetMetadataV1",
    "PartnersV1",
    "PartnerAssetsV2",
    "PartnerAssetExifsV1",
    "AlbumsV2",
    "AlbumUsersV1",
    "AlbumAssetsV2",
    "AlbumAssetExifsV1",
    "AlbumToAssetsV1",
    "MemoriesV1",
    "MemoryToAssetsV1",
    "StacksV1",
    "PartnerStacksV1",
    "UserMetadataV1",
    "PeopleV1",
    "AssetFacesV2",
    "AssetOcrV1",
];

/// A client for a server on this machine: reading the machine's certificates takes longer than a phone's whole stream.
pub(crate) fn plain_client() -> Client {
    Client::builder().tls_certs_only([]).build().unwrap()
}

/// How a stream goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    None,
    /// The phone stops after some lines, their acknowledgement sent or lost.
    Stops {
        acknowledges: bool,
    },
}

impl Mishap {
    pub(crate) fn any(rng: &mut StdRng) -> Self {
        let all = [
            Self::None,
            Self::Stops { acknowledges: true },
            Self::Stops {
                acknowledges: false,
            },
        ];
        *all.choose(rng).unwrap()
    }
}

pub(crate) struct Phone {
    address: String,
    token: String,
    client: Client,
    database: Database,
    /// Whether it has been told that it must.
    pub(crate) may_start_over: bool,
}

impl Phone {
    /// Logs in.
    pub(crate) async fn new(address: &str, email: &str, password: &str) -> Self {
        let response = plain_client()
            .post(format!("{address}/api/auth/login"))
            .json(&json!({"email": email, "password": password}))
            .send()
            .await
            .unwrap();
        let session: Value = response.json().await.unwrap();
        Self::with_token(address, session["accessToken"].as_str().unwrap()).await
    }

    /// That is logged in.
    pub(crate) async fn with_token(address: &str, token: &str) -> Self {
        Self {
            address: address.into(),
            token: token.into(),
            client: plain_client(),
            database: Database::empty().await,
            may_start_over: false,
        }
    }

    /// The server is somewhere else now.
    pub(crate) fn move_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// It holds what another phone of the same person holds, and there is nothing more for it.
    pub(crate) async fn assert_like(&mut self, new: &mut Self, whose: &str) {
        let (old, new) = (self.holds().await, new.holds().await);
        let missed: Vec<_> = new.difference(&old).collect();
        let stale: Vec<_> = old.difference(&new).collect();
        assert!(
            missed.is_empty() && stale.is_empty(),
            "{whose}\nmissed: {missed:#?}\nstale: {stale:#?}"
        );
        let pending = self.pending().await;
        assert_eq!(pending.len(), 1, "{whose}: sent twice: {pending:#?}");
    }

    /// Reads the stream and applies it in batches, as an app does; whether it came to the end.
    pub(crate) async fn sync(&mut self, rng: &mut StdRng, mishap: Mishap) -> bool {
        let response = self
            .client
            .post(format!("{}/api/sync/stream", self.address))
            .bearer_auth(&self.token)
            .json(&json!({"types": TYPES}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let text = response.text().await.unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let stop = match mishap {
            Mishap::None => lines.len(),
            Mishap::Stops { .. } => rng.random_range(0..=lines.len()),
        };
        let mut taken = Vec::new();
        let mut at = 0;
        while at < stop {
            let most = rng.random_range(1..40).min(stop - at);
            let run = lines[at..at + most]
                .iter()
                .take_while(|line| line["type"] == lines[at]["type"])
                .count();
            for line in &lines[at..at + run] {
                self.apply(line).await;
            }
            at += run;
            taken.push(&lines[at - 1]["ack"]);
            let is_lost = mishap
                == Mishap::Stops {
                    acknowledges: false,
                }
                && at >= stop;
            // At once, or together with those of later lines.
            if !is_lost && (at >= stop || rng.random_ratio(1, 4)) {
                self.acknowledge(&taken).await;
                taken.clear();
            }
        }
        stop == lines.len()
            && lines
                .last()
                .is_some_and(|line| line["type"] == "SyncCompleteV1")
    }

    /// Lines that a stream would bring now, without taking them.
    pub(crate) async fn pending(&self) -> Vec<String> {
        let response = self
            .client
            .post(format!("{}/api/sync/stream", self.address))
            .bearer_auth(&self.token)
            .json(&json!({"types": TYPES}))
            .send()
            .await
            .unwrap();
        let text = response.text().await.unwrap();
        text.lines().map(str::to_owned).collect()
    }

    async fn acknowledge(&self, acks: &[&Value]) {
        let response = self
            .client
            .post(format!("{}/api/sync/ack", self.address))
            .bearer_auth(&self.token)
            .json(&json!({"acks": acks}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{acks:?}");
    }

    #[expect(
        clippy::too_many_lines,
        reason = "a table of line types, one beside the other"
    )]
    async fn apply(&mut self, line: &Value) {
        let data = &line["data"];
        let row = data.to_string();
        let text = |name: &str| data[name].as_str().map(str::to_owned);
        let kind = line["type"].as_str().unwrap();
        let (statement, values): (&str, Vec<Option<String>>) = match kind {
            "AuthUserV1" => (
                "insert into auth_user values ($1, $2) on conflict (id) do update set row = $2",
                vec![text("id"), Some(row)],
            ),
            "UserV1" => (
                "insert into user values ($1, $2) on conflict (id) do update set row = $2",
                vec![text("id"), Some(row)],
            ),
            "UserDeleteV1" => ("delete from user where id = $1", vec![text("userId")]),
            "PartnerV1" => (
                "insert into partner values ($1, $2, $3) on conflict do update set row = $3",
                vec![text("sharedById"), text("sharedWithId"), Some(row)],
            ),
            "PartnerDeleteV1" => (
                "delete from partner where by_id = $1 and with_id = $2",
                vec![text("sharedById"), text("sharedWithId")],
            ),
            "StackV1" | "PartnerStackV1" | "PartnerStackBackfillV1" => (
                "insert into stack values ($1, $2, $3) on conflict (id) do update set row = $3",
                vec![text("id"), text("ownerId"), Some(row)],
            ),
            "StackDeleteV1" | "PartnerStackDeleteV1" => {
                ("delete from stack where id = $1", vec![text("stackId")])
            }
            "AssetV2"
            | "PartnerAssetV2"
            | "PartnerAssetBackfillV2"
            | "AlbumAssetCreateV2"
            | "AlbumAssetUpdateV2"
            | "AlbumAssetBackfillV2" => (
                "insert into asset values ($1, $2, $3, $4, $5)
                 on conflict (id) do update set owner_id = $2, checksum = $3, library_id = $4, row = $5",
                vec![
                    text("id"),
                    text("ownerId"),
                    text("checksum"),
                    text("libraryId"),
                    Some(row),
                ],
            ),
            "AssetDeleteV1" | "PartnerAssetDeleteV1" => {
                ("delete from asset where id = $1", vec![text("assetId")])
            }
            "AssetExifV1"
            | "PartnerAssetExifV1"
            | "PartnerAssetExifBackfillV1"
            | "AlbumAssetExifCreateV1"
            | "AlbumAssetExifUpdateV1"
            | "AlbumAssetExifBackfillV1" => (
                "insert into exif values ($1, $2) on conflict (asset_id) do update set row = $2",
                vec![text("assetId"), Some(row)],
            ),
            "AssetMetadataV1" => (
                "insert into asset_metadata values ($1, $2, $3) on conflict do update set row = $3",
                vec![text("assetId"), text("key"), Some(row)],
            ),
            "AlbumV2" => (
                "insert into album values ($1, $2) on conflict (id) do update set row = $2",
                vec![text("id"), Some(row)],
            ),
            "AlbumDeleteV1" => ("delete from album where id = $1", vec![text("albumId")]),
            "AlbumUserV1" | "AlbumUserBackfillV1" => (
                "insert into album_user values ($1, $2, $3) on conflict do update set row = $3",
                vec![text("albumId"), text("userId"), Some(row)],
            ),
            "AlbumUserDeleteV1" => (
                "delete from album_user where album_id = $1 and user_id = $2",
                vec![text("albumId"), text("userId")],
            ),
            "AlbumToAssetV1" | "AlbumToAssetBackfillV1" => (
                "insert into album_asset values ($1, $2) on conflict do nothing",
                vec![text("albumId"), text("assetId")],
            ),
            "AlbumToAssetDeleteV1" => (
                "delete from album_asset where album_id = $1 and asset_id = $2",
                vec![text("albumId"), text("assetId")],
            ),
            "MemoryV1" => (
                "insert into memory values ($1, $2, $3) on conflict (id) do update set row = $3",
                vec![text("id"), text("ownerId"), Some(row)],
            ),
            "MemoryDeleteV1" => ("delete from memory where id = $1", vec![text("memoryId")]),
            "MemoryToAssetV1" => (
                "insert into memory_asset values ($1, $2) on conflict do nothing",
                vec![text("memoryId"), text("assetId")],
            ),
            "MemoryToAssetDeleteV1" => (
                "delete from memory_asset where memory_id = $1 and asset_id = $2",
                vec![text("memoryId"), text("assetId")],
            ),
            "PersonV1" => (
                "insert into person values ($1, $2, $3) on conflict (id) do update set row = $3",
                vec![text("id"), text("ownerId"), Some(row)],
            ),
            "PersonDeleteV1" => ("delete from person where id = $1", vec![text("personId")]),
            "AssetFaceV2" => (
                "insert into face values ($1, $2, $3, $4) on conflict (id) do update set person_id = $3, row = $4",
                vec![text("id"), text("assetId"), text("personId"), Some(row)],
            ),
            "AssetFaceDeleteV1" => ("delete from face where id = $1", vec![text("assetFaceId")]),
            "AssetMetadataDeleteV1" => (
                "delete from asset_metadata where asset_id = $1 and key = $2",
                vec![text("assetId"), text("key")],
            ),
            "AssetOcrV1" => (
                "insert into ocr values ($1, $2, $3) on conflict (id) do update set row = $3",
                vec![text("id"), text("assetId"), Some(row)],
            ),
            "AssetOcrDeleteV1" => ("delete from ocr where id = $1", vec![text("id")]),
            "AssetEditV1" => (
                "insert into asset_edit values ($1, $2, $3) on conflict (id) do update set row = $3",
                vec![text("id"), text("assetId"), Some(row)],
            ),
            "AssetEditDeleteV1" => ("delete from asset_edit where id = $1", vec![text("editId")]),
            "UserMetadataDeleteV1" => (
                "delete from user_metadata where user_id = $1 and key = $2",
                vec![text("userId"), text("key")],
            ),
            "UserMetadataV1" => (
                "insert into user_metadata values ($1, $2, $3) on conflict do update set row = $3",
                vec![text("userId"), text("key"), Some(row)],
            ),
            "SyncAckV1" | "SyncCompleteV1" => return,
            "SyncResetV1" if self.may_start_over => return self.start_over().await,
            "SyncResetV1" => panic!("nothing was forgotten: {line}"),
            other => panic!("a type that nobody asked for: {other}"),
        };
        let mut query = sqlx::query(statement);
        for value in values {
            query = query.bind(value);
        }
        if let Err(error) = query.execute(self.database.connection()).await {
            panic!("the phone cannot keep {line}: {error}");
        }
        if let ("AssetV2", Some(stack)) = (kind, text("stackId")) {
            assert!(self.has_stack(&stack).await, "of no stack: {line}");
        }
    }

    /// Real phones show no asset whose stack they do not know.
    async fn has_stack(&mut self, id: &str) -> bool {
        let found = sqlx::query("select 1 from stack where id = $1").bind(id);
        let found = found.fetch_optional(self.database.connection()).await;
        found.unwrap().is_some()
    }

    /// Forgets everything.
    async fn start_over(&mut self) {
        self.may_start_over = false;
        self.database = Database::empty().await;
    }

    /// Everything it holds. Other people's assets that no longer show anywhere stay on phones, as they do on real ones.
    pub(crate) async fn holds(&mut self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        // Which stack of another person's an asset is in shows only where the stacks do.
        let shown = "select 'asset ' || case when owner_id in (select id from auth_user) then row
                         else json_remove(row, '$.stackId') end from asset where owner_id in (select id from auth_user)
                        or id in (select asset_id from album_asset)
                        or owner_id in (select by_id from partner)";
        let rest = [
            "user",
            "auth_user",
            "partner",
            "stack",
            "album",
            "album_user",
            "memory",
            "person",
            "face",
            "user_metadata",
            "asset_metadata",
            "asset_edit",
            "ocr",
        ]
        .map(|table| match table {
            "stack" => {
                "select 'stack ' || row from stack where owner_id in (select id from auth_user)
                           or owner_id in (select by_id from partner)"
                    .to_owned()
            }
            table => format!("select '{table} ' || row from {table}"),
        });
        let pairs = [
            "select 'album_asset ' || album_id || asset_id from album_asset".to_owned(),
            "select 'memory_asset ' || memory_id || asset_id from memory_asset".to_owned(),
            "select 'exif ' || e.row from exif e join asset a on a.id = e.asset_id
             where a.owner_id in (select id from auth_user) or a.id in (select asset_id from album_asset)
                or a.owner_id in (select by_id from partner)"
                .to_owned(),
        ];
        for query in [shown.to_owned()].into_iter().chain(rest).chain(pairs) {
            let rows = sqlx::query(sqlx::AssertSqlSafe(query))
                .fetch_all(self.database.connection())
                .await
                .unwrap();
            all.extend(rows.iter().map(|row| row.get::<String, _>(0)));
        }
        all
    }
}
