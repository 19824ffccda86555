//! NetrShareCheck ([MS-SRVS] 3.1.4.16).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | - | everybody | 2311 if neither the folder nor anything on the volume is shared |

use netsession_srvs::info::ShareType;
use netsession_srvs::share_check::{Request, Response};
use netsession_wire::Win32Error;
use netsession_wire::name::is_same_name;

use super::names::within;
use super::{Caller, Respond, info};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        match find(caller, &self.device) {
            Some(kind) => Response { r#type: kind, status: Win32Error::NERR_SUCCESS },
            None => Response { r#type: ShareType::default(), status: Win32Error::NERR_DEVICE_NOT_SHARED },
        }
    }
}

/// Returns the kind of the share whose folder is `device`, or of a share on the volume `device`. The path of `IPC$` is
/// empty, so that an empty device finds it.
fn find(caller: &Caller<'_>, device: &str) -> Option<ShareType> {
    let volume = device.strip_suffix('\\').unwrap_or(device);
    let points_to = |path: &str| match volume.ends_with(':') {
        true => within(volume, path),
        false => is_same_name(device, path) || !volume.is_empty() && is_same_name(volume, path),
    };
    let shares = caller.server.shares();
    let share = shares.iter().find(|share| points_to(&info::local_path(share)))?;
    Some(info::share_type(share).kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would report that a folder is shared although it is not, or the reverse.
    #[test]
    fn folders_and_volumes() {
        let stage = Stage::new();
        let alice = stage.pipe("alice", "10.0.0.7");
        let check = |device: &str| {
            let response =
                Request { server_name: None, device: device.into() }.respond(&stage.caller(&alice));
            (response.status.0, response.r#type)
        };
        let folder = info::local_path(&stage.state.share("data").unwrap());
        for shared in [r"C:\", "c:", &folder, &format!(r"{}\", folder.to_uppercase())] {
            assert_eq!(check(shared), (0, ShareType::DISKTREE), "{shared}");
        }
        assert_eq!(check(""), (0, ShareType::IPC));
        for not in [r"\", r"D:\", r"C:\nothing", &format!(r"{folder}\below"), "LPT1"] {
            assert_eq!(check(not).0, 2311, "{not}");
        }
    }
}
