use std::collections::HashSet;

use tokio::time::Instant;

use super::listed::Listed;
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_enum;
use crate::{Error, FileFilter, FileId, OpenFile, own};

/// Which open files to close.
///
/// ```
/// use netsession::{FileFilter, FileId, FileSelection};
///
/// let by_id = FileSelection::Ids(vec![FileId(7), FileId(9)]);
/// let filter = FileFilter { path: Some(r"\\fs1\data\budget.xlsx".into()), ..FileFilter::default() };
/// assert_ne!(by_id, FileSelection::Matching(filter));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSelection {
    /// The files with these ids.
    Ids(Vec<FileId>),
    /// These files of an earlier listing. Servers reuse ids, so that a file is the same only with the same id, path and
    /// user: the plan leaves out an open file that has the id of a selected one, but another path or user.
    Listed(Vec<OpenFile>),
    /// The files that the filter matches. An empty filter selects nothing here, so a caller who sets no part never
    /// closes every file.
    Matching(FileFilter),
}

impl FileSelection {
    /// Returns the ids that the caller has named.
    fn ids(&self) -> Vec<FileId> {
        match self {
            Self::Ids(ids) => ids.clone(),
            Self::Listed(files) => files.iter().map(|file| file.id).collect(),
            Self::Matching(_) => Vec::new(),
        }
    }
}

/// What a plan will close at one server, to show to a person before netsession sends anything.
///
/// You can clone and store a preview, but not turn one into a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClosePreview {
    pub(super) to_close: Vec<OpenFile>,
    pub(super) ambiguous: Vec<OpenFile>,
    pub(super) reused: Vec<OpenFile>,
    pub(super) not_open: Vec<FileId>,
    pub(super) unknown_clients: usize,
    pub(super) own_pipes: Vec<OpenFile>,
    pub(super) near_users: Vec<String>,
}

impl ClosePreview {
    /// The selected files that the plan will close, in the server's order.
    #[must_use]
    pub fn to_close(&self) -> &[OpenFile] {
        &self.to_close
    }

    /// Files that stay open because the server lists their id more than once: netsession cannot know which of them the
    /// server would close. Every row of such an id is here, even one that is not selected.
    #[must_use]
    pub fn ambiguous(&self) -> &[OpenFile] {
        &self.ambiguous
    }

    /// Files that stay open because they have the id of a file of [`FileSelection::Listed`], but another path or user:
    /// the server gave the id to another file after the listing.
    #[must_use]
    pub fn reused(&self) -> &[OpenFile] {
        &self.reused
    }

    /// The selected ids that no open file has, in the order of the selection.
    #[must_use]
    pub fn not_open(&self) -> &[FileId] {
        &self.not_open
    }

    /// How many files match apart from their client, which is unknown. They stay open.
    #[must_use]
    pub const fn unknown_clients(&self) -> usize {
        self.unknown_clients
    }

    /// The users of files that the filter would match if it ignored the user's domain. Their files stay open.
    #[must_use]
    pub fn near_users(&self) -> &[String] {
        &self.near_users
    }

    /// Pipes that the filter matches and that stay open, because this connection may use them: they have its user. Only
    /// [`FileSelection::Ids`] and [`FileSelection::Listed`] close such a pipe.
    #[must_use]
    pub fn own_pipes(&self) -> &[OpenFile] {
        &self.own_pipes
    }

    /// Whether the selection matches no open file at all.
    #[must_use]
    pub const fn matches_nothing(&self) -> bool {
        self.to_close.is_empty() && self.ambiguous.is_empty()
    }
}

/// A decision about the open files of one listing. [`decide`] is the only constructor.
#[derive(Debug)]
pub(crate) struct Decision {
    /// The files and what will happen to each.
    pub(super) preview: ClosePreview,
    /// Every open file of the listing.
    pub(super) listed: Listed,
    /// When the server listed them.
    pub(super) listed_at: Instant,
}

impl Decision {
    /// Returns the preview, to show before netsession sends anything.
    pub(crate) const fn preview(&self) -> &ClosePreview {
        &self.preview
    }
}

/// Lists the open files and decides which of them to close.
pub(crate) async fn decide<C: Connector>(
    link: &mut Link<C>,
    selection: &FileSelection,
) -> Result<Decision, Error> {
    let ids = selection.ids();
    let listing = match selection {
        FileSelection::Ids(_) | FileSelection::Listed(_) => {
            let ids: HashSet<_> = ids.iter().copied().collect();
            file_enum::select(link, &FileFilter::default(), |file| ids.contains(&file.id)).await?
        }
        FileSelection::Matching(filter) => {
            let has_parts = !filter.is_empty();
            file_enum::select(link, filter, |_| has_parts).await?
        }
    };
    let (unknown_clients, near_users) = (listing.unknown_clients, listing.near_users.clone());
    let listed = Listed::of(listing.all().cloned());
    let (ambiguous, to_close) = listing.partition_ambiguous();
    let not_open = missing(&ids, to_close.iter().chain(&ambiguous));
    let none = Vec::new;
    let (to_close, reused, own_pipes) = match selection {
        FileSelection::Ids(_) => (to_close, none(), none()),
        FileSelection::Listed(files) => {
            let wanted = Listed::of(files.iter().cloned());
            let (to_close, reused) = to_close.into_iter().partition(|file| wanted.has(file));
            (to_close, reused, none())
        }
        FileSelection::Matching(_) => {
            let is_own = |file: &OpenFile| own::is_own_pipe(file, link.facts());
            let (own_pipes, to_close) = to_close.into_iter().partition(is_own);
            (to_close, none(), own_pipes)
        }
    };
    Ok(Decision {
        preview: ClosePreview {
            to_close,
            ambiguous,
            reused,
            not_open,
            unknown_clients,
            own_pipes,
            near_users,
        },
        listed,
        listed_at: Instant::now(),
    })
}

/// The ids that none of the files has, each once.
fn missing<'a>(ids: &[FileId], files: impl Iterator<Item = &'a OpenFile>) -> Vec<FileId> {
    let mut known: HashSet<FileId> = files.map(|file| file.id).collect();
    ids.iter().copied().filter(|id| known.insert(*id)).collect()
}
