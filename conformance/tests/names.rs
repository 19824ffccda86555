//! Names that the command looks up at Samba's nmbd, in a network of the test's own.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::own_network::{self, ADDRESS};
use netsession_conformance::samba::Nmbd;
use netsession_conformance::{Netsession, Samba};

fn server() -> Result<(Samba, Nmbd)> {
    let interfaces = format!("interfaces = 127.0.0.0/8 {ADDRESS}/24");
    let samba = Samba::start_with(&[&interfaces, "disable netbios = no", "wins support = yes"])?;
    let nmbd = samba.start_nmbd()?;
    Ok((samba, nmbd))
}

/// A failure here would not find a server that only NetBIOS knows although the user asks for it, or would query NetBIOS
/// although the user does not.
#[test]
fn netbios_broadcast_only_when_asked() -> Result<()> {
    if !own_network::inside("netbios_broadcast_only_when_asked")? {
        return Ok(());
    }
    let (samba, _nmbd) = server()?;
    let name = format!("LABSRV:{}", samba.port());
    Netsession::admin()?.args(["sessions", &name, "--netbios", "--json"]).run()?.expect_code(0)?;
    let outcome = Netsession::admin()?.args(["sessions", &name, "--json"]).run()?.expect_code(1)?;
    assert!(outcome.stderr.contains("LABSRV"), "{outcome:?}");
    let outcome =
        Netsession::admin()?.args(["sessions", "NOSUCH", "--netbios", "--json"]).run()?.expect_code(1)?;
    assert!(outcome.stderr.contains("NOSUCH"), "{outcome:?}");
    Ok(())
}

/// A failure here would not query the configured WINS server, or hide that it does not know the name.
#[test]
fn netbios_by_a_configured_wins_server() -> Result<()> {
    if !own_network::inside("netbios_by_a_configured_wins_server")? {
        return Ok(());
    }
    let (samba, _nmbd) = server()?;
    let run = |server: &str| -> Result<_> {
        let run = Netsession::admin()?;
        let folder = run.home().join("config/netsession");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("config.toml"), format!("[default]\nwins = '{ADDRESS}'\n"))?;
        run.args(["sessions", server, "--json"]).run()
    };
    run(&format!("LABSRV:{}", samba.port()))?.expect_code(0)?;
    let outcome = run("NOSUCH")?.expect_code(1)?;
    assert!(outcome.stderr.contains("NOSUCH"), "{outcome:?}");
    Ok(())
}
