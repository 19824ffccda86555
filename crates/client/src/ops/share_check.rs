//! Checking whether a device or folder is shared ([MS-SRVS] 3.1.4.16, NetrShareCheck).

use netsession_srvs::share_check::Request;

use super::share_enum;
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, Share, ShareType, Win32Error, name};

const CALL: &str = Request::NAME;

impl Reading for Request {}

method! { Raw;
    /// Returns the type of the share to which a device or folder belongs ([MS-SRVS] 3.1.4.16).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_DeviceNotShared` if it is not shared.
    pub async fn share_check(&mut self, device: &str) -> Result<ShareType, Error> {
        share_check(self.link, device).await
    }
}

/// Returns the type of the share to which a device or folder belongs, as `NetShareCheck` does. If the server lacks the
/// call (Samba), this function lists the shares.
pub(crate) async fn share_check<C: Connector>(link: &mut Link<C>, device: &str) -> Result<ShareType, Error> {
    let request = Request { server_name: link.server_name(), device: device.to_owned() };
    match link.ask(request).await {
        Ok(answer) if answer.status.is_success() => Ok(answer.r#type),
        Ok(answer) => Err(link.answered(CALL, answer.status)),
        Err(Error::Fault { .. }) => {
            let shares = share_enum::shares(link).await?;
            let found = shares.iter().find(|share| is_at(share, device));
            let kind = found.map(|share| share.share_type.kind());
            kind.ok_or_else(|| link.answered(CALL, Win32Error::NERR_DEVICE_NOT_SHARED))
        }
        Err(error) => Err(error),
    }
}

/// Whether the share is this folder, or is on this volume.
fn is_at(share: &Share, device: &str) -> bool {
    let plain = |path: &str| path.replace('/', r"\").trim_end_matches('\\').to_owned();
    let (device, path) = (plain(device), plain(share.path.as_deref().unwrap_or_default()));
    let volume = path.split('\\').next().unwrap_or_default();
    !device.is_empty() && (name::same(&device, &path) || device.ends_with(':') && name::same(&device, volume))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would report an unshared folder as shared, or a shared one as unshared.
    #[test]
    fn folders_and_volumes_match_their_shares() {
        let share = Share {
            name: "data".into(),
            share_type: ShareType(0),
            comment: String::new(),
            path: Some(r"C:\srv\data".into()),
            connections: None,
            max_connections: None,
        };
        for device in [r"c:\SRV\data", r"C:\srv\data\", "C:/srv/data", "C:", r"c:\"] {
            assert!(is_at(&share, device), "{device}");
        }
        for device in ["", r"\", r"C:\srv", r"C:\srv\data\x", "D:", "data"] {
            assert!(!is_at(&share, device), "{device}");
        }
        assert!(!is_at(&Share { path: None, ..share }, r"C:\srv\data"));
    }
}
