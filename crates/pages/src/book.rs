//! Runs mdBook: [`render`] turns pages in Markdown into HTML files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use mdbook_core::book::{Book, BookItem, Chapter};
use mdbook_core::config::Config;
use mdbook_html::HtmlHandlebars;
use mdbook_renderer::{RenderContext, Renderer as _};

use crate::page::Page;

/// The template with which mdBook renders each page; `{{> header}}` in it is the list of all pages.
const TEMPLATE: &str = include_str!("../theme/index.hbs");

/// Returns the settings. They turn off mdBook's own search, scripts and styles, so the site contains none of them.
const SETTINGS: &str = r#"
[book]
title = "netapi32 reference"
language = "en"
[output.html]
theme = "theme"
default-theme = "light"
input-404 = "404.md"
site-url = "/"
hash-files = false
[output.html.print]
enable = false
[output.html.playground]
runnable = false
copyable = false
"#;

/// Renders the pages, by their paths within the site.
pub(crate) fn render(pages: &[Page], not_found: &str, navigation: &str) -> Result<BTreeMap<String, String>> {
    let folder = tempfile::tempdir().context("a temporary folder for mdBook")?;
    let root = folder.path();
    for (path, text) in
        [("theme/index.hbs", TEMPLATE), ("theme/header.hbs", navigation), ("src/404.md", not_found)]
    {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        fs::write(path, text)?;
    }
    let config: Config = SETTINGS.parse()?;
    let chapters = pages.iter().map(|page| {
        BookItem::Chapter(Chapter::new(&page.title, page.markdown.clone(), page.source_path(), Vec::new()))
    });
    let book = Book::new_with_items(chapters.collect());
    let mut context = RenderContext::new(root, book, config, root.join("book"));
    let titles =
        pages.iter().map(|page| (page.source_path().into(), format!("{} - netapi32 reference", page.title)));
    context.chapter_titles = titles.collect();
    HtmlHandlebars::new().render(&context)?;
    let mut files = BTreeMap::new();
    let wanted = pages.iter().map(Page::path).chain(["404.html".to_owned()]);
    for path in wanted {
        let html = fs::read_to_string(root.join("book").join(Path::new(&path)))
            .with_context(|| format!("mdBook made no {path}"))?;
        files.insert(path, html);
    }
    Ok(files)
}
