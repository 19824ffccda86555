//! [`Timestamp`]: a time in UTC, to the millisecond.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time in UTC, to the millisecond. Its text is that of RFC 3339.
///
/// ```
/// use netsession_journal::Timestamp;
///
/// let time: Timestamp = "2026-11-28T15:05:54.123Z".parse().unwrap();
/// assert_eq!(time.to_string(), "2026-11-28T15:05:54.123Z");
/// assert_eq!("2026-11-28".parse::<Timestamp>().unwrap().to_string(), "2026-11-28T00:00:00.000Z");
/// assert!("yesterday".parse::<Timestamp>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The end of the year 9999, after which a year has more than four digits.
const LAST: i64 = 253_402_300_799_999;

/// A text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a time in UTC, such as 2026-11-28 or 2026-11-28T15:05:54Z")]
pub struct ParseTimestampError;

impl Timestamp {
    /// Returns the system's time.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::of_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Returns the milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the time of these milliseconds since 1970, in the years 1970 to 9999.
    #[must_use]
    pub fn of_millis(millis: i64) -> Self {
        Self(millis.clamp(0, LAST))
    }

    /// Returns the time that is this long before.
    #[must_use]
    pub fn before(self, age: Duration) -> Self {
        Self::of_millis(self.0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.div_euclid(1_000), self.0.rem_euclid(1_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// Reads a day, or a day and a time with `Z`; the fraction of a second may be missing.
    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let (day, time) = match text.split_once(['T', ' ']) {
            Some((day, time)) => (day, time.strip_suffix('Z').ok_or(ParseTimestampError)?),
            None => (text, "00:00:00"),
        };
        let numbers = |text: &str, separator| -> Result<Vec<i64>, ParseTimestampError> {
            let part = |part: &str| match part.bytes().all(|byte| byte.is_ascii_digit()) {
                true => part.parse().map_err(|_| ParseTimestampError),
                false => Err(ParseTimestampError),
            };
            text.split(separator).map(part).collect()
        };
        let (time, millis) = match time.split_once('.') {
            Some((time, fraction))
                if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) =>
            {
                let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
                (time, digits.parse::<i64>().map_err(|_| ParseTimestampError)?)
            }
            Some(_) => return Err(ParseTimestampError),
            None => (time, 0),
        };
        let (&[year, month, day], &[hour, minute, second]) =
            (numbers(day, '-')?.as_slice(), numbers(time, ':')?.as_slice())
        else {
            return Err(ParseTimestampError);
        };
        let is_day = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        let days = days(year, month, day);
        if !is_day || date(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
            return Err(ParseTimestampError);
        }
        Ok(Self((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millis))
    }
}

/// Returns the day's number since 1970 in the Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// Returns the year, the month and the day of a day since 1970.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    /// A failure here would date a record wrongly, or select the wrong records by time.
    #[test]
    fn every_time_is_read_as_it_is_written() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_250, "2000-02-28T23:59:59.250Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_999, "2100-03-01T00:00:00.999Z"),
        ] {
            assert_eq!(Timestamp::of_millis(millis).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::of_millis(millis)), "{text}");
        }
        for day in 0..60_000 {
            let time = Timestamp::of_millis(day * 86_400_000 + 86_399_999);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    /// A failure here would prune up to another day than the person means.
    #[test]
    fn a_wrong_time_is_refused() {
        for wrong in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1",
            "2026-01-01T25:00:00Z",
            "2026-01-01T10:00:00",
            "x-y-z",
            "2026-01-01T10:00:00.Z",
            "-026-01-01",
            "2026-01-01T10:00:00+01:00",
        ] {
            assert!(wrong.parse::<Timestamp>().is_err(), "{wrong}");
        }
    }
}
