//! [`Lookups`]: the addresses of the hosts that holds name.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use netsession::{ClientPattern, ConnectOptions, NetBios, Selector};

use crate::output;

/// How long a logon waits for all lookups together.
const WAIT: Duration = Duration::from_millis(300);
/// After this time an address may have changed.
const FRESH: Duration = Duration::from_secs(30);

/// What was said, each once until it is over.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeSet<String>);

impl Said {
    pub(super) fn say(&mut self, warning: String) {
        if !self.0.contains(&warning) {
            output::warn(&warning);
            self.0.insert(warning);
        }
    }

    /// Forgets the warnings that start so.
    pub(super) fn forget(&mut self, start: &str) {
        self.0.retain(|warning| !warning.starts_with(start));
    }
}

/// The addresses as they were known last. Threads look them up, so that no logon waits for a name service that hangs.
#[derive(Debug)]
pub(super) struct Lookups {
    known: BTreeMap<(String, bool), Lookup>,
    until: Instant,
}

/// The lookup of one name.
#[derive(Debug)]
struct Lookup {
    addresses: Vec<IpAddr>,
    began: Instant,
    answer: Option<Receiver<Result<Vec<IpAddr>, String>>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self { known: BTreeMap::new(), until: Instant::now() }
    }
}

impl Lookups {
    /// Starts the time that a logon may wait.
    pub(super) fn begin(&mut self) {
        self.until = Instant::now().checked_add(WAIT).unwrap_or(self.until);
    }

    /// Returns the addresses of a client or a server, also by NetBIOS if `has_netbios`: those that are `noted` with the hold, if there
    /// are any. Without an answer in time, those of before count. Says once if they cannot be found.
    pub(super) fn addresses<'a>(
        &'a mut self,
        host: &ClientPattern,
        has_netbios: bool,
        noted: &'a [IpAddr],
        said: &mut Said,
    ) -> &'a [IpAddr] {
        // The held computer can set its own name in DNS.
        if !noted.is_empty() {
            return noted;
        }
        let key = (host.to_string(), has_netbios);
        let lookup = self.known.entry(key).or_insert_with(|| Lookup::start(host, has_netbios));
        if lookup.answer.is_none() && lookup.began.elapsed() >= FRESH {
            let addresses = std::mem::take(&mut lookup.addresses);
            *lookup = Lookup { addresses, ..Lookup::start(host, has_netbios) };
        }
        lookup.hear(host, self.until, said);
        &lookup.addresses
    }
}

impl Lookup {
    fn start(host: &ClientPattern, has_netbios: bool) -> Self {
        let (sender, answer) = channel();
        let host = host.clone();
        let work = move || sender.send(look_up(host, has_netbios));
        // Without a thread the channel is closed, which is an answer, too.
        let _ = thread::Builder::new().name("lookup".to_owned()).spawn(work);
        Self { addresses: Vec::new(), began: Instant::now(), answer: Some(answer) }
    }

    /// Takes the answer, if it comes in time.
    fn hear(&mut self, host: &ClientPattern, until: Instant, said: &mut Said) {
        let Some(answer) = &self.answer else { return };
        let start = format!("a hold names {host}, whose addresses are not known");
        let reason = match answer.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Ok(addresses)) => {
                (self.addresses, self.answer) = (addresses, None);
                return said.forget(&start);
            }
            Ok(Err(reason)) => {
                self.answer = None;
                reason
            }
            Err(RecvTimeoutError::Disconnected) => {
                self.answer = None;
                "no thread can look it up".to_owned()
            }
            Err(RecvTimeoutError::Timeout) => "the name service has not answered yet".to_owned(),
        };
        let count = match self.addresses.is_empty() {
            true => "the hold does not act for it here",
            false => "its last known addresses count",
        };
        said.say(format!("{start}: {reason}; {count}"));
    }
}

/// Looks a name up as the process does that carries the hold on.
fn look_up(host: ClientPattern, has_netbios: bool) -> Result<Vec<IpAddr>, String> {
    let netbios = if has_netbios { NetBios::Broadcast } else { NetBios::Off };
    let options = ConnectOptions { netbios, ..ConnectOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let mut selector = Selector::Client(host);
    let resolved = runtime.map_err(|error| error.to_string())?.block_on(selector.resolve(&options));
    resolved.map_err(|error| error.to_string())?;
    match selector.clients().first().map(ClientPattern::addresses) {
        Some([]) | None => Err("no name service knows it".to_owned()),
        Some(addresses) => Ok(addresses.to_vec()),
    }
}
