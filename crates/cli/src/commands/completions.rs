//! `netsession completions`: prints a script for the user's shell. The script asks this program for candidates
//! ([`answer_shell`]), so that the candidates are current.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, ValueHint};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use clap_complete::{Shell, env};
use netsession::LocalServer;
use netsession_config::Config;

use super::signature;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::DESCENDING;
use crate::output;

/// The environment variable by which a script asks for candidates.
const VARIABLE: &str = "NETSESSION_COMPLETE";

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: netsession completions bash > ~/.local/share/bash-completion/completions/netsession"
)]
pub(crate) struct Args {
    /// Shell to complete for
    shell: Shell,
}

/// The script for bash: the one of `clap_complete` leaves an address with a port in pieces, and completes files of its own.
const BASH: &str = include_str!("completions/bash.sh");

/// The end of the script for zsh. zsh runs an installed script as the function `_netsession`, at the first completion, whose
/// candidates would be lost.
const ZSH_END: (&str, &str) = (
    "compdef _clap_dynamic_completer_netsession netsession",
    "if [[ $funcstack[1] == _netsession ]]; then\n    \
     compdef _clap_dynamic_completer_netsession netsession\n    _clap_dynamic_completer_netsession \"$@\"\n\
     else\n    compdef _clap_dynamic_completer_netsession netsession\nfi",
);

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    output::to_stdout(&script(args.shell)?)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> Result<String, Failure> {
    if shell == Shell::Bash {
        return Ok(BASH.to_owned());
    }
    let shells = env::Shells::builtins();
    let completer = shells.completer(&shell.to_string());
    let completer = completer.ok_or_else(|| Failure::usage(format!("no completions for {shell}")))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "netsession", "netsession", "netsession", &mut script)
        .map_err(|error| Failure::failed(error.to_string()))?;
    let script = String::from_utf8_lossy(&script);
    Ok(if shell == Shell::Zsh { script.replace(ZSH_END.0, ZSH_END.1) } else { script.into_owned() })
}

/// Prints candidates if a completion script asks for them; returns false otherwise.
pub(crate) fn answer_shell(command_line: fn() -> clap::Command) -> Result<bool, clap::Error> {
    let shells = CompleteEnv::with_factory(|| with_candidates(command_line()))
        .var(VARIABLE)
        .shells(Shells::builtins());
    shells.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref())
}

/// Adds the candidates for values to the command line: a shell itself can complete only files and folders.
fn with_candidates(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|subcommand| {
        let subcommand = with_candidates(subcommand);
        let is_signature = subcommand.get_name() == "signature";
        subcommand.mut_args(|argument| {
            let id = argument.get_id().as_str().to_owned();
            let takes_server = argument
                .get_value_names()
                .is_some_and(|names| names.iter().any(|name| name.as_str() == OsStr::new("SERVER")));
            let is_file = argument.get_value_hint() != ValueHint::Unknown;
            match id.as_str() {
                "name" | "references" if is_signature => argument.add(ArgValueCandidates::new(names)),
                // The shell's word is a list, and clap completes its last value without a look at the others.
                "columns" | "sort" => {
                    let names = argument.get_possible_values();
                    argument.add(ArgValueCandidates::new(move || not_named(&names)))
                }
                _ if takes_server => argument.add(ArgValueCandidates::new(servers)),
                _ if is_file || !argument.get_action().takes_values() => argument,
                _ => argument.value_hint(ValueHint::Other),
            }
        })
    })
}

/// The servers, clusters and groups of the configuration file, and the servers that this user runs.
fn servers() -> Vec<CompletionCandidate> {
    let config = Config::read().unwrap_or_default();
    let running = LocalServer::all().into_iter().map(|server| server.address.to_string());
    let groups = config.groups().map(|group| format!("@{group}"));
    let named = config.servers().chain(config.clusters()).map(str::to_owned);
    let all = named.chain(running).chain(groups);
    all.map(CompletionCandidate::new).collect()
}

/// The values of a list that the word does not name yet. Of `idle` and `idle:desc` one is enough.
fn not_named(names: &[PossibleValue]) -> Vec<CompletionCandidate> {
    let words: Vec<String> = std::env::args().skip_while(|word| word != "--").skip(1).collect();
    let index = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
    let word = index.map_or(words.last(), |index: usize| words.get(index));
    let complete = word.and_then(|word| word.rsplit_once(',')).map_or("", |(complete, _)| complete);
    let field = |name: &str| name.split(':').next().unwrap_or_default().to_lowercase();
    let named: Vec<String> = complete.split([',', '=']).map(field).collect();
    let is_new = |name: &&PossibleValue| !named.contains(&field(name.get_name()));
    let is_hidden = |name: &PossibleValue| name.is_hide_set() && !name.get_name().ends_with(DESCENDING);
    let candidate =
        |name: &PossibleValue| CompletionCandidate::new(name.get_name().to_owned()).hide(is_hidden(name));
    names.iter().filter(is_new).map(candidate).collect()
}

/// The names that `signature` declares.
fn names() -> Vec<CompletionCandidate> {
    signature::names().into_iter().map(CompletionCandidate::new).collect()
}
