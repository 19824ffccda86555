/*
 * lmat.h: scheduled jobs, for sources that declare them.
 *
 * The library has the names only: each function returns ERROR_NOT_SUPPORTED (50), stores NULL and 0 where it would store a result,
 * and says so once in the log (NETSESSION_LOG=warn).
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMAT_H
#define NETSESSION_LMAT_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetScheduleJobAdd(LPCWSTR servername, LPBYTE buffer, LPDWORD jobid);
NET_API_STATUS NetScheduleJobDel(LPCWSTR servername, DWORD minjobid, DWORD maxjobid);
NET_API_STATUS NetScheduleJobEnum(LPCWSTR servername, LPBYTE *pointertobuffer, DWORD prefferedmaximumlength,
                                  LPDWORD entriesread, LPDWORD totalentries, LPDWORD resumehandle);
NET_API_STATUS NetScheduleJobGetInfo(LPCWSTR servername, DWORD jobid, LPBYTE *pointertobuffer);

#ifdef __cplusplus
}
#endif

#endif
