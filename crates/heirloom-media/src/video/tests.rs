use super::*;

const PHONE: &str = r#"{"streams":[{"codec_type":"audio","codec_name":"aac"},{"codec_type":"video","codec_name":"hevc",
"width":1920,"height":1080,"pix_fmt":"yuv420p10le","color_transfer":"arib-std-b67","avg_frame_rate":"30000/1001",
"side_data_list":[{"side_data_type":"Display Matrix","rotation":-90}]}],
"format":{"format_name":"mov,mp4,m4a","duration":"2.5","tags":{"creation_time":"2024-05-06T07:08:09.000000Z",
"com.apple.quicktime.creationdate":"2024-05-06T09:08:09+0200","com.apple.quicktime.location.ISO6709":"+48.8577-002.295+035.0/",
"com.apple.quicktime.content.identifier":"ABC"}}}"#;

#[test]
fn a_phones_video_says_when_and_where() {
    let probe = Probe::parse(PHONE.as_bytes()).unwrap();
    let captured = probe.facts.captured.clone().unwrap();
    assert_eq!(captured.local.to_string(), "2024-05-06 09:08:09");
    assert_eq!(captured.offset_seconds, Some(7200));
    let position = probe.facts.position.unwrap();
    assert_eq!((position.latitude, position.longitude), (48.8577, -2.295));
    assert_eq!(probe.facts.duration_ms, Some(2500));
    assert_eq!(probe.facts.frames_per_second, Some(29.97));
    assert_eq!(probe.facts.live_photo_id.as_deref(), Some("ABC"));
    assert_eq!(probe.facts.orientation, Some(6));
    assert_eq!(probe.size, Size::new(1080, 1920));
    assert!(probe.is_hdr && !probe.is_playable());
}

#[test]
fn sound_alone_is_no_video_and_nonsense_neither() {
    let sound = r#"{"streams":[{"codec_type":"audio","codec_name":"mp3"}],"format":{}}"#;
    assert!(Probe::parse(sound.as_bytes()).is_none());
    assert!(Probe::parse(b"no json").is_none());
}

#[test]
fn renditions_have_even_sides() {
    assert_eq!(even(Size::new(1281, 721)), Size::new(1280, 720));
    assert_eq!(even(Size::new(1, 1)), Size::new(2, 2));
}
