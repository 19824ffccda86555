//! [`targets`] finds the servers that the command line names, each with its login and options.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use netsession::Kerberos;
use netsession_admin::{
    ChangeLog, ChangeNote, ConnectFlags, LoginFlags, Observers, Password, Questions, Recorded, Recorder,
    ServerSelection, ServersError, Target, Warning, reserve_connections,
};

use netsession_config::ReasonRule;
use netsession_journal::{Operation, Subject};

use crate::failure::Failure;
use crate::flags::{Connect, MoreServers, Reason};
use crate::{ask, output};

/// Finds the servers, their logins and their options. It asks every question about a login, before the first
/// connection.
pub(crate) fn targets(names: &[String], flags: &Connect) -> Result<Vec<Target>, Failure> {
    found(names, flags, &mut Terminal, warn)
}

/// Does the same for a command that changes something. It refuses to leave out a server that is not among the servers, because
/// the person may have meant another one.
pub(crate) fn targets_to_change(
    names: &[String],
    flags: &Connect,
    questions: &mut dyn Questions,
) -> Result<Vec<Target>, Failure> {
    let mut without_effect = None;
    let targets = found(names, flags, questions, |warning| match warning {
        Warning::NotExcluded(_) => without_effect = Some(warning.to_string()),
        other => warn(other),
    })?;
    match without_effect {
        Some(reason) => Err(Failure::usage(reason).hint("correct --exclude or omit it: nothing was changed")),
        None => Ok(targets),
    }
}

fn found(
    names: &[String],
    flags: &Connect,
    questions: &mut dyn Questions,
    warn: impl FnMut(&Warning),
) -> Result<Vec<Target>, Failure> {
    if flags.password_stdin && flags.more.is_stdin_list() {
        return Err(Failure::usage("--password-stdin and --servers-from - both read standard input")
            .hint("write the list to a file"));
    }
    let servers = selection(names, &flags.more)?;
    check_library(flags)?;
    let (login, connect) = (login(flags), connect(flags));
    let targets = netsession_admin::targets(&servers, &login, &connect, questions, warn);
    let observers = observers();
    Ok(targets?.into_iter().map(|target| target.observed_by(observers.clone())).collect())
}

/// Warns of a Kerberos library that the environment chooses and that cannot be used; fails if the flags require Kerberos.
fn check_library(flags: &Connect) -> Result<(), Failure> {
    match (login(flags).kerberos, netsession::check_chosen_library()) {
        (Some(Kerberos::Required), Err(error)) => return Err(Failure::usage(error.to_string())),
        (Some(Kerberos::Off), _) | (_, Ok(())) => {}
        (_, Err(error)) => output::warn(&format!("{error}; netsession does not use Kerberos")),
    }
    Ok(())
}

/// Refuses more servers than the limit of open files allows connections. A command that plans keeps a connection to each
/// server, from the list that the person confirms to the end.
pub(crate) fn check_connections(count: usize) -> Result<(), Failure> {
    reserve_connections(count).map_err(|most| {
        Failure::usage(format!(
            "a connection to each of {count} servers would stay open, and the limit of open files allows {most}"
        ))
        .hint("raise the limit with `ulimit -n`, or name fewer servers")
    })
}

/// Returns the login of the flags.
pub(crate) fn login(flags: &Connect) -> LoginFlags {
    LoginFlags {
        user: flags.login.clone(),
        authentication_file: flags.authentication_file.clone(),
        is_password_on_stdin: flags.password_stdin,
        keytab: flags.keytab.clone(),
        kerberos: flags.kerberos.or(flags.kerberos_only.then_some(Kerberos::Required)),
    }
}

/// Returns the options of a connection of the flags.
pub(crate) fn connect(flags: &Connect) -> ConnectFlags {
    ConnectFlags {
        is_encryption_required: flags.encrypt,
        time_limit: flags.timeout,
        has_netbios: flags.netbios,
    }
}

/// Returns the observers of every connection. With `-v` the log shows each change before the command sends it, and its
/// outcome.
pub(crate) fn observers() -> Observers {
    Observers::default().with(Arc::new(ChangeLog)).recording(recorder().clone())
}

/// Returns the recorder of this process.
fn recorder() -> &'static Recorder {
    static RECORDER: OnceLock<Recorder> = OnceLock::new();
    RECORDER.get_or_init(|| Recorder::new(Recorded::Command, "netsession"))
}

/// Opens the journal before a person decides. Warns if it does not work; fails if the configuration requires it.
pub(crate) fn check_journal() -> Result<(), Failure> {
    recorder().check()?;
    warn_unrecorded("changes will not be recorded");
    Ok(())
}

/// Records a change that sends no request itself, such as a hold, at these servers.
pub(crate) fn note_change(
    operation: Operation,
    note: &ChangeNote,
    servers: &str,
    subjects: Vec<Subject>,
) -> Result<(), Failure> {
    Ok(recorder().note(operation, note, servers, subjects)?)
}

/// Refuses a change without a reason if the configuration requires one, and nobody will be asked.
pub(crate) fn check_reason(reason: &Reason, is_asked: bool) -> Result<(), Failure> {
    let is_missing = reason.reason.as_deref().is_none_or(is_blank);
    match recorder().reason_rule() {
        ReasonRule::Required if is_missing && !is_asked => Err(without_reason()),
        _ => Ok(()),
    }
}

/// Asks the person for the reason where the configuration says so, after they have confirmed.
pub(crate) fn ask_reason(note: &mut ChangeNote, is_asked: bool) -> Result<(), Failure> {
    let rule = recorder().reason_rule();
    if rule != ReasonRule::Optional && is_asked && note.reason.as_deref().is_none_or(is_blank) {
        let question = match rule {
            ReasonRule::Required => "Reason, for the journal (required):",
            _ => "Reason, for the journal:",
        };
        let answer = ask::text(question);
        note.reason = answer.map_err(|error| Failure::usage(format!("cannot read the reason: {error}")))?;
    }
    match rule {
        ReasonRule::Required if note.reason.as_deref().is_none_or(is_blank) => Err(without_reason()),
        _ => Ok(()),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn without_reason() -> Failure {
    Failure::usage("nothing was changed: the configuration requires a reason for each change")
        .hint("say it when the command asks, or with --reason TEXT")
}

/// Returns whether a person has to say why, for a front end that owns the terminal.
pub(crate) fn reason_rule() -> ReasonRule {
    recorder().reason_rule()
}

/// The reasons that were said since the journal last wrote a record.
#[derive(Debug)]
struct Said {
    reasons: BTreeSet<String>,
    written: u64,
}

impl Said {
    const fn nothing() -> Self {
        Self { reasons: BTreeSet::new(), written: 0 }
    }

    /// Whether to say a reason, when the journal has written so many records.
    fn is_new(&mut self, reason: String, written: u64) -> bool {
        if self.written != written {
            *self = Self { written, ..Self::nothing() };
        }
        self.reasons.insert(reason)
    }
}

/// Prints why changes were not recorded, each reason once until a record is written again, and which logs of the system take no
/// lines about changes.
pub(crate) fn warn_unrecorded(what: &str) {
    static SAID: Mutex<Said> = Mutex::new(Said::nothing());
    recorder().not_forwarded().iter().for_each(|error| output::warn(&error.to_string()));
    for cause in recorder().warnings() {
        let written = recorder().written();
        if !SAID.lock().unwrap_or_else(PoisonError::into_inner).is_new(cause.to_string(), written) {
            continue;
        }
        output::warn(&format!("{what}: {cause}"));
        cause.hint().iter().for_each(|hint| output::hint(&hint.to_string()));
    }
}

/// Returns why changes were not recorded, for a front end that owns the terminal.
pub(crate) fn unrecorded() -> Vec<String> {
    let (causes, errors) = (recorder().warnings(), recorder().not_forwarded());
    let causes = causes.iter().map(|cause| format!("this change is not recorded: {cause}"));
    causes.chain(errors.iter().map(ToString::to_string)).collect()
}

/// Prints a warning about a source of logins.
pub(crate) fn warn(warning: &Warning) {
    output::warn(&warning.to_string());
    output::hint(&warning.hint());
}

/// Reads the names and the flags that select servers.
pub(crate) fn selection(names: &[String], more: &MoreServers) -> Result<ServerSelection, Failure> {
    let mut servers = ServerSelection::of(names);
    servers.excluded.clone_from(&more.exclude);
    if more.is_stdin_list() {
        servers.add_list("standard input".as_ref(), io::stdin().lock())?;
    } else if let Some(path) = &more.servers_from {
        let file =
            File::open(path).map_err(|cause| ServersError::ListUnreadable { path: path.clone(), cause });
        servers.add_list(path, file.map_err(netsession_admin::Error::from)?)?;
    }
    Ok(servers)
}

/// Returns the first names, and how many more there are.
fn named(servers: &[String]) -> String {
    const MAX_NAMED: usize = 3;
    output::visible(&output::joined(servers, MAX_NAMED)).into_owned()
}

/// The person at the terminal.
#[derive(Debug)]
pub(crate) struct Terminal;

impl Questions for Terminal {
    fn can_ask(&self) -> bool {
        ask::is_person_present()
    }

    fn user(&mut self, servers: &[String]) -> io::Result<Option<String>> {
        ask::text(&format!("User to log on to {} as ([DOMAIN\\]USER):", named(servers)))
    }

    fn password(&mut self, user: &str, servers: &[String]) -> io::Result<Password> {
        let user = output::visible(user);
        let question = match servers {
            [] => format!("Password for {user}: "),
            servers => format!("Password for {user} at {}: ", named(servers)),
        };
        ask::password(&question).map(Password::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Said;

    /// A failure here would lose records silently after the second failure of the same kind, or say the same for ever.
    #[test]
    fn a_failure_after_a_record_is_said_again() {
        let mut said = Said::nothing();
        let mut is_new = |reason: &str, written| said.is_new(reason.to_owned(), written);
        assert!(is_new("gone", 4) && !is_new("gone", 4) && is_new("full", 4) && !is_new("full", 4));
        assert!(is_new("gone", 6), "two records were written meanwhile");
        assert!(!is_new("gone", 6));
    }
}
