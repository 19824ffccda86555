//! [`Certificate`]: what the exporter shows to its clients when it encrypts.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use netsession_journal::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::validity::not_after;

/// How long a client may take to agree on keys.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// A certificate and its key, from two files. A renewed certificate counts from the next connection on.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
}

/// What the files had at a time.
struct Loaded {
    changed: [Option<SystemTime>; 2],
    acceptor: TlsAcceptor,
    expires: Option<Timestamp>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate with those of its authorities, and its key. Both are files in PEM.
    ///
    /// # Errors
    /// A file cannot be read, or has no certificate or key. Every user can read the key. The key does not belong to the
    /// certificate. The error names the file.
    pub fn read(certificate: &Path, key: &Path) -> io::Result<Self> {
        let loaded = Mutex::new(Loaded::read(certificate, key)?);
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), loaded })
    }

    /// Returns until when the certificate that clients see is valid, if it says so.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).expires
    }

    /// Agrees on keys with a client.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let accepting = self.acceptor().accept(stream);
        timeout(HANDSHAKE_LIMIT, accepting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Returns the acceptor of the newest certificate that can be read.
    fn acceptor(&self) -> TlsAcceptor {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.changed != changed(&self.certificate, &self.key) {
            match Loaded::read(&self.certificate, &self.key) {
                Ok(new) => *loaded = new,
                // Somebody may be writing the other file.
                Err(error) => tracing::warn!("the old certificate stays: {error}"),
            }
        }
        loaded.acceptor.clone()
    }
}

/// Refuses a key that every user of this computer can read: each of them could pretend to be the exporter.
#[cfg(unix)]
fn check_key(key: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let of = |error| io::Error::other(format!("{}: {error}", key.display()));
    if key.metadata().map_err(of)?.permissions().mode() & 0o007 != 0 {
        let text = format!("{}: every user can read the key; make it private with chmod 600", key.display());
        return Err(io::Error::other(text));
    }
    Ok(())
}

/// Refuses a key that another user of this computer can read: each of them could pretend to be the exporter.
#[cfg(windows)]
fn check_key(key: &Path) -> io::Result<()> {
    use netsession_winfs::access::{Others, to_make_private};
    // A key that is missing is said by the one who reads it.
    if key.exists() && Others::at(key).read {
        let text =
            format!("{}: others can read the key; make it private: {}", key.display(), to_make_private(key));
        return Err(io::Error::other(text));
    }
    Ok(())
}

fn changed(certificate: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [certificate, key].map(|path| path.metadata().and_then(|meta| meta.modified()).ok())
}

impl Loaded {
    fn read(certificate: &Path, key: &Path) -> io::Result<Self> {
        let changed = changed(certificate, key);
        let of = |path: &Path, error: pem::Error| io::Error::other(format!("{}: {error}", path.display()));
        let chain =
            CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|error| of(certificate, error))?;
        if chain.is_empty() {
            return Err(io::Error::other(format!("{} has no certificate", certificate.display())));
        }
        let expires = chain.first().and_then(|certificate| not_after(certificate));
        check_key(key)?;
        let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| of(key, error))?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_protocol_versions(&[&rustls::version::TLS13]).map_err(io::Error::other)?;
        let config = config.with_no_client_auth().with_single_cert(chain, secret);
        let config = config.map_err(|error| io::Error::other(format!("{}: {error}", key.display())))?;
        Ok(Self { changed, acceptor: TlsAcceptor::from(Arc::new(config)), expires })
    }
}
