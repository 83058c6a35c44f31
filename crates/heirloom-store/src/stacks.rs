//! Pictures of one moment that show as one.

use heirloom_types::{
    ids::{AssetId, StackId, UserId},
    time::Timestamp,
};
use sea_query::{Expr, ExprTrait, Func, Query};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Result, Tx, sql};

/// Ids that one statement names; databases have a limit.
const CHUNK: usize = 1000;

macro_rules! columns {
    () => {
        "id, owner_id, primary_asset_id, created_at, updated_at"
    };
}

/// As the statements here list them.
pub(crate) const COLUMNS: &str = columns!();

/// One stack; its assets name it in `stack_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Stack {
    pub id: StackId,
    pub owner_id: UserId,
    /// The one that shows.
    pub primary_asset_id: AssetId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

pub async fn get(tx: &mut Tx, owner: UserId, id: StackId) -> Result<Option<Stack>> {
    tx.optional(sql!(
        concat!(
            "select ",
            columns!(),
            " from stacks where owner_id = $1 and id = $2"
        ),
        owner,
        id
    ))
    .await
}

/// Those of `ids` that are an owner's, in no order.
pub async fn list_of(tx: &mut Tx, owner: UserId, ids: &[StackId]) -> Result<Vec<Stack>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    tx.all_of(
        concat!(
            "select ",
            columns!(),
            " from stacks where owner_id = $1 and id in (*)"
        ),
        &[owner.0.into()],
        &ids,
    )
    .await
}

pub async fn list(tx: &mut Tx, owner: UserId) -> Result<Vec<Stack>> {
    tx.all(sql!(
        concat!(
            "select ",
            columns!(),
            " from stacks where owner_id = $1 order by id"
        ),
        owner
    ))
    .await
}

/// How many assets that are not in the trash each of these stacks of an owner has.
pub async fn list_counts(
    tx: &mut Tx,
    owner: UserId,
    ids: &[StackId],
) -> Result<Vec<(StackId, i64)>> {
    let mut counts = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let query = Query::select()
            .column("stack_id")
            .expr(Func::count(Expr::col("id")))
            .from("assets")
            .and_where(Expr::col("owner_id").eq(owner.0))
            .and_where(Expr::col("stack_id").is_in(chunk.iter().map(|id| id.0)))
            .and_where(Expr::col("deleted_at").is_null())
            .group_by_col("stack_id")
            .to_owned();
        let statement = tx.build(&query);
        counts.extend(tx.all::<(StackId, i64)>(statement).await?);
    }
    Ok(counts)
}

/// Writes the whole row.
pub async fn upsert(tx: &mut Tx, stack: &Stack) -> Result<()> {
    tx.execute(sql!(
        concat!(
            "insert into stacks (",
            columns!(),
            ") values ($1, $2, $3, $4, $5)
             on conflict (id) do update set primary_asset_id = excluded.primary_asset_id,
                 updated_at = excluded.updated_at"
        ),
        stack.id,
        stack.owner_id,
        stack.primary_asset_id,
        stack.created_at,
        stack.updated_at,
    ))
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: StackId) -> Result<()> {
    tx.execute(sql!("delete from stacks where id = $1", id))
        .await?;
    Ok(())
}

/// The assets of a stack, its first one first.
pub async fn list_assets(tx: &mut Tx, owner: UserId, id: StackId) -> Result<Vec<AssetId>> {
    let rows: Vec<(AssetId,)> = tx
        .all(sql!(
            "select id from assets where owner_id = $1 and stack_id = $2 order by is_collapsed, id",
            owner,
            id
        ))
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
