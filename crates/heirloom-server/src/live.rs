//! The websocket: socket.io at `/api/socket.io`, which tells what the change feed says to people who look right now.

use std::{sync::Arc, time::Duration};

use heirloom_api::live::{AssetEditReady, AssetUploadReady};
use heirloom_library::{
    Library,
    assets::AssetDetails,
    live::{Audience, Happening, Watch},
};
use heirloom_types::{caller::Caller, ids::SessionId};
use serde::Serialize;
use socketioxide::{
    SocketIo, TransportType, extract::SocketRef, layer::SocketIoLayer, socket::Sid,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{
    cx,
    routes::{assets, notifications, server, sync},
};

const PATH: &str = "/api/socket.io";
/// How often the feeds of those who look are asked for news.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A device is told that its session is over a moment after the answer of whoever ended it.
const SESSION_GRACE: Duration = Duration::from_millis(500);
/// Messages that wait for a slow client; what does not fit is lost to it, and it learns of it when it next syncs.
const BUFFER: usize = 512;
/// An event without anything to say.
const NOTHING: [(); 0] = [];

/// The sockets of this process.
#[derive(Clone)]
pub struct Live {
    io: SocketIo,
    library: Arc<Library>,
    watch: Arc<Watch>,
    layer: SocketIoLayer,
}

impl Live {
    pub fn new(library: Arc<Library>) -> Self {
        let (layer, io) = SocketIo::builder()
            .req_path(PATH)
            .transports([TransportType::Websocket])
            .max_buffer_size(BUFFER)
            .build_layer();
        let watch = Arc::new(Watch::default());
        let (of_socket, seen_by) = (library.clone(), watch.clone());
        io.ns("/", async move |socket: SocketRef| {
            greet(socket, of_socket, seen_by).await;
        });
        Self {
            io,
            library,
            watch,
            layer,
        }
    }

    pub(crate) fn layer(&self) -> SocketIoLayer {
        self.layer.clone()
    }

    /// Tells what happens until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => break,
            }
            match self.library.happened(&self.watch).await {
                Ok(happened) => {
                    for (audience, happening) in happened {
                        self.tell(audience, happening).await;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not look for changes; it is tried again");
                }
            }
        }
        self.io.close().await;
    }

    /// Tells everybody who looks that this process begins anew, into maintenance or out of it.
    pub async fn tell_of_restart(&self) {
        self.emit(&Room::Everybody, "AppRestartV1", &NOTHING).await;
    }

    async fn tell(&self, audience: Audience, happening: Happening) {
        let to = &Room::of(audience);
        match happening {
            Happening::Ready(details) => {
                let ready = AssetUploadReady {
                    asset: sync::asset(details.asset.clone(), true),
                    exif: sync::exif(details.exif.clone(), details.asset.size_bytes),
                };
                self.emit(to, "AssetUploadReadyV2", &ready).await;
                self.emit_asset(to, "on_upload_success", *details).await;
            }
            Happening::ReadyUnseen(asset, exif) => {
                let ready = AssetUploadReady {
                    exif: sync::exif(*exif, asset.size_bytes),
                    asset: sync::asset(*asset, true),
                };
                self.emit(to, "AssetUploadReadyV2", &ready).await;
            }
            Happening::Updated(details) => self.emit_asset(to, "on_asset_update", *details).await,
            Happening::Edited(asset, edits) => {
                let ready = AssetEditReady {
                    asset: sync::asset(*asset, true),
                    edit: edits.into_iter().map(sync::edit).collect(),
                };
                self.emit(to, "AssetEditReadyV2", &ready).await;
            }
            Happening::Hidden(id) => self.emit(to, "on_asset_hidden", &id).await,
            Happening::Trashed(ids) => self.emit(to, "on_asset_trash", &ids).await,
            Happening::Restored(ids) => self.emit(to, "on_asset_restore", &ids).await,
            Happening::Deleted(id) => self.emit(to, "on_asset_delete", &id).await,
            Happening::Stacked => self.emit(to, "on_asset_stack_update", &NOTHING).await,
            Happening::AlbumChanged(id) => {
                let changed = serde_json::json!({ "albumId": id });
                self.emit(to, "on_album_update", &changed).await;
            }
            Happening::Pictured(id) => self.emit(to, "on_person_thumbnail", &id).await,
            Happening::Notified(row) => {
                let notification = notifications::response(*row);
                self.emit(to, "on_notification", &notification).await;
            }
            Happening::SessionEnded(id) => self.end_session(id),
            Happening::AccountClosed(id) => {
                self.emit(to, "on_user_delete", &id).await;
                self.disconnect(&Room::of(Audience::User(id))).await;
            }
            Happening::SettingsChanged => self.emit(to, "on_config_update", &NOTHING).await,
        }
    }

    async fn emit_asset(&self, to: &Room, event: &str, details: AssetDetails) {
        self.emit(to, event, &assets::response(details)).await;
    }

    /// A client that cannot take it learns of it otherwise, so what fails here is only noted.
    async fn emit<T: Serialize + ?Sized>(&self, to: &Room, event: &str, data: &T) {
        let sent = match to {
            Room::Everybody => self.io.emit(event, data).await,
            Room::Of(name) => self.io.to(name.clone()).emit(event, data).await,
        };
        if let Err(error) = sent {
            tracing::debug!(%error, event, "a socket did not take an event");
        }
    }

    fn end_session(&self, id: SessionId) {
        let live = self.clone();
        tokio::spawn(async move {
            sleep(SESSION_GRACE).await;
            let room = Room::of(Audience::Session(id));
            live.emit(&room, "on_session_delete", &id).await;
            live.disconnect(&room).await;
        });
    }

    async fn disconnect(&self, room: &Room) {
        if let Room::Of(name) = room
            && let Err(error) = self.io.to(name.clone()).disconnect().await
        {
            tracing::debug!(%error, "a socket was gone already");
        }
    }
}

/// Sockets that are told the same.
enum Room {
    Everybody,
    Of(String),
}

impl Room {
    fn of(audience: Audience) -> Self {
        match audience {
            Audience::Everyone => Self::Everybody,
            Audience::User(id) => Self::Of(id.to_string()),
            Audience::Session(id) => Self::Of(id.to_string()),
        }
    }
}

/// Lets a socket in that belongs to an account, and turns away every other.
async fn greet(socket: SocketRef, library: Arc<Library>, watch: Arc<Watch>) {
    let caller = match admit(&socket, &library).await {
        Ok(caller) => caller,
        Err(reason) => {
            socket.emit("error", reason).ok();
            socket.disconnect().ok();
            return;
        }
    };
    let user = caller.user;
    if let Err(error) = library.look_at_feeds(&watch, user).await {
        tracing::warn!(%error, "a socket could not be let in");
        socket.disconnect().ok();
        return;
    }
    socket.on_disconnect(async move || watch.leave(user));
    socket.join(user.to_string());
    if let Some(session) = caller.session() {
        socket.join(session.to_string());
    }
    socket.emit("on_server_version", &server::contract()).ok();
    let sid: Sid = socket.id;
    tracing::debug!(%sid, %user, "a socket was let in");
}

async fn admit(socket: &SocketRef, library: &Library) -> Result<Caller, &'static str> {
    let parts = socket.req_parts();
    let query = cx::query(parts);
    if cx::link_word(&parts.headers, &query).is_some() {
        return Err("unauthorized");
    }
    let presented = cx::presented(&parts.headers, &query).ok_or("unauthorized")?;
    library
        .authenticate(presented)
        .await
        .map_err(|_| "unauthorized")
}
