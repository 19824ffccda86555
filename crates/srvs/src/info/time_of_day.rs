use netsession_rpc::ndr::{Alignment, Ndr, NdrError};

/// TIME_OF_DAY_INFO ([MS-SRVS] 2.2.4.105).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeOfDayInfo {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub elapsedt: u32,
    /// Milliseconds since the system started.
    pub msecs: u32,
    /// Hour, 0 to 23.
    pub hours: u32,
    /// Minute, 0 to 59.
    pub mins: u32,
    /// Second, 0 to 59.
    pub secs: u32,
    /// Hundredth of a second, 0 to 99.
    pub hunds: u32,
    /// The minutes by which the server's time zone is west of Greenwich; -1 if it has none.
    pub timezone: i32,
    /// The time between two ticks of the clock, in ten-thousandths of a second.
    pub tinterval: u32,
    /// Day of the month, 1 to 31.
    pub day: u32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Year.
    pub year: u32,
    /// Day of the week, 0 (Sunday) to 6.
    pub weekday: u32,
}

impl TimeOfDayInfo {
    pub(crate) fn structure(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.structure(Alignment::Long, |ndr| {
            ndr.u32(&mut self.elapsedt, "tod_elapsedt")?;
            ndr.u32(&mut self.msecs, "tod_msecs")?;
            ndr.u32(&mut self.hours, "tod_hours")?;
            ndr.u32(&mut self.mins, "tod_mins")?;
            ndr.u32(&mut self.secs, "tod_secs")?;
            ndr.u32(&mut self.hunds, "tod_hunds")?;
            ndr.i32(&mut self.timezone, "tod_timezone")?;
            ndr.u32(&mut self.tinterval, "tod_tinterval")?;
            ndr.u32(&mut self.day, "tod_day")?;
            ndr.u32(&mut self.month, "tod_month")?;
            ndr.u32(&mut self.year, "tod_year")?;
            ndr.u32(&mut self.weekday, "tod_weekday")
        })
    }
}
