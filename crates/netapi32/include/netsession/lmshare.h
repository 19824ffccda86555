/*
 * lmshare.h: the shares, sessions, connections and open files of a server, with the pointer types of Windows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMSHARE_H
#define NETSESSION_LMSHARE_H

#include "lmcons.h"

typedef SESSION_INFO_0 *PSESSION_INFO_0, *LPSESSION_INFO_0;
typedef SESSION_INFO_1 *PSESSION_INFO_1, *LPSESSION_INFO_1;
typedef SESSION_INFO_2 *PSESSION_INFO_2, *LPSESSION_INFO_2;
typedef SESSION_INFO_10 *PSESSION_INFO_10, *LPSESSION_INFO_10;
typedef SESSION_INFO_502 *PSESSION_INFO_502, *LPSESSION_INFO_502;
typedef FILE_INFO_2 *PFILE_INFO_2, *LPFILE_INFO_2;
typedef FILE_INFO_3 *PFILE_INFO_3, *LPFILE_INFO_3;
typedef CONNECTION_INFO_0 *PCONNECTION_INFO_0, *LPCONNECTION_INFO_0;
typedef CONNECTION_INFO_1 *PCONNECTION_INFO_1, *LPCONNECTION_INFO_1;
typedef SHARE_INFO_0 *PSHARE_INFO_0, *LPSHARE_INFO_0;
typedef SHARE_INFO_1 *PSHARE_INFO_1, *LPSHARE_INFO_1;
typedef SHARE_INFO_2 *PSHARE_INFO_2, *LPSHARE_INFO_2;
typedef SHARE_INFO_501 *PSHARE_INFO_501, *LPSHARE_INFO_501;
typedef SHARE_INFO_502 *PSHARE_INFO_502, *LPSHARE_INFO_502;
typedef SHARE_INFO_503 *PSHARE_INFO_503, *LPSHARE_INFO_503;
typedef SHARE_INFO_1004 *PSHARE_INFO_1004, *LPSHARE_INFO_1004;
typedef SHARE_INFO_1005 *PSHARE_INFO_1005, *LPSHARE_INFO_1005;
typedef SHARE_INFO_1006 *PSHARE_INFO_1006, *LPSHARE_INFO_1006;
typedef SHARE_INFO_1501 *PSHARE_INFO_1501, *LPSHARE_INFO_1501;

/* The library has the names of these functions only. They return ERROR_NOT_SUPPORTED. */
#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetShareEnumSticky(LPWSTR servername, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen, LPDWORD entriesread,
                                  LPDWORD totalentries, LPDWORD resume_handle);

#ifdef __cplusplus
}
#endif

#endif
