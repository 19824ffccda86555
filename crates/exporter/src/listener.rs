//! [`Listener`]: where the exporter accepts connections.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use crate::Certificate;

/// Where the exporter accepts connections.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tls: Option<Arc<Certificate>>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        socket: tokio::net::UnixListener,
        path: PathBuf,
    },
}

/// A stream of a client.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

impl Listener {
    /// Listens on an address.
    ///
    /// # Errors
    /// The address is taken, or is not this computer's.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: Socket::Tcp(TcpListener::bind(address).await?), tls: None })
    }

    /// Listens on a Unix socket, to which only this user and its group can connect. It replaces a socket on which nobody
    /// listens, and removes its own in the end.
    ///
    /// # Errors
    /// The path exists and is in use or is no socket, or the system refuses to make it.
    #[cfg(unix)]
    pub async fn unix(path: &Path) -> io::Result<Self> {
        use std::fs;
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

        let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
        if is_socket && tokio::net::UnixStream::connect(path).await.is_err() {
            fs::remove_file(path)?;
        }
        let socket = tokio::net::UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
        Ok(Self { socket: Socket::Unix { socket, path: path.to_owned() }, tls: None })
    }

    /// Encrypts each connection with TLS 1.3, as this certificate's server.
    #[must_use]
    pub fn encrypted_by(mut self, certificate: Certificate) -> Self {
        self.tls = Some(Arc::new(certificate));
        self
    }

    /// Returns what encrypts the connections.
    pub(crate) fn certificate(&self) -> Option<Arc<Certificate>> {
        self.tls.clone()
    }

    /// Returns the address, with its port. None for a Unix socket.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().ok(),
            #[cfg(unix)]
            Socket::Unix { .. } => None,
        }
    }

    /// Accepts a connection.
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match &self.socket {
            Socket::Tcp(socket) => Ok(Box::new(socket.accept().await?.0)),
            #[cfg(unix)]
            Socket::Unix { socket, .. } => Ok(Box::new(socket.accept().await?.0)),
        }
    }
}

#[cfg(unix)]
impl Drop for Listener {
    fn drop(&mut self) {
        if let Socket::Unix { path, .. } = &self.socket {
            // Somebody else may have removed it.
            let _ = std::fs::remove_file(path);
        }
    }
}
