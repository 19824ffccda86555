//! Comparing names as Windows does: of users, computers, shares and files.
//!
//! Windows maps each UTF-16 unit to upper case by itself, with one table ([MS-UCODEREF] 3.1.5.3), and compares the units
//! ([MS-UCODEREF] 3.1.5.5.1). So two names differ that full case folding makes equal: `alıce` is not `alice`, and
//! `straße` is not `STRASSE`.

/// Returns whether two names differ in case at most.
///
/// ```
/// use netsession_wire::name::is_same_name;
///
/// assert!(is_same_name("Zoë", "ZOË"));
/// assert!(!is_same_name("alıce", "alice"), "U+0131 has no upper case in a name");
/// ```
#[must_use]
pub fn is_same_name(one: &str, other: &str) -> bool {
    one == other || one.chars().map(upper_case_char).eq(other.chars().map(upper_case_char))
}

/// Returns a name in upper case.
///
/// ```
/// assert_eq!(netsession_wire::name::upper_case("jörg.straße"), "JÖRG.STRAßE");
/// ```
#[must_use]
pub fn upper_case(name: &str) -> String {
    name.chars().map(upper_case_char).collect()
}

/// Returns the upper case that Windows has for a character in a name; the character itself if it has none.
///
/// The mapping takes one UTF-16 unit to one unit. So `ß` stays, and so does a character beyond U+FFFF. It does not
/// change a letter if its upper case has another lower case (`ı`, `µ`, `ſ`, title-case `ǅ`), except the Greek final
/// sigma. Nor does it change scripts that had a single case when Windows' table was made.
#[must_use]
pub fn upper_case_char(char: char) -> char {
    const FINAL_SIGMA: char = 'ς';
    const GEORGIAN: std::ops::RangeInclusive<char> = '\u{10d0}'..='\u{10ff}';
    const CHEROKEE: [std::ops::RangeInclusive<char>; 2] = ['\u{13f8}'..='\u{13fd}', '\u{ab70}'..='\u{abbf}'];
    if char.is_ascii() {
        return char.to_ascii_uppercase();
    }
    let Some(upper) = only(char.to_uppercase()) else { return char };
    let one_unit = u32::from(char) <= 0xffff && u32::from(upper) <= 0xffff;
    let comes_back = only(upper.to_lowercase()) == Some(char) || char == FINAL_SIGMA;
    let newer = GEORGIAN.contains(&char) || CHEROKEE.iter().any(|range| range.contains(&char));
    if one_unit && comes_back && !newer { upper } else { char }
}

/// Returns the only character; `None` if there are several.
fn only(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would refuse the logon of a user whose name is not ASCII. Pairs as in the table that Microsoft
    /// publishes for exFAT's names (exFAT specification, 7.2.5.1).
    #[test]
    fn names_in_other_scripts_have_an_upper_case() {
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

    /// A failure here would end the sessions of a user with a similar name.
    #[test]
    fn names_that_full_case_folding_confuses_differ() {
        for (one, other) in [
            ("alıce", "alice"),
            ("alıce", "ALICE"),
            ("İvan", "ivan"),
            ("İvan", "i\u{307}van"),
            ("ſam", "sam"),
            ("ſam", "SAM"),
            ("\u{212a}im", "kim"),
            ("\u{212a}im", "KIM"),
            ("\u{212b}sa", "åsa"),
            ("\u{2126}", "ω"),
            ("straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("ﬁona", "FIONA"),
            ("ŉ", "ʼN"),
            ("5µ", "5μ"),
            ("\u{10428}", "\u{10400}"),
        ] {
            assert!(!is_same_name(one, other) && !is_same_name(other, one), "{one} {other}");
        }
    }

    /// A failure here would miss the sessions of a user whose name is written in another case.
    #[test]
    fn names_that_differ_in_case_are_the_same() {
        for (one, other) in
            [("Bob", "bOB"), ("ZOË", "zoë"), ("ÄRGER.TXT", "ärger.txt"), ("ΣΑΣ", "σας"), ("", "")]
        {
            assert!(is_same_name(one, other), "{one} {other}");
        }
        assert!(!is_same_name("bob", "bob ") && !is_same_name("bob", "bobb") && !is_same_name("", "bob"));
    }

    /// A failure here would give a name two upper cases, so that a table with names as keys loses entries.
    #[test]
    fn an_upper_case_is_final() {
        for char in '\0'..=char::MAX {
            let upper = upper_case_char(char);
            assert_eq!(upper_case_char(upper), upper, "{char:?}");
            assert_eq!(upper.len_utf16(), char.len_utf16(), "{char:?}");
        }
    }
}
