use std::fmt;

use tokio::time::Instant;

use crate::calls::Connector;
use crate::link::Link;
use crate::ops::share_enum::shares;
use crate::{Error, Share, name};

/// A change to one share of a server.
///
/// ```
/// use netsession::{ConnectionLimit, ShareChange};
///
/// let change = ShareChange::Set {
///     name: "data".into(),
///     comment: Some("The files of the team".into()),
///     limit: Some(ConnectionLimit::AtMost(20)),
/// };
/// assert_eq!(change.name(), "data");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShareChange {
    /// Shares a folder of the server ([MS-SRVS] 3.1.4.7).
    Add {
        /// The name of the new share.
        name: String,
        /// The folder, as the server names it.
        path: String,
        /// The comment that clients see.
        comment: String,
        /// How many connections the share accepts.
        limit: ConnectionLimit,
    },
    /// Changes a share ([MS-SRVS] 3.1.4.11). Its connections stay.
    Set {
        /// The name of the share.
        name: String,
        /// The new comment; None leaves it as it is.
        comment: Option<String>,
        /// The new limit; None leaves it as it is.
        limit: Option<ConnectionLimit>,
    },
    /// Stops sharing a folder, and disconnects everybody from the share ([MS-SRVS] 3.1.4.12). The folder stays.
    Remove {
        /// The name of the share.
        name: String,
    },
}

impl ShareChange {
    /// Returns the name of the share.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Add { name, .. } | Self::Set { name, .. } | Self::Remove { name } => name,
        }
    }

    /// Returns whether a listing with this share shows the change. For a new share the name counts, because servers spell paths
    /// in their own way.
    pub(super) fn is_done(&self, share: Option<&Share>) -> bool {
        match (self, share) {
            (Self::Remove { .. }, share) => share.is_none(),
            (Self::Add { .. }, share) => share.is_some(),
            (Self::Set { comment, limit, .. }, Some(share)) => {
                comment.as_ref().is_none_or(|comment| *comment == share.comment)
                    && limit.is_none_or(|limit| limit == ConnectionLimit::of(share))
            }
            (Self::Set { .. }, None) => false,
        }
    }
}

/// How many connections a share accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionLimit {
    /// As many as the server can have.
    Unlimited,
    /// At most this number.
    AtMost(u32),
}

impl ConnectionLimit {
    /// Returns the limit of a share.
    #[must_use]
    pub fn of(share: &Share) -> Self {
        share.max_connections.map_or(Self::Unlimited, Self::AtMost)
    }

    /// Returns the number in a request ([MS-SRVS] 2.2.4.26).
    pub(super) const fn max_uses(self) -> u32 {
        match self {
            Self::Unlimited => u32::MAX,
            Self::AtMost(most) => most,
        }
    }
}

/// Writes the number, or `unlimited`.
impl fmt::Display for ConnectionLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::AtMost(most) => most.fmt(f),
        }
    }
}

/// What a plan will change at one server, to show to a person before netsession sends anything.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharePreview {
    /// The change. The name of an existing share is spelled as the server lists it.
    pub change: ShareChange,
    /// The share as the server lists it now; None if it lists no share of this name.
    pub before: Option<Share>,
    /// Why netsession will send nothing.
    pub obstacle: Option<ShareObstacle>,
}

/// Why netsession does not request a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShareObstacle {
    /// The server has a share of the new name.
    NameTaken,
    /// The server has no share of this name.
    NoSuchShare,
    /// The server lists several shares of this name, and netsession cannot know which of them it would change.
    Ambiguous,
    /// The server lists another share of this name than in the preview.
    ChangedMeanwhile,
}

/// Writes why, such as `the server has no share of this name`.
impl fmt::Display for ShareObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameTaken => "the server has a share of this name",
            Self::NoSuchShare => "the server has no share of this name",
            Self::Ambiguous => "the server lists several shares of this name",
            Self::ChangedMeanwhile => "the share changed since the preview",
        })
    }
}

/// A decision about one share of a listing. [`decide`] is the only constructor.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(super) preview: SharePreview,
    /// When the server listed its shares.
    pub(super) listed_at: Instant,
}

impl Decision {
    /// Returns the preview, to show before netsession sends anything.
    pub(crate) const fn preview(&self) -> &SharePreview {
        &self.preview
    }
}

/// Lists the shares and decides whether the change can be requested.
pub(crate) async fn decide<C: Connector>(link: &mut Link<C>, change: ShareChange) -> Result<Decision, Error> {
    let listed = shares(link).await?;
    Ok(Decision { preview: preview(change, &listed), listed_at: Instant::now() })
}

/// Compares the change with a listing.
pub(super) fn preview(mut change: ShareChange, listed: &[Share]) -> SharePreview {
    let mut found = listed.iter().filter(|share| name::same(&share.name, change.name()));
    let (before, is_several) = (found.next().cloned(), found.next().is_some());
    let obstacle = match (&change, &before) {
        (ShareChange::Add { .. }, Some(_)) => Some(ShareObstacle::NameTaken),
        (ShareChange::Add { .. }, None) => None,
        (_, None) => Some(ShareObstacle::NoSuchShare),
        (_, Some(_)) => is_several.then_some(ShareObstacle::Ambiguous),
    };
    if let (ShareChange::Set { name, .. } | ShareChange::Remove { name }, Some(before)) =
        (&mut change, &before)
    {
        name.clone_from(&before.name);
    }
    SharePreview { change, before, obstacle }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShareType;

    fn share(name: &str, comment: &str, max_connections: Option<u32>) -> Share {
        Share {
            name: name.to_owned(),
            share_type: ShareType::DISKTREE,
            comment: comment.to_owned(),
            path: Some(format!(r"C:\{name}")),
            connections: Some(0),
            max_connections,
        }
    }

    fn remove(name: &str) -> ShareChange {
        ShareChange::Remove { name: name.to_owned() }
    }

    /// A failure here would remove another share than the one that the preview shows, or add a share over another one.
    #[test]
    fn a_share_is_found_by_its_name_in_any_case() {
        let listed = [share("Data", "", None), share("two", "", None), share("TWO", "", None)];
        let found = preview(remove("DATA"), &listed);
        assert_eq!(
            (found.change.name(), found.before.as_ref(), found.obstacle),
            ("Data", Some(&listed[0]), None)
        );
        assert_eq!(preview(remove("dat"), &listed).obstacle, Some(ShareObstacle::NoSuchShare));
        assert_eq!(preview(remove("two"), &listed).obstacle, Some(ShareObstacle::Ambiguous));
        let add = |name: &str| ShareChange::Add {
            name: name.to_owned(),
            path: "/srv".to_owned(),
            comment: String::new(),
            limit: ConnectionLimit::Unlimited,
        };
        assert_eq!(preview(add("dATA"), &listed).obstacle, Some(ShareObstacle::NameTaken));
        assert_eq!(preview(add("new"), &listed).obstacle, None);
    }

    /// A failure here would report a change that the server did not make.
    #[test]
    fn only_the_requested_values_count() {
        let set = |comment: Option<&str>, limit| ShareChange::Set {
            name: "data".to_owned(),
            comment: comment.map(str::to_owned),
            limit,
        };
        let now = share("data", "old", Some(5));
        for (change, expected) in [
            (set(Some("old"), None), true),
            (set(Some("new"), None), false),
            (set(None, Some(ConnectionLimit::AtMost(5))), true),
            (set(Some("old"), Some(ConnectionLimit::Unlimited)), false),
        ] {
            assert_eq!(change.is_done(Some(&now)), expected, "{change:?}");
            assert!(!change.is_done(None));
        }
        assert!(set(None, Some(ConnectionLimit::Unlimited)).is_done(Some(&share("data", "", None))));
        assert!(remove("data").is_done(None) && !remove("data").is_done(Some(&now)));
    }
}
