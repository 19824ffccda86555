use std::time::Duration;

/// Parses a time limit: seconds, or a number with `ms`, `s` or `m`. It is at least 1 ms and at most one day.
///
/// ```
/// use std::time::Duration;
/// use netsession_config::parse_time_limit;
///
/// assert_eq!(parse_time_limit("2.5"), Ok(Duration::from_millis(2500)));
/// assert_eq!(parse_time_limit("2m"), Ok(Duration::from_secs(120)));
/// assert!(parse_time_limit("0").is_err());
/// ```
///
/// # Errors
/// A message for the person that says which values are valid.
pub fn parse_time_limit(text: &str) -> Result<Duration, String> {
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
        return Err("give a time between 1 ms and one day".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::parse_time_limit as parse;

    /// A failure here would set another time limit than the user typed.
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
