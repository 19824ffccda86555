//! [`Page`]: a page in Markdown, before it is rendered.

/// A page: its name, and its text in Markdown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path within the site without `.html`, such as `NetSessionDel`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The text about its subject.
    pub said: String,
    /// The same, with the section about the page itself.
    pub markdown: String,
}

impl Page {
    /// Returns a page without a section about itself.
    pub(crate) fn alone(name: &str, title: &str, markdown: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            said: markdown.to_owned(),
            markdown: markdown.to_owned(),
        }
    }

    /// Returns its path in the site.
    pub fn path(&self) -> String {
        format!("{}.html", self.name)
    }
}
