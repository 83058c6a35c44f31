//! Packages of the system that the build and the tests need.

use std::process::Command;

use crate::shell::{Outcome, done, is_root, step, succeeds};

/// One package a line.
const PACKAGES: &str = include_str!("packages.txt");

/// Installs what is missing with apt; on other systems says what is needed.
pub(crate) fn install() -> Outcome {
    let names: Vec<&str> = PACKAGES
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
        .collect();
    require(&names)
}

/// Installs those of the named packages that are missing.
pub(crate) fn require(names: &[&str]) -> Outcome {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !is_installed(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !succeeds(Command::new("apt-get").arg("--version")) {
        return Err(format!(
            "install these packages (Debian's names), then try again: {}",
            missing.join(" ")
        ));
    }
    step(&format!("installing {}", missing.join(" ")));
    done(apt().arg("update"))?;
    done(
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(missing),
    )
}

fn is_installed(name: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", name])
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn apt() -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("apt-get");
        sudo
    };
    command
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
