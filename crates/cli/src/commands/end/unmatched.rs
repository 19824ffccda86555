//! [`warn`]: the flags of `end` that no session matches.

use std::net::IpAddr;

use netsession::{Selector, SessionFilter};

use super::{Args, Planned};
use crate::failure::Failure;
use crate::output::{self, visible};
use crate::select::{self, IDS_CHANGE};

/// The most flags that are named.
const MAX_NAMED: usize = 5;

/// Warns of the flags, among several, that no session matches at the servers that answer; `are_all` says whether these are all.
/// Without an answer, nothing is known about any flag.
pub(super) fn warn(args: &Args, planned: &[Planned<'_>], are_all: bool) -> Result<(), Failure> {
    if planned.is_empty() {
        return Ok(());
    }
    let place = if are_all { "" } else { " on the servers that answer" };
    let flags = flags(args, planned)?;
    let (named, others) = flags.split_at(flags.len().min(MAX_NAMED));
    named.iter().for_each(|text| output::warn(&format!("no session matches {text}{place}")));
    if !others.is_empty() {
        output::warn(&format!("no session matches {} more of these flags{place}", others.len()));
    }
    let is_id = |flag: &String| flag.starts_with("--id");
    // If nothing matches at all, the plan says so, with the hint.
    if flags.iter().any(is_id) && planned.iter().any(|one| !one.plan.preview().matches_nothing()) {
        output::hint(IDS_CHANGE);
    }
    Ok(())
}

/// Returns the flags, among several, that no session matches: the person may have mistyped them. A host name is left out,
/// because each server looks it up by its own options.
fn flags(args: &Args, planned: &[Planned<'_>]) -> Result<Vec<String>, Failure> {
    let (users, sessions) = (&args.select.user, &args.session);
    let clients = args.select.client.iter().filter(|client| client.parse::<IpAddr>().is_ok());
    let texts = |texts: &[&String]| texts.iter().map(|text| (*text).clone()).collect::<Vec<_>>();
    let mut flags = Vec::new();
    for user in users.iter().filter(|_| users.len() > 1) {
        flags.push(("--user", user, of_users(&texts(&[user]))?));
    }
    for client in clients.filter(|_| args.select.client.len() > 1) {
        flags.push(("--client", client, of_clients(&texts(&[client]))?));
    }
    for session in sessions.iter().filter(|_| sessions.len() > 1) {
        flags.push(("--session", session, select::sessions(&texts(&[session]))?));
    }
    let ids: Vec<String> = args.ids.id.iter().map(ToString::to_string).collect();
    for (id, text) in args.ids.id.iter().zip(&ids).filter(|_| ids.len() > 1) {
        flags.push(("--id", text, Selector::ids([*id])));
    }
    let is_unmatched = |selector: &Option<Selector>| {
        selector.as_ref().is_some_and(|selector| {
            let has_none = |one: &Planned<'_>| {
                let names = one.plan.server().names();
                !one.plan.listing().0.iter().any(|session| selector.matches(session, names))
            };
            planned.iter().all(has_none)
        })
    };
    let unmatched = flags.into_iter().filter(|(_, _, selector)| is_unmatched(selector));
    Ok(unmatched.map(|(flag, text, _)| format!("{flag} {}", visible(text))).collect())
}

fn of_users(users: &[String]) -> Result<Option<Selector>, Failure> {
    Ok(Selector::filter(SessionFilter { users: select::users(users)?, ..SessionFilter::default() }))
}

fn of_clients(clients: &[String]) -> Result<Option<Selector>, Failure> {
    Ok(Selector::filter(SessionFilter { clients: select::clients(clients)?, ..SessionFilter::default() }))
}
