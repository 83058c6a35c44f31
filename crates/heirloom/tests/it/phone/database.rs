//! The database of a phone. Opening one and making its tables takes as long as a stream, so that those of phones that are
//! gone are emptied and used again.

use std::{
    iter,
    sync::{LazyLock, Mutex, PoisonError},
};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

const SCHEMA: &str = "
create table user (id text primary key, row text);
create table auth_user (id text primary key, row text);
create table partner (by_id text references user, with_id text references user, row text, primary key (by_id, with_id));
create table stack (id text primary key, owner_id text references user, row text);
create table asset (id text primary key, owner_id text not null references user, checksum text not null,
                    library_id text, row text);
create unique index asset_checksum on asset (owner_id, checksum) where library_id is null;
create unique index asset_library_checksum on asset (owner_id, library_id, checksum) where library_id is not null;
create table exif (asset_id text primary key references asset on delete cascade, row text);
create table asset_metadata (asset_id text references asset on delete cascade, key text, row text,
                             primary key (asset_id, key));
create table album (id text primary key, row text);
create table album_user (album_id text references album on delete cascade, user_id text references user, row text,
                         primary key (album_id, user_id));
create table album_asset (album_id text references album on delete cascade,
                          asset_id text references asset on delete cascade, primary key (album_id, asset_id));
create table memory (id text primary key, owner_id text references user, row text);
create table memory_asset (memory_id text references memory on delete cascade,
                           asset_id text references asset on delete cascade, primary key (memory_id, asset_id));
create table person (id text primary key, owner_id text references user, row text);
create table face (id text primary key, asset_id text references asset on delete cascade,
                   person_id text references person on delete set null, row text);
create table ocr (id text primary key, asset_id text not null references asset on delete cascade, row text);
create table asset_edit (id text primary key, asset_id text not null references asset on delete cascade, row text);
create table user_metadata (user_id text references user, key text, row text, primary key (user_id, key));
";

/// Leaves the tables alone.
static EMPTYING: LazyLock<String> = LazyLock::new(|| {
    let tables = SCHEMA.split("create table ").skip(1);
    let names = tables.filter_map(|table| table.split_whitespace().next());
    let deletions = names.map(|name| format!("delete from {name}"));
    let statements = iter::once("pragma foreign_keys = off".to_owned())
        .chain(deletions)
        .chain(["pragma foreign_keys = on".to_owned()]);
    statements.collect::<Vec<_>>().join("; ")
});

static UNUSED: Mutex<Vec<SqliteConnection>> = Mutex::new(Vec::new());

pub(super) struct Database(Option<SqliteConnection>);

impl Database {
    pub(super) async fn empty() -> Self {
        if let Some(mut connection) = unused(Vec::pop) {
            let emptying = sqlx::raw_sql(AssertSqlSafe(EMPTYING.as_str()));
            emptying.execute(&mut connection).await.unwrap();
            return Self(Some(connection));
        }
        let connection = SqliteConnection::connect("sqlite::memory:").await;
        let mut connection = connection.unwrap();
        sqlx::raw_sql(SCHEMA)
            .execute(&mut connection)
            .await
            .unwrap();
        Self(Some(connection))
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.0.as_mut().expect("it is taken when the phone goes")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        unused(|unused| unused.extend(self.0.take()));
    }
}

fn unused<T>(then: impl FnOnce(&mut Vec<SqliteConnection>) -> T) -> T {
    then(&mut UNUSED.lock().unwrap_or_else(PoisonError::into_inner))
}
