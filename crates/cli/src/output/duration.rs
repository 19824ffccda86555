//! Durations for people.

use std::time::Duration;

/// Formats a duration in its two largest units, such as `12s`, `5m 20s`, `2h 05m`, `3d 4h`.
pub(crate) fn show(duration: Duration) -> String {
    let total = duration.as_secs();
    let (days, hours, minutes, seconds) = (total / 86_400, total / 3_600 % 24, total / 60 % 60, total % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {seconds:02}s"),
        (0, _, _) => format!("{hours}h {minutes:02}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::show;
    use std::time::Duration;

    /// A failure here would make a person misread how long a client has been connected.
    #[test]
    fn a_duration_has_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (65, "1m 05s"),
            (7_500, "2h 05m"),
            (273_600, "3d 4h"),
            (u64::MAX, "213503982334601d 7h"),
        ] {
            assert_eq!(show(Duration::from_secs(seconds)), text);
        }
    }
}
