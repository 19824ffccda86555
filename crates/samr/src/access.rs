//! The rights that a request for a handle names ([MS-SAMR] 2.2.1.3 to 2.2.1.7). Other bits are kept.

use netsession_rpc::ndr::{Ndr, NdrError};

bitflags::bitflags! {
    /// Rights to a server ([MS-SAMR] 2.2.1.3).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct ServerAccess: u32 {
        /// To get a handle of the server.
        const CONNECT = 0x01;
        /// To list its domains.
        const ENUMERATE_DOMAINS = 0x10;
        /// To look up the SID of a domain.
        const LOOKUP_DOMAIN = 0x20;
        const _ = !0;
    }

    /// Rights to a domain ([MS-SAMR] 2.2.1.4).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct DomainAccess: u32 {
        /// To look up objects by name and SID.
        const LOOKUP = 0x200;
        const _ = !0;
    }

    /// Rights to a group ([MS-SAMR] 2.2.1.5).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct GroupAccess: u32 {
        /// To list the members.
        const LIST_MEMBERS = 0x10;
        const _ = !0;
    }

    /// Rights to an alias, which is a group of the server ([MS-SAMR] 2.2.1.6).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct AliasAccess: u32 {
        /// To list the members.
        const LIST_MEMBERS = 0x04;
        const _ = !0;
    }

    /// Rights to a user ([MS-SAMR] 2.2.1.7).
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct UserAccess: u32 {
        /// To read its general attributes, such as the primary group.
        const READ_GENERAL = 0x01;
        /// To read whether the account is disabled.
        const READ_ACCOUNT = 0x10;
        /// To disable and to enable the account.
        const WRITE_ACCOUNT = 0x20;
        const _ = !0;
    }
}

macro_rules! parameters {
    ($($name:ident)*) => {
        $(impl $name {
            pub(crate) fn parameter(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
                let mut bits = self.bits();
                ndr.u32(&mut bits, "DesiredAccess")?;
                *self = Self::from_bits_retain(bits);
                Ok(())
            }
        })*
    };
}

parameters! { ServerAccess DomainAccess GroupAccess AliasAccess UserAccess }
