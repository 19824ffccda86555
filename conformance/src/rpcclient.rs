//! Samba's rpcclient.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::smbclient::login_file;

/// Runs one command of rpcclient as `user`, whose password is [`PASSWORD`](crate::PASSWORD). Returns whether it
/// succeeded, and everything that it printed.
///
/// # Errors
/// rpcclient does not start.
pub fn rpcclient(server: SocketAddr, user: &str, command: &str) -> Result<(bool, String)> {
    let login = login_file(user)?;
    let output = Command::new("rpcclient")
        .args(["--configfile=/dev/null", "--command", command])
        .arg(format!("--port={}", server.port()))
        .arg(format!("--authentication-file={}", login.path().display()))
        .arg(server.ip().to_string())
        .stdin(Stdio::null())
        .output()?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), text))
}
