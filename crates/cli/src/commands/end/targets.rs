//! Which servers, ids and clients a command may name together.

use netsession::Selector;
use netsession_admin::{Target, named_nodes};

use super::Args;
use crate::commands::list::nodes_of_one;
use crate::failure::Failure;
use crate::output;
use crate::select;

/// The most nodes of a cluster that a message names.
const MAX_NODES: usize = 10;

/// Refuses ids for several servers, and for a cluster: whichever node answers, the ids of the others mean nothing there.
pub(super) fn check_ids(args: &Args, targets: &[Target]) -> Result<(), Failure> {
    if args.ids.id.is_empty() {
        return Ok(());
    }
    let [target] = targets else {
        return Err(Failure::usage("an id belongs to one server: name exactly one server beside --id"));
    };
    let nodes: Vec<&str> = target.nodes().collect();
    match nodes.first() {
        None => Ok(()),
        Some(first) => {
            let (name, nodes) = (output::visible(target.name()), output::joined(&nodes, MAX_NODES));
            let message =
                format!("an id belongs to one node of the cluster {name}: name the node beside --id");
            let hint =
                format!("the nodes are {nodes}; `netsession sessions {first} -o wide` lists the ids of one");
            Err(Failure::usage(message).hint(hint))
        }
    }
}

/// Refuses nodes of one cluster beside each other: the second one would not find the sessions that the first one ended.
pub(in crate::commands) fn check_nodes(targets: &[Target]) -> Result<(), Failure> {
    match named_nodes(targets).first() {
        None => Ok(()),
        Some(named) => Err(Failure::usage(nodes_of_one(named))),
    }
}

/// Warns of a host name with several addresses, which may be several computers. Refuses it with `--yes`.
pub(super) fn check_addresses(args: &Args, selectors: &[Selector]) -> Result<(), Failure> {
    let Some(several) = select::several_addresses(selectors) else {
        return Ok(());
    };
    if args.yes && !args.dry_run {
        return Err(Failure::usage(format!("{several}; --yes does not choose one of them"))
            .hint("select one address with --client ADDRESS"));
    }
    output::warn(&several);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_addresses;
    use crate::commands::end::tests::args;
    use crate::exit::Exit;
    use netsession::{ClientPattern, Selector};

    fn from_host(addresses: &[&str]) -> [Selector; 1] {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        [Selector::Client(ClientPattern::Host { name: "pc7".to_owned(), addresses })]
    }

    /// A failure here would let a script end the sessions of two computers that share a name.
    #[test]
    fn a_host_with_several_addresses_needs_a_person() {
        let yes = args(&["--client", "pc7", "--yes"]);
        assert!(check_addresses(&yes, &from_host(&["10.0.0.7"])).is_ok());
        let refused = check_addresses(&yes, &from_host(&["10.0.0.7", "10.0.0.8"])).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains("10.0.0.7, 10.0.0.8"), "{}", refused.message);
        assert!(check_addresses(&args(&["--client", "pc7"]), &from_host(&["10.0.0.7", "10.0.0.8"])).is_ok());
    }
}
