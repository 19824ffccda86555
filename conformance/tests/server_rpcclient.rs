//! rpcclient and smbclient against the embedded server: their output matches the server's tables.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{ADMIN, Embedded, Smbclient, rpcclient, wait_until};

/// rpcclient turns two backslashes into one.
fn asked(server: &Embedded, command: &str) -> Result<String> {
    let (succeeded, text) = rpcclient(server.address()?, ADMIN, command)?;
    assert!(succeeded, "{command}: {text}");
    Ok(text)
}

/// A failure here would show wrong shares, or none, in the tools of Windows and Samba.
#[test]
fn shows_shares_and_the_server() -> Result<()> {
    let server = Embedded::start()?;
    let path = server.share_path();
    for command in ["netshareenum 1", "netshareenum 2", "netshareenumall 502"] {
        let text = asked(&server, command)?;
        assert!(text.contains("netname: IPC$") && text.contains("netname: data"), "{command}: {text}");
        assert_eq!(text.contains(&path), command != "netshareenum 1", "{command}: {text}");
    }
    let text = asked(&server, "netsharegetinfo data 502")?;
    for part in ["remark:\tData", &path, "num_uses:\t0", "SID: S-1-5-11", "Owner SID:\tS-1-5-32-544"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(asked(&server, "netsharegetinfo IPC$ 1005")?.contains("flags: 0x30"));
    assert!(
        rpcclient(server.address()?, ADMIN, "netsharegetinfo nothing")?.1.contains("NERR_NETNAMENOTFOUND")
    );
    let text = asked(&server, "srvinfo")?;
    for part in ["netsession", "platform_id     :\t500", "Sv NT SNT"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    asked(&server, "netremotetod")?;
    asked(&server, "wkssvc_wkstagetinfo")?;
    Ok(())
}

/// A failure here would show nothing, or too much, to a user who is no administrator.
#[test]
fn a_plain_user_sees_the_names_of_shares_only() -> Result<()> {
    let server = Embedded::start()?;
    let as_alice = |command: &str| Ok::<_, anyhow::Error>(rpcclient(server.address()?, "alice", command)?.1);
    assert!(as_alice("netshareenum 1")?.contains("netname: data"));
    let shares = Smbclient::new(server.address()?, "alice").shares()?;
    assert_eq!(shares, ["IPC|IPC$|Remote IPC", "Disk|data|Data"]);
    for command in ["netshareenum 2", "netsessenum", "netfileenum", r"netsessdel \\\\127.0.0.7 bob"] {
        let text = as_alice(command)?;
        assert!(text.contains("WERR_ACCESS_DENIED"), "{command}: {text}");
    }
    Ok(())
}

/// A failure here would let rpcclient end other sessions than it named, or show wrong ones.
#[test]
fn lists_and_ends_sessions() -> Result<()> {
    let server = Embedded::start()?;
    server.file("one.txt", b"one")?;
    let mut alice = server.hold_from("alice", 7)?;
    alice.open("one.txt")?;
    let mut bob = server.hold_from("bob", 8)?;
    assert!(asked(&server, "netsessenum")?.contains("Received 3 entries"), "two and rpcclient itself");
    let files = asked(&server, "netfileenum 3")?;
    assert!(files.contains(&format!(r"{}\one.txt", server.share_path())), "{files}");
    assert!(files.contains(r"\PIPE\srvsvc"), "{files}");
    asked(&server, "netconnenum")?;
    let unknown = rpcclient(server.address()?, ADMIN, r"netsessdel \\\\127.0.0.9 alice")?.1;
    assert!(unknown.contains("CLIENTNAMENOTFOUND"), "{unknown}");
    asked(&server, r"netsessdel \\\\127.0.0.7 alice")?;
    let left = [("127.0.0.8".to_owned(), "bob".to_owned())];
    wait_until("rpcclient to be gone", || Ok((server.who()? == left).then_some(())))?;
    assert!(!alice.works()?, "her session was ended");
    assert!(bob.works()?, "his was not");
    assert_eq!(server.server()?.opens().len(), 0);
    Ok(())
}
