/*
 * lmdfs.h: DFS, for sources that declare them.
 *
 * The library has the names only: each function returns ERROR_NOT_SUPPORTED (50), stores NULL and 0 where it would store a result,
 * and says so once in the log (NETSESSION_LOG=warn).
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMDFS_H
#define NETSESSION_LMDFS_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetDfsEnum(LPWSTR DfsName, DWORD Level, DWORD PrefMaxLen, LPBYTE *Buffer, LPDWORD EntriesRead,
                          LPDWORD ResumeHandle);
NET_API_STATUS NetDfsGetInfo(LPWSTR DfsEntryPath, LPWSTR ServerName, LPWSTR ShareName, DWORD Level, LPBYTE *Buffer);

#ifdef __cplusplus
}
#endif

#endif
