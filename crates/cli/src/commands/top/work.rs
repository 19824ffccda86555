//! [`Work`]: planning and carrying out, at several servers at once. The library plans, sends and verifies; this file
//! only passes plans on.

use netsession::{
    ClosePlan, CloseReport, EndOptions, EndPlan, EndPreview, FileSelection, OpenFile, Selector, Server,
    Session,
};
use netsession_admin::{Answer, Error, Limits, Target, ask_many};

use crate::commands::close;
use crate::commands::end::lines::{self, Confirmation, StyledLine};
use crate::commands::end::report::Report;
use crate::commands::goodbye;
use crate::commands::watch::cells;
use crate::failure::Hinted as _;
use crate::output::{BAD, NOTABLE, Row as _};

/// The plans that wait for an answer.
pub(super) enum Plans<'a> {
    End(Vec<(&'a Target, EndPlan<Server>)>),
    Close(Vec<(&'a Target, ClosePlan<Server>)>),
}

/// Plans, as a person sees them.
pub(super) struct Proposal<'a> {
    pub(super) plans: Plans<'a>,
    pub(super) lines: Vec<StyledLine>,
    pub(super) confirmation: Confirmation,
}

/// Plans to end the sessions of each server. It connects anew, so that a slow listing does not delay the plan.
pub(super) async fn plan_end(targets: &[Target], wanted: Vec<(usize, Vec<Session>)>) -> Proposal<'_> {
    let options = EndOptions::default();
    let (plans, failed) = each(targets, wanted, async |target, sessions| {
        let Some(selector) = Selector::pairs(&sessions) else { return Ok(None) };
        Ok(Some(target.connect().await?.into_plan_end(&selector, &options).await?))
    })
    .await;
    let previews: Vec<(&str, EndPreview)> =
        plans.iter().map(|(target, plan)| (target.name(), plan.preview().clone())).collect();
    let lines = lines::of_plans(&previews).into_iter().chain(failed).collect();
    Proposal { confirmation: lines::confirmation(&previews), lines, plans: Plans::End(plans) }
}

/// Plans to close the files of each server. A file whose id belongs to another file by now is not closed.
pub(super) async fn plan_close(targets: &[Target], wanted: Vec<(usize, Vec<OpenFile>)>) -> Proposal<'_> {
    let (plans, mut failed) = each(targets, wanted, async |target, files| {
        let ids = files.iter().map(|file| file.id).collect();
        let plan = target.connect().await?.into_plan_close(&FileSelection::Ids(ids)).await?;
        let is_same = |one: &OpenFile, other: &OpenFile| (one.id, &one.path) == (other.id, &other.path);
        let is_known = |file: &OpenFile| files.iter().any(|wanted| is_same(wanted, file));
        Ok(Some((plan.preview().to_close().iter().all(is_known), plan)))
    })
    .await;
    let mut kept = Vec::new();
    for (target, (is_as_marked, plan)) in plans {
        if is_as_marked {
            kept.push((target, plan));
        } else {
            failed.push((
                NOTABLE,
                format!("{}: an id belongs to another file now; mark the files again", target.name()),
            ));
            goodbye::close(plan.into_server()).await;
        }
    }
    let mut lines: Vec<StyledLine> = Vec::new();
    for (target, plan) in &kept {
        let rows = close::rows::PlanRow::of(target.name(), plan.preview());
        lines.extend(rows.iter().map(|row| (row.style(), format!("{}  {}", row.server(), cells(row)))));
        let gone = plan.preview().not_open().len();
        if gone > 0 {
            lines.push((NOTABLE, format!("{}: {} already closed", target.name(), close::files(gone))));
        }
    }
    let count: usize = kept.iter().map(|(_, plan)| plan.preview().to_close().len()).sum();
    let place = match kept.as_slice() {
        [(target, _)] => target.name().to_owned(),
        several => format!("{} servers", several.len()),
    };
    let question = format!("Close {} on {place}? Unsaved changes are lost.", close::files(count));
    let confirmation = Confirmation { names: Vec::new(), question: (count > 0).then_some(question) };
    lines.extend(failed);
    Proposal { plans: Plans::Close(kept), lines, confirmation }
}

/// Carries out confirmed plans, and returns the outcome.
pub(super) async fn carry_out(plans: Plans<'_>) -> Vec<StyledLine> {
    match plans {
        Plans::End(plans) => {
            let planned = plans.into_iter().map(|(target, plan)| {
                let preview = plan.preview().clone();
                ((target.name(), preview), (target, plan))
            });
            let mut reports = Vec::new();
            let answers =
                ask_many(planned, Limits::default(), async |(target, plan): (&Target, EndPlan<Server>)| {
                    let (report, server) = plan.end().await;
                    goodbye::close(server).await;
                    let report = Report::of(target.name(), &report);
                    if target.is_cluster() { report.of_a_cluster() } else { report }
                });
            for Answer { target: (name, preview), outcome } in answers.in_order().await {
                reports.push(match outcome.answered() {
                    Some(report) => report,
                    None => Report::unknown(name, &preview, format!("the outcome at {name} is unknown")),
                });
            }
            lines::of_reports(&reports)
        }
        Plans::Close(plans) => {
            let planned = plans.into_iter().map(|(target, plan)| (target.name(), plan));
            let answers = ask_many(planned, Limits::default(), async |plan: ClosePlan<Server>| {
                let (report, server) = plan.close().await;
                goodbye::close(server).await;
                report
            });
            let answers = answers.in_order().await;
            answers.into_iter().flat_map(|answer| closed(answer.target, answer.outcome.answered())).collect()
        }
    }
}

/// Logs off from servers to which nothing was sent.
pub(super) async fn drop_plans(plans: Plans<'_>) {
    let servers: Vec<((), Server)> = match plans {
        Plans::End(plans) => plans.into_iter().map(|(_, plan)| ((), plan.into_server())).collect(),
        Plans::Close(plans) => plans.into_iter().map(|(_, plan)| ((), plan.into_server())).collect(),
    };
    ask_many(servers, Limits::default(), goodbye::close).in_order().await;
}

fn closed(name: &str, report: Option<CloseReport>) -> Vec<StyledLine> {
    let Some(report) = report else { return vec![(BAD, format!("the outcome at {name} is unknown"))] };
    let rows: Vec<_> =
        report.outcomes.into_iter().map(|outcome| close::rows::ClosedRow::new(name, outcome)).collect();
    let error = rows.iter().filter_map(|row| row.error.as_ref()).chain(&report.error).next();
    let error = error.map(|error| (BAD, error.to_string()));
    let lines = rows.iter().map(|row| (row.style(), format!("{name}  {}", cells(row))));
    lines.chain(error).collect()
}

/// Does `work` for the rows of each server, and separates the results from the lines about failures.
async fn each<'a, R, P, F: Future<Output = Result<Option<P>, Error>>>(
    targets: &'a [Target],
    wanted: Vec<(usize, Vec<R>)>,
    mut work: impl FnMut(&'a Target, Vec<R>) -> F,
) -> (Vec<(&'a Target, P)>, Vec<StyledLine>) {
    let items = wanted.into_iter().filter_map(|(index, rows)| {
        let target = targets.get(index)?;
        Some((target, (target, rows)))
    });
    let items: Vec<_> = items.map(|(target, item)| (target.name(), item)).collect();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    let answers = ask_many(items, Limits::default(), |(target, rows)| {
        let future = work(target, rows);
        async move { future.await.map(|plan| plan.map(|plan| (target, plan))) }
    });
    for answer in answers.in_order().await {
        match answer.result() {
            Some(Ok(plan)) => done.extend(plan),
            Some(Err(error)) => {
                let hint = error.hint_with_flags().map(|hint| format!(" ({hint})")).unwrap_or_default();
                failed.push((BAD, format!("{error}{hint}")));
            }
            None => {}
        }
    }
    (done, failed)
}
