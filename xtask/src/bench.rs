//! `cargo xtask bench`: what is measured, each with a README that says how and holds the figures.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    packages,
    postgres::Postgres,
    python, setup,
    shell::{Outcome, cargo, done, step},
};

/// A measurement that is a Python module in `bench`, and what it needs besides.
struct Bench {
    name: &'static str,
    /// Debian's names.
    packages: &'static [&'static str],
    needs_postgres: bool,
}

const BENCHES: &[Bench] = &[
    Bench::new("ingest", &["perl"]),
    Bench::new("search", &[]),
    Bench::new("inference", &[]),
    Bench::new("thumbnails", &["nginx", "wrk"]),
    Bench {
        needs_postgres: true,
        ..Bench::new("library", &["postgresql"])
    },
    Bench::new("load", &["wrk"]),
    Bench::new("web", &["chromium"]),
    // What the rendered pages of text are set in.
    Bench::new(
        "quality",
        &[
            "fontconfig",
            "fonts-dejavu-core",
            "fonts-wqy-microhei",
            "fonts-ipafont-gothic",
        ],
    ),
];

impl Bench {
    const fn new(name: &'static str, packages: &'static [&'static str]) -> Self {
        Self {
            name,
            packages,
            needs_postgres: false,
        }
    }
}

pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let known = |name: &&str| BENCHES.iter().find(|bench| bench.name == *name);
    match arguments.split_first() {
        Some((name, options)) if known(name).is_some() => {
            known(name).map_or(Ok(()), |bench| measure(bench, options))
        }
        _ => Err(format!(
            "say what to measure: cargo xtask bench {}",
            BENCHES
                .iter()
                .map(|bench| bench.name)
                .collect::<Vec<_>>()
                .join(" | ")
        )),
    }
}

fn measure(bench: &Bench, options: &[&str]) -> Outcome {
    let environment = setup::everything()?;
    packages::require(bench.packages)?;
    let python = python::environment("python-bench", "bench/requirements.txt")?;
    let folder = setup::root().join("bench");
    install_node_packages(&folder.join(bench.name))?;
    let programs = build()?;
    let postgres = bench.needs_postgres.then(Postgres::start).transpose()?;
    step("measuring");
    let mut command = Command::new(python);
    command
        .current_dir(&folder)
        .envs(environment.variables())
        .args(["-m", bench.name, "--binary"])
        .arg(programs.join("heirloom"))
        .arg("--tools")
        .arg(programs.join("heirloom-bench"))
        .arg("--photos")
        .arg(setup::root().join("../shared/photos"));
    if let Some(postgres) = &postgres {
        command.args(["--postgres", postgres.url()]);
    }
    done(command.args(options))
}

/// The server and the tools beside it, as they are delivered; answers the folder.
fn build() -> Outcome<PathBuf> {
    step("building");
    let programs = ["--bin", "heirloom", "--bin", "heirloom-bench"];
    let mut arguments = vec!["build", "--profile", "dist", "--workspace"];
    arguments.extend(programs);
    cargo(&arguments, &[])?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    Ok(setup::root().join(target).join("dist"))
}

/// Peers of Node.js, if the measurement has some.
fn install_node_packages(folder: &Path) -> Outcome {
    if !folder.join("package.json").is_file() || folder.join("node_modules").is_dir() {
        return Ok(());
    }
    done(
        Command::new("npm")
            .current_dir(folder)
            .args(["ci", "--no-audit", "--no-fund"]),
    )
}
