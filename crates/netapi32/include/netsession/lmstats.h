/*
 * lmstats.h: how much a server was used, for Linux and macOS.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMSTATS_H
#define NETSESSION_LMSTATS_H

#include "lmcons.h"
#include "lmsname.h"

#ifdef __cplusplus
extern "C" {
#endif

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

/* How much the SMB client of a computer was used. A computer returns 0 for what it does not count. */
typedef struct STAT_WORKSTATION_0 {
    LARGE_INTEGER StatisticsStartTime; /* when counting began, in seconds since 1970 */
    LARGE_INTEGER BytesReceived; /* the octets that the client received */
    LARGE_INTEGER SmbsReceived; /* the SMB messages that it received */
    LARGE_INTEGER PagingReadBytesRequested; /* the octets that it read to page memory in */
    LARGE_INTEGER NonPagingReadBytesRequested; /* the octets that it read otherwise */
    LARGE_INTEGER CacheReadBytesRequested; /* the octets that it read from its cache */
    LARGE_INTEGER NetworkReadBytesRequested; /* the octets that it read from servers */
    LARGE_INTEGER BytesTransmitted; /* the octets that it sent */
    LARGE_INTEGER SmbsTransmitted; /* the SMB messages that it sent */
    LARGE_INTEGER PagingWriteBytesRequested; /* the octets that it wrote to page memory out */
    LARGE_INTEGER NonPagingWriteBytesRequested; /* the octets that it wrote otherwise */
    LARGE_INTEGER CacheWriteBytesRequested; /* the octets that it wrote to its cache */
    LARGE_INTEGER NetworkWriteBytesRequested; /* the octets that it wrote to servers */
    DWORD InitiallyFailedOperations; /* the operations that failed to start */
    DWORD FailedCompletionOperations; /* the operations that failed to complete */
    DWORD ReadOperations; /* the reads */
    DWORD RandomReadOperations; /* the reads at random places */
    DWORD ReadSmbs; /* the read requests */
    DWORD LargeReadSmbs; /* the read requests of more than twice the server's buffer */
    DWORD SmallReadSmbs; /* the read requests of less than a quarter of the server's buffer */
    DWORD WriteOperations; /* the writes */
    DWORD RandomWriteOperations; /* the writes at random places */
    DWORD WriteSmbs; /* the write requests */
    DWORD LargeWriteSmbs; /* the write requests of more than twice the server's buffer */
    DWORD SmallWriteSmbs; /* the write requests of less than a quarter of the server's buffer */
    DWORD RawReadsDenied; /* the raw reads that servers refused */
    DWORD RawWritesDenied; /* the raw writes that servers refused */
    DWORD NetworkErrors; /* the errors of the network */
    DWORD Sessions; /* the sessions that began */
    DWORD FailedSessions; /* the sessions that failed to begin */
    DWORD Reconnects; /* the connections that failed and were made again */
    DWORD CoreConnects; /* the connections to servers of the core dialect */
    DWORD Lanman20Connects; /* the connections to servers of LAN Manager 2.0 */
    DWORD Lanman21Connects; /* the connections to servers of LAN Manager 2.1 */
    DWORD LanmanNtConnects; /* the connections to servers of NT LAN Manager */
    DWORD ServerDisconnects; /* the connections that a server ended */
    DWORD HungSessions; /* the sessions that timed out */
    DWORD UseCount; /* the connections to shares */
    DWORD FailedUseCount; /* the connections to shares that failed */
    DWORD CurrentCommands; /* the outstanding requests */
} STAT_WORKSTATION_0, *PSTAT_WORKSTATION_0, *LPSTAT_WORKSTATION_0;

/*
 * Returns how much a server or the SMB client of a computer was used since it started to count, for administrators.
 *
 * Service  L"LanmanServer": *Buffer becomes a STAT_SERVER_0. L"LanmanWorkstation": it becomes a STAT_WORKSTATION_0;
 *          `netsession serve` has no SMB client, and returns 0 for everything but the start
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
