//! `heirloom serve` and `heirloom worker`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use heirloom_jobs::{Runner, Settings};
use heirloom_library::{Library, process::ProcessAsset};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::EnvFilter;

use crate::{
    cli::{CommonOptions, ServeOptions},
    config::{Config, Log},
    wiring::{Wired, wire},
};

/// How often housekeeping runs.
const UPKEEP_EVERY: Duration = Duration::from_mins(10);
/// How long requests that are under way may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until told to stop.
pub(crate) async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let mut config = Config::load(&options.common)?;
    config.listen = options.listen.unwrap_or(config.listen);
    start_log(&config.log)?;
    let wired = wire(&config).await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; is another server running there?",
            config.listen
        )
    })?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    if !options.no_worker {
        start_work(&wired, &stop, &tasks);
    }
    let address = listener.local_addr()?;
    tracing::info!(%address, data = %config.data.display(), "listening");
    println!("Heirloom is at http://{}", shown(address));
    let app = heirloom_server::router(wired.library.clone())
        .into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone();
    let server =
        axum::serve(listener, app).with_graceful_shutdown(async move { stopped.cancelled().await });
    let server = tokio::spawn(async move { server.await });
    asked_to_stop().await?;
    tracing::info!("stopping");
    stop.cancel();
    tasks.close();
    tokio::time::timeout(GRACE, async {
        server.await.ok();
        tasks.wait().await;
    })
    .await
    .ok();
    wired.db.close().await;
    Ok(())
}

/// Processes until told to stop.
pub(crate) async fn work(options: CommonOptions) -> anyhow::Result<()> {
    let config = Config::load(&options)?;
    start_log(&config.log)?;
    let wired = wire(&config).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    start_work(&wired, &stop, &tasks);
    tracing::info!("working");
    asked_to_stop().await?;
    stop.cancel();
    tasks.close();
    tokio::time::timeout(GRACE, tasks.wait()).await.ok();
    wired.db.close().await;
    Ok(())
}

fn start_work(wired: &Wired, stop: &CancellationToken, tasks: &TaskTracker) {
    let runner = Runner::new(
        wired.db.clone(),
        wired.clock.clone(),
        wired.wake.clone(),
        Settings {
            slots: wired.workers,
        },
        vec![Arc::new(ProcessAsset(wired.library.clone()))],
    );
    tasks.spawn(runner.run(stop.clone()));
    tasks.spawn(keep_up(wired.library.clone(), stop.clone()));
}

async fn keep_up(library: Arc<Library>, stop: CancellationToken) {
    loop {
        match library.keep_up().await {
            Ok(done) => tracing::debug!(?done, "housekeeping"),
            Err(error) => tracing::warn!(%error, "housekeeping failed; it is tried again"),
        }
        tokio::select! {
            () = sleep(UPKEEP_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn start_log(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level).context("log.level")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if log.json {
        builder.json().init();
    } else {
        builder.init();
    }
    Ok(())
}

/// An address a browser takes: everywhere is also here.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}
