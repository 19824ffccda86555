//! [`Hosts`]: the host names of clients, for `--resolve`.

use std::sync::Arc;

use netsession_admin::{HostNames, Target};

use crate::output::{self, Row};

/// Which part of a call's time limit the lookups may take.
const PART: u32 = 4;

/// What has a client.
pub(super) trait HasClient {
    /// The client, as the server spells it.
    fn client_address(&self) -> Option<&str>;

    /// Sets the host name of the client's address.
    fn set_host_name(&mut self, name: &Arc<str>);
}

impl<R: Row> HasClient for R {
    fn client_address(&self) -> Option<&str> {
        Row::client(self)
    }

    fn set_host_name(&mut self, name: &Arc<str>) {
        self.set_host(name);
    }
}

/// Names the clients of rows, if the user wants names.
pub(super) struct Hosts(Option<HostNames>);

impl Hosts {
    pub(super) fn of(are_wanted: bool, targets: &[Target]) -> Self {
        let limit = targets.iter().map(|target| target.options().call_timeout).max().unwrap_or_default();
        Self(are_wanted.then(|| HostNames::new(limit / PART)))
    }

    /// Adds the host names that the resolver knows.
    pub(super) async fn name<R: HasClient>(&self, rows: &mut [R]) {
        let Some(names) = &self.0 else { return };
        let found = names.of(rows.iter().filter_map(HasClient::client_address)).await;
        let found: Vec<Option<Arc<str>>> =
            rows.iter().map(|row| found.get(row.client_address()?).map(Arc::clone)).collect();
        for (row, name) in rows.iter_mut().zip(found) {
            name.iter().for_each(|name| row.set_host_name(name));
        }
    }

    /// Says how many names are missing because the resolver did not answer in time.
    pub(super) fn note(&self) {
        match self.0.as_ref().map_or(0, HostNames::pending) {
            0 => {}
            1 => output::note("The resolver did not answer in time: HOST is not known for 1 address."),
            count => output::note(&format!(
                "The resolver did not answer in time: HOST is not known for {count} addresses."
            )),
        }
    }
}
