use std::collections::HashSet;

use crate::calls::Connector;
use crate::link::Link;
use crate::ops::file_enum;
use crate::{EndPreview, Error, FileFilter, OpenFile, name};

/// Lists the files that are, or may be, open in the sessions to end.
pub(crate) async fn open_files<C: Connector>(
    link: &mut Link<C>,
    preview: &EndPreview,
) -> Result<Vec<OpenFile>, Error> {
    if preview.to_end.iter().all(|session| session.opens == Some(0)) {
        return Ok(Vec::new());
    }
    let key = |user: &str| name::folded(user).collect::<String>();
    let users: HashSet<String> = preview.to_end.iter().map(|session| key(&session.user)).collect();
    let is_wanted = |file: &OpenFile| users.contains(&key(&file.user));
    let mut files = file_enum::select(link, &FileFilter::default(), is_wanted).await?.into_selected();
    files.retain(|file| preview.to_end.iter().any(|session| file.may_be_of(session)));
    Ok(files)
}
