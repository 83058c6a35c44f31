//! What a file may be: the extensions clients are told to send, and their media types.

/// Still picture or moving one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(
    feature = "sqlx",
    derive(sqlx::Type),
    sqlx(type_name = "text", rename_all = "lowercase")
)]
pub enum MediaKind {
    Image,
    Video,
}

/// One accepted kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Lower case, without the dot.
    pub extension: &'static str,
    /// IANA media type, or the customary `x-` name.
    pub mime: &'static str,
    pub kind: MediaKind,
    /// Whether a browser shows the original itself.
    pub web_safe: bool,
}

const fn image(extension: &'static str, mime: &'static str, web_safe: bool) -> MediaType {
    MediaType {
        extension,
        mime,
        kind: MediaKind::Image,
        web_safe,
    }
}

const fn video(extension: &'static str, mime: &'static str) -> MediaType {
    MediaType {
        extension,
        mime,
        kind: MediaKind::Video,
        web_safe: false,
    }
}

/// Every accepted extension, sorted.
pub const MEDIA_TYPES: &[MediaType] = &[
    video("3gp", "video/3gpp"),
    video("3gpp", "video/3gpp"),
    image("arw", "image/x-sony-arw", false),
    video("avi", "video/x-msvideo"),
    image("avif", "image/avif", true),
    image("bmp", "image/bmp", true),
    image("cr2", "image/x-canon-cr2", false),
    image("cr3", "image/x-canon-cr3", false),
    image("dng", "image/x-adobe-dng", false),
    video("flv", "video/x-flv"),
    image("gif", "image/gif", true),
    image("heic", "image/heic", false),
    image("heif", "image/heif", false),
    image("hif", "image/heif", false),
    image("jfif", "image/jpeg", true),
    image("jpe", "image/jpeg", true),
    image("jpeg", "image/jpeg", true),
    image("jpg", "image/jpeg", true),
    image("jxl", "image/jxl", false),
    video("m2t", "video/mp2t"),
    video("m2ts", "video/mp2t"),
    video("m4v", "video/x-m4v"),
    video("mkv", "video/x-matroska"),
    video("mov", "video/quicktime"),
    video("mp4", "video/mp4"),
    video("mpe", "video/mpeg"),
    video("mpeg", "video/mpeg"),
    video("mpg", "video/mpeg"),
    video("mts", "video/mp2t"),
    image("nef", "image/x-nikon-nef", false),
    image("orf", "image/x-olympus-orf", false),
    image("png", "image/png", true),
    image("raf", "image/x-fuji-raf", false),
    image("rw2", "image/x-panasonic-rw2", false),
    image("tif", "image/tiff", false),
    image("tiff", "image/tiff", false),
    video("ts", "video/mp2t"),
    video("vob", "video/mpeg"),
    image("webp", "image/webp", true),
    video("webm", "video/webm"),
    video("wmv", "video/x-ms-wmv"),
];

/// Extensions of sidecar files that travel with an asset.
pub const SIDECAR_EXTENSIONS: &[&str] = &["xmp"];

/// The type of a file by its name; `None` for a name whose extension is not accepted.
pub fn by_name(name: &str) -> Option<MediaType> {
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    MEDIA_TYPES
        .iter()
        .copied()
        .find(|known| known.extension == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_extension_decides_in_any_case() {
        assert_eq!(
            by_name("a.b.JPG").map(|found| found.mime),
            Some("image/jpeg")
        );
        assert_eq!(
            by_name("clip.MOV").map(|found| found.kind),
            Some(MediaKind::Video)
        );
        assert_eq!(by_name("notes.txt"), None);
        assert_eq!(by_name("jpg"), None);
    }
}
