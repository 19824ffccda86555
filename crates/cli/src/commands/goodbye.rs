//! The end of a connection.

use netsession::Server;

/// Logs off and disconnects. The command has its answer by then, so that a server which does not reply is no failure.
pub(super) async fn close(server: Server) {
    if let Err(error) = server.close().await {
        tracing::debug!(%error, "closing the connection");
    }
}
