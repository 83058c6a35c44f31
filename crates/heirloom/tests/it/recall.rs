//! The indexes of vectors, when whoever asks goes away.

use futures::FutureExt;
use heirloom_library::recall::{Recall, RecallSettings};
use heirloom_media::decoder::Decoder;
use heirloom_store::embeddings;
use heirloom_types::ids::UserId;

use crate::{
    history::{History, Person},
    inside::{Template, decoder_settings},
};

const MODEL: &str = "numbers";

#[tokio::test]
async fn an_index_is_whole_whenever_whoever_asked_first_went_away() {
    let template = Template::make(None, 2).await;
    let server = template.start(&Decoder::new(decoder_settings())).await;
    let people = template.people.iter();
    let people = people.map(|one| Person::new(&one.id, &one.tokens[0]));
    let mut history = History::new(&server.address, people.collect(), 1);
    for _ in 0..150 {
        history.step().await;
    }
    let owner: UserId = template.people[0].id.parse().unwrap();
    let mut tx = server.db().write().await.unwrap();
    let assets = heirloom_store::assets::list_of_owner(&mut tx, owner, 1_000).await;
    let assets = assets.unwrap();
    for (number, asset) in assets.iter().enumerate() {
        let vector = vec![(0, vec![1.0, number as f32])];
        let put = embeddings::replace(&mut tx, owner, MODEL, asset.id, &vector);
        put.await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(assets.len() > 3, "{}", assets.len());
    for turns in 0..60 {
        let recall = Recall::new(RecallSettings::default());
        let mut asked = Box::pin(recall.count(server.db(), owner, MODEL));
        for _ in 0..turns {
            if asked.as_mut().now_or_never().is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_micros(200)).await;
        }
        drop(asked);
        let count = recall.count(server.db(), owner, MODEL).await.unwrap();
        assert_eq!(count, assets.len(), "after {turns} turns");
    }
    server.end().await;
}
