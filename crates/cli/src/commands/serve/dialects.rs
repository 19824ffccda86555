//! The value of `--dialects`, and how the banner and the log name dialects.

use std::ops::RangeInclusive;

use netsession_server::Dialect;

/// The dialects without a choice.
pub(super) const DEFAULT: &str = "2.1-3.1.1";

/// A range of dialects, such as `2.0.2-3.1.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialects(RangeInclusive<Dialect>);

impl Dialects {
    pub(super) fn range(&self) -> RangeInclusive<Dialect> {
        self.0.clone()
    }

    /// Returns what this range allows that the default does not.
    pub(super) fn weakness(&self) -> Option<&'static str> {
        self.0
            .contains(&Dialect::SMB_2_0_2)
            .then_some("clients may speak SMB 2.0.2, which cannot encrypt (--dialects)")
    }
}

/// Parses `OLDEST-NEWEST`, `OLDEST-`, `-NEWEST` or a single dialect.
pub(super) fn parse(text: &str) -> Result<Dialects, String> {
    let (oldest, newest) = text.split_once('-').unwrap_or((text, text));
    let end = |text: &str, open: Dialect| match text.trim() {
        "" => Ok(open),
        number => Dialect::ALL.into_iter().find(|dialect| dialect.number() == number).ok_or_else(|| {
            let numbers = Dialect::ALL.map(Dialect::number).join(", ");
            format!("there is no dialect `{number}`; the dialects are {numbers}")
        }),
    };
    if text.trim().is_empty() || text.trim() == "-" {
        return Err("name a dialect, such as 2.0.2-3.1.1".to_owned());
    }
    let range = end(oldest, Dialect::SMB_2_0_2)?..=end(newest, Dialect::SMB_3_1_1)?;
    match range.is_empty() {
        true => Err("the oldest dialect comes first, such as 2.0.2-3.1.1".to_owned()),
        false => Ok(Dialects(range)),
    }
}

/// Returns dialects for a sentence: `2.0.2 and 2.1`.
pub(super) fn listed(dialects: &[Dialect]) -> String {
    let numbers: Vec<&str> =
        dialects.iter().map(|dialect| dialect.number()).filter(|it| *it != "?").collect();
    match numbers.split_last() {
        None => "unknown dialects".to_owned(),
        Some((last, [])) => format!("SMB {last}"),
        Some((last, others)) => format!("SMB {} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let weaker clients in than the administrator allows, or refuse a device that may log on.
    #[test]
    fn a_range_of_dialects_is_parsed() {
        use Dialect as D;
        for (text, range) in [
            ("2.0.2-3.1.1", D::SMB_2_0_2..=D::SMB_3_1_1),
            ("2.0.2-", D::SMB_2_0_2..=D::SMB_3_1_1),
            ("-3.0", D::SMB_2_0_2..=D::SMB_3_0),
            ("3.1.1", D::SMB_3_1_1..=D::SMB_3_1_1),
            ("2.1 - 3.0.2", D::SMB_2_1..=D::SMB_3_0_2),
        ] {
            assert_eq!(parse(text), Ok(Dialects(range)), "{text}");
        }
        for wrong in ["", "-", "1.0", "2", "3.1.1-2.1", "2.1-4", "2.1-3.0-3.1.1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    /// A failure here would name a device's dialects wrongly in the log, where somebody looks up why it is refused.
    #[test]
    fn refused_dialects_are_listed() {
        assert_eq!(listed(&[Dialect::SMB_2_0_2]), "SMB 2.0.2");
        assert_eq!(listed(&[Dialect::SMB_3_0, Dialect::SMB_3_0_2, Dialect(0x9999)]), "SMB 3.0 and 3.0.2");
        assert_eq!(listed(&[Dialect(0x9999)]), "unknown dialects");
    }
}
