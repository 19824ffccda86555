//! Groups, aliases and lists of servers in the configuration file, and the commands that show and check them.
#![cfg(test)]
#![cfg(unix)]

use std::fs;
use std::net::TcpListener;

use anyhow::{Context as _, Result};
use netsession_conformance::{Embedded, Netsession};
use serde_json::Value;

/// Two servers, alice at the first and bob at the second, and a third one without a user. A configuration file names them.
struct Office {
    servers: [Embedded; 3],
    config: String,
}

impl Office {
    fn start() -> Result<Self> {
        let servers = [Embedded::start()?, Embedded::start()?, Embedded::start()?];
        for (server, user) in servers.iter().zip(["alice", "bob"]) {
            let client = std::net::IpAddr::from([10, 0, 0, 5]);
            anyhow::ensure!(
                netsession_server::testing::add_session(server.server()?, client, user),
                "no {user}"
            );
        }
        let [first, second, third] = &servers;
        let config = [
            format!("[server.nas]\naddress = '{}'\n", first.name()?),
            format!("[server.other]\naddress = '{}'\n", second.name()?),
            "[group.berlin]\nservers = ['other']\n".to_owned(),
            format!("[group.files]\nservers = ['nas', '@berlin', '{}']\n", third.name()?),
        ];
        Ok(Self { servers, config: config.concat() })
    }

    fn run(&self) -> Result<Netsession> {
        self.configured(Netsession::admin()?)
    }

    /// A run that connects to no server.
    fn local(&self) -> Result<Netsession> {
        self.configured(Netsession::bare()?)
    }

    fn configured(&self, run: Netsession) -> Result<Netsession> {
        let folder = run.home().join("config/netsession");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("config.toml"), &self.config)?;
        Ok(run)
    }
}

/// The servers of rows, sorted, each once.
fn servers(rows: &[Value]) -> Vec<String> {
    let mut names: Vec<String> =
        rows.iter().filter_map(|row| Some(row["server"].as_str()?.to_owned())).collect();
    names.sort();
    names.dedup();
    names
}

/// A failure here would ask a server that the person left out, or not one that they named.
#[test]
fn a_group_an_exclusion_and_a_list_select_servers() -> Result<()> {
    let office = Office::start()?;
    let third = office.servers[2].name()?;
    let list = |flags: &[&str], stdin: &str| -> Result<Vec<String>> {
        let run = office.run()?.args(["sessions", "--json"]).args(flags).stdin(stdin)?;
        Ok(servers(&run.run()?.expect_code(0)?.json()?))
    };
    let all = vec![third.clone(), "nas".to_owned(), "other".to_owned()];
    assert_eq!(list(&["@files"], "")?, all);
    assert_eq!(list(&["@FILES", "nas"], "")?, all, "a server is asked once");
    assert_eq!(list(&["@files", "--exclude", "@berlin"], "")?, all[..2]);
    assert_eq!(list(&["@files", "--exclude", "nas", "--exclude", &third], "")?, all[2..]);
    assert_eq!(list(&["--servers-from", "-"], "# the first\nnas\n\n@berlin\n")?, all[1..]);
    let unknown = office.run()?.args(["sessions", "@paris"]).run()?.expect_code(2)?;
    assert!(unknown.stderr.contains("@paris"), "{unknown:?}");
    Ok(())
}

/// A failure here would let a script end everybody in a group after the confirmation of another one.
#[test]
fn the_name_of_a_group_confirms_the_end_of_everybody() -> Result<()> {
    let office = Office::start()?;
    let end = |confirm: &str| {
        let arguments = ["end", "@files", "--all", "--yes", "--confirm", confirm, "--json"];
        office.run()?.args(arguments).run()
    };
    let refused = end("@berlin")?.expect_code(2)?;
    assert!(refused.stderr.contains("--confirm '@files'"), "{refused:?}");
    let reports = end("@files")?.json()?;
    let ended = |name: &str| -> Result<usize> {
        let report = reports.iter().find(|report| report["server"] == name).context("no report")?;
        Ok(report["ended"].as_array().context("no list")?.len())
    };
    assert_eq!((reports.len(), ended("nas")?, ended("other")?), (3, 1, 1), "{reports:?}");
    Ok(())
}

/// A failure here would end sessions on a server that the person meant to leave out, because its name has a typing error, or
/// not say which of several users nobody has.
#[test]
fn a_mistyped_name_ends_nothing_or_is_said() -> Result<()> {
    let office = Office::start()?;
    for command in [&["end", "@files", "--user", "bob"][..], &["close", "@files", "--share", "data"]] {
        let run = office.run()?.args(command).args(["--yes", "--exclude", "ohter"]);
        let outcome = run.run()?.expect_code(2)?;
        assert!(outcome.stderr.contains("ohter is not among the servers"), "{outcome:?}");
    }
    let outcome = office.run()?.args(["end", "@files", "--user", "bob", "--user", "alcie", "--yes"]).run()?;
    let outcome = outcome.expect_code(0)?;
    assert!(outcome.stderr.contains("no session matches --user alcie"), "{outcome:?}");
    assert!(!outcome.stderr.contains("no session matches --user bob"), "{outcome:?}");
    // A port that nobody listens on.
    let silent = format!("127.0.0.1:{}", TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
    let flags = ["--user", "bob", "--user", "alcie", "--dry-run"];
    let nowhere = Netsession::admin()?.args(["end", &silent]).args(flags).run()?.expect_code(1)?;
    assert!(!nowhere.stderr.contains("no session matches"), "nobody was asked: {nowhere:?}");
    let partly = office.run()?.args(["end", "@files", &silent]).args(flags).run()?;
    assert!(
        partly.stderr.contains("no session matches --user alcie on the servers that answer"),
        "{partly:?}"
    );
    Ok(())
}

/// A failure here would leave a newcomer without the name of the file that defines groups.
#[test]
fn a_group_without_a_configuration_names_the_file_to_make() -> Result<()> {
    let run = Netsession::admin()?.args(["sessions", "@files"]).run()?.expect_code(2)?;
    for part in ["no group @files", "config.toml", "[group.files]"] {
        assert!(run.stderr.contains(part), "{part}: {run:?}");
    }
    Ok(())
}

/// A failure here would show another login, server or group than the commands use.
#[test]
fn servers_shows_what_a_group_stands_for() -> Result<()> {
    let office = Office::start()?;
    let rows = office.local()?.args(["servers", "@files", "--json"]).run()?.expect_code(0)?.json()?;
    assert_eq!(rows.len(), 3, "{rows:?}");
    let other = rows.iter().find(|row| row["server"] == "other").context("no row")?;
    let port = office.servers[1].address()?.port();
    assert_eq!((&other["address"], &other["port"]), (&"127.0.0.1".into(), &port.into()), "{other}");
    assert_eq!(other["groups"], serde_json::json!(["@files", "@berlin"]), "{other}");
    Ok(())
}

/// A failure here would report a wrong line, or no mistake in a file that stops every command.
#[test]
fn config_check_names_the_lines_of_mistakes() -> Result<()> {
    let mut office = Office::start()?;
    let check = |office: &Office| office.local()?.args(["config", "check", "--json"]).run();
    assert!(check(&office)?.expect_code(0)?.json()?.is_empty());
    let line = office.config.lines().count() + 2;
    office.config += "[group.paris]\nservers = ['@london']\n";
    let mistakes = check(&office)?.expect_code(1)?.json()?;
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert_eq!(mistakes[0]["line"], line, "{mistakes:?}");
    assert!(
        mistakes[0]["mistake"].as_str().is_some_and(|text| text.contains("no such group")),
        "{mistakes:?}"
    );
    Ok(())
}

/// A failure here would name an address in an error, where the person typed a name and knows no address.
#[test]
fn an_error_names_the_alias_and_its_address() -> Result<()> {
    let mut office = Office::start()?;
    let address = {
        let closed = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        format!("[server.gone]\naddress = '{closed}'\n[group.all]\nservers = ['gone', 'nas']\n")
    };
    office.config.push_str(&address);
    let gone = format!("gone ({})", address.split('\'').nth(1).context("no address")?);
    let nas = format!("nas ({})", office.servers[0].name()?);
    for (arguments, error) in [
        (&["sessions", "gone"][..], format!("error: cannot connect to {gone}: ")),
        (&["sessions", "@all"], format!("error: cannot connect to {gone}: ")),
        (&["end", "gone", "--user", "bob", "--yes"], format!("error: cannot connect to {gone}: ")),
        (&["close", "nas", "--id", "4000000000", "--yes"], "warning: nas has no open file".to_owned()),
    ] {
        let run = office.run()?.args(arguments).run()?;
        assert!(run.stderr.contains(&error), "{arguments:?}: {run:?}");
    }
    let refused = office.configured(Netsession::login("nobody")?)?.args(["sessions", "nas"]).run()?;
    assert!(refused.stderr.contains(&format!("error: {nas} refused the logon of nobody: ")), "{refused:?}");
    Ok(())
}

/// A failure here would make `servers` the only list without the formats and the order of the others.
#[test]
fn servers_has_the_formats_of_a_list() -> Result<()> {
    let office = Office::start()?;
    let print = |flags: &[&str]| -> Result<String> {
        Ok(office.local()?.args(["servers", "@files"]).args(flags).run()?.expect_code(0)?.stdout)
    };
    let third = office.servers[2].name()?;
    assert_eq!(print(&["-o", "name"])?, format!("nas\nother\n{third}\n"));
    assert_eq!(print(&["-o", "name", "--sort", "server:desc", "--limit", "2"])?, format!("other\nnas\n"));
    let csv = print(&["-o", "csv", "--columns", "server,groups"])?;
    assert!(csv.starts_with("server,groups\r\n") || csv.starts_with("server,groups\n"), "{csv}");
    assert!(csv.contains("\"@files, @berlin\""), "{csv}");
    let none = office.local()?.args(["sessions", "@"]).run()?.expect_code(2)?;
    assert!(none.stderr.contains("a group's name is missing after @"), "{none:?}");
    Ok(())
}
