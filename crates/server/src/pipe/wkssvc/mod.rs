//! The workstation service ([MS-WKST] 3.2.4), a file for each operation that clients of file servers use.

mod get_join_information;
mod wksta_get_info;
mod wksta_user_enum;
mod workstation_statistics_get;

use std::collections::BTreeSet;

use netsession_wkssvc::Wkssvc;

use super::call::{Caller, Respond};
use super::service::Service;

pub(super) const SERVICE: Service = Service::of::<Wkssvc>(dispatch);

super::service::dispatch! {
    netsession_wkssvc::get_join_information::Request
    netsession_wkssvc::wksta_get_info::Request
    netsession_wkssvc::wksta_user_enum::Request
    netsession_wkssvc::workstation_statistics_get::Request
}

/// Returns the users who have a session, each once.
fn users(caller: &Caller<'_>) -> BTreeSet<String> {
    caller.server.sessions().iter().map(|session| session.user.clone()).collect()
}

/// Returns the name of the server's domain or workgroup.
fn group(caller: &Caller<'_>) -> String {
    caller.server.identity.settings.names.netbios_domain.clone()
}
