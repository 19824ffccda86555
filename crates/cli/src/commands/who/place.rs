//! [`find`]: the server that has the path, also for a folder that this user's own server shares.

use netsession::{LOCAL_VARIABLE, Local, Server};
use netsession_admin::{Place, Presence, Target, is_shared, unquoted};

use crate::commands::goodbye::with_server;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Connect;
use crate::output::from_visible;
use crate::path::{followed, refuse_pipes};
use crate::servers::targets;

/// What a person can name instead of a word.
const PATHS: &str =
    r"name a path, such as \\fs1\data\budget.xlsx; for a user, use `netsession sessions --user NAME`";

/// What helps if a path names no server.
const NAME_SHARE: &str =
    r"name the share, as in \\fs1\data\file, or use `netsession files SERVER --path PATH`";

/// What helps if the shell has removed the backslashes of a path.
const QUOTE: &str = r"quote a path with backslashes, because the shell removes them: '\\fs1\data\file'";

/// Whether a POSIX shell can have made this from a path without quotes: of `\\fs1\data` it leaves `\fs1data`.
fn is_unquoted(text: &str) -> bool {
    text.strip_prefix('\\').is_some_and(|rest| !rest.contains(['\\', '/']))
}

/// A server, and the path at it.
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) path: String,
    /// The user whom a URL names.
    pub(super) user: Option<String>,
}

/// Finds the server that has the path.
pub(super) async fn find(text: &str, flags: &Connect) -> Result<Found, Failure> {
    let text = unquoted(&from_visible(text)).to_owned();
    if text.is_empty() {
        return Err(Failure::usage("PATH is empty"));
    }
    // A user, a group or a server is a common mistake.
    let is_word = !text.contains(['\\', '/', '.', ':']);
    if is_word && std::fs::symlink_metadata(&text).is_err() {
        return Err(Failure::usage(format!("there is no file or folder {text} here")).hint(PATHS));
    }
    match Place::of(&text)? {
        Place::Share(path) => {
            refuse_pipes(&path)?;
            let user = path.user().map(str::to_owned);
            let (target, path) = followed(&path, flags).await?;
            Ok(Found { target, path, user })
        }
        Place::Local(path) => at_own_server(path, flags).await,
        _ => Err(Failure::usage(format!("{text} is a server's own path, and names no server"))
            .hint(if is_unquoted(&text) { QUOTE } else { NAME_SHARE })),
    }
}

/// Finds a share of the user's own server that contains the path.
async fn at_own_server(path: String, flags: &Connect) -> Result<Found, Failure> {
    let is_chosen = std::env::var_os(LOCAL_VARIABLE).is_some_and(|it| !it.is_empty());
    let is_running = is_chosen
        || match Local::find() {
            Err(error @ netsession::Error::SeveralLocal { .. }) => return Err(several(&error)),
            found => matches!(found?, Local::Running(_)),
        };
    let target = if is_running { targets(&[], flags)?.pop() } else { None };
    let Some(target) = target else {
        return Err(if is_absent(&path) { absent(&path) } else { no_server(&path, None) });
    };
    let shares = with_server(&target, async |server: &mut Server| {
        server.shares().await.map_err(netsession_admin::Error::from)
    });
    let shares = target.within_limit(shares).await?;
    match is_shared(&shares, &path) {
        Some(true) => Ok(Found { target, path, user: None }),
        _ if is_absent(&path) => Err(absent(&path)),
        _ => Err(no_server(&path, Some(target.name()))),
    }
}

fn is_absent(path: &str) -> bool {
    matches!(Presence::here(path), Presence::Missing)
}

/// The error of a path that is not on this computer.
fn absent(path: &str) -> Failure {
    Failure {
        exit: Exit::Usage,
        ..Failure::failed(format!("there is no file or folder {path} on this computer"))
    }
    .hint(PATHS)
}

/// The error of a path on this computer, of which several servers can share it.
fn several(error: &netsession::Error) -> Failure {
    Failure { exit: Exit::Usage, ..Failure::failed(error.to_string()) }
        .hint("ask each of them with `netsession files SERVER --path PATH`")
}

fn no_server(path: &str, server: Option<&str>) -> Failure {
    let message = match server {
        None => {
            format!("{path} is on this computer, in no mounted share, and you run no `netsession serve` here")
        }
        Some(server) => {
            format!(
                "{path} is on this computer, in no mounted share, and in no share of your server {server}"
            )
        }
    };
    Failure { exit: Exit::Usage, ..Failure::failed(message) }
        .hint("another server of this computer can share it: use `netsession files SERVER --path PATH`")
}
