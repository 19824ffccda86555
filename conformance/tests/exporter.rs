//! `netsession exporter`: what Prometheus reads, whatever the servers do.
#![cfg(unix)]

#[path = "support/hold_order.rs"]
mod hold_order;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hold_order::order;
use netsession_conformance::certificates::make as make_certificates;
use netsession_conformance::prometheus::{Prometheus, quoted};
use netsession_conformance::raw_client::RawClient;
use netsession_conformance::samba::OTHER_SCRIPT;
use netsession_conformance::{Embedded, Netsession, Outcome, PASSWORD, wait_until};
use netsession_journal::{Actor, HoldLogin, Holds, Location, Moment};
use netsession_server::Account;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A running exporter. Dropping it kills the process.
struct Exporter {
    child: Child,
    address: SocketAddr,
    home: TempDir,
}

impl Exporter {
    fn start(run: Netsession, arguments: &[&str]) -> Result<Self> {
        let run = run.args(["exporter", "--listen", "127.0.0.1:0", "-v"]).args(arguments);
        let (mut command, home) = run.into_parts();
        let log = std::fs::File::create(home.path().join("exporter.log"))?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let address = line.trim().split_once("://").and_then(|(_, it)| it.strip_suffix("/metrics"));
        let address = address.with_context(|| format!("it does not say where it listens: {line:?}"))?;
        Ok(Self { address: address.parse()?, child, home })
    }

    fn get(&self, path: &str) -> Result<String> {
        get(self.address, path, "")
    }

    fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.home.path().join("exporter.log"))?)
    }

    /// Stops it as Ctrl-C does, and returns the exit status.
    fn stop(mut self) -> Result<Option<i32>> {
        kill(Pid::from_raw(self.child.id().try_into()?), Signal::SIGINT)?;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the whole answer to a request with these further headers.
fn get(address: SocketAddr, path: &str, headers: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{headers}\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn ensure_has(text: &str, lines: &[String]) -> Result<()> {
    let missing = lines.iter().find(|line| !text.lines().any(|it| it == line.as_str()));
    ensure!(missing.is_none(), "{missing:?} is missing in\n{text}");
    Ok(())
}

/// A failure here would leave every server out of a scrape because one hangs, or tell counts that no server has.
#[test]
fn a_server_that_hangs_hides_no_other() -> Result<()> {
    let (first, second) = (Embedded::start()?, Embedded::start()?);
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let (one, two, three) = (first.name()?, second.name()?, silent.local_addr()?.to_string());
    let (_alice, _bob) = (first.hold_from("alice", 7)?, first.hold_from("bob", 8)?);
    let exporter = Exporter::start(Netsession::admin()?, &[&one, &two, &three])?;
    let text = get(exporter.address, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 5\r\n")?;
    let of = |name: &str, server: &str, value: &str| format!("{name}{{server=\"{server}\"}} {value}");
    ensure_has(
        &text,
        &[
            of("netsession_up", &one, "1"),
            of("netsession_up", &two, "1"),
            of("netsession_up", &three, "0"),
            of("netsession_sessions", &one, "2"),
            of("netsession_sessions", &two, "0"),
            of("netsession_error_code", &one, "0"),
        ],
    )?;
    ensure!(!text.contains(&format!("netsession_sessions{{server=\"{three}\"}}")), "{text}");
    ensure!(!text.contains("alice"), "names of users were not asked for:\n{text}");
    ensure!(text.contains("dialect=\"3.1.1\",protection=\"encrypted\",logon=\"ntlm\""), "{text}");
    // The second scrape lists over the connection that is there.
    let before = first.server()?.sessions().len();
    exporter.get(&format!("/probe?target={one}"))?;
    ensure!(first.server()?.sessions().len() == before && before == 3, "{before}");
    ensure!(exporter.stop()? == Some(0));
    ensure!(first.server()?.sessions().len() == 2, "it logs off when it stops");
    Ok(())
}

/// A failure here would raise the alarm that a server is down because another client of the exporter waits for less time.
#[test]
fn an_impatient_client_ends_no_reading_of_another() -> Result<()> {
    let server = Embedded::start()?;
    let name = server.name()?;
    let exporter = Exporter::start(Netsession::admin()?, &[&name])?;
    let (address, is_over) = (exporter.address, AtomicBool::new(false));
    let up = format!("netsession_up{{server=\"{name}\"}} 1");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let _ = get(address, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 0.001\r\n");
                }
            });
        }
        let scrapes =
            (0..20).try_for_each(|_| ensure_has(&get(address, "/metrics", "")?, std::slice::from_ref(&up)));
        is_over.store(true, Ordering::Relaxed);
        scrapes
    })
}

/// A failure here would ask a server once for each of several Prometheus servers that scrape at the same time.
#[test]
fn scrapes_at_the_same_time_share_one_listing() -> Result<()> {
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let exporter = Exporter::start(Netsession::admin()?, &[&silent.local_addr()?.to_string()])?;
    let address = exporter.address;
    let scrapes: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(move || get(address, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 3\r\n"))
        })
        .collect();
    for scrape in scrapes {
        let text = scrape.join().map_err(|_| anyhow::anyhow!("a scrape panicked"))??;
        ensure!(text.contains("netsession_up{") && text.contains("} 0\n"), "{text}");
    }
    silent.set_nonblocking(true)?;
    let connections = std::iter::from_fn(|| silent.accept().ok()).count();
    ensure!(connections == 1, "{connections} connections");
    Ok(())
}

/// A failure here would send the administrator's login to whatever server a request names.
#[test]
fn a_probe_asks_only_the_servers_of_the_exporter() -> Result<()> {
    let server = Embedded::start()?;
    let other = TcpListener::bind("127.0.0.1:0")?;
    other.set_nonblocking(true)?;
    let exporter = Exporter::start(Netsession::admin()?, &[&server.name()?])?;
    let refused = exporter.get(&format!("/probe?target={}", other.local_addr()?))?;
    ensure!(refused.starts_with("HTTP/1.1 404"), "{refused}");
    ensure!(other.accept().is_err(), "it connected to a server of the request");
    ensure!(exporter.get("/probe")?.starts_with("HTTP/1.1 400"));
    let probed = exporter.get(&format!("/probe?target={}", server.name()?))?;
    ensure!(probed.contains(&format!("netsession_up{{server=\"{}\"}} 1", server.name()?)), "{probed}");
    Ok(())
}

/// A failure here would lock the account of the exporter, which asks again every few seconds.
#[test]
fn a_refused_login_is_not_tried_again() -> Result<()> {
    let server = Embedded::start()?;
    let run = Netsession::bare()?.env("NETSESSION_PASSWORD", "wrong");
    let exporter = Exporter::start(run, &[&server.name()?, "-U", "alice"])?;
    let first = exporter.get("/metrics")?;
    ensure_has(&first, &[format!("netsession_error_code{{server=\"{}\"}} 1326", server.name()?)])?;
    exporter.get("/metrics")?;
    let log = exporter.log()?;
    ensure!(log.contains("was not tried"), "{log}");
    Ok(())
}

/// A failure here would show the names of users to every computer of the network.
#[test]
fn it_listens_on_loopback_only_unless_it_is_told() -> Result<()> {
    let refused = Netsession::admin()?.args(["exporter", "fs1.invalid", "--listen", "0.0.0.0:0"]).run()?;
    ensure!(refused.code == Some(2) && refused.stderr.contains("is not a loopback address"), "{refused:?}");
    Ok(())
}

/// A failure here would leave a proxy without its socket after a restart, or let every user connect to it.
#[test]
fn it_listens_on_a_unix_socket() -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::{UnixListener, UnixStream};

    let server = Embedded::start()?;
    let folder = TempDir::new()?;
    let path = folder.path().join("exporter.sock");
    // What a crash leaves behind.
    drop(UnixListener::bind(&path)?);
    let run = Netsession::admin()?.args(["exporter", &server.name()?, "--listen-unix"]).args([&path]);
    let (mut command, _home) = run.into_parts();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let exporter = Exporter { child, address: ([127, 0, 0, 1], 0).into(), home: TempDir::new()? };
    let mut stream = wait_until("the socket", || Ok(UnixStream::connect(&path).ok()))?;
    write!(stream, "GET /-/healthy HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    ensure!(std::fs::metadata(&path)?.permissions().mode() & 0o777 == 0o660);
    ensure!(exporter.stop()? == Some(0) && !path.exists());
    Ok(())
}

/// A failure here would make Prometheus refuse the metrics, or the rules and their tests.
#[test]
fn promtool_accepts_the_metrics_and_the_rules() -> Result<()> {
    let server = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let exporter = Exporter::start(Netsession::admin()?, &["--by-user", "--by-share", &server.name()?])?;
    let answer = exporter.get("/metrics")?;
    let (_, text) = answer.split_once("\r\n\r\n").context("no body")?;
    ensure!(text.contains("user=\"alice\"") && text.contains("share=\"data\""), "{text}");
    check_metrics(text)?;
    let open = get(exporter.address, "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n")?;
    ensure!(open.contains("application/openmetrics-text") && open.ends_with("# EOF\n"), "{open}");

    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus");
    for arguments in [["check", "rules", "netsession.rules.yml"], ["test", "rules", "netsession.test.yml"]] {
        let run = Command::new("promtool").current_dir(&rules).args(arguments).output()?;
        ensure!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    }
    Ok(())
}

/// A failure here would leave a real Prometheus without metrics, its alerts without effect, or a dashboard empty.
#[test]
fn a_real_prometheus_scrapes_by_tls_and_raises_the_alerts() -> Result<()> {
    let account = Account::with_password(OTHER_SCRIPT, PASSWORD);
    let server = Embedded::start_with(|builder| builder.account(account))?;
    let other = Embedded::start()?;
    let _alice = server.hold_from("alice", 7)?;
    let _other = server.hold_from(OTHER_SCRIPT, 8)?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let certificates = TempDir::new()?;
    make_certificates(certificates.path(), "IP:127.0.0.1")?;
    let of = |file: &str| certificates.path().join(file);
    let (one, two, three) = (server.name()?, other.name()?, silent.local_addr()?.to_string());
    let (certificate, key) = (of("server.crt").display().to_string(), of("server.key").display().to_string());
    let arguments = ["--by-user", "--tls-cert", &certificate, "--tls-key", &key, &one, &two, &three];
    let exporter = Exporter::start(Netsession::admin()?, &arguments)?;
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/prometheus/netsession.rules.yml");
    let prometheus = Prometheus::start(&format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [ {} ]
scrape_configs:
  - job_name: netsession
    scrape_timeout: 1s
    scheme: https
    tls_config: {{ ca_file: {} }}
    static_configs: [ {{ targets: [ '{}' ] }} ]
  - job_name: wrong
    scheme: https
    tls_config: {{ ca_file: {} }}
    static_configs: [ {{ targets: [ '{}' ] }} ]
",
        quoted(&rules),
        quoted(&of("ca.pem")),
        exporter.address,
        quoted(&of("other.pem")),
        exporter.address,
    ))?;
    let value = |query: String| -> Result<Option<String>> {
        Ok(prometheus.query(&query)?.pop().map(|(_, value)| value))
    };
    wait_until("a scrape of every server", || {
        let up = |server: &str| value(format!("netsession_up{{server='{server}'}}"));
        let all = [up(&one)?, up(&two)?, up(&three)?];
        Ok((all == ["1", "1", "0"].map(|it| Some(it.to_owned()))).then_some(()))
    })?;
    assert_eq!(value(format!("netsession_sessions{{server='{one}'}}"))?.as_deref(), Some("2"));
    assert_eq!(value(format!("netsession_user_sessions{{user='{OTHER_SCRIPT}'}}"))?.as_deref(), Some("1"));
    every_panel_has_rows(&prometheus)?;
    wait_until("a scrape that does not accept the certificate", || {
        Ok((value("up{job='wrong'}".to_owned())?.as_deref() == Some("0")).then_some(()))
    })?;
    wait_until("the alert for the server that hangs", || {
        let alerts = prometheus.page("alerts")?;
        let alerts = alerts["alerts"].as_array().context("no alerts")?;
        Ok(alerts.iter().any(|alert| alert["labels"]["server"] == three.as_str()).then_some(()))
    })?;
    let loaded = prometheus.page("rules")?;
    let rules = loaded["groups"].as_array().into_iter().flatten();
    let rules = rules.flat_map(|group| group["rules"].as_array().into_iter().flatten());
    ensure!(rules.clone().count() > 0 && rules.clone().all(|rule| rule["health"] != "err"), "{loaded}");
    Ok(())
}

/// Asks Prometheus what each panel of the dashboard asks, for all servers.
fn every_panel_has_rows(prometheus: &Prometheus) -> Result<()> {
    // Without a journal and without --by-share.
    const LEFT_OUT: [&str; 5] = [
        "netsession_share_connections",
        "netsession_changes_total",
        "netsession_holds",
        "netsession_failing_holds",
        "netsession_overdue_accounts",
    ];
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../../packaging/prometheus/netsession.dashboard.json"))?;
    let list = |value: &serde_json::Value, name: &str| {
        value.get(name).and_then(|list| list.as_array()).cloned().unwrap_or_default()
    };
    let targets = list(&dashboard, "panels").into_iter().flat_map(|panel| list(&panel, "targets"));
    let queries: Vec<_> =
        targets.filter_map(|target| Some(target.get("expr")?.as_str()?.to_owned())).collect();
    ensure!(queries.len() > LEFT_OUT.len(), "{queries:?}");
    for query in queries {
        let rows = prometheus.query(&query.replace("$server", ".+"))?;
        let may_be_empty = LEFT_OUT.iter().any(|name| query.contains(name));
        ensure!(may_be_empty || !rows.is_empty(), "the panel of {query} is empty");
    }
    Ok(())
}

/// A failure here would serve without encryption, or show a certificate that nobody renewed.
#[test]
fn a_wrong_certificate_is_said_and_a_renewed_one_counts() -> Result<()> {
    let server = Embedded::start()?;
    let folder = TempDir::new()?;
    make_certificates(folder.path(), "IP:127.0.0.1")?;
    let of = |file: &str| folder.path().join(file).display().to_string();
    let run = |certificate: &str, key: &str| -> Result<Outcome> {
        let arguments = ["exporter", &server.name()?, "--tls-cert", certificate, "--tls-key", key];
        Netsession::admin()?.args(arguments).run()
    };
    for (certificate, key, message) in [
        ("missing.crt", "server.key", "missing.crt"),
        ("server.key", "server.key", "has no certificate"),
        ("server.crt", "ca.key", "ca.key"),
        ("server.crt", "server.crt", "server.crt"),
    ] {
        let refused = run(&of(certificate), &of(key))?.expect_code(1)?;
        assert!(refused.stderr.contains("cannot encrypt") && refused.stderr.contains(message), "{refused:?}");
    }
    let (certificate, key) = (of("server.crt"), of("server.key"));
    let arguments = ["--tls-cert", &certificate, "--tls-key", &key, &server.name()?];
    let exporter = Exporter::start(Netsession::admin()?, &arguments)?;
    // It answers by TLS alone, and by the certificate that is there now.
    ensure!(exporter.get("/-/healthy").is_ok_and(|answer| !answer.contains("HTTP/1.1 200")), "clear text");
    let scrape = |authority: &str| -> Result<bool> {
        let address = exporter.address.to_string();
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_return_error", "-CAfile", authority, "-connect", &address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut input = client.stdin.take().context("no input")?;
        // A client that refuses the certificate reads nothing.
        let _ = input.write_all(b"GET /-/healthy HTTP/1.0\r\n\r\n");
        let answer = client.wait_with_output()?;
        drop(input);
        Ok(answer.stdout.starts_with(b"HTTP/1.0 200") || answer.stdout.starts_with(b"HTTP/1.1 200"))
    };
    let first = folder.path().join("first.pem");
    std::fs::copy(of("ca.pem"), &first)?;
    let first = first.display().to_string();
    ensure!(scrape(&first)?);
    make_certificates(folder.path(), "IP:127.0.0.1")?;
    ensure!(scrape(&of("ca.pem"))? && !scrape(&first)?, "the old certificate");
    Ok(())
}

/// A failure here would hide a hold that keeps nobody out, or count one that is over.
#[test]
fn holds_are_counted() -> Result<()> {
    let server = Embedded::start()?;
    let run = Netsession::admin()?;
    let state = run.home().join("state");
    let journal = Location::File(state.join("netsession").join("journal.db"));
    let config = run.home().join("config.toml");
    std::fs::write(&config, format!("[journal]\npath = '{journal}'\n"))?;
    let exporter = Exporter::start(run.env("NETSESSION_CONFIG", config), &[&server.name()?])?;
    let text = exporter.get("/metrics")?;
    ensure!(text.contains("netsession_journal_up 1") && !text.contains("netsession_holds"), "{text}");

    let order = order(&["fs1".to_owned()], &["bob".to_owned()], HoldLogin::default());
    let (mut holds, now) = (Holds::open(&journal)?, Moment::now());
    let (first, second) = (holds.add(&order, &now)?, holds.add(&order, &now)?);
    holds.note(first, 3, Some("fs1 does not answer"), &now)?;
    holds.note(second, 4, None, &now)?;
    holds.release(second, &Actor::of_process("release"), &now)?;
    let text = exporter.get("/metrics")?;
    let expected = ["netsession_holds 1", "netsession_failing_holds 1", "netsession_hold_acts_total 7"];
    ensure_has(&text, &expected.map(ToOwned::to_owned))?;

    // Several administrators share a journal, whose database is away. Its holds are in the same file.
    let run = Netsession::admin()?;
    let config = run.home().join("config.toml");
    std::fs::write(&config, "[journal]\nurl = 'postgresql:///none?host=/nonexistent'\n")?;
    let run = run.env("NETSESSION_CONFIG", config).env("XDG_STATE_HOME", state);
    let text = Exporter::start(run, &[&server.name()?])?.get("/metrics")?;
    ensure_has(&text, &expected.map(ToOwned::to_owned))?;
    ensure_has(&text, &["netsession_journal_up 0".to_owned()])
}

/// A failure here would let a user choose a name that hides every server from the monitoring, or that writes a metric of its own.
#[test]
fn a_real_prometheus_reads_names_with_any_character() -> Result<()> {
    let long = "n".repeat(200);
    let names = [
        "a\"b",
        "} 1",
        "x{y=\"z\"} 1",
        "# EOF",
        "tab\there",
        "two\nlines",
        "cr\rhere",
        "50%",
        "'",
        "\u{202e}txt",
        "\u{1f600}",
        "\u{7f}\u{1b}[2J",
        &long,
    ];
    let server = Embedded::start_with(|builder| {
        names.iter().fold(builder, |builder, name| builder.account(Account::with_password(*name, PASSWORD)))
    })?;
    let sessions: Result<Vec<RawClient>> =
        names.iter().map(|name| RawClient::connect(server.address()?, name, "data")).collect();
    let _sessions = sessions?;
    let exporter = Exporter::start(Netsession::admin()?, &["--by-user", &server.name()?])?;
    let answer = exporter.get("/metrics")?;
    let (_, text) = answer.split_once("\r\n\r\n").context("no body")?;
    check_metrics(text)?;
    let prometheus = Prometheus::start(&format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs: [ {{ job_name: n, static_configs: [ {{ targets: [ '{}' ] }} ] }} ]\n",
        exporter.address
    ))?;
    let rows = wait_until("a scrape", || {
        let rows = prometheus.query("netsession_user_sessions")?;
        Ok((!rows.is_empty()).then_some(rows))
    })?;
    ensure!(rows.len() == names.len(), "{rows:?}");
    for name in names {
        ensure!(rows.iter().any(|(labels, _)| labels["user"] == name), "{name:?}: {rows:?}");
    }
    Ok(())
}

/// Lets Prometheus' own tool check a scrape.
fn check_metrics(text: &str) -> Result<()> {
    let mut checked = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    checked.stdin.take().context("no input")?.write_all(text.as_bytes())?;
    let checked = checked.wait_with_output()?;
    ensure!(checked.status.success(), "{}\n{text}", String::from_utf8_lossy(&checked.stderr));
    Ok(())
}
