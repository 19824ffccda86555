/*
 * lmjoin.h: the domain or workgroup of a computer, with the pointer types of Windows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMJOIN_H
#define NETSESSION_LMJOIN_H

#include "lmcons.h"

typedef enum NETSETUP_NAME_TYPE {
    NetSetupUnknown,
    NetSetupMachine,
    NetSetupWorkgroup,
    NetSetupDomain,
    NetSetupNonExistentDomain,
    NetSetupDnsMachine
} NETSETUP_NAME_TYPE, *PNETSETUP_NAME_TYPE;

typedef NETSETUP_JOIN_STATUS *PNETSETUP_JOIN_STATUS;

/* The library has the names of these functions only. They return ERROR_NOT_SUPPORTED. */
#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetValidateName(LPCWSTR lpServer, LPCWSTR lpName, LPCWSTR lpAccount, LPCWSTR lpPassword,
                               NETSETUP_NAME_TYPE NameType);

/* The join to Entra ID, which the library does not know: NULL and a failure, HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED). */
typedef struct DSREG_JOIN_INFO DSREG_JOIN_INFO, *PDSREG_JOIN_INFO;

HRESULT NetGetAadJoinInformation(LPCWSTR pcszTenantId, PDSREG_JOIN_INFO *ppJoinInfo);
void NetFreeAadJoinInformation(PDSREG_JOIN_INFO pJoinInfo);

#ifdef __cplusplus
}
#endif

#endif
