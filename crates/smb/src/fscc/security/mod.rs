//! Access control: security descriptors, access control lists and security identifiers ([MS-DTYP] 2.4).

mod ace;
mod acl;
mod descriptor;
mod sid;

pub use ace::{Ace, AceBody, AceFlags, AceType};
pub use acl::Acl;
pub use descriptor::{SecurityControl, SecurityDescriptor, SecurityInformation};
pub use sid::Sid;
