//! A search as the server makes it, without the text's model: feed, index, scan, full vectors from the database.

use std::{path::PathBuf, time::Instant};

use anyhow::Context;
use heirloom_library::recall::{FactFilter, Recall, RecallSettings, Wanted};
use heirloom_store::{Db, embeddings, system, users};
use heirloom_types::ids::{AssetId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::{
    cpu,
    vectors::{Vectors, milliseconds},
};

const MODEL: &str = "bench";
/// Assets of one transaction.
const BATCH: i64 = 4096;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Data folder with the embedded database of a library of as many assets as there are vectors.
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    vectors: PathBuf,
    #[arg(long)]
    queries: PathBuf,
    #[arg(long)]
    dimensions: usize,
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let vectors = Vectors::open(&options.vectors, options.dimensions)?;
    let queries = Vectors::open(&options.queries, options.dimensions)?;
    let db = Db::open_sqlite(&options.data.join("heirloom.db")).await?;
    let owner = users::list(&mut db.read().await?).await?;
    let owner = owner.first().context("the library has no owner")?.id;
    give_vectors(&db, owner, &vectors).await?;
    let recall = Recall::new(RecallSettings {
        budget_bytes: 4 << 30,
        folder: Some(options.data.join("indexes")),
    });
    let start = Instant::now();
    let count = recall.count(&db, owner, MODEL).await?;
    let first = start.elapsed();
    let (mut times, mut spent) = (Vec::new(), Vec::new());
    for number in 0..queries.len() {
        let query = queries.row(number)?;
        let wanted = Wanted {
            query: &query,
            limit: options.limit,
            least: f32::NEG_INFINITY,
            facts: FactFilter::default(),
            among: None,
        };
        let (start, cpu) = (Instant::now(), cpu::of_process());
        std::hint::black_box(recall.search(&db, owner, MODEL, wanted).await?);
        times.push(start.elapsed());
        // The database reads on threads of its own.
        spent.push(cpu::of_process().saturating_sub(cpu));
    }
    println!(
        "{}",
        json!({
            "rows": count,
            "load_seconds": first.as_secs_f64(),
            "memory_bytes": recall.memory(),
            "milliseconds": milliseconds(&times),
            "cpu_milliseconds": milliseconds(&spent),
        })
    );
    db.close().await;
    Ok(())
}

/// Gives each asset the vector of its number, unless they have them.
async fn give_vectors(db: &Db, owner: UserId, vectors: &Vectors) -> anyhow::Result<()> {
    let nobody = (AssetId(Uuid::nil()), -1);
    let known = embeddings::list_page(&mut db.read().await?, owner, MODEL, nobody, 1).await?;
    if !known.is_empty() {
        return Ok(());
    }
    let (mut after, mut row) = (AssetId(Uuid::nil()), 0);
    while row < vectors.len() {
        let mut tx = db.write().await?;
        let assets = system::list_originals(&mut tx, after, BATCH).await?;
        let Some(last) = assets.last() else { break };
        after = last.id;
        let count = assets.len().min(vectors.len() - row);
        for (asset, vector) in assets.iter().zip(vectors.rows(row, count)?) {
            embeddings::replace(&mut tx, owner, MODEL, asset.id, &[(0, vector)]).await?;
        }
        tx.commit().await?;
        row += count;
    }
    Ok(())
}
