//! NetrRemoteTOD ([MS-SRVS] 3.1.4.21).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | everybody | the time is UTC |

use netsession_smb::fscc::FileTime;
use netsession_srvs::info::TimeOfDayInfo;
use netsession_srvs::remote_tod::{Request, Response};
use netsession_wire::Win32Error;

use super::{Caller, Respond};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let server = caller.server;
        let buffer = Some(time_of_day(server.environment.now(), server.started));
        Response { buffer, status: Win32Error::NERR_SUCCESS }
    }
}

/// Returns the time in UTC, whatever the time zone of the server is.
fn time_of_day(now: FileTime, started: FileTime) -> TimeOfDayInfo {
    /// From 1601-01-01, where file times begin, to 1970-01-01.
    const DAYS_TO_UNIX: i64 = 134_774;
    let small = |number: i64| u32::try_from(number).unwrap_or(0);
    let hundredths = now.0.max(0) / 100_000;
    let seconds = hundredths / 100;
    let (day, time) = (seconds / 86_400 - DAYS_TO_UNIX, seconds % 86_400);
    let (year, month, date) = civil(day);
    TimeOfDayInfo {
        elapsedt: small(seconds - DAYS_TO_UNIX * 86_400),
        msecs: small(now.0.saturating_sub(started.0).max(0) / 10_000 % (1 << 32)),
        hours: small(time / 3_600),
        mins: small(time / 60 % 60),
        secs: small(time % 60),
        hunds: small(hundredths % 100),
        timezone: 0,
        // The clock is finer than the least interval that the member can hold.
        tinterval: 1,
        day: small(date),
        month: small(month),
        year: small(year),
        // 1970-01-01 was a Thursday.
        weekday: small((day + 4).rem_euclid(7)),
    }
}

/// Returns the year, the month and the day of the month of a day that is counted from 1970-01-01, in the Gregorian
/// calendar.
///
/// The calculation counts in cycles of 400 years from a 1 March, so that the leap day is the last day of a year.
const fn civil(day: i64) -> (i64, i64, i64) {
    const CYCLE: i64 = 146_097;
    const TO_MARCH_OF_YEAR_0: i64 = 719_468;
    let shifted = day + TO_MARCH_OF_YEAR_0;
    let (cycle, in_cycle) = (shifted.div_euclid(CYCLE), shifted.rem_euclid(CYCLE));
    let year = (in_cycle - in_cycle / 1_460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * in_year + 2) / 153;
    let date = in_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let next_year = if month <= 2 { 1 } else { 0 };
    (cycle * 400 + year + next_year, month, date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would set the clocks of clients wrong.
    #[test]
    fn the_time_is_utc() {
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        // From Saturday, 2025-03-01 00:00:00.
        stage.wait(4 * 86_400 + 13 * 3_600 + 59 * 60 + 7);
        let response = Request::default().respond(&stage.caller(&alice)).buffer.unwrap();
        assert_eq!((response.year, response.month, response.day, response.weekday), (2025, 3, 5, 3));
        assert_eq!(
            (response.hours, response.mins, response.secs, response.hunds, response.timezone),
            (13, 59, 7, 0, 0)
        );
        assert_eq!((response.elapsedt, response.msecs), (1_741_183_147, 395_947_000));
    }

    /// A failure here would return a wrong date at the ends of months and years.
    #[test]
    fn the_calendar_is_gregorian() {
        let days = [
            (0, (1970, 1, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (19_722, (2023, 12, 31)),
            (19_782, (2024, 2, 29)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
            (-134_774, (1601, 1, 1)),
        ];
        for (day, date) in days {
            assert_eq!(civil(day), date, "{day}");
        }
    }
}
