//! How SQLite was built.

use sqlx::{Connection, SqliteConnection};

/// `.cargo/config.toml` asks for it; whoever builds without it has each statement planned for each value.
#[tokio::test]
async fn values_do_not_change_the_plans_of_statements() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let asked = sqlx::query_scalar::<_, bool>("select sqlite_compileoption_used('ENABLE_QPSG')");
    assert!(asked.fetch_one(&mut connection).await.unwrap());
}
