//! The rule which login may go to which server, for both the command and the C library: [`LoginSources::choose`].

use netsession::{Login, ServerAddress};

use crate::error::NoLogin;
use crate::login_sources::LoginSources;
use crate::named_server::{NamedServer, ip, is_localhost, is_running_at, is_same};
use crate::policy::Policy;

/// The login for a server, before [`Logins`](crate::Logins) finds its password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// The program set this login for the server.
    Set,
    /// This user logs on; the password comes from [`LoginSources`].
    User(String),
    /// The login of the user's running server, at this index of [`LoginSources::running`].
    Running(usize),
    /// The user's Kerberos ticket, if there is one: no source names a user.
    Ticket,
    /// The user's Kerberos ticket, if there is one; else a person must name the user.
    Question,
}

impl LoginSources {
    /// Chooses the login for one server: the first of these that exists.
    ///
    /// 1. the login that the program set for the server (`set`);
    /// 2. the user of the flags or the environment, if the [`Policy`] trusts the server;
    /// 3. the login of the server's own table in the configuration file, or of its cluster's; for a program, a table
    ///    without a port covers only the port of SMB;
    /// 4. the login of the user's running server, at that server's address;
    /// 5. the configuration's `[default]` login: for a person, at every server; for a program, at the local computer's
    ///    server and at servers with a table of their own;
    /// 6. the Kerberos ticket of the user who is logged on to this computer, if the [`Policy`] trusts the server;
    /// 7. for a person, the answer to a question.
    ///
    /// # Errors
    /// [`NoLogin`] if no login may go to a server that a program named.
    ///
    /// ```
    /// use netsession_admin::{Choice, LoginSources, NamedServer, NoLogin, Policy};
    ///
    /// let sources = LoginSources { user: Some("adm1".to_owned()), ..LoginSources::default() };
    /// let server = NamedServer::parse("fs9")?;
    /// let by_person = sources.choose(Policy::PersonNamed, &server, None);
    /// assert_eq!(by_person, Ok(Choice::User("adm1".to_owned())));
    /// let by_program = sources.choose(Policy::ProgramNamed, &server, None);
    /// assert_eq!(by_program, Err(NoLogin::NotNamed));
    /// # Ok::<(), netsession_admin::Error>(())
    /// ```
    pub fn choose(
        &self,
        policy: Policy,
        server: &NamedServer,
        set: Option<&Login>,
    ) -> Result<Choice, NoLogin> {
        if set.is_some() {
            return Ok(Choice::Set);
        }
        // The configuration names an alias by its own name, and the alias's address is as trusted as that.
        let (host, port) = (server.named().host(), server.named().port());
        let is_local = self.is_local(server);
        let is_named = policy == Policy::PersonNamed || is_local || self.config.names(host, port);
        let is_trusted = is_named || self.is_listed(server);
        if let Some(user) = self.user.as_ref().filter(|_| is_trusted) {
            return Ok(Choice::User(user.clone()));
        }
        if let Some(user) = self.config.own_login(host, port).filter(|_| is_trusted) {
            return Ok(Choice::User(user.to_owned()));
        }
        if let Some(index) = self.running_at(server.address()) {
            return Ok(Choice::Running(index));
        }
        let gets_default = is_named;
        if let Some(user) = self.config.for_server(host, port).login.filter(|_| gets_default) {
            return Ok(Choice::User(user));
        }
        match policy {
            Policy::PersonNamed => Ok(Choice::Question),
            Policy::ProgramNamed if self.user.is_some() && !is_trusted => Err(NoLogin::NotNamed),
            Policy::ProgramNamed if is_trusted => Ok(Choice::Ticket),
            Policy::ProgramNamed => Err(NoLogin::NotGiven),
        }
    }

    /// Whether the configuration names the server, or it is the local computer's. A DFS referral can lead to any server:
    /// to one that has no such name, only a logon with Kerberos may go, which shows the server the user and no password.
    ///
    /// ```
    /// use netsession_admin::{LoginSources, NamedServer};
    ///
    /// let sources = LoginSources { listed: vec!["fs2".parse()?], ..LoginSources::default() };
    /// assert!(sources.has_named(&NamedServer::parse("fs2")?));
    /// assert!(!sources.has_named(&NamedServer::parse("fs9")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn has_named(&self, server: &NamedServer) -> bool {
        let (host, port) = (server.named().host(), server.named().port());
        self.is_local(server) || self.config.names(host, port) || self.is_listed(server)
    }

    /// Returns a sentence for the log: the chosen login and its source.
    #[must_use]
    pub fn explain(&self, choice: &Choice, server: &NamedServer) -> String {
        match choice {
            Choice::Set => "the program set the login".to_owned(),
            Choice::Running(_) => "the login comes from the running server".to_owned(),
            Choice::Question | Choice::Ticket => "no source names the user".to_owned(),
            Choice::User(user) => {
                let own = self.config.own_login(server.named().host(), server.named().port());
                let from = match (&self.user, own) {
                    (Some(_), _) => self.user_from.as_deref().unwrap_or("the program"),
                    (None, Some(_)) => "the server's table in the configuration file",
                    (None, None) => "[default] in the configuration file",
                };
                format!("the user {user} comes from {from}")
            }
        }
    }

    /// Returns the address to connect to. `localhost` can be several addresses, and another user may listen at one of
    /// them. So a login for the local computer's server goes only to that server's own address.
    #[must_use]
    pub fn address_for(&self, policy: Policy, server: &NamedServer, choice: &Choice) -> ServerAddress {
        let named = server.address();
        let is_pinned =
            is_localhost(named) && (policy == Policy::ProgramNamed || matches!(choice, Choice::Running(_)));
        let running = self.running_at(named).and_then(|index| self.running.get(index));
        let running =
            running.and_then(|it| ServerAddress::new(&it.address.ip().to_string(), it.address.port()).ok());
        let local = self.local.as_ref().filter(|local| is_loopback_at(local, named)).cloned();
        running.or(local).filter(|_| is_pinned).unwrap_or_else(|| named.clone())
    }

    /// Whether the server is the one that NULL reaches, or one that the user runs. Other loopback addresses do not
    /// count, because any user of this computer can listen there.
    fn is_local(&self, server: &NamedServer) -> bool {
        server.is_local()
            || self.local.as_ref().is_some_and(|local| is_reached_as(local, server.address()))
            || self.running_at(server.address()).is_some()
    }

    fn is_listed(&self, server: &NamedServer) -> bool {
        self.listed.iter().any(|listed| is_same(listed, server.named()))
    }

    fn running_at(&self, address: &ServerAddress) -> Option<usize> {
        self.running.iter().position(|running| is_running_at(running, address))
    }
}

/// Whether `named` reaches the server at the address `local`.
pub(crate) fn is_reached_as(local: &ServerAddress, named: &ServerAddress) -> bool {
    let is_host = is_same(local, named) || (ip(local).is_some() && ip(local) == ip(named));
    is_host && local.port() == named.port() || is_loopback_at(local, named)
}

/// Whether `named` is `localhost` with the port of a server on a loopback address.
fn is_loopback_at(local: &ServerAddress, named: &ServerAddress) -> bool {
    is_localhost(named) && local.port() == named.port() && ip(local).is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use netsession::{LocalServer, Secret};
    use netsession_config::Config;

    use super::*;

    fn sources(user: Option<&str>, listed: &[&str], config: &str) -> LoginSources {
        LoginSources {
            user: user.map(str::to_owned),
            listed: listed.iter().map(|server| server.parse().unwrap()).collect(),
            config: Config::parse(config).unwrap(),
            local: Some("127.0.0.1:4450".parse().unwrap()),
            ..LoginSources::default()
        }
    }

    fn chosen(sources: &LoginSources, policy: Policy, server: &str) -> Result<Choice, NoLogin> {
        sources.choose(policy, &NamedServer::parse(server).unwrap(), None)
    }

    fn user(name: &str) -> Result<Choice, NoLogin> {
        Ok(Choice::User(name.to_owned()))
    }

    const FILE: &str = r#"
        [default]
        login = 'LAB\adm1'
        [server.fs1]
        login = 'FS1\root'
        [server.fs2]
        encrypt = true
    "#;

    /// A failure here would let a program send an administrator's logon to any server that it names, also to a loopback
    /// port, where any user of this computer can listen.
    #[test]
    fn a_program_gets_a_login_only_for_servers_that_a_person_named() {
        let own = sources(Some("adm1"), &["fs3", "fs4:4450"], FILE);
        for named in ["fs3", "FS3", "fs4:4450", "fs1", "fs2", "127.0.0.1:4450", "localhost:4450"] {
            assert_eq!(chosen(&own, Policy::ProgramNamed, named), user("adm1"), "{named}");
        }
        for foreign in [
            "fs9",
            "fs4",
            "fs3.example.com",
            "10.0.0.5",
            "127.0.0.1",
            "127.0.0.2:4450",
            "[::1]:4450",
            "fs1:4450",
            "fs2:1",
            "fs1.",
            "localhost.:4450",
        ] {
            assert_eq!(chosen(&own, Policy::ProgramNamed, foreign), Err(NoLogin::NotNamed), "{foreign}");
            assert_eq!(chosen(&own, Policy::PersonNamed, foreign), user("adm1"), "{foreign}");
        }
        // Any user of fs1 can listen on another port than that of SMB.
        let tables = sources(None, &["fs2:4450"], FILE);
        for (server, by_program) in [("fs1:4450", None), ("fs2:4451", None), ("fs2", Some(r"LAB\adm1"))] {
            let expected = by_program.map_or(Err(NoLogin::NotGiven), user);
            assert_eq!(chosen(&tables, Policy::ProgramNamed, server), expected, "{server}");
        }
        assert_eq!(chosen(&tables, Policy::PersonNamed, "fs1:4450"), user(r"FS1\root"));
        let configured = sources(None, &[], FILE);
        assert_eq!(chosen(&configured, Policy::ProgramNamed, "fs9"), Err(NoLogin::NotGiven));
        assert_eq!(chosen(&configured, Policy::PersonNamed, "fs9"), user(r"LAB\adm1"));
        assert_eq!(chosen(&sources(None, &[], ""), Policy::PersonNamed, "fs9"), Ok(Choice::Question));
    }

    /// A failure here would use another login than the first one that applies.
    #[test]
    fn the_first_login_that_applies_is_used() {
        let configured = sources(None, &[], FILE);
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            for (server, expected) in
                [("fs1", r"FS1\root"), ("fs2", r"LAB\adm1"), ("127.0.0.1:4450", r"LAB\adm1")]
            {
                assert_eq!(chosen(&configured, policy, server), user(expected), "{server}");
            }
        }
        let set = Login::new("bob", Secret::password("x")).unwrap();
        let server = NamedServer::parse("fs9").unwrap();
        assert_eq!(configured.choose(Policy::ProgramNamed, &server, Some(&set)), Ok(Choice::Set));
    }

    /// A failure here would ask a user for the password of their own running server, log them on there with another
    /// login, or connect to another address than that server's.
    #[test]
    fn a_running_servers_login_comes_before_the_default_and_goes_to_its_address() {
        let running = |mut sources: LoginSources| {
            let login = Login::new("somebody", Secret::password("random")).unwrap();
            sources.running =
                vec![LocalServer { address: ([127, 0, 0, 1], 4460).into(), also: Vec::new(), login, pid: 1 }];
            sources
        };
        let entry = "[server.'127.0.0.1:4460']\nlogin = 'x'";
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let configured = running(sources(None, &[], FILE));
            assert_eq!(chosen(&configured, policy, "127.0.0.1:4460"), Ok(Choice::Running(0)));
            assert_eq!(chosen(&configured, policy, "localhost:4460"), Ok(Choice::Running(0)));
            assert_eq!(
                chosen(&running(sources(Some("bob"), &[], FILE)), policy, "127.0.0.1:4460"),
                user("bob")
            );
            assert_eq!(chosen(&running(sources(None, &[], entry)), policy, "127.0.0.1:4460"), user("x"));
            let localhost = NamedServer::parse("localhost:4460").unwrap();
            let address = configured.address_for(policy, &localhost, &Choice::Running(0));
            assert_eq!(address.to_string(), "127.0.0.1:4460");
        }
        let own = sources(Some("bob"), &[], "");
        let localhost = NamedServer::parse("localhost:4450").unwrap();
        let address =
            |policy| own.address_for(policy, &localhost, &Choice::User("bob".to_owned())).to_string();
        assert_eq!(address(Policy::ProgramNamed), "127.0.0.1:4450");
        assert_eq!(address(Policy::PersonNamed), "localhost:4450");
    }

    /// A failure here would refuse a program the login of a cluster, or send it to another port of a node, where any user can
    /// listen.
    #[test]
    fn the_nodes_of_a_cluster_are_named_by_the_configuration() {
        let file = "[default]\nlogin = 'x'\n[cluster.nas]\nnodes = ['n1', 'n2:4450']\nlogin = 'adm1'\n\
                    [cluster.ha]\nnodes = ['h1']\n[server.n2]\nlogin = 'root'";
        let tables = sources(None, &[], file);
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let nas = NamedServer::parse("nas").unwrap().resolved(&tables.config);
            assert_eq!(tables.choose(policy, &nas, None), user("adm1"));
            for (node, expected) in [("n1", "adm1"), ("n2:4450", "root"), ("h1", "x")] {
                assert_eq!(chosen(&tables, policy, node), user(expected), "{node}");
            }
        }
        for foreign in ["n1:4450", "nas:4450", "h2"] {
            assert_eq!(chosen(&tables, Policy::ProgramNamed, foreign), Err(NoLogin::NotGiven), "{foreign}");
        }
        let own = sources(Some("boss"), &[], file);
        assert_eq!(chosen(&own, Policy::ProgramNamed, "n2:4450"), user("boss"));
    }

    /// A failure here would refuse a program the login of an alias, or send it to a host that has the alias's name.
    #[test]
    fn an_alias_is_named_by_the_configuration() {
        let file = "[default]\nlogin = 'LAB\\adm1'\n[server.fs1]\naddress = '10.0.0.5:4450'\nlogin = 'x'";
        let sources = sources(None, &[], file);
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let alias = NamedServer::parse("FS1").unwrap().resolved(&sources.config);
            let choice = sources.choose(policy, &alias, None);
            assert_eq!(choice, user("x"));
            assert_eq!(sources.address_for(policy, &alias, &choice.unwrap()).to_string(), "10.0.0.5:4450");
        }
        let alias = NamedServer::parse("fs1").unwrap().resolved(&sources.config);
        assert!(sources.has_named(&alias), "a referral to it gets its login, at its address");
        // The address itself is not the alias: only a person names it.
        assert_eq!(chosen(&sources, Policy::ProgramNamed, "10.0.0.5:4450"), Err(NoLogin::NotGiven));
        assert_eq!(chosen(&sources, Policy::PersonNamed, "10.0.0.5:4450"), user(r"LAB\adm1"));
        // Any user of that host can listen on another port.
        let other = NamedServer::parse("fs1:4460").unwrap().resolved(&sources.config);
        assert_eq!(other.address().to_string(), "10.0.0.5:4460");
        assert_eq!(sources.choose(Policy::ProgramNamed, &other, None), Err(NoLogin::NotGiven));
    }
}
