//! The binary: command line, configuration, wiring, nothing else.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to its person"
)]

mod admin;
mod again;
mod cli;
mod config;
mod engine;
mod inference;
mod models;
mod reference;
mod serve;
mod settings;
mod tls;
mod upload;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        // These two become what they are before any thread is started.
        Command::Decoder { memory_bytes } => {
            heirloom_media::decoder::child_main(memory_bytes).map_err(anyhow::Error::from)
        }
        Command::Confine(program) => Err(program.exec().into()),
        Command::Serve(options) => runtime(serve::serve(options)),
        Command::Worker(options) => runtime(serve::work(options)),
        Command::Inference(options) => runtime(inference::run(options)),
        Command::Upload(options) => runtime(upload::run(options)),
        Command::Admin(options) => runtime(admin::run(options)),
        Command::Configuration => {
            print!("{}", reference::table());
            Ok(())
        }
        Command::Models(options) => runtime(models::run(options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heirloom: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
