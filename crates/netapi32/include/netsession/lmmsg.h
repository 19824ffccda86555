/*
 * lmmsg.h: messages to users, for sources that declare them.
 *
 * The library has the names only: each function returns ERROR_NOT_SUPPORTED (50), stores NULL and 0 where it would store a result,
 * and says so once in the log (NETSESSION_LOG=warn).
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMMSG_H
#define NETSESSION_LMMSG_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetMessageBufferSend(LPCWSTR servername, LPCWSTR msgname, LPCWSTR fromname, LPBYTE buf, DWORD buflen);
NET_API_STATUS NetMessageNameAdd(LPCWSTR servername, LPCWSTR msgname);
NET_API_STATUS NetMessageNameDel(LPCWSTR servername, LPCWSTR msgname);
NET_API_STATUS NetMessageNameEnum(LPCWSTR servername, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen,
                                  LPDWORD entriesread, LPDWORD totalentries, LPDWORD resume_handle);
NET_API_STATUS NetMessageNameGetInfo(LPCWSTR servername, LPCWSTR msgname, DWORD level, LPBYTE *bufptr);

#ifdef __cplusplus
}
#endif

#endif
