//! What a person must confirm before sessions end, and how `--confirm` does it for a script.

use std::collections::BTreeSet;

use netsession::{EndPreview, Session};
use netsession_admin::Target;

use super::Args;
use crate::ask;
use crate::failure::Failure;
use crate::output;

/// A server's name, and what the person named: the server, or the group that contains it.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Place<'a> {
    pub(super) name: &'a str,
    pub(super) origin: &'a str,
}

impl<'a> Place<'a> {
    pub(in crate::commands) fn of(target: &'a Target) -> Self {
        Self { name: target.name(), origin: target.origin() }
    }

    /// What the person named.
    pub(in crate::commands) const fn origin(&self) -> &'a str {
        self.origin
    }
}

/// Refuses `--yes` for every session on these servers unless `--confirm` names each server, or the group by which the
/// person named it.
pub(super) fn check_confirmation(args: &Args, servers: &[Place<'_>]) -> Result<(), Failure> {
    if !args.yes || args.dry_run {
        return Ok(());
    }
    confirmed_places(&args.confirm, servers)
}

/// Refuses `--yes` for everybody on these servers unless `confirm` has the name of each, or of its group.
pub(in crate::commands) fn confirmed_places(
    confirm: &[String],
    servers: &[Place<'_>],
) -> Result<(), Failure> {
    let is_confirmed = |server: &Place<'_>| {
        confirm
            .iter()
            .any(|name| name.eq_ignore_ascii_case(server.name) || name.eq_ignore_ascii_case(server.origin))
    };
    let missing = servers.iter().filter(|server| !is_confirmed(server));
    let missing = distinct(missing.map(|server| server.origin));
    if missing.is_empty() {
        return Ok(());
    }
    let hint: Vec<String> = missing.iter().map(|name| format!("--confirm '{name}'")).collect();
    let message = format!("--yes for every session on {} needs a confirmation", missing.join(", "));
    Err(Failure::usage(message).hint(format!("add {}", hint.join(" "))))
}

/// Returns each name once, in order.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

/// Returns the servers on which every session would end. A session that stays on another server does not count, because
/// it does not help the users of this one.
pub(super) fn emptied<'a>(plans: &[(&'a str, EndPreview)]) -> Vec<&'a str> {
    let emptied = plans.iter().filter(|(_, plan)| plan.is_everybody() && !plan.to_end().is_empty());
    emptied.map(|(name, _)| *name).collect()
}

/// Asks the person: for the name of each server on which every session would end, or of the group by which the person
/// named it, and once for all others.
pub(super) fn confirm(plans: &[(&str, EndPreview)], emptied: &[Place<'_>]) -> Result<bool, Failure> {
    let affected = || plans.iter().filter(|(_, plan)| !plan.to_end().is_empty());
    for origin in distinct(emptied.iter().map(|place| place.origin)) {
        let names: BTreeSet<&str> =
            emptied.iter().filter(|place| place.origin == origin).map(|place| place.name).collect();
        let count = affected().filter(|(name, _)| names.contains(name)).map(|(_, plan)| plan.to_end().len());
        let shown = output::visible(origin);
        let question = format!(
            "This ends {} of everybody on {}. Type {shown} to confirm:",
            sessions(count.sum()),
            if names.contains(origin) {
                shown.clone().into_owned()
            } else {
                format!("{} of {shown}", counted(names.len(), "server"))
            },
        );
        if !ask::type_back(&question, origin)? {
            return Ok(false);
        }
    }
    let others: Vec<_> = affected().filter(|(_, plan)| !plan.is_everybody()).collect();
    Ok(others.is_empty() || ask::yes(&question(&others))?)
}

/// Returns the last line of a dry run.
pub(super) fn would_end(plans: &[(&str, EndPreview)]) -> String {
    let affected: Vec<_> = plans.iter().filter(|(_, plan)| !plan.to_end().is_empty()).collect();
    match affected.as_slice() {
        [] => "This would end nothing.".to_owned(),
        affected => format!("This would end {}.", what_ends(affected)),
    }
}

/// Returns the question: how many sessions end, where, and how many may end too. A person may no longer see a long
/// table.
pub(super) fn question(affected: &[&(&str, EndPreview)]) -> String {
    format!("End {}?", what_ends(affected))
}

fn what_ends(affected: &[&(&str, EndPreview)]) -> String {
    const LONG: usize = 10;
    let to_end: Vec<&Session> = affected.iter().flat_map(|(_, plan)| plan.to_end()).collect();
    let of = match to_end.len() {
        ..LONG => String::new(),
        _ => {
            let distinct = |name: fn(&Session) -> &str| {
                to_end.iter().map(|session| name(session).to_lowercase()).collect::<BTreeSet<_>>().len()
            };
            let (users, clients) = (distinct(|session| &session.user), distinct(|session| &session.client));
            format!(" of {} at {}", counted(users, "user"), counted(clients, "client"))
        }
    };
    let place = match affected {
        [(name, _)] => format!("on {name}"),
        several => format!("on {} servers", several.len()),
    };
    let also = match affected.iter().map(|(_, plan)| plan.may_also_end().len()).sum::<usize>() {
        0 => String::new(),
        more => format!(" ({more} more may end too)"),
    };
    format!("{}{of} {place}{also}", sessions(to_end.len()))
}

pub(super) fn sessions(count: usize) -> String {
    counted(count, "session")
}

pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::{Place, check_confirmation, question, would_end};
    use crate::commands::end::tests::args;
    use crate::exit::Exit;
    use netsession::{EndPreview, PlannedFate, Session};

    /// A failure here would let a person confirm the end of more sessions than they expect.
    #[test]
    fn the_question_counts_the_sessions_that_end() {
        let plan = |rows: &[(&str, &str)], also: &[(&str, &str)]| {
            let rows = rows.iter().map(|row| (row, PlannedFate::End));
            let also = also.iter().map(|row| (row, PlannedFate::MayAlsoEnd));
            let session = |((client, user), fate): (&(&str, &str), _)| (Session::new(client, user), fate);
            rows.chain(also).map(session).collect::<EndPreview>()
        };
        let one = ("fs1", plan(&[("10.0.0.5", "bob")], &[]));
        assert_eq!(question(&[&one]), "End 1 session on fs1?");
        assert_eq!(would_end(&[one.clone(), ("fs2", plan(&[], &[]))]), "This would end 1 session on fs1.");
        assert_eq!(would_end(&[]), "This would end nothing.");
        let with_others =
            ("fs1", plan(&[("10.0.0.5", "bob"), ("10.0.0.5", "Bob")], &[("10.0.0.5", "carol")]));
        assert_eq!(question(&[&with_others]), "End 2 sessions on fs1 (1 more may end too)?");
        let many = ("fs2", plan(&[("10.0.0.5", "bob"), ("10.0.0.6", "BOB")].repeat(5), &[]));
        assert_eq!(
            question(&[&many, &with_others]),
            "End 12 sessions of 1 user at 2 clients on 2 servers (1 more may end too)?"
        );
    }

    /// A failure here would let a script end everybody's sessions, or demand a confirmation for a dry run.
    #[test]
    fn everybody_with_yes_needs_a_confirmation() {
        let place = |name, origin| Place { name, origin };
        let servers = [place("fs1", "fs1"), place("fs2", "fs2")];
        let checked = |flags: &[&str]| check_confirmation(&args(flags), &servers);
        for flags in [&["--all"][..], &["--all", "--yes", "--dry-run"]] {
            assert!(checked(flags).is_ok(), "{flags:?}");
        }
        for flags in [&["--all", "--yes"][..], &["--user", "?*", "--yes", "--confirm", "FS1"]] {
            let refused = checked(flags).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage, "{flags:?}");
            assert!(refused.hint.unwrap().ends_with("--confirm 'fs2'"));
        }
        assert!(checked(&["--all", "--yes", "--confirm", "FS1", "--confirm", "fs2"]).is_ok());
        assert!(check_confirmation(&args(&["--user", "b*", "--yes"]), &[]).is_ok());
        // The person named a group, and its name is asked back; the servers' own names do as well.
        let group = [place("fs1", "@files"), place("fs2", "@files"), place("fs3", "fs3")];
        let of_group = |flags: &[&str]| check_confirmation(&args(flags), &group);
        let refused = of_group(&["--all", "--yes"]).unwrap_err();
        assert!(refused.hint.unwrap().ends_with("add --confirm '@files' --confirm 'fs3'"));
        assert!(of_group(&["--all", "--yes", "--confirm", "@FILES", "--confirm", "fs3"]).is_ok());
        assert!(of_group(&["--all", "--yes", "--confirm", "@files"]).is_err());
        let names = ["--confirm", "fs1", "--confirm", "fs2", "--confirm", "fs3"];
        assert!(of_group(&[&["--all", "--yes"][..], &names].concat()).is_ok());
    }
}
