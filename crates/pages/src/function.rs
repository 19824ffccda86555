//! The page of a function: [`page`] adds one section after the other.

use netsession_reference::Model;
use netsession_reference::model::{Direction, Family, Function, Parameter};

use crate::figure::code;
use crate::highlight::Syntax;
use crate::html::escape;
use crate::{Context, Page, declaration, prose};

/// The page of a function.
pub(crate) fn page(context: &Context<'_>, function: &Function) -> Page {
    let model = context.model;
    let line = |text: &str| prose::line(model, text, Some(function));
    let mut text = format!(
        "<p class=\"crumbs\"><a href=\"directory.html\">netapi32</a> / <a href=\"directory.html#{}\">{}</a></p>\n\n\
         # {} (netapi32)\n\n<p class=\"lead\">{}</p>\n\n{}\n\n",
        anchor(function.family),
        escape(title(function.family)),
        function.name,
        line(&function.summary),
        facts(function)
    );
    section(&mut text, "Native signature", "native-signature", &declaration::native(function));
    section(&mut text, "Declarations", "declarations", &declaration::of_function(function));
    section(&mut text, "Parameters", "parameters", &parameters(model, function));
    section(&mut text, "User-defined types", "types", &types(model, function));
    section(&mut text, "Return codes", "return-codes", &codes(model, function));
    section(
        &mut text,
        "Alternative API",
        "alternative-api",
        &prose::list(model, &function.alternatives, Some(function)),
    );
    section(&mut text, "Notes", "notes", &notes(model, function));
    section(&mut text, "Tips and tricks", "tips", &prose::list(model, &function.tips, Some(function)));
    section(
        &mut text,
        "Sample code",
        "sample-code",
        &declaration::sample(function).unwrap_or_else(|| no_sample(model, function)),
    );
    section(&mut text, "Try it", "try-it", &try_it(function));
    section(&mut text, "Find references", "find-references", &references(model, function));
    let sources = [function.prose_file.clone(), "crates/reference/model/netapi32.json".to_owned()];
    context.finish(&function.name, &function.name, text, &sources, function.documentation.as_deref())
}

fn section(text: &mut String, title: &str, id: &str, content: &str) {
    text.push_str(&format!("## {title} {{#{id}}}\n\n{content}\n\n"));
}

/// Returns the name of a family.
pub(crate) fn title(family: Family) -> &'static str {
    match family {
        Family::Session => "Sessions",
        Family::File => "Open files",
        Family::Share => "Shares",
        Family::Connection => "Connections to shares",
        Family::Server => "Servers",
        Family::Time => "Time of day",
        Family::Workstation => "Workstations",
        Family::Login => "Logins",
        Family::Domain => "Domain controllers",
        Family::Buffer => "Buffers",
    }
}

/// Returns the link to a family in the directory.
pub(crate) fn anchor(family: Family) -> &'static str {
    match family {
        Family::Session => "session",
        Family::File => "file",
        Family::Share => "share",
        Family::Connection => "connection",
        Family::Server => "server",
        Family::Time => "time",
        Family::Workstation => "workstation",
        Family::Login => "login",
        Family::Domain => "domain",
        Family::Buffer => "buffer",
    }
}

/// Returns the module, the header, and the systems that have the function.
fn facts(function: &Function) -> String {
    let runs = match function.exported {
        true => "<span class=\"pill good\">Windows, Linux, macOS</span>",
        false => "<span class=\"pill warn\">Windows only</span>",
    };
    let since = function.since.as_deref().map_or_else(String::new, |since| fact("Since", &escape(since)));
    let error = match function.sets_last_error {
        true => "last error",
        false => "return value",
    };
    format!(
        "<dl class=\"facts\">{}{}{}{since}{}</dl>",
        fact("Module", &format!("<code>{}.dll</code>", escape(&function.module.to_lowercase()))),
        fact("Header", &format!("<code>{}</code>", escape(declaration::header(&function.header)))),
        fact("Runs on", runs),
        fact("Status", error)
    )
}

pub(crate) fn fact(name: &str, html: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{html}</dd></div>")
}

fn parameters(model: &Model, function: &Function) -> String {
    if function.parameters.is_empty() {
        return "None.".to_owned();
    }
    let row = |parameter: &Parameter| {
        let way = match parameter.direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::InOut => "in and out",
        };
        let may = match (parameter.reserved, parameter.optional) {
            (true, _) => ", reserved",
            (false, true) => ", may be NULL",
            (false, false) => "",
        };
        format!(
            "<tr><td><code>{}</code></td><td>{way}{may}</td><td>{}</td></tr>",
            escape(&parameter.name),
            prose::line(model, &parameter.notes, Some(function))
        )
    };
    let rows: String = function.parameters.iter().map(row).collect();
    format!(
        "<table class=\"stack parameters\"><thead><tr><th>Parameter</th><th>Direction</th><th>What it is</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

/// The structures by level, and the constants.
fn types(model: &Model, function: &Function) -> String {
    let mut html = String::new();
    if !function.levels.is_empty() {
        let rows: String = function
            .levels
            .iter()
            .map(|level| {
                format!(
                    "<tr><td class=\"num\">{}</td><td>{}</td><td>{}</td></tr>",
                    level.level,
                    prose::link(model, &level.structure),
                    prose::line(model, &level.notes, Some(function))
                )
            })
            .collect();
        html.push_str(&format!("<table class=\"stack\"><thead><tr><th>Level</th><th>Structure</th><th>What it contains</th></tr></thead><tbody>{rows}</tbody></table>"));
    }
    let constants = model.constants_of(function);
    if !constants.is_empty() {
        let names = constants.iter().map(|constant| constant.name.as_str());
        html.push_str(&format!("<p>Constants: {}.</p>", prose::links(model, names)));
    }
    if function.needs_free() {
        html.push_str(&format!("<p>Free the buffer with {}.</p>", prose::link(model, "NetApiBufferFree")));
    }
    if html.is_empty() {
        html.push_str("<p>None: it takes text and numbers, and returns a number.</p>");
    }
    html
}

fn codes(model: &Model, function: &Function) -> String {
    let rows: String = function
        .codes
        .iter()
        .map(|code| {
            format!(
                "<tr><td><span class=\"number\">{}</span> {}</td><td>{}</td><td data-label=\"What to do:\">{}</td></tr>",
                code.number,
                prose::link(model, &code.name),
                prose::line(model, &code.meaning, Some(function)),
                prose::line(model, &code.remedy, Some(function))
            )
        })
        .collect();
    format!(
        "<div class=\"wide\"><table class=\"stack codes\"><thead><tr><th>Code</th><th>What it means</th><th>What to do</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

fn notes(model: &Model, function: &Function) -> String {
    let mut html = String::new();
    if !function.privileges.is_empty() {
        html.push_str(&format!(
            "<div class=\"note\"><p><strong>Required rights.</strong> {}</p></div>\n\n",
            prose::line(model, &function.privileges, Some(function))
        ));
    }
    for note in &function.notes {
        html.push_str(&format!("<p>{}</p>\n\n", prose::line(model, note, Some(function))));
    }
    if !function.traps.is_empty() {
        html.push_str(&format!(
            "### Character sets and 64 bits {{#traps}}\n\n{}\n\n",
            prose::list(model, &function.traps, Some(function))
        ));
    }
    html
}

/// Returns a link to the sample of a similar function, if this one has none.
fn no_sample(model: &Model, function: &Function) -> String {
    let like = |other: &&Function| {
        other.sample.is_some() && other.family == function.family && other.shape() == function.shape()
    };
    let other = model.functions.iter().find(like).map_or_else(String::new, |other| {
        format!(
            " <a href=\"{0}.html#sample-code\">The sample of <code>{0}</code></a> calls a similar function.",
            other.name
        )
    });
    format!("<p>There is no sample yet.{other}</p>")
}

/// The command that calls the function, and a server to try it on.
fn try_it(function: &Function) -> String {
    let server = "netsession serve ~/Public --user alice      # a server on this computer; it asks for a password\n\
                  smbclient //127.0.0.1/Public -p 4450 -U alice      # in a second terminal: alice connects\n";
    let Some(command) = &function.command else {
        return format!(
            "<p>No command of netsession calls this function. {}</p>",
            match function.exported {
                true => "The sample above runs on the <a href=\"playground.html\">demonstration server</a>.",
                false => "Only Windows has it: run the sample above on a Windows computer.",
            }
        );
    };
    let here = here(command);
    format!(
        "<p>The same with the command, for your server <code>fs1</code>:</p>{}\
         <p>Without a server of your own, use <a href=\"playground.html\">the demonstration server</a>:</p>{}",
        code(&format!("{command}\n"), Syntax::Shell, "The command"),
        code(&format!("{server}{here}      # in a third\n"), Syntax::Shell, "On this computer")
    )
}

/// The command without the server and the client of its example: it finds the running server, and alice is on it.
fn here(command: &str) -> String {
    let mut words: Vec<&str> = command.split_whitespace().filter(|word| *word != "fs1").collect();
    if let Some(at) = words.iter().position(|word| *word == "--client") {
        words.drain(at..(at + 2).min(words.len()));
    }
    words.join(" ")
}

/// Returns links to the functions that use it, those that it uses, and related ones.
fn references(model: &Model, function: &Function) -> String {
    let mut items = Vec::new();
    let mut item = |what: &str, links: String| {
        if !links.is_empty() {
            items.push(format!("<li><strong>{what}:</strong> {links}</li>"));
        }
    };
    let names = |functions: Vec<&Function>| -> String {
        let others = functions.into_iter().filter(|other| other.name != function.name);
        prose::links(model, others.map(|other| other.name.as_str()))
    };
    item("Belongs to it", prose::links(model, function.see_also.iter().map(String::as_str)));
    if function.needs_free() {
        item("Frees what it answers", prose::link(model, "NetApiBufferFree"));
    }
    let family = model.functions.iter().filter(|other| other.family == function.family);
    item("The same family", names(family.collect()));
    let structures = model.structures_of(function).map(|structure| structure.name.as_str());
    item("Structures", prose::links(model, structures));
    let sharing = model.functions.iter().filter(|other| {
        other.levels.iter().any(|level| function.levels.iter().any(|mine| mine.structure == level.structure))
    });
    item("Uses the same structures", names(sharing.collect()));
    item("Refers to it", names(model.references(&function.name)));
    let command = format!("netsession signature --references {}\n", function.name);
    format!("<ul>{}</ul>{}", items.concat(), code(&command, Syntax::Shell, "The same in a terminal"))
}
