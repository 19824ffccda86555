/*
 * dsgetdc.h: finding a domain controller, for Linux and macOS.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_DSGETDC_H
#define NETSESSION_DSGETDC_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Flags: the required roles of the controller, and the kinds of names. */
#define DS_FORCE_REDISCOVERY 0x00000001u
#define DS_DIRECTORY_SERVICE_REQUIRED 0x00000010u
#define DS_DIRECTORY_SERVICE_PREFERRED 0x00000020u
#define DS_GC_SERVER_REQUIRED 0x00000040u
#define DS_PDC_REQUIRED 0x00000080u
#define DS_BACKGROUND_ONLY 0x00000100u
#define DS_IP_REQUIRED 0x00000200u
#define DS_KDC_REQUIRED 0x00000400u
#define DS_TIMESERV_REQUIRED 0x00000800u
#define DS_WRITABLE_REQUIRED 0x00001000u
#define DS_GOOD_TIMESERV_PREFERRED 0x00002000u
#define DS_AVOID_SELF 0x00004000u
#define DS_ONLY_LDAP_NEEDED 0x00008000u
#define DS_IS_FLAT_NAME 0x00010000u
#define DS_IS_DNS_NAME 0x00020000u
#define DS_TRY_NEXTCLOSEST_SITE 0x00040000u
#define DS_DIRECTORY_SERVICE_6_REQUIRED 0x00080000u
#define DS_WEB_SERVICE_REQUIRED 0x00100000u
#define DS_DIRECTORY_SERVICE_8_REQUIRED 0x00200000u
#define DS_DIRECTORY_SERVICE_9_REQUIRED 0x00400000u
#define DS_DIRECTORY_SERVICE_10_REQUIRED 0x00800000u
#define DS_RETURN_DNS_NAME 0x40000000u
#define DS_RETURN_FLAT_NAME 0x80000000u

/* The Flags of the result: the roles of the controller. */
#define DS_PDC_FLAG 0x00000001u
#define DS_GC_FLAG 0x00000004u
#define DS_LDAP_FLAG 0x00000008u
#define DS_DS_FLAG 0x00000010u
#define DS_KDC_FLAG 0x00000020u
#define DS_TIMESERV_FLAG 0x00000040u
#define DS_CLOSEST_FLAG 0x00000080u
#define DS_WRITABLE_FLAG 0x00000100u
#define DS_GOOD_TIMESERV_FLAG 0x00000200u
#define DS_NDNC_FLAG 0x00000400u
#define DS_SELECT_SECRET_DOMAIN_6_FLAG 0x00000800u
#define DS_FULL_SECRET_DOMAIN_6_FLAG 0x00001000u
#define DS_WS_FLAG 0x00002000u
#define DS_DS_8_FLAG 0x00004000u
#define DS_DS_9_FLAG 0x00008000u
#define DS_DS_10_FLAG 0x00010000u
#define DS_DNS_CONTROLLER_FLAG 0x20000000u
#define DS_DNS_DOMAIN_FLAG 0x40000000u
#define DS_DNS_FOREST_FLAG 0x80000000u

/* DomainControllerAddressType */
#define DS_INET_ADDRESS 1u
#define DS_NETBIOS_ADDRESS 2u

#define ERROR_INVALID_FLAGS 1004u
#define ERROR_INVALID_DOMAINNAME 1212u
#define ERROR_NO_SUCH_DOMAIN 1355u

typedef struct DOMAIN_CONTROLLER_INFOW {
    LPWSTR DomainControllerName;    /* with two backslashes */
    LPWSTR DomainControllerAddress; /* with two backslashes */
    ULONG DomainControllerAddressType;
    GUID DomainGuid;
    LPWSTR DomainName;
    LPWSTR DnsForestName;
    ULONG Flags;
    LPWSTR DcSiteName;
    LPWSTR ClientSiteName; /* the site of this computer; empty if the controller does not know it */
} DOMAIN_CONTROLLER_INFOW, *PDOMAIN_CONTROLLER_INFOW;

/* The same, with texts in UTF-8. */
typedef struct DOMAIN_CONTROLLER_INFOA {
    LPSTR DomainControllerName;
    LPSTR DomainControllerAddress;
    ULONG DomainControllerAddressType;
    GUID DomainGuid;
    LPSTR DomainName;
    LPSTR DnsForestName;
    ULONG Flags;
    LPSTR DcSiteName;
    LPSTR ClientSiteName;
} DOMAIN_CONTROLLER_INFOA, *PDOMAIN_CONTROLLER_INFOA;

/*
 * Finds a controller of an Active Directory domain: SRV records of the nameservers in /etc/resolv.conf name the candidates, and
 * the LDAP ping (UDP, port 389) asks for their roles. The function needs no login. Free *DomainControllerInfo with NetApiBufferFree.
 *
 * Neither DNS nor the ping is protected: an attacker on the network can name another computer. A logon with Kerberos detects that.
 *
 * ComputerName  NULL, or a name of this computer
 * DomainName    the DNS name, or the NetBIOS name of a search domain of /etc/resolv.conf; NULL for the search domains
 * DomainGuid    the GUID of the domain, or NULL: if DomainName is not found, the library looks for the domain with this GUID in
 *               the forest of the search domains, and so finds a renamed domain
 * SiteName      the site in which the controller must be; NULL for the site of this computer, or any
 * Flags         DS_GC_SERVER_REQUIRED, DS_PDC_REQUIRED and DS_KDC_REQUIRED exclude each other. The library caches nothing, so
 *               that DS_FORCE_REDISCOVERY and DS_BACKGROUND_ONLY change nothing; DS_TRY_NEXTCLOSEST_SITE does not either
 *
 * ERROR_INVALID_FLAGS       unknown flags, or flags that exclude each other
 * ERROR_INVALID_DOMAINNAME  DomainName is not a name of the kind that the flags say
 * ERROR_NO_SUCH_DOMAIN      no such domain, or no controller that fits answered; the call ends after 15 seconds at most
 * ERROR_NOT_SUPPORTED       ComputerName is another computer
 * ERROR_INVALID_PARAMETER   DomainControllerInfo is NULL
 */
NET_API_STATUS DsGetDcNameW(LPCWSTR ComputerName, LPCWSTR DomainName, const GUID *DomainGuid, LPCWSTR SiteName,
                            ULONG Flags, PDOMAIN_CONTROLLER_INFOW *DomainControllerInfo);

/* The same, with texts in UTF-8. */
NET_API_STATUS DsGetDcNameA(LPCSTR ComputerName, LPCSTR DomainName, const GUID *DomainGuid, LPCSTR SiteName,
                            ULONG Flags, PDOMAIN_CONTROLLER_INFOA *DomainControllerInfo);

#define DsGetDcName DsGetDcNameW
typedef DOMAIN_CONTROLLER_INFOW DOMAIN_CONTROLLER_INFO;
typedef PDOMAIN_CONTROLLER_INFOW PDOMAIN_CONTROLLER_INFO;

typedef struct DS_DOMAIN_TRUSTSW {
    LPWSTR NetbiosDomainName;
    LPWSTR DnsDomainName;
    ULONG Flags;
    ULONG ParentIndex;
    ULONG TrustType;
    ULONG TrustAttributes;
    PSID DomainSid;
    GUID DomainGuid;
} DS_DOMAIN_TRUSTSW, *PDS_DOMAIN_TRUSTSW;

typedef struct DS_DOMAIN_TRUSTSA {
    LPSTR NetbiosDomainName;
    LPSTR DnsDomainName;
    ULONG Flags;
    ULONG ParentIndex;
    ULONG TrustType;
    ULONG TrustAttributes;
    PSID DomainSid;
    GUID DomainGuid;
} DS_DOMAIN_TRUSTSA, *PDS_DOMAIN_TRUSTSA;

/* The library has the names of these functions only. They return ERROR_NOT_SUPPORTED. */
NET_API_STATUS DsEnumerateDomainTrustsW(LPWSTR ServerName, ULONG Flags, PDS_DOMAIN_TRUSTSW *Domains, PULONG DomainCount);
NET_API_STATUS DsEnumerateDomainTrustsA(LPSTR ServerName, ULONG Flags, PDS_DOMAIN_TRUSTSA *Domains, PULONG DomainCount);
NET_API_STATUS DsGetSiteNameW(LPCWSTR ComputerName, LPWSTR *SiteName);
NET_API_STATUS DsGetSiteNameA(LPCSTR ComputerName, LPSTR *SiteName);

#define DsEnumerateDomainTrusts DsEnumerateDomainTrustsW
#define DsGetSiteName DsGetSiteNameW
typedef DS_DOMAIN_TRUSTSW DS_DOMAIN_TRUSTS;
typedef PDS_DOMAIN_TRUSTSW PDS_DOMAIN_TRUSTS;

#ifdef __cplusplus
}
#endif

#endif
