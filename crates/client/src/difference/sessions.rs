use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::{Builder, Difference, Row};
use crate::{Session, SessionId, name};

/// The largest error of a server's whole seconds: one for their fraction, one for rounding.
const GRANULARITY: Duration = Duration::from_secs(2);

/// Returns what changed between two listings of a server's sessions, the second taken `elapsed` after the first.
///
/// Sessions with an id are the same if their ids and their users are. Other servers have no number for a session, and list several sessions of
/// the same client and user alike. Only their age distinguishes them: a session that is too young to be in the first listing
/// is new. A session of unknown age counts as old. If one session is gone and another of the same client and user is new, the
/// client has returned.
///
/// A session has changed if its opens, its flags or the details about its client differ. Its ages do not count, because
/// they always grow.
///
/// ```
/// use std::time::Duration;
/// use netsession::{Session, session_difference};
///
/// let aged = |seconds| {
///     let mut session = Session::new("10.0.0.5", "bob");
///     session.connected = Some(Duration::from_secs(seconds));
///     session
/// };
/// let (before, after) = ([aged(60)], [aged(1)]);
/// let difference = session_difference(&before, &after, Duration::from_secs(10));
/// assert_eq!(difference.returned.len(), 1, "bob's old session is gone, and he logged on again");
/// assert!(session_difference(&before, &[aged(70)], Duration::from_secs(10)).is_empty());
/// ```
#[must_use]
pub fn session_difference<'a>(
    before: &'a [Session],
    after: &'a [Session],
    elapsed: Duration,
) -> Difference<&'a Session> {
    session_difference_after(before, after, elapsed, elapsed)
}

/// Does the same as [`session_difference`], and also counts a session as new if it certainly began less than
/// `since_event` ago.
pub(crate) fn session_difference_after<'a>(
    before: &'a [Session],
    after: impl IntoIterator<Item = &'a Session>,
    elapsed: Duration,
    since_event: Duration,
) -> Difference<&'a Session> {
    let mut builder = Builder::new();
    let (mut before, mut after): (Vec<_>, Vec<_>) =
        (before.iter().enumerate().collect(), after.into_iter().enumerate().collect());
    pair_by_id(&mut before, &mut after, &mut builder);
    for group in groups(before, after) {
        group.compare(&mut builder, elapsed, since_event);
    }
    builder.finish(is_changed)
}

/// The sessions of one client and user in both listings.
#[derive(Default)]
struct Group<'a> {
    before: Vec<Row<'a, Session>>,
    after: Vec<Row<'a, Session>>,
}

/// Pairs the rows with the same id, and removes them. A session with several connections can have another client by now; if
/// the user is another one, a server that restarted, or lies, gave the id to another session.
fn pair_by_id<'a>(
    before: &mut Vec<Row<'a, Session>>,
    after: &mut Vec<Row<'a, Session>>,
    builder: &mut Builder<'a, Session>,
) {
    let with_id = before.iter().filter_map(|row| Some((row.1.id?, *row)));
    let mut partners: HashMap<SessionId, Row<'a, Session>> = with_id.collect();
    let mut paired = HashSet::new();
    after.retain(|row| {
        let is_of_user = |partner: &Row<'_, Session>| name::same(&partner.1.user, &row.1.user);
        let partner = row.1.id.and_then(|id| partners.remove(&id)).filter(is_of_user);
        let Some(partner) = partner else { return true };
        paired.insert(partner.0);
        builder.add_kept(partner, *row);
        false
    });
    before.retain(|(place, _)| !paired.contains(place));
}

fn groups<'a>(
    before: Vec<Row<'a, Session>>,
    after: Vec<Row<'a, Session>>,
) -> impl Iterator<Item = Group<'a>> {
    let key = |session: &Session| -> (String, String) {
        (name::folded(&session.client).collect(), name::folded(&session.user).collect())
    };
    let mut groups: HashMap<_, Group<'a>> = HashMap::new();
    for row in before {
        groups.entry(key(row.1)).or_default().before.push(row);
    }
    for row in after {
        groups.entry(key(row.1)).or_default().after.push(row);
    }
    groups.into_values()
}

impl<'a> Group<'a> {
    fn compare(mut self, builder: &mut Builder<'a, Session>, elapsed: Duration, since_event: Duration) {
        // Those with an id have no partner here.
        let has_id = |(_, session): &mut Row<'a, Session>| session.id.is_some();
        let mut gone: Vec<_> = self.before.extract_if(.., has_id).collect();
        let came: Vec<_> = self.after.extract_if(.., has_id).collect();
        let limit = age_limit(&self.before, elapsed).max(since_event);
        let (mut new, mut old): (Vec<_>, Vec<_>) =
            self.after.into_iter().partition(|(_, session)| is_younger(session, limit));
        // The oldest first, and those of unknown age last.
        let age = |(_, session): &Row<'_, Session>| std::cmp::Reverse(session.connected);
        self.before.sort_by_key(age);
        old.sort_by_key(age);

        let expected = ages(&self.before, elapsed);
        let found = ages(&old, Duration::ZERO);
        new.extend(came);
        if self.before.len() <= old.len() {
            let partners = closest(&expected, &found);
            let (kept, came) = split(old, &partners);
            self.before.into_iter().zip(kept).for_each(|(before, after)| builder.add_kept(before, after));
            builder.came.extend(came);
        } else {
            let partners = closest(&found, &expected);
            let (kept, lost) = split(self.before, &partners);
            kept.into_iter().zip(old).for_each(|(before, after)| builder.add_kept(before, after));
            gone.extend(lost);
        }
        let returned = gone.len().min(new.len());
        let pairs = gone.drain(..returned).zip(new.drain(..returned));
        pairs.for_each(|(before, after)| builder.add_returned(before, after));
        builder.came.extend(new);
        builder.gone.extend(gone);
    }
}

/// Every session of the first listing is at least this old by now. Zero if one's age is unknown.
fn age_limit(before: &[Row<'_, Session>], elapsed: Duration) -> Duration {
    // An unknown age is the smallest one.
    let youngest = before.iter().map(|(_, session)| session.connected).min().flatten();
    youngest.map_or(Duration::ZERO, |age| age.saturating_add(elapsed))
}

/// Whether a session is certainly younger than `limit`.
fn is_younger(session: &Session, limit: Duration) -> bool {
    session.connected.is_some_and(|age| age.saturating_add(GRANULARITY) <= limit)
}

fn ages(rows: &[Row<'_, Session>], elapsed: Duration) -> Vec<Option<Duration>> {
    rows.iter().map(|(_, session)| session.connected.map(|age| age.saturating_add(elapsed))).collect()
}

/// Returns, for each age in `few`, the index of a close age in `many`, which is at least as long. Both are sorted the
/// same way, and the indices rise. The time is linear.
fn closest(few: &[Option<Duration>], many: &[Option<Duration>]) -> Vec<usize> {
    let distance = |one: Option<Duration>, place: usize| match (one, many.get(place).copied().flatten()) {
        (Some(one), Some(other)) => one.abs_diff(other),
        _ => Duration::MAX,
    };
    let mut spare = many.len().saturating_sub(few.len());
    let mut place = 0_usize;
    let mut places = Vec::with_capacity(few.len());
    for age in few {
        while spare > 0 && distance(*age, place.saturating_add(1)) < distance(*age, place) {
            place = place.saturating_add(1);
            spare -= 1;
        }
        places.push(place);
        place = place.saturating_add(1);
    }
    places
}

/// Splits the rows into those at these rising indices, and the others.
fn split<T>(rows: Vec<T>, places: &[usize]) -> (Vec<T>, Vec<T>) {
    let mut places = places.iter().copied().peekable();
    let (taken, others): (Vec<_>, Vec<_>) =
        rows.into_iter().enumerate().partition(|(place, _)| places.next_if_eq(place).is_some());
    let bare = |rows: Vec<(usize, T)>| rows.into_iter().map(|(_, row)| row).collect();
    (bare(taken), bare(others))
}

/// Whether anything but the ages differs.
fn is_changed(before: &Session, after: &Session) -> bool {
    let details = |session: &Session| (session.opens, session.guest, session.own);
    details(before) != details(after)
        || before.listed() != after.listed()
        || before.client_type != after.client_type
        || before.transport != after.transport
        || before.id != after.id
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Own;

    fn session((client, user, connected): (u8, u8, Option<u64>)) -> Session {
        let mut session = Session::new(&format!("10.0.0.{client}"), &format!("user{user}"));
        session.connected = connected.map(Duration::from_secs);
        session
    }

    fn bobs(ages: &[Option<u64>]) -> Vec<Session> {
        ages.iter().map(|age| session((5, 0, *age))).collect()
    }

    fn known(ages: &[u64]) -> Vec<Session> {
        bobs(&ages.iter().copied().map(Some).collect::<Vec<_>>())
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Returns the numbers of sessions that came, are gone, returned and stayed.
    fn counts(before: &[Session], after: &[Session], elapsed: u64) -> [usize; 4] {
        let difference = session_difference(before, after, secs(elapsed));
        let Difference { came, gone, returned, .. } = &difference;
        [came.len(), gone.len(), returned.len(), difference.kept().count()]
    }

    /// A failure here would call an old session a new one, and report it as ended while it is still there.
    #[test]
    fn a_session_is_new_only_if_it_cannot_be_old() {
        for (before, after, elapsed, expected) in [
            (Some(60), Some(60), 0, [0, 0, 0, 1]),
            (Some(60), Some(61), 1, [0, 0, 0, 1]),
            (Some(60), Some(59), 0, [0, 0, 0, 1]),
            (Some(60), Some(64), 5, [0, 0, 0, 1]),
            (Some(60), Some(1), 0, [0, 0, 1, 0]),
            (Some(60), Some(0), 1, [0, 0, 1, 0]),
            (Some(60), None, 5, [0, 0, 0, 1]),
            (None, Some(50), 5, [0, 0, 0, 1]),
            (None, Some(3), 5, [0, 0, 1, 0]),
            (None, Some(4), 5, [0, 0, 0, 1]),
        ] {
            let found = counts(&bobs(&[before]), &bobs(&[after]), elapsed);
            assert_eq!(found, expected, "{before:?} to {after:?} after {elapsed} s");
        }
    }

    /// A failure here would hide a session that began, ended or returned among others of the same client and user.
    #[test]
    fn age_distinguishes_sessions_of_one_client_and_user() {
        for (before, after, expected) in [
            (&[100, 50, 5][..], &[110, 60, 15][..], [0, 0, 0, 3]),
            (&[100, 50, 5], &[60], [0, 2, 0, 1]),
            (&[50], &[110, 60], [1, 0, 0, 1]),
            (&[50], &[60, 1], [1, 0, 0, 1]),
            (&[100, 50], &[60, 1], [0, 0, 1, 1]),
            (&[100, 50], &[1, 2, 3], [1, 0, 2, 0]),
        ] {
            assert_eq!(counts(&known(before), &known(after), 10), expected, "{before:?} to {after:?}");
        }
        let (before, after) = (known(&[100, 50, 5]), known(&[60]));
        let difference = session_difference(&before, &after, secs(10));
        assert_eq!(difference.gone, [&before[0], &before[2]], "the middle one stayed");
        assert_eq!(difference.unchanged[0].before, &before[1]);
    }

    /// A failure here would report another session of the same client and user as ended, or one that a client opened since as
    /// the old one.
    #[test]
    fn ids_decide_whatever_the_ages_say() {
        let with_ids = |rows: &[(u64, u64)]| -> Vec<Session> {
            let row = |(id, age): &(u64, u64)| session((5, 0, Some(*age))).with_id(*id);
            rows.iter().map(row).collect()
        };
        for (before, after, expected) in [
            (&[(1, 60), (2, 60)][..], &[(2, 60)][..], [0, 1, 0, 1]),
            (&[(1, 60), (2, 60)], &[(2, 0)], [0, 1, 0, 1]),
            (&[(1, 60)], &[(1, 60), (2, 60)], [1, 0, 0, 1]),
            (&[(1, 60)], &[(2, 60)], [0, 0, 1, 0]),
            (&[(1, 60), (2, 60)], &[(2, 60), (3, 60), (4, 60)], [1, 0, 1, 1]),
            (&[(0, 60), (1, 60)], &[(0, 60), (1, 60)], [0, 0, 0, 2]),
        ] {
            assert_eq!(counts(&with_ids(before), &with_ids(after), 0), expected, "{before:?} to {after:?}");
        }
        let (before, after) = (with_ids(&[(1, 60), (2, 60)]), with_ids(&[(2, 60), (3, 0)]));
        let difference = session_difference(&before, &after, secs(1));
        let elsewhere = [session((6, 0, Some(60))).with_id(2)];
        let moved = session_difference(&before, &elsewhere, secs(0));
        assert_eq!((moved.changed.len(), moved.gone.len()), (1, 1), "its first connection is closed");
        assert_eq!((difference.returned[0].before, difference.returned[0].after), (&before[0], &after[1]));
        let mut of_alice = session((5, 0, Some(0))).with_id(1);
        "alice".clone_into(&mut of_alice.user);
        let given = [of_alice, session((5, 0, Some(0))).with_id(3)];
        let found = session_difference(&before[..1], &given, secs(1));
        assert_eq!((found.came.len(), found.returned.len(), found.changed.len()), (1, 1, 0), "{found:?}");
    }

    /// A failure here would make a live view report a change each second, or miss the change of a session.
    #[test]
    fn ages_run_on_and_details_change() {
        let before = known(&[60]);
        let with = |change: fn(&mut Session)| {
            let mut after = known(&[70]);
            change(&mut after[0]);
            session_difference(&before, &after, secs(10)).changed.len()
        };
        assert_eq!(with(|_| {}), 0);
        assert_eq!(with(|session| session.idle = Some(secs(3))), 0);
        assert_eq!(with(|session| session.opens = Some(3)), 1);
        assert_eq!(with(|session| session.guest = Some(true)), 1);
        assert_eq!(with(|session| session.own = Own::Yes), 1);
        assert_eq!(with(|session| session.transport = Some("tcp".into())), 1);
    }

    /// A failure here would take the same user in another case for another user.
    #[test]
    fn case_and_backslashes_do_not_make_another_session() {
        let before = [Session::new("PC7", "Bob")];
        let after = [Session::new(r"\\pc7", "BOB")];
        let difference = session_difference(&before, &after, secs(1));
        assert_eq!((difference.changed.len(), difference.came.len()), (1, 0), "only the spelling changed");
    }

    fn sessions() -> impl Strategy<Value = Vec<Session>> {
        let row = (0..3_u8, 0..3_u8, proptest::option::of(0..100_u64));
        proptest::collection::vec(row.prop_map(session), 0..14)
    }

    proptest! {
        /// A failure here would lose a session, count one twice, or call one gone that the server still lists.
        #[test]
        fn every_row_is_in_exactly_one_list(before in sessions(), after in sessions(), seconds in 0..60_u64) {
            let difference = session_difference(&before, &after, secs(seconds));
            let addresses = |rows: Vec<&Session>| {
                let mut addresses: Vec<_> = rows.into_iter().map(std::ptr::from_ref).collect();
                addresses.sort_unstable();
                addresses
            };
            let both = || difference.kept().chain(&difference.returned);
            let from_before = both().map(|row| row.before).chain(difference.gone.iter().copied()).collect();
            prop_assert_eq!(addresses(from_before), addresses(before.iter().collect()));
            let from_after = both().map(|row| row.after).chain(difference.came.iter().copied()).collect();
            prop_assert_eq!(addresses(from_after), addresses(after.iter().collect()));
            for row in both() {
                prop_assert!(row.before.is_same_pair(row.after));
            }
            for gone in &difference.gone {
                let count = |rows: &[Session]| rows.iter().filter(|row| row.is_same_pair(gone)).count();
                prop_assert!(count(&after) < count(&before), "gone while as many are listed");
                prop_assert!(!difference.came.iter().any(|came| came.is_same_pair(gone)));
            }
        }

        /// A failure here would report changes where only time has passed, in some order of the listing.
        #[test]
        fn time_alone_changes_nothing(before in sessions(), seconds in 0..60_u64, turn in 0..14_usize) {
            let mut after = before.clone();
            after.iter_mut().for_each(|row| row.connected = row.connected.map(|age| age + secs(seconds)));
            if !after.is_empty() {
                let middle = turn % after.len();
                after.rotate_left(middle);
            }
            let difference = session_difference(&before, &after, secs(seconds));
            prop_assert!(difference.is_empty(), "{:?}", difference);
        }

        /// A failure here would take a session that certainly began between the listings for one of the first listing.
        #[test]
        fn a_session_that_began_in_between_is_never_kept(before in sessions(), mut after in sessions(), seconds in 4..60_u64) {
            after.iter_mut().for_each(|row| row.connected = Some(secs(seconds - 3)));
            let difference = session_difference(&before, &after, secs(seconds));
            prop_assert_eq!(difference.kept().count(), 0);
        }
    }
}
