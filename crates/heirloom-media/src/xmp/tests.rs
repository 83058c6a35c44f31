use super::*;

const PACKET: &str = r#"<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:a="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:own="urn:own"
 a:Rating="4" exif:GPSLatitude="52,30.5S" exif:GPSLongitude="13,24,36E" own:kept="as it &lt; was">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Fish &amp; chips &#169;</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>Berlin</rdf:li><rdf:li>sunset</rdf:li></rdf:Bag></dc:subject>
<lr:hierarchicalSubject><rdf:Bag><rdf:li>Germany|Berlin</rdf:li></rdf:Bag></lr:hierarchicalSubject>
<exif:DateTimeOriginal>2021-07-08T09:10:11+02:00</exif:DateTimeOriginal>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

#[test]
fn elements_attributes_and_arrays_are_read() {
    let facts = read(PACKET.as_bytes());
    assert_eq!(facts.rating, Some(4));
    assert_eq!(facts.description.as_deref(), Some("Fish & chips ©"));
    assert_eq!(facts.keywords, ["Germany/Berlin", "sunset"]);
    assert_eq!(facts.captured.unwrap().offset_seconds, Some(7200));
    let position = facts.position.unwrap();
    assert!(
        (position.latitude + 52.508_333).abs() < 1e-5,
        "{position:?}"
    );
    assert!((position.longitude - 13.41).abs() < 1e-9, "{position:?}");
}

#[test]
fn entities_are_not_expanded() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x:xmpmeta xmlns:x="adobe:ns:meta/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>&b;end</dc:description></x:xmpmeta>"#;
    assert_eq!(read(bomb.as_bytes()).description.as_deref(), Some("end"));
}

#[test]
fn edits_replace_what_they_say_and_keep_the_rest() {
    let edits = Edits {
        description: Some("A <new> one".into()),
        rating: Some(0),
        position: Some(Position {
            latitude: 48.858_222,
            longitude: -2.294_5,
        }),
        ..Edits::default()
    };
    let written = write(Some(PACKET.as_bytes()), &edits).unwrap();
    let facts = read(&written);
    assert_eq!(facts.description.as_deref(), Some("A <new> one"));
    assert_eq!(facts.rating, None);
    assert_eq!(facts.keywords, ["Germany/Berlin", "sunset"]);
    assert_eq!(facts.captured, read(PACKET.as_bytes()).captured);
    let position = facts.position.unwrap();
    assert!(
        (position.latitude - 48.858_222).abs() < 1e-8
            && (position.longitude + 2.294_5).abs() < 1e-8
    );
    assert!(
        String::from_utf8(written)
            .unwrap()
            .contains("own:kept=\"as it &lt; was\"")
    );
}

#[test]
fn a_new_packet_is_written_where_there_was_none_and_a_broken_one_is_left_alone() {
    let edits = Edits {
        rating: Some(5),
        ..Edits::default()
    };
    assert_eq!(read(&write(None, &edits).unwrap()).rating, Some(5));
    assert!(write(Some(b"<rdf:RDF><unclosed>"), &edits).is_err());
    assert!(write(Some(b"not xml"), &edits).is_err());
}

#[test]
fn a_motion_photo_says_how_long_its_video_is() {
    let packet = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:I="http://ns.google.com/photos/1.0/container/item/">
        <a I:Mime="image/jpeg" I:Semantic="Primary"/><a I:Mime="video/mp4" I:Semantic="MotionPhoto" I:Length="1234"/></x:xmpmeta>"#;
    assert_eq!(motion_video_length(packet.as_bytes()), Some(1234));
}

#[test]
fn any_bytes_are_survived() {
    for packet in [&b"\0\xff\xfe<"[..], b"<a><b></a>", b"<x:y z=\"", b""] {
        assert_eq!(read(packet), Facts::default());
    }
}
