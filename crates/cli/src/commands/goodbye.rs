//! The end of a connection.

use netsession::Server;

/// Logs off and disconnects. It ignores an error, because the command already has its answer.
pub(super) async fn close(server: Server) {
    if let Err(error) = server.close().await {
        tracing::debug!(%error, "closing the connection");
    }
}
