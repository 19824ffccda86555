//! [`carry_out`] sends the requests of a decision once, then lists until the change shows.

use std::time::Duration;

use netsession_srvs::info::{ShareInfo, ShareLevel, ShareType};
use tokio::time::{Instant, sleep};

use super::plan::preview;
use super::{ConnectionLimit, Decision, ShareChange, ShareObstacle, SharePreview, ShareReport, ShareResult};
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::share_add::share_add;
use crate::ops::share_del::share_del;
use crate::ops::share_enum::shares;
use crate::ops::share_set_info::share_set_info;
use crate::{Error, Share, Win32Error};

/// If the listing is older, or comes from an earlier connection, netsession lists again before the request.
const MAX_LISTING_AGE: Duration = Duration::from_secs(1);
/// How long the server may take until it lists the change, and the pause between two listings.
const VERIFY_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Requests the change, and verifies it.
pub(crate) async fn carry_out<C: Connector>(link: &mut Link<C>, decision: Decision) -> ShareReport {
    let Decision { preview, listed_at } = decision;
    let (obstacle, stopped) = match preview.obstacle {
        None if listed_at.elapsed() > MAX_LISTING_AGE || link.is_newer_than(listed_at) => {
            match shares(link).await {
                Ok(listed) => (obstacle_now(&preview, &listed), None),
                Err(error) => (None, Some(error)),
            }
        }
        obstacle => (obstacle, None),
    };
    if obstacle.is_some() || stopped.is_some() {
        return report(preview, None, ShareResult::NotSent, obstacle, None, stopped);
    }
    let answer = send(link, &preview.change).await;
    let status = match &answer {
        Ok(()) => Some(Win32Error::NERR_SUCCESS),
        Err(error) if !error.is_unknown() => Some(error.win32()),
        Err(_) => None,
    };
    if matches!(answer, Err(Error::Vetoed { .. })) {
        return report(preview, None, ShareResult::NotSent, None, None, answer.err());
    }
    let may_still_happen = answer.as_ref().is_err_and(Error::is_unknown);
    let (after, result, error) = match verify(link, &preview.change, answer.is_ok()).await {
        Ok(after) if preview.change.is_done(after.as_ref()) => (after, ShareResult::Done, answer.err()),
        Ok(after) if may_still_happen => (after, ShareResult::Unknown, answer.err()),
        Ok(after) => (after, ShareResult::NotDone, answer.err()),
        Err(error) => (None, ShareResult::Unknown, Some(answer.err().unwrap_or(error))),
    };
    report(preview, after, result, None, status, error)
}

fn report(
    preview: SharePreview,
    after: Option<Share>,
    result: ShareResult,
    obstacle: Option<ShareObstacle>,
    status: Option<Win32Error>,
    error: Option<Error>,
) -> ShareReport {
    let SharePreview { change, before, .. } = preview;
    ShareReport { change, before, after, result, obstacle, status, error }
}

/// Compares the preview with a newer listing. How many connections the share has changes by itself.
fn obstacle_now(shown: &SharePreview, listed: &[Share]) -> Option<ShareObstacle> {
    let now = preview(shown.change.clone(), listed);
    let settled = |share: &Option<Share>| share.clone().map(|share| Share { connections: None, ..share });
    let is_changed = settled(&now.before) != settled(&shown.before);
    now.obstacle.or_else(|| is_changed.then_some(ShareObstacle::ChangedMeanwhile))
}

async fn send<C: Connector>(link: &mut Link<C>, change: &ShareChange) -> Result<(), Error> {
    match change {
        ShareChange::Add { name, path, comment, limit } => {
            let share = ShareInfo {
                netname: Some(name.clone()),
                r#type: Some(ShareType::DISKTREE),
                path: Some(path.clone()),
                ..edited(Some(comment), Some(*limit))
            };
            share_add(link, ShareLevel::INFO_2, share).await
        }
        ShareChange::Set { name, comment, limit } => {
            if comment.is_some() {
                share_set_info(link, name, ShareLevel::INFO_1004, edited(comment.as_ref(), None)).await?;
            }
            if limit.is_some() {
                share_set_info(link, name, ShareLevel::INFO_1006, edited(None, *limit)).await?;
            }
            Ok(())
        }
        ShareChange::Remove { name } => share_del(link, name).await,
    }
}

fn edited(comment: Option<&String>, limit: Option<ConnectionLimit>) -> ShareInfo {
    ShareInfo {
        remark: comment.cloned(),
        max_uses: limit.map(ConnectionLimit::max_uses),
        ..ShareInfo::default()
    }
}

/// Lists until the change shows. If the server refused it, one listing is enough. Returns the share of the last listing.
async fn verify<C: Connector>(
    link: &mut Link<C>,
    change: &ShareChange,
    is_agreed: bool,
) -> Result<Option<Share>, Error> {
    let deadline = Instant::now() + VERIFY_TIMEOUT;
    loop {
        let after = preview(change.clone(), &shares(link).await?).before;
        if change.is_done(after.as_ref()) || !is_agreed || Instant::now() >= deadline {
            return Ok(after);
        }
        sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(connections: u32, comment: &str) -> Vec<Share> {
        vec![Share {
            name: "data".to_owned(),
            share_type: ShareType::DISKTREE,
            comment: comment.to_owned(),
            path: Some("/srv/data".to_owned()),
            connections: Some(connections),
            max_connections: None,
        }]
    }

    /// A failure here would remove a share that somebody replaced after the preview, or refuse to remove a share because a
    /// client connected to it.
    #[test]
    fn a_share_that_changed_since_the_preview_stays() {
        let change = ShareChange::Remove { name: "data".to_owned() };
        let before = preview(change, &shown(1, "Data"));
        assert_eq!(obstacle_now(&before, &shown(2, "Data")), None);
        assert_eq!(obstacle_now(&before, &shown(1, "Other")), Some(ShareObstacle::ChangedMeanwhile));
        assert_eq!(obstacle_now(&before, &[]), Some(ShareObstacle::NoSuchShare));
    }
}
