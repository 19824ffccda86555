//! `netsession manual`: writes the manual pages, for packages. They come from the same definitions as `--help`.

#[cfg(all(test, unix))]
mod pages;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::exit::Exit;
use crate::failure::Failure;

/// Write the manual pages to a folder
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    /// Folder that receives netsession.1, netsession-sessions.1 and the others
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(args: &Args, command_line: fn() -> Command) -> Result<Exit, Failure> {
    // Without the generated command `help`, which is not worth a page for each command.
    let mut command = command_line().disable_help_subcommand(true);
    command.build();
    write(&command, None, &args.folder)
        .map_err(|error| Failure::failed(format!("cannot write to {}: {error}", args.folder.display())))?;
    Ok(Exit::Done)
}

/// Writes the page of a command, and those of its own commands. `above` is the page of the command to which it belongs.
fn write(command: &Command, above: Option<&str>, folder: &Path) -> io::Result<()> {
    for own in visible(command) {
        write(own, Some(name(command)), folder)?;
    }
    fs::write(folder.join(format!("{}.1", name(command))), page(command, above)?)
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|own| !own.is_hide_set())
}

/// Returns the name of the page, such as netsession-sessions.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command, above: Option<&str>) -> io::Result<Vec<u8>> {
    let source = format!("netsession {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("netsession manual");
    let remarks = Remarks::of(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    ragged().to_writer(&mut page)?;
    man.render_name_section(&mut page)?;
    usage(command).to_writer(&mut page)?;
    description(command, &remarks.paragraphs).to_writer(&mut page)?;
    if visible(command).next().is_some() {
        commands(command).to_writer(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    if !remarks.examples.is_empty() {
        examples(&remarks.examples).to_writer(&mut page)?;
    }
    if let Some(statuses) = &remarks.statuses {
        exit_statuses(statuses).to_writer(&mut page)?;
    }
    see_also(above).to_writer(&mut page)?;
    Ok(page)
}

/// What `--help` says below the options.
#[derive(Default)]
struct Remarks {
    paragraphs: Vec<String>,
    /// The lines of commands, with their explanations.
    examples: Vec<String>,
    statuses: Option<String>,
}

impl Remarks {
    fn of(command: &Command) -> Self {
        let text = command.get_after_long_help().or_else(|| command.get_after_help());
        let text = text.map(ToString::to_string).unwrap_or_default();
        let mut remarks = Self::default();
        let mut is_example = false;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let Some(example) = line.strip_prefix("Example: ") {
                remarks.examples.push(example.to_owned());
            } else if let Some(statuses) = line.strip_prefix("Exit status: ") {
                remarks.statuses = Some(statuses.trim_end_matches('.').to_owned());
            } else if line == "Examples:" {
                is_example = true;
            } else if is_example && line.starts_with(' ') {
                remarks.examples.push(line.trim().to_owned());
            } else {
                is_example = false;
                remarks.paragraphs.push(line.to_owned());
            }
        }
        remarks
    }
}

/// Keeps commands and flags whole: no hyphens at the ends of lines, and no more than one space between words.
fn ragged() -> Roff {
    let mut layout = Roff::new();
    layout.control("nh", []);
    layout.control("ad", ["l"]);
    layout
}

fn usage(command: &Command) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    let called = command.get_bin_name().unwrap_or_else(|| command.get_name());
    for (place, form) in usage.lines().map(str::trim).enumerate() {
        if place > 0 {
            section.control("br", []);
        }
        match form.strip_prefix(called) {
            Some(arguments) => section.text([bold(called), roman(arguments)]),
            None => section.text([roman(form)]),
        };
    }
    section
}

fn description(command: &Command, paragraphs: &[String]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["DESCRIPTION"]);
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    section.text([roman(format!("{}.", about.trim_end_matches('.')))]);
    for paragraph in paragraphs {
        section.control("PP", []);
        section.text([roman(paragraph)]);
    }
    section
}

fn commands(command: &Command) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["COMMANDS"]);
    for own in visible(command) {
        section.control("TP", []);
        section.text([bold(name(own)), roman("(1)")]);
        section.text([roman(own.get_about().map(ToString::to_string).unwrap_or_default())]);
    }
    section
}

fn examples(lines: &[String]) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXAMPLES"]);
    for line in lines {
        // An explanation begins after two spaces.
        let (example, explanation) = line.split_once("  ").unwrap_or((line, ""));
        section.control("TP", []);
        section.text([bold(example)]);
        section.text([roman(explanation.trim())]);
    }
    section
}

/// Turns `0 success, 1 failure, unknown result or declined` into a list.
fn exit_statuses(text: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    let mut meanings: Vec<(&str, String)> = Vec::new();
    for part in text.split(", ") {
        let number =
            part.split_once(' ').filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
        match (number, meanings.last_mut()) {
            (Some((number, meaning)), _) => meanings.push((number, meaning.to_owned())),
            (None, Some((_, meaning))) => *meaning = format!("{meaning}, {part}"),
            (None, None) => {}
        }
    }
    for (number, meaning) in meanings {
        section.control("TP", []);
        section.text([bold(number)]);
        section.text([roman(meaning)]);
    }
    section
}

fn see_also(above: Option<&str>) -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["SEE ALSO"]);
    if let Some(above) = above {
        section.text([bold(above), roman("(1)")]);
        section.control("PP", []);
    }
    section.text([
        roman("The manual with its tasks, offline in a browser: "),
        bold("netsession reference --open"),
    ]);
    section
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{Command, page, visible};
    use crate::cli::Cli;

    /// A failure here would show a reader of `man` what a generator leaves: empty brackets, a heading without a meaning, or an option
    /// without its value.
    #[test]
    fn pages_read_as_if_somebody_had_written_them() {
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        let mut seen = 0;
        check(&command, &mut seen);
        assert!(seen > 25, "{seen} pages");
    }

    fn check(command: &Command, seen: &mut usize) {
        let page = String::from_utf8(page(command, None).unwrap()).unwrap();
        for fault in ["EXTRA", "SUBCOMMANDS", "[\\fB", "[default: ]", "Example:"] {
            assert!(!page.contains(fault), "{fault} in {page}");
        }
        // A reader who copies a command would copy the hyphen at the end of a line, too.
        assert!(page.contains("\n.nh\n.ad l\n"), "{page}");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "\"SEE ALSO\""] {
            assert!(page.contains(&format!(".SH {section}")), "{section} in {page}");
        }
        let text = command.get_after_long_help().or_else(|| command.get_after_help());
        let has_example = text.is_some_and(|text| text.to_string().contains("Example"));
        assert_eq!(page.contains(".SH EXAMPLES"), has_example, "{page}");
        *seen += 1;
        visible(command).for_each(|own| check(own, seen));
    }
}
