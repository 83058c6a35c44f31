//! Assets that many requests ask for at one moment, as a page of thumbnails does, read together: one statement an owner for
//! all that came while the last one was under way. A turn of the database costs more than the rows. Nothing is remembered, so
//! nothing is ever out of date.

use std::{collections::HashMap, sync::OnceLock};

use heirloom_store::{
    Db, Result,
    assets::{self, Asset},
};
use heirloom_types::{
    caller::Scope,
    ids::{AssetId, UserId},
};
use tokio::sync::{mpsc, oneshot};

/// Requests that wait for their turn; who comes later waits to be let in.
const WAITING_MAX: usize = 1_024;
/// Rows of one statement.
const ROWS_MAX: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Gathering(OnceLock<mpsc::Sender<Asked>>);

#[derive(Debug)]
struct Asked {
    owner: UserId,
    id: AssetId,
    answer: oneshot::Sender<Option<Asset>>,
}

impl Gathering {
    /// An owner's asset; none where there is none, or where the database does not answer.
    pub(crate) async fn get(&self, db: &Db, owner: UserId, id: AssetId) -> Option<Asset> {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { owner, id, answer };
        self.sender(db).send(asked).await.ok()?;
        answered.await.ok()?
    }

    fn sender(&self, db: &Db) -> &mpsc::Sender<Asked> {
        self.0.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            tokio::spawn(answer_all(db.clone(), receiver));
            sender
        })
    }
}

/// Ends with the library, whose sender goes.
async fn answer_all(db: Db, mut receiver: mpsc::Receiver<Asked>) {
    let mut asked = Vec::with_capacity(ROWS_MAX);
    while receiver.recv_many(&mut asked, ROWS_MAX).await > 0 {
        // Who asked finds out what is wrong when they ask for their asset alone.
        let found = read(&db, &asked).await.unwrap_or_default();
        for Asked { owner, id, answer } in asked.drain(..) {
            // Whoever asked may have gone.
            let _ = answer.send(found.get(&(owner, id)).cloned());
        }
    }
}

async fn read(db: &Db, asked: &[Asked]) -> Result<HashMap<(UserId, AssetId), Asset>> {
    let mut wanted: HashMap<UserId, Vec<AssetId>> = HashMap::new();
    for Asked { owner, id, .. } in asked {
        wanted.entry(*owner).or_default().push(*id);
    }
    let mut tx = db.glance().await?;
    let mut found = HashMap::with_capacity(asked.len());
    for (owner, ids) in wanted {
        let assets = assets::list(&mut tx, Scope::of_owner(owner), &ids).await?;
        found.extend(assets.into_iter().map(|asset| ((owner, asset.id), asset)));
    }
    Ok(found)
}
