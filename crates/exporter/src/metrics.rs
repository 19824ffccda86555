//! [`write()`]: the metrics of a scrape, as text.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use netsession::{LogonMechanism, Win32Error};

use crate::changes::Counted;
use crate::exporter::Scrape;
use crate::reading::{Connection, Listing, Reading};
use crate::request::Format;

/// The idle times above which sessions are counted, in seconds.
const IDLE: [u64; 6] = [60, 300, 900, 3600, 14_400, 86_400];

/// Writes the metrics of a scrape.
pub(crate) fn write(scrape: &Scrape, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Written::of(scrape)));
    let mut text = String::new();
    match format {
        Format::Prometheus => prometheus_text::encode(&mut text, &registry)?,
        Format::OpenMetrics => text::encode(&mut text, &registry)?,
    }
    Ok(text)
}

/// A scrape as families of samples. The encoder needs a value that owns what it writes.
#[derive(Debug)]
struct Written {
    families: Vec<Family>,
}

/// The samples of one name.
#[derive(Debug)]
struct Family {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    kind: MetricType,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    Whole(u64),
    Seconds(f64),
    Info,
}

impl Collector for Written {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in self.families.iter().filter(|family| !family.samples.is_empty()) {
            let Family { name, help, unit, kind, .. } = family;
            let mut written = encoder.encode_descriptor(name, help, unit.as_ref(), *kind)?;
            for sample in &family.samples {
                sample.encode(&mut written, *kind)?;
            }
        }
        Ok(())
    }
}

impl Sample {
    fn encode(&self, written: &mut MetricEncoder<'_>, kind: MetricType) -> Result<(), fmt::Error> {
        match (self.value, kind) {
            (Value::Whole(value), MetricType::Counter) => {
                ConstCounter::new(value).encode(written.encode_family(&self.labels)?)
            }
            (Value::Whole(value), _) => ConstGauge::new(value).encode(written.encode_family(&self.labels)?),
            (Value::Seconds(value), _) => ConstGauge::new(value).encode(written.encode_family(&self.labels)?),
            (Value::Info, _) => written.encode_info(&self.labels),
        }
    }
}

impl Family {
    const fn new(name: &'static str, help: &'static str, unit: Option<Unit>) -> Self {
        Self { name, help, unit, kind: MetricType::Gauge, samples: Vec::new() }
    }

    fn add<const N: usize>(&mut self, labels: [(&'static str, &str); N], value: Value) {
        let labels = labels.map(|(name, value)| (name, value.to_owned()));
        self.samples.push(Sample { labels: labels.into(), value });
    }
}

impl Written {
    fn of(scrape: &Scrape) -> Self {
        let mut families = of_servers(scrape);
        if let Some(counted) = &scrape.changes {
            families.extend(of_journal(counted));
        }
        let mut expires = Family::new(
            "netsession_certificate_expiry_timestamp",
            "When the certificate of the exporter expires, in seconds since 1970",
            Some(Unit::Seconds),
        );
        if let Some(at) = scrape.certificate_expires {
            expires.add([], Value::Whole(u64::try_from(at.millis()).unwrap_or_default() / 1000));
        }
        let mut took =
            Family::new("netsession_scrape_duration", "The time of this scrape", Some(Unit::Seconds));
        took.add([], seconds(scrape.took));
        let mut build = Family::new("netsession_build", "The version of the exporter", None);
        build.kind = MetricType::Info;
        build.add([("version", env!("CARGO_PKG_VERSION"))], Value::Info);
        families.extend([expires, took, build]);
        Self { families }
    }
}

/// Returns the families about servers, in the order of the page.
fn of_servers(scrape: &Scrape) -> Vec<Family> {
    let gauge = |name, help| Family::new(name, help, None);
    let in_seconds = |name, help| Family::new(name, help, Some(Unit::Seconds));
    let mut up = gauge("netsession_up", "Whether the server listed its sessions in time");
    let mut answer =
        in_seconds("netsession_answer_duration", "The time until the server had answered, or had failed");
    let mut code = gauge(
        "netsession_error_code",
        "The Win32 code of why the server did not answer, such as 1326 for a refused login; 0 if it answered",
    );
    let mut connection =
        gauge("netsession_connection", "The dialect, the protection and the logon of the connection");
    connection.kind = MetricType::Info;
    let mut sessions = gauge("netsession_sessions", "The sessions, without the exporter's own");
    let mut opens =
        gauge("netsession_opens", "The files, folders, pipes and devices that are open in the sessions");
    let mut oldest = in_seconds("netsession_oldest_session", "The age of the oldest session");
    let mut idle =
        gauge("netsession_idle_sessions", "The sessions that are idle for at least so many seconds");
    let mut silent = gauge(
        "netsession_silent_nodes",
        "The nodes of the cluster that do not answer, so that their sessions are missing",
    );
    let mut user_sessions = gauge("netsession_user_sessions", "The sessions of a user");
    let mut user_opens = gauge("netsession_user_opens", "What is open in the sessions of a user");
    let mut shares = gauge("netsession_share_connections", "The connections to a share");

    for (server, reading) in &scrape.readings {
        let Reading { took, listing, silent_nodes } = &**reading;
        let label = || [("server", server.as_str())];
        up.add(label(), Value::Whole(u64::from(listing.is_ok())));
        answer.add(label(), seconds(*took));
        let Win32Error(failed) = *listing.as_ref().err().unwrap_or(&Win32Error::NERR_SUCCESS);
        code.add(label(), Value::Whole(failed.into()));
        silent_nodes.iter().for_each(|count| silent.add(label(), whole(*count)));
        let Ok(listing) = listing else { continue };
        add_connection(&mut connection, server, listing.connection);
        sessions.add(label(), Value::Whole(listing.all.sessions));
        listing.all.opens.iter().for_each(|count| opens.add(label(), Value::Whole(*count)));
        listing.oldest.iter().for_each(|age| oldest.add(label(), seconds(*age)));
        add_idle(&mut idle, server, listing);
        for (user, counts) in &listing.users {
            let label = || [("server", server.as_str()), ("user", user.as_str())];
            user_sessions.add(label(), Value::Whole(counts.sessions));
            counts.opens.iter().for_each(|count| user_opens.add(label(), Value::Whole(*count)));
        }
        for (share, count) in &listing.shares {
            shares.add([("server", server), ("share", share)], Value::Whole((*count).into()));
        }
    }
    vec![
        up,
        answer,
        code,
        connection,
        sessions,
        opens,
        oldest,
        idle,
        silent,
        user_sessions,
        user_opens,
        shares,
    ]
}

/// Counts the idle sessions above each limit, if the server tells how long its sessions are idle.
fn add_idle(family: &mut Family, server: &str, listing: &Listing) {
    if listing.idle.is_empty() && listing.all.sessions > 0 {
        return;
    }
    for limit in IDLE {
        let count = listing.idle.iter().filter(|idle| idle.as_secs() >= limit).count();
        family.add([("server", server), ("min_idle_seconds", &limit.to_string())], whole(count));
    }
}

/// Adds how the exporter is connected to the server.
fn add_connection(family: &mut Family, server: &str, connection: Connection) {
    let protection = if connection.is_encrypted { "encrypted" } else { "signed" };
    let logon = if connection.mechanism == LogonMechanism::Kerberos { "kerberos" } else { "ntlm" };
    let dialect = connection.dialect.to_string();
    let labels = [("server", server), ("dialect", &dialect), ("protection", protection), ("logon", logon)];
    family.add(labels, Value::Info);
}

fn of_journal(counted: &Counted) -> [Family; 6] {
    let mut up = Family::new("netsession_journal_up", "Whether the journal could be read", None);
    up.add([], Value::Whole(u64::from(counted.is_up)));
    let mut changes = Family::new(
        "netsession_changes",
        "The sessions and the files that were to end or to close, by outcome, since the exporter started",
        None,
    );
    changes.kind = MetricType::Counter;
    for ((operation, outcome), count) in &counted.counts {
        changes.add([("operation", *operation), ("outcome", *outcome)], Value::Whole(*count));
    }
    let mut open = Family::new("netsession_holds", "The holds that keep somebody out", None);
    let mut failing = Family::new(
        "netsession_failing_holds",
        "The holds that cannot keep somebody out: a server does not answer, for example, or nobody carries the hold on",
        None,
    );
    let mut acted = Family::new(
        "netsession_hold_acts",
        "The sessions that holds ended, and the logons that they refused",
        None,
    );
    acted.kind = MetricType::Counter;
    let mut overdue = Family::new(
        "netsession_overdue_accounts",
        "The accounts that stay disabled although the holds that disabled them are over",
        None,
    );
    if let Some(holds) = &counted.holds {
        open.add([], Value::Whole(holds.open));
        failing.add([], Value::Whole(holds.failing));
        acted.add([], Value::Whole(holds.acted));
        overdue.add([], Value::Whole(holds.overdue));
    }
    [up, changes, open, failing, acted, overdue]
}

fn whole(count: usize) -> Value {
    Value::Whole(u64::try_from(count).unwrap_or(u64::MAX))
}

fn seconds(duration: Duration) -> Value {
    Value::Seconds(duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::rc::Rc;

    use netsession::{Dialect, Session};
    use netsession_journal::Timestamp;

    use super::*;
    use crate::changes::HoldCounts;

    const CONNECTION: Connection =
        Connection { dialect: Dialect::Smb3_1_1, is_encrypted: true, mechanism: LogonMechanism::Kerberos };

    fn session(user: &str, idle: u64) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        session.opens = Some(3);
        session.connected = Some(Duration::from_secs(idle.saturating_add(100)));
        session.idle = Some(Duration::from_secs(idle));
        session
    }

    fn scrape(server: &str, sessions: &[Session]) -> Scrape {
        let mut listing = Listing::of(CONNECTION, sessions, true);
        listing.shares.insert("data".to_owned(), 4);
        let reading =
            Reading { took: Duration::from_millis(20), listing: Ok(listing), silent_nodes: Some(0) };
        let holds = Some(HoldCounts { open: 2, failing: 1, acted: 9, overdue: 3 });
        let mut counted = Counted { is_up: true, holds, ..Counted::default() };
        counted.counts.insert(("end", "ended"), 7);
        let readings = vec![(server.to_owned(), Rc::new(reading))];
        let certificate_expires = Some(Timestamp::of_millis(1_900_000_000_000));
        Scrape { readings, changes: Some(counted), took: Duration::from_millis(30), certificate_expires }
    }

    fn text(scrape: &Scrape) -> String {
        write(scrape, Format::Prometheus).unwrap()
    }

    /// A failure here would let a user name make every metric unreadable, or write a metric of its own.
    #[test]
    fn names_have_any_character() {
        let names = ["a\"b", r"LAB\bob", "two\nlines", "} evil 1", "\u{e9}\u{6f22}", "", "{a=\"b\"}"];
        let sessions: Vec<_> = names.iter().map(|name| session(name, 0)).collect();
        let text = text(&scrape("fs\"1", &sessions));
        for expected in [
            r#"netsession_up{server="fs\"1"} 1"#,
            r#"netsession_user_sessions{server="fs\"1",user="a\"b"} 1"#,
            r#"netsession_user_sessions{server="fs\"1",user="LAB\\bob"} 1"#,
            r#"netsession_user_sessions{server="fs\"1",user="two\nlines"} 1"#,
            r#"netsession_user_sessions{server="fs\"1",user="} evil 1"} 1"#,
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected}\n{text}");
        }
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("netsession_")), "{text}");
    }

    /// A failure here would alert on wrong counts, or take seconds of each minute for a large server.
    #[test]
    fn ten_thousand_sessions_are_counted() {
        let sessions: Vec<_> = (0..10_000).map(|number| session(&format!("user{number}"), number)).collect();
        let text = text(&scrape("fs1", &sessions));
        for expected in [
            r#"netsession_sessions{server="fs1"} 10000"#,
            r#"netsession_opens{server="fs1"} 30000"#,
            r#"netsession_oldest_session_seconds{server="fs1"} 10099.0"#,
            r#"netsession_idle_sessions{server="fs1",min_idle_seconds="60"} 9940"#,
            r#"netsession_idle_sessions{server="fs1",min_idle_seconds="3600"} 6400"#,
            r#"netsession_idle_sessions{server="fs1",min_idle_seconds="14400"} 0"#,
            r#"netsession_changes_total{operation="end",outcome="ended"} 7"#,
            "netsession_holds 2",
            "netsession_failing_holds 1",
            "netsession_hold_acts_total 9",
            "netsession_overdue_accounts 3",
            "netsession_certificate_expiry_timestamp_seconds 1900000000",
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected}");
        }
    }

    /// Returns the words that are names of metrics.
    fn metrics_in(text: &str) -> BTreeSet<&str> {
        let words = text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
        words.filter(|word| word.starts_with("netsession_")).collect()
    }

    /// A failure here would alert on a metric that nobody writes, or write one that nobody can look up.
    #[test]
    fn the_documents_name_exactly_these_metrics() {
        let text = text(&scrape("fs1", &[session("bob", 0)]));
        let written = metrics_in(&text);
        let documented = include_str!("../../../docs/metrics.md");
        assert_eq!(metrics_in(documented), written);
        for used in [
            include_str!("../../../packaging/prometheus/netsession.rules.yml"),
            include_str!("../../../packaging/prometheus/netsession.test.yml"),
            include_str!("../../../packaging/prometheus/netsession.dashboard.json"),
        ] {
            let unknown: Vec<_> = metrics_in(used).difference(&written).copied().collect();
            assert!(unknown.is_empty(), "{unknown:?}");
        }
    }
}
