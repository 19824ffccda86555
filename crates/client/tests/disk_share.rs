//! The connection to a disk share, at the embedded server.

use std::sync::mpsc;

use netsession::{ConnectOptions, DiskShare, Error, Login, Secret, Step};
use netsession_server::{Account, EndReason, Event, Folder, Server};

/// A failure here would leave a session at a server that refuses the share, until the server notices that its
/// connection is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_share_logs_off() {
    let shared = tempfile::tempdir().unwrap();
    let (events, ends) = mpsc::channel();
    let server = Server::builder()
        .listen(([127, 0, 0, 1], 0).into())
        .account(Account::with_password("alice", "secret"))
        .folder(Folder::new("data", shared.path()))
        .on_event(move |event| {
            if let Event::SessionEnded(_, reason) = event {
                let _ = events.send(reason.clone());
            }
        })
        .start()
        .unwrap();
    let login = Login::new("alice", Secret::password("secret")).unwrap();
    let target = server.addresses()[0].into();
    let error = DiskShare::connect(&target, "other", &login, &ConnectOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Refused { step: Step::ConnectShare, .. }), "{error}");
    server.stop().await;
    assert_eq!(ends.try_iter().collect::<Vec<_>>(), [EndReason::LoggedOff]);
}
