//! One suite for every blob store: a local folder and a real S3 server.

use std::{io::Read, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt;
use heirloom_store::blobs::{self, BlobPath, Blobs, Error, Received, S3Settings, Settings};
use heirloom_testkit::s3;
use heirloom_types::{checksum::Blake3, time::Timestamp};
use tempfile::TempDir;

struct TestBlobs {
    blobs: Blobs,
    folder: TempDir,
    staging: &'static str,
}

async fn stores() -> Vec<TestBlobs> {
    vec![local().await, bucket().await]
}

async fn local() -> TestBlobs {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_owned();
    let blobs = Blobs::open(&Settings::Local { root }).await.unwrap();
    TestBlobs {
        blobs,
        folder,
        staging: "incoming",
    }
}

async fn bucket() -> TestBlobs {
    let folder = tempfile::tempdir().unwrap();
    let address = s3::serve(&folder.path().join("s3")).await;
    let settings = Settings::S3(S3Settings {
        bucket: s3::BUCKET.into(),
        endpoint: Some(format!("http://{address}")),
        region: "us-east-1".into(),
        access_key_id: s3::ACCESS_KEY_ID.into(),
        secret_access_key: s3::SECRET_ACCESS_KEY.into(),
        prefix: "home".into(),
        allow_http: true,
        staging: folder.path().join("staging"),
    });
    TestBlobs {
        blobs: Blobs::open(&settings).await.unwrap(),
        folder,
        staging: "staging",
    }
}

impl TestBlobs {
    fn staged(&self) -> usize {
        std::fs::read_dir(self.folder.path().join(self.staging))
            .unwrap()
            .count()
    }

    async fn received(&self, bytes: &[u8]) -> Received {
        let mut incoming = self.blobs.receive().await.unwrap();
        for chunk in bytes.chunks(300_000) {
            incoming.write(Bytes::copy_from_slice(chunk)).await.unwrap();
        }
        incoming.seal().await.unwrap()
    }
}

fn path(text: &str) -> BlobPath {
    BlobPath::parse(text).unwrap()
}

/// Bytes that differ everywhere, so that a shifted piece shows.
fn content(len: usize) -> Vec<u8> {
    (0..=(len as u64 / 8))
        .flat_map(|word| (word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes())
        .take(len)
        .collect()
}

async fn collected(blob: blobs::Blob) -> Vec<u8> {
    let chunks: Vec<Bytes> = blob.body.pieces().try_collect().await.unwrap();
    chunks.concat()
}

#[tokio::test]
async fn what_is_kept_reads_back_whole_and_in_parts() {
    for test in stores().await {
        for len in [0, 1, 300_000, 40 << 20] {
            let bytes = content(len);
            let mut received = test.received(&bytes).await;
            assert_eq!(received.len(), len as u64);
            assert_eq!(received.blake3(), Blake3(blake3::hash(&bytes).into()));
            let kept = path(&format!("originals/ada/2024/é {len}.jpg"));
            received.keep(&kept).await.unwrap();
            drop(received);
            let blob = test.blobs.stream(&kept, None).await.unwrap();
            assert_eq!(blob.len, len as u64);
            assert!(collected(blob).await == bytes, "{len}");
            let (start, end) = (len as u64 / 3, len as u64 / 2);
            let part = test.blobs.stream(&kept, Some(start..end)).await.unwrap();
            assert!(collected(part).await == bytes[start as usize..end as usize]);
            let mut file = test.blobs.open_file(&kept).await.unwrap();
            let mut copy = Vec::new();
            file.read_to_end(&mut copy).unwrap();
            assert!(copy == bytes);
        }
        assert_eq!(test.staged(), 0);
    }
}

#[tokio::test]
async fn a_name_is_never_taken_twice() {
    for test in stores().await {
        let name = path("originals/ada/a.jpg");
        test.received(b"first").await.keep(&name).await.unwrap();
        let mut second = test.received(b"second").await;
        assert!(matches!(second.keep(&name).await, Err(Error::Taken(_))));
        assert_eq!(test.blobs.read(&name).await.unwrap(), "first");
        let mut third = test.received(&content(20 << 20)).await;
        assert!(matches!(third.keep(&name).await, Err(Error::Taken(_))));
        third.keep(&name.numbered(1)).await.unwrap();
    }
}

#[tokio::test]
async fn of_two_at_once_one_gets_the_name() {
    let test = local().await;
    let name = path("originals/ada/a.jpg");
    let mut first = test.received(b"first").await;
    let mut second = test.received(b"second").await;
    let (one, two) = tokio::join!(first.keep(&name), second.keep(&name));
    let refused: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(refused[..], [Error::Taken(_)]), "{refused:?}");
}

#[tokio::test]
async fn what_is_dropped_on_its_way_leaves_nothing() {
    for test in stores().await {
        let mut incoming = test.blobs.receive().await.unwrap();
        incoming.write(content(3 << 20).into()).await.unwrap();
        assert_eq!(test.staged(), 1);
        drop(incoming);
        drop(test.received(b"unwanted").await);
        assert_eq!(test.staged(), 0);
    }
}

#[tokio::test]
async fn what_a_crash_left_is_collected_and_partial_uploads_stay() {
    for test in stores().await {
        std::mem::forget(test.received(b"lost in a crash").await);
        let mut partial = test.blobs.partial("7").await.unwrap();
        partial.append(Bytes::from_static(b"half")).await.unwrap();
        partial.sync().await.unwrap();
        let before = Timestamp::from(std::time::UNIX_EPOCH);
        assert_eq!(test.blobs.collect_left_overs(before).await.unwrap(), 0);
        let later = Timestamp::from(std::time::UNIX_EPOCH + Duration::from_secs(1 << 33));
        assert_eq!(test.blobs.collect_left_overs(later).await.unwrap(), 1);
        assert_eq!(test.staged(), 1);
        test.blobs.discard_partial("7").await.unwrap();
        assert_eq!(test.staged(), 0);
    }
}

#[tokio::test]
async fn a_partial_upload_goes_on_where_it_stopped() {
    for test in stores().await {
        let mut partial = test.blobs.partial("1").await.unwrap();
        partial.append(Bytes::from_static(b"one, ")).await.unwrap();
        partial
            .append(Bytes::from_static(b"damaged"))
            .await
            .unwrap();
        partial.truncate(5).await.unwrap();
        drop(partial);
        let mut partial = test.blobs.partial("1").await.unwrap();
        assert_eq!(partial.len(), 5);
        partial.append(Bytes::from_static(b"two")).await.unwrap();
        let mut received = partial.seal().await.unwrap();
        assert_eq!(received.len(), 8);
        let kept = path("originals/ada/b.txt");
        received.keep(&kept).await.unwrap();
        test.blobs.discard_partial("1").await.unwrap();
        assert_eq!(test.blobs.read(&kept).await.unwrap(), "one, two");
    }
}

#[tokio::test]
async fn files_are_replaced_listed_and_deleted() {
    for test in stores().await {
        let name = path("renditions/u/ab/cd/a-thumbnail.webp");
        test.blobs
            .put(&name, Bytes::from_static(b"old"))
            .await
            .unwrap();
        test.blobs
            .put(&name, Bytes::from_static(b"new!"))
            .await
            .unwrap();
        assert_eq!(test.blobs.read(&name).await.unwrap(), "new!");
        let listed: Vec<_> = test.blobs.list("renditions").try_collect().await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((&listed[0].path, listed[0].len), (&name, 4));
        test.blobs.delete(&name).await.unwrap();
        test.blobs.delete(&name).await.unwrap();
        assert!(matches!(
            test.blobs.head(&name).await,
            Err(Error::NotFound(_))
        ));
        assert!(matches!(
            test.blobs.read(&name).await,
            Err(Error::NotFound(_))
        ));
        let listed: Vec<_> = test.blobs.list("renditions").try_collect().await.unwrap();
        assert!(listed.is_empty());
    }
}

#[tokio::test]
async fn a_second_name_is_the_same_file_and_replaces_none() {
    for test in stores().await {
        let bytes = content(3 << 20);
        let (old, new) = (
            path("originals/ada/a.jpg"),
            path("originals/by/month/a.jpg"),
        );
        let mut received = test.received(&bytes).await;
        received.keep(&old).await.unwrap();
        test.blobs.place_also(&old, &new).await.unwrap();
        test.blobs.delete(&old).await.unwrap();
        let hash = Blake3(blake3::hash(&bytes).into());
        assert_eq!(test.blobs.hash(&new).await.unwrap(), hash);
        let other = path("originals/ada/b.jpg");
        test.received(b"other").await.keep(&other).await.unwrap();
        let refused = test.blobs.place_also(&new, &other).await;
        assert!(matches!(refused, Err(Error::Taken(taken)) if taken == other));
        assert_eq!(test.blobs.read(&other).await.unwrap(), "other");
        let refused = test.blobs.place_also(&old, &path("originals/c.jpg")).await;
        assert!(matches!(refused, Err(Error::NotFound(_))));
        let external = path("/mnt/a.jpg");
        for (from, to) in [(&new, &external), (&external, &other)] {
            let refused = test.blobs.place_also(from, to).await;
            assert!(matches!(refused, Err(Error::Invalid(_))));
        }
        assert!(matches!(
            test.blobs.delete(&external).await,
            Err(Error::Invalid(_))
        ));
        assert!(test.blobs.put(&external, Bytes::new()).await.is_err());
        assert_eq!(test.staged(), 0);
    }
}
