//! Functions that make selectors of sessions and files from flags.

use std::collections::BTreeMap;

use netsession::{ClientPattern, FileFilter, Selector, Session, SessionFilter, UserPattern};
use netsession_admin::{Target, resolve_selectors};

use crate::failure::Failure;
use crate::flags::{Select, SelectFiles};
use crate::output::{from_visible, hint, note, visible};

/// Why an id that was right before may select nothing.
pub(crate) const IDS_CHANGE: &str = "a session has the same id only while its server runs, and an id that the server \
                                     lists twice selects none: list the sessions again (netsession sessions -o wide)";

/// Makes the selector of the flags; `None` without any of them. `share` is the name of the share.
pub(crate) fn parse(select: &Select, share: Option<&str>) -> Result<Option<Selector>, Failure> {
    Ok(Selector::filter(SessionFilter {
        clients: clients(&select.client)?,
        users: users(&select.user)?,
        share: share.map(str::to_owned),
        idle_over: select.idle_over,
        connected_over: select.connected_over,
        opens_over: select.opens_over,
    }))
}

/// Makes the selector of `--session`, which names sessions exactly as `-o name` prints them.
pub(crate) fn sessions(names: &[String]) -> Result<Option<Selector>, Failure> {
    let session = |name: &String| {
        let pair = name.rsplit_once('@').map(|(user, client)| (from_visible(user), from_visible(client)));
        let pair = pair.filter(|(user, client)| !user.is_empty() && !client.is_empty());
        let (user, client) = pair.ok_or_else(|| {
            Failure::usage(format!("--session: invalid session `{}`", visible(name)))
                .hint("use USER@CLIENT, as `netsession sessions -o name` prints it")
        })?;
        Ok(Session::new(&client, &user))
    };
    let sessions: Result<Vec<Session>, Failure> = names.iter().map(session).collect();
    Ok(Selector::pairs(&sessions?))
}

/// Returns the name of a session that `--session` takes back; `None` if there is no such name, or if it looks like a flag.
pub(crate) fn name(client: &str, user: &str) -> Option<String> {
    let is_named = !client.is_empty() && !user.is_empty() && !user.starts_with('-') && !client.contains('@');
    is_named.then(|| format!("{}@{}", visible(user), visible(client)))
}

/// Describes the host names with several addresses, which may be several computers. `selectors` are the same selector,
/// resolved with the options of each server.
pub(crate) fn several_addresses(selectors: &[Selector]) -> Option<String> {
    let mut described = Vec::new();
    for client in selectors.iter().flat_map(Selector::clients).filter(|client| client.addresses().len() > 1) {
        let addresses: Vec<String> = client.addresses().iter().map(ToString::to_string).collect();
        let text = format!("{client} has several addresses: {}", addresses.join(", "));
        if !described.contains(&text) {
            described.push(text);
        }
    }
    (!described.is_empty()).then(|| described.join("; "))
}

/// Parses the values of `--client`.
pub(crate) fn clients(texts: &[String]) -> Result<Vec<ClientPattern>, Failure> {
    let parsed = texts.iter().map(|text| from_visible(text).parse());
    parsed.collect::<Result<_, _>>().map_err(|error| wrong("--client", &error))
}

/// Parses the values of `--user`.
pub(crate) fn users(texts: &[String]) -> Result<Vec<UserPattern>, Failure> {
    let parsed = texts.iter().map(|text| from_visible(text).parse());
    parsed.collect::<Result<_, _>>().map_err(|error| wrong("--user", &error))
}

/// Parses `--share` of the commands that take a path by `--path`: the bare name of a share.
fn share(text: Option<&str>) -> Result<Option<String>, Failure> {
    let share = text.map(from_visible);
    if share.as_deref().is_some_and(|share| share.is_empty() || share.contains(['\\', '/'])) {
        return Err(Failure::usage("--share takes the name of a share, such as data")
            .hint("select a folder, or a share of a certain server, with --path"));
    }
    Ok(share)
}

/// Makes the filter of `--path`, `--user`, `--client` and `--share`.
pub(crate) fn file_filter(path: Option<String>, select: &SelectFiles) -> Result<FileFilter, Failure> {
    let (users, clients) = (users(&select.user)?, clients(&select.client)?);
    Ok(FileFilter { path, share: share(select.share.as_deref())?, users, clients })
}

/// Looks up the clients of a filter with the options of each server, and describes host names with several addresses.
/// Returns the filter of each server.
pub(crate) async fn resolved_filters<'a>(
    filter: &FileFilter,
    targets: &'a [Target],
) -> Result<BTreeMap<&'a str, FileFilter>, netsession_admin::Error> {
    let clients = SessionFilter { clients: filter.clients.clone(), ..SessionFilter::default() };
    let Some(selector) = Selector::filter(clients) else {
        return Ok(targets.iter().map(|target| (target.name(), filter.clone())).collect());
    };
    let selectors = resolve_selectors(&selector, targets).await?;
    several_addresses(&selectors).iter().for_each(|several| note(several));
    let filters = selectors
        .iter()
        .map(|selector| FileFilter { clients: selector.clients().to_vec(), ..filter.clone() });
    Ok(targets.iter().map(Target::name).zip(filters).collect())
}

/// The note about files that match apart from their client.
pub(crate) fn unknown_clients(server: &str, count: usize) -> Option<String> {
    let files = match count {
        0 => return None,
        1 => "1 more file matches".to_owned(),
        count => format!("{count} more files match"),
    };
    Some(format!(
        "{server}: {files} except for the client, which the server does not report (--user selects them)"
    ))
}

/// The note about a path at which a server has no open files.
pub(crate) fn nothing_open_at(path: &str) -> String {
    format!(r"no open files at {path} (use \\fs1\share\file, or the server's own path such as C:\share\file)")
}

fn wrong(flag: &str, error: &netsession::ParseSelectorError) -> Failure {
    Failure::usage(format!("{flag}: {error}"))
}

/// Prints the users of the same name in another domain. They do not match, but the person may mean one of them.
pub(crate) fn hint_at_near_misses<'a>(
    near_misses: impl IntoIterator<Item = &'a Session>,
    selector: &Selector,
) {
    hint_at_near_users(near_misses.into_iter().map(|session| session.user.as_str()), selector.users());
}

/// The same for the users of files.
pub(crate) fn hint_at_near_users<'a>(near: impl IntoIterator<Item = &'a str>, patterns: &[UserPattern]) {
    let mut users: Vec<&str> = near.into_iter().collect();
    users.sort_unstable();
    users.dedup();
    let wanted: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    let Some((user, false)) = users.first().map(|user| (user, wanted.is_empty())) else { return };
    let search = patterns.iter().zip(&wanted).find(|(user, _)| user.is_pattern());
    let advice = match search {
        Some((_, pattern)) if !pattern.contains(['\\', '@']) => {
            format!("to select users of every domain, pass --user '*\\{pattern}'")
        }
        _ => format!("to select a user of another domain, pass --user '{user}'"),
    };
    hint(&format!("{} does not match {}; {advice}", wanted.join(", "), users.join(", ")));
}

/// Returns flags as a person would type them, for the journal. Without a flag, the person chose from a list.
pub(crate) fn shown(flags: impl IntoIterator<Item = (&'static str, Vec<String>)>) -> String {
    let quoted = |value: &String| {
        let is_plain = |c: char| c.is_alphanumeric() || "-_.,:/@+=".contains(c);
        match value.chars().all(is_plain) {
            true => value.clone(),
            false => format!("'{}'", value.replace('\'', r"'\''")),
        }
    };
    let flag = |(flag, values): (&str, Vec<String>)| {
        values
            .iter()
            .map(|value| format!("{flag} {}", quoted(value)).trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let flags: Vec<String> = flags.into_iter().flat_map(flag).collect();
    if flags.is_empty() { "chosen from a list".to_owned() } else { flags.join(" ") }
}

#[cfg(test)]
mod tests {
    use netsession::{ServerNames, Session, wide};

    /// A failure here would leave no way to select the session of a user whose name is not valid UTF-16.
    #[test]
    fn a_name_with_an_unpaired_surrogate_can_be_selected() {
        let listed = wide::from_units([0x62, 0xd83d, 0x62]);
        let other = wide::from_units([0x62, 0xd83e, 0x62]);
        let as_in_json: String = serde_json::from_str(&serde_json::to_string(&listed).unwrap()).unwrap();
        for typed in ["B<U+D83D>b", "b?b", &as_in_json] {
            let pattern = &super::users(&[typed.to_owned()]).unwrap()[0];
            assert!(pattern.matches(&listed, &ServerNames::default()), "{typed}");
            assert_eq!(pattern.matches(&other, &ServerNames::default()), pattern.is_pattern(), "{typed}");
        }
    }

    /// A failure here would let the name of one session select another, or everybody.
    #[test]
    fn the_name_of_a_session_selects_only_it() {
        let pairs = [
            ("10.0.0.5", "bob"),
            ("10.0.0.5", r"LAB\alice"),
            ("fe80::1%eth0", "a@b"),
            ("10.0.0.6", "*"),
            ("0.0.0.0/0", "b?b"),
        ];
        let mut names: Vec<String> =
            pairs.iter().map(|(client, user)| super::name(client, user).unwrap()).collect();
        names.push(super::name("10.0.0.5", "a\nb").unwrap());
        assert!(names.iter().all(|name| !name.contains(char::is_control)), "{names:?}");
        for (index, name) in names.iter().enumerate() {
            let selector = super::sessions(std::slice::from_ref(name)).unwrap().unwrap();
            let all = pairs.iter().chain([&("10.0.0.5", "a\nb")]);
            let matched: Vec<usize> = all
                .enumerate()
                .filter(|(_, (client, user))| {
                    selector.matches(&Session::new(client, user), &ServerNames::default())
                })
                .map(|(index, _)| index)
                .collect();
            assert_eq!(matched, [index], "{name}");
        }
        for nameless in [("", "bob"), ("10.0.0.5", ""), ("a@b", "bob"), ("10.0.0.5", "-rf")] {
            assert_eq!(super::name(nameless.0, nameless.1), None);
        }
        for wrong in ["", "bob", "@10.0.0.5", "bob@"] {
            assert!(super::sessions(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
        assert_eq!(super::sessions(&[]).unwrap(), None);
    }
}
