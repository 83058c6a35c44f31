//! `heirloom inference`: the engine as a server for other machines.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use clap::Args;
use heirloom_inference::local::{LocalEngine, Settings};
use heirloom_media::decoder::Decoder;
use heirloom_server::{
    oip::{Node, grpc_router, http_router},
    predict::{self, Predictor},
};
use heirloom_vision::Vision;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    cli::CommonOptions,
    config::Config,
    engine,
    serve::{GRACE, asked_to_stop, start_log},
    wiring::decoder_settings,
};

#[derive(Clone, Debug, Args)]
pub(crate) struct InferenceOptions {
    #[command(flatten)]
    common: CommonOptions,
    /// Address and port for HTTP.
    #[arg(long, default_value = "0.0.0.0:8000")]
    listen: SocketAddr,
    /// Address and port for gRPC; without it there is none.
    #[arg(long)]
    grpc_listen: Option<SocketAddr>,
}

/// Serves until told to stop. There is no authentication, as the protocol has none: keep it in a private network.
pub(crate) async fn run(options: InferenceOptions) -> anyhow::Result<()> {
    let config = Config::load(&options.common)?;
    start_log(&config.log)?;
    let settings = Settings {
        packs: Some(engine::packs(&config)),
        ..engine::settings(&config.inference, engine::models(&config))?
    };
    let engine = LocalEngine::open(settings).context("no models can be run")?;
    let predictor = open_predictor(&config, engine.clone())?;
    let node = Node::new(engine);
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let http = bind(options.listen).await?;
    println!("Inference is at http://{}", http.local_addr()?);
    if let Some(address) = options.grpc_listen {
        let grpc = bind(address).await?;
        println!("Inference over gRPC is at {}", grpc.local_addr()?);
        serve(grpc, grpc_router(node.clone()), &stop, &tasks);
    }
    let router = http_router(node).merge(predict::router(predictor));
    serve(http, router, &stop, &tasks);
    asked_to_stop().await?;
    tracing::info!("stopping");
    stop.cancel();
    tasks.close();
    tokio::time::timeout(GRACE, tasks.wait()).await.ok();
    Ok(())
}

/// What looks at whole pictures, if a pack is served and not some other repository.
fn open_predictor(config: &Config, engine: Arc<LocalEngine>) -> anyhow::Result<Predictor> {
    let vision = match Vision::open(engine, &engine::models(config)) {
        Ok(vision) => Some(vision),
        Err(error) => {
            tracing::info!(%error, "there is no /predict, only single models");
            None
        }
    };
    let processes = std::thread::available_parallelism().map_or(1, usize::from);
    let decoder = Decoder::new(decoder_settings(config, processes)?);
    Ok(Predictor::new(vision, decoder))
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = heirloom_server::listen(address).await;
    listener.with_context(|| format!("cannot listen on {address}; is another server there?"))
}

fn serve(
    listener: TcpListener,
    router: axum::Router,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) {
    let stopped = stop.clone().cancelled_owned();
    tasks.spawn(async move {
        let server = axum::serve(listener, router).with_graceful_shutdown(stopped);
        if let Err(error) = server.await {
            tracing::error!(%error, "the server ended");
        }
    });
}
