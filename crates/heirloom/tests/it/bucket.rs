//! A server whose files lie in a bucket.

use std::net::SocketAddr;

use heirloom_testkit::s3;

/// What tells a server of that bucket.
pub(crate) fn bucket_at(address: SocketAddr) -> Vec<(&'static str, String)> {
    let endpoint = format!("http://{address}");
    vec![
        ("HEIRLOOM__STORAGE__S3__BUCKET", s3::BUCKET.into()),
        ("HEIRLOOM__STORAGE__S3__ENDPOINT", endpoint),
        ("HEIRLOOM__STORAGE__S3__ALLOW_HTTP", "true".into()),
        (
            "HEIRLOOM__STORAGE__S3__ACCESS_KEY_ID",
            s3::ACCESS_KEY_ID.into(),
        ),
        (
            "HEIRLOOM__STORAGE__S3__SECRET_ACCESS_KEY",
            s3::SECRET_ACCESS_KEY.into(),
        ),
    ]
}

pub(crate) fn borrowed<'a>(
    environment: &'a [(&'static str, String)],
) -> Vec<(&'static str, &'a str)> {
    environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}
