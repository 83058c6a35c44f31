//! What a process that reads untrusted bytes is kept from: files, network, other programs, more memory than its share.

use std::{
    collections::BTreeMap,
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::process::CommandExt,
    },
    path::PathBuf,
    process::Command,
};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{SeccompAction, SeccompFilter, SeccompRule, TargetArch, apply_filter};

/// Newest Landlock interface whose rights are asked for; an older kernel grants fewer protections.
const LANDLOCK: ABI = ABI::V5;
/// Where programs and their libraries lie.
const PROGRAM_FOLDERS: &[&str] = &[
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/nix/store",
];
/// System calls that reach out of the process.
const NETWORK_CALLS: &[i64] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_mount,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_keyctl,
    libc::SYS_io_uring_setup,
];
/// What a reader, which is handed every file it needs, can do without as well.
const FILE_CALLS: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_mkdirat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_kill,
    libc::SYS_tkill,
];

/// Confines this process for good: no files but the ones it is handed, no network, no other program.
pub(super) fn reader(memory_bytes: u64) -> io::Result<()> {
    limit(Resource::As, memory_bytes)?;
    limit(Resource::Nofile, 64)?;
    limit(Resource::Core, 0)?;
    landlocked(None, &[], &[]).map_err(io::Error::other)?;
    deny(NETWORK_CALLS.iter().chain(FILE_CALLS))
}

/// Limits of a program of the system's that reads untrusted bytes (`ffmpeg`).
#[derive(Debug)]
pub struct ProgramLimits {
    pub memory_bytes: u64,
    pub cpu_seconds: u64,
    /// Largest file it may write, in bytes.
    pub file_bytes: u64,
    /// Folders it may write to.
    pub writable: Vec<PathBuf>,
}

/// Becomes the program, confined: it reads its own libraries and standard input, writes to the folders named, and
/// reaches no network. Returns only if that failed.
pub fn exec(limits: &ProgramLimits, program: &str, arguments: &[String]) -> io::Error {
    let confine = || -> io::Result<()> {
        limit(Resource::As, limits.memory_bytes)?;
        limit(Resource::Cpu, limits.cpu_seconds)?;
        limit(Resource::Fsize, limits.file_bytes)?;
        limit(Resource::Core, 0)?;
        let mut readable: Vec<PathBuf> = PROGRAM_FOLDERS.iter().map(PathBuf::from).collect();
        readable.extend(["/dev/null", "/dev/urandom"].map(PathBuf::from));
        landlocked(Some(io::stdin().as_fd()), &readable, &limits.writable)
            .map_err(io::Error::other)?;
        deny(NETWORK_CALLS.iter())
    };
    match confine() {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(error) => error,
    }
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = Some(most);
    Ok(setrlimit(
        resource,
        Rlimit {
            current: most,
            maximum: most,
        },
    )?)
}

/// As strict as the kernel allows. `input` may be opened again by its name under `/dev/fd`.
fn landlocked(
    input: Option<BorrowedFd<'_>>,
    readable: &[PathBuf],
    writable: &[PathBuf],
) -> Result<(), RulesetError> {
    let all = AccessFs::from_all(LANDLOCK);
    let read = AccessFs::from_read(LANDLOCK);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)?
        .create()?;
    if let Some(input) = input {
        rules = rules.add_rule(PathBeneath::new(input, AccessFs::ReadFile))?;
    }
    let folders = readable
        .iter()
        .map(|path| (path, read))
        .chain(writable.iter().map(|path| (path, all)));
    for (path, access) in folders {
        if let Ok(folder) = PathFd::new(path) {
            rules = rules.add_rule(PathBeneath::new(folder, access))?;
        }
    }
    rules.restrict_self()?;
    Ok(())
}

fn deny<'a>(calls: impl Iterator<Item = &'a i64>) -> io::Result<()> {
    let rules: BTreeMap<i64, Vec<SeccompRule>> = calls.map(|&call| (call, Vec::new())).collect();
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let program: seccompiler::BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, refused, architecture)
            .and_then(TryInto::try_into)
            .map_err(io::Error::other)?;
    apply_filter(&program).map_err(io::Error::other)
}
