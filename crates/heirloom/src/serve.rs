//! `heirloom serve` and `heirloom worker`.

use std::{
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::Router;
use heirloom_inference::registry::Registry;
use heirloom_jobs::{Runner, Settings};
use heirloom_library::{
    Library,
    account_removal::RemoveAccount,
    backup::BackUp,
    clustering::ClusterPeople,
    duplicates::{FindDuplicates, RegroupCopies},
    face_models::FollowFaceModel,
    integrity::CheckIntegrity,
    libraries::{RemoveLibrary, ScanFiles, ScanLibrary},
    mail::SendMail,
    moves::MoveOriginals,
    process::ProcessAsset,
    search_models::FollowSearchModel,
    workflows::RunWorkflows,
};
use heirloom_server::{App, ModelPacks, Services, live::Live};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing_subscriber::EnvFilter;

use crate::{
    again,
    cli::{CommonOptions, ServeOptions},
    config::{Config, Log},
    engine,
    tls::{self, Secured},
    wiring::{Wired, finish_restore, wire},
};

/// How often housekeeping runs.
const UPKEEP_EVERY: Duration = Duration::from_mins(10);
/// How often to look whether something's time has come.
const SCHEDULE_EVERY: Duration = Duration::from_secs(20);
/// How long requests that are under way may take when the server stops.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
/// How long it takes at most to tell everybody who looks that the server begins anew.
const TELLING: Duration = Duration::from_millis(100);

/// Serves until told to stop.
pub(crate) async fn serve(options: ServeOptions) -> anyhow::Result<()> {
    let mut config = Config::load(&options.common)?;
    config.listen = options.listen.unwrap_or(config.listen);
    start_log(&config.log)?;
    let (wired, is_in_maintenance) = begin(&config, options.common.again).await?;
    wired
        .library
        .note_version(env!("CARGO_PKG_VERSION"))
        .await?;
    let listener = listen(&config, options.common.again).await?;
    let socket = listener.as_fd().try_clone_to_owned()?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let secured = tls::open(&config.tls, &config.data, &stop, &tasks)?;
    if is_in_maintenance {
        tasks.spawn(wired.library.clone().restore_when_asked(stop.clone()));
    } else if !options.no_worker {
        start_work(&wired, &stop, &tasks);
    }
    tasks.spawn(wired.library.clone().follow_maintenance(stop.clone()));
    let address = listener.local_addr()?;
    tracing::info!(%address, data = %config.data.display(), is_in_maintenance, "listening");
    let scheme = if secured.is_some() { "https" } else { "http" };
    // Whoever read this from the process before may be gone.
    if !options.common.again {
        println!("Heirloom is at {scheme}://{}", shown(address));
    }
    let live = Live::new(wired.library.clone());
    tasks.spawn(live.clone().run(stop.clone()));
    let app = heirloom_server::router(app(&config, &wired)?, &live);
    let server = tokio::spawn(answer(listener, secured, app, stop.clone()));
    let next = end_of(&wired.library).await?;
    if next == Next::Again {
        live.tell_of_restart().await;
        sleep(TELLING).await;
    }
    stop.cancel();
    tasks.close();
    tokio::time::timeout(GRACE, async {
        server.await.ok();
        tasks.wait().await;
    })
    .await
    .ok();
    drop(live);
    finish(wired, next, Some(socket)).await
}

/// Opens what the configuration names, after what was left to do before that; says whether the server is in maintenance.
async fn begin(config: &Config, again: bool) -> anyhow::Result<(Wired, bool)> {
    if again {
        again::part_from_children();
    }
    let gave_up = finish_restore(config).await?;
    let wired = wire(config).await?;
    let is_in_maintenance = wired.library.begin_in_mode(gave_up).await?;
    Ok((wired, is_in_maintenance))
}

async fn listen(config: &Config, again: bool) -> anyhow::Result<TcpListener> {
    if again {
        return again::socket();
    }
    heirloom_server::listen(config.listen)
        .await
        .with_context(|| {
            format!(
                "cannot listen on {}; is another server running there?",
                config.listen
            )
        })
}

fn app(config: &Config, wired: &Wired) -> anyhow::Result<App> {
    Ok(App::new(Services {
        library: wired.library.clone(),
        engine: wired.engine.clone(),
        packs: Arc::new(ModelPacks {
            used: engine::models(config),
            further: Registry::new(engine::packs(config)),
        }),
        tiles: config.map.tile_server()?.map(Arc::new),
    }))
}

/// What comes after the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    /// Maintenance begins or ends, or another database takes the place of this.
    Again,
}

async fn end_of(library: &Library) -> anyhow::Result<Next> {
    let again = library.wants_to_begin_anew();
    tokio::select! {
        asked = asked_to_stop() => {
            asked?;
            tracing::info!("stopping");
            Ok(Next::Nothing)
        }
        () = again.cancelled() => {
            tracing::info!("beginning anew");
            Ok(Next::Again)
        }
    }
}

async fn finish(wired: Wired, next: Next, socket: Option<OwnedFd>) -> anyhow::Result<()> {
    wired.library.end_all_hls();
    // What still runs is cut off.
    tokio::time::timeout(GRACE, wired.db.close()).await.ok();
    drop(wired);
    match next {
        Next::Nothing => Ok(()),
        Next::Again => Err(again::begin(socket)),
    }
}

async fn answer(
    listener: TcpListener,
    secured: Option<Secured>,
    app: Router,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    if let Some(secured) = secured {
        return tls::serve(secured, listener, app, stop).await;
    }
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await?;
    Ok(())
}

/// Processes until told to stop.
pub(crate) async fn work(options: CommonOptions) -> anyhow::Result<()> {
    let config = Config::load(&options)?;
    start_log(&config.log)?;
    let (wired, is_in_maintenance) = begin(&config, options.again).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    if !is_in_maintenance {
        start_work(&wired, &stop, &tasks);
    }
    tasks.spawn(wired.library.clone().follow_maintenance(stop.clone()));
    tracing::info!(is_in_maintenance, "working");
    let next = end_of(&wired.library).await?;
    stop.cancel();
    tasks.close();
    tokio::time::timeout(GRACE, tasks.wait()).await.ok();
    finish(wired, next, None).await
}

fn start_work(wired: &Wired, stop: &CancellationToken, tasks: &TaskTracker) {
    let runner = Runner::new(
        wired.db.clone(),
        wired.clock.clone(),
        wired.wake.clone(),
        Settings {
            slots: wired.workers,
        },
        vec![
            Arc::new(ProcessAsset(wired.library.clone())),
            Arc::new(ClusterPeople(wired.library.clone())),
            Arc::new(FindDuplicates(wired.library.clone())),
            Arc::new(RegroupCopies(wired.library.clone())),
            Arc::new(FollowSearchModel(wired.library.clone())),
            Arc::new(FollowFaceModel(wired.library.clone())),
            Arc::new(BackUp(wired.library.clone())),
            Arc::new(CheckIntegrity(wired.library.clone())),
            Arc::new(ScanLibrary(wired.library.clone())),
            Arc::new(ScanFiles(wired.library.clone())),
            Arc::new(RemoveLibrary(wired.library.clone())),
            Arc::new(MoveOriginals(wired.library.clone())),
            Arc::new(SendMail(wired.library.clone())),
            Arc::new(RemoveAccount(wired.library.clone())),
            Arc::new(RunWorkflows(wired.library.clone())),
        ],
    );
    tasks.spawn(runner.run(stop.clone()));
    tasks.spawn(catch_up(wired.library.clone()));
    tasks.spawn(keep_up(wired.library.clone(), stop.clone()));
    tasks.spawn(follow_schedule(wired.library.clone(), stop.clone()));
    tasks.spawn(wired.library.clone().watch_libraries(stop.clone()));
}

async fn follow_schedule(library: Arc<Library>, stop: CancellationToken) {
    loop {
        if let Err(error) = library.run_schedule().await {
            tracing::warn!(%error, "the schedule could not be followed; it is tried again");
        }
        tokio::select! {
            () = sleep(SCHEDULE_EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Asks the models about what was there before them.
async fn catch_up(library: Arc<Library>) {
    match library.catch_up().await {
        Ok(0) => {}
        Ok(assets) => tracing::info!(assets, "pictures that no model has looked at yet will be"),
        Err(error) => tracing::warn!(%error, "what models have not looked at could not be listed"),
    }
}

async fn keep_up(library: Arc<Library>, stop: CancellationToken) {
    if let Err(error) = library.read_names().await {
        tracing::warn!(%error, "some file names are not searchable; they are read at the next start");
    }
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

pub(crate) async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

pub(crate) fn start_log(log: &Log) -> anyhow::Result<()> {
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
