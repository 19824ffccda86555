//! [`Hold`]: a client or a user who is kept out of servers for a time. [`HoldOrder`] is what the person asked for.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Actor, HeldAccount, Timestamp};

/// What a person asked for: whom to keep out, of which servers, for how long, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldOrder {
    /// When.
    pub at: Timestamp,
    /// Who on this computer.
    pub actor: Actor,
    /// The servers and groups as the person named them.
    pub named: Vec<String>,
    /// The servers for which these stood then. A group that grows later adds none.
    pub servers: Vec<String>,
    /// The address of each of these servers then. A server that has another one later is another server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// The addresses of the nodes that each cluster among these servers had then. A node with another address is none of the hold's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<String, Vec<String>>,
    /// The clients, as the person named them. Empty for every client.
    pub clients: Vec<String>,
    /// The users, as the person named them. Empty for every user.
    pub users: Vec<String>,
    /// The addresses that the clients' names had then. They count until the end of the hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<ClientAddresses>,
    /// The servers at which to disable the accounts of these users. Empty to disable none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts_on: Vec<String>,
    /// Whether the person confirmed that everybody's sessions at a server may end.
    pub is_everybody_confirmed: bool,
    /// How to log on.
    pub login: HoldLogin,
    /// The whole time, in seconds.
    pub seconds: u64,
    /// Why, if the person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The addresses that the name of a client had when a hold was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientAddresses {
    /// The client, as the person named it.
    pub client: String,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

impl HoldOrder {
    /// Returns an order of this moment that names nobody yet, and so keeps nobody out.
    #[must_use]
    pub fn of(actor: Actor) -> Self {
        Self {
            at: Timestamp::now(),
            actor,
            named: Vec::new(),
            servers: Vec::new(),
            places: Vec::new(),
            nodes: BTreeMap::new(),
            clients: Vec::new(),
            users: Vec::new(),
            addresses: Vec::new(),
            accounts_on: Vec::new(),
            is_everybody_confirmed: false,
            login: HoldLogin::default(),
            seconds: 0,
            reason: None,
        }
    }

    /// Returns the addresses that the name of a client had when the hold was made.
    #[must_use]
    pub fn addresses_of(&self, client: &str) -> &[IpAddr] {
        let known = self.addresses.iter().find(|known| known.client == client);
        known.map(|known| known.addresses.as_slice()).unwrap_or_default()
    }
}

/// How to log on at the servers again, without a person and without a stored password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLogin {
    /// The user of `--login`.
    pub user: Option<String>,
    /// The file of `--authentication-file`.
    pub authentication_file: Option<PathBuf>,
    /// The file of `--keytab`.
    pub keytab: Option<PathBuf>,
    /// The value of `--kerberos`.
    pub kerberos: Option<String>,
    /// Whether encryption is required.
    pub is_encryption_required: bool,
    /// The time limit, in milliseconds.
    pub time_limit_ms: Option<u64>,
    /// Whether names may be looked up by NetBIOS.
    pub has_netbios: bool,
    /// Whether only the command that was told the password can log on.
    pub needs_a_person: bool,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The number.
    pub id: u64,
    /// What the person asked for.
    pub order: HoldOrder,
    /// The accounts that it disables.
    pub accounts: Vec<HeldAccount>,
    /// Whether it holds.
    pub state: HoldState,
    /// The time that is left.
    pub left: Duration,
    /// When the time is over, by the wall clock as it is now.
    pub until: Timestamp,
    /// How many sessions were ended, and logons refused.
    pub acted: u64,
    /// When the last of them was.
    pub acted_at: Option<Timestamp>,
    /// What is wrong now, such as a server that does not answer.
    pub problem: Option<String>,
    /// The process that ends the sessions.
    pub carrier: Option<String>,
}

/// Whether a hold holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldState {
    /// It keeps somebody out.
    Open,
    /// Its time is over.
    Over,
    /// Somebody released it.
    Released {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
    },
}

impl Hold {
    /// Whether it keeps somebody out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }

    /// Whether its end has an account to enable.
    #[must_use]
    pub fn has_pending_accounts(&self) -> bool {
        self.accounts.iter().any(|account| account.state.is_pending())
    }
}
