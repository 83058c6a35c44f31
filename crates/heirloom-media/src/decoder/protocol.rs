//! What parent and child say to each other: a length, JSON, and beside the first byte at most one open file.

use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut, Read, Write},
    mem::MaybeUninit,
    os::{fd::AsFd, unix::net::UnixStream},
};

use heirloom_types::geometry::Size;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::sheet;
use crate::{
    decode::{self, Limits, Target},
    facts::Facts,
    format::Format,
    pixels::{Form, Pixels},
};

/// Longest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// Goes with the file to read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub name: String,
    pub work: Work,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Work {
    Facts,
    Sidecar,
    Decode(Target, Limits),
}

impl Request {
    pub(super) fn facts(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            work: Work::Facts,
        }
    }

    pub(super) fn sidecar() -> Self {
        Self {
            name: String::new(),
            work: Work::Sidecar,
        }
    }

    pub(super) fn decode(name: &str, target: Target, limits: Limits) -> Self {
        Self {
            name: name.to_owned(),
            work: Work::Decode(target, limits),
        }
    }
}

/// Goes with the pixels, if there are any.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Reply {
    pub facts: Facts,
    pub shape: Option<Shape>,
    pub error: Option<decode::Error>,
}

/// What the pixels are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Shape {
    pub size: Size,
    pub pixels_size: Size,
    pub form: Form,
    pub format: Format,
}

impl Shape {
    /// The pixels that lie on a sheet; none if they are fewer than they should be.
    pub(super) fn pixels(&self, sheet: &File) -> Option<Pixels> {
        let length = self.form.bytes(self.pixels_size)?;
        let bytes = sheet::read(sheet, length).ok()?;
        Pixels::new(self.pixels_size, self.form, bytes)
    }
}

pub(super) fn send(
    socket: &UnixStream,
    message: &impl Serialize,
    file: Option<&File>,
) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    let length = u32::try_from(body.len())
        .map_err(io::Error::other)?
        .to_be_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files: Vec<_> = file.iter().map(AsFd::as_fd).collect();
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(io::Error::other("no room for a file"));
    }
    let sent = sendmsg(
        socket,
        &[IoSlice::new(&length)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    let mut socket = socket;
    socket.write_all(&length[sent..])?;
    socket.write_all(&body)
}

pub(super) fn receive<T: DeserializeOwned>(socket: &UnixStream) -> io::Result<(T, Option<File>)> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut length)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let file = control
        .drain()
        .find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut files) => files.next(),
            _ => None,
        })
        .map(File::from);
    let mut socket = socket;
    socket.read_exact(&mut length[received.bytes..])?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MESSAGE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    Ok((serde_json::from_slice(&body)?, file))
}
