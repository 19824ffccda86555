//! [`Settings`]: the settings of a server, from flags or from a file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use netsession_config::{Required, ServeFile, ShareTable};
use netsession_server::{Account, Builder, Encryption, Folder, Limits, Server};

use super::accounts::{self, Accounts};
use super::dialects::{self, Dialects};
use super::domain::{Domain, Names};
use super::flags::Flags;
use super::{Signing, privileges, share_flag};
use crate::failure::Failure;
use crate::flags::parse_age;
use crate::output::visible;

/// The settings of a server.
pub(super) struct Settings {
    pub(super) fixed: Fixed,
    pub(super) folders: Vec<Folder>,
    pub(super) accounts: Accounts,
    pub(super) domain: Option<Domain>,
    /// Whether the server refuses NTLM.
    no_ntlm: bool,
}

/// The settings that count until the server stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) name: String,
    pub(super) listen: Vec<SocketAddr>,
    pub(super) signing: Signing,
    pub(super) encrypt: bool,
    pub(super) dialects: Dialects,
    pub(super) multichannel: bool,
    pub(super) allow_shares_in: Vec<PathBuf>,
    pub(super) holds: bool,
    pub(super) run_as: Option<String>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) access_log: Option<PathBuf>,
    pub(super) announce: bool,
}

impl Settings {
    /// Takes the settings from flags.
    pub(super) fn of_flags(flags: &Flags) -> Result<Self, Failure> {
        let folders = flags.folders()?;
        let (users, admins) = (Names::sort(&flags.users), Names::sort(&flags.admins));
        let domain = Domain::open(flags.keytab.as_deref(), &users, &admins)?;
        let named: Vec<&str> = users.local.iter().chain(&admins.local).copied().collect();
        may_log_on(flags.no_ntlm, flags.signing, domain.as_ref(), &named)?;
        let file = flags.users_file.as_deref().map(accounts::read).transpose()?.unwrap_or_default();
        let accounts = Accounts::collect(&users.local, file, &admins.local, domain.is_some())?;
        let fixed = Fixed {
            name: flags.name.clone().unwrap_or_else(computer_name),
            listen: flags.listen.clone(),
            signing: flags.signing,
            encrypt: flags.encrypt,
            dialects: flags.dialects.clone(),
            multichannel: flags.multichannel,
            allow_shares_in: flags.allow_shares_in.clone(),
            holds: flags.holds,
            run_as: flags.run_as.clone(),
            idle_timeout: flags.idle_timeout,
            access_log: flags.access_log.clone(),
            announce: flags.announce,
        };
        Self { fixed, folders, accounts, domain, no_ntlm: flags.no_ntlm }.checked()
    }

    /// Reads the settings from a file.
    pub(super) fn of_file(path: &Path) -> Result<Self, Failure> {
        let file = ServeFile::read(path).map_err(netsession_admin::Error::from)?;
        let wrong = |line: usize, reason: &str| {
            Failure::usage(format!("the configuration file {}, line {line}: {reason}", path.display()))
        };
        let mut folders = Vec::with_capacity(file.share.len());
        for (name, share) in &file.share {
            share_flag::check_name(name).map_err(|reason| wrong(share.line, &reason))?;
            let folder = folder(name, share);
            share_flag::is_folder(&folder.path).map_err(|reason| {
                wrong(share.line, &format!("cannot share {}: {reason}", folder.path.display()))
            })?;
            folders.push(folder);
        }
        if folders.is_empty() {
            return Err(wrong(1, "there is no share").hint("add [share.NAME] with path = \"/srv/...\""));
        }
        file.users_file.as_deref().map_or(Ok(()), accounts::require_regular)?;
        let mut known = file.users_file.as_deref().map(accounts::read).transpose()?.unwrap_or_default();
        for (name, user) in file.user.iter().filter(|(name, _)| !name.contains('@')) {
            accounts::add(&mut known, name, user).map_err(|reason| wrong(user.line, &reason))?;
        }
        let named = |admin| file.user.iter().filter(move |(_, user)| user.admin == admin);
        let [users, admins] =
            [false, true].map(|admin| named(admin).map(|(name, _)| name.clone()).collect::<Vec<_>>());
        let (users, admins) = (Names::sort(&users), Names::sort(&admins));
        let domain = Domain::open(file.keytab.as_deref(), &users, &admins)?;
        if known.is_empty() && domain.is_none() {
            return Err(
                wrong(1, "nobody can log on").hint("add [user.NAME] with a password, or a users-file")
            );
        }
        let signing = match file.signing {
            Some(Required::Off) => Signing::Optional,
            _ => Signing::Required,
        };
        may_log_on(
            file.no_ntlm,
            signing,
            domain.as_ref(),
            &known.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(),
        )?;
        let accounts = Accounts::collect(&[], known, &[], domain.is_some())?;
        let idle_timeout = file.idle_timeout.as_deref().map(parse_age).transpose();
        let text = file.dialects.as_deref().unwrap_or(dialects::DEFAULT);
        let fixed = Fixed {
            name: file.name.unwrap_or_else(computer_name),
            listen: file.listen,
            signing,
            encrypt: file.encrypt,
            dialects: dialects::parse(text).map_err(|reason| wrong(file.dialects_line, &reason))?,
            multichannel: file.multichannel,
            allow_shares_in: file.allow_shares_in,
            holds: file.holds,
            run_as: file.run_as,
            idle_timeout: idle_timeout.map_err(|reason| wrong(file.idle_timeout_line, reason))?,
            access_log: file.access_log,
            announce: file.announce,
        };
        Self { fixed, folders, accounts, domain, no_ntlm: file.no_ntlm }.checked()
    }

    /// Checks that the users of each share can log on: a wrong name would keep a user out.
    fn checked(self) -> Result<Self, Failure> {
        for folder in &self.folders {
            let unknown = folder.users.iter().flatten().find(|user| !self.can_log_on(user));
            if let Some(user) = unknown {
                let (user, share) = (visible(user), visible(&folder.name));
                let message = format!("the share {share} is for {user}, who cannot log on");
                return Err(Failure::usage(message).hint("name a user of this server"));
            }
        }
        Ok(self)
    }

    fn can_log_on(&self, user: &str) -> bool {
        match user.contains('@') {
            true => self.domain.is_some() && user.parse::<netsession_server::Principal>().is_ok(),
            false => self.accounts.all.iter().any(|account| account.is_named(user)),
        }
    }

    /// Returns the folders and users as a running server takes them, too, with the account for this computer.
    pub(super) fn builder(&self, local: &Account) -> Builder {
        let mut builder = Server::builder().account(local.clone());
        if let Some(Domain { keytab, principals }) = &self.domain {
            builder = builder.keytab(keytab.clone()).ntlm(!self.no_ntlm);
            builder = principals.iter().cloned().fold(builder, Builder::principal);
        }
        builder = self.folders.iter().cloned().fold(builder, Builder::folder);
        self.accounts.all.iter().cloned().fold(builder, Builder::account)
    }

    /// What these settings allow that the defaults do not.
    pub(super) fn weaknesses(&self) -> Vec<String> {
        let Fixed { signing, encrypt, dialects, .. } = &self.fixed;
        let mut weaknesses: Vec<String> = dialects.weakness().map(str::to_owned).into_iter().collect();
        if *signing == Signing::Optional {
            weaknesses.push("clients may omit signatures (--signing)".to_owned());
        }
        for folder in &self.folders {
            let name = visible(&folder.name);
            if *encrypt && folder.encryption_required == Some(false) {
                weaknesses.push(format!("clients may use {name} without encryption (encrypt=off)"));
            }
            if *signing == Signing::Required && folder.signing_required == Some(false) {
                weaknesses.push(format!("clients may omit signatures in {name} (signing=off)"));
            }
        }
        weaknesses
    }
}

impl Fixed {
    /// Gives a server these settings.
    pub(super) fn apply(&self, builder: Builder) -> Builder {
        let builder = builder
            .name(&self.name)
            .comment("netsession serve")
            .signing_required(self.signing == Signing::Required)
            .encryption(if self.encrypt { Encryption::Required } else { Encryption::Offered })
            .dialects(self.dialects.range())
            .multi_channel(self.multichannel)
            .limits(Limits { idle_session: self.idle_timeout, ..Limits::default() });
        self.allow_shares_in.iter().cloned().fold(builder, Builder::allow_shares_in)
    }

    /// Returns the keys of the settings that differ.
    pub(super) fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = [
            ("name", self.name != other.name),
            ("listen", self.listen != other.listen),
            ("signing", self.signing != other.signing),
            ("encrypt", self.encrypt != other.encrypt),
            ("dialects", self.dialects != other.dialects),
            ("multichannel", self.multichannel != other.multichannel),
            ("allow-shares-in", self.allow_shares_in != other.allow_shares_in),
            ("holds", self.holds != other.holds),
            ("run-as", self.run_as != other.run_as),
            ("idle-timeout", self.idle_timeout != other.idle_timeout),
            ("access-log", self.access_log != other.access_log),
            ("announce", self.announce != other.announce),
        ];
        pairs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
}

fn folder(name: &str, share: &ShareTable) -> Folder {
    let is_required = |rule: Option<Required>| rule.map(|rule| rule == Required::Required);
    let mut folder = Folder::new(name, &share.path).comment(&share.comment).read_only(share.read_only);
    folder.encryption_required = is_required(share.encrypt);
    folder.signing_required = is_required(share.signing);
    folder.users.clone_from(&share.users);
    folder
}

/// Refuses settings that contradict each other about how users log on.
fn may_log_on(
    no_ntlm: bool,
    signing: Signing,
    domain: Option<&Domain>,
    accounts: &[&str],
) -> Result<(), Failure> {
    if no_ntlm && let Some(user) = accounts.first() {
        let message = format!("{user} logs on with NTLM, which --no-ntlm refuses");
        return Err(Failure::usage(message).hint("name users of the domain with their realm: bob@LAB.TEST"));
    }
    if signing == Signing::Optional && domain.is_some_and(|domain| !domain.keytab.detects_replays()) {
        let message = "--signing optional is not safe with this computer's Kerberos library, Heimdal";
        return Err(
            Failure::usage(message).hint("Heimdal accepts a replayed ticket; signing makes it useless")
        );
    }
    Ok(())
}

/// The part of the computer's name that is a valid NetBIOS name.
pub(super) fn computer_name() -> String {
    let name = privileges::host_name().unwrap_or_default();
    let name: String = name
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(15)
        .collect();
    if name.is_empty() { "NETSESSION".to_owned() } else { name }
}
