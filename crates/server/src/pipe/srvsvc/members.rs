//! Members of a share that a client sets, and refusals that name the wrong one.

use netsession_srvs::info::ShareInfo;
use netsession_wire::{Win32Error, wide};

/// The numbers of members ([MS-SRVS] 2.2.2.11).
pub(super) const NETNAME: u32 = 1;
pub(super) const TYPE: u32 = 3;
pub(super) const REMARK: u32 = 4;
pub(super) const MAX_USES: u32 = 6;
pub(super) const PATH: u32 = 8;

/// Why the server refuses: the status, and the number of the wrong member.
pub(super) type Refusal = (Win32Error, Option<u32>);

/// Returns the refusal of a wrong member.
pub(super) const fn wrong(member: u32) -> Refusal {
    (Win32Error::ERROR_INVALID_PARAMETER, Some(member))
}

/// Returns a refusal that names no member.
pub(super) const fn refusal(status: Win32Error) -> Refusal {
    (status, None)
}

/// Returns the comment, which may be empty.
pub(super) fn remark(info: &ShareInfo) -> Result<String, Refusal> {
    const MAX: usize = 48;
    let remark = info.remark.clone().unwrap_or_default();
    if wide::len(&remark) > MAX { Err(wrong(REMARK)) } else { Ok(remark) }
}

/// Returns the most connections at a time. With 0 nobody could connect, and a program that leaves the member out does not
/// mean that.
pub(super) fn max_uses(info: &ShareInfo) -> Result<u32, Refusal> {
    match info.max_uses.unwrap_or_default() {
        0 => Err(wrong(MAX_USES)),
        limit => Ok(limit),
    }
}
