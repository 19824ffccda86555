//! [`fits`] matches patterns with `*` (any number of characters) and `?` (one character). Case does not count.

use crate::name::folded;

/// Whether `text` contains a wildcard.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether `pattern` matches the whole of `name`. The time is at most proportional to the product of their lengths.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = folded(name).collect();
    // reached[i]: the pattern so far matches the first i characters of the name.
    let mut reached = vec![false; name.len().saturating_add(1)];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for wanted in folded(pattern) {
        let before = reached.clone();
        let mut any_before = false;
        for (i, now) in reached.iter_mut().enumerate() {
            any_before |= before.get(i).copied().unwrap_or(false);
            let previous = i.checked_sub(1);
            let after_previous = previous.and_then(|p| before.get(p)).copied().unwrap_or(false);
            let character = previous.and_then(|p| name.get(p));
            *now = match wanted {
                '*' => any_before,
                '?' => after_previous,
                wanted => after_previous && character == Some(&wanted),
            };
        }
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A failure here would select other users than the pattern describes.
    #[test]
    fn wildcards_mean_what_they_do_in_shells() {
        for (pattern, name, expected) in [
            ("svc-*", "svc-sql", true),
            ("svc-*", "SVC-", true),
            ("svc-*", "xsvc-sql", false),
            ("*", "", true),
            ("?", "", false),
            ("b?b", "bob", true),
            ("b?b", "bb", false),
            ("*a*b", "xxaxxb", true),
            ("*a*b", "xxbxxa", false),
            ("bob", "bob", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    proptest! {
        /// A failure here would miss names that begin and end like the pattern.
        #[test]
        fn a_star_stands_for_anything(start in "[a-c]{0,3}", middle in "[a-c]{0,5}", end in "[a-c]{0,3}") {
            let pattern = format!("{start}*{end}");
            let name = format!("{start}{middle}{end}");
            prop_assert!(fits(&pattern, &name));
            let with_x_before = format!("x{name}");
            prop_assert!(!fits(&pattern, &with_x_before) || start.is_empty());
        }
    }
}
