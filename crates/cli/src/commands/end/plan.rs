//! What would be ended, shown before it is.

use anstyle::Style;
use netsession::{EndPreview, Selector, Session, SpareReason};
use serde::Serialize;

use crate::commands::sessions::SessionRow;
use crate::output::{self, BAD, Cell, Column, NOTABLE, Notes, Row};

/// The sessions of all plans, each with what happens to it.
pub(super) fn rows(plans: &[(&str, EndPreview)]) -> Vec<PlanRow> {
    plans.iter().flat_map(|(server, plan)| rows_of(server, plan)).collect()
}

fn rows_of(server: &str, plan: &EndPreview) -> Vec<PlanRow> {
    let row = |action, style, session: &Session| PlanRow {
        action,
        style,
        session: SessionRow::new(&server.into(), session.clone()),
    };
    let ends = plan.to_end().iter().map(|session| row("end", BAD, session));
    let is_spared = |session: &&Session| plan.spared().iter().any(|spared| spared.session == **session);
    let along = plan.may_also_end().iter().filter(|session| !is_spared(session));
    let along = along.map(|session| row("may go too", NOTABLE, session));
    // Nothing is sent for a session that is spared; what is sent for others at its address can take it along.
    let spared = plan.spared().iter().map(|spared| match plan.may_also_end().contains(&spared.session) {
        true => row("spare, but may go too", NOTABLE, &spared.session),
        false => row("spare", Style::new(), &spared.session),
    });
    let half = plan.not_logged_in().iter().map(|session| row("cannot end", Style::new(), session));
    let groups: [Vec<PlanRow>; 4] = [ends.collect(), along.collect(), spared.collect(), half.collect()];
    let sorted = |mut group: Vec<PlanRow>| {
        group.sort_by(|one, other| one.session.order(&other.session));
        group
    };
    groups.into_iter().flat_map(sorted).collect()
}

/// Says why sessions are spared, what else goes, and what nearly matched.
pub(super) fn explain(plans: &[(&str, EndPreview)], selector: &Selector) {
    let mut notes = Notes::default();
    for (server, plan) in plans {
        reasons(plan).into_iter().for_each(|reason| notes.add(server, reason));
        if plan.matches_nothing() {
            notes.add(server, "no session matches");
        } else if plan.to_end().is_empty() {
            notes.add(server, "nothing to end");
        }
    }
    notes.say();
    let unmatched = plans.iter().map(|(_, plan)| plan).filter(|plan| plan.matches_nothing());
    nearly(unmatched, selector);
}

fn reasons(plan: &EndPreview) -> Vec<String> {
    let mut reasons = Vec::new();
    if !plan.may_also_end().is_empty() {
        reasons.push(
            "this kind of server ends everyone on the same connection, so others may go too".to_owned(),
        );
    }
    let spared = |reason| plan.spared().iter().find(|spared| spared.reason == reason);
    if spared(SpareReason::OwnSession).is_some() {
        reasons.push("the session that does the ending is spared (--include-self ends it too)".to_owned());
    }
    if let Some(spared) = spared(SpareReason::OwnUser) {
        let user = &spared.session.user;
        reasons.push(format!(
            "the session that does the ending cannot be told apart here, so all of {user} are spared \
             (--include-self ends them too)"
        ));
    }
    if spared(SpareReason::MayBeOwn).is_some() {
        reasons.push(
            "the session that does the ending cannot be told apart here, so those it could be are spared \
             (--include-self ends them too)"
                .to_owned(),
        );
    }
    if !plan.not_logged_in().is_empty() {
        reasons.push(
            "a session that is not logged in cannot be ended: it has no name, and no name means everybody"
                .to_owned(),
        );
    }
    reasons
}

/// A user of the same name in another domain is not the one meant, and may be the one that was thought of.
fn nearly<'a>(plans: impl Iterator<Item = &'a EndPreview>, selector: &Selector) {
    let mut users: Vec<&str> =
        plans.flat_map(EndPreview::near_misses).map(|session| session.user.as_str()).collect();
    users.sort_unstable();
    users.dedup();
    if let (Some(user), Some(wanted)) = (users.first(), selector.user()) {
        output::hint(&format!(
            "{wanted} matches none of {}; for these give --user '{user}'",
            users.join(", ")
        ));
    }
}

/// A session and what is planned for it.
#[derive(Serialize)]
pub(super) struct PlanRow {
    action: &'static str,
    #[serde(skip)]
    style: Style,
    session: SessionRow,
}

impl Row for PlanRow {
    fn columns() -> Vec<Column> {
        std::iter::once(Column::accented("PLAN")).chain(SessionRow::columns()).collect()
    }

    fn server(&self) -> &str {
        self.session.server()
    }

    fn cells(&self) -> Vec<Cell> {
        std::iter::once(Some(self.action.to_owned())).chain(self.session.cells()).collect()
    }

    fn style(&self) -> Style {
        self.style
    }
}

#[cfg(test)]
mod tests {
    use super::{reasons, rows};
    use crate::output;

    fn show(plans: &[(&str, EndPreview)], several_servers: bool) -> String {
        output::table(&rows(plans), several_servers, None)
    }

    use netsession::{EndPreview, PlannedFate, Session, SpareReason};

    fn fates() -> Vec<(Session, PlannedFate)> {
        vec![
            (Session::new("10.0.0.5", "bob"), PlannedFate::End),
            (Session::new("10.0.0.5", "carol"), PlannedFate::MayAlsoEnd),
            (Session::new("10.0.0.6", ""), PlannedFate::NotLoggedIn),
            (Session::new("10.0.0.9", "adm1"), PlannedFate::Spare(SpareReason::OwnUser)),
        ]
    }

    fn plan() -> EndPreview {
        fates().into_iter().collect()
    }

    /// If this fails, a person says yes to something else than what is done.
    #[test]
    fn every_session_stands_beside_what_happens_to_it() {
        let shown = show(&[("fs1", plan())], false);
        let lines: Vec<Vec<&str>> =
            shown.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
        let has = |action: &str, user: &str| {
            lines.iter().any(|line| line[0].contains(action) && line.contains(&user))
        };
        assert!(has("end", "bob") && has("may go too", "carol") && has("spare", "adm1"), "{shown}");
        assert!(lines.iter().any(|line| line[0] == "cannot end" && line.contains(&"10.0.0.6")), "{shown}");
        assert!(!shown.contains("SERVER") && show(&[("fs1", plan())], true).contains("SERVER"));
    }

    /// If this fails, one session stands in two rows that seem to contradict each other.
    #[test]
    fn what_is_spared_and_may_go_too_is_one_row() {
        let both = (Session::new("10.0.0.9", "adm1"), PlannedFate::MayAlsoEnd);
        let plan: EndPreview = fates().into_iter().chain([both]).collect();
        let shown = show(&[("fs1", plan)], false);
        let rows: Vec<&str> = shown.lines().filter(|line| line.contains("adm1")).collect();
        assert!(rows.len() == 1 && rows[0].contains("spare, but may go too"), "{shown}");
    }

    /// If this fails, nobody is told why a session that matches stays, or that others go.
    #[test]
    fn every_reason_is_said() {
        let said = reasons(&plan()).join("\n");
        for part in ["same connection", "all of adm1 are spared", "--include-self", "not logged in"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(reasons(&EndPreview::default()).is_empty());
    }
}
