//! `--path` and PATH: which server they lead to, and which path to look for there.

use netsession_admin::{Place, SharePath, Step, Target, follow};

use crate::failure::{Failure, Hinted as _};
use crate::flags::Connect;
use crate::output::{self, from_visible};
use crate::servers::{self, Terminal, observers, targets};

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
        let text = from_visible(text);
        match servers {
            [] => match Place::of(&text)? {
                Place::Share(path) => Ok(Wanted::Share(path)),
                Place::Local(absolute) if text.starts_with("./") || text.starts_with("../") => {
                    Ok(Wanted::At(absolute))
                }
                _ => Ok(Wanted::At(text)),
            },
            servers => match SharePath::parse(&text).transpose()? {
                None => Ok(Wanted::At(text)),
                Some(path) if matches!(servers, [server] if !server.starts_with('@')) => {
                    Ok(Wanted::At(path.unc()))
                }
                Some(path) => Err(several(&path)),
            },
        }
    }
}

/// The error of a path on one share for several servers.
fn several(path: &SharePath) -> Failure {
    Failure::usage(format!("--path names one server, {}, but several are selected", path.server()))
        .hint("omit the servers, or give the server's own path, such as C:\\data")
}

/// Servers to ask, and the path to look for there.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) targets: Vec<Target>,
    pub(crate) path: Option<String>,
}

/// Finds the servers on the command line, or the one to which the path leads. It asks every question about a login
/// before the first connection, except one that only the target of a DFS path needs.
pub(crate) async fn asked(
    servers: &[String],
    path: Option<&Wanted>,
    flags: &Connect,
) -> Result<Asked, Failure> {
    match path {
        Some(Wanted::Share(path)) if flags.more.is_given() => Err(several(path)),
        Some(Wanted::Share(path)) => {
            let (target, path) = followed(path, flags).await?;
            Ok(Asked { targets: vec![target], path: Some(path) })
        }
        Some(Wanted::At(path)) => Ok(Asked { targets: targets(servers, flags)?, path: Some(path.clone()) }),
        None => Ok(Asked { targets: targets(servers, flags)?, path: None }),
    }
}

/// Connects to the server that has the path, and prints where DFS led.
pub(crate) async fn followed(path: &SharePath, flags: &Connect) -> Result<(Target, String), Failure> {
    let (login, connect) = (servers::login(flags), servers::connect(flags));
    let warn = servers::warn;
    let found = follow(path, &login, &connect, &observers(), &mut Terminal, warn).await?;
    for step in &found.steps {
        match step {
            Step::Led { from, to } => output::note(&format!("{from} leads to {to}")),
            Step::LeftOut { reason } => {
                output::warn(&format!("{reason}; trying the next target"));
                reason.hint_with_flags().iter().for_each(|hint| output::hint(hint));
            }
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
    use super::Wanted;
    use crate::exit::Exit;

    fn wanted(path: &str, servers: &[&str]) -> Result<Wanted, Exit> {
        let servers: Vec<String> = servers.iter().map(|server| (*server).to_owned()).collect();
        Wanted::of(path, &servers).map_err(|failure| failure.exit)
    }

    fn at(path: &str) -> Result<Wanted, Exit> {
        Ok(Wanted::At(path.to_owned()))
    }

    /// A failure here would ask several servers about a file that one of them has, or another server than the person
    /// named.
    #[test]
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
        assert_eq!(wanted("", &[]), Err(Exit::Usage));
        assert_eq!(wanted(r"\\fs1", &[]), Err(Exit::Usage));
        assert_eq!(wanted(r"C:\a<U+DC00>", &["fs1"]), at("C:\\a\u{10fc00}"));
    }
}
