//! `shares add`, `set` and `remove`: they change the share that the person confirms, and nothing else.
#![cfg(test)]
#![cfg(unix)]

use std::fs;

use anyhow::{Result, ensure};
use netsession_conformance::{Embedded, Netsession, Outcome, Samba, Terminal, impacket};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A server, and a user of this computer with a journal.
struct Lab {
    server: Embedded,
    name: String,
    state: TempDir,
}

impl Lab {
    fn new() -> Result<Self> {
        let server = Embedded::start()?;
        fs::create_dir(server.share().join("team"))?;
        Ok(Self { name: server.name()?, server, state: TempDir::new()? })
    }

    fn command(&self, arguments: &[&str]) -> Result<Netsession> {
        let run =
            if arguments.first() == Some(&"journal") { Netsession::bare()? } else { Netsession::admin()? };
        Ok(run.env("XDG_STATE_HOME", self.state.path()).args(arguments))
    }

    /// Runs `shares CHANGE SERVER ARGUMENTS`.
    fn change(&self, change: &str, arguments: &[&str]) -> Result<Outcome> {
        self.command(&[&["shares", change, self.name.as_str()], arguments].concat())?.run()
    }

    fn add_team(&self, arguments: &[&str]) -> Result<Outcome> {
        let path = self.team();
        self.change("add", &[&["--name", "team", "--path", path.as_str()], arguments].concat())
    }

    /// The path of the folder `team`, as the server names it.
    fn team(&self) -> String {
        format!(r"{}\team", self.server.share_path())
    }

    /// The share as the command lists it.
    fn share(&self, name: &str) -> Result<Option<Value>> {
        let shares = self.command(&["shares", &self.name, "--json"])?.run()?.expect_code(0)?.json()?;
        Ok(shares.into_iter().find(|share| share["name"] == name))
    }
}

/// A failure here would change nothing, report a change that was not made, or leave it out of the journal.
#[test]
fn a_share_is_added_changed_and_removed() -> Result<()> {
    let lab = Lab::new()?;
    let why = ["--yes", "--json", "--reason", "INC-4711"];
    let added = lab.add_team(&[&why[..], &["--comment", "Team", "--max-connections", "7"]].concat())?;
    let added = added.expect_code(0)?.one()?;
    let expected = json!({
        "server": lab.name, "name": "team", "type": "disk", "comment": "Team", "path": lab.team(), "connections": 0,
        "max_connections": 7, "done": true, "status": { "code": 0, "name": "NERR_Success" },
    });
    assert_eq!(added, expected);
    let set =
        lab.change("set", &[&["--name", "TEAM", "--max-connections", "unlimited"], &why[..]].concat())?;
    let set = set.expect_code(0)?.one()?;
    assert_eq!(
        (&set["name"], &set["max_connections"], &set["comment"]),
        (&json!("team"), &Value::Null, &json!("Team"))
    );
    let set =
        lab.change("set", &[&["--name", "team", "--comment", "New"], &why[..]].concat())?.expect_code(0)?;
    assert_eq!(set.one()?["comment"], "New");
    assert_eq!(lab.share("team")?.map(|share| share["comment"].clone()), Some(json!("New")));
    let removed = lab.change("remove", &[&["--name", "team"], &why[..]].concat())?.expect_code(0)?.one()?;
    assert_eq!((&removed["name"], &removed["done"]), (&json!("team"), &json!(true)));
    assert_eq!(lab.share("team")?, None);
    assert!(lab.server.share().join("team").is_dir(), "the folder stays");
    let rows = lab.command(&["journal", "--json"])?.run()?.expect_code(0)?.json()?;
    let recorded: Vec<_> =
        rows.iter().map(|row| (&row["operation"], &row["result"], &row["reason"])).collect();
    let row = |operation: &str| (operation.to_owned(), "1 done".to_owned(), "INC-4711".to_owned());
    let expected = ["remove-share", "set-share", "set-share", "add-share"].map(row);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let recorded: Vec<_> =
        recorded.iter().map(|(one, two, three)| (text(one), text(two), text(three))).collect();
    assert_eq!(recorded, expected);
    let exported = lab.command(&["journal", "export"])?.run()?.expect_code(0)?.stdout;
    assert!(exported.contains(r#""share":"team""#), "{exported}");
    lab.command(&["journal", "verify"])?.run()?.expect_code(0)?;
    Ok(())
}

/// A failure here would change a share that nobody confirmed, or hide why nothing changed.
#[test]
fn nothing_changes_without_a_yes() -> Result<()> {
    let lab = Lab::new()?;
    let unasked = lab.add_team(&[])?.expect_code(2)?;
    ensure!(unasked.stderr.contains("--yes"), "{unasked:?}");
    let dry = lab.add_team(&["--dry-run"])?.expect_code(0)?;
    ensure!(dry.stdout.contains("add") && dry.stderr.contains("This would add team on"), "{dry:?}");
    ensure!(lab.share("team")?.is_none());
    let path = lab.team();
    let arguments = ["shares", "add", lab.name.as_str(), "--name", "team", "--path", path.as_str()];
    for (answer, code, is_shared) in [("n", 1, false), ("", 1, false), ("y", 0, true)] {
        let mut terminal = Terminal::start(lab.command(&arguments)?)?;
        let seen = terminal.wait_for("?")?;
        ensure!(seen.contains("team") && seen.contains("Share "), "{seen}");
        terminal.type_line(answer)?;
        let (exit, seen) = terminal.finish()?;
        ensure!(exit == Some(code), "{answer}: {exit:?} {seen}");
        ensure!(lab.share("team")?.is_some() == is_shared, "{answer}");
    }
    let taken = lab.add_team(&["--yes"])?.expect_code(1)?;
    ensure!(taken.stderr.contains("already shares"), "{taken:?}");
    let missing = lab.change("remove", &["--name", "nothing", "--yes"])?.expect_code(3)?;
    ensure!(missing.stderr.contains("no share is named nothing"), "{missing:?}");
    // Nothing of this was sent, except what the person confirmed.
    let rows = lab.command(&["journal", "--json"])?.run()?.expect_code(0)?.json()?;
    ensure!(rows.len() == 1, "{rows:?}");
    Ok(())
}

/// A failure here would disconnect users whom the person has not seen, or leave them in a share that is gone.
#[test]
fn the_users_of_a_removed_share_are_counted() -> Result<()> {
    let lab = Lab::new()?;
    lab.server.file("one.txt", b"one")?;
    let mut alice = lab.server.hold_from("alice", 7)?;
    alice.open("one.txt")?;
    let dry = lab.change("remove", &["--name", "data", "--dry-run"])?.expect_code(0)?;
    ensure!(dry.stderr.contains("1 connection to data will end"), "{dry:?}");
    ensure!(alice.works()?);
    lab.change("remove", &["--name", "data", "--yes"])?.expect_code(0)?;
    ensure!(!alice.works()?);
    Ok(())
}

/// A failure here would report a change that the server refused.
#[test]
fn a_refusal_is_an_error() -> Result<()> {
    let lab = Lab::new()?;
    let outside = lab.change("add", &["--name", "root", "--path", "/", "--yes", "--json"])?.expect_code(1)?;
    ensure!(outside.stderr.contains("ERROR_ACCESS_DENIED"), "{outside:?}");
    let row = outside.one()?;
    ensure!(row["done"] == false && row["status"]["code"] == 5, "{row}");
    ensure!(lab.share("root")?.is_none());
    for wrong in [
        &["set", "--name", "data", "--yes"][..],
        &["set", "--name", "data", "--max-connections", "0", "--yes"],
        &["remove", "--name", r"\\fs1\data", "--yes"],
        &["add", "--name", "team", "--yes"],
    ] {
        lab.command(&[&["shares"], wrong].concat())?.run()?.expect_code(2)?;
    }
    Ok(())
}

/// A failure here would report a share that Samba does not add: smbd refuses without a command of its administrator.
#[test]
fn samba_refuses_without_its_own_command() -> Result<()> {
    let samba = Samba::start()?;
    let name = samba.name();
    let folder = TempDir::new()?;
    let path = folder.path().display().to_string();
    for change in [
        &["add", name.as_str(), "--name", "team", "--path", path.as_str()][..],
        &["set", name.as_str(), "--name", "data", "--comment", "New"],
        &["remove", name.as_str(), "--name", "data"],
    ] {
        let run = Netsession::admin()?.args([&["shares"], change, &["--yes", "--json"]].concat()).run()?;
        let refused = run.expect_code(1)?;
        ensure!(refused.stderr.contains("ERROR_ACCESS_DENIED"), "{refused:?}");
        ensure!(refused.one()?["done"] == false, "{refused:?}");
    }
    Ok(())
}

/// A failure here would let two clients overwrite each other's changes, because each opens the file through a share of its own,
/// or lose a stream that one of them has made.
#[test]
fn a_file_in_two_shares_is_one_file() -> Result<()> {
    let lab = Lab::new()?;
    lab.add_team(&["--yes"])?.expect_code(0)?;
    lab.server.file("team/f", b"data")?;
    let told = impacket(
        lab.server.address()?,
        r"
from impacket.smbconnection import SMBConnection, SessionError
def connected(share):
    connection = SMBConnection('127.0.0.1', '127.0.0.1', sess_port=int(os.environ['PORT']))
    connection.login('alice', os.environ['SECRET'])
    return connection, connection.connectTree(share)
def attempt(call, *arguments, **options):
    try:
        return call(*arguments, **options) and 'opened'
    except SessionError as error:
        return hex(error.getErrorCode())
(a, outer), (b, inner) = connected('DATA'), connected('team')
exclusive = dict(desiredAccess=3, shareMode=0)
held = a.openFile(outer, 'team\\f', **exclusive)
told = [attempt(b.openFile, inner, 'f', **exclusive)]
a.closeFile(outer, held)
told.append(attempt(b.openFile, inner, 'f', **exclusive))
told.append(attempt(a.openFile, outer, 'team\\f', **exclusive))
listed = rows(srvs.hNetrFileEnum(connect(), NULL, NULL, 3), 'FileInfo', 3)
told.append(sum(text(row['fi3_path_name']).endswith('team\\f') for row in listed))
b.logoff()
(b, inner) = connected('team')
def stream(connection, tree, name):
    opened = connection.createFile(tree, name)
    connection.writeFile(tree, opened, name.encode(), 0)
    connection.closeFile(tree, opened)
def read(connection, tree, name):
    opened = connection.openFile(tree, name, desiredAccess=1)
    return connection.readFile(tree, opened).decode()
stream(b, inner, 'f:one')
stream(a, outer, 'team\\f:two')
told += [read(a, outer, 'team\\f:one'), read(b, inner, 'f:one'), read(b, inner, 'f:two')]
tell(told)
",
    )?;
    let refused = "0xc0000043";
    ensure!(told == json!([refused, "opened", refused, 1, "f:one", "f:one", "team\\f:two"]), "{told}");
    Ok(())
}
