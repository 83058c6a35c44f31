//! `heirloom admin doctor`: whether everything the server needs is there and works, and what to do if not.

use std::{path::Path, process::Command};

use anyhow::bail;
use heirloom_store::blobs::{BlobPath, Blobs};

use crate::{
    config::Config,
    wiring::{blob_settings, open_database},
};

/// Free space below which a disk is as good as full.
const SPACE_MIN: u64 = 1 << 30;

/// What was found of one thing.
enum Finding {
    Good(String),
    /// The server runs; something is missing in it.
    Poor {
        what: String,
        remedy: String,
    },
    Bad {
        what: String,
        remedy: String,
    },
}

pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let mut findings = vec![("data folder", data_folder(&config.data))];
    findings.push(("database", database(config).await));
    let (files, space) = file_store(config).await;
    findings.push(("file store", files));
    findings.extend(space.map(|space| ("disk space", space)));
    for program in ["ffmpeg", "ffprobe"] {
        findings.push((program, tool(program)));
    }
    findings.push(("confinement", confinement()));
    let mut bad = 0;
    for (name, finding) in findings {
        match finding {
            Finding::Good(what) => println!("good  {name}: {what}"),
            Finding::Poor { what, remedy } => println!("poor  {name}: {what}\n      {remedy}"),
            Finding::Bad { what, remedy } => {
                bad += 1;
                println!("BAD   {name}: {what}\n      {remedy}");
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of these keep the server from working");
    }
    Ok(())
}

fn data_folder(folder: &Path) -> Finding {
    let probe = folder.join(".heirloom-doctor");
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Finding::Good(format!("{} can be written", folder.display())),
        Err(error) => Finding::Bad {
            what: format!("{} cannot be written: {error}", folder.display()),
            remedy: "give it to the user that runs the server, or choose another with --data"
                .into(),
        },
    }
}

async fn database(config: &Config) -> Finding {
    match open_database(config).await {
        Ok(db) => {
            db.close().await;
            Finding::Good(match &config.database.url {
                Some(_) => "PostgreSQL answers, its schema is up to date".into(),
                None => "the embedded one opens, its schema is up to date".into(),
            })
        }
        Err(error) => Finding::Bad {
            what: format!("{error:#}"),
            remedy: match &config.database.url {
                Some(_) => "check database.url, and that the server runs and lets this user in",
                None => "check the permissions of the data folder; `heirloom admin restore` brings a backup back",
            }
            .into(),
        },
    }
}

/// Writes, reads and removes a file as the server would.
async fn file_store(config: &Config) -> (Finding, Option<Finding>) {
    let bad = |what: String| Finding::Bad {
        what,
        remedy: "check storage.s3 (bucket, keys, endpoint), or the permissions of the data folder"
            .into(),
    };
    let settings = match blob_settings(config) {
        Ok(settings) => settings,
        Err(error) => return (bad(format!("{error:#}")), None),
    };
    let tried = async {
        let blobs = Blobs::open(&settings).await?;
        if let Some(path) = BlobPath::backup("doctor-probe") {
            blobs.put(&path, "probe".into()).await?;
            let found = blobs.read(&path).await?;
            blobs.delete(&path).await?;
            anyhow::ensure!(found == "probe", "what was written is not what is read");
        }
        Ok::<_, anyhow::Error>(blobs.space().await?)
    };
    match tried.await {
        Ok(space) => (
            Finding::Good("a file can be written, read and removed".into()),
            space.map(|space| disk(space.available, space.total)),
        ),
        Err(error) => (bad(format!("{error:#}")), None),
    }
}

fn disk(available: u64, total: u64) -> Finding {
    let what = format!("{} of {} GiB are free", available >> 30, total >> 30);
    if available < SPACE_MIN {
        Finding::Bad {
            what,
            remedy: "free some space, or move the data folder to a larger disk".into(),
        }
    } else {
        Finding::Good(what)
    }
}

fn tool(program: &str) -> Finding {
    let remedy =
        "install ffmpeg (apt install ffmpeg); without it videos have no pictures and no renditions"
            .to_owned();
    match Command::new(program).arg("-version").output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            Finding::Good(text.lines().next().unwrap_or_default().to_owned())
        }
        Ok(output) => Finding::Poor {
            what: format!("{program} ends with {}", output.status),
            remedy,
        },
        Err(error) => Finding::Poor {
            what: format!("{program} does not start: {error}"),
            remedy,
        },
    }
}

/// Whether the processes that read untrusted files can be confined as they should.
fn confinement() -> Finding {
    match std::fs::read_to_string("/sys/kernel/security/lsm") {
        Ok(modules) if modules.split(',').any(|module| module.trim() == "landlock") => {
            Finding::Good("the kernel has Landlock".into())
        }
        Ok(_) => Finding::Poor {
            what: "the kernel has no Landlock; files are read under seccomp and limits alone"
                .into(),
            remedy: "add landlock to the kernel's lsm= parameter".into(),
        },
        Err(_) => Finding::Poor {
            what: "it cannot be seen here whether the kernel has Landlock".into(),
            remedy: "nothing to do where the server runs in a container whose host has it".into(),
        },
    }
}
