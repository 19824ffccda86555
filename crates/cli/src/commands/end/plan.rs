//! [`rows`] and [`explain`] print the preview: what would happen to each session, and why.

use anstyle::Style;
use netsession::{EndPreview, Selector, Session, SpareReason, Spared, UserPattern};
use serde::Serialize;

use crate::output::{self, BAD, Column, Field, NOTABLE, Notes, Row, Value};
use crate::rows::SessionRow;
use crate::select;

/// Returns the sessions of all plans, each with its action.
pub(super) fn rows(plans: &[(&str, EndPreview)]) -> Vec<PlanRow> {
    plans.iter().flat_map(|(server, plan)| rows_of(server, plan)).collect()
}

fn rows_of(server: &str, plan: &EndPreview) -> Vec<PlanRow> {
    let row = |action, style, session: &Session| PlanRow {
        action,
        style,
        session: SessionRow::new(&server.into(), session.clone()).named_by_id(plan.is_by_id()),
        is_spared_as_own: false,
    };
    let ends = plan.to_end().iter().map(|session| row("end", BAD, session));
    let is_spared = |session: &&Session| plan.spared().iter().any(|spared| spared.session == **session);
    let also = plan.may_also_end().iter().filter(|session| !is_spared(session));
    let also = also.map(|session| row("may end too", NOTABLE, session));
    // The command sends no request for a spared session, but a request for another one at its address may end it too.
    let spared = plan.spared().iter().map(|spared| match plan.may_also_end().contains(&spared.session) {
        true => row("spare, but may end too", NOTABLE, &spared.session),
        false => PlanRow {
            is_spared_as_own: spared.reason == SpareReason::OwnSession,
            ..row("spare", Style::new(), &spared.session)
        },
    });
    let undecided = plan.undecided().iter().map(|session| row("spare", Style::new(), session));
    let half = plan.cannot_end().iter().map(|session| row("cannot end", Style::new(), session));
    let groups: [Vec<PlanRow>; 4] =
        [ends.collect(), also.collect(), spared.chain(undecided).collect(), half.collect()];
    let sorted = |mut group: Vec<PlanRow>| {
        group.sort_by(|one, other| one.session.order(&other.session));
        group
    };
    groups.into_iter().flat_map(sorted).collect()
}

/// Prints why sessions are spared, what else may end, and what nearly matched. `incomplete` are clusters with a silent node.
pub(super) fn explain(plans: &[(&str, EndPreview)], selector: &Selector, incomplete: &[&str], offer: Offer) {
    let mut notes = Notes::default();
    for (server, plan) in plans {
        notes_of(plan, offer).into_iter().for_each(|note| notes.add(server, note));
        if plan.matches_nothing() && incomplete.contains(server) {
            notes.add(server, "no session matches on the nodes that answer");
        } else if plan.matches_nothing() {
            notes.add(server, "no session matches");
        } else if plan.to_end().is_empty() {
            notes.add(server, "nothing to end");
        }
    }
    notes.print();
    if matches!(selector, Selector::Ids(_)) && plans.iter().any(|(_, plan)| plan.matches_nothing()) {
        output::hint(select::IDS_CHANGE);
    }
    let plans = plans.iter().map(|(_, plan)| plan);
    // A pattern seems to match all users whose names fit it, even where it matches some.
    let is_search = selector.users().iter().any(UserPattern::is_pattern);
    let searched = plans.filter(|plan| is_search || plan.matches_nothing());
    select::hint_at_near_misses(searched.flat_map(EndPreview::near_misses), selector);
}

/// Says why several sessions end, if the person wants to end the one that holds a file.
pub(super) fn explain_several(plans: &[(&str, EndPreview)]) {
    for (server, plan) in plans.iter().filter(|(_, plan)| !plan.is_by_id()) {
        let count = plan.to_end().len();
        if count > 1 {
            output::note(&format!(
                "{server}: these {count} sessions end together; the server does not report which of them holds the file"
            ));
        }
    }
}

/// What the person can do about a spared session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Run the command again with a flag.
    Flags,
    /// Name the computer: a hold has no flags for what it spares.
    Hold,
    /// Nothing: the live view has no key for it.
    Nothing,
}

impl Offer {
    /// Adds the flag that changes what the note says.
    fn with(self, note: &str, flag: &str) -> String {
        match self {
            Offer::Flags => format!("{note} ({flag})"),
            Offer::Hold | Offer::Nothing => note.to_owned(),
        }
    }

    /// Adds how to select spared computers, too.
    fn with_computers(self, note: &str, flag: &str) -> String {
        match self {
            Offer::Hold => format!("{note} (a hold ends only a computer that --user or --client names)"),
            Offer::Flags | Offer::Nothing => self.with(note, flag),
        }
    }
}

/// Why a session that is logged on cannot end.
pub(super) const UNNAMEABLE: &str = "netsession cannot end a session whose client or user does not fit into a request (1,023 characters, with the id if the \
     session is selected by it)";

pub(super) fn notes_of(plan: &EndPreview, offer: Offer) -> Vec<String> {
    let mut notes = Vec::new();
    if !plan.may_also_end().is_empty() {
        notes.push("sessions on the same connection end together, so other sessions may end too".to_owned());
    }
    let spared = |reason| plan.spared().iter().find(|spared| spared.reason == reason);
    if spared(SpareReason::OwnSession).is_some() {
        notes.push(offer.with("netsession spares its own session", "--include-self ends it too"));
    }
    if let Some(spared) = spared(SpareReason::OwnUser) {
        let user = &spared.session.user;
        let note =
            format!("netsession cannot identify its own session here, so it spares every session of {user}");
        notes.push(offer.with(&note, "--include-self ends them too"));
    }
    if spared(SpareReason::MayBeOwn).is_some() {
        let note =
            "netsession cannot identify its own session here, so it spares every session that could be it";
        notes.push(offer.with(note, "--include-self ends them too"));
    }
    if let Some(spared) = spared(SpareReason::OwnAccount) {
        let user = &spared.session.user;
        notes.push(format!("netsession logged on as {user}, so a hold spares the other sessions of {user}"));
    }
    let is_computer = |spared: &&Spared| spared.reason == SpareReason::Computer;
    let computers = match plan.spared().iter().filter(is_computer).count() {
        0 => None,
        1 => Some(offer.with_computers("1 computer's session", "--include-computers ends it too")),
        count => Some(
            offer
                .with_computers(&format!("{count} computers' sessions"), "--include-computers ends them too"),
        ),
    };
    notes.extend(computers.map(|computers| format!("netsession spares {computers}")));
    if spared(SpareReason::NotAllSelected).is_some() {
        notes.push(
            "netsession spares a session if the same user has another one from the same client that is not selected: \
             this server would end both"
                .to_owned(),
        );
    }
    match plan.undecided().len() {
        0 => {}
        1 => notes.push(
            "netsession does not end 1 session: the server does not report enough to match it".to_owned(),
        ),
        count => notes.push(format!(
            "netsession does not end {count} sessions: the server does not report enough to match them"
        )),
    }
    if plan.cannot_end().iter().any(Session::is_logged_on) {
        notes.push(UNNAMEABLE.to_owned());
    }
    if !plan.cannot_end().iter().all(Session::is_logged_on) {
        notes.push(
            "netsession cannot end a session that is not logged on: it has no user name, and a request without \
             one would end everybody"
                .to_owned(),
        );
    }
    notes
}

/// Returns the fields of the session in a row. Every table shows the id if it has selected the session.
pub(super) fn fields_of_session<R: 'static>(
    session: fn(&R) -> &SessionRow,
) -> impl Iterator<Item = Field<R>> {
    let id = move |row: &R| Some(session(row).id().plain().into_owned()).filter(|id| !id.is_empty());
    let selecting = Field::new("id", Column::text("ID"), move |row: &R| session(row).id());
    let selecting = selecting.shown_as(move |row| id(row).filter(|_| session(row).is_by_id())).table_only();
    let fields = SessionRow::fields().into_iter().map(move |field| match field.key {
        "id" => field.of(session).shown_as(move |row| id(row).filter(|_| !session(row).is_by_id())),
        _ => field.of(session),
    });
    fields.chain([selecting])
}

/// A session and its action.
#[derive(Serialize)]
pub(super) struct PlanRow {
    action: &'static str,
    #[serde(skip)]
    style: Style,
    session: SessionRow,
    /// Whether it is netsession's own session, to which nothing happens.
    #[serde(skip)]
    pub(super) is_spared_as_own: bool,
}

impl Row for PlanRow {
    fn fields() -> Vec<Field<Self>> {
        let plan = Field::new("plan", Column::accented("PLAN"), |row: &Self| Value::text(row.action));
        let session = fields_of_session(|row: &Self| &row.session);
        std::iter::once(plan.table_only().first()).chain(session).collect()
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
    use super::{Offer, notes_of, rows};
    use crate::output;

    fn show(plans: &[(&str, EndPreview)], several_servers: bool) -> String {
        output::table(&rows(plans), several_servers, None)
    }

    use netsession::{EndPreview, PlannedFate, Session, SpareReason};

    fn fates() -> Vec<(Session, PlannedFate)> {
        vec![
            (Session::new("10.0.0.5", "bob"), PlannedFate::End),
            (Session::new("10.0.0.5", "carol"), PlannedFate::MayAlsoEnd),
            (Session::new("10.0.0.6", ""), PlannedFate::CannotEnd),
            (Session::new("10.0.0.9", "adm1"), PlannedFate::Spare(SpareReason::OwnUser)),
            (Session::new("10.0.0.7", "FS2$"), PlannedFate::Spare(SpareReason::Computer)),
            (Session::new("10.0.0.8", "FS3$"), PlannedFate::Spare(SpareReason::Computer)),
        ]
    }

    fn plan() -> EndPreview {
        fates().into_iter().collect()
    }

    /// A failure here would let a person confirm another action than the one that follows.
    #[test]
    fn every_session_has_its_action() {
        let shown = show(&[("fs1", plan())], false);
        let lines: Vec<Vec<&str>> =
            shown.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
        let has = |action: &str, user: &str| {
            lines.iter().any(|line| line[0].contains(action) && line.contains(&user))
        };
        assert!(has("end", "bob") && has("may end too", "carol") && has("spare", "adm1"), "{shown}");
        assert!(lines.iter().any(|line| line[0] == "cannot end" && line.contains(&"10.0.0.6")), "{shown}");
        assert!(!shown.contains("SERVER") && show(&[("fs1", plan())], true).contains("SERVER"));
    }

    /// A failure here would list one session in two contradictory rows.
    #[test]
    fn spared_session_that_may_end_too_is_one_row() {
        let both = (Session::new("10.0.0.9", "adm1"), PlannedFate::MayAlsoEnd);
        let plan: EndPreview = fates().into_iter().chain([both]).collect();
        let shown = show(&[("fs1", plan)], false);
        let rows: Vec<&str> = shown.lines().filter(|line| line.contains("adm1")).collect();
        assert!(rows.len() == 1 && rows[0].contains("spare, but may end too"), "{shown}");
    }

    /// A failure here would hide why a matching session stays, or that others may end.
    #[test]
    fn every_reason_has_a_note() {
        let notes = notes_of(&plan(), Offer::Flags).join("\n");
        for part in [
            "same connection",
            "every session of adm1",
            "--include-self",
            "not logged on",
            "spares 2 computers' sessions (--include-computers",
        ] {
            assert!(notes.contains(part), "{part}: {notes}");
        }
        assert!(notes_of(&EndPreview::default(), Offer::Flags).is_empty());
        let in_the_view = notes_of(&plan(), Offer::Nothing).join("\n");
        assert!(
            in_the_view.contains("spares 2 computers' sessions") && !in_the_view.contains("--"),
            "{in_the_view}"
        );
        let of_a_hold = notes_of(&plan(), Offer::Hold).join("\n");
        assert!(
            of_a_hold.contains("that --user or --client names") && !of_a_hold.contains("--include"),
            "a hold has no such flags: {of_a_hold}"
        );
    }
}
