//! From Markdown to files of the site: [`page`] renders a page into the template.

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::figure::code;
use crate::highlight::Syntax;
use crate::html::{escape, id, readable, with_whole_flags};
use crate::table::Shape;
use crate::terminal;

/// A page of the site, before it is rendered.
pub(crate) struct Content<'a> {
    /// The title in the window of a browser.
    pub(crate) title: &'a str,
    /// The text, in Markdown.
    pub(crate) markdown: &'a str,
    /// The list of all pages.
    pub(crate) navigation: &'a str,
    /// The address with which relative links begin, if the page is shown at several addresses.
    pub(crate) base: Option<&'a str>,
}

/// Returns the whole page in HTML.
pub(crate) fn page(page: &Content<'_>) -> String {
    let base = page.base.map_or_else(String::new, |base| format!("<base href=\"{}\">\n", escape(base)));
    // What Markdown would have interpreted can be written as it is from here on.
    readable(&format!(
        include_str!("../theme/page.html"),
        title = escape(page.title),
        base = base,
        content = content(page.markdown),
        navigation = page.navigation
    ))
}

/// Renders Markdown. Each heading has an id, and is a link to itself; a block of code can be copied, and a wide table scrolls.
fn content(markdown: &str) -> String {
    let options =
        Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_SMART_PUNCTUATION | Options::ENABLE_TABLES;
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, options).collect();
    let mut linked = Vec::with_capacity(events.len());
    let mut table: Option<Shape> = None;
    let mut block: Option<(CodeBlockKind<'_>, String)> = None;
    for (place, event) in events.iter().enumerate() {
        let after = events.get(place + 1..).unwrap_or_default();
        match event {
            Event::Start(Tag::CodeBlock(kind)) => block = Some((kind.clone(), String::new())),
            Event::Text(text) if let Some((_, code)) = &mut block => code.push_str(text),
            Event::End(TagEnd::CodeBlock) => {
                linked.extend(block.take().map(|(kind, code)| Event::Html(figure(&kind, &code).into())));
            }
            Event::Code(text) if text.contains(['-', ' ']) || table.is_some() && text.contains('_') => {
                linked.push(Event::InlineHtml(inline_code(text, table.is_some()).into()));
            }
            Event::Text(text) if table.is_some() && text.contains('_') => {
                linked.push(Event::InlineHtml(breakable(text).into()));
            }
            Event::Start(Tag::Table(_)) => {
                let shape = table.insert(Shape::of(after));
                linked.extend([Event::Html(shape.begin().into()), event.clone()]);
            }
            Event::Start(Tag::TableRow) => {
                table.iter_mut().for_each(Shape::row);
                linked.push(event.clone());
            }
            Event::Start(Tag::TableCell) => {
                let tag = table.as_mut().and_then(|shape| shape.cell(after));
                linked.push(tag.map_or_else(|| event.clone(), |tag| Event::InlineHtml(tag.into())));
            }
            Event::End(TagEnd::Table) => {
                table = None;
                linked.extend([event.clone(), Event::Html("</div>\n".into())]);
            }
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                let id = id.clone().unwrap_or_else(|| CowStr::from(id_of(after)));
                let link = format!("<a class=\"header\" href=\"#{}\">", escape(&id));
                let (classes, attrs) = (classes.clone(), attrs.clone());
                linked.push(Event::Start(Tag::Heading { level: *level, id: Some(id), classes, attrs }));
                linked.push(Event::InlineHtml(link.into()));
            }
            Event::End(TagEnd::Heading(_)) => {
                linked.extend([Event::InlineHtml("</a>".into()), event.clone()]);
            }
            event => linked.push(event.clone()),
        }
    }
    let mut rendered = String::with_capacity(markdown.len());
    html::push_html(&mut rendered, linked.into_iter());
    rendered
}

/// Returns code in a line of text. A flag or a short pattern, such as `svc-*`, stays on one line; a long command wraps, even in
/// a column of names.
fn inline_code(text: &str, is_table: bool) -> String {
    let code = if is_table && text.contains('_') { breakable(text) } else { with_whole_flags(text) };
    match (text.contains(' '), text.len()) {
        (false, ..16) => format!("<code class=\"flag\">{}</code>", escape(text)),
        (true, 40..) => format!("<code class=\"line\">{code}</code>"),
        _ => format!("<code>{code}</code>"),
    }
}

/// Returns the text of a cell, in which a very long name can break after an underscore: several of them make a table wider than
/// the page.
fn breakable(text: &str) -> String {
    let word = |word: &str| match word.len() {
        ..16 => escape(word),
        _ => word.split_inclusive('_').map(escape).collect::<Vec<_>>().join("<wbr>"),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Returns a block of code that can be copied: with colours and a caption if the fence names a language.
fn figure(kind: &CodeBlockKind<'_>, text: &str) -> String {
    let name = match kind {
        CodeBlockKind::Indented => "",
        CodeBlockKind::Fenced(name) => name.as_ref(),
    };
    let (syntax, caption) = match name {
        "c" => (Syntax::C, "C"),
        "csharp" => (Syntax::CSharp, "C#"),
        "go" => (Syntax::Go, "Go"),
        "java" => (Syntax::Java, "Java"),
        "javascript" => (Syntax::JavaScript, "JavaScript"),
        "json" => (Syntax::JavaScript, "JSON"),
        "python" => (Syntax::Python, "Python"),
        "rust" => (Syntax::Rust, "Rust"),
        "toml" => (Syntax::Shell, "TOML"),
        "vb" => (Syntax::Vb, "Visual Basic"),
        "yaml" => (Syntax::Shell, "YAML"),
        _ => return terminal::block(text),
    };
    code(text, syntax, caption)
}

/// Returns an id for the heading whose text begins here.
fn id_of(events: &[Event<'_>]) -> String {
    let heading = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    let text = heading.filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        _ => None,
    });
    id(&text.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Content, content, page};
    use crate::figure::code;
    use crate::highlight::Syntax;
    use crate::html::readable;

    /// A failure here would break the links to a section of a page.
    #[test]
    fn a_heading_has_its_id_and_links_to_it() {
        let content = |markdown| readable(&content(markdown));
        assert_eq!(
            content("## Who frees `it`? {#free}\n\ntext"),
            "<h2 id=\"free\"><a class=\"header\" href=\"#free\">Who frees <code>it</code>?</a></h2>\n<p>text</p>\n"
        );
        assert_eq!(
            content("# A\\_B (netapi32)"),
            "<h1 id=\"a_b-netapi32\"><a class=\"header\" href=\"#a_b-netapi32\">A_B (netapi32)</a></h1>\n"
        );
    }

    /// A failure here would show a flag in two halves, of which a reader types one.
    #[test]
    fn a_flag_stays_on_one_line() {
        assert_eq!(
            readable(&content("`a --b_c d`")),
            "<p><code>a <span class=\"flag\">--b_c</span> d</code></p>\n"
        );
    }

    /// A failure here would break a pattern in its middle, or make a table wider than the page.
    #[test]
    fn a_short_pattern_is_whole_and_a_long_command_wraps() {
        assert_eq!(readable(&content("`svc-*`")), "<p><code class=\"flag\">svc-*</code></p>\n");
        let line = content("`logon failed from 10.0.0.5 (user bob@LAB.TEST)`");
        assert!(line.contains("<code class=\"line\">"), "{line}");
        let table = content("| a |\n| --- |\n| STATUS_INVALID_DEVICE_REQUEST |\n");
        assert!(readable(&table).contains("STATUS_<wbr>INVALID_<wbr>DEVICE_<wbr>REQUEST"), "{table}");
        let table = content("| a |\n| --- |\n| `netsession_oldest_session_seconds` |\n");
        assert!(
            readable(&table).contains("<code>netsession_<wbr>oldest_<wbr>session_<wbr>seconds"),
            "{table}"
        );
    }

    /// A failure here would change the code on a page, or end it at its first empty line.
    #[test]
    fn code_stays_as_it_is() {
        let code = code("a_b *c*\n\n<d> & \"e\"\n", Syntax::Shell, "f");
        let markdown = format!("{code}\n\n'x' [y](z.html)\n");
        let html = page(&Content { title: "A_B", markdown: &markdown, navigation: "", base: Some("/") });
        assert!(html.contains("<title>A_B</title>") && html.contains("<base href=\"/\">"), "{html}");
        let inside =
            "<code>a_b *c*\n\n&lt;d&gt; &amp; <span class=\"s\">&quot;e&quot;</span>\n</code></pre></figure>";
        assert!(html.contains(inside), "{html}");
        assert!(html.contains("<p>\u{2018}x\u{2019} <a href=\"z.html\">y</a></p>"), "{html}");
    }
}
