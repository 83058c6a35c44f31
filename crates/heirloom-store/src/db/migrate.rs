//! Forward-only migrations: the same numbers and names in both folders.

use sqlx::{PgPool, SqlitePool};

use crate::error::{Error, Result};

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// Up to that migration, or to the last.
pub(super) async fn sqlite(pool: &SqlitePool, until: Option<i64>) -> Result<()> {
    match until {
        Some(version) => SQLITE.run_to(version, pool).await,
        None => SQLITE.run(pool).await,
    }
    .map_err(Error::migration)
}

/// Up to that migration, or to the last.
pub(super) async fn postgres(pool: &PgPool, until: Option<i64>) -> Result<()> {
    match until {
        Some(version) => POSTGRES.run_to(version, pool).await,
        None => POSTGRES.run(pool).await,
    }
    .map_err(Error::migration)
}

/// The numbers of the migrations that this version knows.
pub(crate) fn known() -> Vec<i64> {
    SQLITE.iter().map(|migration| migration.version).collect()
}
