//! What the benches in `bench/` ask of the product's crates directly, without a server between. Each command says what it
//! measured as JSON on standard output.
#![expect(clippy::print_stdout, reason = "standard output is the result")]

mod cpu;
mod decode;
mod infer;
mod owners;
mod read;
mod recall;
mod scan;
mod vectors;

use clap::Parser;

#[derive(Parser)]
#[command(name = "heirloom-bench")]
enum Command {
    /// Decode pictures and scale them down to a preview, nothing else; a peer of bench/ingest.
    Decode,
    /// Search an index of vectors that are in a file.
    Scan(scan::Options),
    /// Search an owner's vectors as the server does, with the database behind it.
    Recall(recall::Options),
    /// Search the vectors of many owners within a budget of memory.
    Owners(owners::Options),
    /// Read the text of pictures, with and without the first, cheap look.
    Read(read::Options),
    /// Ask a model as fast as it answers.
    Infer(infer::Options),
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Decode => decode::run(),
        Command::Scan(options) => scan::run(&options),
        Command::Recall(options) => runtime()?.block_on(recall::run(&options)),
        Command::Owners(options) => runtime()?.block_on(owners::run(&options)),
        Command::Read(options) => runtime()?.block_on(read::run(&options)),
        Command::Infer(options) => runtime()?.block_on(infer::run(&options)),
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
