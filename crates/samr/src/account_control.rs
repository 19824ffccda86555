use netsession_rpc::ndr::{Ndr, NdrError};

bitflags::bitflags! {
    /// `UserAccountControl`: what an account is, and what it may do ([MS-SAMR] 2.2.1.12). Other bits are kept.
    ///
    /// ```
    /// use netsession_samr::AccountControl;
    ///
    /// let disabled = AccountControl::from_bits_retain(0x0000_0011);
    /// assert!(disabled.contains(AccountControl::DISABLED) && !disabled.is_computer());
    /// ```
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
    pub struct AccountControl: u32 {
        /// The account is disabled: nobody can log on by it.
        const DISABLED = 0x0001;
        /// A user's account.
        const NORMAL_ACCOUNT = 0x0010;
        /// The account of a trust between domains.
        const INTERDOMAIN_TRUST_ACCOUNT = 0x0040;
        /// The account of a member of the domain.
        const WORKSTATION_TRUST_ACCOUNT = 0x0080;
        /// The account of a domain controller.
        const SERVER_TRUST_ACCOUNT = 0x0100;
        /// The account is locked out after wrong passwords.
        const AUTO_LOCKED = 0x0400;
        /// The password has expired.
        const PASSWORD_EXPIRED = 0x0002_0000;
        const _ = !0;
    }
}

impl AccountControl {
    /// The bits that Windows computes. There a request with AUTO_LOCKED unlocks the account ([MS-SAMR] 3.1.1.8.10); at Samba
    /// a request without it does.
    pub const COMPUTED: Self = Self::AUTO_LOCKED.union(Self::PASSWORD_EXPIRED);

    /// Returns whether this is the account of a computer, or of a trust.
    #[must_use]
    pub const fn is_computer(self) -> bool {
        let computers = Self::INTERDOMAIN_TRUST_ACCOUNT
            .union(Self::WORKSTATION_TRUST_ACCOUNT)
            .union(Self::SERVER_TRUST_ACCOUNT);
        self.intersects(computers)
    }

    /// USER_CONTROL_INFORMATION ([MS-SAMR] 2.2.6.3).
    pub(crate) fn members(&mut self, ndr: &mut Ndr<'_>) -> Result<(), NdrError> {
        let mut bits = self.bits();
        ndr.u32(&mut bits, "UserAccountControl")?;
        *self = Self::from_bits_retain(bits);
        Ok(())
    }
}
