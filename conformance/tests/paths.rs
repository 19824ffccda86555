//! Paths that lead to servers: `--path` without a server, and DFS referrals of Samba.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::symlink;

use anyhow::Result;
use netsession_conformance::{Netsession, Samba, own_network};
use tempfile::TempDir;

/// A failure here would make a person name the server twice, or close a file of another server.
#[test]
fn a_path_names_the_server_of_files_and_close() -> Result<()> {
    let (samba, other) = (Samba::start()?, Samba::start()?);
    for server in [&samba, &other] {
        fs::write(server.share().join("my report.txt"), "x")?;
    }
    let mut alice = samba.hold_from("alice", 7)?;
    let mut bob = other.hold_from("bob", 8)?;
    alice.open("\"my report.txt\"")?;
    bob.open("\"my report.txt\"")?;
    let unc = format!(r"\\{}\data\my report.txt", samba.name());
    for path in [
        &unc,
        &format!("//{}/data", samba.name()),
        &format!("smb://admin@{}/DATA/my%20report.txt", samba.name()),
        // As Explorer copies a path, and a file manager of Linux.
        &format!("\"{unc}\""),
        &format!("file://{}/data/my%20report.txt", samba.name()),
    ] {
        let files = Netsession::admin()?.args(["files", "--json", "--path", path]).run()?.expect_code(0)?;
        let file = files.one()?;
        assert_eq!((file["user"].as_str(), file["server"].as_str()), (Some("alice"), Some(&*samba.name())));
    }
    // Its text alone names no server: any user can make a link to such a path.
    let gvfs = "/run/user/1000/gvfs/smb-share:server=127.0.0.1,share=data/my report.txt";
    let refused = Netsession::admin()?.args(["files", "--path", gvfs]).run()?.expect_code(2)?;
    assert!(refused.stderr.contains("you have mounted no gvfs folder there"), "{refused:?}");
    let both = [samba.name(), other.name()];
    let refused = Netsession::admin()?.args(["files", "--path", &unc]).args(&both).run()?.expect_code(2)?;
    assert!(refused.stderr.contains("names one server"), "{refused:?}");
    Netsession::admin()?.args(["close", "--yes", "--path", &unc]).run()?.expect_code(0)?;
    Netsession::admin()?.args(["files", "--path", &unc]).run()?.expect_code(0)?;
    assert!(samba.status()?.open_files.iter().all(|file| file.name != "my report.txt"));
    assert!(other.status()?.open_files.iter().any(|file| file.name == "my report.txt"));
    Ok(())
}

/// A DFS server at 127.0.0.2 and a file server at 127.0.0.3, in a network of the test's own.
struct Namespace {
    dfs: Samba,
    files: Samba,
    root: TempDir,
}

impl Namespace {
    fn start() -> Result<Self> {
        let root = TempDir::new()?;
        let path = root.path().display();
        let proxied = root.path().join("proxied");
        fs::create_dir(&proxied)?;
        let lines = [
            "[dfs]".to_owned(),
            format!("path = {path}"),
            "msdfs root = yes".to_owned(),
            "[proxied]".to_owned(),
            format!("path = {}", proxied.display()),
            "msdfs root = yes".to_owned(),
            r"msdfs proxy = \127.0.0.3\data".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let dfs = Samba::start_at(SocketAddr::from(([127, 0, 0, 2], 445)), &lines)?;
        let files = Samba::start_at(SocketAddr::from(([127, 0, 0, 3], 445)), &[])?;
        fs::create_dir(files.share().join("team"))?;
        fs::write(files.share().join("team/plan.txt"), "x")?;
        Ok(Self { dfs, files, root })
    }

    /// Adds a link to the root.
    fn link(&self, name: &str, target: &str) -> Result<()> {
        symlink(format!("msdfs:{target}"), self.root.path().join(name))?;
        Ok(())
    }

    /// Runs the command with these servers in the configuration file.
    fn run(&self, configured: &[&str], arguments: &[&str]) -> Result<netsession_conformance::Outcome> {
        let run = Netsession::admin()?;
        let folder = run.home().join("config/netsession");
        fs::create_dir_all(&folder)?;
        let tables: String = configured.iter().map(|server| format!("[server.'{server}']\n")).collect();
        fs::write(folder.join("config.toml"), tables)?;
        run.args(arguments).run()
    }
}

/// A failure here would list no holder of a file behind a DFS path, or close a file of another server.
#[test]
fn a_dfs_path_leads_to_the_server_that_has_the_file() -> Result<()> {
    if !own_network::inside("a_dfs_path_leads_to_the_server_that_has_the_file")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    namespace.link("link", r"127.0.0.3\data")?;
    namespace.link("deep", r"127.0.0.3\data\team")?;
    namespace.link("again", r"127.0.0.2\dfs\link")?;
    namespace.link("copies", r"127.0.0.9\data,127.0.0.3\data,127.0.0.8\data")?;
    let mut alice = namespace.files.client("alice").hold()?;
    alice.open(r"team\plan.txt")?;
    for path in [
        r"\\127.0.0.2\dfs\link\team\plan.txt",
        r"\\127.0.0.2\DFS\deep\plan.txt",
        "//127.0.0.2/dfs/again/team",
        "smb://127.0.0.2/dfs/link",
        r"\\127.0.0.2\proxied\team\plan.txt",
        r"\\127.0.0.3\data\team\plan.txt",
    ] {
        let files = namespace.run(&["127.0.0.3"], &["files", "--json", "--path", path])?.expect_code(0)?;
        let file = files
            .json()?
            .into_iter()
            .find(|file| file["path"].as_str().is_some_and(|path| path.ends_with("plan.txt")));
        let file = file.unwrap_or_default();
        assert_eq!(
            (file["server"].as_str(), file["user"].as_str()),
            (Some("127.0.0.3"), Some("alice")),
            "{path}: {files:?}"
        );
        assert_eq!(files.stderr.contains("leads to"), path.contains("127.0.0.2"), "{files:?}");
    }
    let copies = ["files", "--json", "--path", r"\\127.0.0.2\dfs\copies\team\plan.txt"];
    let files = namespace.run(&["127.0.0.3", "127.0.0.9"], &copies)?.expect_code(0)?;
    assert_eq!(files.one()?["user"], "alice");
    assert!(files.stderr.contains(r"leads to \\127.0.0.9\data\team\plan.txt: "), "{files:?}");
    assert!(files.stderr.contains(r"not listed: \\127.0.0.8\data\team\plan.txt"), "{files:?}");
    let close = ["close", "--yes", "--json", "--path", r"\\127.0.0.2\dfs\deep\plan.txt"];
    let closed = namespace.run(&["127.0.0.3"], &close)?.expect_code(0)?.one()?;
    assert_eq!((closed["closed"].as_bool(), closed["server"].as_str()), (Some(true), Some("127.0.0.3")));
    assert!(namespace.files.status()?.open_files.iter().all(|file| !file.name.ends_with("plan.txt")));
    // Nobody must take the root for searched with everything behind it.
    for command in [&["who"][..], &["files", "--path"]] {
        let root = namespace.run(&[], &[command, &[r"\\127.0.0.2\dfs"]].concat())?;
        assert!(root.stderr.contains(r"\\127.0.0.2\dfs is a DFS root: files behind its links"), "{root:?}");
    }
    // A path that is not in DFS stays at its server.
    fs::write(namespace.dfs.share().join("own.txt"), "x")?;
    let mut bob = namespace.dfs.client("bob").hold()?;
    bob.open("own.txt")?;
    let own = ["files", "--json", "--path", r"\\127.0.0.2\data\own.txt"];
    assert_eq!(namespace.run(&[], &own)?.expect_code(0)?.one()?["user"], "bob");
    Ok(())
}

/// A failure here would ask the DFS server itself, and say that nobody holds a file that somebody holds at another port of its computer.
#[test]
fn a_referral_to_another_port_of_the_same_computer_is_followed() -> Result<()> {
    if !own_network::inside("a_referral_to_another_port_of_the_same_computer_is_followed")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    let other = Samba::start_at(SocketAddr::from(([127, 0, 0, 2], 4450)), &[])?;
    fs::write(other.share().join("plan.txt"), "x")?;
    fs::write(namespace.dfs.share().join("plan.txt"), "x")?;
    namespace.link("other", r"127.0.0.2:4450\data")?;
    let mut alice = other.client("alice").hold()?;
    alice.open("plan.txt")?;
    let who = ["who", "--json", r"\\127.0.0.2\dfs\other\plan.txt"];
    let held = namespace.run(&["127.0.0.2:4450"], &who)?.expect_code(0)?.one()?;
    assert_eq!((held["server"].as_str(), held["user"].as_str()), (Some("127.0.0.2:4450"), Some("alice")));
    Ok(())
}

/// A failure here would send an administrator's logon to any server that a DFS server names.
#[test]
fn a_referral_sends_no_password_to_a_server_that_nobody_named() -> Result<()> {
    if !own_network::inside("a_referral_sends_no_password_to_a_server_that_nobody_named")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    namespace.link("evil", r"127.0.0.4\data")?;
    namespace.link("first", r"127.0.0.4\data,127.0.0.3\data")?;
    let evil = TcpListener::bind("127.0.0.4:445")?;
    evil.set_nonblocking(true)?;
    for command in ["files", "close"] {
        let path = ["--path", r"\\127.0.0.2\dfs\evil\x"];
        let yes: &[&str] = if command == "close" { &["--yes"] } else { &[] };
        let refused =
            namespace.run(&["127.0.0.3"], &[&[command][..], &path, yes].concat())?.expect_code(1)?;
        for part in [r"leads to \\127.0.0.4\data\x", "only a DFS referral names this server", "hint:"] {
            assert!(refused.stderr.contains(part), "{part}: {refused:?}");
        }
    }
    let next = ["files", "--path", r"\\127.0.0.2\dfs\first"];
    let next = namespace.run(&["127.0.0.3"], &next)?.expect_code(0)?;
    assert!(next.stderr.contains("trying the next target"), "{next:?}");
    let connected = evil.accept().map(|_| ());
    assert!(connected.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "the command connected");
    // A person may name the target: then the login goes there.
    let run = Netsession::admin()?.args(["files", "--timeout", "1", "--path", r"\\127.0.0.4\data\x"]);
    run.run()?.expect_code(1)?;
    assert!(evil.accept().is_ok());
    Ok(())
}

/// A failure here would send an administrator's ticket to a program that any user of a server runs on another port, or log on
/// to as many servers as a hostile one names, each for as long as the time limit.
#[test]
fn a_referral_opens_no_other_port_and_at_most_sixteen_targets() -> Result<()> {
    if !own_network::inside("a_referral_opens_no_other_port_and_at_most_sixteen_targets")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    // The host is configured, another port of it is not.
    let other_port = TcpListener::bind("127.0.0.3:4450")?;
    other_port.set_nonblocking(true)?;
    namespace.link("port", r"127.0.0.3:4450\data,127.0.0.3\data")?;
    let path = r"\\127.0.0.2\dfs\port\team\plan.txt";
    let files = namespace.run(&["127.0.0.3"], &["files", "--path", path])?.expect_code(0)?;
    let connected = other_port.accept().map(|_| ());
    assert!(connected.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "{files:?}");
    assert!(files.stderr.contains("127.0.0.3:4450"), "{files:?}");
    // Nobody listens at the first ones; the last one has the folder.
    let absent: Vec<String> = (11..=26).map(|last| format!("127.0.0.{last}")).collect();
    let mut configured: Vec<&str> = absent.iter().map(String::as_str).collect();
    configured.push("127.0.0.3");
    for (count, code) in [(15, 0), (16, 1)] {
        let targets = absent.iter().take(count).map(|address| format!(r"{address}\a,"));
        let name = format!("many{count}");
        namespace.link(&name, &format!(r"{}127.0.0.3\data", targets.collect::<String>()))?;
        let path = format!(r"\\127.0.0.2\dfs\{name}\team");
        let outcome = namespace.run(&configured, &["files", "--path", &path])?;
        assert_eq!(outcome.code, Some(code), "{count}: {outcome:?}");
    }
    Ok(())
}

/// A failure here would make the command run for ever.
#[test]
fn referrals_in_a_circle_are_an_error() -> Result<()> {
    if !own_network::inside("referrals_in_a_circle_are_an_error")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    namespace.link("a", r"127.0.0.2\dfs\b")?;
    namespace.link("b", r"127.0.0.2\dfs\a")?;
    namespace.link("longer", r"127.0.0.2\dfs\longer\x")?;
    namespace.link("itself", r"127.0.0.2\dfs\itself")?;
    namespace.link("deeper", r"127.0.0.2\DFS\deeper\")?;
    let shown = |link: &str| format!(r"\\127.0.0.2\dfs\{link}");
    for (link, words) in [
        ("a", format!("lead in a circle: {} to {} to {}", shown("a"), shown("b"), shown("a"))),
        ("itself", format!("lead in a circle: {} to {}", shown("itself"), shown("itself"))),
        ("deeper", "lead in a circle: ".to_owned()),
        ("longer", "more than 8 DFS referrals".to_owned()),
    ] {
        for command in [&["files", "--path"][..], &["who"]] {
            for path in [format!(r"{}\plan.txt", shown(link)), shown(link)] {
                let refused = namespace.run(&[], &[command, &[&*path]].concat())?.expect_code(1)?;
                assert!(refused.stderr.contains(&words), "{words}: {refused:?}");
            }
        }
    }
    Ok(())
}

/// A failure here would let one referral keep the command busy with two thousand servers, or skip a good one.
#[test]
fn at_most_sixteen_targets_of_a_referral_are_tried() -> Result<()> {
    if !own_network::inside("at_most_sixteen_targets_of_a_referral_are_tried")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    for (name, bad, code) in [("sixteenth", 15, 0), ("seventeenth", 16, 1)] {
        let mut targets: Vec<String> = (1..=bad).map(|last| format!(r"x{last}\data")).collect();
        targets.push(r"127.0.0.3\data".to_owned());
        namespace.link(name, &targets.join(","))?;
        let path = format!(r"\\127.0.0.2\dfs\{name}\team");
        let run = namespace.run(&["127.0.0.3"], &["files", "--path", &path])?.expect_code(code)?;
        assert!(run.stderr.contains(r"x1\data"), "{run:?}");
    }
    Ok(())
}

/// A failure here would send the login to whichever program listens on another port of a named server.
#[test]
fn a_port_in_a_referral_must_be_named_too() -> Result<()> {
    if !own_network::inside("a_port_in_a_referral_must_be_named_too")? {
        return Ok(());
    }
    let namespace = Namespace::start()?;
    namespace.link("port", r"127.0.0.4:4450\data")?;
    let other = TcpListener::bind("127.0.0.4:4450")?;
    other.set_nonblocking(true)?;
    let files = ["files", "--timeout", "4", "--path", r"\\127.0.0.2\dfs\port\x"];
    let refused = namespace.run(&["127.0.0.4"], &files)?.expect_code(1)?;
    assert!(refused.stderr.contains("only a DFS referral names this server"), "{refused:?}");
    let connected = other.accept().map(|_| ());
    assert!(connected.is_err_and(|error| error.kind() == ErrorKind::WouldBlock), "the command connected");
    namespace.run(&["127.0.0.4:4450"], &files)?.expect_code(1)?;
    assert!(other.accept().is_ok(), "the configuration names this port");
    Ok(())
}
