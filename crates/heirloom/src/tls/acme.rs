//! A certificate that an authority gives to whoever answers at a name (ACME, RFC 8555), by TLS-ALPN-01 on our own port.

use std::{fs, os::unix::fs::DirBuilderExt, path::Path, sync::Arc};

use anyhow::{Context, bail};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
    server::ResolvesServerCert,
};
use rustls_acme::{AcmeConfig, caches::DirCache};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::config::Acme;

/// What an authority's check asks for (RFC 8737, 6.2).
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";
/// Where the account and certificates are kept, in the data folder.
const FOLDER: &str = "acme";

/// Gets a certificate, and a new one before it runs out, until told to stop.
pub(crate) fn start(
    acme: &Acme,
    data: &Path,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<Arc<dyn ResolvesServerCert>> {
    let folder = data.join(FOLDER);
    // Private keys lie in it.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let mut config = AcmeConfig::new(&acme.domains)
        .contact(acme.contact.iter().map(|mail| format!("mailto:{mail}")))
        .directory(&acme.directory)
        .cache(DirCache::new(folder));
    if let Some(path) = &acme.authority {
        config = config.client_tls_config(Arc::new(trusting(path)?));
    }
    let mut state = config.state();
    let resolver = state.resolver();
    let stop = stop.clone();
    tasks.spawn(async move {
        use futures::StreamExt;
        loop {
            tokio::select! {
                event = state.next() => match event {
                    Some(Ok(event)) => tracing::info!(?event, "certificate"),
                    Some(Err(error)) => tracing::warn!(%error, "no certificate yet; it is asked for again"),
                    None => return,
                },
                () = stop.cancelled() => return,
            }
        }
    });
    Ok(resolver)
}

/// Trusts an authority of one's own, instead of those that browsers trust.
fn trusting(path: &Path) -> anyhow::Result<ClientConfig> {
    let cannot = || format!("tls.acme.authority: cannot read {}", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).with_context(cannot)? {
        roots.add(certificate.with_context(cannot)?)?;
    }
    if roots.is_empty() {
        bail!(
            "tls.acme.authority: {} holds no certificate in PEM",
            path.display()
        );
    }
    Ok(ClientConfig::builder_with_provider(super::provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
