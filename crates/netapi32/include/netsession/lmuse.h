/*
 * lmuse.h: logins of the program at servers, for Linux and macOS.
 *
 * On Windows these functions connect the computer to shares. Here a connection is a login of the program: after NetUseAdd of
 * \\fs1\IPC$ as a user, the functions of netapi32.h log on at fs1 as that user. There are no drives.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMUSE_H
#define NETSESSION_LMUSE_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NERR_UseNotFound 2250u
#define ERROR_BAD_NET_NAME 67u
#define ERROR_SESSION_CREDENTIAL_CONFLICT 1219u

#define USE_NOFORCE 0u
#define USE_FORCE 1u
#define USE_LOTS_OF_FORCE 2u

/* uiN_status */
#define USE_OK 0u

/* uiN_asg_type */
#define USE_WILDCARD UINT32_MAX
#define USE_DISKDEV 0u
#define USE_IPC 3u

/* ui3_flags: do not log on now. */
#define CREATE_NO_CONNECT 0x1u

typedef struct USE_INFO_0 {
    LPWSTR ui0_local;  /* NULL or empty */
    LPWSTR ui0_remote; /* \\server\share */
} USE_INFO_0, *PUSE_INFO_0, *LPUSE_INFO_0;

typedef struct USE_INFO_1 {
    LPWSTR ui1_local;
    LPWSTR ui1_remote;
    LPWSTR ui1_password;
    DWORD ui1_status;
    DWORD ui1_asg_type;
    DWORD ui1_refcount;
    DWORD ui1_usecount; /* how often the program has made the connection */
} USE_INFO_1, *PUSE_INFO_1, *LPUSE_INFO_1;

typedef struct USE_INFO_2 {
    LPWSTR ui2_local;
    LPWSTR ui2_remote;
    LPWSTR ui2_password;
    DWORD ui2_status;
    DWORD ui2_asg_type;
    DWORD ui2_refcount;
    DWORD ui2_usecount;
    LPWSTR ui2_username; /* NULL or empty: the login that a call to the server has without NetUseAdd */
    LPWSTR ui2_domainname;
} USE_INFO_2, *PUSE_INFO_2, *LPUSE_INFO_2;

typedef struct USE_INFO_3 {
    USE_INFO_2 ui3_ui2;
    DWORD ui3_flags;
} USE_INFO_3, *PUSE_INFO_3, *LPUSE_INFO_3;

/*
 * Logs on at a server, checks that the share exists, and uses this login for the later calls of this process to the server.
 *
 * UncServerName  NULL: only this computer can connect
 * Level          0 to 3; a user and a password need level 2 or 3
 * ParmError      receives 0, or PARM_ERROR_UNKNOWN with ERROR_INVALID_PARAMETER; NULL is allowed
 *
 * ERROR_NOT_SUPPORTED      a local device is named, or another computer
 * ERROR_BAD_NET_NAME       the server has no such share, or the remote name is not \\server\share
 * ERROR_SESSION_CREDENTIAL_CONFLICT  the program has set the login of another user for this server: call NetUseDel first
 * ERROR_LOGON_FAILURE, ERROR_BAD_NETPATH and the other codes of a logon; nothing is kept then
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 *
 * The library keeps a copy of the password, and wipes it when the login goes.
 */
NET_API_STATUS NetUseAdd(LPWSTR UncServerName, DWORD Level, LPBYTE Buf, LPDWORD ParmError);

/*
 * Removes a connection. With the last connection to a server that named a user, the login goes, too, unless the program has
 * set the login of another user since.
 *
 * ForceCond  USE_LOTS_OF_FORCE removes it however often it was made; otherwise each NetUseAdd needs a NetUseDel
 *
 * NERR_UseNotFound         the program has no such connection
 * ERROR_BAD_NET_NAME, ERROR_NOT_SUPPORTED, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetUseDel(LPWSTR UncServerName, LPWSTR UseName, DWORD ForceCond);

/*
 * Lists the connections of this process, at level 0, 1 or 2, in one buffer. No level returns a password.
 *
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetUseEnum(LPWSTR UncServerName, DWORD Level, LPBYTE *BufPtr, DWORD PreferedMaximumSize,
                          LPDWORD EntriesRead, LPDWORD TotalEntries, LPDWORD ResumeHandle);

/*
 * Returns a connection of this process, at level 0 to 3.
 *
 * NERR_UseNotFound         the program has no such connection
 * ERROR_BAD_NET_NAME, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetUseGetInfo(LPWSTR UncServerName, LPWSTR UseName, DWORD Level, LPBYTE *BufPtr);

#ifdef __cplusplus
}
#endif

#endif
