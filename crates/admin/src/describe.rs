//! [`describe`]: what names of servers stand for, and which login each server would get.

use std::collections::HashSet;

use netsession::ServerAddress;
use netsession_config::Config;

use crate::{
    Choice, Error, LoginFlags, LoginSources, NamedServer, NoQuestions, Policy, ServerSelection, Warning,
};

/// What the name of a server stands for, and the login that the server would get.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerDescription {
    /// The name.
    pub name: String,
    /// The address to connect to; for a cluster, that of its first node.
    pub address: ServerAddress,
    /// The groups that contain the server, such as `@files`, from the one that was named to the innermost.
    pub groups: Vec<String>,
    /// Whether the configuration says that the server is a cluster, or a node of one.
    pub is_cluster: bool,
    /// The addresses of the nodes, if the name is that of a cluster.
    pub nodes: Vec<ServerAddress>,
    /// The user who would log on; `None` if only a ticket or a person says it.
    pub user: Option<String>,
    /// The source of the user.
    pub user_from: String,
    /// The source of the password or of the keys. Nothing has been read from it.
    pub secret_from: String,
}

/// Describes the selected servers; without names, all servers, clusters and groups of the configuration. It connects to no server,
/// runs no password command, looks for no ticket, and asks nothing.
///
/// # Errors
/// Those of [`ServerSelection::find`] and [`LoginSources::of_flags`].
///
/// ```
/// use netsession_admin::{ServerSelection, describe};
/// use netsession_config::Config;
///
/// let config = Config::parse(
///     "[server.fs1]\naddress = '10.0.0.5'\nlogin = 'LAB\\adm1'\npassword-command = ['pass', 'lab']\n\
///      [group.files]\nservers = ['fs1']",
/// )
/// .unwrap();
/// let (servers, _) = describe(&ServerSelection::of(&["@files"]), config)?;
/// assert_eq!((servers[0].address.host(), servers[0].groups.join(" ")), ("10.0.0.5", "@files".to_owned()));
/// assert_eq!(servers[0].user.as_deref(), Some(r"LAB\adm1"));
/// # Ok::<(), netsession_admin::Error>(())
/// ```
pub fn describe(
    selection: &ServerSelection,
    config: Config,
) -> Result<(Vec<ServerDescription>, Vec<Warning>), Error> {
    let (servers, warnings) = match selection.names.is_empty() {
        true => whole_file(selection, &config)?,
        false => selection.find(&config)?,
    };
    let is_local_named = servers.iter().any(NamedServer::is_loopback);
    let sources = LoginSources::of_flags(&LoginFlags::default(), config, is_local_named, &mut NoQuestions)?;
    Ok((servers.iter().map(|server| description(server, &sources)).collect(), warnings))
}

/// Returns every server of the configuration file: under each of its names, and in each of its groups.
fn whole_file(
    selection: &ServerSelection,
    config: &Config,
) -> Result<(Vec<NamedServer>, Vec<Warning>), Error> {
    let groups = config.groups().map(|group| format!("@{group}"));
    let names = config.clusters().chain(config.servers()).map(str::to_owned);
    let names: Vec<String> = groups.chain(names).collect();
    let mut selection = selection.clone();
    selection.names.clone_from(&names);
    let (found, warnings) = selection.find(config)?;
    if names.is_empty() {
        return Ok((found, warnings));
    }
    let kept: HashSet<_> = found.iter().map(NamedServer::key).collect();
    let mut servers = Vec::new();
    for name in names {
        let named = NamedServer::parse_all(&[name], config)?;
        servers.extend(named.into_iter().filter(|server| kept.contains(&server.key())));
    }
    // Under the same name, the way through an outer group shows the inner one, too.
    let is_within = |one: &NamedServer, other: &NamedServer| {
        one.name() == other.name()
            && one.groups().len() < other.groups().len()
            && other.groups().ends_with(one.groups())
    };
    let is_shown = |one: &&NamedServer| !servers.iter().any(|other| is_within(one, other));
    let shown = servers.iter().filter(is_shown).cloned().collect();
    Ok((shown, warnings))
}

fn description(server: &NamedServer, sources: &LoginSources) -> ServerDescription {
    let settings = server.settings(&sources.config);
    let choice = sources.choose(Policy::PersonNamed, server, None).unwrap_or(Choice::Question);
    let named = server.named();
    let has_own = sources.config.own_login(named.host(), named.port()).is_some();
    let command = settings.password_command.as_ref().and_then(|command| command.first());
    let address = sources.address_for(Policy::PersonNamed, server.nodes().first().unwrap_or(server), &choice);
    // There is no ticket for an address.
    let or_question = match settings.connect_options().allow_kerberos_to(&address) {
        true => "a Kerberos ticket, or a question",
        false => "a question",
    };
    let (user, user_from, secret_from) = match &choice {
        Choice::Running(index) => {
            let user = sources.running.get(*index).map(|running| running.login.to_string());
            (user, "the running server".to_owned(), "the running server".to_owned())
        }
        Choice::User(user) => {
            let from = if has_own { "the server's table" } else { "[default]" };
            let secret = match (&sources.password, &settings.keytab, command) {
                (Some(_), ..) => "NETSESSION_PASSWORD".to_owned(),
                (None, Some(keytab), _) => format!("the keytab {}", keytab.display()),
                (None, None, Some(program)) => format!("the password command {program}"),
                (None, None, None) => or_question.to_owned(),
            };
            (Some(user.clone()), from.to_owned(), secret)
        }
        Choice::Set | Choice::Ticket | Choice::Question => {
            let secret = if sources.password.is_some() { "NETSESSION_PASSWORD" } else { or_question };
            (None, or_question.to_owned(), secret.to_owned())
        }
    };
    ServerDescription {
        name: server.name().to_owned(),
        address,
        groups: server.groups().to_vec(),
        is_cluster: settings.cluster == Some(true),
        nodes: server.nodes().iter().map(|node| node.address().clone()).collect(),
        user,
        user_from,
        secret_from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would show an administrator another server or login than the commands use.
    #[test]
    fn a_server_is_described_by_its_name() {
        let config = "[default]\nlogin = 'LAB\\adm1'\npassword-command = ['/nonexistent/pass']\n[server.fs1]\n\
                      login = 'root'\naddress = '10.0.0.5:4450'\n[server.n1]\ncluster = true\nkeytab = '/k'\n\
                      [group.files]\nservers = ['fs1', '@inner']\n[group.inner]\nservers = ['fs9']\n\
                      [cluster.nas]\nnodes = ['c1', 'c2']\nlogin = 'boss'\n[server.c1]\naddress = '10.0.0.6'";
        let (servers, _) = describe(&ServerSelection::default(), Config::parse(config).unwrap()).unwrap();
        let shown: Vec<_> = servers
            .iter()
            .map(|one| {
                let user = one.user.as_deref().unwrap_or("-");
                let (groups, address) = (one.groups.join(" > "), &one.address);
                format!("{} {address} [{groups}] {user}: {}", one.name, one.user_from)
            })
            .collect();
        assert_eq!(
            shown,
            [
                "fs1 10.0.0.5:4450 [@files] root: the server's table",
                r"fs9 fs9 [@files > @inner] LAB\adm1: [default]",
                "nas 10.0.0.6 [] boss: the server's table",
                "c1 10.0.0.6 [] boss: the server's table",
                r"n1 n1 [] LAB\adm1: [default]",
            ]
        );
        assert_eq!(
            servers.iter().map(|one| one.is_cluster).collect::<Vec<_>>(),
            [false, false, true, true, true]
        );
        let nodes: Vec<_> = servers[2].nodes.iter().map(ToString::to_string).collect();
        assert_eq!(nodes, ["10.0.0.6", "c2"]);
        let (servers, _) = describe(&ServerSelection::of(&["fs7"]), Config::default()).unwrap();
        assert_eq!((servers[0].user.as_deref(), servers[0].groups.len()), (None, 0));
    }

    /// A failure here would let a person believe that a name or a group lacks a server, because another name stands for it, too.
    #[test]
    fn the_whole_file_has_every_name_and_every_group() {
        let config = "[server.fs1]\naddress = '10.0.0.5'\n[server.fs1b]\naddress = '10.0.0.5'\n\
                      [group.berlin]\nservers = ['fs1']\n[group.files]\nservers = ['fs1', '@berlin', 'fs9']";
        let config = || Config::parse(config).unwrap();
        let shown = |selection: &ServerSelection| {
            let (servers, _) = describe(selection, config()).unwrap();
            servers.iter().map(|one| format!("{} {}", one.name, one.groups.join(">"))).collect::<Vec<_>>()
        };
        let mut selection = ServerSelection::default();
        assert_eq!(shown(&selection), ["fs1 @berlin", "fs1 @files", "fs9 @files", "fs1b "]);
        selection.excluded.push("fs1".to_owned());
        assert_eq!(shown(&selection), ["fs9 @files"], "the alias is the same server");
    }

    /// A failure here would promise a logon by a ticket that no server with an address gets.
    #[test]
    fn a_ticket_is_promised_only_where_there_is_one() {
        let config = "[server.a]\naddress = '10.0.0.5'\n[server.b]\naddress = '10.0.0.6'\nkerberos-name = 'b.lab.test'\n\
                      [server.c]\nkerberos = 'off'";
        let selection = ServerSelection::of(&["a", "b", "c", "fs1", "10.0.0.7"]);
        let (servers, _) = describe(&selection, Config::parse(config).unwrap()).unwrap();
        let (ticket, question) = ("a Kerberos ticket, or a question", "a question");
        let from: Vec<&str> = servers.iter().map(|one| &*one.user_from).collect();
        assert_eq!(from, [question, ticket, question, ticket, question]);
    }
}
