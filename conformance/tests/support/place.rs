//! [`Place`]: what `netsession serve` needs to run.
#![allow(dead_code, reason = "each test program uses a part")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::Result;
use netsession_conformance::{PASSWORD, Serve};
use tempfile::TempDir;

/// A folder to share, a runtime directory, and a file of users.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    /// Makes the folders and the file.
    pub(crate) fn new() -> Result<Self> {
        let folder = TempDir::with_prefix("netsession-serve-")?;
        fs::create_dir(folder.path().join("data"))?;
        fs::create_dir(folder.path().join("run"))?;
        let place = Self { folder };
        fs::write(place.users(), format!("admin:{PASSWORD}\nalice:{PASSWORD}\n"))?;
        fs::set_permissions(place.users(), Permissions::from_mode(0o600))?;
        Ok(place)
    }

    /// The folder that most tests share.
    pub(crate) fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// The runtime directory.
    pub(crate) fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// The file of users: admin and alice.
    pub(crate) fn users(&self) -> String {
        self.folder.path().join("users").display().to_string()
    }

    /// Shares the folder with the users of the file.
    pub(crate) fn serve(&self, more: &[&str]) -> Result<Serve> {
        let (data, users) = (self.data(), self.users());
        Serve::start(
            &self.run(),
            &[&[data.as_str(), "--users-file", &users, "--admin", "admin"], more].concat(),
        )
    }

    /// Returns the files that servers have left in the runtime directory.
    pub(crate) fn left(&self) -> Result<usize> {
        match fs::read_dir(self.run().join("netsession")) {
            Ok(entries) => Ok(entries.count()),
            Err(_) => Ok(0),
        }
    }

    /// Makes a folder beside the other one, and returns its path.
    pub(crate) fn folder(&self, name: &str) -> Result<String> {
        let path = self.folder.path().join(name);
        fs::create_dir_all(&path)?;
        Ok(path.display().to_string())
    }

    /// Writes a private configuration file, which begins with a free port, and returns its path.
    pub(crate) fn config(&self, text: &str) -> Result<String> {
        let path = self.folder.path().join("serve.toml");
        fs::write(&path, format!("listen = ['127.0.0.1:0']\n{text}"))?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(path.display().to_string())
    }

    /// Starts a server with a configuration file.
    pub(crate) fn serve_config(&self, text: &str) -> Result<Serve> {
        Serve::start_as_said(&self.run(), &["--config", &self.config(text)?], &[])
    }
}
