/// A user name in upper case as NTLM means it ([MS-NLMP] 3.3.2): by the mapping that Windows has for names.
///
/// That mapping takes each UTF-16 unit for itself and to one unit, so `ß` stays, and so do characters beyond
/// U+FFFF. Nor does it touch letters whose upper case has another lower case (`ı`, `µ`, `ſ`, title-case `ǅ`),
/// except the Greek final sigma, or scripts that had a single case when it was made.
#[must_use]
pub fn upper_case(text: &str) -> String {
    text.chars().map(upper_case_char).collect()
}

fn upper_case_char(char: char) -> char {
    const FINAL_SIGMA: char = 'ς';
    const GEORGIAN: std::ops::RangeInclusive<char> = '\u{10d0}'..='\u{10ff}';
    const CHEROKEE: [std::ops::RangeInclusive<char>; 2] = ['\u{13f8}'..='\u{13fd}', '\u{ab70}'..='\u{abbf}'];
    let Some(upper) = only(char.to_uppercase()) else { return char };
    let one_unit = u32::from(char) <= 0xffff && u32::from(upper) <= 0xffff;
    let comes_back = only(upper.to_lowercase()) == Some(char) || char == FINAL_SIGMA;
    let newer = GEORGIAN.contains(&char) || CHEROKEE.iter().any(|range| range.contains(&char));
    if one_unit && comes_back && !newer { upper } else { char }
}

/// The only character, where there is just one.
fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If this fails, users whose names are not ASCII could not log in. Pairs as in the table that Microsoft publishes
    /// for exFAT's names (exFAT specification, 7.2.5.1).
    #[test]
    fn names_in_other_scripts() {
        for (name, upper) in [
            ("alice", "ALICE"),
            ("Zoë", "ZOË"),
            ("jörg.straße", "JÖRG.STRAßE"),
            ("ÿ", "Ÿ"),
            ("Γιώργος", "ΓΙΏΡΓΟΣ"),
            ("иван", "ИВАН"),
            ("ışık", "ıŞıK"),
            ("5µ", "5µ"),
            ("ǆǅ", "Ǆǅ"),
            ("ﬁ", "ﬁ"),
            ("გიორგი", "გიორგი"),
            ("田中𐐨", "田中𐐨"),
        ] {
            assert_eq!(upper_case(name), upper);
        }
    }
}
