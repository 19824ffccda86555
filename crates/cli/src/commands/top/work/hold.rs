//! Keeping somebody out of every server of the view, and releasing a hold.

use std::cell::RefCell;
use std::rc::Rc;

use netsession::{EndPlan, Server};
use netsession_admin::{
    HoldEvent, NoQuestions, SharedHolds, Target, carry_on, hold_addresses, hold_is_open_ended, hold_options,
    hold_selector, resolve_selectors,
};
use netsession_journal::{FoundAccount, Hold, HoldLogin, HoldOrder, Moment};

use super::{Planned, Plans, Proposal, Unplanned, each, end_plans, node_lines, planned, previews};
use crate::commands::end::lines::{self, Confirmation, StyledLine};
use crate::commands::hold::lines::{of_account, until};
use crate::commands::hold::order::{self, Begun, Wish};
use crate::commands::hold::{accounts, place};
use crate::commands::top::data::Seen;
use crate::failure::Failure;
use crate::output::{BAD, GOOD, NOTABLE};
use crate::select::several_addresses;
use crate::servers::unrecorded;

/// A hold that waits for an answer, and what ends at once.
pub(in crate::commands::top) struct HoldPlan<'a> {
    pub(super) plans: Vec<(&'a Target, Planned<EndPlan<Server>>)>,
    order: HoldOrder,
    accounts: Vec<FoundAccount>,
    /// The servers of the accounts.
    servers: Vec<Target>,
}

/// A hold that has begun, which this process carries on if it has the lock.
pub(in crate::commands::top) struct Carrying {
    pub(in crate::commands::top) begun: Begun,
    holds: SharedHolds,
    /// The servers of the accounts.
    servers: Vec<Target>,
}

fn refused(failure: &Failure) -> Vec<StyledLine> {
    let hint = failure.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    vec![(BAD, format!("{}{hint}", failure.message))]
}

fn without_question(lines: Vec<StyledLine>) -> Proposal<'static> {
    let confirmation = Confirmation { names: Vec::new(), question: None };
    let (without_plan, unplanned) = (Vec::new(), Unplanned::default());
    Proposal { plans: Plans::End(Vec::new()), lines, confirmation, without_plan, unplanned }
}

/// Plans to keep somebody out of every server.
pub(in crate::commands::top) async fn plan(
    targets: &[Target],
    wish: Wish,
    login: HoldLogin,
    seen: Vec<Seen>,
) -> Proposal<'_> {
    match try_plan(targets, &wish, login, &seen).await {
        Ok(proposal) => proposal,
        Err(failure) => without_question(refused(&failure)),
    }
}

async fn try_plan<'a>(
    targets: &'a [Target],
    wish: &Wish,
    login: HoldLogin,
    seen: &[Seen],
) -> Result<Proposal<'a>, Failure> {
    let selector =
        hold_selector(&wish.clients, &wish.users).map_err(|error| Failure::usage(error.to_string()))?;
    // A listed name that reads as a pattern would match other people, too.
    let selector = selector.filter(|selector| !hold_is_open_ended(selector)).ok_or_else(|| {
        Failure::usage(
            "this name can match other people: use `netsession hold`, which asks for a confirmation",
        )
    })?;
    accounts::check(wish)?;
    let order = order::order(wish, login, targets, "top");
    let servers = account_servers(wish, &order, targets)?;
    order::check_logins(&selector, targets)?;
    order::check_logins(&selector, &servers)?;
    let selectors = resolve_selectors(&selector, targets).await?;
    if let Some(several) = several_addresses(&selectors) {
        return Err(Failure::usage(several));
    }
    let order = HoldOrder { addresses: hold_addresses(&selectors), ..order };
    let options = hold_options();
    let wanted = selectors.into_iter().enumerate().map(|(index, selector)| (index, vec![selector]));
    let (plans, unplanned) = each(targets, wanted.collect(), async |target, selectors| {
        let Some(selector) = selectors.first() else { return Ok(None) };
        let plan = async { Ok(target.connect().await?.into_plan_end(selector, &options).await?) };
        planned(target, plan).await.map(Some)
    })
    .await;
    if plans.is_empty() {
        let nobody = (BAD, "no server answered: nobody is held".to_owned());
        return Ok(without_question(unplanned.lines.into_iter().chain([nobody]).collect()));
    }
    let found = accounts::find(&wish.users, &servers).await;
    let found =
        match found.and_then(|found| accounts::check_names(&order, found)).and_then(accounts::check_holds) {
            Ok(found) => found,
            Err(failure) => {
                super::drop_plans(Plans::End(plans)).await;
                return Err(failure);
            }
        };
    let previews = previews(targets, &plans, seen);
    let count = previews.iter().map(|(_, plan)| plan.to_end().len()).sum();
    let names = lines::confirmation(&previews).names;
    let question = Some(order::question(wish, targets, &found, count));
    let silent = node_lines(&plans, netsession_admin::Missing::Sessions);
    let disabled = accounts::preview(&found).into_iter().map(|line| (NOTABLE, line));
    // The rows come first: long reasons must not push them off the screen.
    let rows = lines::of_sessions(&previews).into_iter();
    let lines = rows.chain(disabled).chain(unplanned.lines).chain(silent).collect();
    let accounts_on = servers.iter().map(|server| server.name().to_owned()).collect();
    let order = HoldOrder { accounts_on, ..order };
    let plan = Box::new(HoldPlan { plans, order, accounts: found, servers });
    let (plans, confirmation) = (Plans::Hold(plan), Confirmation { names, question });
    // The hold tries these servers again.
    let without_plan = unplanned.servers;
    Ok(Proposal { plans, lines, confirmation, without_plan, unplanned: Unplanned::default() })
}

/// Returns the servers at which the hold disables accounts: those of the view, or the one that the person names.
fn account_servers(wish: &Wish, order: &HoldOrder, targets: &[Target]) -> Result<Vec<Target>, Failure> {
    match wish.disable_account.as_deref() {
        None => Ok(Vec::new()),
        Some("") => Ok(targets.to_vec()),
        // Nobody can be asked for a password while the view has the terminal.
        Some(name) => {
            let order = HoldOrder { accounts_on: vec![name.to_owned()], ..order.clone() };
            Ok(accounts::servers_of(&order, &mut NoQuestions)?.targets)
        }
    }
}

/// Records a confirmed hold, disables the accounts, ends the sessions, and returns the outcome. This process must carry the
/// hold on if it has the lock.
pub(in crate::commands::top) async fn begin(
    plan: HoldPlan<'_>,
    reason: Option<String>,
) -> (Vec<StyledLine>, Option<Carrying>) {
    let HoldPlan { plans, order, accounts, servers } = plan;
    let order = HoldOrder { reason, ..order };
    let mut lines = Vec::new();
    let begun = async {
        let holds: SharedHolds = Rc::new(RefCell::new(place::open()?));
        let begun = order::begin(&order, &accounts, &mut holds.borrow_mut(), "top")?;
        let report = |event: HoldEvent<'_>| {
            lines.extend(of_account(&event).map(|(style, word, text)| (style, format!("{word} {text}"))));
        };
        let Begun { hold, lock, .. } = &begun;
        accounts::disable(hold, &holds, &servers, lock.as_ref(), "top", report).await?;
        Ok((begun.after_accounts(), holds))
    };
    let (begun, holds) = match begun.await {
        Ok(begun) => begun,
        Err(failure) => {
            super::drop_plans(Plans::End(plans)).await;
            lines.extend(refused(&failure));
            return (lines, None);
        }
    };
    let (id, until) = (begun.hold.id, until(&begun.hold));
    let reports = end_plans(plans, &begun.note).await;
    let acted = u64::try_from(reports.iter().map(|report| report.ended()).sum::<usize>()).unwrap_or(u64::MAX);
    if let Err(error) = holds.borrow_mut().note(id, acted, None, &Moment::now()) {
        tracing::warn!(%error, "the first endings of hold {id} are not counted");
    }
    let carrier = match &begun.lock {
        Some(_) => (NOTABLE, "This view carries it on until you quit.".to_owned()),
        None if begun.hold.accounts.is_empty() => (GOOD, "The agent carries it on.".to_owned()),
        None => (GOOD, "The agent carries it on, and enables the accounts at its end.".to_owned()),
    };
    lines.extend([(GOOD, format!("Hold {id} lasts until {until}.")), carrier]);
    lines.extend(lines::of_reports(&reports));
    lines.extend(unrecorded().into_iter().map(|line| (BAD, line)));
    (lines, Some(Carrying { begun, holds, servers }))
}

/// Carries a hold on, and returns the message about its end.
pub(in crate::commands::top) async fn carry(
    carrying: Carrying,
    targets: &[Target],
    report: impl Fn(&str, &'static str, String),
) -> Option<String> {
    let Carrying { begun: Begun { hold, lock, .. }, holds, servers } = carrying;
    let id = hold.id;
    let event = |event: HoldEvent<'_>| match &event {
        HoldEvent::Ended { target, report: done } => {
            for one in done.ended.iter().chain(&done.returned) {
                let session = &one.session;
                report(
                    target.name(),
                    "held",
                    format!("hold {id} ended {} from {}", session.user, session.client),
                );
            }
            if !done.remaining.is_empty() || done.error.is_some() {
                report(target.name(), "held", format!("hold {id} could not end every session"));
            }
        }
        HoldEvent::Down { target, down } => {
            report(target.name(), "held", format!("hold {id}: {}", down.error));
        }
        HoldEvent::RecordedAgain { id: now } => {
            report(
                "",
                "held",
                format!("hold {id} was removed from the database, and is recorded again as {now}"),
            );
        }
        HoldEvent::Database { error } => report("", "held", format!("hold {id}: {error}; it continues")),
        other => {
            if let Some((_, word, text)) = of_account(other) {
                report("", "held", format!("hold {id}: {word} {text}"));
            }
        }
    };
    match carry_on(&hold, lock?, targets, &servers, &holds, event).await {
        Ok(netsession_admin::HoldEnd::Over) => Some(format!("hold {id} is over")),
        Ok(netsession_admin::HoldEnd::Released) => Some(format!("hold {id} was released")),
        Ok(netsession_admin::HoldEnd::Moved { id }) => {
            Some(format!("another process carries the hold on as {id}"))
        }
        Ok(_) => Some(format!("hold {id} names nobody: somebody changed it")),
        Err(error) => Some(format!("hold {id}: {error}")),
    }
}

/// Whether an agent runs.
pub(in crate::commands::top) fn has_agent() -> bool {
    place::open_existing().ok().flatten().is_some_and(|holds| holds.has_agent())
}

/// Finds the hold to release, and asks.
pub(in crate::commands::top) fn plan_release(id: u64) -> Proposal<'static> {
    let found = || -> Result<Option<Hold>, Failure> {
        let Some(mut holds) = place::open_existing()? else { return Ok(None) };
        Ok(holds.get(id, &Moment::now()).map_err(netsession_admin::Error::from)?)
    };
    match found() {
        Ok(Some(hold)) if hold.is_open() => {
            let question = format!("Release hold {id} ({})?", order::whom(&hold));
            let lines = vec![(
                NOTABLE,
                format!(
                    "{} on {}",
                    netsession_admin::hold_selection(&hold.order),
                    hold.order.named.join(", ")
                ),
            )];
            let confirmation = Confirmation { names: Vec::new(), question: Some(question) };
            let plans = Plans::Release(Box::new(hold));
            let (without_plan, unplanned) = (Vec::new(), Unplanned::default());
            Proposal { plans, lines, confirmation, without_plan, unplanned }
        }
        Ok(_) => without_question(vec![(NOTABLE, format!("hold {id} is not open"))]),
        Err(failure) => without_question(refused(&failure)),
    }
}

/// Releases a hold.
pub(in crate::commands::top) fn release(hold: &Hold, reason: Option<String>) -> Vec<StyledLine> {
    let released = place::open().and_then(|mut holds| order::release(&mut holds, hold, "top", reason));
    let mut lines = match released {
        Ok(true) => {
            let mut lines = vec![(GOOD, format!("Released hold {} ({}).", hold.id, order::whom(hold)))];
            if hold.has_pending_accounts() {
                let by = match &hold.carrier {
                    Some(carrier) => {
                        format!("The account is enabled by the process that carries it on ({carrier}).")
                    }
                    None => format!("Its account is still disabled: run `netsession release {}`.", hold.id),
                };
                lines.push((NOTABLE, by));
            }
            lines
        }
        Ok(false) => vec![(NOTABLE, format!("Hold {} was over before.", hold.id))],
        Err(failure) => refused(&failure),
    };
    lines.extend(unrecorded().into_iter().map(|line| (BAD, line)));
    lines
}
