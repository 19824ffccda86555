/*
 * lmwksta.h: the name and the users of a computer, with the pointer types of Windows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMWKSTA_H
#define NETSESSION_LMWKSTA_H

#include "lmcons.h"

typedef WKSTA_INFO_100 *PWKSTA_INFO_100, *LPWKSTA_INFO_100;
typedef WKSTA_INFO_101 *PWKSTA_INFO_101, *LPWKSTA_INFO_101;
typedef WKSTA_INFO_102 *PWKSTA_INFO_102, *LPWKSTA_INFO_102;
typedef WKSTA_USER_INFO_0 *PWKSTA_USER_INFO_0, *LPWKSTA_USER_INFO_0;
typedef WKSTA_USER_INFO_1 *PWKSTA_USER_INFO_1, *LPWKSTA_USER_INFO_1;

/* The library has the names of these functions only. They return ERROR_NOT_SUPPORTED. */
#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetWkstaSetInfo(LPCWSTR servername, DWORD level, LPBYTE buffer, LPDWORD parm_err);
NET_API_STATUS NetWkstaTransportEnum(LPCWSTR servername, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen,
                                     LPDWORD entriesread, LPDWORD totalentries, LPDWORD resumehandle);
NET_API_STATUS NetWkstaUserGetInfo(LPCWSTR reserved, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetWkstaUserSetInfo(LPCWSTR reserved, DWORD level, LPBYTE buf, LPDWORD parm_err);

#ifdef __cplusplus
}
#endif

#endif
