use std::collections::HashSet;

use super::listed::Listed;
use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_enum;
use crate::{FileFilter, FileId, OpenFile, name};

/// The files that are gone under the ids of a decision, and that the same users have opened again meanwhile.
#[derive(Debug, Default)]
pub(super) struct Reopened(Vec<OpenFile>);

impl Reopened {
    /// Finds the files of the listing `now` that `before` lacks, at the paths and of the users of the files in `gone`.
    pub(super) async fn find<C: Connector>(
        link: &mut Link<C>,
        before: &Listed,
        now: &Listed,
        gone: impl Iterator<Item = &OpenFile>,
    ) -> Self {
        let places: HashSet<_> = gone.map(place).collect();
        let is_new = |file: &&OpenFile| places.contains(&place(file)) && !before.has(file);
        let mut files: Vec<OpenFile> = now.all().filter(is_new).cloned().collect();
        files.sort_by_key(|file| file.id);
        if !files.is_empty() {
            // Without the clients, the paths and the users decide alone.
            let _ = file_enum::fill_in_clients(link, &mut files, &FileFilter::default()).await;
        }
        Self(files)
    }

    /// Takes the file that `gone` has become, and returns its id. Another client's file is not the same.
    pub(super) fn take(&mut self, gone: &OpenFile) -> Option<FileId> {
        let is_same_client = |file: &OpenFile| match (&file.client, &gone.client) {
            (Some(client), Some(before)) => name::same(client, before),
            _ => true,
        };
        let is_same = |file: &OpenFile| place(file) == place(gone) && is_same_client(file);
        let found = self.0.iter().position(is_same)?;
        Some(self.0.remove(found).id)
    }
}

/// Returns the path and the user, in the case in which netsession compares them.
fn place(file: &OpenFile) -> (String, String) {
    (name::folded(&file.path).collect(), name::folded(&file.user).collect())
}
