/*
 * lmstats.h: how much a server was used, for Linux and macOS.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMSTATS_H
#define NETSESSION_LMSTATS_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The services of lmsname.h. */
#define SERVICE_SERVER TEXT("LanmanServer")
#define SERVICE_WORKSTATION TEXT("LanmanWorkstation")

/* A server returns 0 for what it does not count. */
typedef struct STAT_SERVER_0 {
    DWORD sts0_start; /* when counting began, in seconds since 1970 */
    DWORD sts0_fopens; /* the number of opened files and pipes */
    DWORD sts0_devopens; /* the number of opened devices */
    DWORD sts0_jobsqueued; /* the number of print jobs */
    DWORD sts0_sopens; /* the number of sessions that began */
    DWORD sts0_stimedout; /* the number of sessions that were disconnected */
    DWORD sts0_serrorout; /* the number of sessions that failed */
    DWORD sts0_pwerrors; /* the number of wrong passwords */
    DWORD sts0_permerrors; /* the number of refused permissions */
    DWORD sts0_syserrors; /* the number of errors of the system */
    DWORD sts0_bytessent_low; /* the sent octets, the low half */
    DWORD sts0_bytessent_high; /* the sent octets, the high half */
    DWORD sts0_bytesrcvd_low; /* the received octets, the low half */
    DWORD sts0_bytesrcvd_high; /* the received octets, the high half */
    DWORD sts0_avresponse; /* the average time of a response, in milliseconds */
    DWORD sts0_reqbufneed; /* how often the server lacked a buffer for a request */
    DWORD sts0_bigbufneed; /* how often the server lacked a large buffer */
} STAT_SERVER_0, *PSTAT_SERVER_0, *LPSTAT_SERVER_0;

/*
 * Returns how much a server was used since it started to count, as a STAT_SERVER_0, for administrators.
 *
 * Service  L"LanmanServer". The statistics of L"LanmanWorkstation" are not supported
 * Level    0
 * Options  0
 *
 * ERROR_NOT_SUPPORTED      another service, or the server does not have this call (Samba)
 * ERROR_ACCESS_DENIED      the user is not an administrator
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  Options is not 0, or Service or Buffer is NULL
 */
NET_API_STATUS NetStatisticsGet(LPWSTR Server, LPWSTR Service, DWORD Level, DWORD Options, LPBYTE *Buffer);

#ifdef __cplusplus
}
#endif

#endif
