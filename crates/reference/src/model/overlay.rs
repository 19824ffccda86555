//! The overlay: corrections of the metadata, and prose. [`apply`] reads a TOML file for each family of functions, and one
//! for codes and constants.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Code, Family, Function, Level, Model, ReturnCode, Sample, Status, Structure, Type};

macro_rules! files {
    ($($name:literal)*) => {
        [$((
            concat!("crates/reference/model/overlay/", $name, ".toml"),
            include_str!(concat!("../../model/overlay/", $name, ".toml")),
        )),*]
    };
}

/// Each file, by its path in the workspace.
const FILES: [(&str, &str); 11] = files![
    "session" "file" "share" "connection" "server" "transport" "time" "wksta" "login" "domain" "buffer"
];
const CODES: &str = include_str!("../../model/overlay/codes.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    functions: BTreeMap<String, FunctionProse>,
    #[serde(default)]
    structures: BTreeMap<String, StructureProse>,
    /// The meaning of fields, by the part of their names after the level.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct FunctionProse {
    header: Option<String>,
    exported: bool,
    /// Corrected types, by parameter.
    types: BTreeMap<String, Type>,
    summary: String,
    notes: Vec<String>,
    parameters: BTreeMap<String, String>,
    levels: Vec<Level>,
    constants: Vec<String>,
    codes: BTreeMap<String, String>,
    privileges: String,
    tips: Vec<String>,
    traps: Vec<String>,
    alternatives: Vec<String>,
    command: Option<String>,
    see_also: Vec<String>,
    sample: Option<Sample>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StructureProse {
    header: Option<String>,
    summary: String,
    notes: Vec<String>,
    fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Codes {
    codes: BTreeMap<String, CodeProse>,
    /// Corrected values, by constant.
    values: BTreeMap<String, i64>,
    constants: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeProse {
    meaning: String,
    remedy: String,
    /// Whether every function that sends a request can return it.
    #[serde(default)]
    network: bool,
    #[serde(default)]
    statuses: Vec<Status>,
}

/// Adds corrections and prose to an extracted model.
pub(crate) fn apply(model: &mut Model) -> Result<(), Box<dyn std::error::Error>> {
    let network = codes(model)?;
    let codes = model.codes.clone();
    for (path, text) in FILES {
        let mut file: File = toml::from_str(text).map_err(|error| format!("{path}: {error}"))?;
        for function in &mut model.functions {
            if let Some(prose) = file.functions.remove(&function.name) {
                path.clone_into(&mut function.prose_file);
                function_prose(function, prose, &codes, &network)
                    .map_err(|error| format!("{path}: {error}"))?;
            }
        }
        for structure in &mut model.structures {
            if let Some(prose) = file.structures.remove(&structure.name) {
                path.clone_into(&mut structure.prose_file);
                structure_prose(structure, prose, &file.fields)
                    .map_err(|error| format!("{path}: {error}"))?;
            }
        }
        if let Some(unknown) = file.functions.keys().chain(file.structures.keys()).next() {
            return Err(format!("{path}: {unknown} is not in the model").into());
        }
    }
    Ok(())
}

/// Returns the names of the return codes that the prose explains; the metadata knows their numbers.
pub fn code_names() -> Result<Vec<String>, toml::de::Error> {
    toml::from_str::<Codes>(CODES).map(|codes| codes.codes.into_keys().collect())
}

/// Explains the codes and constants. Returns the names of the codes that every call over the network can return.
fn codes(model: &mut Model) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut prose: Codes = toml::from_str(CODES).map_err(|error| format!("codes.toml: {error}"))?;
    let network =
        prose.codes.iter().filter(|(_, prose)| prose.network).map(|(name, _)| name.clone()).collect();
    for code in &mut model.codes {
        if let Some(prose) = prose.codes.remove(&code.name) {
            (code.meaning, code.remedy, code.statuses) = (prose.meaning, prose.remedy, prose.statuses);
        }
    }
    for constant in &mut model.constants {
        constant.notes = prose.constants.remove(&constant.name).unwrap_or_default();
        constant.value = prose.values.remove(&constant.name).unwrap_or(constant.value);
    }
    match prose.codes.keys().chain(prose.constants.keys()).chain(prose.values.keys()).next() {
        Some(unknown) => Err(format!("codes.toml: {unknown} is not in the model").into()),
        None => Ok(network),
    }
}

fn function_prose(
    function: &mut Function,
    mut prose: FunctionProse,
    codes: &[Code],
    network: &[String],
) -> Result<(), String> {
    for parameter in &mut function.parameters {
        parameter.notes = prose.parameters.remove(&parameter.name).unwrap_or_default();
        parameter.kind = prose.types.remove(&parameter.name).unwrap_or(parameter.kind);
    }
    if let Some(unknown) = prose.parameters.keys().chain(prose.types.keys()).next() {
        return Err(format!("{} has no parameter {unknown}", function.name));
    }
    // Of the others, only NetUseAdd asks a server.
    let asks = !matches!(function.family, Family::Buffer | Family::Login | Family::Domain);
    let network = network.iter().filter(|_| asks || function.name == "NetUseAdd");
    let others = network
        .filter(|name| !prose.codes.contains_key(*name))
        .map(|name| (name.clone(), String::new(), true));
    let others: Vec<_> = others.collect();
    let own = prose.codes.into_iter().map(|(name, here)| (name, here, false));
    for (name, here, network) in own.chain(others) {
        let code = codes.iter().find(|code| code.name == name);
        let code = code.ok_or_else(|| format!("{}: {name} is not in codes.toml", function.name))?;
        let meaning = if here.is_empty() { code.meaning.clone() } else { here };
        let remedy = code.remedy.clone();
        function.codes.push(ReturnCode { name, number: code.number, meaning, remedy, network });
    }
    function.codes.sort_by_key(|code| code.number);
    if let Some(header) = prose.header {
        function.header = header;
    }
    function.exported = prose.exported;
    function.summary = prose.summary;
    function.notes = prose.notes;
    function.levels = prose.levels;
    for level in function.levels.iter_mut().filter(|level| level.windows_only) {
        level.notes += " Windows only: netsession's library does not have it.";
    }
    function.constants = prose.constants;
    function.privileges = prose.privileges;
    function.tips = prose.tips;
    function.traps = prose.traps;
    function.alternatives = prose.alternatives;
    function.command = prose.command;
    function.see_also = prose.see_also;
    function.sample = prose.sample;
    Ok(())
}

fn structure_prose(
    structure: &mut Structure,
    mut prose: StructureProse,
    fields: &BTreeMap<String, String>,
) -> Result<(), String> {
    for field in &mut structure.fields {
        let suffix = field.name.split_once('_').map_or(field.name.as_str(), |(_, suffix)| suffix);
        let shared = || fields.get(suffix).cloned().unwrap_or_default();
        field.notes = prose.fields.remove(&field.name).unwrap_or_else(shared);
    }
    if let Some(unknown) = prose.fields.keys().next() {
        return Err(format!("{} has no field {unknown}", structure.name));
    }
    if let Some(header) = prose.header {
        structure.header = header;
    }
    structure.summary = prose.summary;
    structure.notes = prose.notes;
    Ok(())
}
