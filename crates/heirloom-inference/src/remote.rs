//! The engine of other machines: a pool of nodes that speak the Open Inference Protocol over HTTP.
//!
//! A request goes to the live node with the least to do. When a node fails the request goes to another; a person's request
//! that takes long is asked of a second node as well, and the first answer counts. What no node could take is an error that
//! passes, so that who keeps work for later loses none.

mod node;
mod pool;

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::time::{sleep, timeout_at};

use self::{node::Node, pool::Pool};
use crate::{Engine, Error, Priority, Request, Response, Result, engine::Description};

/// Longest a caller without a deadline waits.
const PATIENCE: Duration = Duration::from_mins(10);
/// Pause before the whole pool is asked again, at first and at most.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MOST: Duration = Duration::from_secs(5);
/// How often the pool is asked for something that a person waits for, and for other work.
const ROUNDS_PROMPT: u32 = 2;
const ROUNDS: u32 = 8;

/// Which nodes, and how they are used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Their addresses, as in `http://gpu:8000`.
    pub nodes: Vec<String>,
    /// How often each node is asked whether it is alive.
    pub check_every: Duration,
    /// A person's request that took so long is asked of a second node.
    pub hedge_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            check_every: Duration::from_secs(3),
            hedge_after: Duration::from_millis(250),
        }
    }
}

/// Runs models on other machines.
pub struct RemoteEngine {
    pool: Arc<Pool>,
    hedge_after: Duration,
}

impl RemoteEngine {
    /// Asks from now on whether the nodes are alive. They need not be yet.
    pub fn open(settings: &Settings) -> Result<Arc<Self>> {
        let pool = Arc::new(Pool::new(&settings.nodes)?);
        tokio::spawn(keep_checking(Arc::downgrade(&pool), settings.check_every));
        Ok(Arc::new(Self {
            pool,
            hedge_after: settings.hedge_after,
        }))
    }

    /// Asks one node after another, each once; two at a time if a person waits for long.
    async fn round(&self, request: &Request) -> Result<Response> {
        let mut tried = BTreeSet::new();
        let mut asked = FuturesUnordered::new();
        let mut failure = None;
        let mut can_hedge = request.priority == Priority::Interactive;
        loop {
            if asked.is_empty() {
                let Some(node) = self.pool.choose(&tried) else {
                    return Err(failure.unwrap_or_else(Pool::nobody));
                };
                tried.insert(node.number);
                asked.push(node.infer(request));
            }
            let may_hedge = can_hedge && asked.len() == 1;
            tokio::select! {
                Some(answer) = asked.next() => match answer {
                    Err(error) if may_be_otherwise_elsewhere(&error) => keep(&mut failure, error),
                    answer => return answer,
                },
                () = sleep(self.hedge_after), if may_hedge => {
                    can_hedge = false;
                    if let Some(node) = self.pool.choose(&tried) {
                        tried.insert(node.number);
                        self.pool.count_hedge();
                        asked.push(node.infer(request));
                    }
                }
            }
        }
    }

    async fn rounds(&self, request: &Request) -> Result<Response> {
        let rounds = match request.priority {
            Priority::Interactive => ROUNDS_PROMPT,
            Priority::Upload | Priority::Backfill => ROUNDS,
        };
        let can_wait = request.priority != Priority::Interactive;
        let mut pause = PAUSE_FIRST;
        let mut left = rounds;
        loop {
            match self.round(request).await {
                // Nodes that are busy are alive: it is their turn sooner or later.
                Err(Error::Overloaded { retry_after }) if can_wait => {
                    sleep(retry_after.min(PAUSE_MOST)).await;
                }
                Err(Error::Overloaded { .. } | Error::NotReady(_)) if left > 1 => {
                    left -= 1;
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MOST);
                }
                answer => return answer,
            }
        }
    }
}

/// Of what several nodes said, that they are busy tells most: it passes soonest.
fn keep(failure: &mut Option<Error>, error: Error) {
    if !matches!(failure, Some(Error::Overloaded { .. })) {
        *failure = Some(error);
    }
}

/// A request that does not fit the model fits it nowhere; a model that one node lacks, another may have.
fn may_be_otherwise_elsewhere(error: &Error) -> bool {
    !matches!(error, Error::Invalid(_) | Error::Late)
}

async fn keep_checking(pool: Weak<Pool>, every: Duration) {
    while let Some(pool) = pool.upgrade() {
        pool.check().await;
        drop(pool);
        sleep(every).await;
    }
}

#[async_trait]
impl Engine for RemoteEngine {
    async fn infer(&self, mut request: Request) -> Result<Response> {
        let until = request
            .deadline
            .unwrap_or_else(|| Instant::now() + PATIENCE);
        request.deadline = Some(until);
        timeout_at(until.into(), self.rounds(&request))
            .await
            .unwrap_or(Err(Error::Late))
    }

    async fn describe(&self, model: &str) -> Result<Description> {
        let mut tried = BTreeSet::new();
        let mut failure = None;
        while let Some(node) = self.pool.choose(&tried) {
            tried.insert(node.number);
            match node.describe(model).await {
                Err(error) if may_be_otherwise_elsewhere(&error) => keep(&mut failure, error),
                answer => return answer,
            }
        }
        Err(failure.unwrap_or_else(Pool::nobody))
    }

    fn metrics(&self) -> String {
        type Figure = fn(&Node) -> u64;
        let figures: [(&str, &str, &str, Figure); 4] = [
            ("up", "Whether the node answers", "gauge", |node| {
                u64::from(node.is_alive())
            }),
            ("busy", "Requests that the node has now", "gauge", |node| {
                node.busy() as u64
            }),
            (
                "answered_total",
                "Requests it answered",
                "counter",
                Node::answered,
            ),
            (
                "failed_total",
                "Requests it failed",
                "counter",
                Node::failed,
            ),
        ];
        let mut text = String::new();
        for (name, help, kind, figure) in figures {
            writeln!(text, "# HELP heirloom_inference_node_{name} {help}").ok();
            writeln!(text, "# TYPE heirloom_inference_node_{name} {kind}").ok();
            for node in self.pool.nodes() {
                let (address, value) = (node.address(), figure(node));
                let line = format!("heirloom_inference_node_{name}{{node=\"{address}\"}} {value}");
                writeln!(text, "{line}").ok();
            }
        }
        writeln!(
            text,
            "# HELP heirloom_inference_hedged_total Requests asked of a second node because the first took long\n\
             # TYPE heirloom_inference_hedged_total counter\nheirloom_inference_hedged_total {}",
            self.pool.hedged()
        )
        .ok();
        text
    }
}
