//! `netsession signature`: prints declarations of the netapi32 functions.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use netsession_reference::{Checked, Found, Kind, Language, Model, Options, languages, signature};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Format;
use crate::output::{self, Column};

/// Print the declaration of a netapi32 function to paste into your code
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  netsession signature NetSessionDel --lang vb
  netsession signature NetSessionEnum --lang python --sample > list.py
  netsession signature --search 2312")]
pub(crate) struct Args {
    /// Function, structure, constant or return code; without NAME, lists functions and structures
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Language to declare it in [default: c; with --json: all]
    #[arg(long, value_name = "LANGUAGE", value_parser = language(), requires = "name")]
    lang: Option<Language>,

    /// Include the structures, constants and functions that it needs, for an empty file
    #[arg(long, requires = "name")]
    with_types: bool,

    /// Include a program that calls it, with all types
    #[arg(long, requires = "name")]
    sample: bool,

    /// List functions, structures, constants and return codes by a part of their name, or by number
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["name", "references"])]
    search: Option<String>,

    /// List the functions that use a structure, a constant, a return code or a function
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    references: Option<String>,

    #[command(flatten)]
    format: Format,
}

/// Parses a language by its short name, which completions list, or by another name of it, such as `c#`.
fn language() -> impl clap::builder::TypedValueParser<Value = Language> {
    let value = |language: Language| PossibleValue::new(language.id()).aliases(language.aliases());
    PossibleValuesParser::new(Language::ALL.map(value)).try_map(|name| name.parse::<Language>())
}

/// Every name that completions list.
pub(super) fn names() -> Vec<&'static str> {
    let model = Model::get();
    let functions = model.functions.iter().map(|function| function.name.as_str());
    let structures = model.structures.iter().map(|structure| structure.name.as_str());
    let constants = model.constants.iter().map(|constant| constant.name.as_str());
    let codes = model.codes.iter().map(|code| code.name.as_str());
    functions.chain(structures).chain(codes).chain(constants).collect()
}

pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let json = args.format.json;
    let model = Model::get();
    if let Some(text) = &args.search {
        let found = model.search(text);
        let exit = list(&found, json)?;
        if found.is_empty() {
            let every_kind = [Kind::Function, Kind::Structure, Kind::Constant, Kind::Code];
            let nearest = model.nearest(text, &every_kind);
            if !nearest.is_empty() {
                output::note(&format!("the nearest names are {}", nearest.join(", ")));
            }
            output::hint(ELSEWHERE);
        }
        return Ok(exit);
    }
    if let Some(name) = &args.references {
        if !model.knows(name) {
            return Err(unknown(name, &[Kind::Function, Kind::Structure, Kind::Constant, Kind::Code]));
        }
        let found = |name: &str, summary: &str| Found {
            kind: Kind::Function,
            name: name.to_owned(),
            summary: summary.to_owned(),
        };
        let users = model.references(name);
        let users: Vec<Found> =
            users.iter().map(|function| found(&function.name, &function.summary)).collect();
        return list(&users, json);
    }
    let Some(name) = &args.name else {
        let mut found = model.everything();
        found.retain(|found| matches!(found.kind, Kind::Function | Kind::Structure));
        return list(&found, json);
    };
    let languages = match args.lang {
        Some(language) => vec![language],
        None if json => Language::ALL.to_vec(),
        None => vec![Language::C],
    };
    let declarations: Vec<Declaration> =
        languages.into_iter().map(|language| declaration(name, language, args)).collect::<Result<_, _>>()?;
    if json {
        output::print_json(&declarations)?;
        return Ok(Exit::Done);
    }
    for declaration in &declarations {
        output::to_stdout(&declaration.text)?;
        if let Some(code) = model.code(declaration.name) {
            output::note(&[code.meaning.as_str(), code.remedy.as_str()].join(" "));
        }
        declaration.print_notes();
    }
    Ok(Exit::Done)
}

/// A declaration in JSON.
#[derive(Debug, Serialize)]
struct Declaration {
    name: &'static str,
    kind: Kind,
    module: &'static str,
    language: &'static str,
    text: String,
    exported: bool,
    runs_on: &'static str,
    checked: Checked,
    checked_by: &'static str,
}

fn declaration(name: &str, language: Language, args: &Args) -> Result<Declaration, Failure> {
    let model = Model::get();
    let options = Options { types: args.with_types, sample: args.sample, arguments: None };
    let (name, kind, text, exported) = match (model.function(name), model.structure(name)) {
        (Some(function), _) if args.sample && function.sample.is_none() => {
            return Err(Failure::usage(format!("the reference has no sample of {}", function.name)));
        }
        (Some(function), _) => (
            function.name.as_str(),
            Kind::Function,
            signature(function, language, &options),
            function.exported,
        ),
        (None, Some(_)) if args.sample => {
            let users = model.references(name);
            let users: Vec<&str> = users.iter().map(|function| function.name.as_str()).collect();
            let failure = Failure::usage(format!("{name} is a structure; only functions have samples"));
            return Err(failure.hint(format!("these functions use it: {}", users.join(", "))));
        }
        (None, Some(structure)) => {
            let exported = model.references(name).iter().any(|function| function.exported);
            (structure.name.as_str(), Kind::Structure, languages::structure(structure, language), exported)
        }
        (None, None) => return constant(name, language, args),
    };
    Ok(Declaration::new(name, kind, language, text, exported))
}

/// The declaration of a constant or return code.
fn constant(name: &str, language: Language, args: &Args) -> Result<Declaration, Failure> {
    let model = Model::get();
    let every_kind = [Kind::Function, Kind::Structure, Kind::Constant, Kind::Code];
    let (name, kind) = match (model.code(name), model.constant(name)) {
        (Some(code), _) => (code.name.as_str(), Kind::Code),
        (None, Some(constant)) => (constant.name.as_str(), Kind::Constant),
        (None, None) => return Err(unknown(name, &every_kind)),
    };
    let users = model.references(name);
    if args.sample {
        let users: Vec<&str> = users.iter().map(|function| function.name.as_str()).collect();
        let failure = Failure::usage(format!("{name} is a {}; only functions have samples", kind.name()));
        return Err(failure.hint(format!("these functions use it: {}", users.join(", "))));
    }
    let text = languages::constant(name, language).unwrap_or_default();
    // A number is the same everywhere.
    Ok(Declaration::new(name, kind, language, text, true))
}

impl Declaration {
    fn new(name: &'static str, kind: Kind, language: Language, text: String, exported: bool) -> Self {
        let checked = language.checked_of(exported);
        let is_compiled = checked == Checked::Compiled;
        Self {
            name,
            kind,
            module: "netapi32",
            language: language.id(),
            text,
            exported,
            runs_on: language.runs_on(),
            checked,
            checked_by: if is_compiled { "compiled in the tests" } else { language.checked_by() },
        }
    }

    /// Prints the limits of the declaration.
    fn print_notes(&self) {
        if !self.exported {
            output::note(&format!(
                "{} exists on Windows only; netsession's library does not implement it.",
                self.name
            ));
        }
        if self.checked == Checked::NotChecked {
            output::note(&format!("Declarations in this language are {}.", self.checked_by));
        }
    }
}

/// Where a person can look who found no name.
const ELSEWHERE: &str =
    "`netsession signature` lists every function; `netsession reference --open` also searches the manual";

fn unknown(name: &str, kinds: &[Kind]) -> Failure {
    let nearest = Model::get().nearest(name, kinds);
    let failure = Failure::usage(format!("the reference has no {name}"));
    if nearest.is_empty() {
        return failure.hint(ELSEWHERE);
    }
    let names = if nearest.len() == 1 { "name is" } else { "names are" };
    failure.hint(format!("the nearest {names} {}; --search TEXT finds more", nearest.join(", ")))
}

fn list(found: &[Found], json: bool) -> Result<Exit, Failure> {
    if json {
        output::print_json(found)?;
    } else if !found.is_empty() {
        let columns = [Column::text("KIND"), Column::text("NAME"), Column::long("SUMMARY")];
        let row = |found: &Found| {
            let cells = [found.kind.name(), &found.name, &found.summary];
            cells.map(|cell| Some(cell.to_owned())).to_vec()
        };
        let cells: Vec<_> = found.iter().map(row).collect();
        output::print_table(&columns, &cells)?;
    }
    if found.is_empty() {
        output::note("nothing matches");
    }
    Ok(if found.is_empty() { Exit::NothingMatched } else { Exit::Done })
}

#[cfg(test)]
mod tests {
    use netsession::{NtStatus, Win32Error};
    use netsession_reference::Model;

    /// A failure here would show the wrong return code to a person who searches the status of a log.
    #[test]
    fn each_status_is_that_of_its_return_code() {
        let model = Model::get();
        let all = model.codes.iter().flat_map(|code| code.statuses.iter().map(move |status| (code, status)));
        for (code, status) in all {
            // The library itself treats some of them as an unexpected error of the network.
            let known = [Win32Error(code.number), Win32Error::ERROR_UNEXP_NET_ERR];
            assert!(known.contains(&NtStatus(status.number).win32()), "{}", status.name);
            let text = format!("{} ({:#010x})", status.name, status.number);
            assert_eq!(NtStatus(status.number).to_string(), text);
        }
        for text in
            ["STATUS_LOGON_FAILURE", "nt_status_logon_failure", "0xC000006D", "-1073741715", "0x8007052e"]
        {
            let found = model.search(text);
            assert_eq!(found.first().map(|found| found.name.as_str()), Some("ERROR_LOGON_FAILURE"), "{text}");
        }
        assert!(
            model.search("docker").is_empty() && model.nearest("docker", &[super::Kind::Constant]).is_empty()
        );
    }
}
