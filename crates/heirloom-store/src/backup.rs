//! A backup of the database that either database can be restored from: lines of JSON, compressed with gzip.
//!
//! The first line says what it is, then every table is a line that names its columns, followed by a line for each row,
//! and the last line counts them, so that a cut backup is never taken for a whole one. What triggers fill is left out.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    sync::Arc,
};

use bytes::Bytes;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use futures::TryStreamExt;
use heirloom_types::time::Timestamp;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{
    Db, Error, Result, Tx,
    blobs::{self, Incoming},
    db::{Sql, migrate},
    sql,
};

/// The version of the format.
const FORMAT: u32 = 1;
/// Compressed bytes that are written at a time.
const CHUNK: usize = 256 << 10;
/// Rows of one statement of a restore, and their bytes at most.
const BATCH_ROWS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;
/// Batches that wait for the database.
const AHEAD: usize = 2;

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub heirloom_backup: u32,
    pub created_at: Timestamp,
    /// The program's version.
    pub version: String,
    /// Migrations of the schema that the rows have.
    pub migrations: Vec<i64>,
}

/// Why a backup cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("this is not a backup of Heirloom: {0}")]
    Unreadable(String),
    #[error("the backup is cut or damaged; take another one: {0}")]
    Damaged(String),
    #[error(
        "the backup was made by a newer version of Heirloom ({0}); install that version or a later one"
    )]
    Newer(String),
    #[error("the database is not empty; restore into a new one")]
    NotEmpty,
    #[error(transparent)]
    Store(#[from] Error),
    #[error(transparent)]
    Blobs(#[from] blobs::Error),
}

#[derive(Serialize, Deserialize)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct EndLine {
    end: u64,
}

/// What a restore does next.
enum Step {
    Table(TableLine),
    /// A JSON array of rows.
    Rows(String),
    End(u64),
}

/// Writes everything into `out`, as one view of the database; answers how many rows.
pub async fn dump(
    db: &Db,
    version: &str,
    now: Timestamp,
    out: &mut Incoming,
) -> Result<u64, BackupError> {
    let mut tx = db.snapshot().await?;
    let mut writer = Writer {
        encoder: GzEncoder::new(Vec::new(), Compression::default()),
        out,
    };
    writer
        .line(&Header {
            heirloom_backup: FORMAT,
            created_at: now,
            version: version.to_owned(),
            migrations: applied(&mut tx).await?,
        })
        .await?;
    let mut rows = 0;
    for (table, columns) in tables(&mut tx).await? {
        let values: Vec<String> = columns
            .iter()
            .map(|(column, kind)| tx.exported(&format!("\"{column}\""), kind))
            .collect();
        let text = format!("select {} from \"{table}\"", tx.exported_row(&values));
        writer
            .line(&TableLine {
                table,
                columns: columns.into_iter().map(|(column, _)| column).collect(),
            })
            .await?;
        let mut found = tx.stream::<(String,)>(Sql::composed(&text, Vec::new(), &[]));
        while let Some((row,)) = found.try_next().await? {
            writer.text(&row).await?;
            rows += 1;
        }
    }
    writer.line(&EndLine { end: rows }).await?;
    writer.finish().await?;
    Ok(rows)
}

/// What a backup says of itself.
pub fn header(backup: impl Read) -> Result<Header, BackupError> {
    let mut lines = BufReader::new(MultiGzDecoder::new(backup)).lines();
    let line = lines
        .next()
        .ok_or_else(|| BackupError::Unreadable("it is empty".into()))?
        .map_err(|error| BackupError::Unreadable(error.to_string()))?;
    let header: Header =
        serde_json::from_str(&line).map_err(|error| BackupError::Unreadable(error.to_string()))?;
    if header.heirloom_backup > FORMAT
        || !header
            .migrations
            .iter()
            .all(|m| migrate::known().contains(m))
    {
        return Err(BackupError::Newer(header.version));
    }
    Ok(header)
}

/// The last migration of the schema that a backup has: what a database is opened at for [`restore`].
pub fn schema_of(header: &Header) -> Option<i64> {
    header.migrations.iter().max().copied()
}

/// Loads a backup into an empty database of its schema, all or nothing, and brings the schema up to date; answers how
/// many rows.
pub async fn restore(db: &Db, backup: impl Read + Send + 'static) -> Result<u64, BackupError> {
    let mut tx = db.write().await?;
    let users: i64 = tx.scalar(sql!("select count(*) from users")).await?;
    if users > 0 {
        return Err(BackupError::NotEmpty);
    }
    let columns = Arc::new(tables(&mut tx).await?);
    let keys = tx.suspend_foreign_keys().await?;
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let reading = spawn_blocking(move || read(backup, &sender));
    let (mut insert, mut loaded, mut counted) = (None, 0, None);
    while let Some(step) = receiver.recv().await {
        match step {
            Step::Table(line) => insert = Some(statement(&mut tx, &columns, &line).await?),
            Step::Rows(rows) => {
                let text = insert
                    .as_deref()
                    .ok_or_else(|| BackupError::Damaged("rows without a table".into()))?;
                let values = vec![rows.into()];
                loaded += tx.execute(Sql::composed(text, values, &[])).await?;
            }
            Step::End(count) => counted = Some(count),
        }
    }
    reading
        .await
        .map_err(|error| BackupError::Damaged(error.to_string()))??;
    if counted != Some(loaded) {
        return Err(BackupError::Damaged(format!(
            "it has {loaded} rows where {} were written",
            counted.map_or_else(|| "more".into(), |count| count.to_string())
        )));
    }
    for key in keys {
        tx.execute(Sql::composed(&key, Vec::new(), &[])).await?;
    }
    tx.commit().await?;
    db.migrate().await?;
    db.look_at_all_data().await?;
    Ok(loaded)
}

type Columns = Vec<(String, String)>;

/// Tables with their columns and types.
async fn tables(tx: &mut Tx) -> Result<Vec<(String, Columns)>> {
    let mut all: Vec<(String, Columns)> = Vec::new();
    for (table, column, kind) in tx.columns().await? {
        match all.last_mut() {
            Some((last, columns)) if *last == table => columns.push((column, kind)),
            _ => all.push((table, vec![(column, kind)])),
        }
    }
    Ok(all)
}

async fn applied(tx: &mut Tx) -> Result<Vec<i64>> {
    let rows: Vec<(i64,)> = tx
        .all(sql!(
            "select version from _sqlx_migrations order by version"
        ))
        .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// Empties a table, which may hold what its migration put there, and says how its rows are inserted.
async fn statement(
    tx: &mut Tx,
    tables: &[(String, Columns)],
    line: &TableLine,
) -> Result<String, BackupError> {
    let unknown =
        |what: &str| BackupError::Damaged(format!("it has {what}, which the schema has not"));
    let (table, known) = tables
        .iter()
        .find(|(name, _)| *name == line.table)
        .ok_or_else(|| unknown(&format!("a table {:?}", line.table)))?;
    let mut values = Vec::with_capacity(line.columns.len());
    for (index, column) in line.columns.iter().enumerate() {
        let (_, kind) = known
            .iter()
            .find(|(name, _)| name == column)
            .ok_or_else(|| unknown(&format!("a column {column:?} of {table}")))?;
        values.push(tx.imported(index, kind));
    }
    tx.execute(Sql::composed(
        &format!("delete from \"{table}\""),
        Vec::new(),
        &[],
    ))
    .await?;
    Ok(format!(
        "insert into \"{table}\" (\"{}\") select {} from {}",
        line.columns.join("\", \""),
        values.join(", "),
        tx.imported_rows()
    ))
}

/// Reads a backup off the async threads.
fn read(backup: impl Read, steps: &mpsc::Sender<Step>) -> Result<(), BackupError> {
    let damaged = |error: io::Error| BackupError::Damaged(error.to_string());
    let mut batch = String::from("[");
    let mut rows = 0;
    let flush = |batch: &mut String, rows: &mut usize| {
        if *rows > 0 {
            batch.push(']');
            let full = std::mem::replace(batch, String::from("["));
            // The restore gave up, and says why itself.
            let _ = steps.blocking_send(Step::Rows(full));
            *rows = 0;
        }
    };
    for line in BufReader::new(MultiGzDecoder::new(backup)).lines().skip(1) {
        let line = line.map_err(damaged)?;
        if line.starts_with('[') {
            serde_json::from_str::<IgnoredAny>(&line)
                .map_err(|error| BackupError::Damaged(error.to_string()))?;
            if rows > 0 {
                batch.push(',');
            }
            batch.push_str(&line);
            rows += 1;
            if rows == BATCH_ROWS || batch.len() >= BATCH_BYTES {
                flush(&mut batch, &mut rows);
            }
            continue;
        }
        flush(&mut batch, &mut rows);
        let step = match serde_json::from_str::<TableLine>(&line) {
            Ok(table) => Step::Table(table),
            Err(_) => serde_json::from_str::<EndLine>(&line)
                .map(|line| Step::End(line.end))
                .map_err(|error| BackupError::Damaged(error.to_string()))?,
        };
        let _ = steps.blocking_send(step);
    }
    flush(&mut batch, &mut rows);
    Ok(())
}

/// Compresses lines and hands them on.
struct Writer<'a> {
    encoder: GzEncoder<Vec<u8>>,
    out: &'a mut Incoming,
}

impl Writer<'_> {
    async fn line(&mut self, line: &impl Serialize) -> Result<(), BackupError> {
        let text = serde_json::to_string(line)
            .map_err(|error| BackupError::Unreadable(error.to_string()))?;
        self.text(&text).await
    }

    async fn text(&mut self, text: &str) -> Result<(), BackupError> {
        let written = self
            .encoder
            .write_all(text.as_bytes())
            .and_then(|()| self.encoder.write_all(b"\n"));
        written.map_err(blobs::Error::from)?;
        if self.encoder.get_ref().len() >= CHUNK {
            let full = std::mem::take(self.encoder.get_mut());
            self.out.write(Bytes::from(full)).await?;
        }
        Ok(())
    }

    async fn finish(self) -> Result<(), BackupError> {
        let rest = self.encoder.finish().map_err(blobs::Error::from)?;
        Ok(self.out.write(Bytes::from(rest)).await?)
    }
}
