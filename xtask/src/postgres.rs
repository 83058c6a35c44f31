//! A private PostgreSQL for the tests: its own cluster, its own port, gone when they are over.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Outcome, done, is_root, step, succeeds};

/// A running server. Its folder lies outside the project, because the account it runs under may not read that.
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    url: String,
}

impl Postgres {
    pub(crate) fn start() -> Outcome<Self> {
        step("starting a private PostgreSQL");
        let folder = std::env::temp_dir().join(format!("heirloom-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let port = free_port()?;
        let server = Self {
            programs: programs()?,
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            folder,
        };
        if is_root() {
            done(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let mut init = server.command("initdb");
        init.arg("--pgdata").arg(&data).args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]);
        if !succeeds(&mut init) {
            return Err("initdb failed".into());
        }
        // Nothing here survives the tests, so nothing need reach the disk.
        let options = format!(
            "-p {port} -k {} -c fsync=off -c max_connections=300",
            server.folder.display()
        );
        let mut start = server.command("pg_ctl");
        start
            .arg("--pgdata")
            .arg(&data)
            .arg("--options")
            .arg(options);
        start
            .arg("--log")
            .arg(server.folder.join("log"))
            .args(["--wait", "start"]);
        if !succeeds(&mut start) {
            return Err(format!(
                "PostgreSQL did not start; see {}",
                server.folder.join("log").display()
            ));
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The server refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !is_root() {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command
            .args(["-u", "postgres", "--"])
            .arg(program)
            .current_dir(&self.folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.arg("--pgdata")
            .arg(self.folder.join("data"))
            .args(["--mode=immediate", "stop"]);
        succeeds(&mut stop);
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Where Debian keeps the newest version's programs; elsewhere they are on the path.
fn programs() -> Outcome<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").map(|entries| {
        entries
            .flatten()
            .map(|entry| entry.path())
            .filter_map(|path| {
                Some((
                    path.file_name()?.to_str()?.parse::<u32>().ok()?,
                    path.join("bin"),
                ))
            })
            .max()
    });
    match versions {
        Ok(Some((_, programs))) => Ok(programs),
        _ if succeeds(Command::new("initdb").arg("--version")) => Ok(Path::new("").into()),
        _ => Err("PostgreSQL's initdb was not found".into()),
    }
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("no port is free: {error}"))
}
