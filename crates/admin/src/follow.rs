//! [`follow`]: connects to the server that has a path, and follows DFS referrals to it ([MS-DFSC] 3.1.4.1).

use std::collections::HashMap;

use netsession::{DfsReferral, Login, Server, ServerAddress, ServerNames};
use netsession_config::Config;

use crate::error::NoLogin;
use crate::named_server::is_same;
use crate::target::TimeLimit;
use crate::watch::is_login_refused;
use crate::{
    ConnectFlags, Error, LoginFlags, LoginSources, Logins, NamedServer, Observers, Policy, PrintedPasswords,
    Questions, SharePath, Target, Warning,
};

/// The most referrals that netsession follows for one path.
const MAX_REFERRALS: usize = 8;

/// The most targets of one referral that netsession tries. A hostile server could name two thousand, and each attempt can
/// last as long as the time limit.
const MAX_TARGETS: usize = 16;

/// The server that has a path.
#[derive(Debug)]
#[non_exhaustive]
pub struct Followed {
    /// The server. It is connected: the first [`Target::connect`] uses this connection.
    pub target: Target,
    /// The path at this server: `\\server\share\folder\file`.
    pub path: String,
    /// What a person should know about the way: a DFS path that led elsewhere, a target that was left out.
    pub steps: Vec<Step>,
}

/// A step on the way to the server that has a path.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// A server says that the path leads to another one.
    Led {
        /// The path.
        from: String,
        /// The path to which it leads.
        to: String,
    },
    /// A target is not used: netsession cannot log on there, and uses the next one.
    LeftOut {
        /// The reason, with the target's path.
        reason: Error,
    },
    /// The path is the root of a DFS namespace. The files behind its links are at other servers, and netsession does not look
    /// for them.
    Root {
        /// The path.
        path: String,
    },
    /// The path has more targets: other copies of the folder, whose files netsession does not list.
    Others {
        /// Their paths.
        paths: Vec<String>,
    },
}

/// Connects to the server that a path names, asks it whether the path is one of DFS, and follows its referrals to the
/// server that has the path.
///
/// A referral can lead to any server, so only some logins follow it ([`LoginSources::has_named`]): every login goes to
/// a server that the person or the configuration names, and to another one only a logon with Kerberos.
///
/// # Errors
/// Those of [`Target::find`] and [`Target::connect`]; [`Error::Referral`] if no target can be used;
/// [`Error::ReferralLoop`] after eight referrals, or if they lead in a circle.
pub async fn follow(
    path: &SharePath,
    login: &LoginFlags,
    connect: &ConnectFlags,
    observers: &Observers,
    questions: &mut dyn Questions,
    mut warn: impl FnMut(&Warning),
) -> Result<Followed, Error> {
    let config = Config::read()?;
    let server = NamedServer::parse(path.server())?.resolved(&config);
    let mut login = login.clone();
    if login.user.is_none() && login.authentication_file.is_none() {
        login.user = path.user().map(str::to_owned);
    }
    let sources = LoginSources::of_flags(&login, config, server.is_loopback(), questions)?;
    sources.warnings.iter().for_each(&mut warn);
    let printed = PrintedPasswords::default();
    let logins = Logins::new(Policy::PersonNamed, sources, &printed, questions);
    let mut way = Way {
        logins,
        connect,
        observers,
        named: server.address().clone(),
        steps: Vec::new(),
        seen: Vec::new(),
        refused: HashMap::new(),
    };
    let start = way.start(&server, path).await?;
    way.arrive(start, path.unc()).await
}

/// A connected server.
struct Stop {
    target: Target,
    server: Server,
    /// The time for everything that is read from the server. It began before the connection.
    time: TimeLimit,
}

/// The way from the server that a person named to the one that has the path.
struct Way<'a> {
    logins: Logins<'a>,
    connect: &'a ConnectFlags,
    observers: &'a Observers,
    /// The server that the person named.
    named: ServerAddress,
    steps: Vec<Step>,
    /// The paths that servers were asked about, and the link in each.
    seen: Vec<(String, String)>,
    /// The logins of a domain that a server refused, with the server. They go to no other target: several wrong attempts can
    /// lock an account.
    refused: HashMap<String, String>,
}

impl Way<'_> {
    /// Connects to the server that the person named. If nobody knows its name, but a mount is connected to its address,
    /// that address is used.
    async fn start(&mut self, server: &NamedServer, path: &SharePath) -> Result<Stop, Error> {
        let target = Target::find(server, None, self.connect, &mut self.logins)?;
        match (self.connected(target).await, path.mounted_from()) {
            (Err(Error::Server(netsession::Error::Resolve { .. })), Some(address)) => {
                let address = ServerAddress::new(&address.to_string(), server.address().port())?;
                tracing::info!("{}: the mount is connected to {address}", server.name());
                let server = NamedServer::parse(&address.to_string())?;
                let target = Target::find(&server, None, self.connect, &mut self.logins)?;
                self.connected(target).await
            }
            (Err(Error::Server(cause @ netsession::Error::Resolve { .. })), None)
                if server.name().contains('.') =>
            {
                Err(Error::PathServer { server: server.name().to_owned(), cause: Box::new(cause) })
            }
            (result, _) => result,
        }
    }

    async fn connected(&self, target: Target) -> Result<Stop, Error> {
        let target = target.observed_by(self.observers.clone());
        let time = target.begin_time();
        let server = time.bound(target.name(), target.connect()).await?;
        Ok(Stop { target, server, time })
    }

    /// Follows referrals from `place`, as long as its server knows some, and not in a circle.
    async fn arrive(mut self, mut place: Stop, path: String) -> Result<Followed, Error> {
        let mut at = path.clone();
        for _ in 0..=MAX_REFERRALS {
            if let Some(first) = self.seen.iter().position(|(seen, _)| is_same_path(seen, &at)) {
                let links = self.seen.iter().skip(first).map(|(_, link)| link);
                let circle = links.chain(self.seen.get(first).map(|(_, link)| link)).cloned().collect();
                return Err(Error::ReferralCircle { path, circle });
            }
            let Led { link, targets } =
                match place.time.bound(place.target.name(), referral(&mut place.server, &at)).await? {
                    Referred::Led(led) => led,
                    Referred::Here { is_root } => {
                        self.steps.extend(is_root.then(|| Step::Root { path: at.clone() }));
                        return Ok(self.ended(place, at));
                    }
                };
            self.seen.push((at.clone(), link));
            (place, at) = self.next(place, &at, targets).await?;
        }
        Err(Error::ReferralLoop { path, limit: MAX_REFERRALS })
    }

    fn ended(self, place: Stop, path: String) -> Followed {
        let target = place.target.with_connection(place.server).with_begun_time(place.time);
        Followed { target, path, steps: self.steps }
    }

    /// Connects to the first target that can be used.
    async fn next(&mut self, place: Stop, at: &str, targets: Vec<String>) -> Result<(Stop, String), Error> {
        let mut refused: Option<Error> = None;
        let mut targets = targets.into_iter();
        let mut current = Some(place);
        for _ in 0..MAX_TARGETS {
            let Some(target) = targets.next() else { break };
            match self.reach(&mut current, &target).await {
                Ok(place) => {
                    self.steps.push(Step::Led { from: at.to_owned(), to: target.clone() });
                    self.steps.extend(refused.into_iter().map(|reason| Step::LeftOut { reason }));
                    let paths: Vec<String> = targets.collect();
                    if !paths.is_empty() {
                        self.steps.push(Step::Others { paths });
                    }
                    return Ok((place, target));
                }
                Err(cause) => {
                    let is_named = self.is_named(&target);
                    let cause = Box::new(cause);
                    let error = Error::Referral { path: at.to_owned(), target, is_named, cause };
                    match &refused {
                        None => refused = Some(error),
                        Some(_) => self.steps.push(Step::LeftOut { reason: error }),
                    }
                }
            }
        }
        Err(refused.unwrap_or_else(|| Error::ReferralLoop { path: at.to_owned(), limit: MAX_REFERRALS }))
    }

    /// Connects to the server of `path`, or stays if it is the same one.
    async fn reach(&mut self, current: &mut Option<Stop>, path: &str) -> Result<Stop, Error> {
        let named = NamedServer::parse(host_of(path))?;
        // A name in the configuration is not looked up elsewhere: its login belongs to the configured address.
        let server = named.clone().resolved(&self.logins.sources().config);
        let is_here = |place: &Stop| is_at(place.target.address(), &named, &server, place.server.names());
        if let Some(place) = current.take_if(|place| is_here(place)) {
            return Ok(place);
        }
        let has_named = is_same(&self.named, server.address()) || self.logins.sources().has_named(&server);
        let target = match has_named {
            true => Target::find(&server, None, self.connect, &mut self.logins)?,
            // Every user of the target's computer can listen on another port, and could use a ticket at port 445. A target
            // of a real DFS server has no port.
            false if server.address().port() != ServerAddress::DEFAULT_PORT => {
                return Err(Error::NoLogin { server: server.label().to_owned(), why: NoLogin::Referred });
            }
            false => Target::find_by_kerberos(&server, self.connect, &mut self.logins)?,
        };
        let place = self.log_on(target).await?;
        if let Some(left) = current.take() {
            // The answer is known; a failure to log off changes nothing.
            let _ = left.server.close().await;
        }
        Ok(place)
    }

    /// Connects to a target, unless another one has refused the login.
    async fn log_on(&mut self, target: Target) -> Result<Stop, Error> {
        let (name, user) = (target.name().to_owned(), target.login().to_string());
        let is_of_domain = is_of_domain(target.login());
        if let Some(refused_by) = self.refused.get(&user) {
            return Err(Error::NotTried { server: name, refused_by: refused_by.clone(), user });
        }
        let connected = self.connected(target).await;
        // A ticket that one server refuses does not count as a wrong password.
        let is_wrong = |error: &Error| {
            is_login_refused(error)
                && !matches!(error, Error::Server(netsession::Error::TicketRefused { .. }))
        };
        if is_of_domain && connected.as_ref().is_err_and(is_wrong) {
            self.refused.insert(user, name);
        }
        connected
    }

    /// Whether the person or the configuration names the server of `path`.
    fn is_named(&self, path: &str) -> bool {
        NamedServer::parse(host_of(path)).is_ok_and(|server| {
            let server = server.resolved(&self.logins.sources().config);
            is_same(&self.named, server.address()) || self.logins.sources().has_named(&server)
        })
    }
}

/// What a server says about a path.
enum Referred {
    /// The server has the path itself, perhaps as the root of a DFS namespace.
    Here {
        is_root: bool,
    },
    Led(Led),
}

/// A referral of a server.
struct Led {
    /// The part of the path that leads elsewhere.
    link: String,
    /// The whole path at each target.
    targets: Vec<String>,
}

/// Asks where the path leads: first where its root does, and then, if the server has the root, where the whole path does
/// ([MS-DFSC] 3.1.4.1, steps 6 and 8).
async fn referral(server: &mut Server, path: &str) -> Result<Referred, Error> {
    const HERE: Referred = Referred::Here { is_root: false };
    let (root, rest) = split_root(path);
    let Some(referral) = server.dfs_referral(root).await? else { return Ok(HERE) };
    // A root names itself as its target.
    if !referral.paths.iter().any(|target| is_same_path(target, root)) {
        let whole = |target: String| format!("{target}{rest}");
        let targets = referral.paths.into_iter().map(whole).collect();
        return Ok(Referred::Led(Led { link: referral.replaced, targets }));
    }
    if rest.is_empty() {
        return Ok(Referred::Here { is_root: true });
    }
    let Some(DfsReferral { paths, replaced, .. }) = server.dfs_referral(path).await? else { return Ok(HERE) };
    // For a path without a link, the server names the root again. A link that names itself is a circle.
    let is_link = !split_root(&replaced).1.is_empty();
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|target| is_same_path(target, path));
    if !is_link && !here.is_empty() {
        return Ok(HERE);
    }
    let targets = if elsewhere.is_empty() { here } else { elsewhere };
    Ok(Referred::Led(Led { link: replaced, targets }))
}

/// Whether the server at `here` is the one that a referral names. A referral usually has no port, and then the host counts; but if the
/// configuration gives the name another address, this address counts, with its port.
fn is_at(here: &ServerAddress, named: &NamedServer, configured: &NamedServer, names: &ServerNames) -> bool {
    let (host, port) = (named.address().host(), named.address().port());
    match is_same(named.address(), configured.address()) {
        true if ![ServerAddress::DEFAULT_PORT, here.port()].contains(&port) => false,
        true => here.host().eq_ignore_ascii_case(host) || names.contains(host),
        false => is_same(here, configured.address()),
    }
}

/// Whether the account is one of a domain, and so the same at every server.
fn is_of_domain(login: &Login) -> bool {
    login.domain.is_some() || login.user.contains('@')
}

/// Splits `\\server\share\path` after the share.
fn split_root(path: &str) -> (&str, &str) {
    let slash = path.match_indices('\\').map(|(at, _)| at).nth(3);
    path.split_at_checked(slash.unwrap_or(path.len())).unwrap_or((path, ""))
}

/// Returns the server of `\\server\share\path`.
fn host_of(path: &str) -> &str {
    path.trim_start_matches('\\').split('\\').next().unwrap_or_default()
}

/// Whether two paths name the same file. Case does not count.
fn is_same_path(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would ask the server at one port about a file at another one, and report that nobody holds it.
    #[test]
    fn the_configured_address_of_a_referral_counts_with_its_port() {
        let parse = |text: &str| NamedServer::parse(text).unwrap();
        let here: ServerAddress = "127.0.0.1:45202".parse().unwrap();
        let names = ServerNames::default();
        let is_here = |configured: &str| is_at(&here, &parse("127.0.0.1"), &parse(configured), &names);
        assert!(is_here("127.0.0.1"), "without a rule, the host counts");
        assert!(is_here("127.0.0.1:45202"), "the same place");
        assert!(!is_here("127.0.0.1:45201"), "another server of this host");
        assert!(!is_here("127.0.0.9:45202"), "another host");
        let is_here = |named: &str| is_at(&here, &parse(named), &parse(named), &names);
        assert!(is_here("127.0.0.1:45202") && !is_here("127.0.0.1:45201"), "a port in the referral");
    }

    /// A failure here would ask a server about another root, or lose a part of the path.
    #[test]
    fn a_path_is_split_after_its_share() {
        for (path, root, rest, host) in [
            (r"\\fs1\data\a\b", r"\\fs1\data", r"\a\b", "fs1"),
            (r"\\fs1\data", r"\\fs1\data", "", "fs1"),
            (r"\\lab.test\dfs\l", r"\\lab.test\dfs", r"\l", "lab.test"),
        ] {
            assert_eq!(split_root(path), (root, rest));
            assert_eq!(host_of(path), host);
        }
        assert!(is_same_path(r"\\FS1\Data", r"\\fs1\data") && !is_same_path(r"\\fs1\data", r"\\fs2\data"));
    }
}
