//! Which SRV records name the candidates ([MS-NRPC] 3.5.4.3.1, [MS-ADTS] 6.3.6.1).

use crate::Flags;

/// Returns the name of the records for a domain, or for a forest where a global catalog is required.
pub(crate) fn name(flags: Flags, domain: &str, site: Option<&str>) -> String {
    let (service, of) = if flags.contains(Flags::PDC_REQUIRED) {
        // There is one for the domain, wherever it is.
        return format!("_ldap._tcp.pdc._msdcs.{domain}");
    } else if flags.contains(Flags::KDC_REQUIRED) {
        ("_kerberos._tcp", "dc._msdcs.")
    } else if flags.contains(Flags::GC_SERVER_REQUIRED) {
        ("_gc._tcp", "")
    } else if flags.contains(Flags::ONLY_LDAP_NEEDED) {
        ("_ldap._tcp", "")
    } else {
        ("_ldap._tcp", "dc._msdcs.")
    };
    match site {
        Some(site) => format!("{service}.{site}._sites.{of}{domain}"),
        None => format!("{service}.{of}{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would ask DNS for records that no domain controller registers ([MS-ADTS] 6.3.2.3).
    #[test]
    fn each_requirement_has_its_records() {
        let empty = Flags::empty();
        for (flags, site, expected) in [
            (empty, None, "_ldap._tcp.dc._msdcs.lab.test"),
            (empty, Some("S1"), "_ldap._tcp.S1._sites.dc._msdcs.lab.test"),
            (Flags::PDC_REQUIRED, Some("S1"), "_ldap._tcp.pdc._msdcs.lab.test"),
            (Flags::KDC_REQUIRED, None, "_kerberos._tcp.dc._msdcs.lab.test"),
            (Flags::KDC_REQUIRED, Some("S1"), "_kerberos._tcp.S1._sites.dc._msdcs.lab.test"),
            (Flags::GC_SERVER_REQUIRED, None, "_gc._tcp.lab.test"),
            (Flags::GC_SERVER_REQUIRED, Some("S1"), "_gc._tcp.S1._sites.lab.test"),
            (Flags::ONLY_LDAP_NEEDED, None, "_ldap._tcp.lab.test"),
        ] {
            assert_eq!(name(flags, "lab.test", site), expected);
        }
    }
}
