use crate::LocateError;

bitflags::bitflags! {
    /// What a caller requires of a domain controller, and how it names the domain: the flags of DsGetDcName
    /// ([MS-NRPC] 3.5.4.3.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Flags: u32 {
        /// Ignore what is cached. This crate caches nothing.
        const FORCE_REDISCOVERY = 0x0000_0001;
        /// A directory server.
        const DIRECTORY_SERVICE_REQUIRED = 0x0000_0010;
        /// A directory server, if there is one.
        const DIRECTORY_SERVICE_PREFERRED = 0x0000_0020;
        /// A global catalog server of the forest.
        const GC_SERVER_REQUIRED = 0x0000_0040;
        /// The primary domain controller.
        const PDC_REQUIRED = 0x0000_0080;
        /// Use what is cached, even if it is old.
        const BACKGROUND_ONLY = 0x0000_0100;
        /// A controller with an IP address.
        const IP_REQUIRED = 0x0000_0200;
        /// A Kerberos key distribution center.
        const KDC_REQUIRED = 0x0000_0400;
        /// A time server.
        const TIMESERV_REQUIRED = 0x0000_0800;
        /// A controller that takes changes.
        const WRITABLE_REQUIRED = 0x0000_1000;
        /// A reliable time server, if there is one, or else a time server.
        const GOOD_TIMESERV_PREFERRED = 0x0000_2000;
        /// Another computer than this one.
        const AVOID_SELF = 0x0000_4000;
        /// Any LDAP server of the domain.
        const ONLY_LDAP_NEEDED = 0x0000_8000;
        /// The name of the domain is a NetBIOS name.
        const IS_FLAT_NAME = 0x0001_0000;
        /// The name of the domain is a DNS name.
        const IS_DNS_NAME = 0x0002_0000;
        /// Try the next closest site before any other.
        const TRY_NEXTCLOSEST_SITE = 0x0004_0000;
        /// Windows Server 2008 or later.
        const DIRECTORY_SERVICE_6_REQUIRED = 0x0008_0000;
        /// The Active Directory Web Service.
        const WEB_SERVICE_REQUIRED = 0x0010_0000;
        /// Windows Server 2012 or later.
        const DIRECTORY_SERVICE_8_REQUIRED = 0x0020_0000;
        /// Windows Server 2012 R2 or later.
        const DIRECTORY_SERVICE_9_REQUIRED = 0x0040_0000;
        /// Windows Server 2016 or later.
        const DIRECTORY_SERVICE_10_REQUIRED = 0x0080_0000;
        /// The result has DNS names.
        const RETURN_DNS_NAME = 0x4000_0000;
        /// The result has NetBIOS names.
        const RETURN_FLAT_NAME = 0x8000_0000;
    }
}

bitflags::bitflags! {
    /// What a domain controller does ([MS-ADTS] 6.3.1.2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct Roles: u32 {
        /// The primary domain controller.
        const PDC = 0x0000_0001;
        /// A global catalog server.
        const GC = 0x0000_0004;
        /// An LDAP server.
        const LDAP = 0x0000_0008;
        /// A directory server.
        const DS = 0x0000_0010;
        /// A Kerberos key distribution center.
        const KDC = 0x0000_0020;
        /// A time server.
        const TIMESERV = 0x0000_0040;
        /// In the site of the client.
        const CLOSEST = 0x0000_0080;
        /// Takes changes.
        const WRITABLE = 0x0000_0100;
        /// A reliable time server.
        const GOOD_TIMESERV = 0x0000_0200;
        /// A read-only controller of Windows Server 2008 or later.
        const SELECT_SECRET_DOMAIN_6 = 0x0000_0800;
        /// A writable controller of Windows Server 2008 or later.
        const FULL_SECRET_DOMAIN_6 = 0x0000_1000;
        /// The Active Directory Web Service.
        const WS = 0x0000_2000;
        /// Windows Server 2012 or later.
        const DS_8 = 0x0000_4000;
        /// Windows Server 2012 R2 or later.
        const DS_9 = 0x0000_8000;
        /// Windows Server 2016 or later.
        const DS_10 = 0x0001_0000;
        const _ = !0;
    }
}

impl Flags {
    /// Checks the combinations that [MS-NRPC] 3.5.4.3.1 forbids.
    ///
    /// # Errors
    /// [`LocateError::InvalidFlags`].
    pub(crate) fn check(self, has_site: bool) -> Result<(), LocateError> {
        let one_of = |flags: Self| (self & flags).bits().count_ones() <= 1;
        let version = Self::DIRECTORY_SERVICE_REQUIRED
            | Self::DIRECTORY_SERVICE_6_REQUIRED
            | Self::DIRECTORY_SERVICE_8_REQUIRED
            | Self::DIRECTORY_SERVICE_9_REQUIRED
            | Self::DIRECTORY_SERVICE_10_REQUIRED;
        let role = Self::GC_SERVER_REQUIRED | Self::PDC_REQUIRED | Self::KDC_REQUIRED;
        let not_with_time = role | Self::DIRECTORY_SERVICE_REQUIRED | Self::DIRECTORY_SERVICE_PREFERRED;
        let is_valid = Self::all().contains(self)
            && one_of(role)
            && one_of(version)
            && one_of(Self::IS_FLAT_NAME | Self::IS_DNS_NAME)
            && one_of(Self::RETURN_DNS_NAME | Self::RETURN_FLAT_NAME)
            && !(self.contains(Self::GOOD_TIMESERV_PREFERRED) && self.intersects(not_with_time))
            && !(self.contains(Self::TRY_NEXTCLOSEST_SITE) && has_site);
        if is_valid { Ok(()) } else { Err(LocateError::InvalidFlags(self.bits())) }
    }

    /// Returns whether a controller with these roles is what the caller requires.
    pub(crate) fn accept(self, roles: Roles) -> bool {
        const TABLE: [(Flags, Roles); 10] = [
            (Flags::DIRECTORY_SERVICE_REQUIRED, Roles::DS),
            (Flags::GC_SERVER_REQUIRED, Roles::GC),
            (Flags::PDC_REQUIRED, Roles::PDC),
            (Flags::KDC_REQUIRED, Roles::KDC),
            (Flags::TIMESERV_REQUIRED.union(Flags::GOOD_TIMESERV_PREFERRED), Roles::TIMESERV),
            (Flags::WRITABLE_REQUIRED, Roles::WRITABLE),
            (Flags::WEB_SERVICE_REQUIRED, Roles::WS),
            (Flags::DIRECTORY_SERVICE_8_REQUIRED, Roles::DS_8),
            (Flags::DIRECTORY_SERVICE_9_REQUIRED, Roles::DS_9),
            (Flags::DIRECTORY_SERVICE_10_REQUIRED, Roles::DS_10),
        ];
        let since_2008 = Roles::SELECT_SECRET_DOMAIN_6 | Roles::FULL_SECRET_DOMAIN_6;
        let has_version = !self.contains(Self::DIRECTORY_SERVICE_6_REQUIRED) || roles.intersects(since_2008);
        has_version && TABLE.iter().all(|(flag, role)| !self.intersects(*flag) || roles.contains(*role))
    }

    /// Returns whether a controller with these roles is what the caller prefers.
    pub(crate) fn prefer(self, roles: Roles) -> bool {
        let good_time = !self.contains(Self::GOOD_TIMESERV_PREFERRED) || roles.contains(Roles::GOOD_TIMESERV);
        good_time && (!self.contains(Self::DIRECTORY_SERVICE_PREFERRED) || roles.contains(Roles::DS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would accept a request that Windows refuses, or refuse one that a program relies on.
    #[test]
    fn flags_that_exclude_each_other_are_refused() {
        let is_valid = |bits, has_site| Flags::from_bits_retain(bits).check(has_site).is_ok();
        for bits in [0, 0x1, 0x40, 0x80, 0x400, 0x1000, 0x1_0000, 0x4002_0000, 0x2800, 0x1881, 0x8_5a80] {
            assert!(is_valid(bits, false), "{bits:#x}");
        }
        for bits in
            [0xc0, 0x440, 0x480, 0x3_0000, 0xc000_0000, 0x8_0010, 0x60_0000, 0x2040, 0x2010, 0x2, 0x100_0000]
        {
            assert!(!is_valid(bits, false), "{bits:#x}");
        }
        assert!(is_valid(0x4_0000, false) && !is_valid(0x4_0000, true));
    }

    /// A failure here would return a controller that cannot do what the program needs.
    #[test]
    fn each_requirement_needs_its_role() {
        let everything = Roles::all();
        for (flag, role) in [
            (0x10, 0x10),
            (0x40, 0x4),
            (0x80, 0x1),
            (0x400, 0x20),
            (0x800, 0x40),
            (0x1000, 0x100),
            (0x2000, 0x40),
            (0x8_0000, 0x1800),
            (0x10_0000, 0x2000),
            (0x20_0000, 0x4000),
            (0x40_0000, 0x8000),
            (0x80_0000, 0x1_0000),
        ] {
            let flag = Flags::from_bits_retain(flag);
            assert!(flag.accept(everything), "{flag:?}");
            assert!(!flag.accept(everything.difference(Roles::from_bits_retain(role))), "{flag:?}");
        }
        assert!(Flags::DIRECTORY_SERVICE_6_REQUIRED.accept(Roles::SELECT_SECRET_DOMAIN_6));
        assert!(!Flags::GOOD_TIMESERV_PREFERRED.prefer(Roles::TIMESERV));
        assert!(Flags::empty().accept(Roles::empty()) && Flags::empty().prefer(Roles::empty()));
    }
}
