/*
 * lmremutl.h: the time and the protocols of a server, with the pointer types of Windows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMREMUTL_H
#define NETSESSION_LMREMUTL_H

#include "lmcons.h"

typedef TIME_OF_DAY_INFO *PTIME_OF_DAY_INFO, *LPTIME_OF_DAY_INFO;

#define SUPPORTS_REMOTE_ADMIN_PROTOCOL 0x00000002u
#define SUPPORTS_RPC 0x00000004u
#define SUPPORTS_SAM_PROTOCOL 0x00000008u
#define SUPPORTS_UNICODE 0x00000010u
#define SUPPORTS_LOCAL 0x00000020u
#define SUPPORTS_ANY 0xFFFFFFFFu

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Returns which of the wanted protocols a server supports. The server must be reachable.
 *
 * OptionsSupported  receives those of OptionsWanted that it supports: SUPPORTS_REMOTE_ADMIN_PROTOCOL, SUPPORTS_RPC and
 *                   SUPPORTS_UNICODE of every server, SUPPORTS_SAM_PROTOCOL of a server of the type SV_TYPE_NT, and SUPPORTS_LOCAL
 *                   if UncServerName is NULL
 *
 * ERROR_INVALID_PARAMETER  OptionsSupported is NULL
 */
NET_API_STATUS NetRemoteComputerSupports(LPCWSTR UncServerName, DWORD OptionsWanted, LPDWORD OptionsSupported);

#ifdef __cplusplus
}
#endif

#endif
