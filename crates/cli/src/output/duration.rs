//! Durations: read from flags, shown to people.

use std::time::Duration;

/// For people: the two largest units that matter, such as `12s`, `5m 20s`, `2h 05m`, `3d 4h`.
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

/// A time limit from a flag: seconds, or a number with `ms`, `s` or `m`. Never zero, at most a day.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let scale = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("give seconds, or a number with ms, s or m".to_owned()),
    };
    let seconds =
        number.trim().parse::<f64>().map_err(|_| "give a number of seconds, such as 10".to_owned())? * scale;
    if !(0.001..=86_400.0).contains(&seconds) {
        return Err("a time limit is between 1 ms and one day".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{parse, show};
    use std::time::Duration;

    /// If this fails, a person misreads how long a client has been there.
    #[test]
    fn durations_read_well() {
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

    /// If this fails, a time limit means something else than what was typed.
    #[test]
    fn time_limits_are_exact() {
        assert_eq!(parse("3"), Ok(Duration::from_secs(3)));
        assert_eq!(parse("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "0", "-1", "3h", "inf", "NaN", "1e9", "s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
