//! The project's own commands: `cargo xtask run | test | lint | setup | demo`. Only the standard library, so that it builds in a
//! moment on a fresh machine.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks to its person"
)]

mod bench;
mod codegen;
mod coverage;
mod demo;
mod packages;
mod photos;
mod postgres;
mod python;
mod setup;
mod shell;
#[cfg(test)]
mod tidy;
mod web;

use std::process::ExitCode;

use postgres::Postgres;
use shell::{Outcome, cargo, step};

const USAGE: &str = "\
cargo xtask run [-- OPTIONS]   install what is missing, build, and serve at port 2283
cargo xtask test [-- OPTIONS]  all tests, on SQLite and PostgreSQL, with the real clients
cargo xtask bench NAME         measure; without a name it says which there are
cargo xtask demo               a server with a small library; --screenshots takes pictures of every page
cargo xtask lint               formatting and clippy
cargo xtask setup              only install what is missing
cargo xtask codegen            write again what is made from code: the table of docs/configuration.md
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
        "bench" => bench::run(&rest),
        "demo" => demo::run(&rest),
        "lint" => lint(),
        "setup" => setup::everything().and_then(|_| web::build()),
        "codegen" => codegen::write(),
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
    let environment = setup::everything()?;
    web::build()?;
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
    cargo(&arguments, &environment.variables())
}

fn test(options: &[&str]) -> Outcome {
    let environment = setup::everything()?;
    let photos = photos::folder()?.display().to_string();
    web::build()?;
    let postgres = Postgres::start()?;
    step("testing what is in Python");
    setup::test_python()?;
    step("testing");
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(options);
    let mut variables = environment.variables();
    variables.push(("HEIRLOOM_TEST_POSTGRES_URL", postgres.url()));
    variables.push(("HEIRLOOM_TEST_CLIENTS", "1"));
    variables.push(("HEIRLOOM_TEST_PHOTOS", &photos));
    cargo(&arguments, &variables)
}

fn lint() -> Outcome {
    packages::install()?;
    step("formatting");
    cargo(&["fmt", "--check"], &[])?;
    web::check()?;
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
