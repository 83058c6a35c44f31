//! Running other programs.

use std::process::{Command, Stdio};

/// What went wrong, for a person.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Says what begins.
pub(crate) fn step(what: &str) {
    eprintln!("== {what}");
}

/// Runs cargo as this program was started by it.
pub(crate) fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments);
    // Some build scripts run again when these change, as they do between a call from here and one by hand.
    for (name, _) in std::env::vars() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|of_us| name.starts_with(of_us))
        {
            command.env_remove(name);
        }
    }
    done(command.envs(environment.iter().copied()))
}

/// Runs a command to its end and shows what it says.
pub(crate) fn done(command: &mut Command) -> Outcome {
    let shown = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown} ended with {status}")),
        Err(error) => Err(format!("{shown} could not be started: {error}")),
    }
}

/// Whether a command ends well; what it says is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
