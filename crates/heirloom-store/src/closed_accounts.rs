//! What tied closed accounts to others, to be tied again when they are restored.

use heirloom_types::ids::UserId;

use crate::{Result, Tx, sql};

/// Keeps the ties of an account, instead of what was kept before.
pub async fn upsert(tx: &mut Tx, user: UserId, ties: &str) -> Result<()> {
    tx.execute(sql!(
        "insert into closed_accounts (user_id, ties) values ($1, $2)
         on conflict (user_id) do update set ties = excluded.ties",
        user,
        ties
    ))
    .await?;
    Ok(())
}

/// The ties of an account, which are kept no longer.
pub async fn take(tx: &mut Tx, user: UserId) -> Result<Option<String>> {
    let row: Option<(String,)> = tx
        .optional(sql!(
            "delete from closed_accounts where user_id = $1 returning ties",
            user
        ))
        .await?;
    Ok(row.map(|(ties,)| ties))
}
