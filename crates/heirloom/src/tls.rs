//! HTTPS without a proxy in front: a certificate from files, or one that is asked for by ACME.

mod acme;
mod files;

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::bail;
use axum::Router;
use axum_server::{
    Handle,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::ResolvesServerCert,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{config::Tls, serve::GRACE};

/// What browsers and apps speak over TLS, the best first (RFC 7301).
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A way to answer handshakes.
pub(crate) struct Secured(Arc<ServerConfig>);

/// Reads or asks for the certificate that is configured, and keeps it new until told to stop; none for plain HTTP.
pub(crate) fn open(
    tls: &Tls,
    data: &Path,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<Option<Secured>> {
    let config = match (&tls.certificate, &tls.key, tls.acme.domains.is_empty()) {
        (None, None, true) => return Ok(None),
        (Some(certificate), Some(key), true) => {
            let pair = files::Pair::new(certificate.clone(), key.clone());
            let resolver = files::Reloaded::open(pair)?;
            tasks.spawn(resolver.clone().follow(stop.clone()));
            config(resolver, &PROTOCOLS)?
        }
        (None, None, false) => {
            let resolver = acme::start(&tls.acme, data, stop, tasks)?;
            // The authority asks for this protocol when it checks that the name leads here (RFC 8737).
            let protocols = [PROTOCOLS[0], PROTOCOLS[1], acme::PROTOCOL];
            config(resolver, &protocols)?
        }
        (Some(_), Some(_), false) => {
            bail!("tls: name the files of a certificate or acme.domains, not both")
        }
        (None, Some(_), _) => bail!("tls.certificate: name the file of the certificate as well"),
        (Some(_), None, _) => bail!("tls.key: name the file of the private key as well"),
    };
    Ok(Some(Secured(Arc::new(config))))
}

/// Serves until told to stop.
pub(crate) async fn serve(
    secured: Secured,
    listener: tokio::net::TcpListener,
    app: Router,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let handle = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        stopping.graceful_shutdown(Some(GRACE));
    });
    let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(secured.0));
    let app = heirloom_server::over_tls(app);
    axum_server::from_tcp(listener.into_std()?)?
        .acceptor(acceptor)
        .handle(handle)
        .serve(app.into_make_service_with_connect_info::<SocketAddr>())
        .await?;
    Ok(())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn config(
    resolver: Arc<dyn ResolvesServerCert>,
    protocols: &[&[u8]],
) -> anyhow::Result<ServerConfig> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}
