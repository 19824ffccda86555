/// A user name in upper case as NTLM means it ([MS-NLMP] 3.3.2).
///
/// Each UTF-16 unit is mapped for itself and to one unit: `ß` stays, characters beyond U+FFFF stay.
#[must_use]
pub fn upper_case(text: &str) -> String {
    text.chars().map(upper_case_char).collect()
}

fn upper_case_char(char: char) -> char {
    let mut upper = char.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if u32::from(char) <= 0xffff && u32::from(upper) <= 0xffff => upper,
        _ => char,
    }
}
