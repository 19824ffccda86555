//! [`make`]: an authority, another one, and a certificate of a server.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Makes in this folder `ca.pem`, `server.crt` and `server.key`, which it signed for these names (such as
/// `DNS:db.test,IP:127.0.0.1`), and `other.pem`, an authority that signed nothing.
///
/// # Errors
/// OpenSSL is not installed, or refuses the names.
pub fn make(folder: &Path, names: &str) -> Result<()> {
    for (name, file) in [("ca", "ca.pem"), ("other", "other.pem")] {
        let key = format!("{name}.key");
        openssl(
            folder,
            &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7"]
                .into_iter()
                .chain(["-subj", &format!("/CN={name}"), "-keyout", &key, "-out", file])
                .collect::<Vec<_>>(),
        )?;
    }
    openssl(
        folder,
        &["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7"]
            .into_iter()
            .chain(["-subj", "/CN=server", "-CA", "ca.pem", "-CAkey", "ca.key"])
            .chain([
                "-addext",
                &format!("subjectAltName={names}"),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .chain(["-keyout", "server.key", "-out", "server.crt"])
            .collect::<Vec<_>>(),
    )
}

fn openssl(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(arguments).stdin(Stdio::null());
    let output = openssl.output().context("openssl is not installed")?;
    ensure!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
