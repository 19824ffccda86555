//! [`with_server`] runs the work of a command at a server, and logs off however the work ends.

use netsession::Server;
use netsession_admin::Target;

/// Connects, runs `work`, and logs off whether it succeeds or fails.
pub(super) async fn with_server<T, E: From<netsession_admin::Error>>(
    target: &Target,
    work: impl AsyncFnOnce(&mut Server) -> Result<T, E>,
) -> Result<T, E> {
    let mut server = target.connect().await?;
    let result = work(&mut server).await;
    close(server).await;
    result
}

/// Logs off and disconnects. It ignores an error, because the command already has its answer.
pub(super) async fn close(server: Server) {
    if let Err(error) = server.close().await {
        tracing::debug!(%error, "closing the connection");
    }
}
