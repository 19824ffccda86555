//! [`HeldOut`]: whom the holds of this computer's user keep out of this server.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use netsession::{ClientPattern, Selector, ServerNames, Session, SessionFilter, UserPattern};
use netsession_admin::NamedServer;
use netsession_journal::{Hold, HoldOrder, Holds, Moment};
use netsession_server::Logon;
use tokio::task::block_in_place;

use crate::commands::hold::place;
use crate::failure::Failure;

/// How often to count refused logons in the database: a client can try many times a second.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// The holds, read at each logon.
#[derive(Debug)]
pub(super) struct HeldOut {
    server: Own,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    holds: Holds,
    /// What the database said last, and when. It counts if the database fails.
    known: (Vec<Hold>, Moment),
    /// How often each hold acted since the last count.
    acted: BTreeMap<u64, u64>,
    counted: Option<Instant>,
}

/// The names and addresses of this server.
#[derive(Debug, Clone)]
struct Own {
    addresses: Vec<SocketAddr>,
    names: Vec<String>,
}

impl HeldOut {
    /// Opens the holds of the user, for a server with these addresses and names.
    pub(super) fn open(addresses: &[SocketAddr], names: Vec<String>) -> Result<Self, Failure> {
        Self::of(place::open()?, Own { addresses: addresses.to_vec(), names })
    }

    fn of(mut holds: Holds, server: Own) -> Result<Self, Failure> {
        let now = Moment::now();
        let known = holds.open_ones(&now).map_err(netsession_admin::Error::from)?;
        holds.do_not_wait().map_err(netsession_admin::Error::from)?;
        let state = State { holds, known: (known, now), acted: BTreeMap::new(), counted: None };
        Ok(Self { server, state: Mutex::new(state) })
    }

    /// Whether a hold keeps this user out. Other clients do not wait while this one waits for the disk.
    pub(super) fn refuses(&self, logon: &Logon<'_>) -> bool {
        block_in_place(|| self.find(logon))
    }

    fn find(&self, logon: &Logon<'_>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Moment::now();
        match state.holds.open_ones(&now) {
            Ok(known) => state.known = (known, now.clone()),
            Err(error) => tracing::warn!(%error, "the holds cannot be read: those known before count"),
        }
        let (known, seen) = &state.known;
        let elapsed = now.since(seen);
        let keeps_out = |hold: &&Hold| {
            hold.left > elapsed && self.server.is_in(&hold.order) && names(&hold.order, logon, &self.server)
        };
        let Some(id) = known.iter().find(keeps_out).map(|hold| hold.id) else { return false };
        let count = state.acted.entry(id).or_default();
        *count = count.saturating_add(1);
        if state.counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
            state.count();
        }
        true
    }
}

impl State {
    /// Writes how often the holds acted. If another program writes, the next call does it.
    fn count(&mut self) {
        let (holds, now) = (&mut self.holds, Moment::now());
        self.acted.retain(|id, count| holds.count(*id, *count, &now).is_err());
        self.counted = Some(Instant::now());
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.count();
    }
}

impl Own {
    /// Whether a hold names this server.
    fn is_in(&self, order: &HoldOrder) -> bool {
        order.servers.iter().any(|name| {
            let Ok(named) = NamedServer::parse(name) else { return false };
            let (host, port) = (named.address().host(), named.address().port());
            self.addresses.iter().any(|own| own.port() == port && self.is_host(host, own.ip()))
        })
    }

    fn is_host(&self, host: &str, own: IpAddr) -> bool {
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) if own.is_unspecified() => is_of_this_computer(ip),
            Ok(ip) => ip == own,
            Err(_) => {
                host.eq_ignore_ascii_case("localhost")
                    || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
            }
        }
    }
}

/// Whether this computer has the address: only then it can listen there.
fn is_of_this_computer(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

/// Whether a hold names the user and the client. An administrator stays out only by an exact name, of the user or of the
/// client: a pattern or a network would keep out the person who must release the hold.
fn names(order: &HoldOrder, logon: &Logon<'_>, own: &Own) -> bool {
    let parsed =
        |texts: &[String]| texts.iter().map(|text| text.parse()).collect::<Result<Vec<UserPattern>, _>>();
    let clients: Result<Vec<ClientPattern>, _> = order.clients.iter().map(|text| text.parse()).collect();
    let (Ok(mut clients), Ok(mut users)) = (clients, parsed(&order.users)) else { return false };
    if logon.is_admin || logon.user.ends_with('$') {
        let is_of_anybody = users.is_empty();
        users.retain(|user| !user.is_pattern());
        if users.is_empty() {
            clients.retain(ClientPattern::is_exact);
            if clients.is_empty() || !is_of_anybody {
                return false;
            }
        }
    }
    let selector = Selector::filter(SessionFilter { clients, users, ..SessionFilter::default() });
    let session = Session::new(&logon.client.to_string(), logon.user);
    selector.is_some_and(|selector| selector.matches(&session, &ServerNames::new(own.names.iter().cloned())))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{HeldOut, Own, names};
    use netsession_journal::{Actor, HoldLogin, HoldOrder, Holds, Location, Moment, Timestamp};
    use netsession_server::Logon;

    fn own() -> Own {
        Own { addresses: vec!["127.0.0.1:4450".parse().unwrap()], names: vec!["DESK".to_owned()] }
    }

    fn order(servers: &[&str], users: &[&str], clients: &[&str]) -> HoldOrder {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        HoldOrder {
            at: Timestamp::default(),
            actor: Actor::of_process("test"),
            named: texts(servers),
            servers: texts(servers),
            clients: texts(clients),
            users: texts(users),
            accounts_on: Vec::new(),
            is_everybody_confirmed: true,
            login: HoldLogin::default(),
            seconds: 60,
            reason: None,
        }
    }

    /// A failure here would keep somebody out of a server that the hold does not name, or let somebody in.
    #[test]
    fn a_hold_concerns_the_servers_that_it_names() {
        for name in ["127.0.0.1:4450", "localhost:4450", r"desk:4450", "smb://127.0.0.1:4450"] {
            assert!(own().is_in(&order(&[name], &["bob"], &[])), "{name}");
        }
        for name in ["127.0.0.1", "127.0.0.1:4451", "127.0.0.2:4450", "fs1:4450", "desk"] {
            assert!(!own().is_in(&order(&[name], &["bob"], &[])), "{name}");
        }
    }

    /// A failure here would delay every logon, and clients that are logged on, while another program writes the database.
    #[test]
    fn a_locked_database_delays_no_logon() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut holds = Holds::open(&Location::File(path.clone())).unwrap();
        holds.add(&order(&["127.0.0.1:4450"], &["bob"], &[]), &Moment::now()).unwrap();
        let writer = rusqlite::Connection::open(&path).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waited = |_| {
            let holds = Holds::open_existing(&Location::File(path.clone())).unwrap().unwrap();
            let (held, began) = (HeldOut::of(holds, own()).unwrap(), Instant::now());
            let logon = |user| Logon::new(user, false, "10.0.0.5".parse().unwrap());
            assert!(held.refuses(&logon("bob")) && !held.refuses(&logon("alice")));
            began.elapsed()
        };
        let least = (0..5).map(waited).min().unwrap();
        assert!(least < Duration::from_millis(80), "{least:?}");
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(holds.all(&Moment::now()).unwrap().len(), 1);
    }

    /// A failure here would keep other people out, or the administrator who must release the hold.
    #[test]
    fn a_hold_keeps_out_whom_it_names() {
        let is_out = |users: &[&str], clients: &[&str], user, is_admin| {
            let logon = Logon::new(user, is_admin, "10.0.0.5".parse().unwrap());
            names(&order(&["x"], users, clients), &logon, &own())
        };
        assert!(is_out(&["bob"], &[], "Bob", false) && is_out(&[r"DESK\bob"], &[], "bob", false));
        assert!(is_out(&["b*"], &[], "bob", false) && is_out(&[], &["10.0.0.0/8"], "bob", false));
        assert!(is_out(&["adm"], &[], "adm", true), "named exactly");
        assert!(!is_out(&["bob"], &[], "bobby", false) && !is_out(&["bob"], &["10.0.0.6"], "bob", false));
        assert!(!is_out(&[r"OTHER\bob"], &[], "bob", false));
        assert!(is_out(&[], &["10.0.0.5"], "adm", true) && !is_out(&[], &["10.0.0.6"], "adm", true));
        assert!(!is_out(&["*"], &[], "adm", true) && !is_out(&[], &["10.0.0.0/8"], "adm", true));
        assert!(!is_out(&["a*"], &["10.0.0.5"], "adm", true));
        assert!(!is_out(&[], &[], "bob", false), "nobody is not everybody");
    }
}
