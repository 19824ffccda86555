//! NetrShareEnumSticky ([MS-SRVS] 3.1.4.9).
//!
//! | Levels | Who | Particular responses |
//! | --- | --- | --- |
//! | 0, 1; 2, 502, 503 | everybody; administrators | |

use netsession_srvs::info::ShareLevel;
use netsession_srvs::share_enum_sticky::{Request, Response};
use netsession_wire::Win32Error;

use super::{Caller, Respond, share_enum};

impl Respond for Request {
    fn respond(self, caller: &Caller<'_>) -> Response {
        let Self(request) = self;
        let listed = match request.info_struct.level {
            ShareLevel::INFO_501 => Err(Win32Error::ERROR_INVALID_LEVEL),
            _ => share_enum::list(caller, &request),
        };
        share_enum::response(request, listed)
    }
}

#[cfg(test)]
mod tests {
    use netsession_srvs::share_enum;

    use super::*;
    use crate::pipe::testing::Stage;

    /// A failure here would make the operation differ from NetrShareEnum in more than level 501 and the status.
    #[test]
    fn as_share_enum_without_level_501() {
        let stage = Stage::new();
        let admin = stage.pipe("admin", "10.0.0.1");
        let respond = |level, prefered_maximum_length| {
            let request =
                share_enum::Request { prefered_maximum_length, ..share_enum::Request::asking(level) };
            Request(request).respond(&stage.caller(&admin))
        };
        for level in [ShareLevel::INFO_0, ShareLevel::INFO_1, ShareLevel::INFO_2, ShareLevel::INFO_502] {
            assert_eq!(respond(level, u32::MAX).info_struct.entries().len(), 2, "{level:?}");
        }
        assert_eq!(respond(ShareLevel::INFO_501, u32::MAX).status.0, 124);
        assert_eq!(respond(ShareLevel::INFO_1, 1).status.0, 2123);
        assert_eq!(respond(ShareLevel::INFO_1, 100).status.0, 234);
    }
}
