//! What other commands share with `end`: [`with_a_person`] ends sessions that another command has found, and [`show_hold`] shows
//! what a hold ends.

use netsession::{EndPreview, Selector};
use netsession_admin::Target;

use super::open_files::OpenFiles;
use super::{Args, end, plan};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::Reason;
use crate::output;

/// How another command ends sessions or closes files together with a person.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct WithAPerson<'a> {
    /// Why, for the journal.
    pub(in crate::commands) reason: Option<&'a str>,
    /// Whether this process has ended or closed others before.
    pub(in crate::commands) is_further: bool,
    /// Whether the person wants to end the one session that holds a file.
    pub(in crate::commands) is_for_file: bool,
}

impl WithAPerson<'_> {
    pub(in crate::commands) fn reason(self) -> Reason {
        Reason { reason: self.reason.map(str::to_owned) }
    }
}

/// Ends the selected sessions at one server, as the command without flags does: it shows them and asks.
pub(in crate::commands) async fn with_a_person(
    target: &Target,
    selector: Selector,
    person: WithAPerson<'_>,
) -> Result<Exit, Failure> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let line = <Line as clap::Parser>::try_parse_from(["end"]);
    let args = line.map_err(|error| Failure::usage(error.to_string()))?.args;
    let (is_further, is_for_file) = (person.is_further, person.is_for_file);
    let args = Args { is_further, is_for_file, reason: person.reason(), ..args };
    end(&args, selector, std::slice::from_ref(target)).await
}

/// Prints what a hold ends at once: the sessions, why some are spared, and their open files.
pub(in crate::commands) fn show_hold(
    plans: &[(&str, EndPreview)],
    open_files: &[&OpenFiles],
    selector: &Selector,
    is_several: bool,
) {
    output::print_to_stderr(&plan::rows(plans), is_several);
    plan::explain(plans, selector, &[], plan::Offer::Hold);
    let notes = plans.iter().zip(open_files).flat_map(|((name, plan), files)| files.notes(name, plan));
    notes.for_each(|line| output::note(&line));
}
