//! Ending one session by its id: the embedded server distinguishes two sessions of a user from one client, and ends exactly one.
#![cfg(test)]
#![cfg(unix)]

use anyhow::{Context as _, Result, ensure};
use netsession::{ConnectOptions, Login, Secret, SessionId, blocking};
use netsession_conformance::raw_client::create;
use netsession_conformance::{
    ADMIN, Embedded, Held, Netsession, Outcome, PASSWORD, Proxy, RawClient, Samba, Smbprotocol, Terminal,
    impacket, wait_until,
};
use netsession_smb::msg::{CreateDisposition, CreateOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Two sessions of alice from the same client. The second one has a file open.
struct Twins {
    server: Embedded,
    idle: Held,
    busy: Held,
}

impl Twins {
    fn start() -> Result<Self> {
        let server = Embedded::start()?;
        server.file("one.txt", b"one")?;
        let (idle, mut busy) = (server.hold_from("alice", 7)?, server.hold_from("alice", 7)?);
        busy.open("one.txt")?;
        Ok(Self { server, idle, busy })
    }

    /// Returns the id of the session with this number of open files.
    fn id(&self, opens: u64) -> Result<String> {
        let listed = sessions(&self.server, &["--user", "alice"])?;
        let one = listed.iter().find(|session| session["opens"] == opens).context("no such session")?;
        Ok(one["id"].as_str().context("no id")?.to_owned())
    }

    /// Returns whether the file of the second session is open.
    fn has_file(&self) -> Result<bool> {
        Ok(self.server.server()?.opens().iter().any(|open| open.path().ends_with("one.txt")))
    }

    fn count(&self) -> Result<usize> {
        Ok(self.server.who()?.iter().filter(|(_, user)| user == "alice").count())
    }
}

fn sessions(server: &Embedded, arguments: &[&str]) -> Result<Vec<Value>> {
    let run = Netsession::admin()?.args(["sessions", &server.name()?, "--json"]).args(arguments);
    run.run()?.expect_code(0)?.json()
}

fn end(server: &str, arguments: &[&str]) -> Result<Outcome> {
    Netsession::admin()?.args(["end", server]).args(arguments).run()
}

/// The lists of a report, apart from the ended sessions.
const OTHER_LISTS: [&str; 4] = ["vanished", "also_ended", "returned", "remaining"];

/// A failure here would end both sessions of a user from a client, or call the second one remaining, ended or returned.
#[test]
fn an_id_ends_exactly_one_of_two_sessions() -> Result<()> {
    let mut twins = Twins::start()?;
    let name = twins.server.name()?;
    let id = twins.id(0)?;
    let report = end(&name, &["--id", &id, "--yes", "--json"])?.expect_code(0)?.one()?;
    assert_eq!((&report["ended"][0]["id"], &report["status"]["code"]), (&json!(id), &json!(0)));
    assert_eq!(report["ended"].as_array().map(Vec::len), Some(1), "{report}");
    for list in OTHER_LISTS {
        assert_eq!(report[list], json!([]), "{list}: {report}");
    }
    assert!(!twins.idle.works()? && twins.busy.works()?);
    assert!(twins.has_file()? && twins.count()? == 1);

    let again = end(&name, &["--id", &id, "--yes", "--json"])?.expect_code(3)?.one()?;
    assert_eq!((&again["status"]["code"], &again["ended"]), (&json!(2312), &json!([])));
    assert!(twins.busy.works()? && twins.has_file()?);

    let id = twins.id(1)?;
    let upper = id.to_ascii_uppercase();
    end(&name, &["--id", &upper, "--yes"])?.expect_code(0)?;
    assert!(!twins.busy.works()? && !twins.has_file()?);
    Ok(())
}

/// A failure here would let an attacker evade a condition by a second session from the same client, or end the second one.
#[test]
fn a_condition_ends_exactly_the_sessions_that_it_selects() -> Result<()> {
    let mut twins = Twins::start()?;
    let (name, id) = (twins.server.name()?, twins.id(1)?);
    let arguments = ["--user", "alice", "--opens-over", "0", "--json"];
    let dry = end(&name, &[&arguments[..], &["--dry-run"]].concat())?.expect_code(0)?.one()?;
    assert_eq!(
        (&dry["remaining"][0]["id"], &dry["remaining"][0]["result"]),
        (&json!(id), &json!("would end"))
    );
    let report = end(&name, &[&arguments[..], &["--yes"]].concat())?.expect_code(0)?.one()?;
    assert_eq!((&report["ended"][0]["id"], &report["status"]["code"]), (&json!(id), &json!(0)));
    for list in OTHER_LISTS {
        assert_eq!(report[list], json!([]), "{list}: {report}");
    }
    assert!(twins.idle.works()? && !twins.busy.works()? && twins.count()? == 1);
    Ok(())
}

/// A failure here would report success, or that nothing matched, although selected sessions stay: an attacker would evade a
/// condition by a second session from the same client, and nobody would see it.
#[test]
fn what_samba_cannot_end_alone_stays_and_is_said() -> Result<()> {
    let samba = Samba::start()?;
    std::fs::write(samba.share().join("report.txt"), "x")?;
    let (mut idle, mut busy) = (samba.hold_from("alice", 7)?, samba.hold_from("alice", 7)?);
    let mut bob = samba.hold_from("bob", 8)?;
    busy.open("report.txt")?;
    bob.open("report.txt")?;
    let over = ["--user", "alice", "--opens-over", "0"];
    let table = end(&samba.name(), &[&over[..], &["--yes"]].concat())?.expect_code(1)?;
    ensure!(table.stdout.contains("not ended") && table.stdout.contains("alice"), "{table:?}");
    ensure!(
        table.stderr.contains("1 selected session was not ended") && table.stderr.contains("--session"),
        "{table:?}"
    );
    let dry = end(&samba.name(), &[&over[..], &["--dry-run"]].concat())?.expect_code(1)?;
    assert!(dry.stderr.contains("error: "), "a script learns why it is an error: {dry:?}");
    for (more, ended) in [(&["--json"][..], 0), (&["--user", "bob", "--json"], 1)] {
        let report = end(&samba.name(), &[&over[..], &["--yes"], more].concat())?.expect_code(1)?.one()?;
        let row = &report["remaining"][0];
        assert_eq!((&row["user"], &row["result"]), (&json!("alice"), &json!("not ended")), "{report}");
        assert!(row["reason"].is_string() && report["error"].is_string(), "{report}");
        assert_eq!(
            (report["ended"].as_array().map(Vec::len), &report["status"]["code"]),
            (Some(ended), &json!(50))
        );
    }
    assert!(idle.works()? && busy.works()? && !bob.works()?);
    Ok(())
}

/// A failure here would hide from a person or a script which session ends, or show the id where no person asked for it.
#[test]
fn the_plan_and_the_listings_show_the_id() -> Result<()> {
    let twins = Twins::start()?;
    let name = twins.server.name()?;
    let (idle, busy) = (twins.id(0)?, twins.id(1)?);
    let plan = end(&name, &["--id", &busy, "--dry-run"])?.expect_code(0)?;
    let rows: Vec<&str> = plan.stdout.lines().collect();
    ensure!(rows.len() == 2 && rows[0].contains("ID") && rows[1].contains(&busy), "{}", plan.stdout);
    ensure!(plan.stderr.contains("This would end 1 session on"), "{}", plan.stderr);
    let by_pair = end(&name, &["--user", "alice", "--dry-run"])?.expect_code(0)?;
    ensure!(!by_pair.stdout.contains(&busy), "{}", by_pair.stdout);
    let dry = end(&name, &["--id", &busy, "--dry-run", "--json"])?.expect_code(0)?.one()?;
    assert_eq!((&dry["remaining"][0]["id"], &dry["may_end_too"]), (&json!(busy), &json!([])));
    assert_eq!(dry["remaining"].as_array().map(Vec::len), Some(1), "{dry}");

    let listed = |arguments: &[&str]| -> Result<String> {
        Ok(Netsession::admin()?.args(["sessions", &name]).args(arguments).run()?.expect_code(0)?.stdout)
    };
    ensure!(!listed(&[])?.contains(&busy));
    let wide = listed(&["-o", "wide"])?;
    ensure!(wide.contains(&busy) && wide.contains(&idle) && wide.contains(r"\Device\NetbiosSmb"), "{wide}");
    ensure!(!wide.contains(r"\netsession\"), "the transport is without the id: {wide}");
    assert_eq!(
        listed(&["--id", &busy, "--columns", "id,user,opens", "-o", "csv"])?,
        format!("id,user,opens\r\n{busy},alice,1\r\n")
    );
    let both = sessions(&twins.server, &["--id", &busy, &idle])?;
    assert_eq!(both.len(), 2, "{both:?}");
    let own = sessions(&twins.server, &["--user", ADMIN])?;
    assert_eq!(own[0]["self"], true, "{own:?}");
    Ok(())
}

/// A failure here would make a person believe that the files of another session are lost, or hide those that are.
#[test]
fn the_plan_names_the_files_of_this_session_only() -> Result<()> {
    let mut twins = Twins::start()?;
    let name = twins.server.name()?;
    let (idle, busy) = (twins.id(0)?, twins.id(1)?);
    let none = end(&name, &["--id", &idle, "--dry-run"])?.expect_code(0)?;
    ensure!(!none.stderr.contains("one.txt"), "{}", none.stderr);
    for file in ["two.txt", "three.txt"] {
        twins.server.file(file, b"more")?;
        twins.idle.open(file)?;
    }
    let plan = end(&name, &["--id", &idle, "--dry-run"])?.expect_code(0)?;
    let has = |text: &str| plan.stderr.contains(text);
    ensure!(has("two.txt") && has("three.txt") && !has("one.txt") && has("are lost"), "{}", plan.stderr);
    let dry = end(&name, &["--id", &busy, "--dry-run", "--json"])?.expect_code(0)?.one()?;
    let files = dry["remaining"][0]["open_files"].as_array().context("no files")?;
    ensure!(files.len() == 1 && files[0]["may_stay_open"] == false, "{dry}");
    ensure!(files[0]["path"].as_str().is_some_and(|path| path.ends_with("one.txt")), "{dry}");
    Ok(())
}

/// A failure here would print a name that ends other sessions, hide the id, or bury a person under warnings.
#[test]
fn names_and_warnings_of_ids_are_of_use() -> Result<()> {
    let mut twins = Twins::start()?;
    let name = twins.server.name()?;
    let (idle, busy) = (twins.id(0)?, twins.id(1)?);
    let list = |arguments: &[&str]| Netsession::admin()?.args(["sessions", &name]).args(arguments).run();
    let named = list(&["--id", &idle, "-o", "name"])?.expect_code(0)?.stdout;
    assert_eq!(named, format!("{idle}\n"));
    let table = list(&["--id", &idle])?.expect_code(0)?.stdout;
    ensure!(
        table.lines().next().is_some_and(|line| line.contains(" ID")) && table.contains(&idle),
        "{table}"
    );
    let other = Embedded::start()?;
    let both = Netsession::admin()?.args(["sessions", &name, &other.name()?, "--id", &idle, "ffffffffffff"]);
    let both = both.run()?.expect_code(0)?;
    ensure!(both.stdout.contains(&idle) && both.stdout.contains("SERVER"), "{}", both.stdout);
    ensure!(both.stderr.contains("only while its server runs"), "{}", both.stderr);

    let gone = end(&name, &["--id", "ffffffffffff", "--yes"])?.expect_code(3)?;
    ensure!(gone.stderr.contains("only while its server runs"), "{}", gone.stderr);
    let unknown: Vec<String> = (1..=5_000).map(|number| format!("{number:012x}")).collect();
    let mut arguments = vec!["--yes", "--id", &busy];
    arguments.extend(unknown.iter().map(String::as_str));
    let many = end(&name, &arguments)?.expect_code(0)?;
    ensure!(many.stderr.lines().count() < 20 && many.stderr.contains("4995 more"), "{}", many.stderr);
    ensure!(twins.idle.works()? && !twins.busy.works()?);
    // A line of CSV ends with a carriage return, which a shell leaves.
    let ended = end(&name, &["--id", &format!("{idle}\r"), "--yes", "-o", "name"])?.expect_code(0)?;
    assert_eq!(ended.stdout, named);
    Ok(())
}

/// A failure here would ask whichever node answers for an id, which belongs to another node.
#[test]
fn a_cluster_has_no_ids_but_its_nodes_have() -> Result<()> {
    let mut twins = Twins::start()?;
    let other = Embedded::start()?;
    let (node, id) = (twins.server.name()?, twins.id(0)?);
    let folder = TempDir::new()?;
    let config = folder.path().join("config.toml");
    std::fs::write(&config, format!("[cluster.nas]\nnodes = ['{}', '{node}']\n", other.name()?))?;
    let end = |server: &str| {
        let run = Netsession::admin()?.args(["end", server, "--id", &id, "--yes"]);
        run.env("NETSESSION_CONFIG", &config).run()
    };
    let refused = end("nas")?.expect_code(2)?;
    let says = |text: &str| refused.stderr.contains(text);
    ensure!(says("one node of the cluster nas") && says(&node) && twins.idle.works()?, "{}", refused.stderr);
    end(&node)?.expect_code(0)?;
    ensure!(!twins.idle.works()? && twins.busy.works()?);
    Ok(())
}

/// A failure here would take something else for an id, and end a session that nobody named.
#[test]
fn what_is_no_id_of_this_server_ends_nothing() -> Result<()> {
    let mut twins = Twins::start()?;
    let other = Embedded::start()?;
    let _stranger = other.hold_from("alice", 7)?;
    let name = twins.server.name()?;
    let id = twins.id(0)?;
    for wrong in [
        "",
        "#",
        "0",
        "1",
        "-1",
        &format!("#{id}"),
        &format!("{id}#"),
        &format!("0{id}"),
        &"9".repeat(400),
        "٣٣٣٣٣٣٣٣٣٣٣٣",
        "ｆｆｆｆｆｆｆｆｆｆｆｆ",
        "*",
        &id[..11],
    ] {
        let refused = end(&name, &[&format!("--id={wrong}"), "--yes"])?.expect_code(2)?;
        ensure!(refused.stderr.contains("--id"), "{wrong}: {}", refused.stderr);
    }
    let elsewhere = sessions(&other, &["--user", "alice"])?;
    let elsewhere = elsewhere[0]["id"].as_str().context("no id")?;
    for unknown in ["000000000001", "ffffffffffffffff", elsewhere] {
        let nothing = end(&name, &["--id", unknown, "--yes"])?.expect_code(3)?;
        ensure!(nothing.stderr.contains("no session matches"), "{}", nothing.stderr);
    }
    let partly = end(&name, &["--id", elsewhere, &id, "--dry-run"])?.expect_code(0)?;
    ensure!(partly.stderr.contains(&format!("no session matches --id {elsewhere}")), "{}", partly.stderr);
    for contradiction in
        [&["--all"][..], &["--user", "alice"], &["--client", "127.0.0.7"], &["--session", "alice@127.0.0.7"]]
    {
        end(&name, &[contradiction, &["--yes", "--id", &id]].concat())?.expect_code(2)?;
    }
    let run = Netsession::admin()?.args(["end", &name, &other.name()?, "--id", &id, "--yes"]);
    let several = run.run()?.expect_code(2)?;
    ensure!(several.stderr.contains("an id belongs to one server"), "{}", several.stderr);
    ensure!(twins.idle.works()? && twins.busy.works()? && twins.has_file()? && twins.count()? == 2);
    ensure!(other.who()?.iter().filter(|(_, user)| user == "alice").count() == 1);
    Ok(())
}

/// A failure here would end sessions at a server that cannot distinguish them, or not say why nothing ends.
#[test]
fn samba_refuses_an_id() -> Result<()> {
    let samba = Samba::start()?;
    let (mut one, mut two) = (samba.hold_from("alice", 7)?, samba.hold_from("alice", 7)?);
    let refused = end(&samba.name(), &["--id", "5f3a9c210007", "--yes"])?.expect_code(1)?;
    ensure!(refused.stderr.contains("does not report the id of each session"), "{}", refused.stderr);
    ensure!(refused.stderr.contains("--client, --user"), "no hint: {}", refused.stderr);
    let unlisted = Netsession::admin()?.args(["sessions", &samba.name(), "--id", "5f3a9c210007"]).run()?;
    let unlisted = unlisted.expect_code(1)?;
    ensure!(!unlisted.stderr.contains("only while its server runs"), "it has no ids: {}", unlisted.stderr);
    let listed =
        Netsession::admin()?.args(["sessions", &samba.name(), "--json"]).run()?.expect_code(0)?.json()?;
    ensure!(listed.iter().all(|session| session["id"] == Value::Null), "{listed:?}");
    let mut server = connect(&samba.name())?;
    for user in [None, Some("alice")] {
        let answer = server.raw().session_del(Some(r"\\127.0.0.7#5f3a9c210007"), user);
        assert_eq!(answer.map_err(|error| error.win32().0), Err(2312));
    }
    let told = impacket(
        samba.address(),
        r"
tell(status(srvs.hNetrSessionDel, connect(), '\\\\127.0.0.7#5f3a9c210007\0', NULL))
",
    )?;
    assert_eq!(told, json!(5), "Samba says that it is denied if nothing matches");
    ensure!(one.works()? && two.works()?);
    Ok(())
}

fn connect(server: &str) -> Result<blocking::Server> {
    let login = Login::new(ADMIN, Secret::password(PASSWORD))?;
    Ok(blocking::Server::connect(&server.parse()?, &login, &ConnectOptions::default())?)
}

/// A failure here would let a program that calls NetSessionDel with an id end other sessions, or none.
#[test]
fn programs_see_and_pass_the_id() -> Result<()> {
    let mut twins = Twins::start()?;
    let id: SessionId = twins.id(0)?.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut server = connect(&twins.server.name()?)?;
    let named = id.with_client("127.0.0.7");
    let code = |answer: Result<(), netsession::Error>| answer.map_or_else(|error| error.win32().0, |()| 0);
    assert_eq!(code(server.raw().session_del(Some(&named), Some("bob"))), 2312);
    assert_eq!(code(server.raw().session_del(Some(&id.with_client("127.0.0.8")), None)), 2312);
    assert_eq!(code(server.raw().session_del(Some(&named), None)), 0);
    assert_eq!(code(server.raw().session_del(Some(&named), None)), 2312);
    assert!(!twins.idle.works()? && twins.busy.works()? && twins.has_file()?);
    let told = impacket(
        twins.server.address()?,
        r"
dce = connect()
found = rows(srvs.hNetrSessionEnum(dce, '\\\\127.0.0.7\0', NULL, 502), 'SessionInfo', 502)
transport = text(found[0]['sesi502_transport'])
id = transport.split('\\')[-1]
delete = srvs.hNetrSessionDel
tell([len(found), transport.startswith('\\Device\\NetbiosSmb\\netsession\\'),
      status(delete, dce, '\\\\127.0.0.7#%s0\0' % id, NULL), status(delete, dce, '\\\\127.0.0.7#%s\0' % id, 'alice\0')])
",
    )?;
    assert_eq!(told, json!([1, true, 2312, 0]));
    assert!(!twins.busy.works()? && !twins.has_file()?);
    Ok(())
}

/// A failure here would close the files of a lost connection because another session of the same user ends, or leave them
/// open although their own session ends.
#[test]
fn the_session_of_a_lost_connection_has_an_id_of_its_own() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let lost = r"
file = Durable('bob', 'f')
tell(file.create())
wait()
";
    let mut bob = Smbprotocol::start(server.address()?, lost)?;
    bob.told()?;
    let listed = sessions(&server, &["--user", "bob"])?;
    let lost = listed[0]["id"].as_str().context("no id")?.to_owned();
    drop(bob);
    wait_until("bob's connection to be lost", || Ok(server.who()?.is_empty().then_some(())))?;
    let proxy = Proxy::from(1).to(server.address()?)?;
    let mut back = netsession_conformance::Smbclient::new(server.address()?, "bob").through(proxy).hold()?;
    let listed = sessions(&server, &["--user", "bob"])?;
    assert_eq!((listed.len(), &listed[0]["client"]), (2, &listed[1]["client"]), "{listed:?}");
    let live = listed.iter().find(|one| one["id"] != lost.as_str()).context("no second session")?;
    end(&name, &["--id", live["id"].as_str().context("no id")?, "--yes"])?.expect_code(0)?;
    assert!(!back.works()?);
    let has_file =
        || -> Result<bool> { Ok(server.server()?.opens().iter().any(|open| open.user() == "bob")) };
    assert!(has_file()?, "the other session's file is still open");
    end(&name, &["--id", &lost, "--yes"])?.expect_code(0)?;
    assert!(!has_file()?);
    end(&name, &["--id", &lost, "--yes"])?.expect_code(3)?;
    Ok(())
}

/// A failure here would end a second session that the person has not marked.
#[test]
fn the_live_view_ends_the_marked_one_of_two_sessions() -> Result<()> {
    let mut twins = Twins::start()?;
    let run = Netsession::admin()?.args(["top", "--interval", "0.3", &twins.server.name()?]);
    let mut terminal = Terminal::start_sized(run, (24, 100))?;
    let id = twins.id(1)?;
    let both = |screen: &str| screen.lines().filter(|line| line.contains("alice")).count() == 2;
    terminal.wait_for_screen("both sessions", both)?;
    terminal.press("/alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("2 match"))?;
    // The session with an open file is last.
    terminal.press("\u{1b}[B\r")?;
    let details = terminal.wait_for_screen("the details", |screen| screen.contains("TRANSPORT"))?;
    ensure!(details.contains(&id), "{details}");
    terminal.press("q e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    ensure!(plan.contains("End 1 session on") && plan.contains(&id), "{plan}");
    terminal.press_until("y", "Press y", |screen| screen.contains("1 ended"))?;
    ensure!(!twins.busy.works()? && twins.idle.works()? && twins.count()? == 1);
    terminal.press("qq")?;
    terminal.finish()?;
    Ok(())
}

/// A failure here would name an id to whichever node of a cluster answers, or end a second session without a word.
#[test]
fn the_live_view_ends_no_single_session_of_a_cluster() -> Result<()> {
    let mut twins = Twins::start()?;
    let other = Embedded::start()?;
    let folder = TempDir::new()?;
    let config = folder.path().join("config.toml");
    let nodes = format!("[cluster.nas]\nnodes = ['{}', '{}']\n", twins.server.name()?, other.name()?);
    std::fs::write(&config, nodes)?;
    let run = Netsession::admin()?.env("NETSESSION_CONFIG", &config);
    let mut terminal = Terminal::start_sized(run.args(["top", "--interval", "0.3", "nas"]), (24, 140))?;
    let both = |screen: &str| screen.lines().filter(|line| line.contains("alice")).count() == 2;
    terminal.wait_for_screen("both sessions", both)?;
    terminal.press("/alice\r")?;
    terminal.wait_for_screen("the filter", |screen| screen.contains("2 match"))?;
    terminal.press(" e")?;
    let plan = terminal.wait_for_screen("the question", |screen| screen.contains("Press y"))?;
    ensure!(plan.contains("End 2 sessions on"), "{plan}");
    ensure!(plan.contains("1 session is marked, and 2 sessions end together"), "{plan}");
    terminal.press_until("n", "Press y", |screen| screen.contains("nothing was ended"))?;
    ensure!(twins.busy.works()? && twins.idle.works()?);
    terminal.press("qq")?;
    terminal.finish()?;
    Ok(())
}

/// A failure here would offer to end the sessions of a service account that do not hold the file, beside the one that does.
#[test]
fn who_finds_the_one_session_among_very_many() -> Result<()> {
    let server = Embedded::start()?;
    let open = |name: &str| -> Result<RawClient> {
        let mut client = RawClient::connect(server.address()?, "alice", "data")?;
        client.open(&create(name, CreateDisposition::OPEN_IF, CreateOptions::empty()))?;
        Ok(client)
    };
    let mut clients = (0..69).map(|_| open("log.txt")).collect::<Result<Vec<_>>>()?;
    clients.push(open("one.txt")?);
    let path = format!(r"\\{}\data\one.txt", server.name()?);
    let run = Netsession::admin()?.args(["who", &path, "--json"]).run()?.expect_code(0)?;
    let row = run.one()?;
    let holders = row["sessions"].as_array().context("no sessions")?;
    assert_eq!(holders.len(), 1, "{row}");
    let id = holders[0]["id"].as_str().context("no id")?;
    end(&server.name()?, &["--id", id, "--yes"])?.expect_code(0)?;
    ensure!(!server.server()?.opens().iter().any(|open| open.path().ends_with("one.txt")));
    ensure!(server.who()?.iter().filter(|(_, user)| user == "alice").count() == 69);
    Ok(())
}

/// A failure here would end every session of a user, although the server reports which of them holds the file.
#[test]
fn who_finds_and_ends_the_one_session_that_holds_the_file() -> Result<()> {
    let mut twins = Twins::start()?;
    let _elsewhere = twins.server.hold_from("alice", 8)?;
    // The idle session has another file open, so that the number of open files does not decide.
    twins.server.file("two.txt", b"two")?;
    twins.idle.open("two.txt")?;
    let name = twins.server.name()?;
    let path = format!(r"\\{name}\data\one.txt");
    let who = || -> Result<Netsession> { Ok(Netsession::admin()?.args(["who", &path])) };
    let rows = who()?.args(["--json"]).run()?.expect_code(0)?.json()?;
    let holders = rows[0]["sessions"].as_array().context("no sessions")?;
    assert_eq!((rows.len(), holders.len(), &rows[0]["client"]), (1, 1, &json!("127.0.0.7")), "{rows:?}");
    let id = holders[0]["id"].as_str().context("no id")?;
    let run = who()?.run()?.expect_code(0)?;
    ensure!(run.stderr.contains(&format!("netsession end {name} --id {id}")), "{}", run.stderr);
    ensure!(!run.stderr.contains("--client"), "{}", run.stderr);

    let mut terminal = Terminal::start(who()?)?;
    terminal.wait_for("end the session [e]")?;
    terminal.type_line("e")?;
    let plan = terminal.wait_for("[y/N]")?;
    ensure!(plan.contains("End 1 session on") && plan.contains(id), "{plan}");
    terminal.type_line("y")?;
    let (code, seen) = terminal.finish()?;
    ensure!(code == Some(0) && seen.contains("1 ended"), "{code:?} {seen}");
    ensure!(!twins.busy.works()? && twins.idle.works()? && twins.count()? == 2);
    Ok(())
}

/// A failure here would hide from a person which session came or went.
#[test]
fn watched_ids_are_in_every_line() -> Result<()> {
    let twins = Twins::start()?;
    let id = twins.id(0)?;
    let run = Netsession::admin()?.args(["sessions", &twins.server.name()?, "--id", &id, "--watch", "1"]);
    let mut terminal = Terminal::start(run)?;
    terminal.wait_for(&format!("id={id}"))?;
    Ok(())
}

/// A failure here would leave open afterwards which of two sessions somebody has ended.
#[test]
fn the_journal_names_the_id() -> Result<()> {
    let twins = Twins::start()?;
    let id = twins.id(0)?;
    let state = TempDir::new()?;
    let run = Netsession::admin()?.args(["end", &twins.server.name()?, "--id", &id, "--yes"]);
    run.env("XDG_STATE_HOME", state.path()).run()?.expect_code(0)?;
    let journal = |arguments: &[&str]| -> Result<Outcome> {
        Netsession::bare()?.args(["journal"]).args(arguments).env("XDG_STATE_HOME", state.path()).run()
    };
    let rows = journal(&["--json"])?.expect_code(0)?.json()?;
    assert_eq!(rows.len(), 1, "the request belongs to its plan: {rows:?}");
    assert_eq!(
        (&rows[0]["selection"], &rows[0]["result"]),
        (&json!(format!("--id {id}")), &json!("1 ended"))
    );
    let exported = journal(&["export"])?.expect_code(0)?.stdout;
    let subject = format!(r#""client":"127.0.0.7","session":"{id}""#);
    assert_eq!(exported.replace(r#"\""#, "\"").matches(&subject).count(), 2, "{exported}");
    journal(&["verify"])?.expect_code(0)?;
    Ok(())
}
