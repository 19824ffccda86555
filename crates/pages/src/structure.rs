//! The page of a structure: [`page`].

use netsession_reference::Model;
use netsession_reference::model::{Function, Structure};

use crate::figure::code;
use crate::function::fact;
use crate::highlight::Syntax;
use crate::html::escape;
use crate::{Context, Page, declaration, prose};

/// The page of a structure.
pub(crate) fn page(context: &Context<'_>, structure: &Structure) -> Page {
    let model = context.model;
    let users = model.references(&structure.name);
    let (_, small) = structure.layout(4);
    let (_, large) = structure.layout(8);
    let size = match small == large {
        true => format!("{small} bytes"),
        false => format!("{large} bytes with 64 bits, {small} with 32"),
    };
    let mut text = format!(
        "<p class=\"crumbs\"><a href=\"directory.html\">netapi32</a> / <a href=\"structures.html\">Structures</a></p>\n\n\
         # {name} (netapi32)\n\n<p class=\"lead\">{summary}</p>\n\n\
         <dl class=\"facts\">{header}{size}{used}</dl>\n\n\
         ## Declarations {{#declarations}}\n\n{declarations}\n\n## Fields {{#fields}}\n\n{fields}\n\n",
        name = structure.name.replace('_', "\\_"),
        summary = prose::line(model, &structure.summary, None),
        header = fact("Header", &format!("<code>{}</code>", escape(declaration::header(&structure.header)))),
        size = fact("Size", &size),
        used = fact("Used by", &prose::links(model, users.iter().map(|user| user.name.as_str()))),
        declarations = declaration::of_structure(structure),
        fields = fields(model, structure),
    );
    if !structure.notes.is_empty() {
        let notes: String = structure
            .notes
            .iter()
            .map(|note| format!("<p>{}</p>\n\n", prose::line(model, note, None)))
            .collect();
        text.push_str(&format!("## Notes {{#notes}}\n\n{notes}"));
    }
    text.push_str(&format!("## In use {{#in-use}}\n\n{}\n\n", uses(&users, structure)));
    text.push_str(&format!(
        "## Find references {{#find-references}}\n\n{}\n\n",
        references(model, structure, &users)
    ));
    let sources = [structure.prose_file.clone(), "crates/reference/model/netapi32.json".to_owned()];
    context.finish(&structure.name, &structure.name, text, &sources, structure.documentation.as_deref())
}

fn fields(model: &Model, structure: &Structure) -> String {
    let (large, _) = structure.layout(8);
    let (small, _) = structure.layout(4);
    let rows: String = structure
        .fields
        .iter()
        .zip(large.iter().zip(&small))
        .map(|(field, (large, small))| {
            let values = field.values.as_deref().map_or_else(String::new, |group| {
                format!(" <a href=\"constants.html#{0}\">Its values</a>.", crate::lists::group_anchor(group))
            });
            format!(
                "<tr><td><code>{}</code></td><td class=\"num\" data-label=\"Offset, 64 / 32 bits:\">{} / {}</td><td>{}{values}</td></tr>",
                escape(&field.name),
                large.offset,
                small.offset,
                prose::line(model, &field.notes, None)
            )
        })
        .collect();
    format!(
        "<table class=\"stack\"><thead><tr><th>Field</th><th>Offset, 64 / 32 bits</th><th>What it holds</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

/// Returns the functions that use it, each with the level to pass and a link to its sample.
fn uses(users: &[&Function], structure: &Structure) -> String {
    let items: String = users
        .iter()
        .flat_map(|user| {
            let mine = user.levels.iter().filter(|level| level.structure == structure.name);
            mine.map(move |level| {
                let sample = match user.sample {
                    Some(_) => format!("; <a href=\"{}.html#sample-code\">sample code</a>", user.name),
                    None => String::new(),
                };
                format!(
                    "<li><a href=\"{name}.html\"><code>{name}</code></a> at level {}: \
                     <a href=\"{name}.html#return-codes\">return codes</a>, <a href=\"{name}.html#notes\">notes</a>, \
                     <a href=\"{name}.html#try-it\">try it</a>{sample}</li>",
                    level.level,
                    name = user.name
                )
            })
        })
        .collect();
    format!("<ul>{items}</ul>")
}

fn references(model: &Model, structure: &Structure, users: &[&Function]) -> String {
    let mut items = format!(
        "<li><strong>Functions:</strong> {}</li>",
        prose::links(model, users.iter().map(|user| user.name.as_str()))
    );
    if users.iter().any(|user| user.needs_free()) {
        items.push_str(&format!(
            "<li><strong>Frees the buffer that it comes in:</strong> {}</li>",
            prose::link(model, "NetApiBufferFree")
        ));
    }
    let mut others: Vec<&str> = Vec::new();
    for level in users.iter().flat_map(|user| &user.levels) {
        if level.structure != structure.name && !others.contains(&level.structure.as_str()) {
            others.push(&level.structure);
        }
    }
    if !others.is_empty() {
        items.push_str(&format!("<li><strong>Other levels:</strong> {}</li>", prose::links(model, others)));
    }
    let command = format!("netsession signature --references {}\n", structure.name);
    format!("<ul>{items}</ul>{}", code(&command, Syntax::Shell, "The same in a terminal"))
}
