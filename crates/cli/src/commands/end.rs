//! `netsession end`: end the sessions that are meant, and no others.
//!
//! List, show, ask, end, list again, report. Whatever goes wrong on one server leaves the others alone.

mod plan;
mod report;

use std::collections::BTreeSet;
use std::time::Duration;

use netsession::{EndOptions, EndPlan, EndPreview, Error, Selector, Server, Session};
use netsession_config::parse_time_limit;

use super::{AT_ONCE, block_on, say, waiting};
use crate::args::{Cli, Select, Servers};
use crate::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt::{Interrupt, Interrupts};
use crate::output;
use crate::select;
use crate::servers::{Target, targets};
use report::Report;

pub(crate) use report::Status;

/// End sessions: lists what it will end, asks, ends, and looks again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A server ends a client and a user, not one session: several sessions of the same user from one client \
go together, and on Samba everyone on the same connection goes too. The client may connect again.

Example: netsession end fs1 --client 10.0.0.5 --user alice -U 'LAB\\adm1'")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,
    #[command(flatten)]
    select: Select,
    /// Every session; asked back
    #[arg(long, conflicts_with_all = ["client", "user"], help_heading = "Selecting")]
    all: bool,
    /// End the session that does the ending too, if it is among those selected
    #[arg(long, help_heading = "Selecting")]
    include_self: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// With --yes, where everybody is meant (--all, --user '*'): the server's name, for each of them
    #[arg(long, value_name = "SERVER")]
    confirm: Vec<String>,
    /// Only show what would be ended
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// How long to look again whether the sessions are gone
    #[arg(long, value_name = "SECONDS", value_parser = parse_time_limit, default_value = "5")]
    verify_timeout: Duration,
}

pub(crate) fn run(args: &Args, cli: &Cli) -> Result<Exit, Failure> {
    let selector = selector(args)?;
    allowed(args)?;
    let targets = targets(&args.servers.servers, &cli.connect)?;
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    confirmed(args, &selector, &names)?;
    block_on(end(args, cli.json, selector, &targets))?
}

/// The selector that the flags make.
fn selector(args: &Args) -> Result<Selector, Failure> {
    if args.all {
        return Ok(Selector::All);
    }
    select::parse(&args.select)?.ok_or_else(|| {
        Failure::usage("which sessions? Neither a client nor a user is given")
            .hint("give --client, --user or both; --all means every session on the server")
    })
}

/// Whether a person can be asked, or need not be.
fn allowed(args: &Args) -> Result<(), Failure> {
    if !args.yes && !args.dry_run && !ask::person_is_there() {
        return Err(Failure::usage("nobody is there to ask, and --yes is not given: nothing was ended")
            .hint("look first with --dry-run, then end with --yes"));
    }
    Ok(())
}

/// Whether `--yes` for everybody, however that is said, is confirmed for each server.
fn confirmed(args: &Args, selector: &Selector, servers: &[&str]) -> Result<(), Failure> {
    if !selector.is_everybody() || !args.yes || args.dry_run {
        return Ok(());
    }
    let is_confirmed = |server: &str| args.confirm.iter().any(|name| name.eq_ignore_ascii_case(server));
    let missing: Vec<&str> = servers.iter().copied().filter(|server| !is_confirmed(server)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let hint: Vec<String> = missing.iter().map(|name| format!("--confirm '{name}'")).collect();
    Err(Failure::usage(format!("every session on {}? With --yes that must be confirmed", missing.join(", ")))
        .hint(format!("add {}", hint.join(" "))))
}

/// One server, asked, and what would be ended there.
struct Ready<'a> {
    target: &'a Target,
    plan: EndPlan<Server>,
}

async fn end(args: &Args, json: bool, mut selector: Selector, targets: &[Target]) -> Result<Exit, Failure> {
    select::resolve(&mut selector, targets).await?;
    one_address(args, &selector)?;
    let mut options = EndOptions::default();
    (options.include_self, options.verify_timeout) = (args.include_self, args.verify_timeout);

    let named = targets.iter().map(|target| (target.name.as_str(), target));
    let (asked, _) = waiting::each(named, None, async |target| {
        let plan = target.connect().await?.into_plan_end(&selector, &options).await?;
        Ok(Ready { target, plan })
    })
    .await;
    let (ready, failed) = split(targets, asked.into_iter().flatten());
    let plans: Vec<(&str, EndPreview)> =
        ready.iter().map(|ready| (ready.target.name.as_str(), ready.plan.preview().clone())).collect();

    let shown = plan::rows(&plans);
    if args.dry_run && !json {
        output::print(&shown, false, targets.len() > 1)?;
    } else {
        output::print_to_stderr(&shown, targets.len() > 1);
    }
    plan::explain(&plans, &selector);
    say(failed.iter().map(|(_, error)| error));

    let goes = plans.iter().any(|(_, plan)| !plan.to_end().is_empty());
    let agreed = goes && !args.dry_run && (args.yes || agreed(selector.is_everybody(), &plans)?);
    let mut reports: Vec<Report> = failed.iter().map(|(name, error)| Report::failed(name, error)).collect();
    let mut interrupt = None;
    if agreed {
        let mut interrupts = Interrupts::listen()?;
        let (carried_out, interrupted) = carry_out(ready, &plans, &mut interrupts).await;
        reports.extend(carried_out);
        interrupt = interrupted;
    } else {
        if goes && !args.dry_run {
            output::note("Nothing was ended.");
        }
        netsession::side_by_side(ready, AT_ONCE, async |one: Ready<'_>| {
            super::close(one.plan.into_server()).await;
        })
        .await;
        reports.extend(plans.iter().map(|(name, plan)| Report::untouched(name, plan, args.dry_run)));
    }
    reports.sort_by_key(|report| targets.iter().position(|target| target.name == report.server()));
    report::print(&reports, json, agreed, targets.len() > 1)?;
    interrupt.into_iter().for_each(Interrupt::carry_out);
    Ok(Exit::of_servers(reports.iter().map(Report::exit)))
}

/// A host name with several addresses can be several computers: shown, and never chosen among without a person.
fn one_address(args: &Args, selector: &Selector) -> Result<(), Failure> {
    let Some(several) = select::several_addresses(selector) else {
        return Ok(());
    };
    if args.yes && !args.dry_run {
        return Err(Failure::usage(format!(
            "{several}; --yes does not choose among them, and nothing was ended"
        ))
        .hint("give the address that is meant: --client ADDRESS"));
    }
    output::warn(&several);
    Ok(())
}

/// The servers that can be asked to end something, and the others.
fn split<'a>(
    targets: &'a [Target],
    asked: impl Iterator<Item = Result<Ready<'a>, Error>>,
) -> (Vec<Ready<'a>>, Vec<(&'a str, Error)>) {
    let (mut ready, mut failed) = (Vec::new(), Vec::new());
    for (target, asked) in targets.iter().zip(asked) {
        match asked {
            Ok(one) => ready.push(one),
            Err(error) => failed.push((target.name.as_str(), error)),
        }
    }
    (ready, failed)
}

/// Asks the person: once for all servers, or for each server's name where every session on it shall go.
fn agreed(everybody: bool, plans: &[(&str, EndPreview)]) -> Result<bool, Failure> {
    let affected: Vec<_> = plans.iter().filter(|(_, plan)| !plan.to_end().is_empty()).collect();
    if everybody {
        for (name, plan) in affected {
            let question =
                format!("To end {} on {name}, type the server's name:", sessions(plan.to_end().len()));
            if !ask::typed_back(&question, name)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    ask::yes(&question(&affected))
}

/// What is asked: how much goes, where, and what may go along. A long table has scrolled away by then.
fn question(affected: &[&(&str, EndPreview)]) -> String {
    const LONG: usize = 10;
    let to_end: Vec<&Session> = affected.iter().flat_map(|(_, plan)| plan.to_end()).collect();
    let of = match to_end.len() {
        ..LONG => String::new(),
        _ => {
            let distinct = |name: fn(&Session) -> &str| {
                to_end.iter().map(|session| name(session).to_lowercase()).collect::<BTreeSet<_>>().len()
            };
            let (users, clients) = (distinct(|session| &session.user), distinct(|session| &session.client));
            format!(" of {} at {}", counted(users, "user"), counted(clients, "client"))
        }
    };
    let place = match affected {
        [(name, _)] => format!("on {name}"),
        several => format!("on {} servers", several.len()),
    };
    let along = match affected.iter().map(|(_, plan)| plan.may_also_end().len()).sum::<usize>() {
        0 => String::new(),
        more => format!(" ({more} more may go too)"),
    };
    format!("End {}{of} {place}{along}?", sessions(to_end.len()))
}

/// Ends on all servers side by side. Interrupted, it reports what is known.
async fn carry_out(
    ready: Vec<Ready<'_>>,
    plans: &[(&str, EndPreview)],
    interrupts: &mut Interrupts,
) -> (Vec<Report>, Option<Interrupt>) {
    let named = ready.into_iter().map(|one| (one.target.name.as_str(), one));
    let (known, interrupt) = waiting::each(named, Some(interrupts), async |one: Ready<'_>| {
        let (report, server) = one.plan.end().await;
        super::close(server).await;
        Report::of(&one.target.name, &report)
    })
    .await;
    let reports = plans.iter().zip(known).map(|((name, plan), report)| match report {
        Some(report) => report,
        None => Report::interrupted(name, plan),
    });
    (reports.collect(), interrupt)
}

fn sessions(count: usize) -> String {
    counted(count, "session")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::{allowed, confirmed, one_address, question, selector};
    use crate::args::{Cli, Command};
    use crate::exit::Exit;
    use clap::Parser as _;
    use netsession::{ClientPattern, EndPreview, PlannedFate, Selector, Session};

    fn args(flags: &[&str]) -> super::Args {
        match Cli::try_parse_from([&["netsession", "end", "fs1"], flags].concat()).unwrap().command {
            Command::End(args) => args,
            other => panic!("{other:?}"),
        }
    }

    fn from_host(addresses: &[&str]) -> Selector {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Selector::Client(ClientPattern::Host { name: "pc7".to_owned(), addresses })
    }

    /// If this fails, a person says yes to more than they think, since the table has scrolled away.
    #[test]
    fn the_question_says_how_much_goes() {
        let plan = |rows: &[(&str, &str)], along: &[(&str, &str)]| {
            let rows = rows.iter().map(|row| (row, PlannedFate::End));
            let along = along.iter().map(|row| (row, PlannedFate::MayAlsoEnd));
            let session = |((client, user), fate): (&(&str, &str), _)| (Session::new(client, user), fate);
            rows.chain(along).map(session).collect::<EndPreview>()
        };
        let one = ("fs1", plan(&[("10.0.0.5", "bob")], &[]));
        assert_eq!(question(&[&one]), "End 1 session on fs1?");
        let along = ("fs1", plan(&[("10.0.0.5", "bob"), ("10.0.0.5", "Bob")], &[("10.0.0.5", "carol")]));
        assert_eq!(question(&[&along]), "End 2 sessions on fs1 (1 more may go too)?");
        let many = ("fs2", plan(&[("10.0.0.5", "bob"), ("10.0.0.6", "BOB")].repeat(5), &[]));
        assert_eq!(
            question(&[&many, &along]),
            "End 12 sessions of 1 user at 2 clients on 2 servers (1 more may go too)?"
        );
    }

    /// If this fails, it is looked for another time than is promised, or than was asked for.
    #[test]
    fn how_long_it_looks_again() {
        let limit = |flags: &[&str]| args(flags).verify_timeout.as_millis();
        assert_eq!(limit(&["--user", "bob"]), 5_000);
        assert_eq!(limit(&["--user", "bob", "--verify-timeout", "500ms"]), 500);
    }

    /// If this fails, a script ends the sessions of two computers that share a name.
    #[test]
    fn a_host_with_several_addresses_needs_a_person() {
        let yes = args(&["--client", "pc7", "--yes"]);
        assert!(one_address(&yes, &from_host(&["10.0.0.7"])).is_ok());
        let refused = one_address(&yes, &from_host(&["10.0.0.7", "10.0.0.8"])).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains("10.0.0.7, 10.0.0.8"), "{}", refused.message);
        assert!(one_address(&args(&["--client", "pc7"]), &from_host(&["10.0.0.7", "10.0.0.8"])).is_ok());
    }

    /// If this fails, a run that names nobody, or that nobody answers for, begins.
    #[test]
    fn what_is_meant_and_who_answers_for_it() {
        assert_eq!(selector(&args(&["--yes"])).unwrap_err().exit, Exit::Usage);
        assert_eq!(selector(&args(&["--all"])).unwrap(), Selector::All);
        assert!(allowed(&args(&["--all", "--yes"])).is_ok());
        assert!(allowed(&args(&["--all", "--dry-run"])).is_ok());
    }

    /// If this fails, a script ends everybody's sessions by one pattern, or a dry run needs a confirmation that it
    /// has no use for.
    #[test]
    fn everybody_with_yes_is_confirmed_however_it_is_said() {
        let checked = |flags: &[&str]| {
            let args = args(flags);
            confirmed(&args, &selector(&args).unwrap(), &["fs1"])
        };
        for flags in [&["--all"][..], &["--all", "--yes", "--dry-run"], &["--user", "bob", "--yes"]] {
            assert!(checked(flags).is_ok(), "{flags:?}");
        }
        let everybody: [&[&str]; 5] = [
            &["--all"],
            &["--user", "*"],
            &["--user", r"*\*"],
            &["--client", "0.0.0.0/0"],
            &["--client", "::/0", "--user", "**"],
        ];
        for flags in everybody {
            let refused = checked(&[flags, &["--yes"]].concat()).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage, "{flags:?}");
            assert!(checked(&[flags, &["--yes", "--confirm", "FS1"]].concat()).is_ok(), "{flags:?}");
        }
        assert!(checked(&["--client", "0.0.0.0/0", "--user", "bob", "--yes"]).is_ok());
    }
}
