//! NetrWorkstationStatisticsGet ([MS-WKST] 3.2.4.11).

use netsession_wire::Win32Error;
use netsession_wkssvc::workstation_statistics_get::{Request, Response, StatWorkstation};

use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match statistics(caller, &self) {
            Ok(statistics) => Response { buffer: Some(statistics), status: Win32Error::NERR_SUCCESS },
            Err(status) => Response { buffer: None, status },
        }
    }
}

/// Returns the statistics of a client that has done nothing: this server has none.
fn statistics(caller: &Caller<'_>, request: &Request) -> Result<StatWorkstation, Win32Error> {
    caller.must_be_admin()?;
    if request.level != 0 {
        return Err(Win32Error::ERROR_INVALID_LEVEL);
    }
    if request.options != 0 {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    let started = caller.server.seconds_at_start();
    Ok(StatWorkstation { statistics_start_time: started.into(), ..StatWorkstation::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would show a user what is for administrators, or numbers that nobody counted.
    #[test]
    fn a_computer_without_a_client_counts_nothing() {
        let stage = Stage::new();
        let (admin, alice) = (stage.pipe("admin", "10.0.0.1"), stage.pipe("alice", "10.0.0.7"));
        let get = |client, level, options| {
            Request { level, options, ..Request::default() }.respond(&stage.caller(client))
        };
        let expected = StatWorkstation { statistics_start_time: 1_740_787_200, ..StatWorkstation::default() };
        assert_eq!(get(&admin, 0, 0).buffer, Some(expected));
        assert_eq!(
            [get(&admin, 1, 0), get(&admin, 0, 1), get(&alice, 0, 0)].map(|it| it.status.0),
            [124, 87, 5]
        );
    }
}
