//! [`locate`]: which candidates there are, in which order they are pinged, and which of them is the result.

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use netsession_wire::Guid;
use netsession_wire::name::is_same_name;

use crate::dns::Resolver;
use crate::pings::Pings;
use crate::{DomainController, Flags, LocateError, Roles, ping, services};

/// How long a candidate has before the next one is pinged, too, and how long the last ones have.
const STEP: Duration = Duration::from_millis(100);
const LAST: Duration = Duration::from_millis(1_500);
/// How often each candidate is pinged, because a datagram can be lost.
const ROUNDS: u32 = 2;
/// The most addresses that are pinged.
const MAX_CANDIDATES: usize = 32;

/// What to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The domain, as a DNS name or a NetBIOS name; None for the computer's own domain: the search domains of
    /// `/etc/resolv.conf`.
    pub domain: Option<&'a str>,
    /// The GUID of the domain, by which it is found if it has another name now.
    pub domain_guid: Option<Guid>,
    /// The site in which the controller must be.
    pub site: Option<&'a str>,
    /// What the controller must do, and which kind of name `domain` is.
    pub flags: Flags,
    /// The name of this computer, for [`Flags::AVOID_SELF`].
    pub own_host: Option<&'a str>,
}

/// Finds a domain controller, within this time.
///
/// A NetBIOS name is compared with the names of the domains in `/etc/resolv.conf`; this function sends no NetBIOS
/// datagrams.
///
/// # Errors
/// [`LocateError`].
pub fn locate(request: &Request<'_>, limit: Duration) -> Result<DomainController, LocateError> {
    request.flags.check(request.site.is_some())?;
    let search = Search { request, resolver: Resolver::of_system()?, deadline: Instant::now() + limit };
    let found = match request.domain.filter(|name| !name.is_empty()) {
        Some(name) if is_dns_name(name, request.flags)? => search.in_domain(name.trim_end_matches('.')),
        Some(name) => search.in_search_domains(|found| is_same_name(&found.netbios_domain, name), name),
        None if search.resolver.search.is_empty() => Err(LocateError::NoDomain),
        None => search.in_search_domains(|_| true, &search.resolver.search.join(", ")),
    };
    match (found, request.domain_guid) {
        (Err(error @ LocateError::NotFound { .. }), Some(id)) => match search.domain_of(id) {
            Some(domain) => search.in_domain(&domain),
            None => Err(error),
        },
        (found, _) => found,
    }
}

/// Returns whether a name is a DNS name; otherwise it is a NetBIOS name.
fn is_dns_name(name: &str, flags: Flags) -> Result<bool, LocateError> {
    const LONGEST: usize = 255;
    const LONGEST_FLAT: usize = 15;
    let is_label = |label: &str| {
        let allowed = |octet: u8| octet > 0x7f || octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
        (1..=63).contains(&label.len()) && label.bytes().all(allowed)
    };
    let labels = name.strip_suffix('.').unwrap_or(name);
    let can_be_dns = name.len() <= LONGEST && labels.split('.').all(is_label);
    let forbidden = |character: char| character.is_control() || "\"/\\[]:|<>+=;,?*".contains(character);
    let can_be_flat = name.chars().count() <= LONGEST_FLAT && !name.contains(forbidden);
    let is_dns = match (flags.contains(Flags::IS_FLAT_NAME), flags.contains(Flags::IS_DNS_NAME)) {
        (true, _) => false,
        (_, true) => true,
        _ => can_be_dns && name.contains('.'),
    };
    match if is_dns { can_be_dns } else { can_be_flat } {
        true => Ok(is_dns),
        false => Err(LocateError::InvalidDomainName(name.to_owned())),
    }
}

struct Search<'a> {
    request: &'a Request<'a>,
    resolver: Resolver,
    deadline: Instant,
}

impl Search<'_> {
    /// Looks in each search domain for a controller that `is_wanted` accepts.
    fn in_search_domains(
        &self,
        is_wanted: impl Fn(&DomainController) -> bool,
        shown: &str,
    ) -> Result<DomainController, LocateError> {
        let mut last = None;
        for domain in &self.resolver.search {
            match self.in_domain(domain) {
                Ok(found) if is_wanted(&found) => return Ok(found),
                Ok(_) => {}
                Err(error) => last = Some(error),
            }
        }
        let why = "no domain of /etc/resolv.conf has this name";
        Err(last.unwrap_or(LocateError::NotFound { domain: shown.to_owned(), why }))
    }

    /// Finds a controller of a domain, in the site of this computer if there is one there.
    fn in_domain(&self, domain: &str) -> Result<DomainController, LocateError> {
        let site = self.request.site;
        let found = match self.of(domain, site) {
            Err(LocateError::NotFound { .. }) if self.needs_forest() => {
                // The domain is not the root of its forest: any of its controllers knows the root.
                let any = Request { flags: Flags::empty(), ..*self.request };
                let forest = self.with(&any).of(domain, None)?.forest;
                self.of(&forest, site)?
            }
            found => found?,
        };
        if site.is_some() || found.roles.contains(Roles::CLOSEST) || found.client_site.is_empty() {
            return Ok(found);
        }
        Ok(self.of(domain, Some(&found.client_site)).unwrap_or(found))
    }

    /// Returns the name that the domain with this GUID has now, in the forests of the search domains.
    fn domain_of(&self, id: Guid) -> Option<String> {
        let any = Request::default();
        let search = self.with(&any);
        self.resolver.search.iter().find_map(|own| {
            let forest = search.of(own, None).ok()?.forest;
            let is_of_domain = |found: &DomainController| (found.domain_guid == id).then_some(true);
            let found = search.among(&services::of_domain(id, &forest), &forest, None, is_of_domain);
            Some(found.ok()?.dns_domain)
        })
    }

    /// Returns the same search with another request.
    fn with<'a>(&self, request: &'a Request<'a>) -> Search<'a> {
        Search { request, resolver: self.resolver.clone(), deadline: self.deadline }
    }

    const fn needs_forest(&self) -> bool {
        self.request.flags.contains(Flags::GC_SERVER_REQUIRED)
    }

    /// Finds a controller of a domain, or of a forest where a global catalog is required.
    fn of(&self, domain: &str, site: Option<&str>) -> Result<DomainController, LocateError> {
        let records = services::name(self.request.flags, domain, site);
        // A global catalog server of the forest can be a controller of another domain.
        let pinged = (!self.needs_forest()).then_some(domain);
        self.among(&records, domain, pinged, |found| self.judge(domain, found))
    }

    /// Finds a controller among the candidates that one name in DNS has, by a ping for its own domain or for `pinged`.
    fn among(
        &self,
        records: &str,
        shown: &str,
        pinged: Option<&str>,
        judge: impl Fn(&DomainController) -> Option<bool>,
    ) -> Result<DomainController, LocateError> {
        let not_found = |why| LocateError::NotFound { domain: shown.to_owned(), why };
        let services = self.resolver.services(records, self.deadline)?;
        if services.is_empty() {
            return Err(not_found("DNS has no such records"));
        }
        let mut candidates = Vec::new();
        for service in services.iter().filter(|service| !self.is_avoided(&service.host)) {
            candidates.extend(self.resolver.addresses(&service.host, self.deadline).unwrap_or_default());
            if candidates.len() >= MAX_CANDIDATES {
                break;
            }
        }
        candidates.truncate(MAX_CANDIDATES);
        let pings = self.pings(&candidates, pinged).map_err(LocateError::Ping)?;
        let found = self.first_answer(&pings, &candidates, judge).map_err(LocateError::Ping)?;
        found.ok_or(not_found("no controller that fits answered"))
    }

    fn is_avoided(&self, host: &str) -> bool {
        let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let own = self.request.own_host.filter(|_| self.request.flags.contains(Flags::AVOID_SELF));
        own.is_some_and(|own| first(own) == first(host))
    }

    /// Pings the candidates one after the other, and returns the first one that fits.
    fn first_answer(
        &self,
        pings: &Pings,
        candidates: &[IpAddr],
        judge: impl Fn(&DomainController) -> Option<bool>,
    ) -> io::Result<Option<DomainController>> {
        let mut second_best = None;
        for _ in 0..ROUNDS {
            for (index, address) in candidates.iter().enumerate() {
                // An address that this computer cannot reach is not the last candidate.
                if pings.send(*address).is_err() {
                    continue;
                }
                let patience = if index + 1 == candidates.len() { LAST } else { STEP };
                let until = self.deadline.min(Instant::now() + patience);
                while let Some(found) = pings.next_answer(candidates, until)? {
                    match judge(&found) {
                        Some(true) => return Ok(Some(found)),
                        Some(false) => second_best = second_best.or(Some(found)),
                        None => {}
                    }
                }
            }
            if second_best.is_some() {
                break;
            }
        }
        Ok(second_best)
    }

    fn pings(&self, candidates: &[IpAddr], domain: Option<&str>) -> io::Result<Pings> {
        let flags = self.request.flags;
        let mut version = ping::VERSION;
        if flags.contains(Flags::PDC_REQUIRED) {
            version |= ping::VERSION_PDC;
        }
        if self.needs_forest() {
            version |= ping::VERSION_GC;
        }
        Pings::new(candidates, domain, version)
    }

    /// Returns whether a controller is as the caller prefers (true) or as it requires (false); None if it is neither.
    fn judge(&self, domain: &str, found: &DomainController) -> Option<bool> {
        let flags = self.request.flags;
        let name = if self.needs_forest() { &found.forest } else { &found.dns_domain };
        let in_site = self.request.site.is_none_or(|site| is_same_name(site, &found.site));
        let fits = name.eq_ignore_ascii_case(domain) && in_site && flags.accept(found.roles);
        fits.then(|| flags.prefer(found.roles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would ask DNS for a NetBIOS name, or refuse the name of a domain.
    #[test]
    fn names_are_of_the_kind_that_the_flags_say() {
        let kind = |name: &str, flags| is_dns_name(name, flags).ok();
        let (any, flat, dns) = (Flags::empty(), Flags::IS_FLAT_NAME, Flags::IS_DNS_NAME);
        assert_eq!([any, flat, dns].map(|flags| kind("LAB", flags)), [Some(false), Some(false), Some(true)]);
        assert_eq!([any, dns].map(|flags| kind("lab.test.", flags)), [Some(true); 2]);
        for (name, flags) in [
            ("a/b", any),
            ("lab..test", dns),
            ("sixteen-letters!", flat),
            ("lab test.x", dns),
            (&*"x".repeat(64), dns),
            (&*"x.".repeat(200), any),
            ("a\\b", flat),
        ] {
            assert!(matches!(is_dns_name(name, flags), Err(LocateError::InvalidDomainName(_))), "{name}");
        }
        let forbidden = Request { flags: Flags::PDC_REQUIRED | Flags::KDC_REQUIRED, ..Request::default() };
        assert_eq!(locate(&forbidden, Duration::ZERO).unwrap_err().win32().0, 1004);
    }
}
