//! `--path` and PATH: which server they lead to, and which path to look for there.

use std::path::Path;

use netsession::ServerAddress;
use netsession_admin::{NamedServer, Place, SharePath, Step, Target, follow, unquoted, without_streams};
use netsession_config::Config;

use crate::commands::waiting;
use crate::failure::{Failure, Hinted as _};
use crate::flags::Connect;
use crate::interrupt::Interrupts;
use crate::output::{self, from_visible};
use crate::servers::{self, Terminal, observers};

/// What `--path` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A path on a share, without a server on the command line: DFS can lead to another server.
    Share(SharePath),
    /// A path at the servers on the command line: the server's own, or `\\server\share\path`.
    At(String),
}

impl Wanted {
    /// Reads `--path`. `servers` are the servers on the command line.
    pub(crate) fn of(text: &str, servers: &[String]) -> Result<Wanted, Failure> {
        if text.is_empty() {
            return Err(Failure::usage("--path is empty").hint("omit --path to select every file"));
        }
        let text = unquoted(&from_visible(text)).to_owned();
        if let Some(Ok(path)) = SharePath::parse(&text) {
            refuse_pipes(&path)?;
        }
        match servers {
            [] => match Place::of(&text)? {
                Place::Share(path) => Ok(Wanted::Share(path)),
                // A server lists whole paths, so a relative one is of the current folder.
                Place::Local(absolute) if !Path::new(&text).is_absolute() => Ok(Wanted::At(absolute)),
                _ => Ok(Wanted::At(without_streams(&text))),
            },
            servers => match SharePath::parse(&text).transpose()? {
                None => Ok(Wanted::At(without_streams(&text))),
                Some(path) => match servers {
                    [server] if !server.starts_with('@') => {
                        check_server("--path", &path, server)?;
                        Ok(Wanted::At(path.unc()))
                    }
                    _ => Err(several(&path)),
                },
            },
        }
    }
}

/// What `--share` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WantedShare {
    /// A share of the servers on the command line.
    Named(String),
    /// The root of a share, which leads to its server.
    At(SharePath),
}

impl WantedShare {
    /// Reads `--share`: the name of a share, or a path that is a whole share. `servers` are the servers on the command
    /// line.
    pub(crate) fn of(text: &str, servers: &[String]) -> Result<WantedShare, Failure> {
        let text = unquoted(&from_visible(text)).to_owned();
        if text.is_empty() {
            return Err(Failure::usage("--share takes the name of a share, such as data"));
        }
        if !text.contains(['\\', '/']) {
            return Ok(WantedShare::Named(text));
        }
        let Place::Share(path) = Place::of(&text)? else {
            return Err(Failure::usage(format!("--share: {text} is not a share"))
                .hint(r"use the name of a share, such as data, or a path such as \\fs1\data"));
        };
        match servers {
            [] => Ok(WantedShare::At(path)),
            [server] if !server.starts_with('@') => {
                check_server("--share", &path, server)?;
                Ok(WantedShare::Named(whole(&path.unc(), path.share())?.to_owned()))
            }
            _ => Err(Failure::usage(format!(
                "--share names one server, {}, but several are selected",
                path.server()
            ))
            .hint("omit the servers, or give the name of the share")),
        }
    }

    /// The name of the share, before DFS leads elsewhere.
    pub(crate) fn name(&self) -> &str {
        match self {
            WantedShare::Named(name) => name,
            WantedShare::At(path) => path.share(),
        }
    }
}

/// Reads the share of the flags. `servers` are the servers on the command line.
pub(crate) fn wanted_share(text: Option<&str>, servers: &[String]) -> Result<Option<WantedShare>, Failure> {
    text.map(|text| WantedShare::of(text, servers)).transpose()
}

/// Connects to the server that has the share, and returns the share's name there.
pub(crate) async fn share_at(path: &SharePath, flags: &Connect) -> Result<(Target, String), Failure> {
    if flags.more.is_given() {
        return Err(Failure::usage(
            "the path of --share names the server: omit --exclude and --servers-from",
        ));
    }
    let (target, path) = followed(path, flags).await?;
    let Some(found) = SharePath::parse(&path) else {
        return Err(Failure::failed(format!("{path} is not a share")));
    };
    let share = whole(&path, found?.share())?.to_owned();
    Ok((target, share))
}

/// Returns the share if the path is the share itself. A folder in it selects too little: sessions are connected to
/// the whole share.
fn whole<'s>(path: &str, share: &'s str) -> Result<&'s str, Failure> {
    let names = path.split(['\\', '/']).filter(|name| !name.is_empty());
    if names.count() > 2 {
        return Err(Failure::usage(format!("--share: {path} is a folder or file in the share {share}"))
            .hint("select the whole share, or see who holds the file with `netsession who PATH`"));
    }
    Ok(share)
}

/// Returns a path as a person can type it: with the port of the server, which the path lacks for the server itself.
pub(crate) fn with_port(path: &str, server: &str) -> String {
    let (Some(Ok(found)), Ok(address)) = (SharePath::parse(path), server.parse::<ServerAddress>()) else {
        return path.to_owned();
    };
    let host = found.address().host();
    let is_there = address.host().eq_ignore_ascii_case(host);
    let rest = path.strip_prefix(r"\\").and_then(|rest| rest.strip_prefix(host));
    // A typed path can have the port.
    match rest
        .filter(|rest| rest.starts_with('\\') && is_there && address.port() != ServerAddress::DEFAULT_PORT)
    {
        Some(rest) => format!(r"\\{server}{rest}"),
        None => path.to_owned(),
    }
}

/// Refuses a path in `IPC$`, which has named pipes and no files.
pub(crate) fn refuse_pipes(path: &SharePath) -> Result<(), Failure> {
    match path.share().eq_ignore_ascii_case("IPC$") {
        false => Ok(()),
        true => Err(Failure::usage("IPC$ contains named pipes, not files: name another share")
            .hint("`netsession connections --share IPC$` lists the connections to it")),
    }
}

/// Refuses a path of another server than the one on the command line: if the configuration has both, or at another port.
fn check_server(flag: &str, path: &SharePath, server: &str) -> Result<(), Failure> {
    let config = Config::read().map_err(netsession_admin::Error::from)?;
    if !is_of_another(path, server, &config)? {
        return Ok(());
    }
    let (other, server) = (output::visible(path.server()), output::visible(server));
    Err(Failure::usage(format!("{flag} names {other}, but {server} is on the command line"))
        .hint("omit the server, or give the path there"))
}

/// Whether a path names another server of the configuration than `server`, which is also there: by its name or its address; or
/// another port. A name that the configuration does not have can be another name of the server.
fn is_of_another(path: &SharePath, server: &str, config: &Config) -> Result<bool, netsession_admin::Error> {
    let named = NamedServer::parse(server)?.resolved(config);
    let other = NamedServer::parse(path.server())?.resolved(config);
    let key = |server: &NamedServer| (server.address().host().to_lowercase(), server.address().port());
    let own = NamedServer::parse(server)?;
    let (own, of_path) = (own.address(), path.address());
    let is_known = |address: &ServerAddress, resolved: &NamedServer| {
        let is_there = |name| {
            NamedServer::parse(name).is_ok_and(|server| key(&server.resolved(config)) == key(resolved))
        };
        config.names(address.host(), address.port()) || config.servers().any(is_there)
    };
    let are_known = is_known(own, &named) && is_known(of_path, &other);
    let has_other_port =
        of_path.port() != ServerAddress::DEFAULT_PORT && other.address().port() != named.address().port();
    let cluster = |address: &ServerAddress| {
        let named = config.cluster(address.host()).map(|(name, _)| name);
        named.or_else(|| config.cluster_of(address.host(), address.port()))
    };
    let are_one_cluster = cluster(own).is_some() && cluster(own) == cluster(of_path);
    let is_same_host = {
        let ((one, port), (two, other_port)) = (key(&named), key(&other));
        let is_short = |short: &str, long: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        port == other_port && (is_short(&one, &two) || is_short(&two, &one))
    };
    Ok((are_known || has_other_port) && !are_one_cluster && !is_same_host)
}

/// The error of a path on one share for several servers.
fn several(path: &SharePath) -> Failure {
    Failure::usage(format!("--path names one server, {}, but several are selected", path.server()))
        .hint("omit the servers, or give the server's own path, such as C:\\data")
}

/// The servers of a command, and the path to look for there.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) targets: Vec<Target>,
    pub(crate) path: Option<String>,
}

/// Finds the servers on the command line, or the one to which the path leads. It asks every question about a login
/// before the first connection, except one that only the target of a DFS path needs. `targets` finds the servers.
pub(crate) async fn asked(
    servers: &[String],
    path: Option<&Wanted>,
    flags: &Connect,
    targets: impl Fn(&[String], &Connect) -> Result<Vec<Target>, Failure>,
) -> Result<Destination, Failure> {
    match path {
        Some(Wanted::Share(path)) if flags.more.is_given() => Err(several(path)),
        Some(Wanted::Share(path)) => {
            let (target, path) = followed(path, flags).await?;
            Ok(Destination { targets: vec![target], path: Some(path) })
        }
        Some(Wanted::At(path)) => {
            Ok(Destination { targets: targets(servers, flags)?, path: Some(path.clone()) })
        }
        None => Ok(Destination { targets: targets(servers, flags)?, path: None }),
    }
}

/// Connects to the server that has the path, and prints where DFS led. An interrupt ends the process: no command has changed
/// anything before it knows its server.
pub(crate) async fn followed(path: &SharePath, flags: &Connect) -> Result<(Target, String), Failure> {
    let (login, connect) = (servers::login(flags), servers::connect(flags));
    let mut interrupts = Interrupts::listen()?;
    let named = [(path.server(), ())];
    let (mut answers, interrupt) = waiting::each(named, Some(&mut interrupts), async |()| {
        follow(path, &login, &connect, &observers(), &mut Terminal, servers::warn).await
    })
    .await;
    waiting::end_before_changes(&[path.server()], &answers, interrupt, || Ok(()))?;
    let Some(Some(found)) = answers.pop() else {
        return Err(Failure::failed(format!("no answer where {} is", path.unc())));
    };
    let found = found?;
    for step in &found.steps {
        match step {
            Step::Led { from, to } => output::note(&format!("{from} leads to {to}")),
            Step::LeftOut { reason } => {
                output::warn(&format!("{reason}; trying the next target"));
                reason.hint_with_flags().iter().for_each(|hint| output::hint(hint));
            }
            Step::Root { path } => output::note(&format!(
                "{path} is a DFS root: files behind its links are at other servers, and are not searched; name a link to search it"
            )),
            Step::Others { paths } => output::warn(&format!(
                "files at other copies of the folder are not listed: {}",
                paths.join(", ")
            )),
            _ => {}
        }
    }
    Ok((found.target, found.path))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, WantedShare, is_of_another, with_port};
    use crate::exit::Exit;
    use netsession_admin::SharePath;
    use netsession_config::Config;

    /// A failure here would close the files of the wrong server, because the path names another one than the command line; or
    /// refuse another name of the same server.
    #[test]
    fn a_path_of_another_known_server_is_noticed() {
        let config = "[server.fs1]\naddress = '10.0.0.5:4450'\n[server.fs1b]\naddress = '10.0.0.5:4450'\n\
                      [server.fs3]\naddress = '10.0.0.6'\n[server.fs4]\n[server.'fs4.lab.test']\n\
                      [cluster.nas]\nnodes = ['n1', 'n2']";
        let config = Config::parse(config).unwrap();
        for (path, server, expected) in [
            (r"\\fs3\data\x", "fs1", true),
            (r"\\FS3\data\x", "fs4", true),
            (r"\\fs1\data\x", "fs1", false),
            (r"\\fs1b\data\x", "fs1", false),
            (r"\\fs4.lab.test\data\x", "fs4", false),
            (r"\\fs3\data\x", "10.0.0.5:4450", true),
            (r"\\10.0.0.6\data\x", "fs1", true),
            (r"\\10.0.0.5:4450\data\x", "fs1", false),
            (r"\\10.0.0.5\data\x", "fs1", false),
            (r"\\fs1.lab.test\data\x", "10.0.0.5:4450", false),
            (r"\\fs1:4451\data\x", "fs1", true),
            (r"\\10.0.0.9:4451\data\x", "fs1", true),
            (r"\\unknown:4450\data\x", "fs1", false),
            (r"\\10.0.0.6\data\x", "unknown", false),
            (r"\\unknown\data\x", "fs1", false),
            (r"\\nas\data\x", "n1", false),
            (r"\\nas\data\x", "fs1", true),
        ] {
            let path = SharePath::parse(path).unwrap().unwrap();
            assert_eq!(is_of_another(&path, server, &config).unwrap(), expected, "{} {server}", path.unc());
        }
    }

    fn wanted(path: &str, servers: &[&str]) -> Result<Wanted, Exit> {
        let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
        Wanted::of(path, &servers).map_err(|failure| failure.exit)
    }

    fn at(path: &str) -> Result<Wanted, Exit> {
        Ok(Wanted::At(path.to_owned()))
    }

    /// A failure here would show a path that leads to another server when a person types it again.
    #[test]
    fn a_shown_path_has_the_port_of_its_server() {
        for (path, server, expected) in [
            (r"\\fs1\data\x", "fs1:4450", r"\\fs1:4450\data\x"),
            (r"\\FS1\data", "fs1:4450", r"\\fs1:4450\data"),
            (r"\\::1\data", "[::1]:4450", r"\\[::1]:4450\data"),
            (r"\\fs1:4450\data\x", "fs1:4450", r"\\fs1:4450\data\x"),
            (r"\\fs1\data\x", "fs1", r"\\fs1\data\x"),
            (r"\\fs1\data\x", "fs2:4450", r"\\fs1\data\x"),
            (r"\\fs1\data\x", "127.0.0.1:4450", r"\\fs1\data\x"),
            (r"C:\data\x", "fs1:4450", r"C:\data\x"),
            ("/srv/x", "fs1:4450", "/srv/x"),
        ] {
            assert_eq!(with_port(path, server), expected, "{path} {server}");
        }
    }

    /// A failure here would end the sessions of a share of another server, or of a whole share instead of one folder.
    #[test]
    fn a_share_may_name_its_server() {
        let wanted = |share: &str, servers: &[&str]| {
            let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
            WantedShare::of(share, &servers).map_err(|failure| failure.exit)
        };
        let named = |name: &str| Ok(WantedShare::Named(name.to_owned()));
        assert_eq!(wanted("data", &["fs1", "fs2"]), named("data"));
        assert_eq!(wanted(r"\\fs1\data", &["10.0.0.5"]), named("data"));
        for path in [r"\\fs1\data", "//fs1/data/", "smb://fs1/data"] {
            let Ok(WantedShare::At(path)) = wanted(path, &[]) else { panic!("{path}") };
            assert_eq!((path.server(), path.share()), ("fs1", "data"));
        }
        for (share, servers) in [
            ("", &[][..]),
            (r"C:\data", &[]),
            (r"\\fs1", &[]),
            (r"\\fs1\data", &["fs1", "fs2"]),
            (r"\\fs1\data", &["@files"]),
            (r"\\fs1\data\plan.txt", &["fs1"]),
        ] {
            assert_eq!(wanted(share, servers), Err(Exit::Usage), "{share}");
        }
    }

    /// A failure here would ask several servers about a file that one of them has, or another server than the person
    /// named.
    #[test]
    #[cfg_attr(windows, ignore = "a path of this computer is the server's own on Windows")]
    fn the_path_or_the_command_line_names_the_server() {
        let Ok(Wanted::Share(path)) = wanted(r"\\fs1:4450\data\x", &[]) else { panic!("no share") };
        assert_eq!((path.server(), path.unc().as_str()), ("fs1:4450", r"\\fs1\data\x"));
        for own in [r"C:\data", r"\data\x", "/nonexistent/data"] {
            assert_eq!(wanted(own, &[]), at(own));
            assert_eq!(wanted(own, &["fs1"]), at(own));
            assert_eq!(wanted(own, &["fs1", "fs2"]), at(own));
        }
        assert_eq!(wanted("//fs1/data/x", &["10.0.0.5"]), at(r"\\fs1\data\x"));
        assert_eq!(wanted("smb://fs1/data/a%20b", &["10.0.0.5"]), at(r"\\fs1\data\a b"));
        for several in [&["fs1", "fs2"][..], &["@berlin"]] {
            assert_eq!(wanted(r"\\fs1\data\x", several), Err(Exit::Usage), "{several:?}");
        }
        let current = std::env::current_dir().unwrap().canonicalize().unwrap();
        for relative in ["plan.txt", "./plan.txt", "a/../plan.txt"] {
            assert_eq!(wanted(relative, &[]), at(current.join("plan.txt").to_str().unwrap()), "{relative}");
            assert_eq!(wanted(relative, &["fs1"]), at(relative), "the server's own path");
        }
        assert_eq!(wanted(r"C:\x.txt::$DATA", &[]), at(r"C:\x.txt"));
        assert_eq!(wanted("/srv/x.txt::$DATA", &["fs1"]), at("/srv/x.txt"));
        assert_eq!(wanted("", &[]), Err(Exit::Usage));
        assert_eq!(wanted(r"\\fs1", &[]), Err(Exit::Usage));
        assert_eq!(wanted(r"C:\a<U+DC00>", &["fs1"]), at("C:\\a\u{10fc00}"));
    }
}
