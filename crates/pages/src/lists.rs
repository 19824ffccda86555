//! The pages that list functions, structures, return codes and constants; [`missing`] lists functions without a page.

use netsession_reference::Model;
use netsession_reference::languages::{Checked, Language};
use netsession_reference::model::{Constant, Family, Function, Status};

use crate::function::{anchor, title};
use crate::html::escape;
use crate::{Context, Page, prose};

/// The families in the order in which they are listed.
pub(crate) const FAMILIES: [Family; 10] = [
    Family::Session,
    Family::File,
    Family::Share,
    Family::Connection,
    Family::Server,
    Family::Time,
    Family::Workstation,
    Family::Login,
    Family::Domain,
    Family::Buffer,
];

pub(crate) fn of_family(model: &Model, family: Family) -> impl Iterator<Item = &Function> {
    model.functions.iter().filter(move |function| function.family == family)
}

/// Every function of the module, by family, with its summary.
pub(crate) fn directory(context: &Context<'_>) -> Page {
    let model = context.model;
    let mut text = format!(
        "# Directory\n\n<p class=\"lead\">The module <code>netapi32.dll</code>: {} functions of ten families and {} \
         <a href=\"structures.html\">structures</a>.</p>\n\n",
        model.functions.len(),
        model.structures.len()
    );
    for family in FAMILIES {
        let rows: String = of_family(model, family)
            .map(|function| {
                let runs = match function.exported {
                    true => "<span class=\"pill good\">Windows, Linux, macOS</span>",
                    false => "<span class=\"pill\">Windows</span>",
                };
                format!(
                    "<tr><td>{}</td><td>{}</td><td>{runs}</td></tr>",
                    prose::link(model, &function.name),
                    prose::line(model, &function.summary, Some(function))
                )
            })
            .collect();
        text.push_str(&format!(
            "## {} {{#{}}}\n\n<table class=\"stack\"><thead><tr><th>Function</th><th>What it does</th><th>Runs on</th></tr></thead><tbody>{rows}</tbody></table>\n\n",
            title(family),
            anchor(family)
        ));
    }
    let sources = ["crates/reference/model/netapi32.json".to_owned()];
    context.finish("directory", "Directory", text, &sources, None)
}

/// Every structure, with its contents and the functions that use it.
pub(crate) fn structures(context: &Context<'_>) -> Page {
    let model = context.model;
    let mut text = "# Structures\n\n<p class=\"lead\">The structures that the functions fill and read. Each page has the layout with 32 and 64 \
                    bits.</p>\n\n"
        .to_owned();
    let mut before = "";
    for structure in &model.structures {
        let stem = structure.name.split("_INFO").next().unwrap_or_default();
        if stem != before {
            if !before.is_empty() {
                text.push_str("</tbody></table>\n\n");
            }
            let heading = format!("{stem}_INFO").replace('_', "\\_");
            text.push_str(&format!(
                "## {heading} {{#{}}}\n\n<table class=\"stack\"><thead><tr><th>Structure</th><th>What it holds</th><th>Used by</th></tr></thead><tbody>",
                stem.to_lowercase()
            ));
            before = stem;
        }
        let users = model.references(&structure.name);
        text.push_str(&format!(
            "<tr><td>{}</td><td>{}</td><td data-label=\"Used by:\">{}</td></tr>",
            prose::link(model, &structure.name),
            prose::line(model, &structure.summary, None),
            prose::links(model, users.iter().map(|user| user.name.as_str()))
        ));
    }
    text.push_str("</tbody></table>\n\n");
    let sources = ["crates/reference/model/netapi32.json".to_owned()];
    context.finish("structures", "Structures", text, &sources, None)
}

/// Every return code: its meaning, what to do, and which functions return it.
pub(crate) fn errors(context: &Context<'_>) -> Page {
    let model = context.model;
    let mut codes: Vec<_> = model.codes.iter().collect();
    codes.sort_by_key(|code| code.number);
    let rows: String = codes
        .into_iter()
        .map(|code| {
            let users = model.functions.iter().filter(|function| function.codes.iter().any(|mine| mine.name == code.name));
            let status = |status: &Status| {
                format!("<br><small><code>{}</code> {:#x}</small>", escape(&status.name), status.number)
            };
            let statuses: String = code.statuses.iter().map(status).collect();
            format!(
                "<tr id=\"{}\"><td class=\"num\">{}</td><td><code>{}</code>{statuses}</td><td><p>{}</p><p><strong>What to do:</strong> {}</p>\
                 <details><summary>Functions that return it</summary><p>{}</p></details></td></tr>",
                code.name,
                code.number,
                escape(&code.name),
                prose::line(model, &code.meaning, None),
                prose::line(model, &code.remedy, None),
                prose::links(model, users.map(|user| user.name.as_str()))
            )
        })
        .collect();
    let text = format!(
        "# Return codes\n\n<p class=\"lead\">The codes that the functions return. They do not set the last error. \
         Codes from 2100 belong to the network functions and have the prefix NERR. \
         Below some codes is the NTSTATUS that SMB and logs show instead.</p>\n\n\
         <table class=\"stack\"><thead><tr><th>Number</th><th>Name</th><th>What it means</th></tr></thead><tbody>{rows}</tbody></table>\n\n"
    );
    context.finish(
        "errors",
        "Return codes",
        text,
        &["crates/reference/model/overlay/codes.toml".to_owned()],
        None,
    )
}

/// Returns the link to the constants of a group.
pub(crate) fn group_anchor(group: &str) -> String {
    format!("group-{}", group.to_lowercase().replace('_', "-"))
}

/// Every constant, by group.
pub(crate) fn constants(context: &Context<'_>) -> Page {
    let model = context.model;
    let mut groups: Vec<&str> = Vec::new();
    for constant in &model.constants {
        if !groups.contains(&constant.group.as_str()) {
            groups.push(&constant.group);
        }
    }
    let mut text =
        "# Constants\n\n<p class=\"lead\">The values of parameters and fields, by topic.</p>\n\n".to_owned();
    for group in groups {
        let row = |constant: &Constant| {
            format!(
                "<tr id=\"{}\"><td><code>{}</code></td><td class=\"num\">{}</td><td>{}</td></tr>",
                constant.name,
                escape(&constant.name),
                value(constant.value),
                prose::line(model, &constant.notes, None)
            )
        };
        let rows: String =
            model.constants.iter().filter(|constant| constant.group == group).map(row).collect();
        text.push_str(&format!(
            "## {} {{#{}}}\n\n<table class=\"stack\"><thead><tr><th>Name</th><th>Value</th><th>What it means</th></tr></thead><tbody>{rows}</tbody></table>\n\n",
            group.replace('_', "\\_"),
            group_anchor(group)
        ));
    }
    context.finish(
        "constants",
        "Constants",
        text,
        &["crates/reference/model/overlay/codes.toml".to_owned()],
        None,
    )
}

fn value(value: i64) -> String {
    if value > 9 { format!("{value} (0x{value:X})") } else { value.to_string() }
}

/// Lists what the pages lack.
pub(crate) fn missing(context: &Context<'_>) -> Page {
    let model = context.model;
    let functions = |is: &dyn Fn(&&Function) -> bool| {
        let names = model.functions.iter().filter(is).map(|function| function.name.as_str());
        let links = prose::links(model, names);
        if links.is_empty() { "none".to_owned() } else { links }
    };
    let languages = |checked: Checked| {
        let names =
            Language::ALL.into_iter().filter(|language| language.checked() == checked).map(Language::name);
        let names: Vec<&str> = names.collect();
        if names.is_empty() { "none".to_owned() } else { escape(&names.join(", ")) }
    };
    let text = format!(
        "# What is missing\n\n<p class=\"lead\">What these pages do not have yet. The build counts it.</p>\n\n\
         - Functions that only Windows has, and not netsession's library: {}.\n\
         - Functions without a sample: {}.\n\
         - Languages whose declarations the tests compile but do not run: {}.\n\
         - Languages whose declarations the tests do not compile: {}.\n\n\
         Nothing was run on Windows: statements about Windows come from Microsoft's documentation and metadata.\n\n",
        functions(&|function| !function.exported),
        functions(&|function| function.sample.is_none()),
        languages(Checked::Compiled),
        languages(Checked::NotChecked),
    );
    context.finish("missing", "What is missing", text, &["crates/pages/src/lists.rs".to_owned()], None)
}
