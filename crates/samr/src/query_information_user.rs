//! SamrQueryInformationUser ([MS-SAMR] 3.1.5.5.6) reads the attributes of an account.
//!
//! Statuses: `STATUS_INVALID_INFO_CLASS`; `STATUS_ACCESS_DENIED`.

use netsession_rpc::ndr::{Alignment, CountedText, Message, Ndr, NdrError};
use netsession_wire::NtStatus;

use crate::{AccountControl, Handle};

/// UserAccountNameInformation: the name by which the account logs on.
pub const ACCOUNT_NAME: u32 = 7;
/// UserPrimaryGroupInformation: the RID of the group to which the account always belongs.
pub const PRIMARY_GROUP: u32 = 9;
/// UserControlInformation: what the account is, and whether it is disabled.
pub const CONTROL: u32 = 16;

/// The request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The handle of the account.
    pub user: Handle,
    /// The kind of information, such as [`CONTROL`].
    pub class: u32,
}

/// The response.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The attributes; None unless the status is success.
    pub info: Option<UserInfo>,
    /// The return value.
    pub status: NtStatus,
}

/// SAMPR_USER_INFO_BUFFER ([MS-SAMR] 2.2.6.29). Only [`ACCOUNT_NAME`], [`PRIMARY_GROUP`] and [`CONTROL`] have a
/// content here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// The kind of information.
    pub class: u32,
    /// The name; None for another kind.
    pub name: Option<CountedText>,
    /// The RID of the primary group; None for another kind.
    pub primary_group: Option<u32>,
    /// What the account is; None for another kind.
    pub control: Option<AccountControl>,
}

impl UserInfo {
    /// Returns a new value of UserControlInformation.
    #[must_use]
    pub const fn control(control: AccountControl) -> Self {
        Self { class: CONTROL, name: None, primary_group: None, control: Some(control) }
    }

    pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let Self { class, name, primary_group, control } = self;
        ndr.enumerated_union(class, Alignment::Pointer, "UserInformationClass", |class, ndr| {
            if class == ACCOUNT_NAME {
                return ndr.structure(Alignment::Pointer, |ndr| {
                    ndr.counted_text(name.get_or_insert_default(), "UserName")
                });
            }
            ndr.structure(Alignment::Long, |ndr| match class {
                PRIMARY_GROUP => ndr.u32(primary_group.get_or_insert_default(), "PrimaryGroupId"),
                CONTROL => control.get_or_insert_default().members(ndr),
                _ => Ok(()),
            })
        })
    }
}

netsession_rpc::operation! { crate::Samr: SamrQueryInformationUser = 36, Request -> Response { status: NtStatus } }

impl Message for Request {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        self.user.parameter(ndr, "UserHandle")?;
        ndr.enumeration(&mut self.class, "UserInformationClass")
    }
}

impl Message for Response {
    fn parameters(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        ndr.unique(&mut self.info, "Buffer", |info, ndr| info.parameter(ndr))?;
        ndr.u32(&mut self.status.0, "status")
    }
}
