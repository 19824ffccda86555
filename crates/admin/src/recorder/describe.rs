//! What the journal records of previews and reports.

use netsession::{
    CloseOutcome, ClosePreview, CloseReport, CloseResult, EndPreview, EndReport, OpenFile, Outcome, Session,
    ShareChange, SharePreview, ShareReport, ShareResult, Unsent,
};
use netsession_journal::{Fate, Operation, Preview, Subject, SubjectOutcome};

pub(crate) fn end_preview(preview: &EndPreview) -> Preview {
    Preview {
        planned: preview.to_end().iter().map(|one| session(one, preview.is_by_id())).collect(),
        may_also_end: preview.may_also_end().iter().map(|one| session(one, false)).collect(),
        stays: [preview.spared().len(), preview.cannot_end().len(), preview.undecided().len()].iter().sum(),
    }
}

pub(crate) fn close_preview(preview: &ClosePreview) -> Preview {
    Preview {
        planned: preview.to_close().iter().map(file).collect(),
        may_also_end: Vec::new(),
        stays: preview.ambiguous().len(),
    }
}

pub(crate) fn end_results(report: &EndReport) -> Vec<SubjectOutcome> {
    let outcomes = [
        (&report.ended, Fate::Ended),
        (&report.vanished, Fate::Vanished),
        (&report.also_ended, Fate::AlsoEnded),
        (&report.returned, Fate::Returned),
        (&report.remaining, Fate::Remaining),
    ];
    let of = |outcome: &Outcome, result| SubjectOutcome {
        subject: Subject {
            // The plan has named the session by its id, and not by that with which the client returned.
            session: outcome
                .previous_id
                .or(outcome.session.id)
                .filter(|_| report.is_by_id)
                .map(|id| id.to_string()),
            ..session(&outcome.session, false)
        },
        result: match result {
            Fate::Remaining => remaining(outcome.unsent, report.is_verified, is_untouched(report, outcome)),
            result => result,
        },
        status: outcome.status.map(|status| status.0),
    };
    outcomes.iter().flat_map(|(outcomes, fate)| outcomes.iter().map(|one| of(one, *fate))).collect()
}

/// Returns what is known of a session that remains, or may: nothing was sent for it if there is a reason why not, unless netsession
/// stopped after it had sent something that can have ended the session.
fn remaining(unsent: Option<Unsent>, is_verified: bool, is_untouched: bool) -> Fate {
    match unsent {
        None | Some(Unsent::Stopped) if !is_untouched && !is_verified => Fate::NotKnown,
        None => Fate::Remaining,
        Some(Unsent::Stopped) if !is_untouched => Fate::Remaining,
        Some(_) => Fate::NotSent,
    }
}

/// Whether netsession sent nothing that can have ended the session of this outcome: neither a request for it, nor one for
/// another session from its client, which can be on the same connection.
#[must_use]
pub fn is_untouched(report: &EndReport, outcome: &Outcome) -> bool {
    let mut outcomes = [&report.ended, &report.returned, &report.remaining].into_iter().flatten();
    let is_sent = |other: &Outcome| other.unsent.is_none() && other.session.is_same_client(&outcome.session);
    outcome.unsent.is_some() && !outcomes.any(is_sent)
}

pub(crate) fn close_results(report: &CloseReport) -> Vec<SubjectOutcome> {
    let of = |outcome: &CloseOutcome| SubjectOutcome {
        subject: file(&outcome.file),
        result: match outcome.result {
            _ if outcome.open_again_as.is_some() => Fate::OpenAgain,
            CloseResult::Closed => Fate::Closed,
            CloseResult::Vanished => Fate::Vanished,
            CloseResult::StillOpen => Fate::StillOpen,
            CloseResult::NotSent => Fate::NotSent,
            _ => Fate::NotKnown,
        },
        status: outcome.status.map(|status| status.0),
    };
    report.outcomes.iter().map(of).collect()
}

/// Returns the operation of a change to a share.
pub(crate) const fn share_operation(change: &ShareChange) -> Operation {
    match change {
        ShareChange::Add { .. } => Operation::AddShare,
        ShareChange::Remove { .. } => Operation::RemoveShare,
        _ => Operation::SetShare,
    }
}

pub(crate) fn share_preview(preview: &SharePreview) -> Preview {
    Preview { planned: vec![share(&preview.change, path(preview))], ..Preview::default() }
}

pub(crate) fn share_results(report: &ShareReport) -> Vec<SubjectOutcome> {
    let before = report.before.as_ref().and_then(|share| share.path.as_deref());
    vec![SubjectOutcome {
        subject: share(&report.change, before),
        result: match report.result {
            ShareResult::Done => Fate::Done,
            ShareResult::NotDone => Fate::NotDone,
            ShareResult::NotSent => Fate::NotSent,
            _ => Fate::NotKnown,
        },
        status: report.status.map(|status| status.0),
    }]
}

fn path(preview: &SharePreview) -> Option<&str> {
    preview.before.as_ref().and_then(|share| share.path.as_deref())
}

/// Describes a share; `before` is the path of its folder.
fn share(change: &ShareChange, before: Option<&str>) -> Subject {
    let path = match change {
        ShareChange::Add { path, .. } => Some(path.clone()),
        _ => before.map(str::to_owned),
    };
    Subject { path, share: Some(change.name().to_owned()), ..Subject::default() }
}

fn session(session: &Session, is_by_id: bool) -> Subject {
    Subject {
        user: Some(session.user.clone()),
        client: Some(session.client.clone()),
        session: session.id.filter(|_| is_by_id).map(|id| id.to_string()),
        ..Subject::default()
    }
}

fn file(file: &OpenFile) -> Subject {
    Subject {
        user: Some(file.user.clone()),
        client: file.client.clone(),
        id: Some(file.id.0),
        path: Some(file.path.clone()),
        ..Subject::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would record that a request did not end a session, although no request was sent; or that none was sent,
    /// although nobody knows what it did.
    #[test]
    fn a_session_without_a_request_is_recorded_as_not_sent() {
        let spared = [Unsent::Inseparable, Unsent::Undecided, Unsent::MayBeOwn, Unsent::OtherSession];
        for why in spared.into_iter().chain([Unsent::NotSelected, Unsent::Unnameable]) {
            for is_verified in [false, true] {
                assert_eq!(remaining(Some(why), is_verified, false), Fate::NotSent, "{why:?}");
            }
        }
        for (unsent, is_verified, is_untouched, expected) in [
            (None, true, false, Fate::Remaining),
            (None, false, false, Fate::NotKnown),
            (Some(Unsent::Stopped), true, true, Fate::NotSent),
            (Some(Unsent::Stopped), false, true, Fate::NotSent),
            (Some(Unsent::Stopped), false, false, Fate::NotKnown),
            (Some(Unsent::Stopped), true, false, Fate::Remaining),
        ] {
            assert_eq!(remaining(unsent, is_verified, is_untouched), expected, "{unsent:?}");
        }
    }
}
