//! A video in pieces of two seconds, each made when somebody is about to look at it.
//!
//! Every run of `ffmpeg` begins at some piece and goes on to the end, as fast as what it says is read: who stops reading
//! stops it. Whatever piece a run begins with, it cuts in the same places: frames stand on a grid of a steady rate, packets
//! of sound on one of their own, and every piece begins with a keyframe. So pieces of different runs, and of different
//! sizes, follow each other.

mod fragments;
mod plan;

use std::{fs::File, path::Path, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdout},
    task::JoinHandle,
};

use self::fragments::Part;
pub use self::plan::{Plan, Variant};
use super::{Error, VideoTools, filter_to, last_line};

/// Packets of sound that are made before the first that is kept: a coder needs to hear what was before.
const SOUND_LEAD: u64 = 2 * 1024;
/// How much of what the program says is remembered, in bytes.
const SAID_BYTES_MAX: usize = 4096;

/// A run of `ffmpeg` that cuts one variant.
#[derive(Debug)]
pub struct Cutting {
    child: Child,
    stream: BufReader<ChildStdout>,
    said: JoinHandle<Vec<u8>>,
    next: u32,
    end: u32,
    /// How long the next part may take.
    time: Duration,
}

/// What comes out of a run.
#[derive(Debug)]
pub enum Cut {
    /// The same from every run of a variant.
    Head(Bytes),
    Piece(u32, Bytes),
}

impl VideoTools {
    /// Begins to cut a variant, from that piece on.
    pub fn cut(
        &self,
        file: &File,
        plan: &Plan,
        variant: &Variant,
        from: u32,
    ) -> Result<Cutting, Error> {
        let arguments = arguments(plan, variant, from);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let time = self.0.transcode_time;
        let mut command = self.command("ffmpeg", &arguments, file, Path::new(""), time)?;
        let mut child = command
            .spawn()
            .map_err(|error| Error::Unavailable("ffmpeg", error))?;
        let pipes = child.stdout.take().zip(child.stderr.take());
        let (stream, said) = pipes.ok_or_else(|| Error::Broken("ffmpeg says nothing".into()))?;
        Ok(Cutting {
            child,
            stream: BufReader::with_capacity(64 << 10, stream),
            said: tokio::spawn(remember(said)),
            next: from,
            end: plan.pieces(),
            time: self.0.time,
        })
    }
}

impl Cutting {
    /// The next part; `None` after the last piece.
    pub async fn next(&mut self) -> Result<Option<Cut>, Error> {
        if self.next == self.end {
            return Ok(None);
        }
        let part = tokio::time::timeout(self.time, fragments::next_part(&mut self.stream)).await;
        match part.map_err(|_| Error::Slow(self.time))? {
            Ok(Some(Part::Head(head))) => Ok(Some(Cut::Head(head))),
            Ok(Some(Part::Piece(piece))) => {
                self.next += 1;
                Ok(Some(Cut::Piece(self.next - 1, piece)))
            }
            Ok(None) | Err(_) => Err(self.failure().await),
        }
    }

    /// Why there is nothing more although there should be.
    async fn failure(&mut self) -> Error {
        let status = match self.child.wait().await {
            Ok(status) => status,
            Err(error) => return Error::Unavailable("ffmpeg", error),
        };
        if status.code().is_none() {
            return Error::Killed;
        }
        let said = (&mut self.said).await.unwrap_or_default();
        if said.is_empty() {
            return Error::Broken("it ends before it should".into());
        }
        Error::Broken(last_line(&said, "ffmpeg"))
    }
}

/// Reads everything, so that the program never waits to be heard; gives the end of it.
async fn remember(mut pipe: ChildStderr) -> Vec<u8> {
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
        said.extend_from_slice(&buffer[..length]);
        let excess = said.len().saturating_sub(SAID_BYTES_MAX);
        said.drain(..excess);
    }
    said
}

fn arguments(plan: &Plan, variant: &Variant, from: u32) -> Vec<String> {
    let start = plan.start_of(from);
    let read_from = (start - plan.lead).max(0.0);
    let mut all = words("-v error -noaccurate_seek");
    if read_from > 0.0 {
        all.extend(["-ss".into(), format!("{read_from:.6}")]);
    }
    all.extend(words(
        "-copyts -start_at_zero -i /dev/stdin -map 0:v:0 -map 0:a:0? -sn -dn -map_metadata -1 -map_chapters -1",
    ));
    all.extend(picture(plan, variant, from, start));
    if plan.has_sound {
        all.extend(sound(plan, from));
    }
    all.extend(words(
        "-avoid_negative_ts disabled -use_editlist 0 -f mp4 -flush_packets 1 \
         -movflags frag_keyframe+empty_moov+default_base_moof+frag_discont pipe:1",
    ));
    all
}

/// Frames on the grid of the plan from `start` on: what was last seen before it stays, and so does the last of all.
fn picture(plan: &Plan, variant: &Variant, from: u32, start: f64) -> Vec<String> {
    let rate = format!("{}/{}", plan.rate.frames, plan.rate.seconds);
    let filter = format!(
        "tpad=stop=-1:stop_mode=clone,fps={rate}:start_time={start:.6},{},format=yuv420p",
        filter_to(variant.size, plan.is_hdr)
    );
    let mut all = vec!["-vf".to_owned(), filter];
    all.extend(words(
        "-c:v libx264 -preset veryfast -crf 23 -profile:v high -bf 0 -refs 1 -sc_threshold 0",
    ));
    let group = plan.frames_per_piece();
    for (name, value) in [
        ("-level:v", variant.level.name.to_owned()),
        ("-g", group.to_string()),
        ("-keyint_min", group.to_string()),
        ("-maxrate", variant.picture_bits.to_string()),
        ("-bufsize", (variant.picture_bits / 2).to_string()),
        ("-frames:v", plan.frames_from(from).to_string()),
    ] {
        all.extend([name.to_owned(), value]);
    }
    all
}

fn sound(plan: &Plan, from: u32) -> Vec<String> {
    let first = plan.first_sample(from);
    let begin = if from == 0 {
        "aresample=48000:async=1:first_pts=0".to_owned()
    } else {
        let lead = first.saturating_sub(SOUND_LEAD);
        format!("aresample=48000:async=1,atrim=start_pts={lead}")
    };
    let filter = format!("{begin},atrim=end_pts={}", plan.samples());
    let mut all = vec!["-af".to_owned(), filter];
    all.extend(words("-c:a aac -ac 2 -b:a"));
    all.push(plan::SOUND_BITS.to_string());
    all.extend(["-bsf:a".to_owned(), format!("noise=drop=lt(pts\\,{first})")]);
    all
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
