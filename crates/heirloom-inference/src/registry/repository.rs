//! Repositories of models, as Hugging Face and its mirrors serve them.

use std::{io, path::Path, time::Duration};

use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header::RANGE};
use serde::Deserialize;
use sha1::{Digest, Sha1};
use tokio::{fs, io::AsyncWriteExt};

use super::{Error, Progress, Result, error::at, manifest, place::Staging};

/// Tries in a row that bring nothing, before a file is given up.
const TRIES: u32 = 5;
/// Wait before the second try; it doubles.
const WAIT: Duration = Duration::from_millis(250);
const CONNECT_TIME: Duration = Duration::from_secs(15);
/// Longest silence within an answer.
const READ_TIME: Duration = Duration::from_mins(1);
const DEFAULT_REVISION: &str = "main";

/// Which repository, and which state of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub repository: String,
    pub revision: String,
}

impl Reference {
    /// `owner/name` or `owner/name@revision`.
    pub fn parse(text: &str) -> Option<Self> {
        let (repository, revision) = match text.split_once('@') {
            Some((repository, revision)) => (repository, revision),
            None => (text, DEFAULT_REVISION),
        };
        let (owner, name) = repository.split_once('/')?;
        [owner, name, revision]
            .into_iter()
            .all(super::is_name)
            .then(|| Self {
                repository: repository.to_owned(),
                revision: revision.to_owned(),
            })
    }

    /// Its name without its owner.
    pub fn short_name(&self) -> &str {
        self.repository
            .split_once('/')
            .map_or(&self.repository, |(_, name)| name)
    }
}

/// A server of repositories.
#[derive(Clone, Debug)]
pub struct Repositories {
    client: Client,
    endpoint: String,
}

/// The files of a repository at one commit; what lies under it never changes.
pub(super) struct Snapshot {
    repository: String,
    pub(super) revision: String,
    pub(super) files: Vec<RemoteFile>,
}

pub(super) struct RemoteFile {
    pub(super) path: String,
    bytes: u64,
    digest: Stated,
}

/// What the repository says a file's digest is. Large files have a SHA-256, others the name that git gives their bytes.
enum Stated {
    Sha256(String),
    GitBlob(String),
}

#[derive(Deserialize)]
struct Info {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

impl Repositories {
    /// The endpoint that is set; `HF_ENDPOINT` is what Hugging Face's own tools read.
    pub fn open(endpoint: Option<&str>) -> Result<Self> {
        let variable = std::env::var("HF_ENDPOINT").ok();
        let endpoint = endpoint
            .map(str::to_owned)
            .or(variable)
            .filter(|endpoint| !endpoint.is_empty())
            .ok_or(Error::NoEndpoint)?;
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(Error::BadEndpoint(endpoint));
        }
        let client = Client::builder()
            .connect_timeout(CONNECT_TIME)
            .read_timeout(READ_TIME)
            .build()
            .map_err(|error| Error::Unreachable {
                endpoint: endpoint.clone(),
                reason: causes(&error),
            })?;
        Ok(Self {
            client,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        })
    }

    /// What a repository holds now.
    pub(super) async fn snapshot(&self, reference: &Reference) -> Result<Snapshot> {
        let Reference {
            repository,
            revision,
        } = reference;
        let url = format!(
            "{}/api/models/{repository}/revision/{revision}?blobs=true",
            self.endpoint
        );
        let response = self.get(repository, &url, 0).await?;
        let bad_answer = |reason: String| Error::BadAnswer {
            url: url.clone(),
            reason,
        };
        let info: Info = response
            .json()
            .await
            .map_err(|error| bad_answer(causes(&error)))?;
        if !super::is_name(&info.sha) {
            return Err(bad_answer(format!("{:?} is not a commit", info.sha)));
        }
        let files = info
            .siblings
            .into_iter()
            .map(|sibling| {
                let name = sibling.rfilename.clone();
                RemoteFile::new(sibling).ok_or_else(|| {
                    bad_answer(format!(
                        "it does not state the size and the digest of {name}"
                    ))
                })
            })
            .collect::<Result<_>>()?;
        Ok(Snapshot {
            repository: repository.clone(),
            revision: info.sha,
            files,
        })
    }

    /// Gets one file, from where an earlier try stopped, and verifies it.
    pub(super) async fn download(
        &self,
        snapshot: &Snapshot,
        file: &RemoteFile,
        staging: &Staging,
        progress: Progress<'_>,
    ) -> Result<()> {
        let target = staging.path(&file.path)?;
        if target.is_file() && file.check(&target).await.is_ok() {
            return Ok(());
        }
        // Bytes of another revision are of no use.
        let part = staging.path(&format!("{}.{}.part", file.path, snapshot.revision))?;
        let url = format!(
            "{}/{}/resolve/{}/{}",
            self.endpoint, snapshot.repository, snapshot.revision, file.path
        );
        let (mut tries, mut wait) = (0, WAIT);
        loop {
            let before = size(&part).await;
            match self.go_on(snapshot, &url, &part, file, progress).await {
                Ok(()) => break,
                Err(error) if !is_passing(&error) => return Err(error),
                Err(error) => {
                    if size(&part).await > before {
                        (tries, wait) = (0, WAIT);
                    }
                    tries += 1;
                    if tries == TRIES {
                        return Err(error);
                    }
                    tracing::info!(file = file.path, %error, "the download broke off; trying again");
                }
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
        if let Err(error) = file.check(&part).await {
            // Or every later try would end the same.
            fs::remove_file(&part).await.map_err(at(&part))?;
            return Err(error);
        }
        fs::rename(&part, &target).await.map_err(at(&target))
    }

    /// Appends what is missing.
    async fn go_on(
        &self,
        snapshot: &Snapshot,
        url: &str,
        part: &Path,
        file: &RemoteFile,
        progress: Progress<'_>,
    ) -> Result<()> {
        let mut here = size(part).await;
        if here == file.bytes && here > 0 {
            return Ok(());
        }
        if here > file.bytes {
            here = 0;
        }
        let response = self.get(&snapshot.repository, url, here).await?;
        let is_rest = response.status() == StatusCode::PARTIAL_CONTENT;
        let mut options = fs::OpenOptions::new();
        options.create(true).write(true);
        // A server that knows no ranges begins again, and so do we.
        if here > 0 && is_rest {
            options.append(true);
        } else {
            here = 0;
            options.truncate(true);
        }
        let mut output = options.open(part).await.map_err(at(part))?;
        let mut stream = response.bytes_stream();
        while let Some(bytes) = stream.next().await {
            let bytes = match bytes {
                Ok(bytes) => bytes,
                Err(error) => {
                    // What came is where the next try goes on.
                    output.flush().await.map_err(at(part))?;
                    return Err(self.unreachable(&error));
                }
            };
            here += bytes.len() as u64;
            if here > file.bytes {
                return Err(file.damaged(format!("more than {} bytes came", file.bytes)));
            }
            output.write_all(&bytes).await.map_err(at(part))?;
            progress(&file.path, here, file.bytes);
        }
        output.flush().await.map_err(at(part))?;
        if here < file.bytes {
            return Err(Error::Unreachable {
                endpoint: self.endpoint.clone(),
                reason: format!("{} ended after {here} of {} bytes", file.path, file.bytes),
            });
        }
        Ok(())
    }

    async fn get(&self, repository: &str, url: &str, from: u64) -> Result<Response> {
        let mut request = self.client.get(url);
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            // Whether there is a private repository of the name is not said.
            StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Error::NoRepository {
                    repository: repository.to_owned(),
                    endpoint: self.endpoint.clone(),
                })
            }
            status => Err(Error::Refused {
                url: url.to_owned(),
                status: status.as_u16(),
            }),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        Error::Unreachable {
            endpoint: self.endpoint.clone(),
            reason: causes(error),
        }
    }
}

impl RemoteFile {
    fn new(sibling: Sibling) -> Option<Self> {
        let (bytes, digest) = match sibling.lfs {
            Some(lfs) => (lfs.size, Stated::Sha256(lfs.sha256)),
            None => (sibling.size?, Stated::GitBlob(sibling.blob_id?)),
        };
        Some(Self {
            path: sibling.rfilename,
            bytes,
            digest,
        })
    }

    /// Compares a file with what the repository states.
    async fn check(&self, path: &Path) -> Result<()> {
        let is_blob = matches!(self.digest, Stated::GitBlob(_));
        let owned = path.to_owned();
        let actual = tokio::task::spawn_blocking(move || {
            if is_blob {
                git_blob(&owned)
            } else {
                manifest::digest(&owned).map(|(_, sha256)| sha256)
            }
        })
        .await
        .expect("hashing does not panic")
        .map_err(at(path))?;
        let (Stated::Sha256(stated) | Stated::GitBlob(stated)) = &self.digest;
        if actual == *stated {
            Ok(())
        } else {
            Err(self.damaged("its digest is not the one that the repository states".into()))
        }
    }

    fn damaged(&self, reason: String) -> Error {
        Error::Damaged {
            file: self.path.clone(),
            reason,
        }
    }
}

/// The name that git gives the bytes of a small file.
fn git_blob(path: &Path) -> io::Result<String> {
    let bytes = std::fs::read(path)?;
    let mut hasher = Sha1::new();
    hasher.update(format!("blob {}\0", bytes.len()));
    hasher.update(&bytes);
    Ok(hex::encode(hasher.finalize()))
}

async fn size(path: &Path) -> u64 {
    fs::metadata(path).await.map_or(0, |facts| facts.len())
}

fn is_passing(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } => true,
        Error::Refused { status, .. } => *status >= 500 || *status == 429,
        _ => false,
    }
}

/// An error of the client says little without what caused it.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
