//! [`HoldServers`]: the servers of every hold of a process. One connection and one listing at a time serve all holds of a
//! server that have the same login.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use tokio::task::spawn_local;

use super::SharedHolds;
use super::logins::{Logins, is_same_login};
use super::station::{Member, Station};
use crate::Target;

/// The servers of the holds that this process carries on.
#[derive(Clone)]
pub(super) struct HoldServers(Rc<Inner>);

struct Inner {
    holds: SharedHolds,
    stations: RefCell<Vec<Rc<Station>>>,
    logins: Logins,
}

/// The place of a hold at a server. Dropping it leaves the server, and the last one to leave closes the connection.
pub(super) struct Seat {
    station: Rc<Station>,
    member: Rc<Member>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.station.leave(&self.member);
    }
}

impl HoldServers {
    pub(super) fn new(holds: SharedHolds, logins: Logins) -> Self {
        Self(Rc::new(Inner { holds, stations: RefCell::default(), logins }))
    }

    /// Joins a hold to a server, which is listed for it from now on.
    ///
    /// # Panics
    /// Outside of a [`LocalSet`](tokio::task::LocalSet).
    pub(super) fn join(&self, target: &Target, member: Member) -> Seat {
        let member = Rc::new(member);
        let known =
            self.0.stations.borrow().iter().find(|station| is_same_target(station.target(), target)).cloned();
        let station = known.unwrap_or_else(|| self.open(target));
        station.join(Rc::clone(&member));
        Seat { station, member }
    }

    /// Starts to list a server.
    fn open(&self, target: &Target) -> Rc<Station> {
        let station = Rc::new(Station::new(target.clone(), self.0.logins.clone()));
        self.0.stations.borrow_mut().push(Rc::clone(&station));
        let (running, holds, inner) = (Rc::clone(&station), Rc::clone(&self.0.holds), Rc::downgrade(&self.0));
        spawn_local(async move {
            // However that ends, the next hold at this server starts a new one.
            let _listed = Listed { station: Rc::clone(&running), inner };
            running.run(&holds).await;
        });
        station
    }
}

/// A station that is in the list of its servers.
struct Listed {
    station: Rc<Station>,
    inner: Weak<Inner>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.stations.borrow_mut().retain(|one| !Rc::ptr_eq(one, &self.station));
        }
    }
}

/// Whether a connection to one target is as good as one to the other. A login with another password is another one, because
/// the server may refuse the old one.
pub(super) fn is_same_target(one: &Target, other: &Target) -> bool {
    one.name().eq_ignore_ascii_case(other.name())
        && one.address() == other.address()
        && one.nodes().eq(other.nodes())
        && is_same_login(one.login(), other.login())
        && format!("{:?}", one.options()) == format!("{:?}", other.options())
}
