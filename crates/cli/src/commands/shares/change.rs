//! `netsession shares add`, `set` and `remove`: change a share of each server, and no other.
//!
//! The command previews, confirms and reports. The library plans, requests and verifies.

use netsession::{
    ConnectionLimit, ShareChange, ShareObstacle, SharePlan, SharePreview, ShareReport, ShareResult,
};
use netsession_admin::{ChangeNote, Error, Target};

use super::rows::{ChangedRow, PlanRow};
use crate::ask;
use crate::commands::end::{check_nodes, print_nothing};
use crate::commands::goodbye::close as goodbye;
use crate::commands::waiting;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flags::{Connect, Output, Reason};
use crate::interrupt::Interrupts;
use crate::output::{self, OutputFormat, from_visible, visible};
use crate::runtime::block_on;
use crate::select;
use crate::servers::{ask_reason, check_connections, check_journal, check_reason, targets, warn_unrecorded};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Change {
    /// Share a folder of the server (preview, confirm, verify)
    #[command(after_help = "\
Samba refuses it unless its configuration names an `add share command`; `netsession serve` shares only folders in and below \
those of --allow-shares-in.

Example: netsession shares add fs1 --name data --path 'D:\\data' --comment 'The files of the team'")]
    Add {
        /// Name of the new share
        #[arg(long, value_name = "NAME", value_parser = share_name)]
        name: String,
        /// Folder to share: the server's own path
        #[arg(long, value_name = "PATH")]
        path: String,
        /// Comment that clients see
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        comment: String,
        /// The most connections that the share accepts [default: unlimited]
        #[arg(long, value_name = "NUMBER", value_parser = limit)]
        max_connections: Option<ConnectionLimit>,
        #[command(flatten)]
        common: Common,
    },
    /// Change the comment or the limit of a share (preview, confirm, verify)
    #[command(after_help = "Example: netsession shares set fs1 --name data --max-connections 20")]
    #[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["comment", "max_connections"]))]
    Set {
        /// Name of the share
        #[arg(long, value_name = "NAME", value_parser = share_name)]
        name: String,
        /// New comment
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
        /// New limit of connections: a number, or unlimited
        #[arg(long, value_name = "NUMBER", value_parser = limit)]
        max_connections: Option<ConnectionLimit>,
        #[command(flatten)]
        common: Common,
    },
    /// Stop sharing a folder (preview, confirm, verify)
    #[command(after_help = "\
The server disconnects everybody from the share, and users lose unsaved changes. The folder and its files stay.

Example: netsession shares remove fs1 --name data")]
    Remove {
        /// Name of the share
        #[arg(long, value_name = "NAME", value_parser = share_name)]
        name: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Servers and @groups at which to change the share [default: this computer]
    #[arg(value_name = "SERVER")]
    servers: Vec<String>,
    /// Change without asking
    #[arg(short, long)]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    connect: Connect,
    #[command(flatten)]
    output: Output,
}

/// Parses the name of a share.
fn share_name(text: &str) -> Result<String, &'static str> {
    let name = from_visible(text);
    match name.is_empty() || name.contains(['\\', '/']) {
        true => Err("expected the name of a share, such as data; name the server by itself"),
        false => Ok(name),
    }
}

/// Parses a limit of connections.
fn limit(text: &str) -> Result<ConnectionLimit, &'static str> {
    match (text, text.parse()) {
        ("unlimited", _) => Ok(ConnectionLimit::Unlimited),
        (_, Ok(most)) if (1..u32::MAX).contains(&most) => Ok(ConnectionLimit::AtMost(most)),
        _ => Err("expected a number from 1, or unlimited"),
    }
}

impl Change {
    const fn common(&self) -> &Common {
        match self {
            Self::Add { common, .. } | Self::Set { common, .. } | Self::Remove { common, .. } => common,
        }
    }

    fn change(&self) -> ShareChange {
        match self {
            Self::Add { name, path, comment, max_connections, .. } => ShareChange::Add {
                name: name.clone(),
                path: from_visible(path),
                comment: comment.clone(),
                limit: max_connections.unwrap_or(ConnectionLimit::Unlimited),
            },
            Self::Set { name, comment, max_connections, .. } => {
                ShareChange::Set { name: name.clone(), comment: comment.clone(), limit: *max_connections }
            }
            Self::Remove { name, .. } => ShareChange::Remove { name: name.clone() },
        }
    }

    /// Returns what the journal notes about the change.
    fn note(&self) -> ChangeNote {
        let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
        let shown =
            |limit: &Option<ConnectionLimit>| limit.iter().map(ToString::to_string).collect::<Vec<_>>();
        let (program, flags) = match self {
            Self::Add { name, path, comment, max_connections, .. } => {
                let comment = Some(comment.clone()).filter(|comment| !comment.is_empty());
                let flags = vec![
                    ("--name", vec![name.clone()]),
                    ("--path", vec![path.clone()]),
                    ("--comment", one(&comment)),
                    ("--max-connections", shown(max_connections)),
                ];
                ("shares add", flags)
            }
            Self::Set { name, comment, max_connections, .. } => {
                let flags = vec![
                    ("--name", vec![name.clone()]),
                    ("--comment", one(comment)),
                    ("--max-connections", shown(max_connections)),
                ];
                ("shares set", flags)
            }
            Self::Remove { name, .. } => ("shares remove", vec![("--name", vec![name.clone()])]),
        };
        let reason = self.common().reason.reason.clone();
        ChangeNote { program: Some(program), selection: select::shown(flags), reason }
    }

    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let common = self.common();
        if !common.yes && !common.dry_run && !ask::is_person_present() {
            return Err(Failure::usage(
                "stdin is not a terminal: pass --yes to change the share without asking",
            )
            .hint("use --dry-run to see what would change"));
        }
        let targets = targets(&common.servers, &common.connect)?;
        common.output.check_names(targets.len())?;
        check_nodes(&targets)?;
        block_on(self.run_at(&targets))?
    }

    async fn run_at(&self, targets: &[Target]) -> Result<Exit, Failure> {
        let common = self.common();
        if !common.dry_run {
            check_reason(&common.reason, !common.yes)?;
            check_journal()?;
        }
        check_connections(targets.len())?;
        let named = targets.iter().map(|target| (target.name(), target));
        let mut interrupts = Interrupts::listen()?;
        let (answers, interrupt) = waiting::each(named, Some(&mut interrupts), async |target: &Target| {
            let plan = async { Ok(target.connect().await?.into_plan_share(self.change()).await?) };
            Ok((target, target.within_limit(plan).await?))
        })
        .await;
        let names: Vec<&str> = targets.iter().map(Target::name).collect();
        waiting::end_before_changes(&names, &answers, interrupt, || print_nothing(&common.output))?;
        drop(interrupts);
        let (mut planned, mut failed): (Vec<(&Target, SharePlan)>, Vec<Error>) = (Vec::new(), Vec::new());
        for answer in answers.into_iter().flatten() {
            match answer {
                Ok(one) => planned.push(one),
                Err(error) => failed.push(error),
            }
        }
        if let ([_], Some(_)) = (targets, failed.last()) {
            return failed.pop().map_or(Ok(Exit::Failed), |error| Err(error.into()));
        }
        let previews: Vec<(&str, SharePreview)> =
            planned.iter().map(|(target, plan)| (target.name(), plan.preview().clone())).collect();
        let mut note = self.note();
        let decision = self.decide(&previews, targets.len() > 1).and_then(|is_confirmed| {
            if is_confirmed {
                ask_reason(&mut note, !common.yes)?;
            }
            Ok(is_confirmed)
        });
        output::errors(&failed);
        let is_declined = matches!(decision, Ok(false))
            && !common.dry_run
            && previews.iter().any(|(name, preview)| PlanRow::of(name, preview).is_some());
        let exits = if matches!(decision, Ok(true)) {
            let named = planned.into_iter().map(|(target, plan)| (target.name(), (target, plan)));
            let (results, _) = waiting::each(named, None, async |(target, plan): (&Target, SharePlan)| {
                let (report, server) = target.change_share(plan, &note).await;
                goodbye(server).await;
                Ok((target.name(), report))
            })
            .await;
            warn_unrecorded("this change is not recorded");
            self.report(&results.into_iter().flatten().flatten().collect::<Vec<_>>(), targets.len() > 1)?
        } else {
            for (_, plan) in planned {
                goodbye(plan.into_server()).await;
            }
            decision?;
            previews.iter().map(|(_, preview)| self.untouched(preview)).collect()
        };
        let exit = Exit::of_servers(exits.into_iter().chain(failed.iter().map(|_| Exit::Failed)));
        Ok(exit.unless_declined(is_declined))
    }

    /// Shows the plans, and returns whether they are to be carried out.
    fn decide(&self, previews: &[(&str, SharePreview)], is_several: bool) -> Result<bool, Failure> {
        let common = self.common();
        let format = common.output.format();
        let rows: Vec<PlanRow> =
            previews.iter().filter_map(|(name, preview)| PlanRow::of(name, preview)).collect();
        if !common.yes && !common.dry_run && !rows.is_empty() {
            output::print_to_stderr(&rows, is_several);
        }
        previews.iter().for_each(|(name, preview)| warn(name, preview));
        let changing = previews.iter().filter(|(_, preview)| preview.obstacle.is_none());
        let changing: Vec<&str> = changing.map(|(name, _)| *name).collect();
        let place = match changing.as_slice() {
            [] => String::new(),
            [name] => (*name).to_owned(),
            several => format!("{} servers", several.len()),
        };
        let is_wanted = !common.dry_run && !rows.is_empty();
        if is_wanted && (common.yes || ask::yes(&self.question(&place))?) {
            return Ok(true);
        }
        if common.dry_run || !format.is_for_people() {
            output::present(&common.output.presentation(), &rows.iter().collect::<Vec<_>>(), is_several)?;
        }
        if common.dry_run {
            output::note(&self.would(&place));
        } else if !rows.is_empty() {
            output::note("Nothing was changed.");
        }
        Ok(false)
    }

    fn question(&self, place: &str) -> String {
        match self.change() {
            ShareChange::Add { path, name, .. } => {
                format!("Share {} as {} on {place}?", visible(&path), visible(&name))
            }
            ShareChange::Remove { name } => {
                format!("Stop sharing {} on {place}? Unsaved changes are lost.", visible(&name))
            }
            change => format!("Change {} on {place}?", visible(change.name())),
        }
    }

    /// Returns the last line of a dry run.
    fn would(&self, place: &str) -> String {
        let change = self.change();
        let name = visible(change.name());
        match (place, &change) {
            ("", _) => "This would change nothing.".to_owned(),
            (place, ShareChange::Add { .. }) => format!("This would add {name} on {place}."),
            (place, ShareChange::Remove { .. }) => format!("This would remove {name} on {place}."),
            (place, _) => format!("This would change {name} on {place}."),
        }
    }

    /// Returns the exit status of a server at which the command changed nothing.
    fn untouched(&self, preview: &SharePreview) -> Exit {
        match preview.obstacle {
            Some(ShareObstacle::NoSuchShare) => Exit::NothingMatched,
            Some(_) => Exit::Failed,
            None if self.common().dry_run => Exit::Done,
            None => Exit::Failed,
        }
    }

    /// Prints the results, and returns the exit status of each server.
    fn report(&self, reports: &[(&str, ShareReport)], is_several: bool) -> Result<Vec<Exit>, Failure> {
        let sent = |report: &ShareReport| {
            report.obstacle.is_none() || report.obstacle == Some(ShareObstacle::ChangedMeanwhile)
        };
        let rows: Vec<ChangedRow> = reports
            .iter()
            .filter(|(_, report)| sent(report))
            .map(|(name, report)| ChangedRow::new(name, report))
            .collect();
        let output = &self.common().output;
        match output.format() {
            // The status of a share is an object.
            format @ (OutputFormat::Json | OutputFormat::Jsonl | OutputFormat::Yaml) => {
                output::print_nested(format, &rows)?;
            }
            _ => output::present(&output.presentation(), &rows.iter().collect::<Vec<_>>(), is_several)?,
        }
        for (name, report) in reports {
            if report.obstacle == Some(ShareObstacle::ChangedMeanwhile) {
                output::error(&format!("{name}: the share changed since the preview: nothing was sent"));
            }
        }
        let failures = reports.iter().filter(|(_, report)| report.result != ShareResult::Done);
        output::errors(failures.filter_map(|(_, report)| report.error.as_ref()));
        Ok(reports.iter().map(|(_, report)| exit(report)).collect())
    }
}

fn exit(report: &ShareReport) -> Exit {
    match (report.result, report.obstacle) {
        (ShareResult::Done, _) => Exit::Done,
        (_, Some(ShareObstacle::NoSuchShare)) => Exit::NothingMatched,
        _ => Exit::Failed,
    }
}

/// Says why netsession sends nothing, what a change replaces, and how many connections a removal breaks.
fn warn(server: &str, preview: &SharePreview) {
    let name = visible(preview.change.name());
    match (preview.obstacle, &preview.change, &preview.before) {
        (Some(ShareObstacle::NoSuchShare), ..) => {
            output::note(&format!("{server}: no share is named {name}"));
        }
        (Some(ShareObstacle::NameTaken), _, before) => {
            let path = before.as_ref().and_then(|share| share.path.as_deref()).unwrap_or("another folder");
            output::error(&format!("{server} already shares {} as {name}", visible(path)));
        }
        (Some(obstacle), ..) => output::error(&format!("{server}: {name}: {obstacle}")),
        (None, ShareChange::Set { comment, limit, .. }, Some(before)) => {
            if comment.is_some() {
                output::note(&format!(
                    "{server}: the comment of {name} is now \"{}\"",
                    visible(&before.comment)
                ));
            }
            if limit.is_some() {
                let now = ConnectionLimit::of(before);
                output::note(&format!("{server}: the limit of {name} is now {now}"));
            }
        }
        (None, ShareChange::Remove { .. }, Some(before)) => match before.connections {
            None | Some(0) => {}
            Some(1) => output::warn(&format!("{server}: 1 connection to {name} will end")),
            Some(count) => output::warn(&format!("{server}: {count} connections to {name} will end")),
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{limit, share_name};
    use netsession::ConnectionLimit;

    /// A failure here would lock everybody out of a share, or take a path for its name.
    #[test]
    fn values_are_checked_before_the_connection() {
        assert_eq!(limit("unlimited"), Ok(ConnectionLimit::Unlimited));
        assert_eq!(limit("20"), Ok(ConnectionLimit::AtMost(20)));
        assert!(["0", "-1", "4294967295", "many", ""].into_iter().all(|text| limit(text).is_err()));
        assert_eq!(share_name("data").as_deref(), Ok("data"));
        assert!(["", r"\\fs1\data", "a/b"].into_iter().all(|text| share_name(text).is_err()));
    }
}
