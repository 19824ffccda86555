//! [`Repository`]: links to the sources of a page, its revisions, and a form for comments.
//!
//! The address is `repository` in the workspace's `Cargo.toml`. While it is missing, a page names the file to edit, the
//! command that shows its revisions, and the text of a comment instead.

use crate::figure::code;
use crate::highlight::Syntax;
use crate::html::{escape, percent};

/// The repository, if it has a public address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    address: Option<String>,
}

impl Repository {
    /// Returns the repository that `Cargo.toml` names.
    pub fn of_workspace() -> Self {
        Self::at(env!("CARGO_PKG_REPOSITORY"))
    }

    /// Returns the repository at this address, which may end with `.git` or `/`; empty for none.
    pub fn at(address: &str) -> Self {
        let address = address.trim_end_matches('/').trim_end_matches(".git");
        Self { address: (!address.is_empty()).then(|| address.to_owned()) }
    }

    /// A file, to edit it.
    fn edit(&self, file: &str) -> Option<String> {
        self.address.as_ref().map(|address| format!("{address}/edit/main/{file}"))
    }

    /// The commits that changed a file.
    fn revisions(&self, file: &str) -> Option<String> {
        self.address.as_ref().map(|address| format!("{address}/commits/main/{file}"))
    }

    /// An issue that only needs its text.
    fn comment(&self, page: &str) -> Option<String> {
        let address = self.address.as_ref()?;
        let (title, body) = (percent(&comment_title(page)), percent(&comment_body(page)));
        Some(format!("{address}/issues/new?title={title}&body={body}"))
    }

    /// Returns the section of a page about itself: links to edit it, its revisions, and comments. `changes` is the list
    /// of its changes.
    pub(crate) fn section(&self, page: &str, sources: &[String], changes: &str) -> String {
        let file = |address: Option<String>, file: &str| match address {
            Some(address) => format!("<a href=\"{}\"><code>{}</code></a>", escape(&address), escape(file)),
            None => format!("<code>{}</code>", escape(file)),
        };
        let edit: Vec<String> = sources.iter().map(|source| file(self.edit(source), source)).collect();
        let revisions: Vec<String> = sources
            .iter()
            .map(|source| match self.revisions(source) {
                Some(address) => format!(
                    "<a href=\"{}\">every revision of <code>{}</code></a>",
                    escape(&address),
                    escape(source)
                ),
                None => format!("<code>git log -p {}</code>", escape(source)),
            })
            .collect();
        let comment = match self.comment(page) {
            Some(address) => format!(
                "<p><a href=\"{}\">Write a comment</a>: opens a form that already names this page and its version.</p>",
                escape(&address)
            ),
            None => format!(
                "<p>Copy this text, add your comment, and send it to the maintainers of netsession. The description of your package names its maintainer.</p>{}",
                code(&format!("{}\n{}", comment_title(page), comment_body(page)), Syntax::Shell, "A comment")
            ),
        };
        format!(
            "## This page {{#this-page}}\n\n\
             <div><h3 id=\"edit\">Edit this page</h3><p>netsession makes it from {}. After a change, \
             <code>cargo run -- reference</code> shows the page, and <code>cargo test -p netsession-pages</code> checks \
             it.</p></div>\n\n\
             <div><h3 id=\"revisions\">Revisions</h3>{changes}<p>In a clone: {}</p></div>\n\n\
             <div><h3 id=\"comments\">Comments</h3>{comment}</div>\n",
            edit.join(" and "),
            revisions.join(", ")
        )
    }
}

fn comment_title(page: &str) -> String {
    format!("Reference: {page}")
}

fn comment_body(page: &str) -> String {
    format!(
        "Page: {page}.html of netsession {}\nWhat it says:\nWhat it should say, and how you know:\n",
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests {
    use super::Repository;

    /// A failure here would publish links that lead nowhere, or to an address that nobody configured.
    #[test]
    fn links_come_from_the_address_alone() {
        let there = Repository::at("https://example.org/a/b.git");
        let section = there.section("NetSessionDel", &["x/y.toml".into()], "");
        assert!(section.contains("href=\"https://example.org/a/b/edit/main/x/y.toml\""), "{section}");
        assert!(section.contains("/commits/main/x/y.toml"));
        assert!(section.contains(
            "/issues/new?title=Reference%3A%20NetSessionDel&amp;body=Page%3A%20NetSessionDel.html"
        ));
        let nowhere = Repository::at("").section("NetSessionDel", &["x/y.toml".into()], "");
        assert!(!nowhere.contains("href") && nowhere.contains("<code>x/y.toml</code>"), "{nowhere}");
        assert!(
            nowhere.contains("Reference: NetSessionDel") && nowhere.contains("the maintainers of netsession")
        );
    }
}
