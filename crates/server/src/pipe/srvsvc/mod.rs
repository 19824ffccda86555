//! The server service ([MS-SRVS] 3.1.4), a file for each operation.
//!
//! Each file implements [`Respond`] for the request of its operation, and has a row about it for
//! `docs/server-pipes.md`. The crate `netsession-srvs` lists the operations: if a file is missing here, this crate does
//! not compile.

mod dfs;
mod info;
mod members;
mod names;

use netsession_rpc::FaultCode;
use netsession_rpc::server::Call;
use netsession_srvs::Srvsvc;

use super::call::{Caller, Respond};
use super::page;
use super::service::Service;

pub(super) const SERVICE: Service = Service::of::<Srvsvc>(dispatch_with_dfs);

/// Answers a call; those of DFS with an error.
fn dispatch_with_dfs(caller: &Caller<'_>, call: &Call) -> Result<Vec<u8>, FaultCode> {
    dfs::answer(call).map_or_else(|| dispatch(caller, call), Ok)
}

macro_rules! operations {
    ($($stem:ident)*) => {
        $(mod $stem;)*

        super::service::dispatch! { $(netsession_srvs::$stem::Request)* }
    };
}

netsession_srvs::operations!(operations);

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;
    use std::{env, fs};

    use netsession_rpc::{Description, Interface};
    use netsession_srvs::Srvsvc;

    const HEAD: &str = "| Call | Levels | Who | Particular responses |\n| --- | --- | --- | --- |\n";

    /// The last row of the table in the documentation of an operation's file, without the name of the operation.
    fn row(folder: &Path, operation: &Description) -> String {
        let path = folder.join("src/pipe/srvsvc").join(operation.stem).with_extension("rs");
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines().map_while(|line| line.strip_prefix("//!"));
        let row = rows.map(str::trim).filter(|row| row.starts_with('|') && !row.contains("---")).nth(1);
        row.unwrap_or_else(|| panic!("{}.rs has no row for docs/server-pipes.md", operation.stem)).to_owned()
    }

    /// A failure here would let the documentation leave out an operation, or describe one that the server does not
    /// have. `GOLDEN=write` rewrites the table.
    #[test]
    fn the_documentation_has_every_operation() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut operations: Vec<_> = Srvsvc::OPERATIONS.iter().collect();
        operations.sort_by_key(|operation| operation.opnum);
        let mut table = HEAD.to_owned();
        for operation in operations {
            writeln!(table, "| {} {}", operation.name, row(folder, operation)).unwrap();
        }
        let path = folder.join("../../docs/server-pipes.md");
        let text = fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(HEAD).expect("the head of the table");
        let after = rest.find("\n\n").and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        let expected = format!("{before}{table}{after}");
        if env::var_os("GOLDEN").is_some_and(|value| value == "write") {
            fs::write(&path, &expected).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), expected, "run the test with GOLDEN=write");
    }
}
