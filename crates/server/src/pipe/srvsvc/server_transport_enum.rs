//! NetrServerTransportEnum ([MS-SRVS] 3.1.4.24).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1, 2 | administrators | one transport, TCP, with the number of sessions |

use netsession_srvs::EnumStruct;
use netsession_srvs::server_transport_enum::{Request, Response, TransportInfo, TransportLevel};
use netsession_wire::Win32Error;

use super::page::{Page, PageRequest, page};
use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match list(caller, &self) {
            Err(status) => Response { info_struct: self.info_struct, status, ..Response::default() },
            Ok(Page { entries, total, resume, status }) => Response {
                info_struct: EnumStruct::with(self.info_struct.level, entries),
                total_entries: total,
                resume_handle: self.resume_handle.map(|_| resume),
                status,
            },
        }
    }
}

fn list(caller: &Caller<'_>, request: &Request) -> Result<Page<TransportInfo>, Win32Error> {
    caller.must_be_admin()?;
    if request.info_struct.level > TransportLevel::INFO_2 {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    let page_request =
        PageRequest { resume: request.resume_handle, maximum: request.prefered_maximum_length };
    let keep = |(): &()| Some(transport(caller));
    Ok(page(&[()], page_request, keep, |transport| {
        [&transport.transportname, &transport.networkaddress, &transport.domain]
    }))
}

/// Describes TCP as Windows describes its transport without NetBIOS, whose address is the name of the server.
fn transport(caller: &Caller<'_>) -> TransportInfo {
    let identity = &caller.server.identity;
    let name = identity.name.as_bytes().to_vec();
    TransportInfo {
        numberofvcs: u32::try_from(caller.server.session_count()).unwrap_or(u32::MAX),
        transportname: Some(r"\Device\NetbiosSmb".to_owned()),
        transportaddresslength: u32::try_from(name.len()).unwrap_or_default(),
        transportaddress: Some(name),
        networkaddress: Some("0".repeat(12)),
        domain: Some(identity.settings.names.netbios_domain.clone()),
        flags: Some(0),
    }
}

#[cfg(test)]
mod tests {
    use netsession_rpc::ndr::{Syntax, decode, encode};

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show administrators no transport, or more than there are.
    #[test]
    fn there_is_one_transport() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let respond = |client, level| {
            let info_struct = EnumStruct::asking(TransportLevel(level));
            let request = Request { info_struct, prefered_maximum_length: u32::MAX, ..Request::default() };
            request.respond(&stage.caller(client))
        };
        for level in [0, 1, 2] {
            let response = respond(&admin, level);
            assert_eq!((response.status.0, response.total_entries), (0, 1), "{level}");
            for syntax in Syntax::ALL {
                let stub = encode(response.clone(), syntax).unwrap();
                let read: Response = decode(&stub, syntax).unwrap();
                let one = &read.info_struct.entries()[0];
                assert_eq!((one.numberofvcs, one.transportaddress.as_deref()), (2, Some(&b"FS1"[..])));
                assert_eq!(one.flags, (level == 2).then_some(0));
            }
        }
        assert_eq!([3, 9].map(|level| respond(&admin, level).status.0), [124, 124]);
        assert_eq!(respond(&alice, 0).status.0, 5);
    }
}
