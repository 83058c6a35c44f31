//! One index, one core: what a search costs, and what it finds.

use std::{path::PathBuf, time::Instant};

use heirloom_store::{
    embeddings::Embedding,
    vectors::{When, rank},
};
use serde_json::json;

use crate::{
    cpu,
    vectors::{PLAIN, Vectors, id_of, index_of, milliseconds, row_of},
};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Rows of 32-bit floats.
    #[arg(long)]
    vectors: PathBuf,
    #[arg(long)]
    queries: PathBuf,
    #[arg(long)]
    dimensions: usize,
    /// Assets to find.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let vectors = Vectors::open(&options.vectors, options.dimensions)?;
    let queries = Vectors::open(&options.queries, options.dimensions)?;
    let start = Instant::now();
    let index = index_of(&vectors, options.dimensions)?;
    let building = start.elapsed();
    let (mut times, mut spent, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..queries.len() {
        let query = queries.row(number)?;
        let (start, cpu) = (Instant::now(), cpu::of_thread());
        // As the server asks: what everybody may see.
        let selection = index.select(|marks| marks == PLAIN.marks, &When::ANY);
        let candidates =
            index.candidates(&query, options.limit, f32::NEG_INFINITY, Some(&selection))?;
        let full = candidates
            .iter()
            .map(|candidate| {
                Ok(Embedding {
                    asset_id: candidate.asset_id,
                    moment_ms: 0,
                    vector: vectors.row(row_of(candidate.asset_id))?,
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let hits = rank(&query, &full, options.limit, f32::NEG_INFINITY);
        times.push(start.elapsed());
        spent.push(cpu::of_thread().saturating_sub(cpu));
        found.push(
            hits.iter()
                .map(|hit| row_of(hit.asset_id))
                .collect::<Vec<_>>(),
        );
    }
    assert!(index.contains(id_of(0)), "the index holds the first row");
    println!(
        "{}",
        json!({
            "rows": vectors.len(),
            "build_seconds": building.as_secs_f64(),
            "memory_bytes": index.memory(),
            "milliseconds": milliseconds(&times),
            "cpu_milliseconds": milliseconds(&spent),
            "found": found,
        })
    );
    Ok(())
}
