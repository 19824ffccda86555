/*
 * dsrole.h: the role of a computer in its domain, for sources that declare them.
 *
 * The library has the names only: each function returns ERROR_NOT_SUPPORTED (50), stores NULL and 0 where it would store a result,
 * and says so once in the log (NETSESSION_LOG=warn).
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_DSROLE_H
#define NETSESSION_DSROLE_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum DSROLE_PRIMARY_DOMAIN_INFO_LEVEL { DsRolePrimaryDomainInfoBasic = 1 } DSROLE_PRIMARY_DOMAIN_INFO_LEVEL;

NET_API_STATUS DsRoleGetPrimaryDomainInformation(LPCWSTR lpServer, DSROLE_PRIMARY_DOMAIN_INFO_LEVEL InfoLevel,
                                                 LPBYTE *Buffer);

#ifdef __cplusplus
}
#endif

#endif
