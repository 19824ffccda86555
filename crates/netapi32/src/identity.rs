//! Who logs on at a server, where Windows takes the user who is logged on.
//!
//! The first of these, and nothing else:
//! 1. what the program set by `netsession_set_login`, for this server or for all;
//! 2. the environment's login, for the local computer and for servers that `NETSESSION_SERVERS` or the configuration name;
//! 3. the server's own table in the configuration file;
//! 4. for the local computer, the login that a running `netsession serve` has left;
//! 5. for the local computer, the configuration's `[default]`.
//!
//! An administrator's logon goes to no server that only the program has named: whoever runs that server could try to
//! use what it receives.

use std::net::IpAddr;

use netsession::{ConnectOptions, Login, Secret, ServerAddress, ServerTarget};
use netsession_config::{Password, Settings, has_password};

use crate::failure::Failure;
use crate::logins::SetLogin;
use crate::surroundings::{self, Surroundings};

/// Everything that it takes to connect.
pub(crate) struct Identity {
    pub(crate) address: ServerAddress,
    pub(crate) login: Login,
    pub(crate) options: ConnectOptions,
}

/// Where the password of a user comes from.
enum From {
    Known(Password),
    Command(Vec<String>),
    Nowhere,
}

impl Identity {
    /// Finds out who logs on at `server`. `printed` has a password command run.
    ///
    /// # Errors
    /// There is nobody, or what is said is wrong.
    pub(crate) fn find(
        server: &ServerTarget,
        set: Option<&SetLogin>,
        printed: impl FnOnce(&[String]) -> Result<Password, Failure>,
    ) -> Result<Self, Failure> {
        let address = match server {
            ServerTarget::Address(address) => address.clone(),
            ServerTarget::Local => surroundings::local()?,
        };
        let is_local = *server == ServerTarget::Local || is_loopback(&address);
        let around = Surroundings::gather()?;
        let options = around.config.for_server(address.host(), address.port()).connect_options();
        let login = match set {
            Some(set) => set.login.clone(),
            None => around.login(&address, is_local, printed)?,
        };
        Ok(Self { address, login, options })
    }
}

impl Surroundings {
    fn login(
        &self,
        address: &ServerAddress,
        is_local: bool,
        printed: impl FnOnce(&[String]) -> Result<Password, Failure>,
    ) -> Result<Login, Failure> {
        let settings = self.config.for_server(address.host(), address.port());
        let has_entry = self.config.entry(address.host(), address.port()).is_some();
        let is_named = has_entry || self.servers.iter().any(|named| is_same(named, address));
        let environment = self.user.as_ref().filter(|_| is_local || is_named);
        let entry = settings.login.as_ref().filter(|_| has_entry);
        let nobody = |why: &str| Failure::NoLogin { server: address.to_string(), why: why.to_owned() };
        let who = match environment.or(entry) {
            Some(who) => who,
            None => {
                if let Some(running) = self.running_at(address).filter(|_| is_local) {
                    return Ok(running);
                }
                let default = settings.login.as_ref().filter(|_| is_local);
                default.ok_or_else(|| nobody(self.why_nobody(is_local || is_named)))?
            }
        };
        let password = match self.password_of(who, &settings) {
            From::Known(password) => password,
            From::Command(command) => printed(&command)?,
            From::Nowhere => return Err(nobody("a user is named, and no password")),
        };
        if has_password(who) {
            return Err(Failure::Surroundings("a password after a user's name is refused".to_owned()));
        }
        let login = Login::new(who, Secret::Password(password));
        login.map_err(|error| Failure::Surroundings(error.to_string()))
    }

    /// A password is never used for another user than the one it stands beside.
    fn password_of(&self, who: &str, settings: &Settings) -> From {
        if let Some(password) = &self.password {
            return From::Known(password.clone());
        }
        let is_meant = settings.login.as_deref().is_none_or(|login| login.eq_ignore_ascii_case(who));
        match settings.password_command.as_ref().filter(|_| is_meant) {
            Some(command) => From::Command(command.clone()),
            None => From::Nowhere,
        }
    }

    fn running_at(&self, address: &ServerAddress) -> Option<Login> {
        let host: IpAddr = address.host().parse().ok()?;
        let at = |server: &&netsession::LocalServer| {
            server.address.ip() == host && server.address.port() == address.port()
        };
        self.running.iter().find(at).map(|server| server.login.clone())
    }

    const fn why_nobody(&self, is_trusted: bool) -> &'static str {
        match (self.user.is_some(), is_trusted) {
            (true, false) => {
                "the environment's login is only for the local computer and for servers that NETSESSION_SERVERS or the \
                 configuration file name"
            }
            _ => {
                "neither netsession_set_login, NETSESSION_LOGIN, NETSESSION_AUTHENTICATION_FILE nor the server's table in the \
                 configuration file gives one"
            }
        }
    }
}

/// Whether two texts name the same server.
pub(crate) fn is_same(one: &ServerAddress, other: &ServerAddress) -> bool {
    one.host().eq_ignore_ascii_case(other.host()) && one.port() == other.port()
}

/// Whether the address never leaves this computer.
pub(crate) fn is_loopback(address: &ServerAddress) -> bool {
    let host = address.host();
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use netsession::LocalServer;
    use netsession_config::Config;
    use zeroize::Zeroizing;

    use super::*;

    const FILE: &str = r#"
        [default]
        login = 'LAB\adm1'
        password-command = ["default"]
        [server.fs1]
        login = 'FS1\root'
        password-command = ["fs1"]
        [server.fs2]
        encrypt = true
    "#;

    fn around(user: Option<&str>, password: Option<&str>, servers: &[&str], config: &str) -> Surroundings {
        Surroundings {
            user: user.map(str::to_owned),
            password: password.map(|password| Zeroizing::new(password.to_owned())),
            servers: servers.iter().map(|server| server.parse().unwrap()).collect(),
            config: Config::parse(config).unwrap(),
            running: Vec::new(),
        }
    }

    /// The login for a server as `DOMAIN\user:password`; a command's password is its name.
    fn login(around: &Surroundings, server: &str) -> Result<String, String> {
        let address: ServerAddress = server.parse().unwrap();
        let printed = |command: &[String]| Ok(Zeroizing::new(command.concat()));
        let found = around.login(&address, is_loopback(&address), printed);
        let found = found.map_err(|failure| failure.to_string())?;
        let Secret::Password(password) = &found.secret else { panic!("not a password") };
        Ok(format!("{found}:{}", password.as_str()))
    }

    /// If this fails, a program can have an administrator's logon sent to any host that it names.
    #[test]
    fn a_login_goes_only_where_somebody_named_the_server() {
        let own = around(Some("adm1"), Some("secret"), &["fs3", "fs4:4450"], FILE);
        for named in ["fs3", "FS3", "fs4:4450", "fs1", "fs2", "127.0.0.1", "localhost", "[::1]:4450"] {
            assert_eq!(login(&own, named).unwrap(), "adm1:secret", "{named}");
        }
        for foreign in ["fs9", "fs4", "fs3.example.com", "10.0.0.5"] {
            assert!(login(&own, foreign).unwrap_err().contains("NETSESSION_SERVERS"), "{foreign}");
        }
        let configured = around(None, None, &[], FILE);
        assert!(login(&configured, "fs9").unwrap_err().contains("no login for fs9"));
    }

    /// If this fails, another login is used than the one that stands first, or a password for another user.
    #[test]
    fn the_first_login_is_used_with_its_own_password() {
        let configured = around(None, None, &[], FILE);
        assert_eq!(login(&configured, "fs1").unwrap(), r"FS1\root:fs1");
        assert_eq!(login(&configured, "fs2").unwrap(), r"LAB\adm1:default");
        assert_eq!(login(&configured, "127.0.0.1").unwrap(), r"LAB\adm1:default");
        let with_password = around(None, Some("secret"), &[], FILE);
        assert_eq!(login(&with_password, "fs1").unwrap(), r"FS1\root:secret");
        let without = around(Some("bob"), None, &[], FILE);
        assert!(login(&without, "fs1").unwrap_err().contains("no password"));
        let same = around(Some(r"fs1\ROOT"), None, &[], FILE);
        assert_eq!(login(&same, "fs1").unwrap(), r"fs1\ROOT:fs1");
    }

    /// If this fails, who runs `netsession serve` needs a password for it, or is logged on there by a login for others.
    #[test]
    fn a_running_server_s_own_login_comes_before_the_default() {
        let running = |mut around: Surroundings| {
            let login = Login::new("somebody", Secret::password("random")).unwrap();
            around.running = vec![LocalServer { address: ([127, 0, 0, 1], 4450).into(), login, pid: 1 }];
            around
        };
        let configured = running(around(None, None, &[], FILE));
        assert_eq!(login(&configured, "127.0.0.1:4450").unwrap(), "somebody:random");
        assert_eq!(login(&configured, "127.0.0.1:4451").unwrap(), r"LAB\adm1:default");
        let explicit = running(around(Some("bob"), Some("secret"), &[], FILE));
        assert_eq!(login(&explicit, "127.0.0.1:4450").unwrap(), "bob:secret");
        let entry = running(around(
            None,
            None,
            &[],
            "[server.'127.0.0.1:4450']\nlogin = 'x'\npassword-command = ['y']",
        ));
        assert_eq!(login(&entry, "127.0.0.1:4450").unwrap(), "x:y");
    }
}
