//! [`Logins`] finds the login for each server, with its password.

mod recipients;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use netsession::{ConnectOptions, Hint, Kerberos, KerberosError, KerberosReason, Login, Secret, Ticket};
use netsession_config::{Password, Settings, has_password};
use netsession_wire::name::upper_case;

use crate::error::{NoLogin, PasswordPlace};
use crate::login_rule::Choice;
use crate::{Error, LoginSources, NamedServer, Policy, PrintedPasswords, Questions};

/// Finds the login for one server after the other. It reads each source, runs each command and asks each question once.
///
/// ```
/// use netsession_admin::{LoginSources, Logins, NamedServer, NoQuestions, Policy, PrintedPasswords};
///
/// let sources = LoginSources {
///     user: Some(r"LAB\adm1".to_owned()),
///     password: Some("secret".to_owned().into()),
///     ..LoginSources::default()
/// };
/// let (printed, mut nobody) = (PrintedPasswords::default(), NoQuestions);
/// let mut logins = Logins::new(Policy::PersonNamed, sources, &printed, &mut nobody);
/// let login = logins.login_for(&NamedServer::parse("fs1")?, None)?;
/// assert_eq!(login.to_string(), r"LAB\adm1");
/// # Ok::<(), netsession_admin::Error>(())
/// ```
pub struct Logins<'a> {
    policy: Policy,
    sources: LoginSources,
    printed: &'a PrintedPasswords,
    questions: &'a mut dyn Questions,
    typed: HashMap<String, Password>,
    /// The tickets that were looked for, by user; None is the default cache.
    tickets: HashMap<Option<String>, Result<Ticket, KerberosError>>,
    typed_user: Option<String>,
    /// Every server of the command, of which several can get the same answer.
    servers: Vec<NamedServer>,
}

/// Redacts passwords.
impl fmt::Debug for Logins<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins")
            .field("policy", &self.policy)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

impl<'a> Logins<'a> {
    /// Combines a policy, the sources of logins, and the front end's questions.
    pub fn new(
        policy: Policy,
        sources: LoginSources,
        printed: &'a PrintedPasswords,
        questions: &'a mut dyn Questions,
    ) -> Self {
        Self {
            policy,
            sources,
            printed,
            questions,
            typed: HashMap::new(),
            tickets: HashMap::new(),
            typed_user: None,
            servers: Vec::new(),
        }
    }

    /// Tells every server for which a login will be found, so that a question can name all that get its answer.
    pub(crate) fn for_servers(self, servers: &[NamedServer]) -> Self {
        Self { servers: servers.to_vec(), ..self }
    }

    /// Returns the sources.
    #[must_use]
    pub const fn sources(&self) -> &LoginSources {
        &self.sources
    }

    /// Returns the policy.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns the login for a server; `set` is the one that the program set for it.
    ///
    /// # Errors
    /// [`Error::NoLogin`], [`Error::NoUser`], [`Error::NoPassword`], [`Error::NoTicket`] if no source has one; [`Error::Config`] if a
    /// password command fails; [`Error::PasswordInSight`] or [`Error::User`] if a source has a wrong user;
    /// [`Error::NotAnswered`] if a person does not answer.
    pub fn login_for(&mut self, server: &NamedServer, set: Option<&Login>) -> Result<Login, Error> {
        let choice = self.choose(server, set)?;
        let settings = self.settings(server);
        let mut options = settings.connect_options();
        options.kerberos = self.sources.kerberos.unwrap_or(options.kerberos);
        self.login_of(&choice, server, set, &options)
    }

    pub(crate) fn choose(&self, server: &NamedServer, set: Option<&Login>) -> Result<Choice, Error> {
        let choice = self.sources.choose(self.policy, server, set);
        let choice = choice.map_err(|why| Error::NoLogin { server: server.label().to_owned(), why })?;
        tracing::info!("{}: {}", server.label(), self.sources.explain(&choice, server));
        Ok(choice)
    }

    pub(crate) fn login_of(
        &mut self,
        choice: &Choice,
        server: &NamedServer,
        set: Option<&Login>,
        options: &ConnectOptions,
    ) -> Result<Login, Error> {
        let not_given = || Error::NoLogin { server: server.label().to_owned(), why: NoLogin::NotGiven };
        match choice {
            Choice::Set => set.cloned().ok_or_else(not_given),
            Choice::Running(index) => {
                self.sources.running.get(*index).map(|it| it.login.clone()).ok_or_else(not_given)
            }
            Choice::User(user) => self.with_secret(user, server, options),
            Choice::Ticket => match self.ticket(None, server, options) {
                Some(Ok(ticket)) => Ok(ticket),
                Some(Err(reason)) if self.needs_ticket(&reason, options) => {
                    Err(no_ticket(server, None, reason))
                }
                None if options.kerberos == Kerberos::Required && self.sources.password.is_none() => {
                    Err(no_ticket(server, None, KerberosError::NeedsName))
                }
                Some(Err(_)) | None => Err(not_given()),
            },
            Choice::Question => match (self.ticket(None, server, options), options.kerberos) {
                (Some(Ok(ticket)), _) => Ok(ticket),
                (Some(Err(reason)), kerberos)
                    if kerberos == Kerberos::Required || self.needs_ticket(&reason, options) =>
                {
                    Err(no_ticket(server, None, reason))
                }
                (None, Kerberos::Required) if self.sources.password.is_none() => {
                    Err(no_ticket(server, None, KerberosError::NeedsName))
                }
                (found, _) => {
                    let user = self.ask_user(server, found, options)?;
                    self.with_secret(&user, server, options)
                }
            },
        }
    }

    /// Whether a person typed the password of this login, and may have mistyped it.
    #[must_use]
    pub fn is_typed(&self, login: &Login) -> bool {
        self.typed.contains_key(&upper_case(&login.to_string()))
    }

    fn settings(&self, server: &NamedServer) -> Settings {
        server.settings(&self.sources.config)
    }

    /// Finds the user's Kerberos ticket: the one of the default cache, or the one of `user`. None if the options or the
    /// server's address rule Kerberos out, or if the program gives a password.
    fn ticket(
        &mut self,
        user: Option<&str>,
        server: &NamedServer,
        options: &ConnectOptions,
    ) -> Option<Result<Login, KerberosError>> {
        if !options.allow_kerberos_to(server.address()) || self.sources.password.is_some() {
            return None;
        }
        let found = self.tickets.entry(user.map(upper_case)).or_insert_with(|| Ticket::find(user)).clone();
        if let Ok(ticket) = &found {
            tracing::info!("{}: the Kerberos ticket of {} is in the cache", server.label(), ticket.user);
        }
        Some(found.map(|ticket| Login { domain: None, user: ticket.user, secret: Secret::Ticket }))
    }

    /// Whether [`Logins::login_of`] is about to look for a ticket, for the first time.
    pub(crate) fn seeks_ticket(
        &self,
        choice: &Choice,
        server: &NamedServer,
        options: &ConnectOptions,
    ) -> bool {
        let user = match choice {
            Choice::Set | Choice::Running(_) => return false,
            Choice::Ticket | Choice::Question => None,
            Choice::User(user) => Some(user),
        };
        let has_secret = |user: &String| {
            let settings = self.settings(server);
            self.has_password(user, &settings) || self.keytab_of(user, &settings, options).is_some()
        };
        let is_known = self.tickets.contains_key(&user.map(|user| upper_case(user)));
        self.sources.password.is_none() && !is_known && !user.is_some_and(has_secret)
    }

    fn with_secret(
        &mut self,
        user: &str,
        server: &NamedServer,
        options: &ConnectOptions,
    ) -> Result<Login, Error> {
        if has_password(user) {
            return Err(Error::PasswordInSight { place: PasswordPlace::ConfigFile });
        }
        // Reports a mistake in the user's name before it asks for the password.
        let nobody = Login::new(user, Secret::password(""))?;
        if options.kerberos == Kerberos::Required && !options.allow_kerberos_to(server.address()) {
            return Err(no_ticket(server, Some(user), KerberosError::NeedsName));
        }
        let settings = self.settings(server);
        if let Some(keytab) = self.keytab_of(user, &settings, options) {
            tracing::info!("{}: the keys of {user} come from {}", server.label(), keytab.display());
            return Ok(Login { secret: Secret::Keytab(keytab), ..nobody });
        }
        let mut principal = None;
        if !self.has_password(user, &settings) {
            match self.ticket(Some(user), server, options) {
                Some(Ok(ticket)) => return Ok(ticket),
                Some(Err(reason)) if self.needs_ticket(&reason, options) => {
                    return Err(no_ticket(server, Some(user), reason));
                }
                // The suffix says that the user is one of a domain.
                Some(Err(reason)) if user.contains('@') && reason.hint() == Hint::GetTicket => {
                    principal = Some(Ticket::principal_of(user));
                }
                Some(Err(_)) | None => {}
            }
        }
        let found = self.password_of(user, server, &settings);
        let no_password =
            || Error::NoPassword { user: user.to_owned(), server: server.label().to_owned(), principal };
        // A server would count an empty password as a wrong attempt.
        let found = found?.filter(|(password, _)| !password.is_empty());
        let (password, from) = found.ok_or_else(no_password)?;
        tracing::info!("{}: the password of {user} comes from {from}", server.label());
        Ok(Login { secret: Secret::Password(password), ..nobody })
    }

    /// Whether the person has a ticket, and only the address by which the server is named rules it out.
    fn wastes_ticket(&mut self, server: &NamedServer, options: &ConnectOptions) -> bool {
        options.kerberos != Kerberos::Off
            && self.sources.password.is_none()
            && !options.allow_kerberos_to(server.address())
            && self.tickets.entry(None).or_insert_with(|| Ticket::find(None)).is_ok()
    }

    /// Whether a missing ticket ends the search, rather than a missing password: Kerberos is required, or the ticket has
    /// expired, and nobody can type a password.
    fn needs_ticket(&self, reason: &KerberosError, options: &ConnectOptions) -> bool {
        let is_awaited = options.kerberos == Kerberos::Required || is_expired(reason);
        is_awaited && !(self.policy == Policy::PersonNamed && self.questions.can_ask())
    }

    /// Returns the keytab of `user`: the flag's, or the configuration's for the same user.
    fn keytab_of(&self, user: &str, settings: &Settings, options: &ConnectOptions) -> Option<PathBuf> {
        if options.kerberos == Kerberos::Off {
            return None;
        }
        let configured = settings.keytab.clone().filter(|_| is_user_of(user, settings));
        self.sources.keytab.clone().or(configured.filter(|_| self.sources.password.is_none()))
    }

    /// Whether a source has the password of `user`, so that nobody needs to be asked.
    fn has_password(&self, user: &str, settings: &Settings) -> bool {
        self.sources.password.is_some()
            || settings.password_command.is_some() && is_user_of(user, settings)
            || self.typed.contains_key(&upper_case(user))
    }

    /// Returns the password of `user`, and where it comes from. It uses a password only for the user of the same
    /// source. None if only a person knows it, and no person can answer.
    fn password_of(
        &mut self,
        user: &str,
        server: &NamedServer,
        settings: &Settings,
    ) -> Result<Option<(Password, String)>, Error> {
        if let Some(password) = &self.sources.password {
            let from = self.sources.password_from.clone().unwrap_or_else(|| "the program".into());
            return Ok(Some((password.clone(), from)));
        }
        if let Some(command) = settings.password_command.as_ref().filter(|_| is_user_of(user, settings)) {
            let program = command.first().map(String::as_str).unwrap_or_default();
            let from = format!("the password command {program}");
            return Ok(Some((self.printed.password(command)?, from)));
        }
        match self.policy {
            Policy::PersonNamed => {
                Ok(self.typed_password(user, server)?.map(|typed| (typed, "the terminal".to_owned())))
            }
            Policy::ProgramNamed => {
                Err(Error::NoLogin { server: server.label().to_owned(), why: NoLogin::NoPassword })
            }
        }
    }

    fn typed_password(&mut self, user: &str, server: &NamedServer) -> Result<Option<Password>, Error> {
        let key = upper_case(user);
        if let Some(password) = self.typed.get(&key) {
            return Ok(Some(password.clone()));
        }
        if !self.questions.can_ask() {
            return Ok(None);
        }
        self.look_for_tickets(Some(user));
        let servers = self.recipients(Some(user), server);
        let typed = self.questions.password(user, &servers);
        let password = typed.map_err(|reason| Error::NotAnswered { what: "password", reason })?;
        self.typed.insert(key, password.clone());
        Ok(Some(password))
    }

    /// Asks for the user. `found` is why there is no ticket; None if the options or the address rule it out.
    fn ask_user(
        &mut self,
        server: &NamedServer,
        found: Option<Result<Login, KerberosError>>,
        options: &ConnectOptions,
    ) -> Result<String, Error> {
        if let Some(user) = &self.typed_user {
            return Ok(user.clone());
        }
        let mut no_ticket = found.and_then(Result::err);
        if !self.questions.can_ask() && self.wastes_ticket(server, options) {
            no_ticket = Some(KerberosError::NeedsName);
        }
        let no_user = || Error::NoUser { server: server.label().to_owned(), no_ticket };
        if !self.questions.can_ask() {
            return Err(no_user());
        }
        self.look_for_tickets(None);
        let servers = self.recipients(None, server);
        let typed = self.questions.user(&servers);
        let user =
            typed.map_err(|reason| Error::NotAnswered { what: "user", reason })?.ok_or_else(no_user)?;
        if has_password(&user) {
            return Err(Error::PasswordInSight { place: PasswordPlace::Answer });
        }
        self.typed_user = Some(user.clone());
        Ok(user)
    }
}

/// Makes the error of a ticket that is needed.
fn no_ticket(server: &NamedServer, user: Option<&str>, reason: KerberosError) -> Error {
    Error::NoTicket { server: server.label().to_owned(), user: user.map(Ticket::principal_of), reason }
}

/// Whether there is a ticket that has expired: the person forgot to renew it.
fn is_expired(reason: &KerberosError) -> bool {
    reason.reason() == Some(KerberosReason::TicketExpired)
}

/// Whether the settings' login is `user`, or names nobody.
fn is_user_of(user: &str, settings: &Settings) -> bool {
    settings.login.as_deref().is_none_or(|login| login.eq_ignore_ascii_case(user))
}

#[cfg(test)]
mod tests {
    use std::io;

    use netsession_config::Config;

    use super::*;
    use crate::NoQuestions;

    /// Answers as a person would, and records the questions.
    #[derive(Default)]
    pub(super) struct Person {
        pub(super) questions: Vec<String>,
    }

    impl Questions for Person {
        fn can_ask(&self) -> bool {
            true
        }

        fn user(&mut self, servers: &[String]) -> io::Result<Option<String>> {
            self.questions.push(format!("user at {}", servers.join(" ")));
            Ok(Some("typed".to_owned()))
        }

        fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password> {
            self.questions.push(format!("password of {user} at {}", servers.join(" ")));
            Ok("typed".to_owned().into())
        }
    }

    pub(super) fn sources(user: Option<&str>, password: Option<&str>, config: &str) -> LoginSources {
        LoginSources {
            user: user.map(str::to_owned),
            password: password.map(|password| password.to_owned().into()),
            config: Config::parse(config).unwrap(),
            ..LoginSources::default()
        }
    }

    /// Returns the login as `DOMAIN\user:password`.
    fn found(policy: Policy, sources: LoginSources, server: &str) -> Result<String, String> {
        let (printed, mut nobody) = (PrintedPasswords::silent(), NoQuestions);
        let mut logins = Logins::new(policy, sources, &printed, &mut nobody);
        let login = logins.login_for(&NamedServer::parse(server).unwrap(), None);
        let login = login.map_err(|error| error.to_string())?;
        let Secret::Password(password) = &login.secret else { panic!("not a password") };
        Ok(format!("{login}:{}", password.as_str()))
    }

    const FILE: &str = r"
        [default]
        login = 'LAB\adm1'
        password-command = ['echo', 'default']
        [server.fs1]
        login = 'FS1\root'
        password-command = ['echo', 'fs1']
        [server.fs2]
        encrypt = true
    ";

    /// A failure here would send one user's password under another user's name.
    #[cfg(unix)]
    #[test]
    fn a_password_belongs_to_its_user() {
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let at = |user, password, server| found(policy, sources(user, password, FILE), server);
            assert_eq!(at(None, None, "fs1").unwrap(), r"FS1\root:fs1");
            assert_eq!(at(None, None, "fs2").unwrap(), r"LAB\adm1:default");
            assert_eq!(at(None, Some("secret"), "fs1").unwrap(), r"FS1\root:secret");
            assert_eq!(at(Some(r"fs1\ROOT"), None, "fs1").unwrap(), r"fs1\ROOT:fs1");
            assert!(at(Some("bob"), None, "fs1").unwrap_err().contains("no password"));
        }
    }

    /// A failure here would take a failed password command for an empty password, which counts against the account.
    #[cfg(unix)]
    #[test]
    fn a_password_command_must_succeed() {
        for (command, part) in [
            ("['false']", "failed"),
            ("['true']", "printed nothing"),
            ("['/nonexistent/program']", "cannot be run"),
            ("[]", "empty password-command"),
        ] {
            let config = format!("[default]\npassword-command = {command}");
            let error = found(Policy::PersonNamed, sources(Some("bob"), None, &config), "fs1").unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    /// A failure here would send an empty password, which counts as a wrong attempt against the account.
    #[test]
    fn an_empty_password_is_not_sent() {
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let error = found(policy, sources(Some("bob"), Some(""), "[server.fs1]"), "fs1").unwrap_err();
            assert_eq!(error, "no password for bob at fs1");
        }
    }

    /// A failure here would hide from an administrator why netsession used another login.
    #[test]
    fn the_source_of_a_login_is_explained() {
        let told = |sources: &LoginSources, server: &str| {
            let server = NamedServer::parse(server).unwrap();
            sources.explain(&sources.choose(Policy::PersonNamed, &server, None).unwrap(), &server)
        };
        let mut flags = sources(Some(r"LAB\bob"), None, FILE);
        flags.user_from = Some("--login".to_owned());
        assert_eq!(told(&flags, "fs1"), r"the user LAB\bob comes from --login");
        let file = sources(None, None, FILE);
        assert_eq!(
            told(&file, "fs1"),
            r"the user FS1\root comes from the server's table in the configuration file"
        );
        assert_eq!(told(&file, "fs2"), r"the user LAB\adm1 comes from [default] in the configuration file");
        assert_eq!(told(&sources(None, None, ""), "fs2"), "no source names the user");
    }

    /// A failure here would ask a person for the same password again for each server.
    #[test]
    fn each_question_is_asked_once() {
        let (printed, mut person) = (PrintedPasswords::default(), Person::default());
        let mut logins = Logins::new(Policy::PersonNamed, LoginSources::default(), &printed, &mut person);
        for server in ["fs1", "fs2"] {
            let login = logins.login_for(&NamedServer::parse(server).unwrap(), None).unwrap();
            assert_eq!(login.user, "typed");
            assert!(logins.is_typed(&login));
        }
        assert_eq!(person.questions, ["user at fs1", "password of typed at fs1"]);
    }

    /// Returns the result for a program or a person whose only source is Kerberos.
    fn by_kerberos(policy: Policy, kerberos: Kerberos, server: &str) -> Result<Login, Error> {
        let config = Config::parse("[server.fs1]\n[server.'10.0.0.5']").unwrap();
        let sources = LoginSources { kerberos: Some(kerberos), config, ..LoginSources::default() };
        let (printed, mut nobody) = (PrintedPasswords::silent(), NoQuestions);
        let mut logins = Logins::new(policy, sources, &printed, &mut nobody);
        // The ticket of this test, whatever ticket the user of the tests has.
        logins.tickets.insert(None, Ok(Ticket::new("adm1@LAB.TEST")));
        logins.login_for(&NamedServer::parse(server).unwrap(), None)
    }

    /// A failure here would ask for a password although there is a ticket, or send the ticket to a server that only a
    /// program names.
    #[test]
    fn a_ticket_is_the_login_of_servers_that_a_person_named() {
        for (policy, server) in [
            (Policy::PersonNamed, "fs1"),
            (Policy::PersonNamed, "fs9.lab.test"),
            (Policy::ProgramNamed, "fs1"),
        ] {
            let login = by_kerberos(policy, Kerberos::Preferred, server).unwrap();
            assert_eq!((login.user.as_str(), login.domain), ("adm1@LAB.TEST", None), "{server}");
            assert!(matches!(login.secret, Secret::Ticket), "{server}");
        }
        for (policy, kerberos, server) in [
            (Policy::ProgramNamed, Kerberos::Required, "fs9.lab.test"),
            (Policy::ProgramNamed, Kerberos::Preferred, "10.0.0.5"),
            (Policy::ProgramNamed, Kerberos::Off, "fs1"),
        ] {
            let error = by_kerberos(policy, kerberos, server).unwrap_err();
            assert!(matches!(error, Error::NoLogin { why: NoLogin::NotGiven, .. }), "{server}: {error}");
        }
        let off = by_kerberos(Policy::PersonNamed, Kerberos::Off, "fs1").unwrap_err();
        assert!(matches!(off, Error::NoUser { .. }), "{off}");
        let address = by_kerberos(Policy::PersonNamed, Kerberos::Required, "10.0.0.5").unwrap_err();
        let Error::NoTicket { reason: KerberosError::NeedsName, .. } = address else { panic!("{address}") };
    }

    /// A failure here would not tell a person, or the log of a program, for whom to get a ticket.
    #[test]
    fn a_missing_ticket_is_named_where_nobody_can_type_a_password() {
        for (policy, user) in [
            (Policy::PersonNamed, None),
            (Policy::PersonNamed, Some("adm1@LAB.TEST")),
            (Policy::ProgramNamed, None),
            (Policy::ProgramNamed, Some("adm1@LAB.TEST")),
        ] {
            let user = user.map(str::to_owned);
            let (kerberos, config) = (Some(Kerberos::Required), Config::parse("[server.fs1]").unwrap());
            let sources = LoginSources { kerberos, config, user: user.clone(), ..LoginSources::default() };
            let (printed, mut nobody) = (PrintedPasswords::silent(), NoQuestions);
            let mut logins = Logins::new(policy, sources, &printed, &mut nobody);
            logins.tickets.insert(user.as_deref().map(upper_case), Err(KerberosError::NeedsPassword));
            let error = logins.login_for(&NamedServer::parse("fs1").unwrap(), None).unwrap_err();
            assert!(matches!(error, Error::NoTicket { .. }), "{policy:?}: {error}");
            let hint = error.hint().unwrap().to_string();
            let kinit = user.map_or_else(|| "kinit,".to_owned(), |user| format!("kinit {user},"));
            assert!(hint.contains(&kinit), "{hint}");
        }
    }

    /// A failure here would ask a question that no person can answer, or ask one for a program.
    #[test]
    fn nobody_is_asked_for_a_programs_login() {
        let (printed, mut person) = (PrintedPasswords::default(), Person::default());
        let server = NamedServer::parse("fs1").unwrap();
        let mut logins = Logins::new(Policy::ProgramNamed, LoginSources::default(), &printed, &mut person);
        assert!(matches!(
            logins.login_for(&server, None),
            Err(Error::NoLogin { why: NoLogin::NotGiven, .. })
        ));
        assert!(person.questions.is_empty());
        let (printed, mut nobody) = (PrintedPasswords::default(), NoQuestions);
        let mut logins = Logins::new(Policy::PersonNamed, LoginSources::default(), &printed, &mut nobody);
        assert!(matches!(logins.login_for(&server, None), Err(Error::NoUser { .. })));
    }

    /// A failure here would show a password that follows a user in the configuration, or send it as a part of the name.
    #[test]
    fn a_password_in_sight_is_refused_and_not_repeated() {
        for policy in [Policy::PersonNamed, Policy::ProgramNamed] {
            let config = "[server.fs1]\nlogin = 'bob%hunter2'";
            let error = found(policy, sources(None, None, config), "fs1").unwrap_err();
            assert!(error.contains("refused") && !error.contains("hunter2"), "{error}");
        }
    }
}
