//! Beginning anew: the process becomes a fresh one of the same program under the same number, and hands on the socket it
//! listens on, so that nobody is refused meanwhile. Nothing in memory outlives it, and no supervisor is needed.

use std::{
    env, io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::CommandExt,
    },
    process::{Command, Stdio},
};

use anyhow::Context;
use rustix::process::{WaitOptions, wait};
use tokio::net::TcpListener;

/// Says to the fresh process that it is one, and that its standard input may be the socket.
pub(crate) const FLAG: &str = "--again";
/// This program, even if its file was replaced by another version.
const SELF: &str = "/proc/self/exe";

/// Becomes a fresh process; returns only why that could not be.
pub(crate) fn begin(socket: Option<OwnedFd>) -> anyhow::Error {
    let given: Vec<_> = env::args_os().collect();
    let (name, arguments) = match given.split_first() {
        Some((name, arguments)) => (name.clone(), arguments),
        None => ("heirloom".into(), &given[..]),
    };
    let mut command = Command::new(SELF);
    command.arg0(name);
    command.args(arguments.iter().filter(|argument| *argument != FLAG));
    command.arg(FLAG);
    command.stdin(socket.map_or_else(Stdio::null, Stdio::from));
    let error = command.exec();
    anyhow::Error::from(error).context("the program cannot be started anew; start it by hand")
}

/// The socket of the process before.
pub(crate) fn socket() -> anyhow::Result<TcpListener> {
    let handed = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .context("the socket was not handed on")?;
    let listener = std::net::TcpListener::from(handed);
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener)?)
}

/// Takes leave of the children of the process before, which end when it lets go of them.
pub(crate) fn part_from_children() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}
