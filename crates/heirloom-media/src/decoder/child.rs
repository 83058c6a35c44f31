//! The child's side: confine itself, then answer requests until the parent is gone.

use std::{
    fs::File,
    io,
    os::{fd::AsFd, unix::net::UnixStream},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    confine,
    mapping::Mapping,
    protocol::{self, Reply, Request, Shape, Work},
    sheet::Sheet,
};
use crate::{
    decode::{self, Picture},
    facts::Facts,
    metadata, xmp,
};

/// Serves requests that come over standard input, which is a socket, until it is closed.
pub fn child_main(memory_bytes: u64) -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    std::panic::set_hook(Box::new(|_| {}));
    confine::reader(memory_bytes)?;
    let sheet = Sheet::new()?;
    loop {
        let (request, file) = match protocol::receive::<Request>(&socket) {
            Ok(received) => received,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let file = file.ok_or(io::ErrorKind::InvalidInput)?;
        // A panic is the file's fault, not the next one's.
        let (reply, pixels) = catch_unwind(AssertUnwindSafe(|| answer(&request, &file, &sheet)))
            .unwrap_or_else(|_| {
                Ok((
                    failed(decode::Error::Broken("its reader gave up".into())),
                    None,
                ))
            })?;
        protocol::send(&socket, &reply, pixels.as_ref())?;
    }
}

fn answer(request: &Request, file: &File, sheet: &Sheet) -> io::Result<(Reply, Option<File>)> {
    let Ok(bytes) = Mapping::of_original(file) else {
        return Ok((
            failed(decode::Error::Unsupported("it is empty".into())),
            None,
        ));
    };
    let bytes = bytes.as_ref();
    let (target, limits) = match request.work {
        Work::Sidecar => return Ok((facts_only(xmp::read(bytes)), None)),
        Work::Facts => return Ok((facts_only(metadata::read(bytes)), None)),
        Work::Decode(target, limits) => (target, limits),
    };
    let facts = catch_unwind(|| metadata::read(bytes)).unwrap_or_default();
    match decode::decode(bytes, &request.name, &facts, target, limits) {
        Ok(picture) => {
            let pixels = sheet.write(picture.pixels.bytes())?;
            Ok((decoded(facts, &picture), Some(pixels)))
        }
        Err(error) => Ok((
            Reply {
                facts,
                ..failed(error)
            },
            None,
        )),
    }
}

fn facts_only(facts: Facts) -> Reply {
    Reply {
        facts,
        ..Reply::default()
    }
}

fn failed(error: decode::Error) -> Reply {
    Reply {
        error: Some(error),
        ..Reply::default()
    }
}

fn decoded(facts: Facts, picture: &Picture) -> Reply {
    Reply {
        facts,
        shape: Some(Shape {
            size: picture.size,
            pixels_size: picture.pixels.size(),
            form: picture.pixels.form(),
            format: picture.format,
        }),
        error: None,
    }
}
