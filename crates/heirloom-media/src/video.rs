//! Moving pictures through `ffprobe` and `ffmpeg`, run confined (see [`crate::decoder::confine`]).

pub mod hls;
mod probe;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use bytes::Bytes;
use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
pub use probe::Probe;
use tokio::process::Command;

use crate::{
    decode::{self, Limits, Target},
    facts::Facts,
    pixels::Pixels,
};

/// Shorter side of the rendition that every client plays, in pixels.
const RENDITION_SIDE: u32 = 720;
/// How far into a video its poster is taken, at most, in seconds.
const POSTER_SECONDS: f64 = 1.0;
/// Bytes a program may say.
const OUTPUT_BYTES_MAX: usize = 256 << 20;
/// From light as the scene had it to light as a screen shows it.
const TONE_MAP: &str = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,\
                        zscale=t=bt709:m=bt709:r=tv,format=yuv420p";

/// How the programs are started and held in check.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This program and the arguments before which `confine::exec` takes over.
    pub confine: (PathBuf, Vec<String>),
    pub memory_bytes: u64,
    /// How long looking at a file may take.
    pub time: Duration,
    /// How long transcoding a file may take.
    pub transcode_time: Duration,
}

/// What is seen at one time of a video.
#[derive(Debug)]
pub struct Moment {
    pub seconds: f64,
    pub frame: Frame,
}

/// Why a video could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the video cannot be read: {0}")]
    Broken(String),
    #[error("working on the video took longer than {} seconds", .0.as_secs())]
    Slow(Duration),
    #[error("{0} could not be started; is it installed?: {1}")]
    Unavailable(&'static str, io::Error),
    #[error("the video's rendition could not be written: {0}")]
    Output(io::Error),
    /// By a limit, or by somebody.
    #[error("working on the video was ended from outside")]
    Killed,
}

impl Error {
    /// Whether another try could end differently.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Broken(_))
    }
}

/// What may be asked of a video.
#[derive(Clone, Debug)]
pub struct VideoTools(Settings);

impl VideoTools {
    pub fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// What the file says of itself and of its streams.
    pub async fn probe(&self, file: &File) -> Result<Probe, Error> {
        let arguments = [
            "-v",
            "error",
            "-print_format",
            "json",
            "-show_format",
            "-show_streams",
            "/dev/stdin",
        ];
        let said = self
            .run("ffprobe", &arguments, file, None, self.0.time)
            .await?;
        Probe::parse(&said).ok_or_else(|| Error::Broken("it has no picture".into()))
    }

    /// One picture from near the beginning, upright, in sRGB.
    pub async fn poster(&self, file: &File, probe: &Probe, side: u32) -> Result<Pixels, Error> {
        let at = probe
            .duration_seconds()
            .map_or(0.0, |length| (length / 10.0).min(POSTER_SECONDS));
        let filter = filter(probe, side);
        let at = format!("{at:.3}");
        let arguments = [
            "-v",
            "error",
            "-ss",
            &at,
            "-i",
            "/dev/stdin",
            "-map",
            "0:v:0",
            "-frames:v",
            "1",
            "-vf",
            &filter,
            "-f",
            "image2pipe",
            "-c:v",
            "bmp",
            "-",
        ];
        let picture = self
            .run("ffmpeg", &arguments, file, None, self.0.time)
            .await?;
        let limits = Limits {
            max_pixels: 100_000_000,
            max_bytes: 1 << 30,
        };
        let facts = Facts::default();
        let decoded = decode::decode(&picture, "poster.bmp", &facts, Target::Full, limits);
        let pixels = decoded.map(|picture| picture.pixels);
        pixels.map_err(|_| Error::Broken("it has no picture that can be shown".into()))
    }

    /// What is seen each second, upright, in sRGB, the shorter side at most `side`; of a video with more than `most`
    /// seconds, as many at longer intervals.
    pub async fn moments(
        &self,
        file: &File,
        probe: &Probe,
        side: u32,
        most: usize,
    ) -> Result<Vec<Moment>, Error> {
        let rate = probe
            .duration_seconds()
            .map_or(1.0, |length| (most as f64 / length.max(1.0)).min(1.0));
        let size = even(probe.size.shorter_side_at_most(side));
        let filter = format!("fps={rate:.6}:round=up,{}", filter(probe, side));
        let count = most.to_string();
        let arguments = [
            "-v",
            "error",
            "-i",
            "/dev/stdin",
            "-map",
            "0:v:0",
            "-vf",
            &filter,
            "-frames:v",
            &count,
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ];
        let pixels = self
            .run("ffmpeg", &arguments, file, None, self.0.transcode_time)
            .await?;
        let pixels = Bytes::from(pixels);
        let length = size.pixels() as usize * Layout::Rgb.channels();
        let moments: Vec<Moment> = (0..pixels.len() / length)
            .filter_map(|index| {
                let pixels = pixels.slice(index * length..(index + 1) * length);
                Some(Moment {
                    seconds: index as f64 / rate,
                    frame: Frame::new(size, Layout::Rgb, pixels)?,
                })
            })
            .collect();
        if moments.is_empty() {
            return Err(Error::Broken("it has no picture that can be shown".into()));
        }
        Ok(moments)
    }

    /// H.264 and AAC in MP4, ready to play before it is complete, into a new file in `folder`.
    pub async fn transcode(
        &self,
        file: &File,
        probe: &Probe,
        folder: &Path,
    ) -> Result<PathBuf, Error> {
        let output = folder.join("rendition.mp4");
        let target = output.to_string_lossy().into_owned();
        let filter = filter(probe, RENDITION_SIDE);
        let mut arguments = vec![
            "-v",
            "error",
            "-y",
            "-i",
            "/dev/stdin",
            "-map",
            "0:v:0",
            "-map",
            "0:a:0?",
            "-sn",
            "-dn",
        ];
        if probe.is_playable_video() {
            arguments.extend(["-c:v", "copy"]);
        } else {
            arguments.extend([
                "-vf", &filter, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt",
                "yuv420p",
            ]);
        }
        let sound = if probe.is_playable_sound() {
            ["-c:a", "copy"]
        } else {
            ["-c:a", "aac"]
        };
        arguments.extend(sound);
        arguments.extend(["-map_metadata", "-1", "-movflags", "+faststart", &target]);
        self.run(
            "ffmpeg",
            &arguments,
            file,
            Some(folder),
            self.0.transcode_time,
        )
        .await?;
        Ok(output)
    }

    async fn run(
        &self,
        program: &'static str,
        arguments: &[&str],
        input: &File,
        writable: Option<&Path>,
        time: Duration,
    ) -> Result<Vec<u8>, Error> {
        let writable = writable.unwrap_or(Path::new(""));
        let mut command = self.command(program, arguments, input, writable, time)?;
        let unavailable = |error| Error::Unavailable(program, error);
        let child = command.spawn().map_err(unavailable)?;
        let output = tokio::time::timeout(time, child.wait_with_output())
            .await
            .map_err(|_| Error::Slow(time))?
            .map_err(Error::Output)?;
        if !output.status.success() || output.stdout.len() > OUTPUT_BYTES_MAX {
            return Err(Error::Broken(last_line(&output.stderr, program)));
        }
        Ok(output.stdout)
    }

    /// The program with its input, confined and not yet started; it dies with whoever holds it.
    fn command(
        &self,
        program: &'static str,
        arguments: &[&str],
        input: &File,
        writable: &Path,
        time: Duration,
    ) -> Result<Command, Error> {
        let unavailable = |error| Error::Unavailable(program, error);
        let mut input = input.try_clone().map_err(unavailable)?;
        io::Seek::rewind(&mut input).map_err(unavailable)?;
        let (confine, head) = &self.0.confine;
        let mut command = Command::new(confine);
        command
            .args(head)
            .arg(self.0.memory_bytes.to_string())
            .arg(time.as_secs().to_string())
            .arg(writable)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Ok(command)
    }
}

/// What the program said last, without the path of its input.
fn last_line(said: &[u8], program: &str) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().rev().find(|line| !line.trim().is_empty());
    line.map_or_else(
        || format!("{program} gave up"),
        |line| {
            line.replace("/dev/stdin: ", "")
                .trim()
                .chars()
                .take(300)
                .collect()
        },
    )
}

/// Smaller if need be, with even sides, and with light a screen can show.
fn filter(probe: &Probe, side: u32) -> String {
    filter_to(even(probe.size.shorter_side_at_most(side)), probe.is_hdr)
}

fn filter_to(Size { width, height }: Size, is_hdr: bool) -> String {
    let scale = format!("scale={width}:{height}:flags=bicubic,setsar=1");
    if is_hdr {
        format!("{scale},{TONE_MAP}")
    } else {
        scale
    }
}

fn even(size: Size) -> Size {
    let side = |length: u32| (length & !1).max(2);
    Size::new(side(size.width), side(size.height))
}

#[cfg(test)]
mod tests;
