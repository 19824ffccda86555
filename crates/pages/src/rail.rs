//! The rail beside every page: its sections, and links to print it, edit it and follow its changes.

use crate::html::{escape, id};

/// Returns the list of sections and links. `documentation` is Microsoft's own page, if there is one.
pub(crate) fn rail(name: &str, markdown: &str, documentation: Option<&str>) -> String {
    let sections: String = markdown
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| {
            let (title, id) = match heading.split_once(" {#") {
                Some((title, id)) => (title, id.trim_end_matches('}').to_owned()),
                None => (heading, id(heading)),
            };
            // The rail is narrow: a long name breaks after an underscore.
            let words = title.split_inclusive('_').map(|word| escape(&word.replace(['`', '*', '\\'], "")));
            let title = words.collect::<Vec<_>>().join("<wbr>");
            format!("<li><a href=\"#{id}\">{title}</a></li>")
        })
        .collect();
    let theirs = documentation.map_or_else(String::new, |address| {
        format!("<li><a href=\"{}\">Microsoft's page</a></li>", escape(address))
    });
    let references = match markdown.contains("{#find-references}") {
        true => "<li><a href=\"#find-references\">Find references</a></li>",
        false => "",
    };
    format!(
        "<aside class=\"page\" aria-label=\"This page\"><div class=\"toc\"><p>On this page</p><ul>{sections}</ul></div>\
         <p>With this page</p><ul><li><a href=\"#edit\">Edit this page</a></li>{references}\
         <li><a href=\"{name}.html?print\">Printable version</a></li><li><a href=\"#revisions\">Revisions</a></li>\
         <li><a href=\"#comments\">Comments</a></li>{theirs}</ul><p>The whole site</p><ul>\
         <li><a href=\"changes.html\">Recent changes</a></li><li><a href=\"feed.atom\">Subscribe (Atom)</a></li></ul>\
         </aside>\n\n"
    )
}
