use std::collections::HashMap;

use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_enum;
use crate::{Error, FileId, OpenFile};

/// The open files of one listing, by their ids.
#[derive(Debug, Default)]
pub(super) struct Listed(HashMap<FileId, Vec<OpenFile>>);

impl Listed {
    pub(super) fn of(files: impl Iterator<Item = OpenFile>) -> Self {
        let mut by_id: HashMap<FileId, Vec<OpenFile>> = HashMap::new();
        for file in files {
            by_id.entry(file.id).or_default().push(file);
        }
        Self(by_id)
    }

    pub(super) async fn now<C: Connector>(link: &mut Link<C>) -> Result<Self, Error> {
        Ok(Self::of(file_enum::listed(link).await?.into_iter()))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &OpenFile> {
        self.0.values().flatten()
    }

    fn of_id(&self, file: &OpenFile) -> &[OpenFile] {
        self.0.get(&file.id).map_or(&[], Vec::as_slice)
    }

    /// Whether the server lists the same file. Servers reuse ids, so the id alone proves nothing.
    pub(super) fn has(&self, file: &OpenFile) -> bool {
        self.of_id(file).iter().any(|other| (&other.path, &other.user) == (&file.path, &file.user))
    }

    /// Whether netsession cannot know which file the server would close.
    pub(super) fn is_ambiguous(&self, file: &OpenFile) -> bool {
        self.of_id(file).len() > 1
    }
}
