//! Reads the metadata, and writes the model.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use netsession_reference::model::{
    Base, Code, Constant, Direction, Family, Field, Function, Model, Parameter, Source, Structure, Type,
};
use serde::Serialize;
use serde_json::Value as Json;
use windows_metadata::Value;
use windows_metadata::reader::{
    File, HasAttributes, Index, Item, MethodDef, MethodParam, ParamDirection, TypeCategory, TypeDef,
};

use super::Options;
use crate::root;
use crate::steps::Steps;

const PACKAGE: &str = "windows-bindgen";
const METADATA: &str = "default/Windows.Win32.winmd";
const SHARES: &str = "Windows.Win32.Storage.FileSystem";
const SERVERS: &str = "Windows.Win32.NetworkManagement.NetManagement";
const ERRORS: &str = "Windows.Win32.Foundation";
const CALLS: &str = "Windows.Win32.System.Rpc";
const DOMAINS: &str = "Windows.Win32.Networking.ActiveDirectory";

/// The prefixes of the names of functions, and the family of each.
const FAMILIES: [(&str, Family); 17] = [
    ("NetSession", Family::Session),
    ("NetFile", Family::File),
    ("NetShare", Family::Share),
    ("NetConnection", Family::Connection),
    ("NetServer", Family::Server),
    ("NetRemoteTOD", Family::Time),
    ("NetWkstaGetInfo", Family::Workstation),
    ("NetWkstaUserEnum", Family::Workstation),
    ("NetGetJoinInformation", Family::Workstation),
    ("NetStatisticsGet", Family::Server),
    ("NetRemoteComputerSupports", Family::Workstation),
    ("NetUseAdd", Family::Login),
    ("NetUseDel", Family::Login),
    ("NetUseEnum", Family::Login),
    ("NetUseGetInfo", Family::Login),
    ("DsGetDcNameW", Family::Domain),
    ("NetApiBuffer", Family::Buffer),
];
/// The prefixes of the names of their structures. Only two of the structures without a page of Microsoft's are needed.
const STRUCTURES: [&str; 7] = [
    "SESSION_INFO_",
    "FILE_INFO_",
    "SHARE_INFO_",
    "CONNECTION_INFO_",
    "SERVER_INFO_",
    "SERVER_TRANSPORT_INFO_",
    "TIME_OF_DAY_INFO",
];
/// Structures whose names begin as those of other functions do.
const SINGLE: [&str; 10] = [
    "WKSTA_INFO_100",
    "WKSTA_INFO_101",
    "WKSTA_INFO_102",
    "WKSTA_USER_INFO_0",
    "WKSTA_USER_INFO_1",
    "STAT_SERVER_0",
    "USE_INFO_0",
    "USE_INFO_1",
    "USE_INFO_2",
    "DOMAIN_CONTROLLER_INFOW",
];
const UNDOCUMENTED: [&str; 2] = ["SERVER_ALIAS_INFO_0", "SERVER_INFO_103"];
/// The prefixes of the names of constants outside any enumeration.
const CONSTANTS: [&str; 7] = [
    "MAX_PREFERRED_LENGTH",
    "SHI1005_FLAGS_",
    "CSC_",
    "SHI_USES_UNLIMITED",
    "SV_NODISC",
    "PLATFORM_ID_",
    "SHARE_",
];

/// The flags of DsGetDcName, of which the metadata has no enumeration: those that go in.
const DOMAIN_FLAGS: [&str; 23] = [
    "DS_FORCE_REDISCOVERY",
    "DS_DIRECTORY_SERVICE_REQUIRED",
    "DS_DIRECTORY_SERVICE_PREFERRED",
    "DS_GC_SERVER_REQUIRED",
    "DS_PDC_REQUIRED",
    "DS_BACKGROUND_ONLY",
    "DS_IP_REQUIRED",
    "DS_KDC_REQUIRED",
    "DS_TIMESERV_REQUIRED",
    "DS_WRITABLE_REQUIRED",
    "DS_GOOD_TIMESERV_PREFERRED",
    "DS_AVOID_SELF",
    "DS_ONLY_LDAP_NEEDED",
    "DS_IS_FLAT_NAME",
    "DS_IS_DNS_NAME",
    "DS_TRY_NEXTCLOSEST_SITE",
    "DS_DIRECTORY_SERVICE_6_REQUIRED",
    "DS_WEB_SERVICE_REQUIRED",
    "DS_DIRECTORY_SERVICE_8_REQUIRED",
    "DS_DIRECTORY_SERVICE_9_REQUIRED",
    "DS_DIRECTORY_SERVICE_10_REQUIRED",
    "DS_RETURN_DNS_NAME",
    "DS_RETURN_FLAT_NAME",
];

/// Returns the group of a constant outside any enumeration.
fn group(name: &str) -> Option<&'static str> {
    let prefix = CONSTANTS.iter().find(|prefix| name.starts_with(*prefix));
    let of_domain = DOMAIN_FLAGS.contains(&name).then_some("DS");
    prefix.map(|prefix| prefix.trim_end_matches('_')).or(of_domain)
}

/// Writes the model, or compares it with the committed one.
pub(crate) fn run(options: &Options, steps: &mut Steps) -> Result<()> {
    let text = json(&extract()?)?;
    let path = root().join("crates/reference/model/netapi32.json");
    if options.check {
        let same = fs::read_to_string(&path)? == text;
        steps.outcome("the model is what the metadata says", same);
        return Ok(());
    }
    fs::write(&path, text)?;
    println!("{} is written", path.display());
    steps.outcome("the model is written", true);
    Ok(())
}

/// Writes a line for each function, structure, constant and code, so that a person can read differences.
fn json(model: &Model) -> Result<String> {
    fn lines<T: Serialize>(items: &[T]) -> Result<String> {
        let lines: Result<Vec<String>, _> = items.iter().map(serde_json::to_string).collect();
        Ok(lines?.join(",\n"))
    }
    Ok(format!(
        "{{\"source\":{},\n\"functions\":[\n{}\n],\n\"structures\":[\n{}\n],\n\"constants\":[\n{}\n],\n\"codes\":[\n{}\n]}}\n",
        serde_json::to_string(&model.source)?,
        lines(&model.functions)?,
        lines(&model.structures)?,
        lines(&model.constants)?,
        lines(&model.codes)?,
    ))
}

fn extract() -> Result<Model> {
    let (folder, version) = package()?;
    let file = File::read(folder.join(METADATA)).context("the metadata cannot be read")?;
    // These are the 64-bit declarations; those of 32 bits differ only in the size of pointers.
    let index = Index::new_for_architecture(vec![file], 2);
    let mut model = Model {
        source: Source { package: PACKAGE.into(), version, file: METADATA.into() },
        ..Model::default()
    };
    let mut groups = BTreeSet::new();
    for namespace in [SHARES, SERVERS, DOMAINS] {
        for (name, item) in index.namespace_items(namespace) {
            match item {
                Item::Fn(method) => {
                    if let Some((_, family)) = FAMILIES.iter().find(|(prefix, _)| name.starts_with(prefix)) {
                        model.functions.push(function(&index, name, *family, method, &mut groups)?);
                    }
                }
                Item::Type(def) => {
                    let wanted = STRUCTURES.iter().any(|prefix| name.starts_with(prefix));
                    let documented = link(def).is_some() && wanted && def.category() == TypeCategory::Struct;
                    if documented || UNDOCUMENTED.contains(&name) || SINGLE.contains(&name) {
                        model.structures.push(structure(&index, name, def, &mut groups)?);
                    }
                }
                Item::Const(field) => {
                    if let Some(group) = group(name)
                        && let Some(value) = field.constant().and_then(|constant| number(&constant.value()))
                    {
                        model.constants.push(Constant {
                            name: name.into(),
                            value,
                            group: group.into(),
                            notes: String::new(),
                        });
                    }
                }
            }
        }
    }
    for group in groups {
        model.constants.extend(members(&index, &group)?);
    }
    model.codes = codes(&index)?;
    model.functions.sort_by(|a, b| (a.family, &a.name).cmp(&(b.family, &b.name)));
    model.structures.sort_by_key(|structure| natural(&structure.name));
    model.constants.sort_by(|a, b| (&a.group, a.value, &a.name).cmp(&(&b.group, b.value, &b.name)));
    Ok(model)
}

/// The folder and version of the crate that carries the metadata.
fn package() -> Result<(PathBuf, String)> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--locked", "--features=model"])
        .current_dir(root().join("xtask"))
        .output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Json = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get("packages").and_then(Json::as_array).context("no packages")?;
    let package = packages.iter().find(|package| package.get("name").is_some_and(|name| name == PACKAGE));
    let text = |key| package.and_then(|package| package.get(key)).and_then(Json::as_str);
    let manifest = text("manifest_path").context("windows-bindgen is not there")?;
    let version = text("version").context("no version")?;
    let folder = PathBuf::from(manifest);
    Ok((folder.parent().context("no folder")?.to_owned(), version.to_owned()))
}

fn function(
    index: &Index,
    name: &str,
    family: Family,
    method: MethodDef<'_>,
    groups: &mut BTreeSet<String>,
) -> Result<Function> {
    let import = method.impl_map().with_context(|| format!("{name} is in no library"))?;
    let module = import.import_scope().name().to_lowercase();
    let signature = method.signature(&[]);
    let rows =
        method.params_by_sequence(signature.types.len()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut parameters = Vec::new();
    for (kind, row) in signature.types.iter().zip(rows.params()) {
        let row = row.as_ref().with_context(|| format!("{name} has a parameter of no name"))?;
        parameters.push(parameter(index, kind, row, groups).with_context(|| name.to_owned())?);
    }
    let documentation = link(method);
    let (returns, _) = kind(index, &signature.return_type)?;
    Ok(Function {
        name: name.into(),
        family,
        module: module.trim_end_matches(".dll").into(),
        header: documentation.as_deref().and_then(header).unwrap_or_default(),
        documentation,
        since: text(method, "SupportedOSPlatformAttribute").as_deref().and_then(windows),
        // CharSet, SetLastError and the calling convention share a word; ECMA-335 II.23.1.8.
        sets_last_error: import.flags().0 & 0x40 != 0,
        returns,
        parameters,
        ..blank()
    })
}

/// Returns an empty function.
fn blank() -> Function {
    Function {
        name: String::new(),
        family: Family::Buffer,
        module: String::new(),
        header: String::new(),
        documentation: None,
        since: None,
        sets_last_error: false,
        returns: Type::plain(Base::U32),
        parameters: Vec::new(),
        exported: false,
        levels: Vec::new(),
        constants: Vec::new(),
        summary: String::new(),
        notes: Vec::new(),
        codes: Vec::new(),
        privileges: String::new(),
        tips: Vec::new(),
        traps: Vec::new(),
        alternatives: Vec::new(),
        command: None,
        see_also: Vec::new(),
        sample: None,
        prose_file: String::new(),
    }
}

fn parameter(
    index: &Index,
    ty: &windows_metadata::Type,
    row: &MethodParam<'_>,
    groups: &mut BTreeSet<String>,
) -> Result<Parameter> {
    let (kind, values) = kind(index, ty)?;
    groups.extend(values.clone());
    Ok(Parameter {
        name: row.name().into(),
        kind,
        direction: match row.direction() {
            ParamDirection::Unspecified | ParamDirection::Input => Direction::In,
            ParamDirection::Output => Direction::Out,
            ParamDirection::InputOutput => Direction::InOut,
        },
        optional: row.is_optional(),
        reserved: row.is_reserved(),
        constant: row.has_attribute("ConstAttribute"),
        values: values.map(|name| name.rsplit('.').next().unwrap_or_default().to_owned()),
        notes: String::new(),
    })
}

fn structure(
    index: &Index,
    name: &str,
    def: TypeDef<'_>,
    groups: &mut BTreeSet<String>,
) -> Result<Structure> {
    let mut fields = Vec::new();
    for field in def.fields() {
        let (kind, values) = kind(index, &field.ty()).with_context(|| name.to_owned())?;
        groups.extend(values.clone());
        let values = values.map(|name| name.rsplit('.').next().unwrap_or_default().to_owned());
        fields.push(Field { name: field.name().into(), kind, values, notes: String::new() });
    }
    let documentation = link(def);
    let header = documentation.as_deref().and_then(header).unwrap_or_default();
    let (summary, notes, prose_file) = Default::default();
    Ok(Structure { name: name.into(), header, documentation, fields, summary, notes, prose_file })
}

/// Returns a type of the model, and its enumeration.
fn kind(index: &Index, ty: &windows_metadata::Type) -> Result<(Type, Option<String>)> {
    use windows_metadata::Type as T;
    Ok(match ty {
        // Texts of some functions are wrongly 8 bits wide: the prose corrects them.
        T::U8 | T::I8 => (Type::plain(Base::U8), None),
        T::U32 => (Type::plain(Base::U32), None),
        T::I32 => (Type::plain(Base::I32), None),
        T::USize => (Type::plain(Base::Usize), None),
        T::Void => (Type::plain(Base::Void), None),
        T::PtrMut(inner, depth) | T::PtrConst(inner, depth) => {
            let (inner, values) = kind(index, inner)?;
            (Type { pointers: inner.pointers + u8::try_from(*depth)?, length: None, ..inner }, values)
        }
        T::ArrayFixed(inner, length) => {
            let (inner, values) = kind(index, inner)?;
            (Type { length: Some(u32::try_from(*length)?), ..inner }, values)
        }
        T::ValueName(name) => match name.name.as_str() {
            "PWSTR" => (Type::plain(Base::Wide), None),
            "BOOLEAN" => (Type::plain(Base::U8), None),
            "BOOL" => (Type::plain(Base::Bool32), None),
            "PSECURITY_DESCRIPTOR" => (Type::pointer(Base::Void, 1), None),
            "Guid" | "GUID" => (Type { length: Some(16), ..Type::plain(Base::U8) }, None),
            other => {
                let def = index.expect(&name.namespace, other);
                if def.category() == TypeCategory::Struct {
                    // Only behind pointers: the address of an answer.
                    return Ok((Type::plain(Base::U8), None));
                }
                let underlying =
                    def.underlying_type().with_context(|| format!("{other} is no enumeration"))?;
                (kind(index, &underlying)?.0, Some(format!("{}.{other}", name.namespace)))
            }
        },
        other => bail!("{other:?} is not a type of the model"),
    })
}

/// The constants of an enumeration.
fn members(index: &Index, name: &str) -> Result<Vec<Constant>> {
    let (namespace, name) = name.rsplit_once('.').context("no namespace")?;
    let mut members = Vec::new();
    for field in index.expect(namespace, name).fields() {
        if let Some(value) = field.constant().and_then(|constant| number(&constant.value())) {
            members.push(Constant {
                name: field.name().into(),
                value,
                group: name.into(),
                notes: String::new(),
            });
        }
    }
    Ok(members)
}

/// The return codes that the prose explains, with their numbers.
fn codes(index: &Index) -> Result<Vec<Code>> {
    let names = netsession_reference::code_names()?;
    let errors =
        || [(ERRORS, "WIN32_ERROR"), (CALLS, "RPC_STATUS")].map(|(space, name)| index.expect(space, name));
    let mut codes = Vec::new();
    for name in names {
        let field = match index.get_item(SERVERS, &name).next() {
            Some(Item::Const(field)) => Some(field),
            _ => errors().iter().flat_map(TypeDef::fields).find(|field| field.name() == name),
        };
        let value = field.and_then(|field| field.constant()).and_then(|constant| number(&constant.value()));
        let value = value.with_context(|| format!("{name} is not in the metadata"))?;
        let (meaning, remedy) = Default::default();
        codes.push(Code { name, number: u32::try_from(value)?, meaning, remedy });
    }
    codes.sort_by_key(|code| code.number);
    Ok(codes)
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::U8(value) => Some(i64::from(*value)),
        Value::U16(value) => Some(i64::from(*value)),
        Value::U32(value) => Some(i64::from(*value)),
        Value::I32(value) => Some(i64::from(*value)),
        _ => None,
    }
}

/// Returns the text of an attribute that has one.
fn text<'a>(row: impl HasAttributes<'a> + Copy, attribute: &str) -> Option<String> {
    let attribute = row.find_attribute(attribute)?;
    attribute.value().into_iter().find_map(|(_, value)| match value {
        Value::Utf8(text) => Some(text),
        _ => None,
    })
}

fn link<'a>(row: impl HasAttributes<'a> + Copy) -> Option<String> {
    text(row, "DocumentationAttribute")
}

/// Returns the header in a link: `.../api/lmshare/nf-lmshare-netsessiondel`.
fn header(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("/api/")?;
    rest.split_once('/').map(|(header, _)| format!("{header}.h"))
}

/// Returns the common name of a version of Windows.
fn windows(version: &str) -> Option<String> {
    let name = match version {
        "windows5.0" => "Windows 2000",
        "windows5.1.2600" => "Windows XP",
        "windows6.0.6000" => "Windows Vista",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Sorts `SERVER_INFO_502` behind `SERVER_INFO_1` by its number.
fn natural(name: &str) -> (String, u32) {
    let (prefix, number) = name.rsplit_once('_').unwrap_or((name, ""));
    number.parse().map_or_else(|_| (name.to_owned(), 0), |number| (prefix.to_owned(), number))
}
