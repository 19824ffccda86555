//! The structure of a server's time.
#![allow(non_camel_case_types)]

use netsession::raw::TimeOfDayInfo;

use super::{Record, Tail};

/// A server's time, in UTC.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct TIME_OF_DAY_INFO {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub tod_elapsedt: u32,
    /// Milliseconds since the server's system started.
    pub tod_msecs: u32,
    /// The hour, 0 to 23.
    pub tod_hours: u32,
    /// The minute, 0 to 59.
    pub tod_mins: u32,
    /// The second, 0 to 59.
    pub tod_secs: u32,
    /// Hundredths of a second.
    pub tod_hunds: u32,
    /// Minutes west of Greenwich; -1 if the server does not know.
    pub tod_timezone: i32,
    /// The length of a clock tick, in ten-thousandths of a second.
    pub tod_tinterval: u32,
    /// The day, 1 to 31.
    pub tod_day: u32,
    /// The month, 1 to 12.
    pub tod_month: u32,
    /// The year.
    pub tod_year: u32,
    /// The day of the week; 0 is Sunday.
    pub tod_weekday: u32,
}

impl Record for TIME_OF_DAY_INFO {
    type Info = TimeOfDayInfo;

    fn of(info: &TimeOfDayInfo, _: &mut Tail<'_>) -> Self {
        Self {
            tod_elapsedt: info.elapsedt,
            tod_msecs: info.msecs,
            tod_hours: info.hours,
            tod_mins: info.mins,
            tod_secs: info.secs,
            tod_hunds: info.hunds,
            tod_timezone: info.timezone,
            tod_tinterval: info.tinterval,
            tod_day: info.day,
            tod_month: info.month,
            tod_year: info.year,
            tod_weekday: info.weekday,
        }
    }
}
