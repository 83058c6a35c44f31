//! `cargo xtask demo`: a server with a small library, to look at, and pictures of every page of it.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::{
    setup,
    shell::{Outcome, cargo, done, step},
    web,
};

/// Where the demonstration listens.
const ADDRESS: &str = "127.0.0.1:2284";

/// With `--screenshots [NAMES]` the pictures are made and the server ends; without, it serves until it is stopped.
pub(crate) fn run(options: &[&str]) -> Outcome {
    let environment = setup::everything()?;
    web::build()?;
    step("building");
    cargo(&["build", "--release", "--package", "heirloom"], &[])?;
    let target = target();
    let data = target.join("demo");
    match fs::remove_dir_all(&data) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(format!("{}: {error}", data.display()));
        }
        _ => {}
    }
    step("filling a library");
    let mut server = Server(
        Command::new(target.join("release/heirloom"))
            .args(["serve", "--listen", ADDRESS, "--data"])
            .arg(&data)
            .envs(environment.variables())
            .env("HEIRLOOM__LOG__LEVEL", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("heirloom could not be started: {error}"))?,
    );
    server.wait_until_it_listens()?;
    done(node("fill.mjs").env("PHOTOS", setup::root().join("../shared/photos")))?;
    if let ["--screenshots", names @ ..] = options {
        let folder = target.join("screenshots");
        step("taking pictures of every page");
        done(node("screenshots.mjs").env("OUT", &folder).args(names))?;
        println!("{}", folder.display());
        return Ok(());
    }
    println!("http://{ADDRESS}");
    let ended = server.0.wait().map_err(|error| error.to_string())?;
    Err(format!("heirloom ended with {ended}"))
}

/// Ends with this program's use of it.
struct Server(Child);

impl Server {
    /// It says where it is once it is there.
    fn wait_until_it_listens(&mut self) -> Outcome {
        let output = self.0.stdout.take().ok_or("heirloom has no output")?;
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        if read.is_ok_and(|length| length > 0) {
            Ok(())
        } else {
            Err("heirloom did not start; what it said is above".into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn target() -> PathBuf {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    setup::root().join(target)
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command
        .current_dir(web::folder())
        .arg(format!("demo/{script}"))
        .env("BASE", format!("http://{ADDRESS}"));
    command
}
