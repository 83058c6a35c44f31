//! The pool of child processes in which untrusted bytes are read. A file that kills its reader fails alone.

mod child;
pub mod confine;
mod mapping;
mod protocol;
mod sheet;

use std::{
    fs::File,
    io,
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{self, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub use child::child_main;
use heirloom_types::geometry::Size;
use tokio::sync::Semaphore;

use crate::{
    decode::{self, Limits, Target},
    facts::Facts,
    format::Format,
    pixels::Pixels,
};
use protocol::{Reply, Request};

/// How the children are started and held in check.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The program, normally this one.
    pub executable: PathBuf,
    /// What makes it call [`child_main`].
    pub arguments: Vec<String>,
    /// Children at work at one time.
    pub processes: usize,
    /// Address space of one child, in bytes.
    pub memory_bytes: u64,
    /// How long one file may take.
    pub time: Duration,
    /// Pixels of the largest picture that is decoded.
    pub max_pixels: u64,
}

/// A picture and what its file says.
#[derive(Debug)]
pub struct Decoded {
    pub facts: Facts,
    /// Full size as displayed; the pixels may be fewer.
    pub size: Size,
    pub pixels: Pixels,
    pub format: Format,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    File(#[from] decode::Error),
    #[error("reading the file took longer than {} seconds", .0.as_secs())]
    Slow(Duration),
    #[error(
        "the file made its reader fail; it may be damaged or need more memory than a reader is given"
    )]
    Died,
    #[error("no reader could be started: {0}")]
    Unavailable(io::Error),
}

impl Error {
    /// Whether another try could end differently.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// Hands files to children and takes facts and pixels back.
#[derive(Clone)]
pub struct Decoder(Arc<Pool>);

struct Pool {
    settings: Settings,
    slots: Semaphore,
    idle: Mutex<Vec<Child>>,
    decodes: AtomicU64,
}

impl Decoder {
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Pool {
            slots: Semaphore::new(settings.processes.max(1)),
            idle: Mutex::new(Vec::new()),
            decodes: AtomicU64::new(0),
            settings,
        }))
    }

    /// What the file says of itself. Costs no decoding; a file without metadata gives empty facts.
    pub async fn facts(&self, file: File, name: &str) -> Result<Facts, Error> {
        let reply = self.ask(file, Request::facts(name)).await?;
        Ok(reply.facts)
    }

    /// What a sidecar (XMP) says.
    pub async fn sidecar_facts(&self, file: File) -> Result<Facts, Error> {
        let reply = self.ask(file, Request::sidecar()).await?;
        Ok(reply.facts)
    }

    /// Facts and pixels in one reading.
    pub async fn decode(&self, file: File, name: &str, target: Target) -> Result<Decoded, Error> {
        self.0.decodes.fetch_add(1, Ordering::Relaxed);
        let limits = Limits {
            max_pixels: self.0.settings.max_pixels,
            max_bytes: self.0.settings.memory_bytes,
        };
        let reply = self
            .ask(file, Request::decode(name, target, limits))
            .await?;
        let (picture, pixels) = reply.picture.ok_or(Error::Died)?;
        Ok(Decoded {
            facts: reply.facts,
            size: picture.size,
            pixels,
            format: picture.format,
        })
    }

    /// As [`Self::decode`], of a picture that is in memory.
    pub async fn decode_bytes(
        &self,
        picture: &[u8],
        name: &str,
        target: Target,
    ) -> Result<Decoded, Error> {
        let file = mapping::sealed(picture).map_err(Error::Unavailable)?;
        self.decode(file, name, target).await
    }

    /// How many pictures were decoded since the start.
    pub fn decodes(&self) -> u64 {
        self.0.decodes.load(Ordering::Relaxed)
    }

    async fn ask(&self, file: File, request: Request) -> Result<Answer, Error> {
        let _slot = self.0.slots.acquire().await.map_err(|_| Error::Died)?;
        let pool = self.0.clone();
        tokio::task::spawn_blocking(move || pool.ask(&file, &request))
            .await
            .map_err(|_| Error::Died)?
    }
}

/// A reply with its pixels.
struct Answer {
    facts: Facts,
    picture: Option<(protocol::Shape, Pixels)>,
}

impl Pool {
    /// A child that has answered is used again; any other is dropped and dies.
    fn ask(&self, file: &File, request: &Request) -> Result<Answer, Error> {
        let child = match self.idle().pop() {
            Some(child) => child,
            None => Child::start(&self.settings).map_err(Error::Unavailable)?,
        };
        let answer = child.ask(file, request, self.settings.time)?;
        self.idle().push(child);
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Child>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Child {
    process: process::Child,
    socket: UnixStream,
}

impl Child {
    fn start(settings: &Settings) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(settings.time))?;
        socket.set_write_timeout(Some(settings.time))?;
        let process = Command::new(&settings.executable)
            .args(&settings.arguments)
            .arg(settings.memory_bytes.to_string())
            .env_clear()
            // One arena and no thread pool per core: a reader works on one picture at a time.
            .envs([("MALLOC_ARENA_MAX", "1"), ("RAYON_NUM_THREADS", "1")])
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self { process, socket })
    }

    /// The outer error says that the child cannot be used again.
    fn ask(
        &self,
        file: &File,
        request: &Request,
        time: Duration,
    ) -> Result<Result<Answer, Error>, Error> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Slow(time),
            _ => Error::Died,
        };
        protocol::send(&self.socket, request, Some(file)).map_err(failed)?;
        let (reply, sheet): (Reply, _) = protocol::receive(&self.socket).map_err(failed)?;
        let picture = match (reply.shape, sheet) {
            (Some(shape), Some(sheet)) => {
                let pixels = shape.pixels(&sheet).ok_or(Error::Died)?;
                Some((shape, pixels))
            }
            _ => None,
        };
        Ok(match reply.error {
            Some(error) => Err(Error::File(error)),
            None => Ok(Answer {
                facts: reply.facts,
                picture,
            }),
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when the process is already gone.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
