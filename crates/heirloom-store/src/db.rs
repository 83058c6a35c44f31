//! The one executor over the two databases. A handful of methods fork on the dialect and nothing else does; what cannot be
//! said in portable SQL is a named function in [`dialect`].

pub mod beside;
mod bind;
pub mod dialect;
mod lock;
pub(crate) mod migrate;
mod open;
mod sql;

use std::{borrow::Cow, path::Path, str::FromStr, sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder, Value};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{
    AssertSqlSafe, FromRow, Postgres, Sqlite,
    postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};
use uuid::Uuid;

pub use self::{
    bind::Bind,
    open::{Commits, Open},
    sql::Sql,
};
use crate::error::{Error, Result};

/// Ids of one statement: far below the parameter limits of both databases (32,766 and 65,535).
pub(crate) const IDS_PER_STATEMENT: usize = 10_000;
/// How long a statement waits for a connection before the caller is told that the database is unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of an embedded database: more than cores only costs memory.
const SQLITE_READERS_MAX: u32 = 4;
/// Devices that are sent their library at the same time.
const SQLITE_SNAPSHOTS_MAX: u32 = 8;
/// Connections of one process to PostgreSQL.
const POSTGRES_CONNECTIONS_MAX: u32 = 16;

/// A database: embedded, or a PostgreSQL server.
#[derive(Clone, Debug)]
pub enum Db {
    /// Many readers, and one writer that queues its callers.
    Sqlite {
        readers: SqlitePool,
        /// Views that stay open as long as a client is slow: they must not keep readers waiting.
        snapshots: SqlitePool,
        writer: SqlitePool,
        commits: Commits,
        /// None for a database that nobody else knows.
        held: Option<Arc<lock::Held>>,
    },
    Postgres {
        pool: PgPool,
        commits: Commits,
    },
}

/// An open transaction; dropped without [`Tx::commit`] it leaves no trace.
#[derive(Debug)]
pub enum Tx {
    Sqlite(Open<Sqlite>),
    Postgres(Open<Postgres>),
}

/// A row that both databases can decode; `#[derive(FromRow)]` is enough.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

impl Db {
    /// Opens, and creates if missing, the embedded database in that file, and brings its schema up to date.
    pub async fn open_sqlite(path: &Path) -> Result<Self> {
        Self::open_sqlite_at(path, None).await
    }

    /// As [`Db::open_sqlite`], with the schema of that migration and no later one; for restoring a backup.
    pub async fn open_sqlite_at(path: &Path, schema: Option<i64>) -> Result<Self> {
        let held = lock::share(path).await?;
        Self::open_sqlite_file(path, schema, Some(Arc::new(held))).await
    }

    async fn open_sqlite_file(
        path: &Path,
        schema: Option<i64>,
        held: Option<Arc<lock::Held>>,
    ) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged upload must survive a power cut: every commit reaches the disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .statement_cache_capacity(512)
            // Rows that its thread may be ahead: each wait for the other side costs more than many rows.
            .row_buffer_size(1_000)
            // Not mapped: a disk that fails would end the process instead of one statement, and what was read would count as
            // the process's memory.
            .pragma("mmap_size", "0")
            .pragma("cache_size", "-8000")
            .pragma("temp_store", "memory");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            // Uploads queue for the single writer; a long batch must not fail them.
            .acquire_timeout(ACQUIRE_TIMEOUT * 6)
            .connect_with(options.clone())
            .await?;
        migrate::sqlite(&writer, schema).await?;
        look_at_sqlite(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS_MAX)
            // A connection into this process does not break while nobody uses it.
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone().read_only(true))
            .await?;
        let snapshots = SqlitePoolOptions::new()
            .max_connections(SQLITE_SNAPSHOTS_MAX)
            .min_connections(0)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.read_only(true));
        Ok(Self::Sqlite {
            readers,
            snapshots,
            writer,
            commits: Commits::default(),
            held,
        })
    }

    /// Connects to a PostgreSQL server and brings its schema up to date.
    pub async fn open_postgres(url: &str) -> Result<Self> {
        Self::open_postgres_at(url, None).await
    }

    /// As [`Db::open_postgres`], with the schema of that migration and no later one; for restoring a backup.
    pub async fn open_postgres_at(url: &str, schema: Option<i64>) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(suit_short_statements(connection)))
            .connect_with(options)
            .await?;
        migrate::postgres(&pool, schema).await?;
        Ok(Self::Postgres {
            pool,
            commits: Commits::default(),
        })
    }

    /// Starts a transaction that only reads, with one view of the data from beginning to end.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?.into()),
            Self::Postgres { pool, .. } => Tx::Postgres(
                pool.begin_with("begin isolation level repeatable read read only")
                    .await?
                    .into(),
            ),
        })
    }

    /// For reading with one statement, or with few whose answers need not be of one moment: half as dear as
    /// [`Db::read`], which counts where one page asks for a hundred thumbnails.
    pub async fn glance(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.acquire().await?.into()),
            Self::Postgres { pool, .. } => Tx::Postgres(pool.acquire().await?.into()),
        })
    }

    /// As [`Db::read`], for a view that stays open as long as a client listens.
    pub async fn snapshot(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { snapshots, .. } => Ok(Tx::Sqlite(snapshots.begin().await?.into())),
            Self::Postgres { .. } => {
                let mut tx = self.read().await?;
                // A plan for pages from anywhere reads from the beginning for each of them.
                tx.execute(crate::sql!("set local plan_cache_mode = force_custom_plan"))
                    .await?;
                Ok(tx)
            }
        }
    }

    /// Starts a transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite {
                writer, commits, ..
            } => {
                let tx = writer.begin_with("begin immediate").await?;
                Tx::Sqlite(Open::Writing(tx, commits.clone()))
            }
            Self::Postgres { pool, commits } => {
                Tx::Postgres(Open::Writing(pool.begin().await?, commits.clone()))
            }
        })
    }

    /// How often this process has changed the database: while the number stands, only another process can have changed
    /// what was read since.
    pub fn commits(&self) -> u64 {
        match self {
            Self::Sqlite { commits, .. } | Self::Postgres { commits, .. } => commits.count(),
        }
    }

    /// Brings the schema up to date, after a backup with an older one was restored.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => migrate::sqlite(writer, None).await,
            Self::Postgres { pool, .. } => migrate::postgres(pool, None).await,
        }
    }

    /// Has the database look at how its data lies, by which it chooses how to answer. It looks at little of every index,
    /// and only where much has changed.
    pub async fn look_at_data(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => look_at_sqlite(writer).await,
            // The server does it by itself.
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// As [`Db::look_at_data`], at once, after everything has changed.
    pub async fn look_at_all_data(&self) -> Result<()> {
        if let Self::Postgres { pool, .. } = self {
            sqlx::query("analyze").execute(pool).await?;
        }
        self.look_at_data().await
    }

    /// Ends all connections; what is under way is finished first.
    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                readers,
                snapshots,
                writer,
                held,
                ..
            } => {
                readers.close().await;
                snapshots.close().await;
                writer.close().await;
                if let Some(held) = held {
                    held.release();
                }
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// Compiling a statement, or starting processes to share it, takes longer than most of ours take.
async fn suit_short_statements(connection: &mut PgConnection) -> sqlx::Result<()> {
    for setting in ["set jit = off", "set parallel_setup_cost = 100000"] {
        sqlx::query(setting).execute(&mut *connection).await?;
    }
    Ok(())
}

/// <https://www.sqlite.org/pragma.html#pragma_optimize>, of all tables, with a limit of its own.
async fn look_at_sqlite(writer: &SqlitePool) -> Result<()> {
    sqlx::query("pragma optimize = 0x10002")
        .execute(writer)
        .await?;
    Ok(())
}

impl Tx {
    /// Turns a statement of the builder into text and values of this dialect.
    pub(crate) fn build(&self, statement: &impl SqlxBinder) -> Sql {
        let (text, values) = match self {
            Self::Sqlite(_) => statement.build_sqlx(SqliteQueryBuilder),
            Self::Postgres(_) => statement.build_sqlx(PostgresQueryBuilder),
        };
        Sql::built(text, values)
    }

    fn parts(&self, sql: Sql) -> (Cow<'static, str>, SqlxValues) {
        sql.into_parts(|place, ids| self.among(place, ids))
    }

    /// The first row, or `None`.
    pub(crate) async fn optional<T: Row>(&mut self, sql: Sql) -> Result<Option<T>> {
        let (text, values) = self.parts(sql);
        Ok(match self {
            Self::Sqlite(tx) => {
                sqlx::query_as_with(AssertSqlSafe(text), values)
                    .fetch_optional(&mut **tx)
                    .await?
            }
            Self::Postgres(tx) => {
                sqlx::query_as_with(AssertSqlSafe(text), values)
                    .fetch_optional(&mut **tx)
                    .await?
            }
        })
    }

    /// All rows.
    pub(crate) async fn all<T: Row>(&mut self, sql: Sql) -> Result<Vec<T>> {
        let (text, values) = self.parts(sql);
        Ok(match self {
            Self::Sqlite(tx) => {
                sqlx::query_as_with(AssertSqlSafe(text), values)
                    .fetch_all(&mut **tx)
                    .await?
            }
            Self::Postgres(tx) => {
                sqlx::query_as_with(AssertSqlSafe(text), values)
                    .fetch_all(&mut **tx)
                    .await?
            }
        })
    }

    /// All rows of a statement about many ids, for which `in (*)` stands in it; the values come before them.
    pub(crate) async fn all_of<T: Row>(
        &mut self,
        text: &str,
        values: &[Value],
        ids: &[Uuid],
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        for chunk in ids.chunks(IDS_PER_STATEMENT) {
            let statement = Sql::composed(text, values.to_vec(), chunk);
            found.extend(self.all::<T>(statement).await?);
        }
        Ok(found)
    }

    /// All rows, one after the other, for results that no memory holds.
    pub(crate) fn stream<T: Row + 'static>(&mut self, sql: Sql) -> BoxStream<'_, Result<T>> {
        let (text, values) = self.parts(sql);
        match self {
            Self::Sqlite(tx) => sqlx::query_as_with(AssertSqlSafe(text), values)
                .fetch(&mut **tx)
                .map_err(Error::from)
                .boxed(),
            Self::Postgres(tx) => sqlx::query_as_with(AssertSqlSafe(text), values)
                .fetch(&mut **tx)
                .map_err(Error::from)
                .boxed(),
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql) -> Result<u64> {
        let (text, values) = self.parts(sql);
        Ok(match self {
            Self::Sqlite(tx) => sqlx::query_with(AssertSqlSafe(text), values)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            Self::Postgres(tx) => sqlx::query_with(AssertSqlSafe(text), values)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    /// How SQLite would answer, a line for each table.
    #[cfg(test)]
    pub(crate) async fn plan(&mut self, sql: Sql) -> Result<Vec<String>> {
        let (text, values) = self.parts(sql);
        let text = format!("explain query plan {text}");
        let explained = Sql::built(text, values);
        let lines = self.all::<(i64, i64, i64, String)>(explained).await?;
        Ok(lines.into_iter().map(|(.., line)| line).collect())
    }

    /// Makes everything done in this transaction durable and visible, at once.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// The only row of a query that always has one, such as a count.
    pub(crate) async fn one<T: Row>(&mut self, sql: Sql) -> Result<T> {
        self.optional(sql).await?.ok_or(Error::Inconsistent {
            what: "a query that always has one row had none",
        })
    }

    /// The single column of the only row.
    pub(crate) async fn scalar<T>(&mut self, sql: Sql) -> Result<T>
    where
        (T,): Row,
    {
        Ok(self.one::<(T,)>(sql).await?.0)
    }
}
