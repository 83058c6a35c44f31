//! Programs of Node.js with published packages.
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    time::Duration,
};

use serde_json::Value;

/// Longest that a program may stay silent on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Held while packages are installed.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Whether tests with real clients are wanted; says so if not.
pub(crate) fn are_clients_wanted() -> bool {
    let wanted = std::env::var_os("HEIRLOOM_TEST_CLIENTS").is_some();
    if !wanted {
        println!("skipped: HEIRLOOM_TEST_CLIENTS is not set (cargo xtask test sets it)");
    }
    wanted
}

/// These packages in a folder of their own below the target folder; scripts in it can import them.
pub(crate) fn install(packages: &[&str]) -> PathBuf {
    let name = packages.join("+").replace(['/', '@'], "_");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // npm does not bear two of itself in one folder.
    let _turn = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if folder.try_exists().unwrap() {
        return folder;
    }
    let part = folder.with_extension(format!("part{}", std::process::id()));
    std::fs::create_dir_all(&part).unwrap();
    let output = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund"])
        .args(packages)
        .current_dir(&part)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // Another process may have been faster.
    if std::fs::rename(&part, &folder).is_err() {
        std::fs::remove_dir_all(part).unwrap();
    }
    folder
}

/// A running program that says one JSON value a line.
pub(crate) struct Program {
    process: Child,
    lines: mpsc::Receiver<Value>,
}

impl Program {
    /// Starts a script that lies beside the tests.
    pub(crate) fn start(packages: &Path, script: &str, arguments: &[&str]) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/it")
            .join(script);
        // Node looks for packages beside the script.
        let place = packages.join(script);
        std::fs::copy(source, &place).unwrap();
        let mut process = Command::new("node")
            .arg(place)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else {
                    println!("{line}");
                    continue;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Self { process, lines }
    }

    /// The next value that is wanted; what comes before it is left out.
    pub(crate) fn wait_for(&self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        while let Ok(value) = self.lines.recv_timeout(PATIENCE) {
            if is_wanted(&value) {
                return value;
            }
            seen.push(value);
        }
        panic!("{what} did not come, but {seen:#?}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
