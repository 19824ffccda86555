//! Which sessions and files are meant, from the flags.

use netsession::{Error, Selector, UserPattern};

use crate::args::Select;
use crate::failure::Failure;
use crate::servers::Target;

/// The selector that `--client` and `--user` make; None without either.
pub(crate) fn parse(select: &Select) -> Result<Option<Selector>, Failure> {
    let client = select.client.as_deref().map(|text| text.parse().map_err(|error| wrong("--client", &error)));
    let user = select.user.as_deref().map(user);
    Ok(Selector::new(client.transpose()?, user.transpose()?))
}

/// Looks up a client that is given by its name, as the first server is looked up.
pub(crate) async fn resolve(selector: &mut Selector, targets: &[Target]) -> Result<(), Error> {
    match targets.first() {
        Some(target) => selector.resolve(&target.options).await,
        None => Ok(()),
    }
}

/// What is to be said of a host name with several addresses: it can be several computers.
pub(crate) fn several_addresses(selector: &Selector) -> Option<String> {
    let client = selector.client().filter(|client| client.addresses().len() > 1)?;
    let addresses: Vec<String> = client.addresses().iter().map(ToString::to_string).collect();
    Some(format!("{client} has several addresses: {}", addresses.join(", ")))
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
