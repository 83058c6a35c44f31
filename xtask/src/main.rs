//! The project's own commands: `cargo xtask run | test | lint | setup`. Only the standard library, so that it builds in a
//! moment on a fresh machine.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to its person"
)]

mod coverage;
mod packages;
mod postgres;
mod shell;

use std::process::ExitCode;

use postgres::Postgres;
use shell::{Outcome, cargo, step};

const USAGE: &str = "\
cargo xtask run [-- OPTIONS]   install what is missing, build, and serve at port 2283
cargo xtask test [-- OPTIONS]  all tests, on SQLite and PostgreSQL, with the real clients
cargo xtask lint               formatting and clippy
cargo xtask setup              only install what is missing
cargo xtask coverage           the operations of the contract, served or not";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let rest: Vec<&str> = rest
        .iter()
        .map(String::as_str)
        .filter(|option| *option != "--")
        .collect();
    let outcome = match command {
        "run" => run(&rest),
        "test" => test(&rest),
        "lint" => lint(),
        "setup" => packages::install(),
        "coverage" => coverage::print(),
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &[&str]) -> Outcome {
    packages::install()?;
    step("building");
    cargo(&["build", "--release", "--package", "heirloom"], &[])?;
    step("serving");
    let mut arguments = vec![
        "run",
        "--quiet",
        "--release",
        "--package",
        "heirloom",
        "--",
        "serve",
    ];
    arguments.extend(options);
    cargo(&arguments, &[])
}

fn test(options: &[&str]) -> Outcome {
    packages::install()?;
    let postgres = Postgres::start()?;
    step("testing");
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(options);
    cargo(
        &arguments,
        &[
            ("HEIRLOOM_TEST_POSTGRES_URL", postgres.url()),
            ("HEIRLOOM_TEST_CLIENTS", "1"),
        ],
    )
}

fn lint() -> Outcome {
    packages::install()?;
    step("formatting");
    cargo(&["fmt", "--check"], &[])?;
    step("clippy");
    cargo(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
        &[],
    )
}
