//! The pages of the manual in `docs/commands/`, one for each command, from the same definitions as `--help`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use clap::{Arg, Command, CommandFactory as _};

use super::{Remarks, visible};
use crate::cli::Cli;

/// The pages that describe more than the flags of a command.
const TOPICS: [(&str, &[(&str, &str)]); 17] = [
    ("sessions", &[("../use.md", "Using netsession"), ("../watch.md", "The events of `--watch`")]),
    ("end", &[("../tasks/disconnect-user.md", "Disconnect a user"), ("../safety.md", "Safety")]),
    ("files", &[("../tasks/locked-file.md", "A locked file"), ("../paths.md", "Paths that lead to servers")]),
    ("close", &[("../tasks/locked-file.md", "A locked file"), ("../safety.md", "Safety")]),
    ("who", &[("../tasks/locked-file.md", "A locked file"), ("../paths.md", "Paths that lead to servers")]),
    ("top", &[("../top.md", "The live view")]),
    ("hold", &[("../hold.md", "Holds"), ("../tasks/infected-client.md", "An infected client")]),
    ("holds", &[("../hold.md", "Holds")]),
    ("release", &[("../hold.md", "Holds")]),
    ("agent", &[("../hold.md", "Holds")]),
    ("journal", &[("../journal.md", "The journal"), ("../tasks/who-did-that.md", "Who did that")]),
    (
        "exporter",
        &[("../metrics.md", "Metrics for Prometheus"), ("../tasks/prometheus.md", "Watch with Prometheus")],
    ),
    ("servers", &[("../configuration.md", "The configuration file")]),
    ("config", &[("../configuration.md", "The configuration file")]),
    ("serve", &[("../sharing.md", "Sharing a folder"), ("../serve.md", "`serve` as a service")]),
    ("signature", &[("../declarations.md", "Declarations to paste")]),
    ("reference", &[("../declarations.md", "Declarations to paste")]),
];

/// Returns the file of each page in `docs/commands/`, and its text.
fn pages() -> BTreeMap<String, String> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = BTreeMap::from([("README.md".to_owned(), list(&command))]);
    for own in visible(&command) {
        add(own, own.get_name(), &mut pages);
    }
    pages
}

fn add(command: &Command, topic: &str, pages: &mut BTreeMap<String, String>) {
    pages.insert(file(command), page(command, topic));
    for own in visible(command) {
        add(own, topic, pages);
    }
}

/// Returns the words that call a command: `netsession shares add`.
fn call(command: &Command) -> &str {
    command.get_bin_name().unwrap_or_else(|| command.get_name())
}

/// Returns the file of its page: `shares-add.md`.
fn file(command: &Command) -> String {
    format!("{}.md", call(command).trim_start_matches("netsession ").replace(' ', "-"))
}

/// Returns what a command does, in a few words.
fn about(command: &Command) -> String {
    marked(&command.get_about().map(ToString::to_string).unwrap_or_default())
}

/// Returns what a command does, in sentences.
fn long_about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let sentence = |paragraph: &str| format!("{}.", paragraph.trim().trim_end_matches('.'));
    marked(&about.split("\n\n").map(sentence).collect::<Vec<_>>().join("\n\n"))
}

fn list(command: &Command) -> String {
    let mut text = String::from(
        "# All commands\n\nEach command with its arguments and flags, as `netsession COMMAND --help` prints them. \
         [Tasks](../tasks/README.md) use them to solve a problem.\n\n| command | what it does |\n| --- | --- |\n",
    );
    let rows = visible(command).flat_map(|own| std::iter::once(own).chain(visible(own)));
    for own in rows {
        let _ = writeln!(text, "| [`{}`]({}) | {} |", call(own), file(own), about(own).replace('|', "\\|"));
    }
    text
}

fn page(command: &Command, topic: &str) -> String {
    let remarks = Remarks::of(command);
    let usage = command.clone().render_usage().to_string();
    let usage: Vec<&str> = usage.trim_start_matches("Usage:").lines().map(str::trim).collect();
    let mut text = format!(
        "# {}\n\n{}\n\n```text\n{}\n```\n\n",
        call(command),
        long_about(command),
        usage.join("\n").trim()
    );
    for paragraph in &remarks.paragraphs {
        let _ = write!(text, "{}\n\n", marked(paragraph));
    }
    if !remarks.examples.is_empty() {
        let lines: String = remarks.examples.iter().map(|line| format!("    {line}\n")).collect();
        let _ = write!(text, "## Examples\n\n{lines}\n");
    }
    if visible(command).next().is_some() {
        text.push_str("## Its commands\n\n| command | what it does |\n| --- | --- |\n");
        for own in visible(command) {
            let _ = writeln!(text, "| [`{}`]({}) | {} |", call(own), file(own), about(own));
        }
        text.push('\n');
    }
    for (heading, arguments) in groups(command) {
        let _ = write!(text, "## {heading}\n\n{}\n", arguments.into_iter().map(argument).collect::<String>());
    }
    text.push_str("## See also\n\n");
    let topics = TOPICS.iter().filter(|(name, _)| *name == topic).flat_map(|(_, topics)| *topics);
    for (target, title) in topics {
        let _ = writeln!(text, "- [{title}]({target})");
    }
    text.push_str("- [Exit statuses](../use.md#exit-statuses)\n- [All commands](README.md)\n");
    text
}

/// Returns the arguments and flags below their headings, in the order of `--help`.
fn groups(command: &Command) -> Vec<(&str, Vec<&Arg>)> {
    let mut groups: Vec<(&str, Vec<&Arg>)> = vec![("Arguments", Vec::new()), ("Options", Vec::new())];
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help");
    for arg in shown {
        let usual = if arg.is_positional() { "Arguments" } else { "Options" };
        let heading = arg.get_help_heading().unwrap_or(usual);
        match groups.iter_mut().find(|(title, _)| *title == heading) {
            Some((_, arguments)) => arguments.push(arg),
            None => groups.push((heading, vec![arg])),
        }
    }
    groups.retain(|(_, arguments)| !arguments.is_empty());
    groups
}

/// Returns an item of a list: the flag with its value, and below it what it does.
fn argument(arg: &Arg) -> String {
    let short = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(_)) => format!("-{short}, "),
        _ => String::new(),
    };
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    // Some flags name their default in their help.
    let (help, own_default) = match help.split_once(" [default: ") {
        Some((help, default)) => (help, Some(default.trim_end_matches(']'))),
        None => (help.as_str(), None),
    };
    let mut text = format!("- `{short}{arg}`\\\n  {}", marked(help));
    if let Some(default) = own_default {
        let _ = write!(text, ". Default: {}", marked(default));
    }
    let defaults: Vec<String> = arg
        .get_default_values()
        .iter()
        .filter(|_| arg.get_action().takes_values() && !arg.is_hide_default_value_set())
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .filter(|value| value != "``")
        .collect();
    if !defaults.is_empty() {
        let _ = write!(text, ". Default: {}", defaults.join(", "));
    }
    let values: Vec<_> = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect();
    if arg.get_action().takes_values() && !arg.is_hide_possible_values_set() && !values.is_empty() {
        let names: Vec<String> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
        if values.iter().all(|value| value.get_help().is_none()) {
            let _ = write!(text, ".\n  Possible values: {}", names.join(", "));
        } else {
            text.push_str(". Possible values:\n");
            for (name, value) in names.iter().zip(&values) {
                let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                let _ = write!(text, "\n  - {name}: {}", marked(&help));
            }
        }
    }
    text.push('\n');
    text
}

/// Returns text of `--help` as Markdown: flags, quoted words, patterns and names of Windows become code.
fn marked(text: &str) -> String {
    let mut parts = text.split('`');
    let mut marked = parts.next().map(plain).unwrap_or_default();
    for (place, part) in parts.enumerate() {
        if place % 2 == 0 {
            let _ = write!(marked, "`{part}`");
        } else {
            marked.push_str(&plain(part));
        }
    }
    marked
}

/// Returns text without spans of code as Markdown.
fn plain(text: &str) -> String {
    let word = |word: &str| {
        let core = word.trim_matches(['(', ')', ',', ';', ':', '.', ']', '[']);
        let is_quoted = core.len() > 2 && core.starts_with('\'') && core.ends_with('\'');
        let is_code = is_quoted
            || core.len() > 1 && core.starts_with(['-', '/'])
            || core.contains(['\\', '*', '_', '<', '$', '=', '|'])
            || core.len() > 1 && core.contains('@');
        match word.split_once(core) {
            Some((before, after)) if is_code => {
                format!("{}`{}`{}", escaped(before), core.trim_matches('\''), escaped(after))
            }
            _ => escaped(word),
        }
    };
    text.split('\n')
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        if matches!(c, '[' | ']' | '<' | '*' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
        escaped
    })
}

/// A failure here would show readers of the manual flags that the command does not have, or hide those that it has.
#[test]
fn each_command_has_its_page_in_the_manual() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands");
    let pages = pages();
    if env::var_os("GOLDEN").is_some_and(|golden| golden == "write") {
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
            if !pages.contains_key(entry.file_name().to_str().unwrap()) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        for (file, text) in &pages {
            fs::write(folder.join(file), text).unwrap();
        }
    }
    let mut there: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(
        there,
        pages.keys().cloned().collect::<Vec<_>>(),
        "GOLDEN=write cargo test -p netsession-cli each_command"
    );
    for (file, text) in &pages {
        let written = fs::read_to_string(folder.join(file)).unwrap();
        assert_eq!(&written, text, "{file}: GOLDEN=write cargo test -p netsession-cli each_command");
    }
}

/// A failure here would show a reader of the manual quotation marks, stars or backslashes that the help does not mean.
#[test]
fn help_is_marked_as_code_where_it_is_code() {
    assert_eq!(marked("encrypt=required|off, @files"), "`encrypt=required|off`, `@files`");
    assert_eq!(
        marked(r"A name, DOMAIN\name, or 'svc-*'; --all (FS1$), `-`: input [default: 5]"),
        r"A name, `DOMAIN\name`, or `svc-*`; `--all` (`FS1$`), `-`: input \[default: 5\]"
    );
}
