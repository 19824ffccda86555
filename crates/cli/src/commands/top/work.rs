//! [`Work`]: planning and carrying out, at several servers at once. The library plans, sends and verifies; this file
//! only passes plans on.

pub(super) mod hold;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use netsession::{
    ClosePlan, EndOptions, EndPlan, EndPreview, FileSelection, OpenFile, Own, Selector, Server, Session,
    SessionId,
};
use netsession_admin::{
    Answer, ChangeNote, Error, Limits, Missing, QueryTimes, Recording, Silence, SilentNode, Target, ask_many,
};

use super::data::Seen;
use super::state::since;
use crate::commands::close;
use crate::commands::end::lines::{self, Confirmation, StyledLine};
use crate::commands::end::open_files::OpenFiles;
use crate::commands::end::report::Report;
use crate::commands::end::reported;
use crate::commands::goodbye;
use crate::commands::watch::cells;
use crate::failure::Hinted as _;
use crate::output::{BAD, NOTABLE, Row as _};
use crate::servers::unrecorded;
use hold::HoldPlan;
use netsession_journal::Hold;

/// The plans that wait for an answer.
pub(super) enum Plans<'a> {
    End(Vec<(&'a Target, Planned<EndPlan<Server>>)>),
    Close(Vec<(&'a Target, Planned<ClosePlan<Server>>)>),
    Hold(Box<HoldPlan<'a>>),
    Release(Box<Hold>),
}

/// A plan, and the nodes of a cluster that did not answer when it was made.
pub(super) struct Planned<P> {
    plan: P,
    silent: Vec<SilentNode>,
    /// When the planning began.
    began: Instant,
}

/// Makes a plan, and probes the nodes of a cluster meanwhile.
async fn planned<P>(
    target: &Target,
    plan: impl Future<Output = Result<P, Error>>,
) -> Result<Planned<P>, Error> {
    let began = Instant::now();
    let (silent, plan) = tokio::join!(target.silent_nodes(), target.within_limit(plan));
    Ok(Planned { plan: plan?, silent, began })
}

/// Returns a line for each node of a cluster that does not answer, and for each cluster that may be none.
fn node_lines<P>(plans: &[(&Target, Planned<P>)], missing: Missing) -> Vec<StyledLine> {
    let lines = plans.iter().flat_map(|(target, planned)| {
        let silent = planned.silent.iter().map(|node| (BAD, node.error(target.name(), missing).to_string()));
        silent.chain(target.warning_of_strangers().into_iter().map(|warning| (BAD, warning)))
    });
    lines.collect()
}

/// Plans, as a person sees them.
pub(super) struct Proposal<'a> {
    pub(super) plans: Plans<'a>,
    pub(super) lines: Vec<StyledLine>,
    pub(super) confirmation: Confirmation,
    /// The servers for which no plan could be made. The reasons come after the rows.
    pub(super) without_plan: Vec<String>,
    /// The same, with what the outcome says about them.
    pub(super) unplanned: Unplanned,
}

/// The servers with selected rows for which no plan could be made, and why.
#[derive(Debug, Default)]
pub(super) struct Unplanned {
    pub(super) servers: Vec<String>,
    lines: Vec<StyledLine>,
}

impl Unplanned {
    fn add(&mut self, server: &str, line: StyledLine) {
        self.servers.push(server.to_owned());
        self.lines.push(line);
    }

    /// Returns what the outcome says about these servers: their rows were selected, and nothing was sent.
    pub(super) fn outcome(&self) -> impl Iterator<Item = StyledLine> {
        let line =
            |(server, (_, why)): (&String, &StyledLine)| (BAD, format!("{server}: nothing was sent: {why}"));
        self.servers.iter().zip(&self.lines).map(line)
    }
}

/// Returns the previews of plans, without the sessions of the view.
fn previews<'a>(
    targets: &[Target],
    plans: &[(&'a Target, Planned<EndPlan<Server>>)],
    seen: &[Seen],
) -> Vec<(&'a str, EndPreview)> {
    let preview = |(target, one): &(&'a Target, Planned<EndPlan<Server>>)| {
        let known = seen_at(targets, target, seen);
        let (listed, answered) = one.plan.listing();
        let passed = known.asked.map(|asked| since(asked, QueryTimes { at: one.began, answered }));
        let continues = |session: &Session, own: &Session| {
            let has_no_age = session.connected.is_none() || own.connected.is_none();
            let is_as_old = passed.clone().is_some_and(|passed| session.continues(own, passed));
            session.is_same_pair(own) && (has_no_age || is_as_old)
        };
        let is_of_view =
            |session: &Session| session.own != Own::No || known.own.iter().any(|own| continues(session, own));
        // The connection of the view, and that of the plan, unless the plan has identified it.
        let is_identified = listed.iter().any(|session| session.own == Own::Yes);
        let most = if is_identified { 1 } else { 2 };
        (target.name(), one.plan.preview().clone().without_own(most, is_of_view))
    };
    plans.iter().map(preview).collect()
}

/// Returns what the view knows of a server.
fn seen_at(targets: &[Target], target: &Target, seen: &[Seen]) -> Seen {
    let place = targets.iter().position(|other| std::ptr::eq(other, target));
    place.and_then(|place| seen.get(place)).cloned().unwrap_or_default()
}

/// Plans to end the sessions of each server. It opens a new connection, so that a slow listing does not delay the plan. `seen` says when
/// each server listed these sessions: it ends none whose id belongs to another session by now.
pub(super) async fn plan_end(
    targets: &[Target],
    wanted: Vec<(usize, Vec<Session>)>,
    seen: Vec<Seen>,
) -> Proposal<'_> {
    let options = EndOptions::default();
    let listed_at = |target: &Target| seen_at(targets, target, &seen).asked;
    let left_out = left_out(targets, &wanted);
    let count =
        |(index, sessions): &(usize, Vec<Session>)| Some((targets.get(*index)?.name(), sessions.len()));
    let marks: HashMap<&str, usize> = wanted.iter().filter_map(count).collect();
    let (plans, mut unplanned) = each(targets, wanted, async |target, sessions| {
        let Some(selector) = marked(target, &sessions) else { return Ok(None) };
        let (deadline, mut open_files) = (target.deadline(), OpenFiles::NotAsked);
        let plan = async {
            let mut plan = target.connect().await?.into_plan_end(&selector, &options).await?;
            open_files = OpenFiles::of(&mut plan, deadline).await;
            Ok(plan)
        };
        let one = planned(target, plan).await?;
        let now = QueryTimes { at: one.began, answered: one.plan.listing().1 };
        let other =
            listed_at(target).and_then(|before| other_session(&one.plan, &sessions, since(before, now)));
        Ok(Some((one, open_files, other)))
    })
    .await;
    let (others, plans): (Vec<_>, Vec<_>) = plans.into_iter().partition(|(_, (.., other))| other.is_some());
    for (target, (one, .., other)) in others {
        let id = other.map(|id| id.to_string()).unwrap_or_default();
        let server = target.name();
        let line = format!("{server}: the id {id} belongs to another session now; mark the sessions again");
        unplanned.add(server, (NOTABLE, line));
        goodbye::close(one.plan.into_server()).await;
    }
    let (plans, open_files): (Vec<_>, Vec<_>) =
        plans.into_iter().map(|(target, (one, open_files, _))| ((target, one), open_files)).unzip();
    let previews = previews(targets, &plans, &seen);
    let open = previews.iter().zip(&open_files).flat_map(|((name, plan), files)| files.notes(name, plan));
    let open: Vec<StyledLine> = open.map(|line| (NOTABLE, line)).collect();
    let silent = node_lines(&plans, Missing::Sessions);
    let together = together(&previews, &marks);
    // The rows come first: long reasons must not push them off the screen.
    let failed = unplanned.lines.iter().cloned();
    let lines = lines::of_plans(&previews).into_iter().chain(together).chain(left_out);
    let lines = lines.chain(failed).chain(open).chain(silent).collect();
    let (confirmation, without_plan) = (lines::confirmation(&previews), unplanned.servers.clone());
    Proposal { plans: Plans::End(plans), lines, confirmation, without_plan, unplanned }
}

/// Returns the id of a marked session that the plan has for another session.
fn other_session(
    plan: &EndPlan<Server>,
    marked: &[Session],
    passed: RangeInclusive<Duration>,
) -> Option<SessionId> {
    let (listed, _) = plan.listing();
    let has_other = |marked: &&Session| {
        let mut with_id = listed.iter().filter(|session| session.id.is_some() && session.id == marked.id);
        with_id.any(|session| !session.continues(marked, passed.clone()))
    };
    marked.iter().find(has_other).and_then(|session| session.id)
}

/// Whether the server gives ids to these sessions. It ends exactly those then, and never others of their clients and users. An
/// id belongs to one node of a cluster, and any node can answer the next request.
fn has_ids(target: &Target, sessions: &[Session]) -> bool {
    target.nodes().next().is_none() && sessions.iter().any(|session| session.id.is_some())
}

/// Selects the marked sessions: exactly these if the server gives ids, and else all of their clients and users. By ids it leaves
/// out those of the view, which the plan could not know, and those without an id.
fn marked(target: &Target, sessions: &[Session]) -> Option<Selector> {
    match has_ids(target, sessions) {
        true => {
            let others = sessions.iter().filter(|session| session.own == Own::No);
            Selector::ids(others.filter_map(|session| session.id))
        }
        false => Selector::pairs(sessions),
    }
}

/// Says which sessions end together, marked or not: without ids, a server ends all sessions of a user and a client.
fn together(previews: &[(&str, EndPreview)], marks: &HashMap<&str, usize>) -> Vec<StyledLine> {
    let lines = previews.iter().filter_map(|(server, plan)| {
        let (marked, ending) = (marks.get(server).copied()?, plan.to_end());
        let has_twin =
            |session: &&Session| ending.iter().filter(|other| other.is_same_pair(session)).count() > 1;
        let twins = ending.iter().filter(has_twin).count();
        (!plan.is_by_id() && twins > 0).then(|| {
            let marked = match marked {
                marked if marked >= ending.len() => "",
                1 => "1 session is marked, and ",
                marked => &format!("{marked} sessions are marked, and "),
            };
            format!("{server}: {marked}{twins} sessions end together: the server does not distinguish them")
        })
    });
    lines.map(|line| (NOTABLE, line)).collect()
}

/// Says which marked sessions [`marked`] leaves out.
fn left_out(targets: &[Target], wanted: &[(usize, Vec<Session>)]) -> Vec<StyledLine> {
    let named = wanted.iter().filter_map(|(index, sessions)| Some((targets.get(*index)?, sessions)));
    let lines =
        named.filter(|(target, sessions)| has_ids(target, sessions)).flat_map(|(target, sessions)| {
            let server = target.name();
            let has_own = sessions.iter().any(|session| session.own != Own::No);
            let own = has_own.then(|| format!("{server}: netsession spares its own session"));
            let without_id = |session: &&Session| session.own == Own::No && session.id.is_none();
            let others = match sessions.iter().filter(without_id).count() {
                0 => None,
                1 => Some(format!("{server}: 1 session has no id; mark it alone to end it")),
                count => Some(format!("{server}: {count} sessions have no id; mark them alone to end them")),
            };
            own.into_iter().chain(others)
        });
    lines.map(|line| (NOTABLE, line)).collect()
}

/// Plans to close the files of each server. A file whose id belongs to another file by now is not closed.
pub(super) async fn plan_close(targets: &[Target], wanted: Vec<(usize, Vec<OpenFile>)>) -> Proposal<'_> {
    let (plans, mut unplanned) = each(targets, wanted, async |target, files| {
        let selection = FileSelection::Listed(files);
        let plan = async { Ok(target.connect().await?.into_plan_close(&selection).await?) };
        Ok(Some(planned(target, plan).await?))
    })
    .await;
    let mut kept = Vec::new();
    for (target, one) in plans {
        if one.plan.preview().reused().is_empty() {
            kept.push((target, one));
        } else {
            let line = format!("{}: an id belongs to another file now; mark the files again", target.name());
            unplanned.add(target.name(), (NOTABLE, line));
            goodbye::close(one.plan.into_server()).await;
        }
    }
    let mut lines = Vec::new();
    for (target, Planned { plan, .. }) in &kept {
        let rows = close::rows::PlanRow::of(target.name(), plan.preview());
        lines.extend(rows.iter().map(|row| (row.style(), format!("{}  {}", row.server(), cells(row)))));
        let gone = plan.preview().not_open().len();
        if gone > 0 {
            lines.push((NOTABLE, format!("{}: {} already closed", target.name(), close::files(gone))));
        }
    }
    lines.extend(unplanned.lines.iter().cloned().chain(node_lines(&kept, Missing::Files)));
    let count: usize = kept.iter().map(|(_, one)| one.plan.preview().to_close().len()).sum();
    let place = match kept.as_slice() {
        [(target, _)] => target.name().to_owned(),
        several => format!("{} servers", several.len()),
    };
    let question = format!("Close {} on {place}? Unsaved changes are lost.", close::files(count));
    let confirmation = Confirmation { names: Vec::new(), question: (count > 0).then_some(question) };
    let without_plan = unplanned.servers.clone();
    Proposal { plans: Plans::Close(kept), lines, confirmation, without_plan, unplanned }
}

/// Carries out confirmed plans, and returns the outcome.
pub(super) async fn carry_out(plans: Plans<'_>, reason: Option<String>) -> Vec<StyledLine> {
    let selection = "chosen in the view".to_owned();
    let note = ChangeNote { program: Some("top"), selection, reason };
    let mut lines = carry_out_recorded(plans, &note).await;
    lines.extend(unrecorded().into_iter().map(|line| (BAD, line)));
    lines
}

async fn carry_out_recorded(plans: Plans<'_>, note: &ChangeNote) -> Vec<StyledLine> {
    match plans {
        Plans::End(plans) => lines::of_reports(&end_plans(plans, note).await),
        Plans::Close(plans) => {
            let recordings = Target::record_all(plans.iter().map(|(target, one)| (*target, &one.plan)), note);
            let planned = plans.into_iter().zip(recordings);
            let planned = planned.map(|((target, one), recording)| (target.name(), (target, one, recording)));
            let close = async |(target, one, recording): (&Target, Planned<ClosePlan<Server>>, Recording)| {
                let (report, server) = Target::close_recorded(one.plan, recording).await;
                let (after, ()) = tokio::join!(target.silent_nodes(), goodbye::close(server));
                closed(close::Closed::new(target, report, Silence::new(one.silent, after)))
            };
            let answers = ask_many(planned, Limits::default(), close).in_order().await;
            let unknown = |name: &str| vec![(BAD, format!("the outcome at {name} is unknown"))];
            let lines = answers
                .into_iter()
                .map(|answer| answer.outcome.answered().unwrap_or_else(|| unknown(answer.target)));
            lines.flatten().collect()
        }
        Plans::Hold(_) | Plans::Release(_) => Vec::new(),
    }
}

/// Ends the sessions of plans as one change, and reports each server.
async fn end_plans(plans: Vec<(&Target, Planned<EndPlan<Server>>)>, note: &ChangeNote) -> Vec<Report> {
    let recordings = Target::record_all(plans.iter().map(|(target, one)| (*target, &one.plan)), note);
    let planned = plans.into_iter().zip(recordings).map(|((target, one), recording)| {
        let preview = one.plan.preview().clone();
        ((target.name(), preview), (target, one, recording))
    });
    let end = async |(target, one, recording): (&Target, Planned<EndPlan<Server>>, Recording)| {
        let (report, server) = Target::end_recorded(one.plan, recording).await;
        reported(target, report, server, one.silent).await
    };
    let mut reports = Vec::new();
    for Answer { target: (name, preview), outcome } in
        ask_many(planned, Limits::default(), end).in_order().await
    {
        reports.push(match outcome.answered() {
            Some(report) => report.since(&preview),
            None => Report::unknown(name, &preview, format!("the outcome at {name} is unknown")),
        });
    }
    reports
}

/// Logs off from servers to which nothing was sent.
pub(super) async fn drop_plans(plans: Plans<'_>) {
    let servers: Vec<((), Server)> = match plans {
        Plans::End(plans) => plans.into_iter().map(|(_, one)| ((), one.plan.into_server())).collect(),
        Plans::Close(plans) => plans.into_iter().map(|(_, one)| ((), one.plan.into_server())).collect(),
        Plans::Hold(plan) => plan.plans.into_iter().map(|(_, one)| ((), one.plan.into_server())).collect(),
        Plans::Release(_) => Vec::new(),
    };
    ask_many(servers, Limits::default(), goodbye::close).in_order().await;
}

fn closed(closed: close::Closed<'_>) -> Vec<StyledLine> {
    let (rows, errors) = closed.rows();
    let of_rows = rows.iter().filter_map(|row| row.error.as_ref()).map(ToString::to_string);
    let error = of_rows.chain(errors.iter().map(ToString::to_string)).next();
    let lines = rows.iter().map(|row| (row.style(), format!("{}  {}", row.server(), cells(row))));
    lines.chain(error.map(|error| (BAD, error))).collect()
}

/// Does `work` for the rows of each server, and separates the results from the failures.
async fn each<'a, R, P, F: Future<Output = Result<Option<P>, Error>>>(
    targets: &'a [Target],
    wanted: Vec<(usize, Vec<R>)>,
    mut work: impl FnMut(&'a Target, Vec<R>) -> F,
) -> (Vec<(&'a Target, P)>, Unplanned) {
    let items = wanted.into_iter().filter_map(|(index, rows)| {
        let target = targets.get(index)?;
        Some((target, (target, rows)))
    });
    let items: Vec<_> = items.map(|(target, item)| (target.name(), item)).collect();
    let (mut done, mut unplanned) = (Vec::new(), Unplanned::default());
    let answers = ask_many(items, Limits::default(), |(target, rows)| {
        let future = work(target, rows);
        async move { future.await.map(|plan| plan.map(|plan| (target, plan))) }
    });
    for answer in answers.in_order().await {
        let server = answer.target;
        match answer.result() {
            Some(Ok(plan)) => done.extend(plan),
            Some(Err(error)) => {
                let hint = error.hint_with_flags().map(|hint| format!(" ({hint})")).unwrap_or_default();
                unplanned.add(server, (BAD, format!("{error}{hint}")));
            }
            None => {}
        }
    }
    (done, unplanned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(user: &str, id: Option<u64>, own: Own) -> Session {
        let mut session = Session::new("10.0.0.5", user);
        (session.id, session.own) = (id.and_then(SessionId::new), own);
        session
    }

    /// A server.
    fn target() -> Target {
        let login = netsession::Login::new("adm1", netsession::Secret::password("x")).unwrap();
        Target::new("fs1", "fs1".parse().unwrap(), login, netsession::ConnectOptions::default())
    }

    /// A failure here would end four more sessions than the person marked, without a word about why.
    #[test]
    fn sessions_that_end_together_are_said() {
        let plan = |count: usize| -> EndPreview {
            let session = || (Session::new("10.0.0.5", "bob"), netsession::PlannedFate::End);
            std::iter::repeat_with(session).take(count).collect()
        };
        let said = |marked: usize, ending: usize| -> Vec<String> {
            let lines = together(&[("fs1", plan(ending))], &HashMap::from([("fs1", marked)]));
            lines.into_iter().map(|(_, line)| line).collect()
        };
        assert_eq!(
            said(1, 5),
            ["fs1: 1 session is marked, and 5 sessions end together: the server does not distinguish them"]
        );
        assert_eq!(said(2, 2), ["fs1: 2 sessions end together: the server does not distinguish them"]);
        assert!(said(1, 1).is_empty() && said(0, 0).is_empty());
    }

    /// A failure here would end a second session of a marked user, or a session of the view itself.
    #[test]
    fn a_mark_with_an_id_selects_exactly_one_session() {
        let ids =
            |numbers: &[u64]| Selector::ids(numbers.iter().filter_map(|number| SessionId::new(*number)));
        let (bob, own) = (session("bob", Some(7), Own::No), session("adm1", Some(9), Own::Yes));
        let unknown = session("adm1", Some(8), Own::Unknown);
        let without = session("bob", None, Own::No);
        let target = target();
        assert_eq!(marked(&target, std::slice::from_ref(&bob)), ids(&[7]));
        assert_eq!(marked(&target, &[bob.clone(), own.clone(), unknown.clone()]), ids(&[7]));
        assert_eq!(marked(&target, &[bob.clone(), without.clone()]), ids(&[7]));
        assert_eq!(marked(&target, &[own]), None);
        assert_eq!(marked(&target, &[unknown]), None);
        assert_eq!(marked(&target, std::slice::from_ref(&without)), Selector::pairs([&without]));
        let lines = left_out(&[target], &[(0, vec![bob, without])]);
        assert!(lines.len() == 1 && lines[0].1.contains("1 session has no id"), "{lines:?}");
    }
}
