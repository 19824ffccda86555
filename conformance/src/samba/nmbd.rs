//! [`Nmbd`]: Samba's NetBIOS name service.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{Samba, tool};
use crate::own_network::ADDRESS;

/// How often a name service starts until one answers.
const STARTS: usize = 3;

/// How long a name service has for its start; it needs five seconds.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running nmbd. Dropping it ends it.
#[derive(Debug)]
pub struct Nmbd(Child);

impl Samba {
    /// Starts the name service for this server, and waits until it knows the server's name. It needs port 137, so run
    /// it in a network of the test's own.
    ///
    /// # Errors
    /// nmbd is not installed, or does not answer for the name. The error has what it said.
    pub fn start_nmbd(&self) -> Result<Nmbd> {
        let log = self.folder().join("log/nmbd.out");
        let mut said = String::new();
        // On one machine, an nmbd kept silent for a minute after its start; nobody knows why.
        for _ in 0..STARTS {
            let output = File::create(&log)?;
            let child = tool(self.folder(), "nmbd")
                .args(["--foreground", "--no-process-group", "--debug-stdout", "--debuglevel=2"])
                .stdin(Stdio::null())
                .stdout(output.try_clone()?)
                .stderr(output)
                .spawn()
                .context("starting nmbd")?;
            let mut nmbd = Nmbd(child);
            if self.answers(&mut nmbd)? {
                return Ok(nmbd);
            }
            said += &fs::read_to_string(&log)?;
        }
        bail!("nmbd does not know LABSRV: {said}")
    }

    /// Waits until the name service answers a broadcast and a question to its WINS service. Returns false if it ends or
    /// stays silent.
    fn answers(&self, nmbd: &mut Nmbd) -> Result<bool> {
        let unicast = format!("--unicast={ADDRESS}");
        let start = Instant::now();
        for to in [&["--broadcast=255.255.255.255"][..], &["--recursion", &unicast]] {
            let mut query = Command::new("nmblookup");
            query.arg("--configfile").arg(self.folder().join("smb.conf")).args(to).arg("LABSRV");
            while !query.output()?.status.success() {
                if nmbd.0.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                    return Ok(false);
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(true)
    }
}

impl Drop for Nmbd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
