//! Functions that make selectors of sessions and files from flags.

use netsession::{Selector, UserPattern};

use crate::failure::Failure;
use crate::flags::Select;
use crate::output::from_visible;

/// Makes the selector of `--client` and `--user`; `None` without either.
pub(crate) fn parse(select: &Select) -> Result<Option<Selector>, Failure> {
    let client = |text: &str| from_visible(text).parse().map_err(|error| wrong("--client", &error));
    let client = select.client.as_deref().map(client);
    let user = select.user.as_deref().map(user);
    Ok(Selector::new(client.transpose()?, user.transpose()?))
}

/// Describes a host name with several addresses, which may be several computers. `selectors` are the same selector,
/// resolved with the options of each server.
pub(crate) fn several_addresses(selectors: &[Selector]) -> Option<String> {
    let clients = selectors.iter().filter_map(Selector::client);
    let client = clients.max_by_key(|client| client.addresses().len())?;
    let addresses: Vec<String> = client.addresses().iter().map(ToString::to_string).collect();
    (addresses.len() > 1).then(|| format!("{client} has several addresses: {}", addresses.join(", ")))
}

/// Parses `--user`.
pub(crate) fn user(text: &str) -> Result<UserPattern, Failure> {
    from_visible(text).parse().map_err(|error| wrong("--user", &error))
}

/// The note about a path at which a server has no open files.
pub(crate) fn nothing_open_at(path: &str) -> String {
    format!(r"no open files at {path} (use \\fs1\share\file, or the server's own path such as C:\share\file)")
}

fn wrong(flag: &str, error: &netsession::ParseSelectorError) -> Failure {
    Failure::usage(format!("{flag}: {error}"))
}

#[cfg(test)]
mod tests {
    use netsession::{ServerNames, wide};

    /// A failure here would leave no way to select the session of a user whose name is not valid UTF-16.
    #[test]
    fn a_name_with_an_unpaired_surrogate_can_be_selected() {
        let listed = wide::from_units([0x62, 0xd83d, 0x62]);
        let other = wide::from_units([0x62, 0xd83e, 0x62]);
        let as_in_json: String = serde_json::from_str(&serde_json::to_string(&listed).unwrap()).unwrap();
        for typed in ["B<U+D83D>b", "b?b", &as_in_json] {
            let pattern = super::user(typed).unwrap();
            assert!(pattern.matches(&listed, &ServerNames::default()), "{typed}");
            assert_eq!(pattern.matches(&other, &ServerNames::default()), pattern.is_pattern(), "{typed}");
        }
    }
}
