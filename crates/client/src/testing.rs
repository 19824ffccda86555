//! [`Lab`]: a scripted server for tests, which behaves like Samba or Windows, on the test's clock. It encodes and
//! decodes real requests and responses.

mod lab;

pub(crate) use lab::{CallFault, Lab, ServerKind};

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::calls::Facts;
use crate::{Dialect, LogonMechanism, ServerNames, Session, own};

/// A connection of adm1 from 10.0.0.9 to the server LABSRV.
pub(crate) fn facts() -> Facts {
    Facts {
        server: "labsrv".into(),
        unc: r"\\labsrv".into(),
        names: ServerNames::new(["LABSRV".into()]),
        user: "adm1".into(),
        mechanism: LogonMechanism::Ntlm,
        full_user: r"LAB\adm1".into(),
        own_address: Some(IpAddr::from([10, 0, 0, 9])),
        session: None,
        call_timeout: Duration::from_secs(20),
        since: Instant::now(),
        dialect: Dialect::Smb3_1_1,
        guid: [0; 16],
        signed: true,
        encrypted: false,
    }
}

/// Makes the listing of the connection of [`facts`], and marks its own session.
pub(crate) fn listing(rows: &[(&str, &str)]) -> Vec<Session> {
    let facts = facts();
    let mut sessions: Vec<_> = rows.iter().map(|(client, user)| Session::new(client, user)).collect();
    own::mark(&mut sessions, &facts, facts.since + Duration::from_secs(1));
    sessions
}
