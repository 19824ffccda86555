//! Asking a server whether a share has a file or a folder ([MS-SMB2] 3.2.4.3).

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::{Error, Step, Win32Error};

method! { Server;
    /// Whether the server has the file, the folder or the share `path`, which is `\\server\share\folder\file`; the name of the
    /// server does not count. It opens the file for its attributes only, and closes it again, so nobody is disturbed.
    ///
    /// # Errors
    /// [`Error::Refused`] if the user may not see the file or use the share; [`Error::Parameter`] if `path` names no share.
    pub async fn has_path(&mut self, path: &str) -> Result<bool, Error> {
        has_path(&mut self.link, path).await
    }
}

async fn has_path<C: Connector>(link: &mut Link<C>, path: &str) -> Result<bool, Error> {
    let mut names = path.split(['\\', '/']).filter(|name| !name.is_empty()).skip(1);
    let Some(share) = names.next() else {
        let (step, code) = (Step::ConnectShare, Win32Error::ERROR_INVALID_PARAMETER);
        return Err(Error::Parameter { step, code, why: "the path names no share" });
    };
    link.has_path(share, &names.collect::<Vec<_>>().join(r"\")).await
}
