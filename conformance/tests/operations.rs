//! Every layer has every operation of MS-SRVS and MS-WKST: if one is missing, a test here fails or does not compile.
//!
//! The declarations in `netsession-srvs` define the operations. The server does not compile without each of them, and
//! its own tests compare `docs/server-pipes.md`; the tests of `netsession-fuzz` check for the seeds of each. The tests
//! here check the other layers: the library, the C library and its header, and the reference.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use netsession_reference::Model;
use netsession_rpc::{Description, Interface};
use netsession_srvs::Srvsvc;
use netsession_wkssvc::Wkssvc;

/// Operations that only the server has, for the clients of other vendors: the library has no use for them.
const SERVED_ONLY: &[&str] = &[
    "name_compare",
    "name_validate",
    "server_alias_enum",
    "share_del_commit",
    "share_del_start",
    "share_enum_sticky",
];

/// Operations whose function has another name: `NetStatisticsGet`.
const UNDER_ANOTHER_NAME: &[&str] = &["server_statistics_get", "workstation_statistics_get"];

/// Operations without a function of the same name, whose page the reference could have.
const WITHOUT_FUNCTION: &[&str] = &[
    "name_compare",
    "name_validate",
    "server_statistics_get",
    "share_del_commit",
    "share_del_start",
    "workstation_statistics_get",
];

/// Functions of the C library without an operation of their own: `NetSessionGetInfo` makes its answer from
/// NetrSessionEnum, `NetServerEnum` reads the configuration file, and the buffers are local.
const WITHOUT_OPERATION: &[&str] = &["NetServerEnum", "NetSessionGetInfo"];

/// Functions that headers of their own declare, because other headers of Windows do: lmstats.h, lmremutl.h, lmuse.h and dsgetdc.h.
const IN_OTHER_HEADERS: &[&str] = &[
    "DsGetDcNameW",
    "NetRemoteComputerSupports",
    "NetStatisticsGet",
    "NetUseAdd",
    "NetUseDel",
    "NetUseEnum",
    "NetUseGetInfo",
];

/// The function of Windows for an operation: NetrSessionDel is behind `NetSessionDel`.
fn function(operation: &Description) -> Result<String> {
    Ok(format!("Net{}", operation.name.strip_prefix("Netr").context("a name that begins with Netr")?))
}

/// The functions of the operations that the library offers.
fn offered() -> Result<BTreeSet<String>> {
    let operations = Srvsvc::OPERATIONS.iter().chain(Wkssvc::OPERATIONS);
    let operations =
        operations.filter(|it| ![SERVED_ONLY, UNDER_ANOTHER_NAME].iter().any(|list| list.contains(&it.stem)));
    operations.map(function).collect()
}

/// Does not compile if the library lacks the method of an operation, with or without async.
#[test]
fn the_library_has_a_method_for_every_operation() {
    macro_rules! method {
        (name_compare) => {};
        (name_validate) => {};
        (server_alias_enum) => {};
        (share_del_commit) => {};
        (share_del_start) => {};
        (share_enum_sticky) => {};
        (file_close) => {
            let _ = netsession::Server::file_close;
            let _ = netsession::blocking::Server::file_close;
        };
        ($stem:ident) => {
            let _ = netsession::raw::Raw::$stem;
            let _ = netsession::blocking::Raw::$stem;
        };
    }
    macro_rules! methods {
        ($($stem:ident)*) => { $(method!($stem);)* };
    }
    netsession_srvs::operations!(methods);
}

/// A failure here would offer a function on one side of the C library that the other side lacks: in the library, in its
/// header, or on the pages of the reference.
#[test]
fn the_c_library_its_header_and_the_reference_agree() -> Result<()> {
    let exported = Model::get().functions.iter().filter(|function| function.exported);
    let documented: BTreeSet<String> = exported.map(|function| function.name.clone()).collect();
    let is_buffer = |name: &&String| name.starts_with("NetApiBuffer");
    let without = WITHOUT_OPERATION.iter().chain(IN_OTHER_HEADERS).map(ToString::to_string);
    let expected: BTreeSet<String> =
        offered()?.into_iter().chain(without).chain(documented.iter().filter(is_buffer).cloned()).collect();
    ensure!(documented == expected, "the reference says {documented:?}, the operations {expected:?}");

    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netapi32/include");
    let declared_in = |header: &str| -> Result<BTreeSet<String>> {
        let text = fs::read_to_string(include.join(header))?;
        let declarations = text.lines().filter_map(|line| line.strip_prefix("NET_API_STATUS "));
        Ok(declarations.filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())).collect())
    };
    let is_elsewhere = |name: &&String| IN_OTHER_HEADERS.contains(&name.as_str());
    let own: BTreeSet<String> = documented.iter().filter(|name| !is_elsewhere(name)).cloned().collect();
    let declared = declared_in("netapi32.h")?;
    ensure!(declared == own, "the header declares {declared:?}, the reference has {own:?}");
    for function in Model::get().functions.iter().filter(|it| is_elsewhere(&&it.name)) {
        let declared = declared_in(&format!("netsession/{}", function.header))?;
        ensure!(declared.contains(&function.name), "{} lacks {}", function.header, function.name);
    }
    Ok(())
}

/// A failure here would leave a served operation without a page in the reference.
#[test]
fn the_reference_has_a_page_for_every_operation() -> Result<()> {
    let operations = Srvsvc::OPERATIONS.iter().chain(Wkssvc::OPERATIONS);
    let operations = operations.filter(|it| !WITHOUT_FUNCTION.contains(&it.stem));
    for name in operations.map(function) {
        let name = name?;
        ensure!(Model::get().function(&name).is_some(), "{name} has no entry in the reference");
    }
    Ok(())
}
