//! [`Copy`]: a client that is writing a file.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};

use netsession::{ConnectOptions, DiskShare, Error, Login, Secret, blocking};

use super::{PASSWORD, Stage};

/// A copy that pauses with the file open, until [`Copy::failed`] or a drop lets it continue.
pub struct Copy {
    resume: Option<Sender<()>>,
    ended: Option<JoinHandle<Result<u64, Error>>>,
}

impl Copy {
    pub(super) fn start(stage: &Stage, user: &str) -> Self {
        let (target, user) = (stage.name().parse().unwrap(), user.to_owned());
        let ((resume, may_continue), (opened, is_open)) = (channel(), channel());
        let ended = spawn(move || {
            let login = Login::new(&user, Secret::password(PASSWORD)).unwrap();
            let options = ConnectOptions::default();
            let copy = async {
                let mut share = DiskShare::connect(&target, "data", &login, &options).await?;
                let written = share.put(&format!("{user}.bin"), source(opened, may_continue)).await;
                share.close().await?;
                written
            };
            blocking::wait_for(copy).unwrap()
        });
        is_open.recv().unwrap();
        Self { resume: Some(resume), ended: Some(ended) }
    }

    /// Lets the copy continue, and returns whether it fails.
    pub fn failed(&mut self) -> bool {
        drop(self.resume.take());
        self.ended.take().unwrap().join().unwrap().is_err()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        drop(self.resume.take());
        if let Some(ended) = self.ended.take() {
            // Ignores the outcome of the copy.
            let _ = ended.join();
        }
    }
}

/// Signals that the file is open when the client asks for the first bytes, and returns these when it may continue.
fn source(
    opened: Sender<()>,
    may_continue: Receiver<()>,
) -> impl AsyncFnMut(usize) -> std::io::Result<Vec<u8>> {
    let mut is_first = true;
    async move |_| {
        if !std::mem::take(&mut is_first) {
            return Ok(Vec::new());
        }
        opened.send(()).map_err(std::io::Error::other)?;
        // Dropping the other end lets the copy continue.
        let _ = may_continue.recv();
        Ok(vec![0x78; 4_096])
    }
}
