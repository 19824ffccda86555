//! [`Report`]: the outcome of each session, for people and for programs.

use anstyle::Style;
use netsession::{EndPreview, EndReport, Error, Outcome, Session, Unsent, Win32Error};
use netsession_admin::{Missing, Silence, is_untouched};
use serde::Serialize;

use super::open_files::{AffectedRow, OpenFiles};
use super::plan::{UNNAMEABLE, fields_of_session};
use crate::exit::Exit;
use crate::failure::{Failure, Hinted as _};
use crate::flags::Output;
use crate::output::{self, BAD, Column, Field, GOOD, NOTABLE, OutputFormat, Row, Value};
use crate::rows::{SessionRow, Status};

/// The result of a session that is still listed.
const REMAINING: &str = "remaining";
/// The result of a session that is no longer listed and may still be there, or that nobody could list after the request.
const NOT_KNOWN: &str = "not known";
/// The result of a session that netsession did not try to end.
const NOT_ENDED: &str = "not ended";

/// What would happen to a session without `--dry-run`.
const WOULD_END: &str = "would end";

/// The result of `end` at one server.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct Report {
    server: String,
    status: Option<Status>,
    ended: Vec<OutcomeRow>,
    vanished: Vec<OutcomeRow>,
    also_ended: Vec<OutcomeRow>,
    returned: Vec<OutcomeRow>,
    remaining: Vec<OutcomeRow>,
    /// The sessions that the server may end beside the selected ones; only of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_end_too: Option<Vec<OutcomeRow>>,
    error: Option<String>,
    /// Whether the preview has printed the error: that a node is silent.
    #[serde(skip)]
    is_printed: bool,
    /// How many sessions came after the plan that a person has seen, and ended together with the planned ones.
    #[serde(skip)]
    newcomers: usize,
    #[serde(skip)]
    hint: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// A session with its own status.
#[derive(Debug, Serialize)]
pub(super) struct OutcomeRow {
    #[serde(flatten)]
    session: SessionRow,
    status: Option<Status>,
    /// The files that are open in the session; only of a dry run, and `Some(None)` if they are unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    open_files: Option<Option<Vec<AffectedRow>>>,
    /// The id of the selected session, if its client returned and has another one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_id: Option<String>,
    result: &'static str,
    /// Why netsession sent no request for a session that remains.
    reason: Option<String>,
    #[serde(skip)]
    style: Style,
}

impl Report {
    /// Reports the outcome of a plan at a server.
    pub(in crate::commands) fn of(server: &str, report: &EndReport) -> Report {
        let rows = |outcomes: &[Outcome], result, style| {
            let row = |outcome: &Outcome| {
                let row = OutcomeRow::new(server, &outcome.session, outcome.status, result, style);
                let previous_id = outcome.previous_id.map(|id| id.to_string());
                let row = OutcomeRow { previous_id, ..row.named_by_id(report.is_by_id) };
                if result == REMAINING { row.of_remaining(outcome, report) } else { row }
            };
            outcomes.iter().map(row).collect::<Vec<_>>()
        };
        let failed = report.error.is_some() || !report.remaining.is_empty() || report.status.is_none();
        let is_empty =
            [&report.ended, &report.vanished, &report.returned].iter().all(|outcomes| outcomes.is_empty());
        let refused = report.refusal(server);
        let error = report.error.as_ref().or(refused.as_ref());
        Report {
            server: server.to_owned(),
            status: report.status.map(Status::from),
            ended: rows(&report.ended, "ended", GOOD),
            vanished: rows(&report.vanished, "vanished", NOTABLE),
            also_ended: rows(&report.also_ended, "also ended", NOTABLE),
            returned: rows(&report.returned, "returned", NOTABLE),
            remaining: rows(&report.remaining, REMAINING, BAD),
            may_end_too: None,
            error: error.map(ToString::to_string),
            is_printed: false,
            newcomers: 0,
            hint: error.and_then(|error| hint(error, report)),
            exit: match (failed, is_empty) {
                (true, _) => Exit::Failed,
                (false, true) => Exit::NothingMatched,
                (false, false) => Exit::Done,
            },
        }
    }

    /// Notes how many sessions came after the plan: a server that does not tell sessions apart ends them with the planned ones.
    pub(in crate::commands) fn since(mut self, plan: &EndPreview) -> Report {
        let rows = [&self.ended, &self.vanished, &self.returned, &self.remaining].map(Vec::len);
        let known = [plan.to_end().len(), plan.cannot_end().len(), plan.left_out().count()];
        self.newcomers = rows.iter().sum::<usize>().saturating_sub(known.iter().sum());
        self
    }

    /// Reports the vanished sessions of a cluster as what they are: not known. A node that does not answer makes the
    /// others forget its sessions, and may still serve them.
    pub(in crate::commands) fn of_a_cluster(mut self) -> Report {
        if self.vanished.is_empty() {
            return self;
        }
        for row in &mut self.vanished {
            (row.result, row.style) = (NOT_KNOWN, BAD);
        }
        self.exit = Exit::Failed;
        let sessions = if self.vanished.len() == 1 { "a session" } else { "sessions" };
        let server = &self.server;
        self.error.get_or_insert_with(|| {
            format!("{server} no longer found {sessions}, which another node of the cluster may still serve")
        });
        self.hint.get_or_insert_with(|| {
            "a node that does not answer hides its sessions: run `netsession sessions` when every node answers".to_owned()
        });
        self
    }

    /// Adds what the silence of a node means: if it fell silent, a session that is no longer listed is not known to have
    /// ended.
    pub(in crate::commands) fn at_nodes(mut self, silence: &Silence) -> Report {
        let silent: Vec<&str> = silence.fell_silent().collect();
        let has_unlisted =
            ![&self.ended, &self.also_ended, &self.vanished].iter().all(|rows| rows.is_empty());
        if !silent.is_empty() && has_unlisted {
            let unlisted = self.ended.drain(..).chain(self.also_ended.drain(..));
            self.vanished.extend(unlisted.map(|row| OutcomeRow { result: NOT_KNOWN, style: BAD, ..row }));
            self.exit = Exit::Failed;
            self.error = Some(format!(
                "{}: {} fell silent meanwhile, and may still serve sessions that are no longer listed",
                self.server,
                silent.join(", ")
            ));
        }
        let errors = silence.errors(&self.server, Missing::Sessions);
        if let Some(error) = errors.first() {
            if self.ended.is_empty() && self.vanished.is_empty() {
                // Nothing matched on the nodes that answer, which says nothing about the others.
                self.status = None;
            }
            self.exit = match self.exit {
                Exit::Done | Exit::NothingMatched => Exit::SomeFailed,
                exit => exit,
            };
            if self.error.is_none() || !silent.is_empty() {
                self.hint = error.hint_with_flags();
            }
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            self.is_printed = self.error.is_none();
            self.error.get_or_insert_with(|| texts.join("; "));
        }
        self
    }

    /// Reports a server to which the command sent nothing: after a dry run, a "no", or with nothing to end.
    pub(super) fn untouched(server: &str, plan: &EndPreview, dry_run: bool) -> Report {
        let is_empty = plan.to_end().is_empty();
        let is_unnameable = plan.cannot_end().iter().any(Session::is_logged_on);
        let left_out = plan.left_out_error(server);
        let error = is_unnameable.then(|| UNNAMEABLE.to_owned());
        let error = error.or_else(|| left_out.as_ref().map(ToString::to_string));
        let mut remaining = remaining(server, plan);
        if dry_run {
            let ends = remaining.iter_mut().take(plan.to_end().len());
            ends.for_each(|row| row.result = WOULD_END);
        }
        let may_end_too = dry_run.then(|| {
            let rows = plan.may_also_end().iter();
            rows.map(|session| OutcomeRow::new(server, session, None, "may end too", NOTABLE)).collect()
        });
        Report {
            status: is_empty.then(|| match &left_out {
                Some(error) => error.win32().into(),
                None => Win32Error::NERR_CLIENT_NAME_NOT_FOUND.into(),
            }),
            remaining,
            may_end_too,
            hint: left_out.and_then(|error| error.hint_with_flags()),
            exit: match (is_empty, dry_run) {
                _ if error.is_some() => Exit::Failed,
                (true, _) => Exit::NothingMatched,
                (false, true) => Exit::Done,
                (false, false) => Exit::Failed,
            },
            error,
            ..Report::empty(server)
        }
    }

    /// Adds the open files of the sessions, for a dry run.
    pub(super) fn with_open_files(mut self, files: &OpenFiles) -> Report {
        for row in &mut self.remaining {
            row.open_files = Some(files.rows(&self.server, &row.session.session()));
        }
        self
    }

    /// Reports a server that had not answered at an interrupt.
    pub(super) fn interrupted(server: &str, plan: &EndPreview) -> Report {
        let error = format!("interrupted: {server} may still carry out the requests that were sent");
        Report::unknown(server, plan, error)
    }

    /// Reports a server about which nothing is known after the requests, for the reason that `error` says.
    pub(in crate::commands) fn unknown(server: &str, plan: &EndPreview, error: String) -> Report {
        let mut remaining = remaining(server, plan);
        let concerned = remaining.iter_mut().take(plan.to_end().len());
        concerned.for_each(|row| row.result = NOT_KNOWN);
        Report {
            remaining,
            error: Some(error),
            hint: Some("run `netsession sessions` to see who is still connected".to_owned()),
            ..Report::empty(server)
        }
    }

    /// Reports a server that failed before it could get a request. The first error is the reason.
    pub(super) fn failed(server: &str, errors: &[netsession_admin::Error]) -> Report {
        let is_unknown =
            |error: &&_| matches!(error, netsession_admin::Error::Server(error) if error.is_unknown());
        let status = errors.first().filter(|error| !is_unknown(error)).map(|error| error.win32().into());
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Report { status, error: Some(texts.join("; ")), ..Report::empty(server) }
    }

    fn empty(server: &str) -> Report {
        Report {
            server: server.to_owned(),
            status: None,
            ended: Vec::new(),
            vanished: Vec::new(),
            also_ended: Vec::new(),
            returned: Vec::new(),
            remaining: Vec::new(),
            may_end_too: None,
            error: None,
            is_printed: false,
            newcomers: 0,
            hint: None,
            exit: Exit::Failed,
        }
    }

    /// Returns how many selected sessions ended.
    pub(in crate::commands) fn ended(&self) -> usize {
        self.ended.len().saturating_add(self.returned.len())
    }

    /// Whether selected sessions stay that netsession never tried to end.
    pub(super) fn has_left_out(&self) -> bool {
        self.remaining.iter().any(|row| row.result == NOT_ENDED)
    }

    /// Returns why the result is incomplete, and what to do about it.
    pub(super) fn error_and_hint(&self) -> Option<(&str, Option<&str>)> {
        self.error.as_deref().map(|error| (error, self.hint.as_deref()))
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// The rows in the order of the preview: the sessions to end by client and user, others on their connections, and
    /// unfinished logons.
    pub(super) fn rows(&self) -> impl Iterator<Item = &OutcomeRow> {
        let planned = self.ended.iter().chain(&self.vanished).chain(&self.returned).chain(&self.remaining);
        let (mut planned, mut half_done): (Vec<_>, Vec<_>) =
            planned.partition(|row| row.session.is_logged_on());
        let mut also: Vec<_> = self.also_ended.iter().collect();
        for group in [&mut planned, &mut also, &mut half_done] {
            group.sort_by(|one, other| one.session.order(&other.session));
        }
        planned.into_iter().chain(also).chain(half_done)
    }

    /// Returns one line for people, such as `fs1: 2 ended, 1 also ended, 1 remaining`.
    pub(super) fn summary(&self) -> String {
        let vanished = match self.vanished.first().map(|row| row.result) {
            Some(NOT_KNOWN) => "not known (the server no longer found them)",
            _ => "vanished (the server no longer found them)",
        };
        let is_by_id = |rows: &[OutcomeRow]| rows.first().is_some_and(|row| row.session.is_by_id());
        let also = match is_by_id(&self.also_ended) {
            true => "also ended (from the same client, although nobody named their ids)",
            false => "also ended (same connection)",
        };
        let returned = match self.returned.as_slice() {
            [row] if is_by_id(&self.returned) => {
                &format!("returned (the client connected again, as {})", row.session.id().plain())
            }
            _ => "returned (the client connected again)",
        };
        let counts = [
            (self.ended.len(), "ended"),
            (self.vanished.len(), vanished),
            (self.also_ended.len(), also),
            (self.returned.len(), returned),
        ];
        let with = |result: &str| self.remaining.iter().filter(|row| row.result == result).count();
        let remaining = [REMAINING, NOT_KNOWN, NOT_ENDED, WOULD_END].map(|result| (with(result), result));
        let present: Vec<String> = counts
            .into_iter()
            .chain(remaining)
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let newcomers = match self.newcomers {
            0 => String::new(),
            1 => "; 1 of them came after the plan".to_owned(),
            several => format!("; {several} of them came after the plan"),
        };
        format!("{}: {}{newcomers}", self.server, present.join(", "))
    }
}

/// Returns what to do about an error. It considers the sessions that the server listed afterwards.
fn hint(error: &Error, report: &EndReport) -> Option<String> {
    if error.is_unknown() && !report.ended.is_empty() && report.remaining.is_empty() {
        let gone =
            "the server no longer lists these sessions; it may still end one that the client opens again";
        return Some(gone.to_owned());
    }
    let accepted = |outcome: &Outcome| outcome.status.is_some_and(|status| status.is_success());
    let is_other = matches!(error, Error::OtherSession { .. });
    if !is_other && !error.is_unknown() && report.ended.is_empty() && report.remaining.iter().any(accepted) {
        let unverified = "the server accepted the requests, but netsession could not verify the result: run \
                          `netsession sessions` to see who is still connected";
        return Some(unverified.to_owned());
    }
    error.hint_with_flags()
}

/// Returns the sessions of a plan: those to end first, then those that no request can end, then those that it leaves out.
fn remaining(server: &str, plan: &EndPreview) -> Vec<OutcomeRow> {
    let row = |session| OutcomeRow::new(server, session, None, REMAINING, BAD).named_by_id(plan.is_by_id());
    let rows = plan.to_end().iter().chain(plan.cannot_end()).map(row);
    rows.chain(plan.left_out().map(|(session, why)| row(session).not_ended(why))).collect()
}

/// Returns what the server answered to a request whose result nobody could verify.
fn answered(status: Option<Win32Error>) -> Option<String> {
    Some(match status {
        None => "no answer".to_owned(),
        Some(Win32Error::NERR_SUCCESS) => "accepted".to_owned(),
        Some(code) => code.to_string(),
    })
}

/// Prints the reports. It prints a table only if they are a result, such as after requests, because the preview has shown
/// everything else.
pub(super) fn print(
    reports: &[Report],
    output: &Output,
    is_result: bool,
    is_dry_run: bool,
    several_servers: bool,
) -> Result<(), Failure> {
    match output.format() {
        // The sessions of a server are lists within its result.
        format @ (OutputFormat::Json | OutputFormat::Jsonl | OutputFormat::Yaml) => {
            output::print_nested(format, reports)?;
        }
        format if is_result || !format.is_for_people() => {
            let rows: Vec<&OutcomeRow> = reports.iter().flat_map(Report::rows).collect();
            output::present(&output.presentation(), &rows, several_servers)?;
        }
        _ => {}
    }
    if is_result {
        for report in reports.iter().filter(|report| report.rows().next().is_some()) {
            output::note(&report.summary());
        }
    }
    if is_result || is_dry_run {
        for report in reports.iter().filter(|report| is_result || !report.is_printed) {
            // The preview has printed the error of a server without rows.
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
            open_files: None,
            previous_id: None,
            result,
            reason: None,
            style,
        }
    }

    /// Says what a report knows about a session that remains, or may.
    fn of_remaining(self, outcome: &Outcome, report: &EndReport) -> OutcomeRow {
        match outcome.unsent {
            None if report.is_verified => self,
            // The status of an accepted request would look as if the session had ended.
            None => OutcomeRow { result: NOT_KNOWN, reason: answered(outcome.status), status: None, ..self },
            Some(
                why @ (Unsent::Inseparable | Unsent::Undecided | Unsent::MayBeOwn | Unsent::OtherSession),
            ) => self.not_ended(why),
            Some(Unsent::Unnameable) => self,
            Some(why) => {
                let result = match report.is_verified {
                    true => self.result,
                    false if is_untouched(report, outcome) => NOT_ENDED,
                    false => NOT_KNOWN,
                };
                let reason = match why {
                    Unsent::Stopped => "not sent".to_owned(),
                    why => format!("not sent: {why}"),
                };
                OutcomeRow { result, reason: Some(reason), ..self }
            }
        }
    }

    /// Says why netsession did not try to end the session.
    fn not_ended(self, why: Unsent) -> OutcomeRow {
        OutcomeRow { result: NOT_ENDED, reason: Some(format!("not sent: {why}")), ..self }
    }

    fn named_by_id(self, is_by_id: bool) -> OutcomeRow {
        OutcomeRow { session: self.session.named_by_id(is_by_id), ..self }
    }

    /// Returns the status of the session, if it is not success; or why there is none.
    fn answer(&self) -> String {
        match (&self.status, &self.reason) {
            (Some(Status { code: 0, .. }), _) => String::new(),
            (Some(Status { code, name }), _) => format!("{name} ({code})"),
            (None, Some(reason)) => reason.clone(),
            (None, None) if self.session.is_logged_on() && self.result == REMAINING => "unknown".to_owned(),
            (None, None) => String::new(),
        }
    }
}

impl Row for OutcomeRow {
    fn fields() -> Vec<Field<Self>> {
        let result = Field::new("result", Column::accented("RESULT"), |row: &Self| Value::text(row.result));
        let session = fields_of_session(|row: &Self| &row.session);
        let answer =
            Field::new("answer", Column::text("ANSWER"), |row: &Self| Value::Text(row.answer().into()))
                .shown_as(|row| Some(row.answer()));
        let result = std::iter::once(result.first());
        result.chain(session).chain([answer.last()]).collect()
    }

    fn name(&self) -> Option<String> {
        self.session.name()
    }

    fn server(&self) -> &str {
        self.session.server()
    }

    fn style(&self) -> Style {
        self.style
    }
}

#[cfg(test)]
mod tests {
    use super::{OutcomeRow, Report};
    use crate::exit::Exit;
    use anstyle::Style;
    use netsession::{EndPreview, PlannedFate, Session, SpareReason, Unsent};
    use netsession_admin::{Silence, SilentNode};
    use serde_json::{Value, json};

    fn plan(to_end: &[(&str, &str)], cannot_end: &[(&str, &str)]) -> EndPreview {
        let ends = to_end.iter().map(|row| (row, PlannedFate::End));
        let half_done = cannot_end.iter().map(|row| (row, PlannedFate::CannotEnd));
        let session = |((client, user), fate): (&(&str, &str), _)| (Session::new(client, user), fate);
        ends.chain(half_done).map(session).collect()
    }

    fn value(report: &Report) -> Value {
        serde_json::to_value(report).unwrap()
    }

    /// A failure here would break programs that read `end --json`: a missing or renamed field, or an unknown that is
    /// not null.
    #[test]
    fn json_has_the_documented_fields() {
        let report = Report::untouched("fs1", &plan(&[("10.0.0.5", "bob")], &[]), true);
        assert_eq!(
            value(&report),
            json!({
                "server": "fs1", "status": null, "ended": [], "vanished": [], "also_ended": [], "returned": [],
                "remaining": [{
                    "server": "fs1", "client": "10.0.0.5", "user": "bob", "opens": null, "connected_secs": null,
                    "idle_secs": null, "guest": null, "self": false, "client_type": null, "transport": null,
                    "id": null, "status": null, "result": "would end", "reason": null
                }],
                "may_end_too": [], "error": null
            })
        );
        let also = [(Session::new("10.0.0.5", "carol"), PlannedFate::MayAlsoEnd)].into_iter().collect();
        let dry_run = value(&Report::untouched("fs1", &also, true));
        assert_eq!(dry_run["may_end_too"][0]["user"], "carol");
        assert_eq!(value(&Report::untouched("fs1", &also, false)).get("may_end_too"), None);
    }

    /// A failure here would hide from a script that nothing matched, that a person declined, or that this was a dry
    /// run.
    #[test]
    fn unsent_requests_have_an_exit_status() {
        let some = plan(&[("10.0.0.5", "bob")], &[]);
        assert_eq!(Report::untouched("fs1", &some, true).exit(), Exit::Done);
        assert_eq!(Report::untouched("fs1", &some, false).exit(), Exit::Failed);
        let half = Report::untouched("fs1", &plan(&[], &[("10.0.0.5", "")]), false);
        assert_eq!(half.exit(), Exit::NothingMatched);
        let half = value(&half);
        assert_eq!(half["status"], json!({"code": 2312, "name": "NERR_ClientNameNotFound"}));
        assert_eq!(half["remaining"][0]["user"], "");
    }

    /// A failure here would show the sessions in another order than the preview.
    #[test]
    fn the_rows_of_the_report_follow_the_preview() {
        let row = |client: &str, user: &str, result| {
            OutcomeRow::new("fs1", &Session::new(client, user), None, result, Style::new())
        };
        let report = Report {
            ended: vec![row("10.0.0.10", "bob", "ended"), row("10.0.0.5", "bob", "ended")],
            vanished: vec![row("10.0.0.6", "bob", "vanished")],
            also_ended: vec![row("10.0.0.5", "carol", "also ended")],
            remaining: vec![row("10.0.0.1", "", "remaining"), row("10.0.0.7", "bob", "remaining")],
            ..Report::empty("fs1")
        };
        let results: Vec<_> = report.rows().map(|row| row.result).collect();
        assert_eq!(results, ["ended", "vanished", "remaining", "ended", "also ended", "remaining"]);
    }

    /// A failure here would tell a script that a user is disconnected, whom a frozen node of a cluster still serves.
    #[test]
    fn a_session_that_a_cluster_no_longer_finds_is_not_known() {
        let vanished =
            || vec![OutcomeRow::new("nas", &Session::new("10.0.0.6", "bob"), None, "vanished", Style::new())];
        let report = Report { vanished: vanished(), exit: Exit::Done, ..Report::empty("nas") }.of_a_cluster();
        assert_eq!((report.exit(), report.vanished[0].result), (Exit::Failed, "not known"));
        assert!(report.summary().contains("1 not known"), "{}", report.summary());
        let value = value(&report);
        assert_eq!(value["vanished"][0]["user"], "bob");
        assert!(value["error"].as_str().unwrap().contains("may still serve"), "{value}");
        let report = Report { exit: Exit::Done, ..Report::empty("nas") }.of_a_cluster();
        assert_eq!((report.exit(), report.error), (Exit::Done, None));
    }

    /// A failure here would call a session ended that a frozen node still serves, or hide from a script that the sessions of a
    /// node were not looked for.
    #[test]
    fn a_silent_node_limits_what_a_report_says() {
        let silent = |names: &[&str]| -> Vec<SilentNode> {
            let node = |name: &&str| SilentNode { node: (*name).to_owned(), reason: "x".to_owned() };
            names.iter().map(node).collect()
        };
        let row = |user, result| {
            OutcomeRow::new("nas", &Session::new("10.0.0.6", user), None, result, Style::new())
        };
        let report = |before: &[&str], after: &[&str]| {
            let (ended, also_ended) = (vec![row("bob", "ended")], vec![row("eve", "also ended")]);
            let report = Report { ended, also_ended, exit: Exit::Done, ..Report::empty("nas") };
            report.at_nodes(&Silence::new(silent(before), silent(after)))
        };
        let healthy = report(&[], &[]);
        assert_eq!((healthy.exit(), healthy.ended.len(), &healthy.error), (Exit::Done, 1, &None));
        let known = report(&["n2"], &["n2"]);
        assert_eq!((known.exit(), known.ended.len()), (Exit::SomeFailed, 1));
        assert!(known.error.unwrap().contains("n2 does not answer: its sessions are missing here"));
        let unknown = report(&[], &["n2"]);
        assert_eq!((unknown.exit(), unknown.ended.len(), unknown.also_ended.len()), (Exit::Failed, 0, 0));
        assert!(unknown.vanished.iter().all(|row| row.result == "not known"));
        assert_eq!(unknown.summary(), "nas: 2 not known (the server no longer found them)");
        assert!(unknown.error.unwrap().contains("n2 fell silent meanwhile"));
        // Nothing matched on the nodes that answer, which is not that nothing matched.
        let nothing = Report::untouched("nas", &plan(&[], &[]), false);
        let nothing = nothing.at_nodes(&Silence::new(silent(&["n2"]), Vec::new()));
        assert_eq!((nothing.exit(), &value(&nothing)["status"]), (Exit::SomeFailed, &Value::Null));
    }

    /// A failure here would call a session remaining, or its outcome unknown, although nothing was sent.
    #[test]
    fn a_session_that_netsession_leaves_out_is_not_ended_and_says_why() {
        let row =
            || OutcomeRow::new("fs1", &Session::new("10.0.0.5", "bob"), None, "remaining", Style::new());
        assert_eq!(row().answer(), "unknown");
        let other = row().not_ended(Unsent::OtherSession);
        assert_eq!(other.answer(), "not sent: another session has its id now");
        let report = Report { remaining: vec![other, row()], ..Report::empty("fs1") };
        assert_eq!(report.summary(), "fs1: 1 remaining, 1 not ended");
    }

    /// A failure here would hide from a script that selected sessions stay: an attacker who opens a second session would evade
    /// a rule.
    #[test]
    fn selected_sessions_that_stay_are_in_the_report() {
        for (fate, part) in [
            (PlannedFate::Spare(SpareReason::NotAllSelected), "would also end one that is not selected"),
            (PlannedFate::Undecided, "does not report what the selection depends on"),
            (PlannedFate::Spare(SpareReason::OwnUser), "could end netsession's own session"),
            (PlannedFate::Spare(SpareReason::MayBeOwn), "could end netsession's own session"),
        ] {
            let plan: EndPreview = [(Session::new("10.0.0.5", "bob"), fate)].into_iter().collect();
            for dry_run in [false, true] {
                let report = Report::untouched("fs1", &plan, dry_run);
                assert_eq!(report.exit(), Exit::Failed);
                let value = value(&report);
                assert_eq!(
                    (&value["status"]["code"], &value["remaining"][0]["result"]),
                    (&json!(50), &json!("not ended"))
                );
                assert!(value["error"].as_str().unwrap().contains(part), "{value}");
                assert!(value["remaining"][0]["reason"].as_str().unwrap().contains(part), "{value}");
            }
        }
    }

    /// A failure here would report an interrupted or unanswered request as failed, and make a person send it again.
    #[test]
    fn an_unknown_result_has_no_status() {
        let interrupted = Report::interrupted("fs1", &plan(&[("10.0.0.5", "bob")], &[]));
        assert_eq!((interrupted.exit(), &value(&interrupted)["status"]), (Exit::Failed, &Value::Null));
        assert!(value(&interrupted)["error"].as_str().unwrap().contains("may still carry out"));
        assert_eq!(interrupted.summary(), "fs1: 1 not known");
    }
}
