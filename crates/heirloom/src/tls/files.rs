//! A certificate from files, read again when they change.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_util::sync::CancellationToken;

/// How often to look whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the two files are.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

/// When each file was last changed; none where it cannot be told.
type Stamp = [Option<SystemTime>; 2];

/// The certificate as it was last read.
#[derive(Debug)]
pub(crate) struct Reloaded {
    pair: Pair,
    current: RwLock<Arc<CertifiedKey>>,
    /// Of the files that `current` was read from.
    read: Stamp,
}

impl Pair {
    pub(crate) fn new(certificate: PathBuf, key: PathBuf) -> Self {
        Self { certificate, key }
    }

    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let path = &self.certificate;
        let cannot = || format!("tls.certificate: cannot read {}", path.display());
        let bytes = fs::read(path).with_context(cannot)?;
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&bytes)
            .collect::<Result<_, _>>()
            .with_context(cannot)?;
        if chain.is_empty() {
            bail!(
                "tls.certificate: {} holds no certificate in PEM",
                path.display()
            );
        }
        let path = &self.key;
        let bytes =
            fs::read(path).with_context(|| format!("tls.key: cannot read {}", path.display()))?;
        let key = PrivateKeyDer::from_pem_slice(&bytes)
            .with_context(|| format!("tls.key: {} holds no private key in PEM", path.display()))?;
        CertifiedKey::from_der(chain, key, &super::provider()).with_context(|| {
            format!(
                "tls: the key in {} is not the one of the certificate in {}",
                self.key.display(),
                self.certificate.display()
            )
        })
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key]
            .map(|path| fs::metadata(path).and_then(|facts| facts.modified()).ok())
    }
}

impl Reloaded {
    /// Reads the files for the first time.
    pub(crate) fn open(pair: Pair) -> anyhow::Result<Arc<Self>> {
        let read = pair.stamp();
        let current = RwLock::new(Arc::new(pair.read()?));
        Ok(Arc::new(Self {
            pair,
            current,
            read,
        }))
    }

    /// Reads them again whenever they change. What cannot be read leaves the certificate of before in use.
    pub(crate) async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut seen = self.read;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => return,
            }
            let stamp = self.pair.stamp();
            if stamp == seen {
                continue;
            }
            seen = stamp;
            match self.pair.read() {
                Ok(pair) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                    tracing::info!(path = %self.pair.certificate.display(), "a new certificate is in use");
                }
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the certificate of before stays in use"
                    );
                }
            }
        }
    }
}

impl ResolvesServerCert for Reloaded {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.current
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}
