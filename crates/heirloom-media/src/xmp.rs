//! XMP (ISO 16684-1): properties of a packet to facts, and a person's edits into a packet. Entities other than XML's own
//! five are never expanded.

use chrono::NaiveDateTime;
use heirloom_types::geometry::Size;
use quick_xml::{
    Writer,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
    name::{Namespace, ResolveResult},
    reader::NsReader,
};
use serde::{Deserialize, Serialize};

use crate::{
    facts::{CaptureTime, Facts, Position},
    metadata::text::{self, clean},
};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const EXIF_EX: &str = "http://cipa.jp/exif/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
const PANORAMA: &str = "http://ns.google.com/photos/1.0/panorama/";
const CAMERA: &str = "http://ns.google.com/photos/1.0/camera/";
const CONTAINER_ITEM: &str = "http://ns.google.com/photos/1.0/container/item/";
/// Deepest nesting that is followed; real packets stay below ten.
const DEPTH_MAX: usize = 64;
/// Most properties that are read from one packet.
const PROPERTIES_MAX: usize = 10_000;

/// What a person said about a picture, in place of what its file says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edits {
    /// Empty takes the description away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Nought takes the rating away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<CaptureTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A packet that is not well-formed, and so cannot be changed without loss.
#[derive(Debug, thiserror::Error)]
#[error("the XMP sidecar is not well-formed XML: {0}")]
pub struct Malformed(String);

/// One simple value of one property; arrays give one entry per item.
#[derive(Debug)]
struct Property {
    namespace: String,
    name: String,
    value: String,
}

/// Reads a packet; what is malformed ends it.
pub fn read(packet: &[u8]) -> Facts {
    let properties = Properties(properties(packet));
    let size = properties
        .number(TIFF, "ImageWidth")
        .zip(properties.number(TIFF, "ImageLength"))
        .map(|(width, height)| Size::new(width as u32, height as u32))
        .filter(|size| size.pixels() > 0);
    Facts {
        size,
        orientation: properties
            .number(TIFF, "Orientation")
            .filter(|value| (1.0..=8.0).contains(value))
            .map(|value| value as u8),
        captured: captured(&properties),
        position: position(&properties),
        make: properties.text(TIFF, "Make"),
        model: properties.text(TIFF, "Model"),
        lens_model: properties
            .text(EXIF_EX, "LensModel")
            .or_else(|| properties.text("http://ns.adobe.com/exif/1.0/aux/", "Lens")),
        exposure_time: properties
            .number(EXIF, "ExposureTime")
            .and_then(text::exposure),
        f_number: properties
            .number(EXIF, "FNumber")
            .filter(|value| *value > 0.0),
        focal_length_mm: properties
            .number(EXIF, "FocalLength")
            .filter(|value| *value > 0.0),
        iso: properties
            .number(EXIF, "ISOSpeedRatings")
            .or_else(|| properties.number(EXIF_EX, "PhotographicSensitivity"))
            .filter(|value| (1.0..1e9).contains(value))
            .map(|value| value as u32),
        rating: properties
            .number(XMP, "Rating")
            .filter(|stars| (1.0..=5.0).contains(stars))
            .map(|stars| stars as u8),
        description: properties
            .text(DC, "description")
            .or_else(|| properties.text(TIFF, "ImageDescription")),
        keywords: keywords(&properties),
        projection: properties
            .text(PANORAMA, "ProjectionType")
            .map(|name| name.to_uppercase()),
        ..Facts::default()
    }
}

/// Length of the video at the end of a motion photo, as Google's format says it (versions 1 and 2).
pub fn motion_video_length(packet: &[u8]) -> Option<u64> {
    let properties = properties(packet);
    let mut is_video = false;
    for property in &properties {
        match (property.namespace.as_str(), property.name.as_str()) {
            (CAMERA, "MicroVideoOffset") => return property.value.trim().parse().ok(),
            (CONTAINER_ITEM, "Semantic") => is_video = property.value.trim() == "MotionPhoto",
            (CONTAINER_ITEM, "Length") if is_video => return property.value.trim().parse().ok(),
            _ => {}
        }
    }
    None
}

struct Properties(Vec<Property>);

impl Properties {
    fn all<'a>(&'a self, namespace: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |property| property.namespace == namespace && property.name == name)
            .map(|property| property.value.as_str())
    }

    fn text(&self, namespace: &str, name: &str) -> Option<String> {
        self.all(namespace, name).find_map(clean)
    }

    /// A number, or a fraction such as `28/10`.
    fn number(&self, namespace: &str, name: &str) -> Option<f64> {
        let written = self.text(namespace, name)?;
        let value = match written.split_once('/') {
            Some((above, below)) => {
                above.trim().parse::<f64>().ok()? / below.trim().parse::<f64>().ok()?
            }
            None => written.parse().ok()?,
        };
        value.is_finite().then_some(value)
    }
}

fn captured(properties: &Properties) -> Option<CaptureTime> {
    let written = [
        (EXIF, "DateTimeOriginal"),
        (PHOTOSHOP, "DateCreated"),
        (EXIF, "DateTimeDigitized"),
        (XMP, "CreateDate"),
    ]
    .into_iter()
    .find_map(|(namespace, name)| properties.text(namespace, name))?;
    let (local, offset_seconds) = text::iso_time(&written)?;
    Some(CaptureTime {
        local,
        offset_seconds,
        zone: None,
        is_only_instant: false,
    })
}

fn position(properties: &Properties) -> Option<Position> {
    let latitude = degrees(&properties.text(EXIF, "GPSLatitude")?)?;
    let longitude = degrees(&properties.text(EXIF, "GPSLongitude")?)?;
    text::position(latitude, longitude)
}

/// `52,31.2345N` or `52,31,14N` or a plain signed number.
fn degrees(written: &str) -> Option<f64> {
    let letter = written.chars().last()?.to_ascii_uppercase();
    let body = written.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let mut value = 0.0;
    for (index, part) in body.split(',').take(3).enumerate() {
        value += part.trim().parse::<f64>().ok()? / 60f64.powi(index as i32);
    }
    Some(if matches!(letter, 'S' | 'W') {
        -value
    } else {
        value
    })
}

/// Hierarchies where there are some; flat keywords that no hierarchy ends in.
fn keywords(properties: &Properties) -> Vec<String> {
    let mut found: Vec<String> = properties
        .all(LIGHTROOM, "hierarchicalSubject")
        .map(|value| value.replace('|', "/"))
        .chain(properties.all(DIGIKAM, "TagsList").map(str::to_owned))
        .filter_map(|value| clean(&value))
        .collect();
    let levels: Vec<String> = found
        .iter()
        .flat_map(|path| path.split('/').map(str::to_owned))
        .collect();
    let flat = properties.all(DC, "subject").filter_map(clean);
    found.extend(flat.filter(|keyword| !levels.contains(keyword)));
    let mut unique = Vec::new();
    for keyword in found {
        if !unique.contains(&keyword) {
            unique.push(keyword);
        }
    }
    unique
}

fn properties(packet: &[u8]) -> Vec<Property> {
    let mut reader = NsReader::from_reader(trimmed(packet));
    let mut walk = Walk::default();
    while let Ok((namespace, event)) = reader.read_resolved_event() {
        match event {
            Event::Start(start) => {
                let name = (namespace_of(&namespace), local_of(&start));
                walk.attributes(&reader, &start);
                walk.open.push((name.0, name.1, String::new()));
            }
            Event::Empty(start) => walk.attributes(&reader, &start),
            Event::Text(text) => walk.text(&String::from_utf8_lossy(&text)),
            Event::CData(text) => walk.text(&String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) => {
                if let Ok(Some(char)) = reference.resolve_char_ref() {
                    walk.text(char.encode_utf8(&mut [0; 4]));
                } else if let Some(known) =
                    resolve_predefined_entity(&String::from_utf8_lossy(&reference))
                {
                    walk.text(known);
                }
            }
            Event::End(_) => walk.close(),
            Event::Eof => break,
            _ => {}
        }
        if walk.open.len() > DEPTH_MAX || walk.found.len() > PROPERTIES_MAX {
            break;
        }
    }
    walk.found
}

/// The elements that are open, with their text so far.
#[derive(Default)]
struct Walk {
    open: Vec<(String, String, String)>,
    found: Vec<Property>,
}

impl Walk {
    fn attributes(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) {
        for attribute in start.attributes().flatten() {
            let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
            let namespace = namespace_of(&namespace);
            if namespace.is_empty() || namespace == RDF {
                continue;
            }
            let raw = String::from_utf8_lossy(&attribute.value);
            let value = quick_xml::escape::unescape(&raw)
                .map_or_else(|_| String::new(), std::borrow::Cow::into_owned);
            let name = String::from_utf8_lossy(name.as_ref()).into_owned();
            self.found.push(Property {
                namespace,
                name,
                value,
            });
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, _, held)) = self.open.last_mut() {
            held.push_str(text);
        }
    }

    /// An element of RDF's own (an array's item) speaks for the property around it.
    fn close(&mut self) {
        let Some((mut namespace, mut name, value)) = self.open.pop() else {
            return;
        };
        if value.trim().is_empty() {
            return;
        }
        if namespace == RDF {
            let Some(property) = self
                .open
                .iter()
                .rev()
                .find(|(namespace, ..)| namespace != RDF)
            else {
                return;
            };
            (namespace, name) = (property.0.clone(), property.1.clone());
        }
        self.found.push(Property {
            namespace,
            name,
            value,
        });
    }
}

fn namespace_of(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(Namespace(uri)) => String::from_utf8_lossy(uri).into_owned(),
        _ => String::new(),
    }
}

fn local_of(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
}

/// Packets are padded with spaces and sometimes with NUL.
fn trimmed(packet: &[u8]) -> &[u8] {
    let start = packet
        .iter()
        .position(|&byte| byte == b'<')
        .unwrap_or(packet.len());
    let end = packet
        .iter()
        .rposition(|&byte| byte == b'>')
        .map_or(start, |last| last + 1);
    packet.get(start..end).unwrap_or_default()
}

/// The packet with the edits in it, everything else as it was; a new packet where there was none.
pub fn write(existing: Option<&[u8]>, edits: &Edits) -> Result<Vec<u8>, Malformed> {
    let fresh = format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n \
         <rdf:RDF xmlns:rdf=\"{RDF}\">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n"
    );
    let packet = existing.map_or(fresh.as_bytes(), trimmed);
    let mut reader = NsReader::from_reader(packet);
    let mut writer = Writer::new(Vec::with_capacity(packet.len() + 512));
    let mut is_said = false;
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(malformed)?;
        let namespace = namespace_of(&namespace);
        match event {
            Event::Eof => break,
            Event::Start(start) if is_replaced(edits, &namespace, &local_of(&start)) => {
                reader.read_to_end(start.name()).map_err(malformed)?;
            }
            Event::Empty(start) if is_replaced(edits, &namespace, &local_of(&start)) => {}
            Event::Start(start) => {
                let kept = without_replaced(&reader, edits, &start);
                writer.write_event(Event::Start(kept)).map_err(malformed)?;
            }
            Event::Empty(start) => {
                let kept = without_replaced(&reader, edits, &start);
                writer.write_event(Event::Empty(kept)).map_err(malformed)?;
            }
            Event::End(end) => {
                if namespace == RDF && end.local_name().as_ref() == b"RDF" && !is_said {
                    writer
                        .get_mut()
                        .extend_from_slice(statements(edits).as_bytes());
                    is_said = true;
                }
                writer.write_event(Event::End(end)).map_err(malformed)?;
            }
            other => writer.write_event(other).map_err(malformed)?,
        }
    }
    if !is_said {
        return Err(Malformed("it holds no rdf:RDF element".into()));
    }
    Ok(writer.into_inner())
}

fn malformed(error: impl std::fmt::Display) -> Malformed {
    Malformed(error.to_string())
}

/// Whether the edits say anew what this property says.
fn is_replaced(edits: &Edits, namespace: &str, name: &str) -> bool {
    match (namespace, name) {
        (DC, "description") | (TIFF, "ImageDescription") => edits.description.is_some(),
        (XMP, "Rating") => edits.rating.is_some(),
        (EXIF, "DateTimeOriginal") | (PHOTOSHOP, "DateCreated") => edits.captured.is_some(),
        (EXIF, "GPSLatitude" | "GPSLongitude") => edits.position.is_some(),
        _ => false,
    }
}

fn without_replaced<'a>(
    reader: &NsReader<&[u8]>,
    edits: &Edits,
    start: &BytesStart<'a>,
) -> BytesStart<'a> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let kept = start.attributes().flatten().filter(|attribute| {
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        !is_replaced(
            edits,
            &namespace_of(&namespace),
            &String::from_utf8_lossy(name.as_ref()),
        )
    });
    BytesStart::new(name).with_attributes(kept)
}

/// A description of our own with every edit.
fn statements(edits: &Edits) -> String {
    let mut body = String::new();
    if let Some(description) = edits.description.as_deref().filter(|text| !text.is_empty()) {
        let description = quick_xml::escape::escape(description);
        body += &format!(
            "   <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{description}</rdf:li></rdf:Alt></dc:description>\n"
        );
    }
    if let Some(rating) = edits.rating {
        body += &format!("   <xmp:Rating>{rating}</xmp:Rating>\n");
    }
    if let Some(captured) = &edits.captured {
        let written = written_time(captured.local, captured.offset_seconds);
        body += &format!("   <exif:DateTimeOriginal>{written}</exif:DateTimeOriginal>\n");
        body += &format!("   <photoshop:DateCreated>{written}</photoshop:DateCreated>\n");
    }
    if let Some(Position {
        latitude,
        longitude,
    }) = edits.position
    {
        body += &format!(
            "   <exif:GPSLatitude>{}</exif:GPSLatitude>\n",
            written_degrees(latitude, 'N', 'S')
        );
        body += &format!(
            "   <exif:GPSLongitude>{}</exif:GPSLongitude>\n",
            written_degrees(longitude, 'E', 'W')
        );
    }
    format!(
        "  <rdf:Description xmlns:rdf=\"{RDF}\" rdf:about=\"\" xmlns:dc=\"{DC}\" xmlns:xmp=\"{XMP}\" \
         xmlns:exif=\"{EXIF}\" xmlns:photoshop=\"{PHOTOSHOP}\">\n{body}  </rdf:Description>\n "
    )
}

fn written_time(local: NaiveDateTime, offset_seconds: Option<i32>) -> String {
    let clock = local.format("%Y-%m-%dT%H:%M:%S%.3f");
    match offset_seconds {
        Some(seconds) => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            format!("{clock}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
        None => clock.to_string(),
    }
}

fn written_degrees(degrees: f64, positive: char, negative: char) -> String {
    let letter = if degrees < 0.0 { negative } else { positive };
    let whole = degrees.abs().trunc();
    format!("{whole},{:.8}{letter}", (degrees.abs() - whole) * 60.0)
}

#[cfg(test)]
mod tests;
