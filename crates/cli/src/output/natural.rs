//! [`natural`] orders names as people do: `10.0.0.9` before `10.0.0.10`, `pc2` before `pc11`.

use std::cmp::Ordering;

/// Compares names character by character, and numbers within them by value.
pub(crate) fn natural(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one.as_bytes(), other.as_bytes());
    loop {
        let ((number, left_rest), (other_number, right_rest)) = (split_number(left), split_number(right));
        let order = match (number, other_number) {
            ([], _) | (_, []) => left.first().cmp(&right.first()),
            // Without leading zeros, the longer one is greater.
            _ => number.len().cmp(&other_number.len()).then_with(|| number.cmp(other_number)),
        };
        if order.is_ne() || left.is_empty() {
            // Names that only differ in leading zeros still have an order.
            return order.then_with(|| one.cmp(other));
        }
        let is_number = !number.is_empty();
        left = if is_number { left_rest } else { left.get(1..).unwrap_or_default() };
        right = if is_number { right_rest } else { right.get(1..).unwrap_or_default() };
    }
}

/// Splits off the number at the start of a text, and removes its leading zeros, apart from a single zero.
fn split_number(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let zeros = text.iter().take_while(|&&byte| byte == b'0').count().min(digits.saturating_sub(1));
    let (number, rest) = text.split_at_checked(digits).unwrap_or_default();
    (number.get(zeros..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::natural;
    use proptest::prelude::*;

    /// A failure here would sort a client to an unexpected place in a long list.
    #[test]
    fn numbers_sort_by_value() {
        let sorted = [
            "",
            "10.0.0.9",
            "10.0.0.10",
            "10.0.1.0",
            "PC2",
            "PC11",
            "pc",
            "pc02",
            "pc2",
            "pc2a",
            "pc10",
            "ä",
        ];
        let mut names: Vec<&str> = sorted.iter().rev().copied().collect();
        names.sort_by(|one, other| natural(one, other));
        assert_eq!(names, sorted);
    }

    proptest! {
        /// A failure here would make sorting panic, or give equal names an order.
        #[test]
        fn is_a_total_order(names in proptest::collection::vec("[a0-2.é]{0,5}", 3)) {
            let [a, b, c] = [&names[0], &names[1], &names[2]];
            prop_assert_eq!(natural(a, b), natural(b, a).reverse());
            prop_assert_eq!(natural(a, b).is_eq(), a == b);
            prop_assert!(natural(a, b).is_gt() || natural(b, c).is_gt() || natural(a, c).is_le());
        }
    }
}
