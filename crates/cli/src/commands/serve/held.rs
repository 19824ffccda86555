//! [`HeldOut`]: whom the holds of this computer's user keep out of this server.

mod carriers;
mod lookups;
mod own;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use netsession::{ClientPattern, Selector, ServerNames, Session, SessionFilter, UserPattern};
use netsession_config::Config;
use netsession_journal::{Hold, HoldOrder, Holds, Moment};
use netsession_server::Logon;
use tokio::task::block_in_place;

use crate::commands::hold::place;
use crate::failure::Failure;
use lookups::{Lookups, Said};
use own::Own;

/// How often to count refused logons in the database: a client can try many times a second.
const COUNT_EVERY: Duration = Duration::from_secs(1);
const UNREADABLE: &str = "cannot read the holds";
const UNREADABLE_CONFIG: &str = "cannot read the configuration; the holds keep their earlier servers";
/// How old the configuration may be by which aliases and clusters are found.
const CONFIG_AGE: Duration = Duration::from_secs(1);

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
    meaning: Meaning,
}

/// What the names in holds mean.
#[derive(Debug, Default)]
struct Meaning {
    config: Config,
    read: Option<Instant>,
    lookups: Lookups,
    said: Said,
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
        let state = State {
            holds,
            known: (known, now),
            acted: BTreeMap::new(),
            counted: None,
            meaning: Meaning::default(),
        };
        Ok(Self { server, state: Mutex::new(state) })
    }

    /// Whether a hold keeps this user out. Other clients do not wait while this one waits for the disk.
    pub(super) fn refuses(&self, logon: &Logon<'_>) -> bool {
        block_in_place(|| self.find(logon))
    }

    fn find(&self, logon: &Logon<'_>) -> bool {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        let now = Moment::now();
        match state.holds.open_ones(&now) {
            Ok(known) => {
                if known.iter().map(|hold| hold.id).ne(state.known.0.iter().map(|hold| hold.id)) {
                    // A new hold can name an alias that is new, too.
                    state.meaning.read = None;
                }
                state.known = (known, now.clone());
                match state.holds.unreadable().first() {
                    Some(error) => state.meaning.said.say(format!("{UNREADABLE}: {error}")),
                    None => state.meaning.said.forget(UNREADABLE),
                }
            }
            Err(error) => state.meaning.said.say(format!("{UNREADABLE}: {error}; the earlier ones apply")),
        }
        let (known, seen) = &state.known;
        if known.is_empty() {
            return false;
        }
        let elapsed = now.since(seen);
        let meaning = &mut state.meaning;
        meaning.refresh();
        let keeps_out =
            |hold: &&Hold| hold.left > elapsed && meaning.is_held(&hold.order, logon, &self.server);
        let Some(id) = known.iter().find(keeps_out).map(|hold| hold.id) else { return false };
        // Nobody tried to come in.
        if carriers::is_carrier(logon, &self.server, known.iter().filter_map(|hold| hold.carrier.as_deref()))
        {
            return true;
        }
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

impl Meaning {
    /// Reads the configuration again from time to time, and starts the time that a logon may wait for lookups.
    fn refresh(&mut self) {
        self.lookups.begin();
        if self.read.is_some_and(|read| read.elapsed() < CONFIG_AGE) {
            return;
        }
        self.read = Some(Instant::now());
        match Config::read() {
            Ok(config) => {
                self.config = config;
                self.said.forget(UNREADABLE_CONFIG);
            }
            Err(error) => self.said.say(format!("{UNREADABLE_CONFIG}: {error}")),
        }
    }

    fn is_held(&mut self, order: &HoldOrder, logon: &Logon<'_>, own: &Own) -> bool {
        own.is_in(order, &self.config, &mut self.lookups, &mut self.said) && self.names(order, logon, own)
    }

    /// Whether a hold names the user and the client. An administrator stays out only by an exact name, of the user or of the
    /// client: a pattern or a network would keep out the person who must release the hold.
    fn names(&mut self, order: &HoldOrder, logon: &Logon<'_>, own: &Own) -> bool {
        let users = order.users.iter().map(|text| text.parse()).collect::<Result<Vec<UserPattern>, _>>();
        let clients =
            order.clients.iter().map(|text| text.parse()).collect::<Result<Vec<ClientPattern>, _>>();
        let (Ok(mut clients), Ok(mut users)) = (clients, users) else { return false };
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
        let session = Session::new(&logon.client.to_string(), logon.user);
        let names = ServerNames::new(own.names.iter().cloned());
        let matches = |clients: &[ClientPattern]| {
            let filter =
                SessionFilter { clients: clients.to_vec(), users: users.clone(), ..SessionFilter::default() };
            Selector::filter(filter).is_some_and(|selector| selector.matches(&session, &names))
        };
        // Nobody waits for a lookup because of a hold of another user.
        if !users.is_empty() && !matches(&[]) {
            return false;
        }
        for client in &mut clients {
            let found = match client {
                ClientPattern::Host { .. } | ClientPattern::Name { .. } => {
                    let noted = order.addresses_of(&client.to_string());
                    self.lookups.addresses(client, order.login.has_netbios, noted, &mut self.said)
                }
                _ => continue,
            };
            if let ClientPattern::Host { addresses, .. } | ClientPattern::Name { addresses, .. } = client {
                *addresses = found.to_vec();
            }
        }
        matches(&clients)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{HeldOut, Meaning, Own};
    use netsession_config::Config;
    use netsession_journal::{Actor, HoldOrder, Holds, Location, Moment};
    use netsession_server::Logon;

    fn own() -> Own {
        Own { addresses: vec!["127.0.0.1:4450".parse().unwrap()], names: vec!["DESK".to_owned()] }
    }

    fn order(servers: &[&str], users: &[&str], clients: &[&str]) -> HoldOrder {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        HoldOrder {
            named: texts(servers),
            servers: texts(servers),
            clients: texts(clients),
            users: texts(users),
            is_everybody_confirmed: true,
            seconds: 60,
            ..HoldOrder::of(Actor::of_process("test"))
        }
    }

    /// A failure here would keep somebody out of a server that the hold does not name, or let somebody in.
    #[test]
    fn a_hold_concerns_the_servers_that_it_names() {
        for name in ["127.0.0.1:4450", "localhost:4450", r"desk:4450", "smb://127.0.0.1:4450"] {
            assert!(is_in(name, ""), "{name}");
        }
        for name in ["127.0.0.1", "127.0.0.1:4451", "127.0.0.2:4450", "fs1:4450", "desk"] {
            assert!(!is_in(name, ""), "{name}");
        }
    }

    fn is_in(name: &str, config: &str) -> bool {
        let (config, mut meaning) = (Config::parse(config).unwrap(), Meaning::default());
        meaning.lookups.begin();
        own().is_in(&order(&[name], &["bob"], &[]), &config, &mut meaning.lookups, &mut meaning.said)
    }

    /// A failure here would keep somebody out of a server that nobody named, or let somebody in, because an alias has another address now.
    #[test]
    fn a_hold_concerns_the_address_that_the_alias_had_then() {
        let config = Config::parse("[server.s1]\naddress = '127.0.0.1:4450'").unwrap();
        for (place, expected) in
            [("127.0.0.1:4450", true), ("localhost:4450", true), ("127.0.0.1:4451", false), ("nas", true)]
        {
            let (mut order, mut meaning) = (order(&["s1"], &["bob"], &[]), Meaning::default());
            order.places = vec![place.to_owned()];
            for (config, has_alias) in [(&config, true), (&Config::default(), false)] {
                meaning.lookups.begin();
                let is_in = own().is_in(&order, config, &mut meaning.lookups, &mut meaning.said);
                let is_known = expected && (place != "nas" || has_alias);
                assert_eq!(is_in, is_known, "{place}");
            }
        }
    }

    /// A failure here would let somebody in whom the agent ends at the same server, by the name that the person gave it.
    #[test]
    fn a_hold_concerns_aliases_groups_and_clusters() {
        let config = "[server.mysrv]\naddress = '127.0.0.1:4450'\n[server.n2]\naddress = 'localhost:4450'\n\
                      [server.other]\naddress = '127.0.0.1:4451'\n[cluster.nas]\nnodes = ['10.0.0.9', 'n2']\n\
                      [cluster.far]\nnodes = ['10.0.0.8', 'other']\n[group.files]\nservers = ['other', 'mysrv']";
        for name in ["mysrv", "MYSRV", "nas", "@files"] {
            assert!(is_in(name, config) && !is_in(name, ""), "{name}");
        }
        for name in ["other", "far", "@none"] {
            assert!(!is_in(name, config), "{name}");
        }
    }

    /// A failure here would let an infected client in because the hold names it by its host name.
    #[test]
    fn a_hold_of_a_host_name_keeps_its_addresses_out() {
        let mut meaning = Meaning::default();
        let mut is_out = |host: &str, client: &str| {
            meaning.lookups.begin();
            let logon = Logon::new("bob", false, client.parse().unwrap());
            meaning.names(&order(&["x"], &[], &[host]), &logon, &own())
        };
        for host in ["localhost", r"\\localhost"] {
            assert!(is_out(host, "127.0.0.1") && !is_out(host, "127.0.0.2"), "{host}");
        }
        let began = Instant::now();
        assert!(!is_out("no-such-host.invalid", "127.0.0.1"));
        assert!(began.elapsed() < Duration::from_secs(2), "a logon does not wait for a name service");
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
            Meaning::default().names(&order(&["x"], users, clients), &logon, &own())
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
