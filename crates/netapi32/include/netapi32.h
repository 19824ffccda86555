/*
 * netapi32.h: functions of Windows' netapi32 for Linux and macOS.
 *
 * They have the names, the structures and the answers that they have on Windows, and ask a file server over the network:
 * Windows, Samba, a NAS, or one of netsession's own. Link with -lnetapi32, or load libnetapi32.so (.dylib on macOS).
 *
 *     #include <netapi32.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         NET_API_STATUS status = NetSessionDel(u"\\\\fs1", u"\\\\10.0.0.5", u"alice");
 *         printf("%u\n", (unsigned)status);
 *         return status != NERR_Success;
 *     }
 *
 * Texts are UTF-16 that ends in zero: char16_t, u"text". wchar_t has 32 bits on these systems and is something else.
 *
 * Server names. servername is u"fs1", u"\\\\fs1", u"10.0.0.5", u"[::1]:4450" or u"fs1:4450". NULL and the empty text are the
 * local computer: what NETSESSION_LOCAL=HOST:PORT names, else a `netsession serve` that runs for the same user, else port 445 of
 * this machine.
 *
 * Who is calling. Windows logs on the user who is logged on. Here it is the first of: the login that the program set by
 * netsession_set_login (netsession.h); the environment's (NETSESSION_LOGIN and NETSESSION_PASSWORD, or
 * NETSESSION_AUTHENTICATION_FILE), for the local computer, for the user's running `netsession serve`, and for servers that
 * NETSESSION_SERVERS or the configuration file names; the server's own table in the configuration file; the login that the
 * running `netsession serve` has left; for the local computer, the configuration's [default]. The local computer is the server
 * that NULL reaches: no other port of this machine counts. Without a login the answer is ERROR_ACCESS_DENIED, and
 * NETSESSION_LOG=warn says why on stderr. A program that runs with more rights than its caller (set-user-ID) uses the login that
 * it has set, and no other.
 *
 * Errors. A function returns its status, and leaves it in errno as well: callers that ask for a "last error" find it there.
 * Besides the codes at each function:
 *
 *     ERROR_ACCESS_DENIED        5     no login, or no administrator of the server
 *     ERROR_NOT_ENOUGH_MEMORY    8
 *     ERROR_BAD_NETPATH          53    the server's name is not known, or it cannot be reached
 *     ERROR_NETNAME_DELETED      64    the connection broke, and it is not known what became of the call
 *     ERROR_INVALID_PARAMETER    87    a pointer is NULL that may not be, a name is longer than 1,023 characters
 *     ERROR_SEM_TIMEOUT          121   no answer in time; what was asked may still be carried out
 *     ERROR_CONNECTION_REFUSED   1225  nothing listens there
 *     ERROR_HOST_UNREACHABLE     1232
 *     ERROR_LOGON_FAILURE        1326  wrong user or password
 *     RPC_S_UNKNOWN_IF           1717  the server does not offer these functions
 *     RPC_S_PROTOCOL_ERROR       1728  the answer is forged, damaged or breaks the protocol
 *     RPC_S_PROCNUM_OUT_OF_RANGE 1745  the server does not offer this function
 *     NERR_InternalError         2140  a fault of this library
 *     NERR_InvalidComputer       2351  servername is no server's name
 *
 * A call that ends or closes something is sent once, whatever happens to the connection.
 *
 * Threads. Every function can be called from many threads at once. Connections are kept for the next call; one that has been
 * idle for a minute is closed when the next call is made. After fork() the child makes its own. The library keeps no thread
 * (looking up a host's name takes one for a moment), has no signal handler, and changes nothing of the program's but errno.
 *
 * Buffers. Where a function hands out a buffer, also with ERROR_MORE_DATA, it is the caller's, who frees it by one call of
 * NetApiBufferFree: structures first, then the texts that they point to. No text in an answer is NULL: what a
 * server does not tell is the empty text, and a number that it does not tell is 0.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_NETAPI32_H
#define NETSESSION_NETAPI32_H

#include <stdint.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What the functions return: 0, or one of the codes below. */
typedef uint32_t NET_API_STATUS;

#define NERR_Success 0u
#define ERROR_FILE_NOT_FOUND 2u
#define ERROR_ACCESS_DENIED 5u
#define ERROR_NOT_ENOUGH_MEMORY 8u
#define ERROR_NOT_SUPPORTED 50u
#define ERROR_BAD_NETPATH 53u
#define ERROR_NETNAME_DELETED 64u
#define ERROR_INVALID_PARAMETER 87u
#define ERROR_SEM_TIMEOUT 121u
#define ERROR_INVALID_LEVEL 124u
#define ERROR_MORE_DATA 234u
#define ERROR_CONNECTION_REFUSED 1225u
#define ERROR_HOST_UNREACHABLE 1232u
#define ERROR_LOGON_FAILURE 1326u
#define NERR_BufTooSmall 2123u
#define NERR_InternalError 2140u
#define NERR_UserNotFound 2221u
#define NERR_NetNameNotFound 2310u
#define NERR_DeviceNotShared 2311u
#define NERR_ClientNameNotFound 2312u
#define NERR_FileIdNotFound 2314u
#define NERR_InvalidComputer 2351u

/* As prefmaxlen: everything in one buffer. */
#define MAX_PREFERRED_LENGTH UINT32_MAX

/* ---- Sessions ----------------------------------------------------------------------------------------------------- */

/* sesiN_user_flags */
#define SESS_GUEST 0x00000001u        /* logged on as a guest */
#define SESS_NOENCRYPTION 0x00000002u /* logged on without an encrypted password */

/* Level 0: the client, as the server names it with two backslashes before it: most often its address. */
typedef struct SESSION_INFO_0 {
    char16_t *sesi0_cname;
} SESSION_INFO_0;

/* Level 1. */
typedef struct SESSION_INFO_1 {
    char16_t *sesi1_cname;    /* the client */
    char16_t *sesi1_username; /* the user; empty while a logon is half done */
    uint32_t sesi1_num_opens; /* files, devices and pipes that are open */
    uint32_t sesi1_time;      /* seconds since it was made */
    uint32_t sesi1_idle_time; /* seconds since it was last used */
    uint32_t sesi1_user_flags;
} SESSION_INFO_1;

/* Level 2. */
typedef struct SESSION_INFO_2 {
    char16_t *sesi2_cname;
    char16_t *sesi2_username;
    uint32_t sesi2_num_opens;
    uint32_t sesi2_time;
    uint32_t sesi2_idle_time;
    uint32_t sesi2_user_flags;
    char16_t *sesi2_cltype_name; /* what the client says it is */
} SESSION_INFO_2;

/* Level 10. */
typedef struct SESSION_INFO_10 {
    char16_t *sesi10_cname;
    char16_t *sesi10_username;
    uint32_t sesi10_time;
    uint32_t sesi10_idle_time;
} SESSION_INFO_10;

/* Level 502. */
typedef struct SESSION_INFO_502 {
    char16_t *sesi502_cname;
    char16_t *sesi502_username;
    uint32_t sesi502_num_opens;
    uint32_t sesi502_time;
    uint32_t sesi502_idle_time;
    uint32_t sesi502_user_flags;
    char16_t *sesi502_cltype_name;
    char16_t *sesi502_transport; /* the server's transport */
} SESSION_INFO_502;

/*
 * Ends every session of a user from a client.
 *
 * UncClientName  the client, with two backslashes before it; NULL or empty: from every client
 * username       the user, as the server lists it; NULL or empty: every user
 *
 * NERR_ClientNameNotFound  nothing matches, or UncClientName does not begin with two backslashes
 * ERROR_INVALID_PARAMETER  neither is given, which never means everybody; or a name is longer than 1,023 characters
 * ERROR_ACCESS_DENIED      not an administrator
 *
 * A client in the middle of writing a file gets an error. Nothing stops it from connecting again. Samba ends the whole
 * connection, with all of its users.
 */
NET_API_STATUS NetSessionDel(const char16_t *servername, const char16_t *UncClientName, const char16_t *username);

/*
 * Lists sessions.
 *
 * UncClientName  only those of this client, with two backslashes before it; NULL or empty: of all
 * username       only those of this user; NULL or empty: of all
 * level          0, 1, 2, 10 or 502: what *bufptr is an array of, SESSION_INFO_0 to SESSION_INFO_502
 * bufptr         where the buffer's address goes; NULL is stored where there is none
 * prefmaxlen     how many octets the entries should take; MAX_PREFERRED_LENGTH for all. Servers need not heed it
 * entriesread    how many structures the buffer holds
 * totalentries   how many there are from there on: a hint
 * resume_handle  where to go on: 0 at first, then what was stored. NULL where it is not gone on
 *
 * ERROR_MORE_DATA          the buffer holds a part
 * ERROR_INVALID_LEVEL      another level
 * ERROR_INVALID_PARAMETER  bufptr, entriesread or totalentries is NULL; or a name is longer than 1,023 characters
 * NERR_InvalidComputer     UncClientName does not begin with two backslashes
 * NERR_ClientNameNotFound  no session of that client
 * NERR_UserNotFound        no session of that user
 *
 * A server that lacks a level (Samba has 0 and 1) is asked at the best one it has.
 */
NET_API_STATUS NetSessionEnum(const char16_t *servername, const char16_t *UncClientName, const char16_t *username,
                              uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen, uint32_t *entriesread,
                              uint32_t *totalentries, uint32_t *resume_handle);

/*
 * One session: of a user from a client, both of which must be given.
 *
 * level   0, 1, 2 or 10: what *bufptr is
 *
 * ERROR_INVALID_LEVEL      another level
 * ERROR_INVALID_PARAMETER  a name is NULL, empty or too long, or bufptr is NULL
 * NERR_InvalidComputer     UncClientName does not begin with two backslashes
 * NERR_ClientNameNotFound  no session of that client, or of that user there
 * NERR_UserNotFound        no session of that user
 */
NET_API_STATUS NetSessionGetInfo(const char16_t *servername, const char16_t *UncClientName,
                                 const char16_t *username, uint32_t level, uint8_t **bufptr);

/* ---- Open files --------------------------------------------------------------------------------------------------- */

/* fi3_permissions */
#define PERM_FILE_READ 0x1u
#define PERM_FILE_WRITE 0x2u
#define PERM_FILE_CREATE 0x4u

/* Level 2: the number by which a file is closed. All 32 bits are used. */
typedef struct FILE_INFO_2 {
    uint32_t fi2_id;
} FILE_INFO_2;

/* Level 3. */
typedef struct FILE_INFO_3 {
    uint32_t fi3_id;
    uint32_t fi3_permissions; /* what it was opened for */
    uint32_t fi3_num_locks;
    char16_t *fi3_pathname; /* as the server names it */
    char16_t *fi3_username; /* who opened it */
} FILE_INFO_3;

/*
 * Lists open files.
 *
 * basepath       only files below this path, as the server names it; NULL or empty: all
 * username       only files of this user, or, with two backslashes before it, of this client (not on Samba); NULL or
 *                empty: all
 * level          2 or 3
 * resume_handle  as for NetSessionEnum, but as large as a pointer (PDWORD_PTR): a 32-bit variable is overrun
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 * NERR_BufTooSmall         not even one entry fits into prefmaxlen
 */
NET_API_STATUS NetFileEnum(const char16_t *servername, const char16_t *basepath, const char16_t *username,
                           uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen, uint32_t *entriesread,
                           uint32_t *totalentries, uintptr_t *resume_handle);

/*
 * One open file, at level 2 or 3.
 *
 * ERROR_FILE_NOT_FOUND     no file is open by that number
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetFileGetInfo(const char16_t *servername, uint32_t fileid, uint32_t level, uint8_t **bufptr);

/*
 * Closes an open file. What its user has not written yet is lost.
 *
 * NERR_FileIdNotFound      no file is open by that number
 */
NET_API_STATUS NetFileClose(const char16_t *servername, uint32_t fileid);

/* ---- Connections to shares ---------------------------------------------------------------------------------------- */

/* Level 0: the connection's number. */
typedef struct CONNECTION_INFO_0 {
    uint32_t coni0_id;
} CONNECTION_INFO_0;

/* Level 1. */
typedef struct CONNECTION_INFO_1 {
    uint32_t coni1_id;
    uint32_t coni1_type; /* STYPE_... */
    uint32_t coni1_num_opens;
    uint32_t coni1_num_users;
    uint32_t coni1_time; /* seconds since it was made */
    char16_t *coni1_username;
    char16_t *coni1_netname; /* the client where a share was asked for, and the share where a client was */
} CONNECTION_INFO_1;

/*
 * Lists the connections to a share, or from a client.
 *
 * qualifier      the share's name, or the client with two backslashes before it
 * level          0 or 1
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  qualifier is NULL, empty or too long; or as for NetSessionEnum
 * NERR_NetNameNotFound     no such share
 * ERROR_NOT_SUPPORTED      by client on Samba, which does not tell
 */
NET_API_STATUS NetConnectionEnum(const char16_t *servername, const char16_t *qualifier, uint32_t level,
                                 uint8_t **bufptr, uint32_t prefmaxlen, uint32_t *entriesread,
                                 uint32_t *totalentries, uint32_t *resume_handle);

/* ---- Shares ------------------------------------------------------------------------------------------------------- */

/* shiN_type */
#define STYPE_DISKTREE 0u
#define STYPE_PRINTQ 1u
#define STYPE_DEVICE 2u
#define STYPE_IPC 3u
#define STYPE_TEMPORARY 0x40000000u
#define STYPE_SPECIAL 0x80000000u /* for administration: IPC$, ADMIN$, C$ */

/* shiN_max_uses: no limit. */
#define SHI_USES_UNLIMITED UINT32_MAX

/* Level 0. */
typedef struct SHARE_INFO_0 {
    char16_t *shi0_netname;
} SHARE_INFO_0;

/* Level 1. */
typedef struct SHARE_INFO_1 {
    char16_t *shi1_netname;
    uint32_t shi1_type;
    char16_t *shi1_remark;
} SHARE_INFO_1;

/* Level 2: for administrators. */
typedef struct SHARE_INFO_2 {
    char16_t *shi2_netname;
    uint32_t shi2_type;
    char16_t *shi2_remark;
    uint32_t shi2_permissions; /* not used */
    uint32_t shi2_max_uses;
    uint32_t shi2_current_uses;
    char16_t *shi2_path;   /* the server's own path */
    char16_t *shi2_passwd; /* not used */
} SHARE_INFO_2;

/* Level 502: for administrators. */
typedef struct SHARE_INFO_502 {
    char16_t *shi502_netname;
    uint32_t shi502_type;
    char16_t *shi502_remark;
    uint32_t shi502_permissions;
    uint32_t shi502_max_uses;
    uint32_t shi502_current_uses;
    char16_t *shi502_path;
    char16_t *shi502_passwd;
    uint32_t shi502_reserved;        /* 0 */
    void *shi502_security_descriptor; /* self-relative; NULL where there is none */
} SHARE_INFO_502;

/*
 * Lists shares, at level 0, 1, 2 or 502.
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 */
NET_API_STATUS NetShareEnum(const char16_t *servername, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                            uint32_t *entriesread, uint32_t *totalentries, uint32_t *resume_handle);

/*
 * One share, at level 0, 1, 2 or 502.
 *
 * NERR_NetNameNotFound     no such share
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  netname is NULL, empty or too long, or bufptr is NULL
 */
NET_API_STATUS NetShareGetInfo(const char16_t *servername, const char16_t *netname, uint32_t level,
                               uint8_t **bufptr);

/*
 * Whether a device or folder of the server is shared.
 *
 * device         its path as the server names it, or a volume such as C:
 * type           where the kind of share goes: STYPE_DISKTREE to STYPE_IPC
 *
 * NERR_DeviceNotShared     it is not
 * ERROR_INVALID_PARAMETER  device or type is NULL, or device is empty or too long
 */
NET_API_STATUS NetShareCheck(const char16_t *servername, const char16_t *device, uint32_t *type);

/* ---- The server --------------------------------------------------------------------------------------------------- */

/* svN_platform_id */
#define PLATFORM_ID_DOS 300u
#define PLATFORM_ID_OS2 400u
#define PLATFORM_ID_NT 500u
#define PLATFORM_ID_OSF 600u
#define PLATFORM_ID_VMS 700u

/* svN_version_major: the other bits are flags. */
#define MAJOR_VERSION_MASK 0x0fu

/* sv102_disc: idle sessions are never disconnected. */
#define SV_NODISC (-1)

/* Level 100. */
typedef struct SERVER_INFO_100 {
    uint32_t sv100_platform_id;
    char16_t *sv100_name;
} SERVER_INFO_100;

/* Level 101. */
typedef struct SERVER_INFO_101 {
    uint32_t sv101_platform_id;
    char16_t *sv101_name;
    uint32_t sv101_version_major;
    uint32_t sv101_version_minor;
    uint32_t sv101_type; /* SV_TYPE_... of lmserver.h */
    char16_t *sv101_comment;
} SERVER_INFO_101;

/* Level 102: for administrators on some servers. */
typedef struct SERVER_INFO_102 {
    uint32_t sv102_platform_id;
    char16_t *sv102_name;
    uint32_t sv102_version_major;
    uint32_t sv102_version_minor;
    uint32_t sv102_type;
    char16_t *sv102_comment;
    uint32_t sv102_users;    /* users that can log on */
    int32_t sv102_disc;      /* minutes after which idle sessions are disconnected */
    int32_t sv102_hidden;    /* not 0: hidden from the network's lists */
    uint32_t sv102_announce; /* seconds from one announcement to the next */
    uint32_t sv102_anndelta; /* milliseconds by which that varies */
    uint32_t sv102_licenses; /* not used */
    char16_t *sv102_userpath;
} SERVER_INFO_102;

/* What NetRemoteTOD tells. */
typedef struct TIME_OF_DAY_INFO {
    uint32_t tod_elapsedt; /* seconds since 1970-01-01 00:00:00 UTC */
    uint32_t tod_msecs;    /* milliseconds since the server's system started */
    uint32_t tod_hours;    /* 0 to 23, UTC, as all that follow */
    uint32_t tod_mins;
    uint32_t tod_secs;
    uint32_t tod_hunds;     /* hundredths of a second */
    int32_t tod_timezone;   /* minutes west of Greenwich; -1: not known */
    uint32_t tod_tinterval; /* ten-thousandths of a second from tick to tick */
    uint32_t tod_day;       /* 1 to 31 */
    uint32_t tod_month;     /* 1 to 12 */
    uint32_t tod_year;
    uint32_t tod_weekday; /* 0 is Sunday */
} TIME_OF_DAY_INFO;

/*
 * What the server is, at level 100, 101 or 102.
 *
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetServerGetInfo(const char16_t *servername, uint32_t level, uint8_t **bufptr);

/*
 * The server's clock, as a TIME_OF_DAY_INFO.
 *
 * ERROR_INVALID_PARAMETER  BufferPtr is NULL
 */
NET_API_STATUS NetRemoteTOD(const char16_t *UncServerName, uint8_t **BufferPtr);

/* ---- Buffers ------------------------------------------------------------------------------------------------------ */

/*
 * A buffer of so many octets, all of them 0, for NetApiBufferFree.
 *
 * ERROR_INVALID_PARAMETER  Buffer is NULL
 */
NET_API_STATUS NetApiBufferAllocate(uint32_t ByteCount, void **Buffer);

/*
 * Another size for a buffer: its content is in the new one, as far as that reaches, and the old one is freed. NULL as
 * OldBuffer allocates; 0 as NewByteCount frees, and stores NULL.
 *
 * ERROR_INVALID_PARAMETER  NewBuffer is NULL, or OldBuffer is none of this library's
 * ERROR_NOT_ENOUGH_MEMORY  OldBuffer is as it was
 */
NET_API_STATUS NetApiBufferReallocate(void *OldBuffer, uint32_t NewByteCount, void **NewBuffer);

/*
 * How many octets a buffer has.
 *
 * ERROR_INVALID_PARAMETER  ByteCount is NULL, or Buffer is NULL or none of this library's
 */
NET_API_STATUS NetApiBufferSize(void *Buffer, uint32_t *ByteCount);

/*
 * Frees a buffer, whichever function handed it out. NULL is nothing to free, and no error.
 *
 * ERROR_INVALID_PARAMETER  Buffer is none of this library's
 */
NET_API_STATUS NetApiBufferFree(void *Buffer);

#ifdef __cplusplus
}
#endif

#endif
