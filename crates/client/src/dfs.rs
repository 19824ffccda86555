//! [`DfsReferral`]: where a DFS path leads ([MS-DFSC] 3.1.5.4.3).

use netsession_smb::msg::fsctl::{DfsReferralEntries, DfsReferralFlags, DfsReferralResponse};

/// The most UTF-16 units of a path, as in Windows.
const LONGEST_PATH: usize = 32_767;

/// The places to which a DFS path leads, as a server names them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DfsReferral {
    /// The whole path at each target, the preferred target first: `\\server\share\folder\file`. Never empty.
    pub paths: Vec<String>,
    /// The part of the path that each target replaces, as `\\server\share\folder` (PathConsumed).
    pub replaced: String,
    /// Whether the targets are those of a DFS root, below which there can be links.
    pub is_root: bool,
}

impl DfsReferral {
    /// Replaces the part of `path` that the response covers by each target. `path` has one leading backslash. It leaves out a target
    /// that breaks a rule beside a good one.
    ///
    /// # Errors
    /// The rule that the response breaks, or each of its targets.
    pub(crate) fn of(path: &str, response: &DfsReferralResponse) -> Result<Self, &'static str> {
        let DfsReferralEntries::Targets { targets, .. } = &response.entries else {
            return Err("a referral for a path lists only names");
        };
        let (replaced, rest) =
            split(path, response.path_consumed).ok_or("PathConsumed does not end after a name")?;
        // Otherwise each referral could make the path longer.
        if names(replaced) < names(path).min(2) {
            return Err("PathConsumed does not cover the server and the share");
        }
        let mut paths = Vec::with_capacity(targets.len());
        let mut broken = "a referral has no target";
        for target in targets {
            match whole_path(&target.address, rest) {
                Ok(path) => paths.push(path),
                Err(rule) => {
                    tracing::info!("{path}: the referral to {:?} is not used: {rule}", target.address);
                    broken = rule;
                }
            }
        }
        if paths.is_empty() {
            return Err(broken);
        }
        let is_root = targets.iter().any(|target| target.is_root)
            || response.flags.contains(DfsReferralFlags::REFERRAL_SERVERS);
        Ok(Self { paths, replaced: format!(r"\{}", replaced.trim_end_matches('\\')), is_root })
    }
}

/// Returns the path at a target, or the rule that the target breaks.
fn whole_path(target: &str, rest: &str) -> Result<String, &'static str> {
    // A program may print the path. A line feed in it would begin a new line.
    if target.contains(char::is_control) {
        return Err("a target contains a control character");
    }
    let path = joined(target, rest).ok_or("a target is not a share")?;
    match path.encode_utf16().count() > LONGEST_PATH {
        true => Err("a referral makes the path too long"),
        false => Ok(path),
    }
}

/// Returns the number of names in a path.
fn names(path: &str) -> usize {
    path.split('\\').filter(|name| !name.is_empty()).count()
}

/// Splits `path` into the part that the referral replaces and the rest. `consumed` counts bytes of UTF-16.
fn split(path: &str, consumed: u16) -> Option<(&str, &str)> {
    let units = usize::from(consumed / 2);
    let mut at = 0_usize;
    for (index, c) in path.char_indices() {
        if at == units {
            let (replaced, rest) = path.split_at_checked(index)?;
            let is_boundary = c == '\\' || replaced.ends_with('\\');
            return (consumed.is_multiple_of(2) && is_boundary).then_some((replaced, rest));
        }
        at = at.saturating_add(c.len_utf16());
    }
    // Some servers count the terminator, too.
    (consumed.is_multiple_of(2) && (at..=at.saturating_add(1)).contains(&units)).then_some((path, ""))
}

/// Returns `\\server\share\folder` of the target `\server\share`, and the rest below it.
fn joined(target: &str, rest: &str) -> Option<String> {
    let target = target.trim_start_matches('\\').trim_end_matches('\\');
    let mut names = target.split('\\');
    let has_share = names.next().is_some_and(|host| !host.is_empty())
        && names.next().is_some_and(|share| !share.is_empty())
        && names.all(|name| !name.is_empty());
    let rest = rest.trim_matches('\\');
    has_share.then(|| match rest {
        "" => format!(r"\\{target}"),
        rest => format!(r"\\{target}\{rest}"),
    })
}

#[cfg(test)]
mod tests {
    use netsession_smb::msg::fsctl::DfsTarget;

    use super::*;

    fn followed(path: &str, consumed: u16, targets: &[&str]) -> Result<Vec<String>, &'static str> {
        let target = |address: &&str| DfsTarget {
            is_root: false,
            is_boundary: false,
            time_to_live: 0,
            address: (*address).to_owned(),
        };
        let entries = DfsReferralEntries::Targets {
            path: String::new(),
            targets: targets.iter().map(target).collect(),
        };
        let response = DfsReferralResponse {
            path_consumed: consumed,
            flags: DfsReferralFlags::default(),
            version: 3,
            entries,
        };
        DfsReferral::of(path, &response).map(|referral| referral.paths)
    }

    /// A failure here would look for a file in another folder than the one that the link leads to.
    #[test]
    fn the_rest_of_the_path_follows_the_target() {
        for (path, consumed, target, expected) in [
            (r"\lab\dfs\link\a b\x.txt", 26, r"\fs1\data", r"\\fs1\data\a b\x.txt"),
            (r"\lab\dfs\link\a.txt", 28, r"\fs1\data", r"\\fs1\data\a.txt"),
            (r"\lab\dfs\link", 26, r"\fs1\data\sub\", r"\\fs1\data\sub"),
            (r"\lab\dfs\link", 28, r"\fs1\data", r"\\fs1\data"),
            // Two units of UTF-16 are one character.
            ("\\l\\\u{1f600}\\x", 10, r"\\fs1\data", r"\\fs1\data\x"),
        ] {
            assert_eq!(followed(path, consumed, &[target]).unwrap(), [expected], "{path}");
        }
        let several = followed(r"\l\d\x", 8, &[r"\b\s", r"\a\s"]).unwrap();
        assert_eq!(several, [r"\\b\s\x", r"\\a\s\x"], "the order of the server stays");
    }

    /// A failure here would make a folder unreachable because one of its copies is written wrongly.
    #[test]
    fn a_broken_target_beside_a_good_one_is_left_out() {
        for broken in [r"\fs1", "", "\\fs1\\data\nx", r"\fs1\data\\x"] {
            for targets in [[broken, r"\fs2\data"], [r"\fs2\data", broken]] {
                assert_eq!(followed(r"\lab\dfs", 16, &targets).unwrap(), [r"\\fs2\data"], "{broken:?}");
            }
        }
    }

    /// A failure here would follow a referral that a hostile or broken server made.
    #[test]
    fn a_referral_that_breaks_a_rule_is_refused() {
        for (path, consumed, targets) in [
            (r"\lab\dfs\link", 25, &[r"\fs1\data"][..]),
            (r"\lab\dfs\link", 20, &[r"\fs1\data"]),
            (r"\lab\dfs\link", 40, &[r"\fs1\data"]),
            ("\\l\\\u{1f600}\\x", 8, &[r"\fs1\data"]),
            (r"\lab\dfs", 16, &[]),
            (r"\lab\dfs", 16, &[r"\fs1"]),
            (r"\lab\dfs", 16, &[r"\fs1\"]),
            (r"\lab\dfs", 16, &[""]),
            (r"\lab\dfs", 16, &[r"\fs1\data\\x"]),
            // They would make the path longer with each referral.
            (r"\lab\dfs\link", 0, &[r"\fs1\data"]),
            (r"\lab\dfs\link", 8, &[r"\fs1\data"]),
            (r"\lab\dfs\link", 10, &[r"\fs1\data"]),
            // They would forge a line of the command's output, or change the terminal.
            (r"\lab\dfs", 16, &["\\fs1\\data\\x\nerror: log on again"]),
            (r"\lab\dfs", 16, &["\\fs1\\da\u{1b}[2Jta"]),
        ] {
            assert!(followed(path, consumed, targets).is_err(), "{path} {consumed} {targets:?}");
        }
        let long = format!(r"\fs1\data\{}", "a".repeat(32_700));
        assert!(followed(r"\lab\dfs\x", 16, &[&long]).is_ok());
        assert!(followed(&format!(r"\lab\dfs\{}", "x".repeat(99)), 16, &[&long]).is_err());
    }
}
