//! A client in the middle of writing a file.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};

use netsession::{ConnectOptions, DiskShare, Error, Login, Secret, blocking};

use super::{PASSWORD, Stage};

/// The copy stops with the file open, until this is dropped or asked how it ends.
pub struct Copy {
    go_on: Option<Sender<()>>,
    ended: Option<JoinHandle<Result<u64, Error>>>,
}

impl Copy {
    pub(super) fn start(stage: &Stage, user: &str) -> Self {
        let (target, user) = (stage.name().parse().unwrap(), user.to_owned());
        let ((go_on, may_go_on), (opened, is_open)) = (channel(), channel());
        let ended = spawn(move || {
            let login = Login::new(&user, Secret::password(PASSWORD)).unwrap();
            let options = ConnectOptions::default();
            let copy = async {
                let mut share = DiskShare::connect(&target, "data", &login, &options).await?;
                let written = share.put(&format!("{user}.bin"), source(opened, may_go_on)).await;
                share.close().await?;
                written
            };
            blocking::wait_for(copy).unwrap()
        });
        is_open.recv().unwrap();
        Self { go_on: Some(go_on), ended: Some(ended) }
    }

    /// Lets it go on: whether it fails.
    pub fn failed(&mut self) -> bool {
        drop(self.go_on.take());
        self.ended.take().unwrap().join().unwrap().is_err()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        drop(self.go_on.take());
        if let Some(ended) = self.ended.take() {
            // What became of it is not asked.
            let _ = ended.join();
        }
    }
}

/// Says when it is asked for the first octets, for which the file must be open, and gives them when it may go on.
fn source(opened: Sender<()>, may_go_on: Receiver<()>) -> impl AsyncFnMut(usize) -> std::io::Result<Vec<u8>> {
    let mut is_first = true;
    async move |_| {
        if !std::mem::take(&mut is_first) {
            return Ok(Vec::new());
        }
        opened.send(()).map_err(std::io::Error::other)?;
        // The other end is dropped to go on.
        let _ = may_go_on.recv();
        Ok(vec![0x78; 4_096])
    }
}
