//! Which sessions and files are meant, from the flags.

use netsession::{Selector, UserPattern};

use crate::args::Select;
use crate::failure::Failure;

/// The selector that `--client` and `--user` make; an empty one where neither is given.
pub(crate) fn parse(select: &Select) -> Result<Selector, Failure> {
    let client = select.client.as_deref().map(|text| text.parse().map_err(|error| wrong("--client", &error)));
    let user = select.user.as_deref().map(user);
    Ok(Selector { client: client.transpose()?, user: user.transpose()?, all: false })
}

/// Whose files or sessions are meant.
pub(crate) fn user(text: &str) -> Result<UserPattern, Failure> {
    text.parse().map_err(|error| wrong("--user", &error))
}

/// The paths that there are.
pub(crate) const PATHS: &str = r"\\fs1\share\file, or the server's own, such as C:\share\file";

/// Which file or folder is meant. An empty one would mean all of them.
pub(crate) fn path(text: &str) -> Result<String, Failure> {
    match text {
        "" => Err(Failure::usage("--path is empty").hint("leave it out to mean every file")),
        text => Ok(text.to_owned()),
    }
}

fn wrong(flag: &str, error: &netsession::ParseSelectorError) -> Failure {
    Failure::usage(format!("{flag}: {error}"))
}
