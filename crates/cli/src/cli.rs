//! The command line as a whole: the top of the command, which nothing but [`main`](crate::main) uses.

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use netsession_reference::edits;

use crate::commands::{Command, Context, answer_shell};
use crate::exit::Exit;
use crate::failure::{Failure, PASSWORD_SOURCES};
use crate::output::{self, OutputFormat};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
SERVER is fs1, fs1.example.com, \\\\FS1, 10.0.0.5:4450, [::1]:445, smb://fs1:445, or @files: a group of the configuration file. The default is this computer.

Exit status: 0 success, 1 failure, unknown result or declined, 2 usage error, 3 nothing matched, 4 some servers failed, \
130 interrupted.";

/// See who is connected to SMB file servers, and disconnect them
#[derive(Debug, Parser)]
#[command(name = "netsession", version, styles = STYLES, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Log progress to stderr (-vv: debug, -vvv: trace)
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    /// Run as a service that the service control manager has started
    #[cfg(windows)]
    #[arg(long, hide = true)]
    pub(crate) service: bool,

    /// Whether the command prints one array, in JSON or YAML; read from the matches, since the commands declare the flags.
    #[arg(skip)]
    pub(crate) prints_array: bool,
}

impl Cli {
    /// Reads the arguments of this process. If they are wrong, or ask for help, prints the answer and returns the exit
    /// status.
    pub(crate) fn read() -> Result<Cli, Exit> {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        Cli::from_arguments(arguments.clone()).map_err(|error| refuse(error, &arguments))
    }

    /// Prints candidates if a completion script asks for them; returns false otherwise.
    pub(crate) fn answer_shell() -> Result<bool, clap::Error> {
        answer_shell(Cli::command)
    }

    pub(crate) fn from_arguments(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
        let mut command = Cli::command();
        command.build();
        let matches = command.clone().try_get_matches_from(command_first(&command, arguments))?;
        let prints_array = matches.subcommand().is_some_and(|(_, command)| asks_for_array(command));
        Ok(Cli { prints_array, ..Cli::from_arg_matches(&matches)? })
    }

    /// Runs the command.
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        self.command.run(&Context { command_line: Cli::command })
    }
}

/// Whether the flags of a command, or of its own subcommand, ask for JSON or YAML.
fn asks_for_array(matches: &ArgMatches) -> bool {
    if let Some((_, nested)) = matches.subcommand() {
        return asks_for_array(nested);
    }
    let format = matches.try_get_one::<OutputFormat>("output").ok().flatten();
    let flag = matches.try_get_one("json").ok().flatten().copied();
    flag.unwrap_or_default() || matches!(format, Some(OutputFormat::Json | OutputFormat::Yaml))
}

/// Moves the command's name before flags of the command that precede it: `-U adm1 sessions` means `sessions -U adm1`, and `-U adm1
/// shares add` means `shares add -U adm1`.
fn command_first(command: &clap::Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_own = |flag: &str| command.get_arguments().any(|argument| is_named(argument, flag));
    let takes_value = |flag: &str| {
        let all = command.get_subcommands().flat_map(clap::Command::get_arguments);
        let mut named = all.filter(|argument| is_named(argument, flag));
        named.any(|argument| argument.get_action().takes_values()) && is_bare(flag)
    };
    let (mut at, mut has_foreign) = (1, false);
    while let Some(flag) = arguments.get(at).and_then(|argument| argument.to_str()) {
        if !flag.starts_with('-') {
            break;
        }
        has_foreign |= !is_own(flag);
        at += if takes_value(flag) { 2 } else { 1 };
    }
    let found = arguments.get(at).and_then(|name| command.find_subcommand(name));
    if let (true, Some(found)) = (has_foreign, found) {
        // `shares add` is one command in two words.
        let has_second = arguments.get(at + 1).is_some_and(|name| found.find_subcommand(name).is_some());
        let (words, last) = if has_second { (2, at + 1) } else { (1, at) };
        arguments.get_mut(1..=last).into_iter().for_each(|leading| leading.rotate_right(words));
    }
    arguments
}

/// Whether a flag on the command line, which can have its value attached, names this argument.
fn is_named(argument: &clap::Arg, flag: &str) -> bool {
    match flag.strip_prefix("--") {
        Some(long) => argument.get_long() == long.split('=').next(),
        None => argument.get_short().is_some() && argument.get_short() == flag.chars().nth(1),
    }
}

/// Whether a flag has no value attached.
fn is_bare(flag: &str) -> bool {
    if flag.starts_with("--") { !flag.contains('=') } else { flag.chars().count() == 2 }
}

/// Prints the help that the user asked for, or why the arguments are wrong.
fn refuse(mut error: clap::Error, arguments: &[OsString]) -> Exit {
    let hint = hint(&error)
        .map(str::to_owned)
        .or_else(|| late_command(&error, arguments))
        .or_else(|| path_as_server(&error, arguments))
        .or_else(|| foreign_format(&error, arguments));
    if hint.is_none() {
        remove_far_value(&mut error);
    } else {
        // The parser suggests whatever is spelled alike, and would contradict the hint.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::Suggested);
    }
    // A reader of --help that has gone away is not an error.
    let _ = error.print();
    hint.iter().for_each(|hint| output::hint(hint));
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}

/// Removes a suggested value that only begins like the given one: the parser suggests `c` for `cobol`.
fn remove_far_value(error: &mut clap::Error) {
    let (Some(ContextValue::String(value)), Some(ContextValue::String(suggested))) =
        (error.get(ContextKind::InvalidValue), error.get(ContextKind::SuggestedValue))
    else {
        return;
    };
    // A part of the suggested value, as `power` of `powershell`, or a few typing errors.
    let is_near = suggested.starts_with(value) || edits(value, suggested) <= suggested.chars().count() / 3;
    if !is_near {
        error.remove(ContextKind::SuggestedValue);
    }
}

/// The correction of a command that follows its servers, as in `netsession fs1 sessions`.
fn late_command(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(first)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let all = Cli::command();
    let mut later =
        arguments.iter().filter_map(|argument| argument.to_str()).skip_while(|it| it != first).skip(1);
    let command = later.find(|argument| all.find_subcommand(argument).is_some())?;
    Some(format!("put the command first: netsession {command} {}", output::visible(first)))
}

/// The correction of a path in the place of a server, as in `netsession close '\\\\fs1\\data\\budget.xlsx'`.
fn path_as_server(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    if error.kind() != ErrorKind::MissingRequiredArgument || arguments.get(1)? != "close" {
        return None;
    }
    let path = arguments.iter().skip(2).filter_map(|argument| argument.to_str()).find(|it| is_path(it))?;
    Some(format!("to close what is open at a path: netsession close --path '{}'", output::visible(path)))
}

/// Whether a word names something in a share, and not only a server.
fn is_path(word: &str) -> bool {
    let is_unc = word.starts_with(r"\\") || word.starts_with("//");
    is_unc && word.trim_matches(['\\', '/']).contains(['\\', '/'])
}

/// What to do instead of asking for JSON, where a command prints no list.
fn foreign_format(error: &clap::Error, arguments: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return None };
    if !matches!(flag.as_str(), "--json" | "-o" | "--output") || error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let all = Cli::command();
    let mut words = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    let command = words.find_map(|word| all.find_subcommand(word))?;
    if command.get_arguments().any(|argument| argument.get_id() == "json") {
        return None;
    }
    Some(match command.get_name() {
        "serve" => "`serve` prints no list; --access-log FILE writes a line of JSON for each use of a file"
            .to_owned(),
        "top" => {
            "`top` draws for people; `netsession sessions --watch 5 -o jsonl` prints the changes".to_owned()
        }
        "hold" | "release" => "`netsession holds --json` lists the holds".to_owned(),
        command => format!("`{command}` prints no list, and has no formats"),
    })
}

/// The correction of a common mistake.
fn hint(error: &clap::Error) -> Option<&'static str> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match (text(ContextKind::InvalidArg), text(ContextKind::InvalidSubcommand)) {
        (Some("-p" | "--port"), _) => Some("append the port to the server: fs1:4450"),
        (Some("--client"), _) => Some("list sessions, files or connections with --client"),
        (Some(flag), _) if flag.starts_with("--pass") => Some(PASSWORD_SOURCES),
        (_, Some("version")) => Some("netsession --version prints the version"),
        (_, Some("list" | "ls" | "show")) => Some("netsession sessions lists the sessions"),
        (_, Some("kill" | "disconnect" | "delete" | "del")) => Some("netsession end ends sessions"),
        (_, Some("netsession")) => Some("name the command once: netsession sessions"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::Cli;
    use clap::CommandFactory as _;

    /// A failure here would suggest C to a user of COBOL, or leave a typing error without the right value.
    #[test]
    fn only_near_values_are_suggested() {
        for (value, suggested) in
            [("cobol", None), ("pyton", Some("python")), ("power", Some("powershell")), ("jav", Some("java"))]
        {
            let mut error = parse(&["signature", "NetSessionDel", "--lang", value]).unwrap_err();
            super::remove_far_value(&mut error);
            let tip = suggested.map(|suggested| format!("a similar value exists: '{suggested}'"));
            let text = error.to_string();
            assert!(tip.as_ref().map_or(!text.contains("similar"), |tip| text.contains(tip)), "{text}");
        }
    }

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::from_arguments([&["netsession"], arguments].concat().into_iter().map(Into::into).collect())
    }

    /// A failure here would leave a person alone who writes the server before the command.
    #[test]
    fn a_command_after_its_server_is_recognised() {
        let hint = |arguments: &[&str]| {
            let error = parse(arguments).unwrap_err();
            let arguments: Vec<_> =
                [&["netsession"], arguments].concat().into_iter().map(Into::into).collect();
            super::late_command(&error, &arguments)
        };
        let expected = Some("put the command first: netsession sessions fs1".to_owned());
        assert_eq!(hint(&["fs1", "sessions"]), expected);
        assert_eq!(hint(&["fs1", "fs2", "sessions", "-k"]), expected);
        assert_eq!(hint(&["fs1"]), None);
        assert_eq!(hint(&["sessions", "--nonsense"]), None);
    }

    /// A failure here would answer a person who wants JSON, or names a path, with nothing but the syntax.
    #[test]
    fn json_without_a_list_and_a_path_as_a_server_get_a_hint() {
        let hint = |arguments: &[&str], hint: fn(&clap::Error, &[OsString]) -> Option<String>| {
            let error = parse(arguments).unwrap_err();
            let arguments: Vec<_> =
                [&["netsession"], arguments].concat().into_iter().map(Into::into).collect();
            hint(&error, &arguments).unwrap_or_default()
        };
        for (arguments, part) in [
            (["serve", "--json"].as_slice(), "--access-log FILE"),
            (&["serve", "--json", "/srv"], "--access-log FILE"),
            (&["top", "-o", "json"], "sessions --watch 5"),
            (&["release", "--json"], "netsession holds --json"),
            (&["demo", "--json"], "`demo` prints no list"),
            (&["demo", "--nonsense"], ""),
        ] {
            let hint = hint(arguments, super::foreign_format);
            assert!(hint.contains(part) && hint.is_empty() == part.is_empty(), "{arguments:?}: {hint}");
        }
        let path = |text| hint(&["close", text], super::path_as_server);
        assert!(path(r"\\fs1\data\a.txt").ends_with(r"netsession close --path '\\fs1\data\a.txt'"));
        assert_eq!((path(r"\\fs1"), path("fs1")), Default::default());
    }

    /// A failure here would make two flags contradict each other.
    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A failure here would offer or accept logon flags that have no effect.
    #[test]
    fn commands_without_a_logon_refuse_logon_flags() {
        let unix_only = if cfg!(unix) { ["serve", "demo"].as_slice() } else { &[] };
        for command in unix_only.iter().copied().chain(["signature", "completions", "reference"]) {
            let mut all = Cli::command();
            all.build();
            let help = all.find_subcommand_mut(command).unwrap().render_long_help().to_string();
            assert!(!help.contains("--login") && !help.contains("--netbios"), "{help}");
            for flags in [["-U", "x"].as_slice(), &["--netbios"], &["--password-stdin"], &["--timeout", "1"]]
            {
                let operand = match command {
                    "signature" => ["NetSessionDel"].as_slice(),
                    "completions" => &["bash"],
                    _ => &[],
                };
                assert!(parse(&[&[command], operand].concat()).is_ok(), "{command}");
                assert!(parse(&[&[command], operand, flags].concat()).is_err(), "{command} {flags:?}");
                assert!(parse(&[flags, &[command], operand].concat()).is_err(), "{flags:?} {command}");
            }
        }
    }

    /// A failure here would break scripts that put flags before the command, or take a flag's value for the command.
    #[test]
    fn flags_can_precede_the_command() {
        let order = |arguments: &[&str]| {
            let all = [&["netsession"], arguments].concat().into_iter().map(Into::into).collect();
            let mut command = Cli::command();
            command.build();
            let ordered = super::command_first(&command, all);
            ordered
                .iter()
                .skip(1)
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (before, after) in [
            ("-U end sessions fs1", "sessions -U end fs1"),
            ("--json --login=x -v end fs1", "end --json --login=x -v fs1"),
            ("-Ux --timeout 5 files", "files -Ux --timeout 5"),
            ("-v sessions --json", "-v sessions --json"),
            ("--help sessions", "--help sessions"),
            ("--json", "--json"),
            ("-U", "-U"),
            ("-U sessions", "-U sessions"),
            ("-U end shares add fs1", "shares add -U end fs1"),
            ("-U end shares fs1 add", "shares -U end fs1 add"),
            ("--json fs1 sessions", "--json fs1 sessions"),
        ] {
            assert_eq!(order(&before.split(' ').collect::<Vec<_>>()), after, "{before}");
        }
        assert!(parse(&["--json", "-U", "adm1", "sessions", "fs1"]).unwrap().prints_array);
        assert!(parse(&["shares", "remove", "fs1", "--name", "data", "--json"]).unwrap().prints_array);
    }

    /// A failure here would print nothing instead of an empty array after an error.
    #[test]
    fn the_array_is_known_for_every_command_that_prints_one() {
        let mut with_json = Vec::new();
        for command in Cli::command().get_subcommands() {
            if command.get_arguments().any(|argument| argument.get_id() == "json") {
                with_json.push(command.get_name().to_owned());
            }
        }
        assert_eq!(
            with_json,
            [
                "sessions",
                "end",
                "files",
                "close",
                "who",
                "connections",
                "shares",
                "holds",
                "journal",
                "info",
                "servers",
                "signature"
            ]
        );
        for command in with_json {
            let operand = match command.as_str() {
                "connections" => ["--share", "data"].as_slice(),
                "close" => &["--id", "1"],
                "who" => &["/data"],
                "signature" => &["NetSessionDel"],
                _ => &[],
            };
            let arguments = [&[command.as_str()], operand].concat();
            assert!(!parse(&arguments).unwrap().prints_array, "{command}");
            assert!(parse(&[&arguments[..], &["--json"]].concat()).unwrap().prints_array, "{command}");
        }
        let format = |format: &str| parse(&["who", "/data", "-o", format]).unwrap().prints_array;
        assert_eq!(["json", "yaml", "jsonl", "csv"].map(format), [true, true, false, false]);
    }
}
