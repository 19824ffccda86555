//! The pages of the site: [`build`] turns the model of the reference, and the manual in `docs/`, into files.
//!
//! A [`Page`] is Markdown until [`build`] renders it. A [`Record`] has the last text of each page of the reference as a
//! fingerprint, and lists the changes. A [`Repository`] links the pages to their sources. The site calls [`build`] when a browser first
//! asks for a page.
//!
//! ```
//! use netsession_pages::{Record, Repository, pages};
//!
//! let pages = pages(&Record::read()?, &Repository::of_workspace());
//! assert!(pages.iter().any(|page| page.name == "NetSessionDel"));
//! # Ok::<(), anyhow::Error>(())
//! ```
#![forbid(unsafe_code)]

mod changes;
mod declaration;
mod figure;
mod function;
mod highlight;
mod home;
mod html;
mod index;
mod links;
mod lists;
mod manual;
mod page;
mod prose;
mod rail;
mod render;
mod repository;
mod structure;
mod table;
mod terminal;

use std::collections::BTreeMap;

use anyhow::Result;
use netsession_reference::Model;

pub use changes::{Change, Record};
pub use page::Page;
pub use repository::Repository;

/// The pages that people write, in `docs/reference/`: name, title, text.
const WRITTEN: [(&str, &str, &str); 4] = [
    ("playground", "Playground", include_str!("../../../docs/reference/playground.md")),
    ("faq", "Questions and answers", include_str!("../../../docs/reference/faq.md")),
    ("tools", "Helpful tools", include_str!("../../../docs/reference/tools.md")),
    ("reading", "Suggested reading", include_str!("../../../docs/reference/reading.md")),
];
const SEARCH: &str = include_str!("../../../docs/reference/search.md");
const NOT_FOUND: &str = include_str!("../../../docs/reference/not-found.md");

/// Files that the site contains unchanged.
const FILES: [(&str, &str); 4] = [
    ("icon.svg", include_str!("../theme/icon.svg")),
    ("print.css", include_str!("../theme/print.css")),
    ("site.js", include_str!("../theme/site.js")),
    ("style.css", include_str!("../theme/style.css")),
];

/// The input of every page.
pub(crate) struct Context<'a> {
    pub(crate) model: &'a Model,
    record: &'a Record,
    repository: &'a Repository,
}

impl Context<'_> {
    /// Completes a page with the section about itself and its rail. The record of changes compares the page without
    /// these.
    pub(crate) fn finish(
        &self,
        name: &str,
        title: &str,
        mut markdown: String,
        sources: &[String],
        documentation: Option<&str>,
    ) -> Page {
        let said = markdown.clone();
        let about = self.repository.section(name, sources, &self.record.of_page(name));
        markdown.push_str(&about);
        markdown.push_str(&rail::rail(name, &markdown, documentation));
        Page { name: name.to_owned(), title: title.to_owned(), said, markdown }
    }
}

/// Returns every page whose changes are recorded, in the order of the lists.
pub fn pages(record: &Record, repository: &Repository) -> Vec<Page> {
    let context = Context { model: Model::get(), record, repository };
    let mut pages = vec![home::page(&context)];
    pages.extend(context.model.functions.iter().map(|function| function::page(&context, function)));
    pages.extend(context.model.structures.iter().map(|structure| structure::page(&context, structure)));
    pages.extend([
        lists::directory(&context),
        lists::structures(&context),
        lists::errors(&context),
        lists::constants(&context),
        lists::missing(&context),
    ]);
    pages.extend(WRITTEN.map(|(name, title, text)| {
        context.finish(name, title, format!("{text}\n\n"), &[format!("docs/reference/{name}.md")], None)
    }));
    pages
}

/// Builds the site, and returns every file by its path.
///
/// # Errors
/// The record of changes is malformed.
pub fn build(repository: &Repository) -> Result<BTreeMap<String, Vec<u8>>> {
    let record = Record::read()?;
    let mut all = pages(&record, repository);
    let manual = manual::pages(repository);
    let navigation = home::Navigation::new(Model::get(), &manual);
    let written: Vec<Page> = all.iter().filter(|page| home::is_listed(&page.name)).cloned().collect();
    let index = index::script(Model::get(), &manual, &written)?;
    all.extend(manual);
    let titles = all.iter().map(|page| (page.name.clone(), page.title.clone())).collect();
    all.push(home::changes(&record, &titles));
    all.push(Page::alone("search", "Search", SEARCH));
    let mut files: BTreeMap<String, Vec<u8>> =
        all.iter().map(|page| (page.path(), rendered(page, &navigation, None))).collect();
    // The server shows this page at every address that it does not have.
    let not_found = Page::alone("404", "Page not found", NOT_FOUND);
    files.insert(not_found.path(), rendered(&not_found, &navigation, Some("/")));
    files.extend(FILES.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    files.insert("search-index.js".to_owned(), index.into_bytes());
    files.insert("feed.atom".to_owned(), record.feed()?.into_bytes());
    Ok(files)
}

fn rendered(page: &Page, navigation: &home::Navigation, base: Option<&str>) -> Vec<u8> {
    let title = match page.title.as_str() {
        "netsession" => "netsession: manual and netapi32 reference".to_owned(),
        title => format!("{title} - netsession"),
    };
    let content = render::Content {
        title: &title,
        markdown: &page.markdown,
        navigation: &navigation.of(&page.path()),
        base,
    };
    let html = render::page(&content);
    match base {
        None => html,
        // A link to a place in the page would begin with the address, too, and lead to another page.
        Some(base) => html.replace("href=\"#", &format!("href=\"{base}{}#", page.path())),
    }
    .into_bytes()
}
