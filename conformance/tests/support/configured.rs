//! A person with a configuration, which a test changes.

use std::path::PathBuf;

use anyhow::Result;
use netsession_conformance::{Netsession, PASSWORD};
use nix::sys::signal::Signal;

use crate::support::{Person, Running, Stream};

pub(crate) struct Configured {
    pub(crate) person: Person,
    config: PathBuf,
}

impl Configured {
    pub(crate) fn new(text: &str) -> Result<Self> {
        let person = Person::new()?;
        let config = person.state.path().join("config.toml");
        let configured = Self { person, config };
        configured.write(text)?;
        Ok(configured)
    }

    pub(crate) fn write(&self, text: &str) -> Result<()> {
        let new = self.config.with_extension("new");
        std::fs::write(&new, text)?;
        Ok(std::fs::rename(new, &self.config)?)
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Netsession> {
        Ok(self.person.run(arguments)?.env("NETSESSION_CONFIG", &self.config))
    }

    /// Records a hold with these arguments, and leaves it to another process.
    pub(crate) fn leave_hold(&self, arguments: &[&str]) -> Result<()> {
        let arguments = [&["hold", "--yes", "--for", "1h"], arguments].concat();
        let running = Running::start(self.run(&arguments)?, Stream::Err, "no agent runs")?;
        running.signal(Signal::SIGKILL)?;
        running.end()?;
        Ok(())
    }
}

/// Returns the table of a server, whose password a command prints.
pub(crate) fn table(name: &str, address: &str, login: &str) -> String {
    format!(
        "[server.{name}]\naddress = '{address}'\nlogin = '{login}'\npassword-command = ['echo', '{PASSWORD}']\n"
    )
}

/// Stops a process as systemd does.
pub(crate) fn end(process: Running) -> Result<()> {
    process.signal(Signal::SIGTERM)?;
    process.end()?;
    Ok(())
}
