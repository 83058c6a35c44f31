//! Files of the repository that are made from code.

use std::{fs, process::Command};

use crate::shell::{Outcome, step};

/// After this line everything is generated; a test in `crates/heirloom/tests/it` says when it is stale.
const MARK: &str = "<!-- generated: the rest of this file -->\n";
const REFERENCE: &str = "docs/configuration.md";

/// Writes all of them.
pub(crate) fn write() -> Outcome {
    step("writing docs/configuration.md");
    let table = heirloom(&["configuration"])?;
    let text = fs::read_to_string(REFERENCE).map_err(|error| format!("{REFERENCE}: {error}"))?;
    let (written, _) = text
        .split_once(MARK)
        .ok_or_else(|| format!("{REFERENCE} has no line {MARK}"))?;
    fs::write(REFERENCE, format!("{written}{MARK}\n{table}"))
        .map_err(|error| format!("{REFERENCE}: {error}"))
}

/// What a command of the program prints.
fn heirloom(arguments: &[&str]) -> Outcome<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--package", "heirloom", "--"])
        .args(arguments)
        .output()
        .map_err(|error| format!("cargo could not be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
