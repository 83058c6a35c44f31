//! The nodes, and who is asked next.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures::future::join_all;

use super::node::Node;
use crate::{Error, Result};

/// How long it may take to reach a node.
const CONNECT: Duration = Duration::from_secs(3);

pub(super) struct Pool {
    nodes: Vec<Node>,
    hedged: AtomicU64,
}

impl Pool {
    pub(super) fn new(addresses: &[String]) -> Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()
            .map_err(|error| Error::NotReady(format!("no connection can be made: {error}")))?;
        let nodes = addresses.iter().enumerate();
        let nodes: Result<Vec<Node>> = nodes
            .map(|(number, address)| Node::new(number, address, client.clone()))
            .collect();
        Ok(Self {
            nodes: nodes?,
            hedged: AtomicU64::new(0),
        })
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The live node with the least to do. One that seems dead is asked only when no other is left: it may be back.
    pub(super) fn choose(&self, tried: &BTreeSet<usize>) -> Option<&Node> {
        let left = self
            .nodes
            .iter()
            .filter(|node| !tried.contains(&node.number));
        left.min_by_key(|node| (!node.is_alive(), node.busy(), node.answered()))
    }

    pub(super) fn nobody() -> Error {
        Error::NotReady("the pool has no nodes; set inference.nodes".into())
    }

    pub(super) async fn check(&self) {
        join_all(self.nodes.iter().map(Node::check)).await;
    }

    pub(super) fn count_hedge(&self) {
        self.hedged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn hedged(&self) -> u64 {
        self.hedged.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_loaded_goes_first_and_the_dead_last() {
        let addresses = ["http://a:1", "http://b:1", "http://c:1"].map(str::to_owned);
        let pool = Pool::new(&addresses).unwrap();
        let busy = pool.nodes[0].begin();
        let mut tried = BTreeSet::new();
        pool.nodes[1].set_alive(false);
        let mut order = Vec::new();
        while let Some(node) = pool.choose(&tried) {
            tried.insert(node.number);
            order.push(node.number);
        }
        assert_eq!(order, [2, 0, 1]);
        drop(busy);
        assert_eq!(pool.choose(&BTreeSet::new()).unwrap().number, 0);
    }

    #[test]
    fn an_address_must_be_one() {
        for bad in ["", "gpu:8000", "ftp://gpu"] {
            assert!(Pool::new(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
