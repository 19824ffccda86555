//! The manual: the pages of `docs/`, in the order of their lists, with addresses of the site.

use crate::links::relinked;
use crate::{Page, Repository, rail};

/// The file of each page below `docs/`, and its text.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/manual.rs"));

/// Begins the comment with the words by which readers look for a page.
const WORDS: &str = "<!-- search: ";

/// The list of all pages, with which the manual begins.
const FIRST: &str = "README.md";

/// The folder of the pages about commands.
const COMMANDS: &str = "commands";

/// Returns every page: each list before the pages that it links.
pub(crate) fn pages(repository: &Repository) -> Vec<Page> {
    let mut files = Vec::new();
    follow(FIRST, &mut files);
    files.into_iter().map(|(file, text)| page(file, text, repository)).collect()
}

/// What a page of the manual is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A problem, from the first command to the last.
    Task,
    /// A subject.
    Subject,
    /// A command, with its flags.
    Command,
}

/// Returns the pages of a part, without its list.
pub(crate) fn of_part(manual: &[Page], wanted: Part) -> Vec<&Page> {
    manual.iter().filter(|page| part(page) == Some(wanted)).collect()
}

/// Returns the part to which a page belongs; none for a list and for a page that is not of the manual.
pub(crate) fn part(page: &Page) -> Option<Part> {
    let (file, _) = FILES.iter().find(|(file, _)| !is_list(file) && name(file) == page.name)?;
    Some(match file.split_once('/') {
        Some(("tasks", _)) => Part::Task,
        Some((COMMANDS, _)) => Part::Command,
        _ => Part::Subject,
    })
}

/// Returns the words by which readers look for a page, which the page names in a comment.
pub(crate) fn words(text: &str) -> String {
    let words = text.lines().find_map(|line| line.strip_prefix(WORDS)?.strip_suffix("-->"));
    words.unwrap_or_default().split([',', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Adds a page, and those that it links if it is a list.
fn follow(file: &str, found: &mut Vec<(&'static str, &'static str)>) {
    let Some((file, text)) = FILES.iter().copied().find(|(other, _)| *other == file) else { return };
    if found.iter().any(|(other, _)| *other == file) {
        return;
    }
    found.push((file, text));
    if is_list(file) {
        // A list also mentions pages that another list shows.
        for target in links(text).filter(|target| !target.starts_with("..")) {
            follow(&resolve(file, target), found);
        }
    }
}

fn is_list(file: &str) -> bool {
    file.ends_with("README.md")
}

fn page(file: &str, text: &str, repository: &Repository) -> Page {
    let name = name(file);
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(&name).replace('`', "");
    let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with(WORDS)).collect();
    let mut markdown = with_addresses(file, shown.join("\n").trim_end());
    markdown.push_str("\n\n");
    markdown.push_str(&repository.section(&name, &[source(file)], ""));
    markdown.push_str(&rail::rail(&name, &markdown, None));
    Page { name, title, said: text.to_owned(), markdown }
}

/// Returns the file to edit: the definition of a command, or the page itself.
fn source(file: &str) -> String {
    match file.split_once('/').map(|(folder, page)| (folder, page.trim_end_matches(".md"))) {
        Some((COMMANDS, "README")) => "crates/cli/src/commands/mod.rs".to_owned(),
        Some((COMMANDS, command)) => {
            format!("crates/cli/src/commands/{}.rs", command.split('-').next().unwrap_or(command))
        }
        _ => format!("docs/{file}"),
    }
}

/// Returns the name in the site: `use` for `use.md`, `drain` for `tasks/drain.md`, `netsession-hold` for `commands/hold.md`.
fn name(file: &str) -> String {
    match file.trim_end_matches(".md").split_once('/') {
        None if file == FIRST => "manual".to_owned(),
        None => file.trim_end_matches(".md").to_owned(),
        Some((folder, "README")) => folder.to_owned(),
        Some((COMMANDS, command)) => format!("netsession-{command}"),
        Some((_, page)) => page.to_owned(),
    }
}

/// Returns the targets of all links, without the place on the page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next())
}

/// Returns the file that a link in `file` leads to, seen from `docs/`.
fn resolve(file: &str, target: &str) -> String {
    let mut folders: Vec<&str> = file.split('/').collect();
    folders.pop();
    for part in target.split('/') {
        match part {
            ".." if folders.last().is_some_and(|last| *last != "..") => _ = folders.pop(),
            part => folders.push(part),
        }
    }
    folders.join("/")
}

/// Returns the text with links to pages of the site. A link to another file of the repository becomes its text.
fn with_addresses(file: &str, text: &str) -> String {
    relinked(text, |target| {
        let (path, place) = target.split_once('#').unwrap_or((target, ""));
        if target.contains("://") || path.is_empty() {
            return Some(target.to_owned());
        }
        let place = if place.is_empty() { String::new() } else { format!("#{place}") };
        let page = FILES.iter().find(|(other, _)| *other == resolve(file, path));
        page.map(|(page, _)| format!("{}.html{place}", name(page)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FILES, name, pages, with_addresses};
    use crate::Repository;

    /// A failure here would hide a page of the manual from readers of the site.
    #[test]
    fn every_page_is_in_a_list() {
        let found: BTreeSet<String> = pages(&Repository::at("")).into_iter().map(|page| page.name).collect();
        let all: BTreeSet<String> = FILES.iter().map(|(file, _)| name(file)).collect();
        assert_eq!(found, all);
        assert_eq!(all.len(), FILES.len(), "two pages have one name");
    }

    /// A failure here would let a reader who knows no function find nothing.
    #[test]
    fn every_task_has_words_by_which_it_is_found() {
        for (file, text) in
            FILES.iter().filter(|(file, _)| file.starts_with("tasks/") && !super::is_list(file))
        {
            assert!(super::words(text).split(' ').count() > 5, "{file}");
        }
        assert!(pages(&Repository::at("")).iter().all(|page| !page.markdown.contains("<!--")));
    }

    /// A failure here would send a reader of the site to a file that only a clone has.
    #[test]
    fn links_lead_to_pages_of_the_site() {
        let text = "[b](../hold.md), [c](https://example.org/) and [d `e`](../../examples/README.md#y).";
        let expected = "[b](hold.html), [c](https://example.org/) and d `e`.";
        assert_eq!(with_addresses("tasks/drain.md", text), expected);
        assert_eq!(with_addresses("use.md", "[a](hold.md#b) ([top](#c))"), "[a](hold.html#b) ([top](#c))");
    }
}
