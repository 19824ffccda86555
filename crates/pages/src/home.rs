//! The first page, the list of all pages, and recent changes.

use std::collections::BTreeMap;

use netsession_reference::Model;
use netsession_reference::languages::{Checked, Language};

use crate::changes::Record;
use crate::function::{anchor, title};
use crate::html::escape;
use crate::lists::{FAMILIES, of_family};
use crate::manual::Part;
use crate::{Context, Page, index, manual, prose};

/// The other pages than those of functions and structures, in the order of the list.
const OTHERS: [(&str, &str); 4] = [
    ("directory", "Directory"),
    ("structures", "Structures"),
    ("constants", "Constants"),
    ("errors", "Return codes"),
];
const MORE: [(&str, &str); 6] = [
    ("playground", "Playground"),
    ("faq", "Questions and answers"),
    ("tools", "Helpful tools"),
    ("reading", "Suggested reading"),
    ("changes", "Recent changes"),
    ("missing", "What is missing"),
];

/// Returns whether the search lists a page as a page, and not as its subject.
pub(crate) fn is_listed(name: &str) -> bool {
    OTHERS.iter().chain(&MORE).any(|(other, _)| *other == name)
}

/// The list of all pages, in groups: the title of each group, and the names and titles of its pages.
pub(crate) struct Navigation(Vec<(String, Vec<(String, String)>)>);

impl Navigation {
    pub(crate) fn new(model: &Model, manual: &[Page]) -> Self {
        let fixed = |pages: &[(&str, &str)]| {
            pages.iter().map(|(name, title)| ((*name).to_owned(), (*title).to_owned())).collect()
        };
        let titles = |pages: Vec<&Page>| {
            pages.into_iter().map(|page| (page.name.clone(), short_title(page).to_owned())).collect()
        };
        let part = |part| titles(manual::of_part(manual, part));
        let mut groups = vec![
            ("Tasks".to_owned(), part(Part::Task)),
            ("Manual".to_owned(), part(Part::Subject)),
            ("Commands".to_owned(), part(Part::Command)),
            ("netapi32: look up".to_owned(), fixed(&OTHERS)),
        ];
        groups.extend(FAMILIES.map(|family| {
            let names =
                of_family(model, family).map(|function| (function.name.clone(), function.name.clone()));
            (title(family).to_owned(), names.collect())
        }));
        groups.push(("More".to_owned(), fixed(&MORE)));
        Self(groups)
    }

    /// Returns the list in HTML, for the page at a path.
    pub(crate) fn of(&self, path: &str) -> String {
        let item = |(name, title): &(String, String)| {
            let address = format!("{name}.html");
            let mark = if address == path { " aria-current=\"page\"" } else { "" };
            format!("<li><a href=\"{address}\"{mark}>{}</a></li>\n", escape(title))
        };
        let group = |(title, pages): &(String, Vec<_>)| {
            format!("<p>{}</p>\n<ul>\n{}</ul>\n", escape(title), pages.iter().map(item).collect::<String>())
        };
        self.0.iter().map(group).collect()
    }
}

/// Returns a card for each task, and lists of the other pages of the manual.
fn manual_section(manual: &[Page]) -> String {
    let (tasks, subjects) = (manual::of_part(manual, Part::Task), manual::of_part(manual, Part::Subject));
    let card = |page: &&Page| {
        let (path, title, text) =
            (page.path(), escape(&page.title), escape(&index::first_paragraph(&page.said)));
        format!("<li class=\"card\"><h3><a href=\"{path}\">{title}</a></h3><p>{text}</p></li>")
    };
    let cards: String = tasks.iter().map(card).collect();
    let item = |page: &&Page, text: &str| {
        format!("<li><a href=\"{}\">{}</a>{text}</li>", page.path(), escape(short_title(page)))
    };
    let subjects: String = subjects.iter().map(|page| item(page, "")).collect();
    let commands: String = manual::of_part(manual, Part::Command)
        .iter()
        .map(|page| {
            let text = index::first_paragraph(&page.said);
            item(page, &format!(" <span>{}</span>", escape(text.trim_end_matches('.'))))
        })
        .collect();
    format!(
        "## Tasks {{#tasks}}\n\n<ul class=\"cards\">{cards}</ul>\n\n\
         If you run netsession for the first time, read [Before the first command](tasks.html#before-the-first-command).\n\n\
         ## Manual {{#manual}}\n\n<ul class=\"columns\">{subjects}</ul>\n\n\
         ## Commands {{#commands}}\n\n<ul class=\"columns\">{commands}</ul>\n\n"
    )
}

/// Returns the title without the word that all pages about commands have: `shares add`.
fn short_title(page: &Page) -> &str {
    page.title.strip_prefix("netsession ").unwrap_or(&page.title)
}

/// The first page.
pub(crate) fn page(context: &Context<'_>) -> Page {
    let model = context.model;
    let cards: String = FAMILIES
        .into_iter()
        .map(|family| {
            let items: String = of_family(model, family)
                .map(|function| format!("<li>{}</li>", prose::link(model, &function.name)))
                .collect();
            format!(
                "<li class=\"card\"><h3><a href=\"directory.html#{}\">{}</a></h3><ul>{items}</ul></li>",
                anchor(family),
                escape(title(family))
            )
        })
        .collect();
    let exported = model.functions.iter().filter(|function| function.exported).count();
    let languages: String = Language::ALL
        .into_iter()
        .map(|language| {
            let (class, how) = match language.checked() {
                Checked::Run => ("good", "compiled and run"),
                Checked::Compiled => ("", "compiled"),
                Checked::NotChecked => ("warn", "not compiled"),
            };
            format!(
                "<tr><td>{}</td><td><span class=\"pill {class}\">{how}</span></td><td>{}</td><td>{}</td></tr>",
                escape(language.name()),
                escape(language.checked_by()),
                escape(language.runs_on())
            )
        })
        .collect();
    let text = format!(
        "# netsession\n\n\
         <p class=\"lead\">See who is connected to SMB file servers, and disconnect them, from any operating system, with \
         nothing installed on the server.</p>\n\n{}\
         ## The netapi32 reference {{#reference}}\n\n\
         <p>The Windows functions that list and end the sessions, open files and connections of a file server: \
         {} functions and {} structures, each declared in {} languages, with return codes and what to do about them. \
         {exported} of the functions run on Linux and macOS too, with netsession's library.</p>\n\n\
         <p>Most used: {}.</p>\n\n\
         ## Functions {{#functions}}\n\n<ul class=\"cards\">{cards}</ul>\n\n\
         ## Languages {{#languages}}\n\n<p>Every function that netsession implements is compiled and called in the tests, with the declarations of \
         these pages, against a server. The table names the exceptions.</p>\n\n\
         <div class=\"wide\"><table class=\"stack\"><thead><tr><th>Language</th><th>In the tests</th><th>How</th><th>Runs on</th></tr></thead><tbody>{languages}</tbody></table></div>\n\n\
         ## Without a browser {{#terminal}}\n\n\
         ```text\n\
         netsession signature NetSessionDel --lang vb --with-types\n\
         netsession signature --search sess\n\
         ```\n\n\
         The command prints the same bytes. [Helpful tools](tools.html) lists more.\n\n",
        manual_section(&manual::pages(context.repository)),
        model.functions.len(),
        model.structures.len(),
        Language::ALL.len(),
        prose::links(
            model,
            [
                "NetSessionDel",
                "NetSessionEnum",
                "NetFileEnum",
                "NetFileClose",
                "NetShareEnum",
                "NetApiBufferFree"
            ]
        ),
    );
    let sources = ["crates/pages/src/home.rs".to_owned()];
    context.finish("index", "netsession", text, &sources, None)
}

/// Recent changes.
pub(crate) fn changes(record: &Record, titles: &BTreeMap<String, String>) -> Page {
    let text = format!(
        "# Recent changes\n\n<p class=\"lead\"><a href=\"feed.atom\">Subscribe to the Atom feed</a>: add the \
         address of this site, with <code>feed.atom</code>, to a feed reader.</p>\n\n{}\n",
        record.list(titles)
    );
    Page::alone("changes", "Recent changes", &text)
}
