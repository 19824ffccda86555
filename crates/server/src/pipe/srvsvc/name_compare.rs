//! NetprNameCompare ([MS-SRVS] 3.1.4.34).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | everybody | 0 for the same name, without regard to case except in passwords; -1 or 1 for another one; 87 for a name that its type does not allow |

use std::cmp::Ordering;

use netsession_srvs::name_compare::{Request, Response};
use netsession_wire::Win32Error;
use netsession_wire::name::is_same_name;

use super::name_validate::check;
use super::{Caller, Respond};

/// The types whose case counts: passwords of users and shares ([MS-SRVS] 2.2.2.8).
const PASSWORDS: [u32; 2] = [2, 12];
/// The flags that [MS-SRVS] 3.1.4.34 defines.
const FLAGS: u32 = 0x8000_0001;

impl Respond for Request {
    fn respond(self, _: &Caller<'_>) -> Response {
        let status = compare(&self).map_or_else(|status| status, |order| Win32Error(order.cast_unsigned()));
        Response { status }
    }
}

fn compare(request: &Request) -> Result<i32, Win32Error> {
    let (first, second) = (request.name1.as_str(), request.name2.as_str());
    let is_valid = |name| check(name, request.name_type).is_ok();
    if request.flags & !FLAGS != 0 || !is_valid(first) || !is_valid(second) {
        return Err(Win32Error::ERROR_INVALID_PARAMETER);
    }
    let is_password = PASSWORDS.contains(&request.name_type);
    if first == second || !is_password && is_same_name(first, second) {
        return Ok(0);
    }
    let order = match is_password {
        true => first.cmp(second),
        false => first.to_uppercase().cmp(&second.to_uppercase()),
    };
    Ok(if order == Ordering::Less { -1 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would take two users for one, or one for two.
    #[test]
    fn names_are_compared_as_their_type_asks() {
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        for (name1, name2, name_type, flags, expected) in [
            ("Administrator", "ADMINISTRATOR", 1, 0x8000_0000, 0),
            ("Zoë", "ZOË", 1, 0, 0),
            ("alice", "bob", 1, 1, u32::MAX),
            ("bob", "alice", 1, 0, 1),
            ("Secret", "secret", 2, 0, u32::MAX),
            ("a/b", "a/b", 1, 0, 87),
            ("a", "a", 0, 0, 87),
            ("a", "a", 1, 2, 87),
        ] {
            let (name1, name2) = (name1.to_owned(), name2.to_owned());
            let request = Request { server_name: None, name1, name2, name_type, flags };
            assert_eq!(request.respond(&stage.caller(&alice)).status.0, expected, "{name_type} {flags}");
        }
    }
}
