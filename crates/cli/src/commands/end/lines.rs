//! Plans and reports as lines, for the live view. The command prints the same as tables.

use anstyle::Style;
use netsession::EndPreview;

use super::confirm::{emptied, question, sessions};
use super::plan::{Offer, notes_of, rows};
use super::report::Report;
use crate::commands::watch::cells;
use crate::output::{BAD, NOTABLE, Row as _};

/// A line and its style.
pub(in crate::commands) type StyledLine = (Style, String);

/// What a person must answer before the plans are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Confirmation {
    /// The servers whose names the person must type, each with its question: every session there would end.
    pub(in crate::commands) names: Vec<(String, String)>,
    /// The question that a `y` answers, if a server remains.
    pub(in crate::commands) question: Option<String>,
}

/// Returns what would happen to each session, and why. The view has connections of its own at each server: their
/// sessions have no row, unless they may end, too.
pub(in crate::commands) fn of_plans(plans: &[(&str, EndPreview)]) -> Vec<StyledLine> {
    let mut lines = of_sessions(plans);
    let gone = plans.iter().filter(|(_, plan)| plan.matches_nothing());
    lines.extend(gone.map(|(server, _)| (NOTABLE, format!("{server}: these sessions are gone"))));
    lines
}

/// Returns the same for a hold, which may have nothing to end now.
pub(in crate::commands) fn of_sessions(plans: &[(&str, EndPreview)]) -> Vec<StyledLine> {
    let rows = rows(plans);
    let shown = rows.iter().filter(|row| !row.is_spared_as_own);
    let mut lines: Vec<StyledLine> =
        shown.map(|row| (row.style(), format!("{}  {}", row.server(), cells(row)))).collect();
    for (server, plan) in plans {
        let notes = notes_of(plan, Offer::Nothing).into_iter();
        lines.extend(notes.map(|note| (NOTABLE, format!("{server}: {note}"))));
    }
    lines
}

/// Returns the questions about plans: a name for each server on which every session would end, and a yes for the others.
pub(in crate::commands) fn confirmation(plans: &[(&str, EndPreview)]) -> Confirmation {
    let emptied = emptied(plans);
    let names = emptied.iter().filter_map(|server| {
        let (_, plan) = plans.iter().find(|(name, _)| name == server)?;
        let count = sessions(plan.to_end().len());
        let question =
            format!("This ends {count} of everybody on {server}. Type {server} and press Enter to confirm:");
        Some(((*server).to_owned(), question))
    });
    let others: Vec<_> =
        plans.iter().filter(|(name, plan)| !plan.to_end().is_empty() && !emptied.contains(name)).collect();
    let question = (!others.is_empty()).then(|| question(&others));
    Confirmation { names: names.collect(), question }
}

/// Returns the outcome of each session, then a summary of each server with its error and hint.
pub(in crate::commands) fn of_reports(reports: &[Report]) -> Vec<StyledLine> {
    let rows = reports.iter().flat_map(|report| report.rows());
    let mut lines: Vec<StyledLine> =
        rows.map(|row| (row.style(), format!("{}  {}", row.server(), cells(row)))).collect();
    for report in reports {
        if report.rows().next().is_some() {
            lines.push((Style::new().bold(), report.summary()));
        }
        lines.extend(report.error_and_hint().map(|(error, hint)| {
            let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            (BAD, format!("{error}{hint}"))
        }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use netsession::{PlannedFate, Session, SpareReason};

    use super::*;

    /// A failure here would let one `y` end everybody on a server.
    #[test]
    fn everybody_needs_the_servers_name_and_the_others_a_yes() {
        let some: EndPreview = [(Session::new("10.0.0.5", "bob"), PlannedFate::End)].into_iter().collect();
        let spared = PlannedFate::Spare(SpareReason::OwnSession);
        let none: EndPreview = [(Session::new("10.0.0.9", "adm1"), spared)].into_iter().collect();
        let plans = [("fs1", some), ("fs2", none)];
        assert_eq!(
            confirmation(&plans),
            Confirmation { names: vec![], question: Some("End 1 session on fs1?".to_owned()) }
        );
        let shown: Vec<String> = of_plans(&plans).into_iter().map(|(_, text)| text).collect();
        assert!(shown[0].starts_with("fs1  end  10.0.0.5  bob"), "{shown:?}");
        assert!(shown.iter().any(|line| line.contains("spares its own session")), "{shown:?}");
    }
}
