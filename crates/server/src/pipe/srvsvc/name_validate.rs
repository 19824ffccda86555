//! NetprNameValidate ([MS-SRVS] 3.1.4.32).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | everybody | 87 for flags, and for an unknown type; 123 for a name that its type does not allow |

use netsession_srvs::name_validate::{Request, Response};
use netsession_wire::{Win32Error, wide};

use super::{Caller, Respond};

/// The types with a rule of their own ([MS-SRVS] 2.2.2.8).
const PASSWORD: u32 = 2;
const COMPUTER: u32 = 4;
const DOMAIN: u32 = 6;
const MESSAGE_DESTINATION: u32 = 11;
const SHARE_PASSWORD: u32 = 12;

impl Respond for Request {
    fn respond(self, _: &Caller<'_>) -> Response {
        let checked = match self.flags {
            0 => check(&self.name, self.name_type),
            _ => Err(Win32Error::ERROR_INVALID_PARAMETER),
        };
        Response { status: checked.err().unwrap_or(Win32Error::NERR_SUCCESS) }
    }
}

/// Checks the length and the characters of a name.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for an unknown type, and `ERROR_INVALID_NAME`.
pub(super) fn check(name: &str, name_type: u32) -> Result<(), Win32Error> {
    let (least, most) = match name_type {
        1 | 3 => (1, 256),
        PASSWORD => (0, 256),
        COMPUTER | 8 | MESSAGE_DESTINATION => (1, 260),
        5 => (1, 16),
        DOMAIN | 10 | 13 => (1, 15),
        7 | 9 => (1, 80),
        SHARE_PASSWORD => (0, 8),
        _ => return Err(Win32Error::ERROR_INVALID_PARAMETER),
    };
    let length = wide::len(name);
    match (least..=most).contains(&length) && has_valid_characters(name, name_type, length == most) {
        true => Ok(()),
        false => Err(Win32Error::ERROR_INVALID_NAME),
    }
}

fn has_valid_characters(name: &str, name_type: u32, is_longest: bool) -> bool {
    let is_default = |character: char| !character.is_control() && !r#""/\[]:|<>+=;,?"#.contains(character);
    match name_type {
        PASSWORD | SHARE_PASSWORD => true,
        COMPUTER => {
            name.chars().all(|character| is_default(character) && character != '*')
                && !name.starts_with(' ')
                && !name.ends_with(' ')
        }
        DOMAIN => name.chars().all(|character| is_default(character) && !['*', ' '].contains(&character)),
        MESSAGE_DESTINATION => {
            let plain = name.strip_suffix('*');
            plain.unwrap_or(name).chars().all(|character| is_default(character) && character != '*')
                && (plain.is_some() || !is_longest)
        }
        _ => name.chars().all(is_default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would let a client create a name that no server accepts, or refuse one that is valid.
    #[test]
    fn each_type_has_its_rule() {
        for (name, name_type, expected) in [
            ("Administrator", 1, 0),
            ("Zoë", 1, 0),
            ("", 1, 123),
            ("", PASSWORD, 0),
            ("a/b", PASSWORD, 0),
            ("a/b", 1, 123),
            ("a\tb", 3, 123),
            ("FS 1", COMPUTER, 0),
            ("FS1 ", COMPUTER, 123),
            ("FS*", COMPUTER, 123),
            ("FS*", 8, 0),
            ("LAB NET", DOMAIN, 123),
            ("LABORATORIES-123", DOMAIN, 123),
            ("LABORATORIES-12", DOMAIN, 0),
            ("all*", MESSAGE_DESTINATION, 0),
            ("a*l", MESSAGE_DESTINATION, 123),
            ("123456789", SHARE_PASSWORD, 123),
            ("x", 0, 87),
            ("x", 14, 87),
        ] {
            assert_eq!(
                check(name, name_type).err().map_or(0, |status| status.0),
                expected,
                "{name} {name_type}"
            );
        }
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        let request = Request { name: "bob".into(), name_type: 1, flags: 1, ..Request::default() };
        assert_eq!(request.respond(&stage.caller(&alice)).status.0, 87);
    }
}
