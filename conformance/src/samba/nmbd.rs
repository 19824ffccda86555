//! [`Nmbd`]: Samba's NetBIOS name service.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

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
        let child = tool(self.folder(), "nmbd")
            .args(["--foreground", "--no-process-group"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting nmbd")?;
        let nmbd = Nmbd(child);
        let unicast = format!("--unicast={}", crate::own_network::ADDRESS);
        for who in [&["--broadcast=255.255.255.255"][..], &["--recursion", &unicast]] {
            wait_until("nmbd to know LABSRV", || {
                let mut query = Command::new("nmblookup");
                query.arg("--configfile").arg(self.folder().join("smb.conf")).args(who).arg("LABSRV");
                Ok(query.output()?.status.success().then_some(()))
            })?;
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
