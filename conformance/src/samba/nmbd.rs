//! [`Nmbd`]: Samba's NetBIOS name service.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Samba, tool};
use crate::wait_until;

/// A running nmbd. Dropping it ends it.
#[derive(Debug)]
pub struct Nmbd(Child);

impl Samba {
    /// Starts the name service for this server, and waits until it knows the server's name. It needs port 137, so run
    /// it in a network of the test's own.
    ///
    /// # Errors
    /// nmbd is not installed, or does not answer for the name.
    pub fn start_nmbd(&self) -> Result<Nmbd> {
        let log = self.folder().join("log/nmbd.out");
        let output = File::create(&log)?;
        let child = tool(self.folder(), "nmbd")
            .args(["--foreground", "--no-process-group", "--debug-stdout", "--debuglevel=2"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("starting nmbd")?;
        let mut nmbd = Nmbd(child);
        let unicast = format!("--unicast={}", crate::own_network::ADDRESS);
        for who in [&["--broadcast=255.255.255.255"][..], &["--recursion", &unicast]] {
            wait_until("nmbd to know LABSRV", || {
                let mut query = Command::new("nmblookup");
                query.arg("--configfile").arg(self.folder().join("smb.conf")).args(who).arg("LABSRV");
                if let Some(status) = nmbd.0.try_wait()? {
                    bail!("nmbd has ended: {status}");
                }
                Ok(query.output()?.status.success().then_some(()))
            })
            .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
        }
        Ok(nmbd)
    }
}

impl Drop for Nmbd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
