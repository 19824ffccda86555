use std::net::IpAddr;

use netsession_wire::Guid;

use crate::Roles;

/// A domain controller that answered ([MS-NRPC] 2.2.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainController {
    /// The DNS name of the controller.
    pub dns_host: String,
    /// The NetBIOS name of the controller.
    pub netbios_host: String,
    /// The address that answered.
    pub address: IpAddr,
    /// The GUID of the domain.
    pub domain_guid: Guid,
    /// The DNS name of the domain.
    pub dns_domain: String,
    /// The NetBIOS name of the domain.
    pub netbios_domain: String,
    /// The DNS name of the forest.
    pub forest: String,
    /// The site of the controller.
    pub site: String,
    /// The site of this computer, as the controller knows it; empty if it does not.
    pub client_site: String,
    /// What the controller does.
    pub roles: Roles,
}
