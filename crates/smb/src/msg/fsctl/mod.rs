//! Inputs and outputs of the control codes that IOCTL carries ([MS-SMB2] 2.2.31, 2.2.32; [MS-FSCC] 2.3; [MS-DFSC]).

mod copychunk;
mod dfs_referral;
mod network_interface;
mod pipe;
mod resiliency;
mod snapshots;
mod validate_negotiate;

pub use copychunk::{CopyChunk, CopyChunkRequest, CopyChunkResponse, ResumeKey, ResumeKeyResponse};
pub use dfs_referral::{
    DfsNames, DfsReferralEntries, DfsReferralFlags, DfsReferralRequest, DfsReferralResponse, DfsTarget,
};
pub use network_interface::{InterfaceCapabilities, NetworkInterface, NetworkInterfaces};
pub use pipe::{PipePeekResponse, PipeState, PipeWaitRequest};
pub use resiliency::ResiliencyRequest;
pub use snapshots::SnapshotArray;
pub use validate_negotiate::{ValidateNegotiateRequest, ValidateNegotiateResponse};
