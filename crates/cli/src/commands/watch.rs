//! `--watch SECONDS`: lists again and again, and prints what came, went and changed.
//!
//! With `--json` each event is one line of JSON, with the fields of [`EventRow`]. `docs/watch.md` documents them.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anstyle::Style;
use netsession::Server;
use netsession_admin::{
    Down, LastListings, Listed, Missing, NodeEvent, RowEvent, SilentNodes, Target, Update, WatchOptions,
    watch,
};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::{Failure, Hinted as _};
use crate::interrupt::{Interrupt, Interrupts};
use crate::output::{self, BAD, GOOD, NOTABLE, Row, visible};

/// What to watch, and how to print it.
#[derive(Clone, Copy)]
pub(super) struct Watching<'a, F> {
    pub(super) targets: &'a [Target],
    pub(super) interval: Duration,
    pub(super) json: bool,
    /// The kind of row, as in the events.
    pub(super) kind: &'static str,
    /// What is missing if a node of a cluster does not answer.
    pub(super) missing: Missing,
    /// Makes a printed row.
    pub(super) row: F,
}

/// Prints the events of every server until an interrupt, until stdout is closed, or until no server can be tried again.
pub(super) async fn print_events<T: Listed, R: Row>(
    watching: Watching<'_, impl Fn(&Arc<str>, T) -> R>,
    list: &impl AsyncFn(&mut Server, &Target) -> Result<Vec<T>, netsession::Error>,
) -> Result<Exit, Failure> {
    let Watching { targets, interval, json, kind, missing, row } = watching;
    let mut interrupts = Interrupts::listen()?;
    let names: Vec<Arc<str>> = targets.iter().map(|target| target.name().into()).collect();
    let (mut last, mut nodes) = (LastListings::default(), SilentNodes::default());
    let mut is_warned = vec![false; targets.len()];
    let mut updates = watch(targets, WatchOptions { interval, ..WatchOptions::default() }, list);
    loop {
        let update = tokio::select! {
            update = updates.next() => update,
            interrupt = interrupts.wait() => {
                drop(updates);
                Interrupt::end_process(interrupt);
                return Ok(Exit::Done);
            }
            // A quiet server gives nothing to write, by which the command would notice it.
            () = output::closed() => return Ok(Exit::Done),
        };
        let Some(Update { server, asked, result, silent }) = update else {
            return Ok(Exit::Failed);
        };
        let Some(name) = names.get(server) else { continue };
        if let (Some(is_warned), Some(target)) = (is_warned.get_mut(server), targets.get(server))
            && !*is_warned
            && let Some(warning) = target.warning_of_strangers()
        {
            output::warn(&warning);
            *is_warned = true;
        }
        let (rows, down) = match result {
            Ok(rows) => (Some(rows), None),
            Err(down) => (None, Some(down)),
        };
        let at = SystemTime::now();
        let events = match rows {
            Some(rows) if !silent.is_empty() => last.update_incomplete(server, asked, rows),
            rows => last.update(server, asked, rows),
        };
        // A server that is down already and will not be tried again is news: its login was refused.
        let is_given_up = events.is_empty() && down.as_ref().is_some_and(|down| down.retry.is_none());
        let events = if is_given_up { vec![RowEvent::ServerDown] } else { events };
        let events =
            events.into_iter().map(|event| EventRow::new(at, name, kind, event, down.as_ref(), &row));
        let nodes = nodes.update(server, &silent);
        let nodes = nodes.into_iter().map(|event| EventRow::of_node(at, name, missing, interval, event));
        if print(nodes.chain(events), json, names.len() > 1).is_err() {
            // Nobody reads the events any more.
            return Ok(Exit::Done);
        }
    }
}

fn print<R: Row>(
    events: impl Iterator<Item = EventRow<R>>,
    json: bool,
    several_servers: bool,
) -> io::Result<()> {
    let mut text = String::new();
    let mut hint = None;
    for event in events {
        text += &if json { output::json_line(&event) } else { event.line(several_servers) };
        hint = hint.or_else(|| Some((event.error.clone(), event.hint.clone()?)));
    }
    output::try_to_stdout(&text)?;
    if let Some((error, hint)) = hint {
        // A program reads the error from the event, and nobody would know what the hint is about.
        error.filter(|_| json).iter().for_each(|error| output::error(error));
        output::hint(&hint);
    }
    Ok(())
}

/// A printed event. Every event has every field; a field without a meaning for it is null.
#[derive(Debug, Serialize)]
struct EventRow<R> {
    time: String,
    event: &'static str,
    server: String,
    kind: Option<&'static str>,
    initial: Option<bool>,
    row: Option<R>,
    before: Option<R>,
    error: Option<String>,
    retry_secs: Option<u64>,
    #[serde(skip)]
    at: SystemTime,
    #[serde(skip)]
    hint: Option<String>,
}

impl<R: Row> EventRow<R> {
    fn new<T>(
        at: SystemTime,
        server: &Arc<str>,
        kind: &'static str,
        event: RowEvent<T>,
        down: Option<&Down>,
        row: impl Fn(&Arc<str>, T) -> R,
    ) -> Self {
        let empty = Self { kind: Some(kind), ..Self::empty(at, server) };
        let row = |of| Some(row(server, of));
        match event {
            RowEvent::Came { row: of, is_initial } => {
                Self { event: "came", initial: Some(is_initial), row: row(of), ..empty }
            }
            RowEvent::Gone { row: of } => Self { event: "gone", row: row(of), ..empty },
            RowEvent::Changed { before, after } => {
                Self { event: "changed", row: row(after), before: row(before), ..empty }
            }
            RowEvent::ServerDown => Self {
                event: "server_down",
                kind: None,
                error: down.map(|down| down.error.to_string()),
                retry_secs: down.and_then(|down| down.retry).map(|retry| retry.as_secs()),
                hint: down.and_then(|down| down.error.hint_with_flags()),
                ..empty
            },
            _ => Self { event: "server_up", kind: None, ..empty },
        }
    }

    /// Makes the event of a node of the cluster `server`, under the name of the node.
    fn of_node(
        at: SystemTime,
        server: &Arc<str>,
        missing: Missing,
        interval: Duration,
        event: NodeEvent,
    ) -> Self {
        match event {
            NodeEvent::Down(node) => {
                let error = node.error(server, missing);
                Self {
                    event: "server_down",
                    error: Some(error.to_string()),
                    retry_secs: Some(interval.as_secs()),
                    hint: error.hint_with_flags(),
                    ..Self::empty(at, &node.node)
                }
            }
            NodeEvent::Up { node } => Self { event: "server_up", ..Self::empty(at, &node) },
            _ => Self::empty(at, server),
        }
    }

    fn empty(at: SystemTime, server: &str) -> Self {
        Self {
            time: output::timestamp(at),
            event: "",
            server: server.to_owned(),
            kind: None,
            initial: None,
            row: None,
            before: None,
            error: None,
            retry_secs: None,
            at,
            hint: None,
        }
    }

    /// Returns the event as a line for people.
    fn line(&self, several_servers: bool) -> String {
        let (word, style) = match (self.event, self.initial) {
            ("came", Some(true)) => ("listed", Style::new()),
            ("came", _) => ("came", GOOD),
            ("gone", _) => ("gone", NOTABLE),
            ("server_down", _) => ("down", BAD),
            ("server_up", _) => ("up", GOOD),
            (word, _) => (word, Style::new()),
        };
        let time = output::time_of_day(self.at);
        let is_about_server = self.kind.is_none();
        let server =
            if several_servers || is_about_server { format!("  {}", self.server) } else { String::new() };
        let details = match (&self.row, &self.before) {
            (Some(row), Some(before)) => beside_id(changed_cells(before, row), row),
            (Some(row), None) => beside_id(cells(row), row),
            _ => self.error.clone().unwrap_or_default(),
        };
        let line = format!("{server}  {details}");
        format!("{time}  {style}{word:<7}{style:#}{}\n", visible(line.trim_end()))
    }
}

/// Adds the id of a row if the command selects by it.
fn beside_id<R: Row>(cells: String, row: &R) -> String {
    match row.selecting_id() {
        Some(id) => format!("{cells}  id={id}"),
        None => cells,
    }
}

/// The known values of a row, each but the names with its title.
pub(super) fn cells<R: Row>(row: &R) -> String {
    let cells = R::columns().into_iter().zip(row.cells());
    let shown = cells.filter_map(|(column, cell)| {
        let cell = cell.filter(|text| !text.is_empty())?;
        Some(if column.is_number() { format!("{}={cell}", column.title().to_lowercase()) } else { cell })
    });
    shown.collect::<Vec<_>>().join("  ")
}

/// The names of a row, and each value that changed.
fn changed_cells<R: Row>(before: &R, after: &R) -> String {
    let cells = R::columns().into_iter().zip(before.cells().into_iter().zip(after.cells()));
    let shown = cells.filter_map(|(column, (before, after))| {
        let text = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
        if before == after {
            return after.filter(|text| !text.is_empty() && !column.is_number());
        }
        Some(format!("{}={}->{}", column.title().to_lowercase(), text(&before), text(&after)))
    });
    shown.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use netsession::Session;
    use netsession_admin::SilentNode;

    use super::*;
    use crate::rows::SessionRow;

    fn event(event: RowEvent<Session>, down: Option<&Down>) -> EventRow<SessionRow> {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        EventRow::new(at, &"fs1".into(), "session", event, down, SessionRow::new)
    }

    fn session(opens: u32) -> Session {
        let mut session = Session::new("10.0.0.5", "bob\u{1b}[2J");
        session.opens = Some(opens);
        session
    }

    /// A failure here would break programs that read the events.
    #[test]
    fn every_event_has_the_documented_fields() {
        let came = event(RowEvent::Came { row: session(2), is_initial: true }, None);
        let row = r#"{"server":"fs1","client":"10.0.0.5","user":"bob\u001b[2J","opens":2,"connected_secs":null,"idle_secs":null,"guest":null,"self":false,"client_type":null,"transport":null,"id":null}"#;
        assert_eq!(
            output::json_line(&came),
            format!(
                "{{\"time\":\"1970-01-01T00:00:01.500Z\",\"event\":\"came\",\"server\":\"fs1\",\"kind\":\"session\",\
                 \"initial\":true,\"row\":{row},\"before\":null,\"error\":null,\"retry_secs\":null}}\n"
            )
        );
        let error = netsession_admin::Error::NotTried {
            server: "fs1".to_owned(),
            refused_by: "fs2".to_owned(),
            user: "adm1".to_owned(),
        };
        let down = Down { error, retry: Some(Duration::from_secs(4)) };
        assert_eq!(
            output::json_line(&event(RowEvent::ServerDown, Some(&down))),
            "{\"time\":\"1970-01-01T00:00:01.500Z\",\"event\":\"server_down\",\"server\":\"fs1\",\"kind\":null,\
             \"initial\":null,\"row\":null,\"before\":null,\"error\":\"fs1 was not tried: fs2 has refused the same \
             login of adm1\",\"retry_secs\":4}\n"
        );
    }

    /// A failure here would report the death of a node as that of its cluster, or under a name that nobody can find.
    #[test]
    fn a_silent_node_is_an_event_of_the_node() {
        let at = SystemTime::UNIX_EPOCH;
        let of_node = |event| {
            let interval = Duration::from_secs(2);
            let row: EventRow<SessionRow> =
                EventRow::of_node(at, &"nas".into(), Missing::Sessions, interval, event);
            let hint = row.hint.clone();
            let json: serde_json::Value = serde_json::from_str(&output::json_line(&row)).unwrap();
            (json, hint)
        };
        let n2 = SilentNode { node: "n2".to_owned(), reason: "it is frozen".to_owned() };
        let (down, hint) = of_node(NodeEvent::Down(n2));
        assert_eq!((&down["event"], &down["server"]), (&"server_down".into(), &"n2".into()));
        assert_eq!(down["error"], "nas: n2 does not answer: its sessions are missing here");
        assert_eq!((&down["kind"], &down["retry_secs"]), (&serde_json::Value::Null, &2.into()));
        assert!(hint.is_some_and(|hint| hint.starts_with("it is frozen; it may still serve")));
        let (up, _) = of_node(NodeEvent::Up { node: "n2".to_owned() });
        assert_eq!((&up["event"], &up["server"]), (&"server_up".into(), &"n2".into()));
    }

    /// A failure here would hide what changed, or let a name control the terminal.
    #[test]
    fn a_line_says_what_changed() {
        let line = |one| event(one, None).line(true);
        let changed = RowEvent::Changed { before: session(2), after: session(3) };
        let text = line(changed);
        assert!(text.starts_with("00:00:01Z  changed") && text.ends_with("opens=2->3\n"), "{text}");
        assert!(text.contains("  fs1  10.0.0.5  bob<U+001B>[2J"), "{text}");
        assert!(line(RowEvent::Gone { row: session(2) }).contains("gone"));
    }
}
