//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use heirloom_media::decoder::confine::{self, ProgramLimits};

use crate::{inference::InferenceOptions, models::ModelsOptions, upload::UploadOptions};

/// A photo and video library for a home or a fleet.
#[derive(Debug, Parser)]
#[command(name = "heirloom", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the API and the web page, and process what is uploaded.
    Serve(ServeOptions),
    /// Only process what is uploaded; for machines beside one that serves.
    Worker(CommonOptions),
    /// Run models for other machines, over the Open Inference Protocol.
    Inference(InferenceOptions),
    /// Send photos and videos to a server; what is there already is not sent again.
    Upload(UploadOptions),
    /// Administer the server of this machine.
    Admin(AdminOptions),
    /// List, get, check and remove packs of models.
    Models(ModelsOptions),
    /// Print everything that can be configured, as a table.
    Configuration,
    /// Read untrusted files for another process of this program.
    #[command(hide = true)]
    Decoder { memory_bytes: u64 },
    /// Become another program, with limits.
    #[command(hide = true)]
    Confine(Confine),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CommonOptions {
    /// Configuration file (TOML); see docs/configuration.md.
    #[arg(long, env = "HEIRLOOM_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder for originals, renditions and the database.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// This process was another one, which began anew.
    #[arg(long, hide = true)]
    pub again: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub common: CommonOptions,
    /// Address and port to listen on.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
    /// Leave the processing to `heirloom worker` elsewhere.
    #[arg(long)]
    pub no_worker: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdminOptions {
    #[command(flatten)]
    pub common: CommonOptions,
    #[command(subcommand)]
    pub command: AdminCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Make an account that administers the server. The password is read from standard input.
    CreateAdmin {
        email: String,
        #[arg(default_value = "Admin")]
        name: String,
    },
    /// Set somebody's password. It is read from standard input.
    ResetPassword { email: String },
    /// Let an account administer the server.
    GrantAdmin { email: String },
    /// Take that away again.
    RevokeAdmin { email: String },
    /// List the accounts.
    ListUsers,
    /// Read every original and compare it with what was taken in.
    Verify,
    /// Back the database up into the file store, as the server does by itself every night.
    Backup {
        /// Write it to this file instead.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Have the server answer nobody but whoever administers it, or end that.
    Maintenance {
        #[command(subcommand)]
        change: MaintenanceChange,
    },
    /// Bring the database back from a backup, into an empty one.
    Restore {
        /// A file, or the name of a backup in the file store.
        backup: PathBuf,
        /// Put an embedded database that is not empty aside; it stays beside the new one.
        #[arg(long)]
        replace: bool,
    },
    /// Say whether everything that the server needs is there and works, and what to do if not.
    Doctor,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum MaintenanceChange {
    /// Begin, and print the address that lets one in meanwhile.
    On,
    /// End.
    Off,
}

/// What to become, and how far it may go.
#[derive(Debug, Args)]
pub(crate) struct Confine {
    memory_bytes: u64,
    cpu_seconds: u64,
    /// Folder it may write to; empty for none.
    writable: String,
    program: String,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Largest file a program may write, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 30;

impl Confine {
    pub(crate) fn exec(&self) -> std::io::Error {
        let limits = ProgramLimits {
            memory_bytes: self.memory_bytes,
            // Of all its threads together.
            cpu_seconds: self.cpu_seconds.saturating_mul(8),
            file_bytes: FILE_BYTES_MAX,
            writable: Some(PathBuf::from(&self.writable))
                .filter(|path| !path.as_os_str().is_empty())
                .into_iter()
                .collect(),
        };
        confine::exec(&limits, &self.program, &self.arguments)
    }
}
