//! [`mark`] identifies the session of this connection among the listed ones.

use std::time::Duration;

use tokio::time::Instant;

use crate::calls::Facts;
use crate::selector::listed_address;
use crate::{OpenFile, Own, Session, name};

/// The largest error of a server's whole seconds.
const GRANULARITY: Duration = Duration::from_secs(2);

/// Marks the session of this connection among those that the server lists.
///
/// A server that lists ids lists the session of this connection with the number that this end has, too. At other servers
/// this session has this end's address and user, and is not older than the connection. If exactly one session fits, it
/// is the own one. If several fit, or the network or the server changes the address or the user's name, this function
/// marks every session that could be it as unknown, so that none of them ends by mistake: those of the user, the young
/// ones from the address, and, if none of these is young, every young session.
pub(crate) fn mark(sessions: &mut [Session], facts: &Facts, now: Instant) {
    let is_listed = |session: &Session| session.id.is_some() && session.id == facts.session;
    if sessions.iter().any(is_listed) {
        for session in sessions {
            session.own = if is_listed(session) { Own::Yes } else { Own::No };
        }
        return;
    }
    let age = age(facts, now);
    let young = |session: &Session| session.connected.is_none_or(|connected| connected <= age);
    let address = |session: &Session| is_own_address(session, facts);
    let user = |session: &Session| is_own_user(session, facts);

    let exact = count(sessions, |session| young(session) && address(session) && user(session));
    let by_name = count(sessions, |session| young(session) && (address(session) || user(session)));
    for session in sessions {
        let may_be_own = if exact > 0 {
            young(session) && address(session) && user(session)
        } else {
            user(session) || young(session) && (address(session) || by_name == 0)
        };
        session.own = match (may_be_own, exact) {
            (false, _) => Own::No,
            (true, 1) => Own::Yes,
            (true, _) => Own::Unknown,
        };
    }
}

/// Whether it is known which session is this connection's own, if the server lists it: only `candidates` are marked as such, or as
/// unknown. A single one without a mark of certainty is the own one if it is young enough, and has the user or the address.
pub(crate) fn is_known(candidates: &[&Session], facts: &Facts, now: Instant) -> bool {
    let [only] = candidates else { return false };
    let is_young = || only.connected.is_none_or(|connected| connected <= age(facts, now));
    only.own == Own::Yes || is_young() && (is_own_user(only, facts) || is_own_address(only, facts))
}

/// Returns the longest time that this connection's own session can be listed with.
fn age(facts: &Facts, now: Instant) -> Duration {
    now.saturating_duration_since(facts.since) + GRANULARITY
}

/// Whether a session comes from this end's address.
pub(crate) fn is_own_address(session: &Session, facts: &Facts) -> bool {
    let own = facts.own_address.map(|address| address.to_canonical());
    own.is_some() && listed_address(&session.client) == own
}

/// Whether a session belongs to the user of this connection. The domain does not count: servers spell it differently,
/// and sparing one session too many does no harm.
pub(crate) fn is_own_user(session: &Session, facts: &Facts) -> bool {
    is_of_account(session, &facts.user)
}

/// Whether a session belongs to the account of a user without a domain.
pub(crate) fn is_of_account(session: &Session, account: &str) -> bool {
    is_account(&session.user, account)
}

/// Whether an open file may be one of the pipes of this connection: it is a pipe that this library opens, of the same user.
pub(crate) fn is_own_pipe(file: &OpenFile, facts: &Facts) -> bool {
    const PIPES: [&str; 3] = ["srvsvc", "wkssvc", "samr"];
    let components: Vec<&str> = file.path.split('\\').filter(|component| !component.is_empty()).collect();
    let pipe = match components.as_slice() {
        [pipe] => pipe,
        [folder, pipe] if folder.eq_ignore_ascii_case("pipe") => pipe,
        _ => return false,
    };
    PIPES.iter().any(|known| pipe.eq_ignore_ascii_case(known)) && is_account(&file.user, &facts.user)
}

/// Whether a listed user has the name of the account, which has no domain.
fn is_account(user: &str, account: &str) -> bool {
    let listed = bare(user);
    !listed.is_empty() && name::same(listed, account)
}

/// Whether both users have a domain, as in `LAB\adm1`, and not the same one. `lab.test` can be the domain `LAB`.
pub(crate) fn is_of_other_domain(user: &str, other: &str) -> bool {
    let label = |user| {
        let domain = name::split(user).0.filter(|domain| !domain.is_empty());
        domain.and_then(|domain| domain.split('.').next())
    };
    matches!((label(user), label(other)), (Some(one), Some(other)) if !name::same(one, other))
}

/// Returns the account in `LAB\adm1`, `adm1@LAB.TEST` and `adm1`.
pub(crate) fn bare(user: &str) -> &str {
    let account = name::split(user).1;
    account.split('@').next().unwrap_or(account)
}

fn count(sessions: &[Session], fits: impl Fn(&Session) -> bool) -> usize {
    sessions.iter().filter(|session| fits(session)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionId;
    use crate::testing::facts;

    /// Marks rows of (client, user, seconds) as seen ten seconds after logging on as adm1 from 10.0.0.9.
    fn marked(rows: &[(&str, &str, Option<u64>)]) -> Vec<Own> {
        let facts = facts();
        let mut sessions: Vec<_> = rows
            .iter()
            .map(|(client, user, seconds)| {
                let mut session = Session::new(client, user);
                session.connected = seconds.map(Duration::from_secs);
                session
            })
            .collect();
        mark(&mut sessions, &facts, facts.since + Duration::from_secs(10));
        sessions.iter().map(|session| session.own).collect()
    }

    /// A failure here would end this connection's own session, or not mark it as such.
    #[test]
    fn address_user_and_age_identify_the_own_session() {
        use Own::{No, Yes};
        let rows = [
            ("10.0.0.5", "bob", Some(5)),
            (r"\\10.0.0.9", r"LAB\ADM1", Some(10)),
            ("10.0.0.9", "bob", Some(10)),
            ("10.0.0.8", "adm1", Some(10)),
            ("10.0.0.9", "adm1", Some(500)),
        ];
        assert_eq!(marked(&rows), [No, Yes, No, No, No]);
    }

    /// A failure here would report an intruder who uses the same account as netsession's own session, or fail every command behind a
    /// translated address.
    #[test]
    fn a_single_young_candidate_is_the_own_one() {
        let known = |rows: &[(&str, &str, Option<u64>)]| {
            let facts = facts();
            let candidate = |(client, user, seconds): &(&str, &str, Option<u64>)| {
                let mut session = Session::new(client, user);
                session.connected = seconds.map(Duration::from_secs);
                session.own = Own::Unknown;
                session
            };
            let sessions: Vec<_> = rows.iter().map(candidate).collect();
            is_known(&sessions.iter().collect::<Vec<_>>(), &facts, facts.since + Duration::from_secs(10))
        };
        let (own, root) = (("192.0.2.1", "adm1", Some(10)), ("10.0.0.9", "root", Some(9)));
        assert!(known(&[own]) && known(&[root]) && known(&[("192.0.2.1", "adm1", None)]));
        for rows in [&[own, own][..], &[], &[("192.0.2.1", "adm1", Some(900))]] {
            assert!(!known(rows), "{rows:?}");
        }
        assert!(!known(&[("192.0.2.1", "bob", Some(9))]), "of a server that does not list the own session");
    }

    /// A failure here would end one of several sessions that look alike, possibly this connection's own.
    #[test]
    fn sessions_that_look_alike_are_unknown() {
        use Own::{No, Unknown};
        let rows = [("10.0.0.9", "adm1", Some(10)), ("10.0.0.9", "adm1", None), ("10.0.0.9", "bob", None)];
        assert_eq!(marked(&rows), [Unknown, Unknown, No]);
    }

    /// A failure here would end this connection's own session, or spare another one that looks alike, although the server
    /// tells them apart.
    #[test]
    fn the_own_id_decides_where_the_server_lists_it() {
        let with_id = |number: u64, client: &str| Session::new(client, "adm1").with_id(number);
        let marked = |own: u64, mut sessions: Vec<Session>| {
            let facts = Facts { session: SessionId::new(own), ..facts() };
            mark(&mut sessions, &facts, facts.since);
            sessions.iter().map(|session| session.own).collect::<Vec<_>>()
        };
        let alike = || vec![with_id(7, "10.0.0.9"), with_id(8, "10.0.0.9"), with_id(9, "192.0.2.1")];
        assert_eq!(marked(9, alike()), [Own::No, Own::No, Own::Yes]);
        assert_eq!(marked(8, alike()), [Own::No, Own::Yes, Own::No]);
        assert_eq!(marked(6, alike()), [Own::Unknown, Own::Unknown, Own::No], "it lists other numbers");
    }

    /// A failure here would end this connection's own session if the network translates its address.
    #[test]
    fn behind_a_translated_address_every_session_of_the_user_may_be_own() {
        use Own::{No, Unknown};
        let rows =
            [("192.0.2.1", "adm1", Some(10)), ("192.0.2.7", "adm1", Some(900)), ("192.0.2.1", "bob", None)];
        assert_eq!(marked(&rows), [Unknown, Unknown, No]);
        let same_address_elsewhere = [("192.0.2.1", "adm1", Some(10)), ("10.0.0.9", "adm1", Some(900))];
        assert_eq!(marked(&same_address_elsewhere), [Unknown, Unknown]);
    }

    /// A failure here would end this connection's own session at a server that lists the user under another name.
    #[test]
    fn under_another_name_the_address_and_then_the_age_decide() {
        use Own::{No, Unknown};
        assert_eq!(marked(&[("10.0.0.9", "root", Some(9)), ("10.0.0.8", "bob", Some(9))]), [Unknown, No]);
        assert_eq!(marked(&[("192.0.2.1", "root", Some(9)), ("10.0.0.8", "bob", Some(99))]), [Unknown, No]);
    }

    /// A failure here would end this connection's own session at a server that maps its user to another name, because
    /// another session there still has the first name.
    #[test]
    fn an_older_session_of_the_same_user_does_not_hide_the_own_one() {
        use Own::{No, Unknown};
        for own in ["10.0.0.9", "192.0.2.1"] {
            let rows =
                [(own, "root", Some(9)), ("10.0.0.8", "adm1", Some(900)), ("10.0.0.7", "bob", Some(99))];
            assert_eq!(marked(&rows), [Unknown, Unknown, No], "{own}");
        }
    }
}
