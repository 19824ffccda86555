//! [`Guard`]: a process that cleans up after a private server, however the test ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A folder, and a small shell process that waits for the end of this test process, whether it passes, fails, panics or is
/// killed. The shell process then ends every process that uses the folder, and removes the folder.
///
/// Dropping the guard does the same at once, and waits for the end of this.
#[derive(Debug)]
pub struct Guard {
    folder: PathBuf,
    shell: Child,
}

impl Guard {
    /// Makes a folder whose name starts with `prefix`, and starts its guard.
    ///
    /// # Errors
    /// The folder cannot be made, or the shell does not start.
    pub fn new(prefix: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?.keep();
        let mut command = Command::new("sh");
        command.arg("-c").arg(include_str!("guard.sh")).arg("guard").arg(&folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A process group of its own: an interrupt at the terminal ends the tests, and not the process that cleans up.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let shell = command.spawn().context("starting the shell that cleans up")?;
        Ok(Self { folder, shell })
    }

    /// The guarded folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
