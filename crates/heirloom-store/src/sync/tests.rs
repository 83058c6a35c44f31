use crate::{Db, sql, testing::databases};

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

/// PostgreSQL keeps one plan for a statement that it has seen five times, which for a page of a large library reads
/// everything before it, too.
#[tokio::test]
async fn each_page_has_a_plan_of_its_own() {
    for database in databases().await {
        let mut tx = database.db.snapshot().await.expect("it begins");
        let which = Which::Within(Uuid::max(), Some(Uuid::nil()));
        for _ in 0..10 {
            let page = select(&mut tx, Part::Exif, UserId(Uuid::max()), which, 1_000).await;
            assert!(page.expect("it is understood").is_empty());
        }
        if let Tx::Postgres(_) = tx {
            let kept = sql!(
                "select sum(generic_plans)::bigint, sum(custom_plans)::bigint from pg_prepared_statements
                 where statement like '%key_entity%' and statement not like '%pg_prepared_statements%'"
            );
            let plans: (i64, i64) = tx.one(kept).await.expect("it is understood");
            assert_eq!(plans, (0, 10));
        }
    }
}
