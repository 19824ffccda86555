//! What became of the sessions: for people and for programs.

use anstyle::Style;
use netsession::{EndPreview, EndReport, Error, Outcome, Session, Win32Error};
use serde::Serialize;

use crate::commands::sessions::SessionRow;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::output::{self, BAD, Cell, Column, GOOD, NOTABLE, Row};

/// A server's result of `end`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    server: String,
    status: Option<Status>,
    ended: Vec<OutcomeRow>,
    also_ended: Vec<OutcomeRow>,
    returned: Vec<OutcomeRow>,
    remaining: Vec<OutcomeRow>,
    error: Option<String>,
    #[serde(skip)]
    hint: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// A status as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    code: u32,
    name: String,
}

impl From<Win32Error> for Status {
    fn from(code: Win32Error) -> Status {
        Status { code: code.0, name: code.symbol() }
    }
}

/// A session with its own status.
#[derive(Debug, Serialize)]
struct OutcomeRow {
    #[serde(flatten)]
    session: SessionRow,
    status: Option<Status>,
    #[serde(skip)]
    result: &'static str,
    #[serde(skip)]
    style: Style,
}

impl Report {
    /// What the server's sessions came to.
    pub(super) fn of(server: &str, report: &EndReport) -> Report {
        let rows = |outcomes: &[Outcome], result, style| {
            let row =
                |outcome: &Outcome| OutcomeRow::new(server, &outcome.session, outcome.status, result, style);
            outcomes.iter().map(row).collect::<Vec<_>>()
        };
        let failed = report.error.is_some() || !report.remaining.is_empty() || report.status.is_none();
        let nothing = report.ended.is_empty() && report.returned.is_empty();
        let refused = report.refusal(server);
        let error = report.error.as_ref().or(refused.as_ref());
        Report {
            server: server.to_owned(),
            status: report.status.map(Status::from),
            ended: rows(&report.ended, "ended", GOOD),
            also_ended: rows(&report.also_ended, "also ended", NOTABLE),
            returned: rows(&report.returned, "returned", NOTABLE),
            remaining: rows(&report.remaining, "remaining", BAD),
            error: error.map(ToString::to_string),
            hint: error.and_then(|error| hint(error, report)),
            exit: match (failed, nothing) {
                (true, _) => Exit::Failed,
                (false, true) => Exit::NothingMatched,
                (false, false) => Exit::Done,
            },
        }
    }

    /// Nothing was sent: a dry run, a "no", or nothing to end.
    pub(super) fn untouched(server: &str, plan: &EndPreview, dry_run: bool) -> Report {
        let nothing = plan.to_end().is_empty();
        Report {
            status: nothing.then(|| Win32Error::NERR_CLIENT_NAME_NOT_FOUND.into()),
            remaining: remaining(server, plan),
            exit: match (nothing, dry_run) {
                (true, _) => Exit::NothingMatched,
                (false, true) => Exit::Done,
                (false, false) => Exit::Failed,
            },
            ..Report::empty(server)
        }
    }

    /// Something was sent, and its end was not waited for.
    pub(super) fn interrupted(server: &str, plan: &EndPreview) -> Report {
        Report {
            remaining: remaining(server, plan),
            error: Some(format!("interrupted: what was sent to {server} may still be carried out")),
            hint: Some("list again to see who is still there".to_owned()),
            ..Report::empty(server)
        }
    }

    /// The server could not be asked.
    pub(super) fn failed(server: &str, error: &Error) -> Report {
        let status = (!error.is_unknown()).then(|| error.win32().into());
        Report { status, error: Some(error.to_string()), ..Report::empty(server) }
    }

    fn empty(server: &str) -> Report {
        Report {
            server: server.to_owned(),
            status: None,
            ended: Vec::new(),
            also_ended: Vec::new(),
            returned: Vec::new(),
            remaining: Vec::new(),
            error: None,
            hint: None,
            exit: Exit::Failed,
        }
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    fn rows(&self) -> impl Iterator<Item = &OutcomeRow> {
        self.ended.iter().chain(&self.also_ended).chain(&self.returned).chain(&self.remaining)
    }

    /// One line for people, such as `fs1: 2 ended, 1 also ended, 1 remaining`.
    fn summary(&self) -> String {
        let counts = [
            (self.ended.len(), "ended"),
            (self.also_ended.len(), "also ended (same connection)"),
            (self.returned.len(), "returned (the client connected again)"),
            (self.remaining.len(), "remaining"),
        ];
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        format!("{}: {}", self.server, said.join(", "))
    }
}

/// What to do about an error, after the server was asked again.
fn hint(error: &Error, report: &EndReport) -> Option<String> {
    if error.is_unknown() && !report.ended.is_empty() && report.remaining.is_empty() {
        let gone = "the list afterwards has none of these sessions; what a client opens again may still be ended too";
        return Some(gone.to_owned());
    }
    let accepted = |outcome: &Outcome| outcome.status.is_some_and(|status| status.is_success());
    if !error.is_unknown() && report.ended.is_empty() && report.remaining.iter().any(accepted) {
        let unseen =
            "the server has agreed to end them and could not be asked again: list to see who is still there";
        return Some(unseen.to_owned());
    }
    failure::hint(error)
}

fn remaining(server: &str, plan: &EndPreview) -> Vec<OutcomeRow> {
    let rows = plan.to_end().iter().chain(plan.not_logged_in());
    rows.map(|session| OutcomeRow::new(server, session, None, "remaining", BAD)).collect()
}

/// Prints the reports; for people only where something was sent, since all else has been shown by then.
pub(super) fn print(
    reports: &[Report],
    json: bool,
    sent: bool,
    several_servers: bool,
) -> Result<(), Failure> {
    if json {
        output::print_json(reports)?;
    } else if sent {
        let rows: Vec<&OutcomeRow> = reports.iter().flat_map(Report::rows).collect();
        output::print(&rows, false, several_servers)?;
    }
    if sent {
        for report in reports.iter().filter(|report| report.rows().next().is_some()) {
            output::note(&report.summary());
        }
        for report in reports {
            // A server that could not be asked has been told of, and has no rows.
            if let (Some(error), Some(_)) = (&report.error, report.rows().next()) {
                output::error(error);
                report.hint.iter().for_each(|hint| output::hint(hint));
            }
        }
    }
    Ok(())
}

impl OutcomeRow {
    fn new(
        server: &str,
        session: &Session,
        status: Option<Win32Error>,
        result: &'static str,
        style: Style,
    ) -> OutcomeRow {
        OutcomeRow {
            session: SessionRow::new(&server.into(), session.clone()),
            status: status.map(Status::from),
            result,
            style,
        }
    }

    /// What the server said, where that is worth saying.
    fn answer(&self) -> String {
        match &self.status {
            Some(Status { code: 0, .. }) => String::new(),
            Some(Status { code, name }) => format!("{name} ({code})"),
            None if self.session.is_logged_on() && self.result == "remaining" => "not known".to_owned(),
            None => String::new(),
        }
    }
}

impl Row for &OutcomeRow {
    fn columns() -> Vec<Column> {
        let result = std::iter::once(Column::accented("RESULT"));
        result.chain(SessionRow::columns()).chain([Column::text("ANSWER")]).collect()
    }

    fn server(&self) -> &str {
        self.session.server()
    }

    fn cells(&self) -> Vec<Cell> {
        let result = Some(self.result.to_owned());
        std::iter::once(result).chain(self.session.cells()).chain([Some(self.answer())]).collect()
    }

    fn style(&self) -> Style {
        self.style
    }
}

#[cfg(test)]
mod tests {
    use super::Report;
    use crate::exit::Exit;
    use netsession::{EndPreview, PlannedFate, Session};
    use serde_json::{Value, json};

    fn plan(to_end: &[(&str, &str)], not_logged_in: &[(&str, &str)]) -> EndPreview {
        let ends = to_end.iter().map(|row| (row, PlannedFate::End));
        let half_done = not_logged_in.iter().map(|row| (row, PlannedFate::NotLoggedIn));
        let session = |((client, user), fate): (&(&str, &str), _)| (Session::new(client, user), fate);
        ends.chain(half_done).map(session).collect()
    }

    fn value(report: &Report) -> Value {
        serde_json::to_value(report).unwrap()
    }

    /// If this fails, programs that read `end --json` break: a field is missing, renamed, or unknown is not null.
    #[test]
    fn the_json_fields_are_the_documented_ones() {
        let report = Report::untouched("fs1", &plan(&[("10.0.0.5", "bob")], &[]), true);
        assert_eq!(
            value(&report),
            json!({
                "server": "fs1", "status": null, "ended": [], "also_ended": [], "returned": [],
                "remaining": [{
                    "server": "fs1", "client": "10.0.0.5", "user": "bob", "opens": null, "connected_secs": null,
                    "idle_secs": null, "guest": null, "self": false, "client_type": null, "transport": null,
                    "status": null
                }],
                "error": null
            })
        );
    }

    /// If this fails, a script cannot tell that nothing matched, that somebody said no, or that nothing was tried.
    #[test]
    fn what_was_not_sent_has_its_exit_status() {
        let some = plan(&[("10.0.0.5", "bob")], &[]);
        assert_eq!(Report::untouched("fs1", &some, true).exit(), Exit::Done);
        assert_eq!(Report::untouched("fs1", &some, false).exit(), Exit::Failed);
        let half = Report::untouched("fs1", &plan(&[], &[("10.0.0.5", "")]), false);
        assert_eq!(half.exit(), Exit::NothingMatched);
        let half = value(&half);
        assert_eq!(half["status"], json!({"code": 2312, "name": "NERR_ClientNameNotFound"}));
        assert_eq!(half["remaining"][0]["user"], "");
    }

    /// If this fails, an interrupted or unanswered call is taken for one that failed, and sent again.
    #[test]
    fn what_is_not_known_has_no_status() {
        let interrupted = Report::interrupted("fs1", &plan(&[("10.0.0.5", "bob")], &[]));
        assert_eq!((interrupted.exit(), &value(&interrupted)["status"]), (Exit::Failed, &Value::Null));
        assert!(value(&interrupted)["error"].as_str().unwrap().contains("may still be carried out"));
    }
}
