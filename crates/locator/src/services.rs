//! Which SRV records name the candidates ([MS-NRPC] 3.5.4.3.1, [MS-ADTS] 6.3.6.1).

use netsession_wire::Guid;

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

/// Returns the name of the records for the domain with this GUID, whatever its name is.
pub(crate) fn of_domain(id: Guid, forest: &str) -> String {
    format!("_ldap._tcp.{id}.domains._msdcs.{forest}")
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
        let id = Guid::from_u128(0x0010_2030_4050_6070_8090_a0b0_c0d0_e0f0);
        let expected = "_ldap._tcp.00102030-4050-6070-8090-a0b0c0d0e0f0.domains._msdcs.lab.test";
        assert_eq!(of_domain(id, "lab.test"), expected);
    }
}
