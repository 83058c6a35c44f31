//! Many owners on one budget: indexes come from their snapshots when they are asked for, and go when others need room.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use heirloom_library::recall::{FactFilter, Recall, RecallSettings, Wanted};
use heirloom_store::{
    Db,
    vectors::{Header, Index},
};
use heirloom_types::ids::UserId;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use uuid::Uuid;

use crate::vectors::{PLAIN, Vectors, id_of, milliseconds};

const MODEL: &str = "bench";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// An empty folder for the database and the snapshots.
    #[arg(long)]
    data: PathBuf,
    /// Rows that are dealt out to the owners, over and over.
    #[arg(long)]
    vectors: PathBuf,
    #[arg(long)]
    queries: PathBuf,
    #[arg(long)]
    dimensions: usize,
    #[arg(long, default_value_t = 1000)]
    owners: usize,
    /// Vectors of each.
    #[arg(long, default_value_t = 10_000)]
    each: usize,
    #[arg(long, default_value_t = 1024)]
    memory_mib: usize,
    #[arg(long, default_value_t = 2000)]
    searches: usize,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let vectors = Vectors::open(&options.vectors, options.dimensions)?;
    let queries = Vectors::open(&options.queries, options.dimensions)?;
    let folder = options.data.join("indexes");
    for owner in 0..options.owners {
        save(options, &vectors, owner, &folder)?;
    }
    let db = Db::open_sqlite(&options.data.join("heirloom.db")).await?;
    let before = resident_mib()?;
    let recall = Recall::new(RecallSettings {
        budget_bytes: options.memory_mib << 20,
        folder: Some(folder),
    });
    let (mut times, mut most, mut most_resident) = (Vec::<Duration>::new(), 0, 0.0f64);
    let mut rng = StdRng::seed_from_u64(1);
    for number in 0..options.searches {
        // Some are there often, most seldom.
        let owner = (options.owners as f64 * rng.random::<f64>().powi(3)) as usize;
        let query = queries.row(number % queries.len())?;
        let wanted = Wanted {
            query: &query,
            limit: 100,
            least: f32::NEG_INFINITY,
            facts: FactFilter::default(),
            among: None,
        };
        let start = Instant::now();
        std::hint::black_box(recall.search(&db, owner_of(owner), MODEL, wanted).await?);
        times.push(start.elapsed());
        most = most.max(recall.memory());
        most_resident = most_resident.max(resident_mib()? - before);
    }
    println!(
        "{}",
        json!({
            "rows": options.owners * options.each,
            "memory_bytes_most": most,
            "resident_mib_most": most_resident,
            "milliseconds": milliseconds(&times),
        })
    );
    db.close().await;
    Ok(())
}

/// An owner's snapshot, as the server would have left it.
fn save(
    options: &Options,
    vectors: &Vectors,
    owner: usize,
    folder: &std::path::Path,
) -> anyhow::Result<()> {
    let mut index = Index::new(options.dimensions);
    let first = owner * options.each % (vectors.len() - options.each + 1);
    let rows = vectors.rows(first, options.each)?;
    for (number, vector) in rows.into_iter().enumerate() {
        index.put(id_of(number), PLAIN, vec![(0, vector)])?;
    }
    let folder = folder.join(owner_of(owner).to_string());
    std::fs::create_dir_all(&folder)?;
    let header = Header {
        model: MODEL.into(),
        feed_seq: 0,
    };
    index.save(&folder.join(format!("{MODEL}.vectors")), &header)?;
    Ok(())
}

fn owner_of(number: usize) -> UserId {
    UserId(Uuid::from_u128(number as u128 + 1))
}

/// Memory of this process that is not a file's, in MiB.
fn resident_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.split_whitespace().next())
        .map_or(Ok(0.0), str::parse::<f64>)?;
    Ok(kib / 1024.0)
}
