//! The command lines of the documentation are ones that the command accepts.

use std::fs;
use std::path::{Path, PathBuf};

use super::cli::Cli;

/// Returns every page in Markdown at this path, and below it.
fn pages(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else {
        return path
            .extension()
            .filter(|extension| *extension == "md")
            .map(|_| path.to_owned())
            .into_iter()
            .collect();
    };
    entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).flat_map(|path| pages(&path)).collect()
}

/// Returns the words of a line as a shell reads them, without its comment; two spaces begin an explanation. None for a
/// line that a shell takes apart first.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some(end), _) if character == end => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | ';' | '&') => break,
            (None, '$' | '`') => return None,
            (None, ' ') => {
                words.extend(word.take());
                if matches!(characters.peek(), Some(' ' | '#') | None) {
                    break;
                }
            }
            (None, '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Some(words)
}

/// Returns the command line in an indented line of a page, from `netsession` on.
fn command(line: &str) -> Option<&str> {
    let line = line.strip_prefix("    ")?.trim_start();
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let line = line.strip_prefix("sudo ").unwrap_or(line);
    let line = line.strip_prefix("cargo run -- ").unwrap_or(line);
    is_command(line).then_some(line)
}

fn is_command(text: &str) -> bool {
    text.starts_with("netsession ") && !text.starts_with("netsession COMMAND") && !text.ends_with("...")
}

/// Returns the command lines in a row of a table, each in a cell of its own.
fn commands_of_row(line: &str) -> impl Iterator<Item = &str> {
    let cells = line.strip_prefix('|').into_iter().flat_map(|row| row.split('|'));
    let whole = cells.filter_map(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'));
    let whole = whole.map(|text| text.strip_prefix("sudo ").unwrap_or(text));
    whole.filter(|text| is_command(text) && !text.contains('`'))
}

/// A failure here would send a reader of the manual, in the middle of an incident, to a flag that does not exist.
#[test]
fn the_command_accepts_every_line_of_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let all = ["README.md", "docs", "examples/README.md"].map(|path| pages(&root.join(path))).concat();
    let (mut refused, mut accepted) = (Vec::new(), 0);
    for page in all {
        let text = fs::read_to_string(&page).unwrap();
        for line in text.lines().flat_map(|line| command(line).into_iter().chain(commands_of_row(line))) {
            let Some(words) = words(line) else { continue };
            match Cli::from_arguments(words.into_iter().map(Into::into).collect()) {
                Ok(_) => accepted += 1,
                Err(error) => refused.push(format!("{}: {line}\n{error}", page.display())),
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(accepted > 80, "only {accepted} lines were found");
}

/// Returns the address of a heading, as the usual renderers of Markdown make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// Returns what is wrong with a link of a page.
fn mistake(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent()?.join(file) };
    if !target.exists() {
        return Some("no such file".to_owned());
    }
    let text = fs::read_to_string(&target).unwrap_or_default();
    let mut headings = text
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| line.trim_start_matches('#').trim());
    let is_there = heading.is_empty() || headings.any(|line| anchor(line) == heading);
    (!is_there).then(|| format!("{} has no such heading", target.display()))
}

/// A failure here would lead a reader of the manual to a page that does not exist.
#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let names =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "examples/README.md"];
    let mut mistakes = Vec::new();
    // The pages of the reference are rendered under other names, and checked there.
    let is_rendered = |page: &Path| page.parent().is_some_and(|folder| folder.ends_with("docs/reference"));
    for page in
        names.map(|path| pages(&root.join(path))).concat().into_iter().filter(|page| !is_rendered(page))
    {
        let text = fs::read_to_string(&page).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let links = links.filter(|link| !link.contains(char::is_whitespace));
        mistakes.extend(
            links.filter_map(|link| Some(format!("{}: {link}: {}", page.display(), mistake(&page, link)?))),
        );
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

/// A failure here would let the test above accept a line that a reader's shell takes apart in another way.
#[test]
fn a_line_is_read_as_a_shell_reads_it() {
    for (line, read) in [
        (
            r"netsession end fs1 --user 'svc-*' --dry-run      show what would end",
            &["netsession", "end", "fs1", "--user", "svc-*", "--dry-run"][..],
        ),
        (r#"netsession who '\\fs1\a b' | jq -r .user"#, &["netsession", "who", r"\\fs1\a b"]),
        (r"netsession sessions # all", &["netsession", "sessions"]),
        (r"netsession files \\\\fs1", &["netsession", "files", r"\\fs1"]),
    ] {
        assert_eq!(words(line).unwrap(), read, "{line}");
    }
    assert_eq!(words("netsession sessions $SERVER"), None);
}
