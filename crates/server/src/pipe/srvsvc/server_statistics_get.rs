//! NetrServerStatisticsGet ([MS-SRVS] 3.1.4.20).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0 | administrators | 87 for options; the server counts opens and sessions since its start, and returns 0 for the rest |

use netsession_srvs::server_statistics_get::{Request, Response, StatServer};
use netsession_wire::Win32Error;

use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match statistics(caller, &self) {
            Ok(info) => Response { info_struct: Some(info), status: Win32Error::NERR_SUCCESS },
            Err(status) => Response { info_struct: None, status },
        }
    }
}

fn statistics(caller: &Caller<'_>, request: &Request) -> Result<StatServer, Win32Error> {
    caller.must_be_admin()?;
    if request.level != 0 {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    if request.options != 0 {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    let server = caller.server;
    let (sessions, opens) = server.totals();
    let limited = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(StatServer {
        start: server.seconds_at_start(),
        sopens: limited(sessions),
        fopens: limited(opens),
        ..StatServer::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show the use of a server to everybody, or count what never happened.
    #[test]
    fn sessions_and_opens_are_counted_since_the_start() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let get = |client, level, options| {
            Request { level, options, ..Request::default() }.respond(&stage.caller(client))
        };
        let before = get(&admin, 0, 0).info_struct.unwrap();
        assert_eq!((before.start, before.sopens, before.fopens), (1_740_787_200, 1, 1));
        let alice = stage.pipe("alice", "10.0.0.7");
        let after = get(&admin, 0, 0).info_struct.unwrap();
        assert_eq!((after.sopens, after.fopens, after.syserrors), (2, 2, 0));
        assert_eq!(get(&admin, 1, 0).status.0, 124);
        assert_eq!(get(&admin, 0, 1).status.0, 87);
        assert_eq!((get(&alice, 0, 0).status.0, get(&alice, 0, 0).info_struct), (5, None));
    }
}
