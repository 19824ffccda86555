//! Declarations in every language, as tabs: the output of the generators of `netsession-reference`, byte for byte.

use netsession_reference::languages::{self, Checked, Language, Options};
use netsession_reference::model::{Function, Structure};

use crate::figure::code;
use crate::highlight::Syntax;
use crate::html::escape;

/// Returns the declaration alone, and with everything that it needs. In C the native signature is the declaration
/// alone.
pub(crate) fn of_function(function: &Function) -> String {
    tabs("d", "Language of the declaration", |language| {
        let command = format!("netsession signature {} --lang {}", function.name, language.id());
        let alone = languages::signature(function, language, &Options::default());
        let types = languages::signature(function, language, &Options { types: true, ..Options::default() });
        let mut html = about(language, function.exported);
        let is_above = language == Language::C && types != alone;
        if !is_above {
            html.push_str(&block(&alone, language, &command));
        }
        if types != alone {
            let what = "With the structures, constants and functions that it needs, for an empty file:";
            html.push_str(&format!("<p>{what}</p>"));
            html.push_str(&block(&types, language, &format!("{command} --with-types")));
        }
        html
    })
}

/// Returns a program that calls the function; nothing if the model has none.
pub(crate) fn sample(function: &Function) -> Option<String> {
    function.sample.as_ref()?;
    Some(tabs("s", "Language of the sample", |language| {
        let program =
            languages::signature(function, language, &Options { sample: true, ..Options::default() });
        let command = format!("netsession signature {} --lang {} --sample", function.name, language.id());
        block(&program, language, &command)
    }))
}

/// Returns a structure in every language.
pub(crate) fn of_structure(structure: &Structure) -> String {
    tabs("d", "Language of the declaration", |language| {
        let text = languages::structure(structure, language);
        block(&text, language, &format!("netsession signature {} --lang {}", structure.name, language.id()))
    })
}

/// Returns the C declaration, as in the header, without its comment: the page's summary and parameters have the same
/// contents.
pub(crate) fn native(function: &Function) -> String {
    let text = languages::signature(function, Language::C, &Options::default());
    let text = text.split_once("*/\n").map_or(text.as_str(), |(_, declaration)| declaration);
    let caption = format!("{}, as {} declares it", function.name, header(&function.header));
    format!("<div class=\"native\">{}</div>", code(text, Syntax::C, &caption))
}

/// The header that declares something.
pub(crate) fn header(header: &str) -> &str {
    if header.is_empty() { "lm.h" } else { header }
}

fn tabs(prefix: &str, label: &str, panel: impl Fn(Language) -> String) -> String {
    let panels: String = Language::ALL
        .into_iter()
        .map(|language| {
            format!(
                "<section class=\"panel\" id=\"{prefix}-{id}\" data-lang=\"{id}\"><h3>{name}</h3>{content}</section>",
                id = language.id(),
                name = escape(language.name()),
                content = panel(language)
            )
        })
        .collect();
    format!("<div class=\"tabs\" aria-label=\"{}\">{panels}</div>", escape(label))
}

/// Returns where it runs, and how the tests check that.
fn about(language: Language, exported: bool) -> String {
    let (class, short) = match (language.checked(), exported) {
        (Checked::Run, true) => ("good", "compiled and run in the tests"),
        (Checked::Run | Checked::Compiled, _) => ("", "checked on its pattern"),
        (Checked::NotChecked, _) => ("warn", "not compiled in the tests"),
    };
    let (class, short) = match (language.checked(), exported) {
        (Checked::Compiled, true) => ("", "compiled in the tests"),
        _ => (class, short),
    };
    let runs = match exported {
        true => escape(language.runs_on()),
        false => "Windows. netsession's library does not have this function yet, so the tests do not run this declaration; \
                  they run others of its generator"
            .to_owned(),
    };
    let by = if exported { format!(" {}.", sentence(language.checked_by())) } else { String::new() };
    format!("<p><span class=\"pill {class}\">{short}</span> {runs}.{by}</p>")
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| escape(&format!("{}{}", first.to_uppercase(), chars.as_str())))
}

fn block(text: &str, language: Language, caption: &str) -> String {
    code(text, syntax(language), caption)
}

fn syntax(language: Language) -> Syntax {
    match language {
        Language::C => Syntax::C,
        Language::CSharp => Syntax::CSharp,
        Language::Vb => Syntax::Vb,
        Language::FSharp => Syntax::FSharp,
        Language::PowerShell => Syntax::PowerShell,
        Language::Python => Syntax::Python,
        Language::Rust => Syntax::Rust,
        Language::Go => Syntax::Go,
        Language::Java => Syntax::Java,
        Language::Node => Syntax::JavaScript,
    }
}
