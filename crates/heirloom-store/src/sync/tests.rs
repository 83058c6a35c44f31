use crate::{Db, sql};

use super::*;

/// What SQLite knows of a library of a million.
const LIBRARY: &str = "insert into sqlite_stat1 (tbl, idx, stat) values
    ('assets', 'assets_id', '1000000 1'),
    ('assets', 'assets_taken', '1000000 1000000 1 1'),
    ('assets', 'sqlite_autoindex_assets_1', '1000000 1000000 1'),
    ('exif', 'exif_city', '600518 600518 1199'),
    ('exif', 'sqlite_autoindex_exif_1', '1000000 1000000 1')";

#[tokio::test]
async fn a_page_is_read_from_where_the_last_one_ended() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let db = Db::open_sqlite(&folder.path().join("heirloom.db")).await;
    let mut tx = db.expect("it opens").write().await.expect("it begins");
    for text in ["analyze", LIBRARY, "analyze sqlite_schema"] {
        tx.execute(sql!(text)).await.expect("it is understood");
    }
    let (reader, after) = (UserId(Uuid::max()), Uuid::max());
    for part in [
        Part::Asset,
        Part::Exif,
        Part::PartnerAsset,
        Part::PartnerExif,
        Part::Stack,
    ] {
        let stretch = Stretch::Within(reader.0, after);
        let page = part.selection().statement(reader, stretch, 1_000);
        let plan = tx.plan(page).await.expect("it is understood");
        // Of partners there are few.
        let too_much = ["SCAN a", "SCAN e", "SCAN stacks", "TEMP B-TREE"];
        for line in &plan {
            let is_too_much = too_much.iter().any(|much| line.contains(much));
            assert!(!is_too_much, "{part:?}: {plan:#?}");
        }
    }
}
