bitflags::bitflags! {
    /// NEGOTIATE: what the two sides support and have agreed on ([MS-NLMP] 2.2.2.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct NegotiateFlags: u32 {
        /// Names are UTF-16.
        const UNICODE = 0x0000_0001;
        /// Names are in the OEM character set.
        const OEM = 0x0000_0002;
        /// The challenge has a target name.
        const REQUEST_TARGET = 0x0000_0004;
        /// Keys for integrity codes.
        const SIGN = 0x0000_0010;
        /// Keys for confidentiality.
        const SEAL = 0x0000_0020;
        /// Connectionless.
        const DATAGRAM = 0x0000_0040;
        /// LAN Manager session key.
        const LM_KEY = 0x0000_0080;
        /// NTLM; always set.
        const NTLM = 0x0000_0200;
        /// The connection should be anonymous.
        const ANONYMOUS = 0x0000_0800;
        /// The NEGOTIATE message has a domain name.
        const OEM_DOMAIN_SUPPLIED = 0x0000_1000;
        /// The NEGOTIATE message has a workstation name.
        const OEM_WORKSTATION_SUPPLIED = 0x0000_2000;
        /// There is a session key, whatever other flags are set.
        const ALWAYS_SIGN = 0x0000_8000;
        /// The target name is a domain's.
        const TARGET_TYPE_DOMAIN = 0x0001_0000;
        /// The target name is a server's.
        const TARGET_TYPE_SERVER = 0x0002_0000;
        /// Extended session security.
        const EXTENDED_SESSIONSECURITY = 0x0008_0000;
        /// An identify level token.
        const IDENTIFY = 0x0010_0000;
        /// LMOWF session key.
        const REQUEST_NON_NT_SESSION_KEY = 0x0040_0000;
        /// The challenge has target information.
        const TARGET_INFO = 0x0080_0000;
        /// The Version field is populated.
        const VERSION = 0x0200_0000;
        /// Keys of 128 bits.
        const KEY_128 = 0x2000_0000;
        /// An explicit key exchange.
        const KEY_EXCH = 0x4000_0000;
        /// Keys of 56 bits.
        const KEY_56 = 0x8000_0000;
        const _ = !0;
    }
}
