//! [`Station`]: one server that is listed for several holds.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use netsession::{EndOptions, EndReport, Selector, Server, Step};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

use super::logins::Logins;
use super::news::News;
use super::pace::{Attempts, CALM, Pace};
use super::{SharedHolds, hold_options, is_open};
use crate::watch::{LogonGate, watch_behind};
use crate::{ChangeNote, Down, SilentNode, Target, Update, WatchOptions, reserve_connections};

/// The longest pause between attempts at a server that does not answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long all calls of a listing may take. Each of them has a time limit of its own.
const LISTING: Duration = Duration::from_secs(3_600);
/// How long a listing may take at first. A server that serves others can leave one connection without an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long to verify that sessions are gone. Whatever remains is ended by a later round.
const VERIFY: Duration = Duration::from_secs(1);
/// The same for a session that remained before: the other holds of the server wait meanwhile.
const VERIFY_AGAIN: Duration = Duration::from_millis(100);

/// A hold at one server.
pub(super) struct Member {
    hold: u64,
    place: usize,
    selector: Selector,
    note: ChangeNote,
    news: UnboundedSender<News>,
    attempts: Cell<Attempts>,
    /// What the hold was told last: that the server lists, and which nodes are silent.
    told: RefCell<Option<Vec<SilentNode>>>,
}

impl Member {
    /// Makes the member of a hold for the server at `place` of it.
    pub(super) fn new(
        hold: u64,
        place: usize,
        selector: Selector,
        note: ChangeNote,
        news: UnboundedSender<News>,
    ) -> Self {
        let (attempts, told) = (Cell::default(), RefCell::default());
        Self { hold, place, selector, note, news, attempts, told }
    }

    fn tell(&self, result: Result<Option<EndReport>, Rc<Down>>, silent: &[SilentNode]) {
        // A hold that is over reads no more.
        let _ = self.news.send(News { place: self.place, result, silent: silent.to_vec() });
    }

    /// Says that nothing matches, unless the hold knows.
    fn tell_calm(&self, silent: &[SilentNode]) {
        if self.told.borrow().as_deref() != Some(silent) {
            self.told.replace(Some(silent.to_vec()));
            self.tell(Ok(None), silent);
        }
    }
}

/// A server with the holds that concern it.
pub(super) struct Station {
    target: Target,
    gate: Arc<LogonGate>,
    logins: Logins,
    members: RefCell<Vec<Rc<Member>>>,
    /// The last hold has left.
    emptied: Notify,
    pace: Pace,
    /// How long the next listing may take before another connection tries, too.
    patience: Cell<Duration>,
    /// What this round did, and of which holds nobody was there.
    ended: RefCell<Vec<(Rc<Member>, EndReport)>>,
    absent: RefCell<Vec<Rc<Member>>>,
}

impl Station {
    pub(super) fn new(target: Target, logins: Logins) -> Self {
        Self {
            gate: logins.gate(&target),
            target,
            logins,
            members: RefCell::default(),
            emptied: Notify::new(),
            pace: Pace::default(),
            patience: Cell::new(PATIENCE),
            ended: RefCell::default(),
            absent: RefCell::default(),
        }
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn join(&self, member: Rc<Member>) {
        self.members.borrow_mut().push(member);
    }

    pub(super) fn leave(&self, member: &Rc<Member>) {
        let mut members = self.members.borrow_mut();
        members.retain(|one| !Rc::ptr_eq(one, member));
        if members.is_empty() {
            self.emptied.notify_one();
        }
    }

    /// Lists the server and ends what its holds match, until the last hold leaves, or the server refuses the login.
    pub(super) async fn run(&self, holds: &SharedHolds) {
        let _in_use = self.logins.begin_use(&self.target);
        let act = async |server: &mut Server, _: &Target| self.round(server, holds).await;
        let pause = |_: &Target| self.pace.interval(Instant::now());
        // A new logon for each listing costs the server far more than the connection.
        let kept = usize::from(reserve_connections(1).is_ok());
        let rhythm =
            WatchOptions { interval: CALM, longest_pause: LONGEST_PAUSE, kept, ..WatchOptions::default() };
        let targets = std::slice::from_ref(&self.target);
        let mut updates = watch_behind(targets, rhythm, &act, Some(&pause), &self.gate);
        loop {
            match select(pin!(self.emptied.notified()), pin!(updates.next())).await {
                // A hold may have joined again.
                Either::Left(_) if self.members.borrow().is_empty() => break,
                Either::Left(_) => {}
                Either::Right((Some(update), _)) => self.tell(update),
                Either::Right((None, _)) => break,
            }
        }
    }

    /// Lists once, and ends the sessions that a hold matches; then once more for the holds after it.
    async fn round(&self, server: &mut Server, holds: &SharedHolds) -> Result<(), netsession::Error> {
        self.absent.borrow_mut().clear();
        let mut due = self.due(Instant::now());
        // The sessions of this process stay, also those of other holds with other logins. Those of the own account do in any case.
        let calm = EndOptions {
            verify_timeout: VERIFY,
            spared_users: self.logins.other_users_at(&self.target),
            ..hold_options()
        };
        let hasty = EndOptions { verify_timeout: VERIFY_AGAIN, ..calm.clone() };
        let options = |member: &Member| if member.attempts.get().has_succeeded() { &calm } else { &hasty };
        loop {
            let wanted = due.iter().map(|member| (&member.selector, options(member)));
            let Some((place, plan)) = self.planned(server.plan_first_end(wanted, LISTING)).await? else {
                break;
            };
            let rest = due.split_off(place.saturating_add(1).min(due.len()));
            let Some(member) = due.pop() else { break };
            self.absent.borrow_mut().append(&mut due);
            due = rest;
            // After a release nobody's session ends, although its hold does not know yet.
            if self.is_member(&member) && is_open(&mut holds.borrow_mut(), member.hold) {
                let report = self.target.end_borrowed(plan, &member.note).await;
                self.note(&member, &report);
                self.ended.borrow_mut().push((member, report));
            }
            if due.is_empty() {
                break;
            }
        }
        self.absent.borrow_mut().append(&mut due);
        Ok(())
    }

    /// Waits for a listing; each of its calls has a time limit. If the listing takes long, this tells the holds, and lists over another
    /// connection, too. The first answer counts, and its connection stays: at a slow server, the one that works.
    async fn planned<T>(
        &self,
        listing: impl Future<Output = Result<T, netsession::Error>>,
    ) -> Result<T, netsession::Error> {
        let began = Instant::now();
        match select(pin!(listing), pin!(self.overtaken())).await {
            Either::Left((result, _)) => {
                self.patience.set(began.elapsed().saturating_mul(2).max(PATIENCE));
                result
            }
            Either::Right((late, _)) => {
                self.patience.set(PATIENCE);
                Err(late)
            }
        }
    }

    /// Returns why a listing is given up, once another connection has listed first.
    async fn overtaken(&self) -> netsession::Error {
        let after = self.patience.get().min(self.target.options().call_timeout);
        let late = || {
            let (server, step) = (self.target.name().to_owned(), Step::Call("NetrSessionEnum"));
            netsession::Error::TimedOut { server, step, after }
        };
        loop {
            sleep(after).await;
            let down = Rc::new(Down { error: late().into(), retry: Some(after) });
            for member in self.members.borrow().iter() {
                member.told.take();
                member.tell(Err(Rc::clone(&down)), &[]);
            }
            if self.lists_anew().await {
                return late();
            }
        }
    }

    /// Whether another connection lists.
    async fn lists_anew(&self) -> bool {
        let Ok((mut server, _in_use)) = self.logins.log_on(&self.target).await else { return false };
        let is_listed = server.sessions().await.is_ok();
        if let Err(error) = server.close().await {
            tracing::debug!(%error, "the logoff of another connection failed");
        }
        is_listed
    }

    /// Returns the holds of this round. Of those whose sessions remained last time, it is one at most, so that the others wait for no
    /// more than one.
    fn due(&self, now: Instant) -> Vec<Rc<Member>> {
        let members = self.members.borrow();
        let (mut due, failing): (Vec<_>, Vec<_>) =
            members.iter().cloned().partition(|member| member.attempts.get().has_succeeded());
        let next = failing.into_iter().filter(|member| member.attempts.get().is_due(now));
        due.extend(next.min_by_key(|member| member.attempts.get().next()));
        due
    }

    fn is_member(&self, member: &Rc<Member>) -> bool {
        self.members.borrow().iter().any(|one| Rc::ptr_eq(one, member))
    }

    /// Notes an attempt to end sessions. It is a success if at least one of them is gone.
    fn note(&self, member: &Member, report: &EndReport) {
        let is_success =
            [&report.ended, &report.returned, &report.vanished].iter().any(|gone| !gone.is_empty());
        let now = Instant::now();
        if is_success {
            self.pace.ended(now);
        }
        member.attempts.set(member.attempts.get().after(is_success, now));
        member.told.take();
    }

    /// Tells the holds what this round did.
    fn tell(&self, update: Update<()>) {
        for (member, report) in self.ended.take() {
            member.tell(Ok(Some(report)), &update.silent);
        }
        match update.result {
            Ok(()) => {
                for member in self.absent.take() {
                    member.attempts.set(Attempts::default());
                    member.tell_calm(&update.silent);
                }
            }
            Err(down) => {
                let down = Rc::new(down);
                for member in self.members.borrow().iter() {
                    member.told.take();
                    member.attempts.set(Attempts::default());
                    member.tell(Err(Rc::clone(&down)), &update.silent);
                }
            }
        }
    }
}
