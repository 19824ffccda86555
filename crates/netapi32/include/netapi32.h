/*
 * netapi32.h: functions of Windows' netapi32 for Linux and macOS.
 *
 * The functions have the names, structures and return codes of Windows. They send requests to a file server over the
 * network: Windows, Samba, a NAS, or `netsession serve`. Link with -lnetapi32, or load libnetapi32.so (.dylib on macOS).
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
 * Texts end in zero. There are two builds of the library, and this header serves both:
 *
 *   libnetapi32          UTF-16: char16_t and u"text".
 *   libnetapi32-wchar32  wchar_t of 32 bits, and L"text". Define NETAPI32_WCHAR before you include this header, or include
 *                        lm.h or windows.h of this library, which do. pkg-config netapi32-wchar32 has the options.
 *
 * Do not compile with -fshort-wchar: wcscmp, wcslen and the other functions of the C library read 32 bits whatever the compiler
 * says, so that a program compares names wrongly, and ends other sessions than it should.
 *
 * NET_API_CHAR is the type of a character. A build that detects texts of the other width returns
 * ERROR_INVALID_PARAMETER, and NETSESSION_LOG=warn names the other build.
 *
 * Types are those of C, not of windows.h: uint32_t for DWORD, uint8_t * for LPBYTE, const NET_API_CHAR * for LPCWSTR.
 *
 * Server names. servername is u"fs1", u"\\\\fs1", u"10.0.0.5", u"[::1]:4450" or u"fs1:4450". NULL and the empty text mean the
 * local computer: the server that NETSESSION_LOCAL=HOST:PORT names, else a `netsession serve` that runs for the same user,
 * else port 445 of this machine. So do ".", "localhost", "127.0.0.1", "::1" and the name of this computer, all without a port.
 * If several `netsession serve` run, all these names fail with ERROR_BAD_NETPATH: name one with its port.
 *
 * Logins. On Windows a call uses the login of the user who is logged on. Here a call uses the first of these:
 *
 *   1. the login that the program has set with netsession_set_login (netsession.h) or NetUseAdd (netsession/lmuse.h);
 *   2. the login of the environment (NETSESSION_LOGIN and NETSESSION_PASSWORD, or NETSESSION_AUTHENTICATION_FILE), for the
 *      local computer, for the user's running `netsession serve`, and for servers that NETSESSION_SERVERS or the
 *      configuration file names (a table without a port names port 445);
 *   3. the login in the server's own table of the configuration file;
 *   4. the login that the running `netsession serve` has written for its user;
 *   5. for the local computer, the login in [default] of the configuration file;
 *   6. the user's Kerberos ticket, for servers that NETSESSION_SERVERS or the configuration file names.
 *
 * NETSESSION_KERBEROS is required, preferred (the default) or off: whether calls log on with Kerberos or with NTLM.
 *
 * The local computer is the server that NULL reaches; other ports of this machine do not count. Without a login a call
 * returns ERROR_ACCESS_DENIED, and NETSESSION_LOG=warn prints the reason to stderr. A program that runs with more rights
 * than its caller (set-user-ID) uses only the login that it has set itself.
 *
 * Errors. A function returns its code, and sets errno to it, where callers look for a "last error". Besides the codes
 * below each function, every function can return:
 *
 *     ERROR_ACCESS_DENIED        5     no login, or the user is not an administrator of the server
 *     ERROR_NOT_ENOUGH_MEMORY    8     no memory; the server may have carried a change out: list again
 *     ERROR_NOT_READY            21    the thread or the program is ending; nothing was sent
 *     ERROR_BAD_NETPATH          53    the name of the server is unknown, or the server is unreachable
 *     ERROR_NETNAME_DELETED      64    the connection broke, and the outcome of the call is unknown
 *     ERROR_INVALID_PARAMETER    87    a required pointer is NULL, or a name is longer than 1,023 characters
 *     ERROR_SEM_TIMEOUT          121   the server did not answer in time; it may still carry the request out
 *     ERROR_CONNECTION_REFUSED   1225  nothing listens at that address
 *     ERROR_HOST_UNREACHABLE     1232
 *     ERROR_LOGON_FAILURE        1326  wrong user or password
 *     RPC_S_UNKNOWN_IF           1717  the server does not offer these functions
 *     RPC_S_PROTOCOL_ERROR       1728  the response is forged, damaged or violates the protocol
 *     RPC_S_PROCNUM_OUT_OF_RANGE 1745  the server does not offer this function
 *     NERR_InternalError         2140  a fault of this library
 *     NERR_InvalidComputer       2351  servername is not the name of a server
 *
 * A call that ends a session or closes a file sends its request once, even if the connection breaks.
 *
 * Threads. Many threads can call every function at once. The library keeps connections for later calls; the next call
 * closes those that have been idle for a minute. After fork() the child makes connections of its own. The library keeps no
 * thread (a lookup of a host name, or a call from a thread or coroutine with a small stack, uses one for its duration),
 * installs no signal handler, and changes nothing in the program except errno.
 *
 * A thread cannot be cancelled during a call: pthread_cancel() takes effect after it. A call from a destructor of a thread or
 * from atexit() can return ERROR_NOT_READY; the functions for buffers work there, too. dlclose() does not unload the library.
 *
 * Buffers. A function that succeeds, or returns ERROR_MORE_DATA, stores a buffer that the caller frees with one call of
 * NetApiBufferFree, in any thread. The functions refuse a pointer that is not such a buffer, or that is already freed, with
 * ERROR_INVALID_PARAMETER. free() accepts a buffer, too, for programs that call LocalFree or Marshal.FreeHGlobal. On Linux with
 * glibc a buffer is below 2 GiB, unless the program has more than 16,384, and stays readable until some others are freed.
 * The buffer contains the structures, then the texts that they point to. No text in a result is NULL: a text that the server
 * does not send is empty, and a number that it does not send is 0.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_NETAPI32_H
#define NETSESSION_NETAPI32_H

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A character of a text: wchar_t if the program says so, and UTF-16 otherwise. */
#ifdef NETAPI32_WCHAR
#if defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ != 4 && !defined(_WIN32)
#error "wchar_t must have 32 bits, as in the C library: compile without -fshort-wchar, and link with netapi32-wchar32."
#endif
#define NET_API_CHAR wchar_t
#else
#define NET_API_CHAR char16_t
#endif

/* The return type of the functions: 0, or one of the codes below. */
typedef uint32_t NET_API_STATUS;

#define NERR_Success 0u
#define ERROR_FILE_NOT_FOUND 2u
#define ERROR_ACCESS_DENIED 5u
#define ERROR_NOT_ENOUGH_MEMORY 8u
#define ERROR_NOT_READY 21u
#define ERROR_NOT_SUPPORTED 50u
#define ERROR_BAD_NETPATH 53u
#define ERROR_NETNAME_DELETED 64u
#define ERROR_INVALID_PARAMETER 87u
#define ERROR_SEM_TIMEOUT 121u
#define ERROR_INSUFFICIENT_BUFFER 122u
#define ERROR_INVALID_NAME 123u
#define ERROR_INVALID_LEVEL 124u
#define ERROR_MORE_DATA 234u
#define ERROR_CONNECTION_REFUSED 1225u
#define ERROR_HOST_UNREACHABLE 1232u
#define ERROR_LOGON_FAILURE 1326u
#define ERROR_NO_BROWSER_SERVERS_FOUND 6118u
#define NERR_UnknownDevDir 2116u
#define NERR_DuplicateShare 2118u
#define NERR_BufTooSmall 2123u
#define NERR_InternalError 2140u
#define NERR_UserNotFound 2221u
#define NERR_NetNameNotFound 2310u
#define NERR_DeviceNotShared 2311u
#define NERR_ClientNameNotFound 2312u
#define NERR_FileIdNotFound 2314u
#define NERR_InvalidComputer 2351u

/* parm_err: the invalid argument or member is unknown. */
#define PARM_ERROR_UNKNOWN UINT32_MAX

/* prefmaxlen: return everything in one buffer. */
#define MAX_PREFERRED_LENGTH UINT32_MAX

/* ---- Sessions ----------------------------------------------------------------------------------------------------- */

/* sesiN_user_flags */
#define SESS_GUEST 0x00000001u        /* logged on as a guest */
#define SESS_NOENCRYPTION 0x00000002u /* logged on without an encrypted password */

/* Level 0: the client, with two backslashes before it: usually its address. */
typedef struct SESSION_INFO_0 {
    NET_API_CHAR *sesi0_cname;
} SESSION_INFO_0;

/* Level 1. */
typedef struct SESSION_INFO_1 {
    NET_API_CHAR *sesi1_cname;    /* the client */
    NET_API_CHAR *sesi1_username; /* the user; empty until the logon is complete */
    uint32_t sesi1_num_opens; /* the number of open files, devices and pipes */
    uint32_t sesi1_time;      /* seconds since the session began */
    uint32_t sesi1_idle_time; /* seconds since the client last used it */
    uint32_t sesi1_user_flags;
} SESSION_INFO_1;

/* Level 2. */
typedef struct SESSION_INFO_2 {
    NET_API_CHAR *sesi2_cname;
    NET_API_CHAR *sesi2_username;
    uint32_t sesi2_num_opens;
    uint32_t sesi2_time;
    uint32_t sesi2_idle_time;
    uint32_t sesi2_user_flags;
    NET_API_CHAR *sesi2_cltype_name; /* the type of the client, as the client reports it */
} SESSION_INFO_2;

/* Level 10. */
typedef struct SESSION_INFO_10 {
    NET_API_CHAR *sesi10_cname;
    NET_API_CHAR *sesi10_username;
    uint32_t sesi10_time;
    uint32_t sesi10_idle_time;
} SESSION_INFO_10;

/* Level 502. */
typedef struct SESSION_INFO_502 {
    NET_API_CHAR *sesi502_cname;
    NET_API_CHAR *sesi502_username;
    uint32_t sesi502_num_opens;
    uint32_t sesi502_time;
    uint32_t sesi502_idle_time;
    uint32_t sesi502_user_flags;
    NET_API_CHAR *sesi502_cltype_name;
    NET_API_CHAR *sesi502_transport; /* the server's transport */
} SESSION_INFO_502;

/*
 * Ends every session of a user from a client.
 *
 * UncClientName  the client, with two backslashes before it; NULL or empty for every client of the user
 * username       the user, as the server lists it; NULL for every user of the client
 *
 * NERR_ClientNameNotFound  no session matches, or UncClientName does not begin with two backslashes
 * ERROR_INVALID_PARAMETER  both names are NULL or empty, which never selects everybody; username is empty beside a
 *                          client; or a name is longer than 1,023 characters
 * ERROR_ACCESS_DENIED      the user is not an administrator
 *
 * An empty username is not NULL here: NetSessionEnum lists an unfinished logon with an empty user, and the pair of its names
 * would end everybody's sessions from that client.
 *
 * A client that is writing a file gets an error. Nothing stops the client from connecting again. Samba ends the whole
 * connection, with all users on it.
 */
NET_API_STATUS NetSessionDel(const NET_API_CHAR *servername, const NET_API_CHAR *UncClientName,
                             const NET_API_CHAR *username);

/*
 * Lists sessions.
 *
 * UncClientName  lists only sessions of this client, with two backslashes before it; NULL or empty for all
 * username       lists only sessions of this user; NULL or empty for all
 * level          0, 1, 2, 10 or 502: *bufptr becomes an array of SESSION_INFO_0 to SESSION_INFO_502
 * bufptr         receives the buffer; NULL on failure
 * prefmaxlen     the preferred size of the entries, in octets; MAX_PREFERRED_LENGTH for all. Servers may ignore it
 * entriesread    receives the number of structures in the buffer
 * totalentries   receives the number of entries from here on: a hint
 * resume_handle  0 in the first call, then the value that the previous call stored. NULL to read only one part
 *
 * ERROR_MORE_DATA          the buffer holds a part; call again for the rest
 * ERROR_INVALID_LEVEL      the function does not have this level
 * ERROR_INVALID_PARAMETER  bufptr, entriesread or totalentries is NULL; or a name is longer than 1,023 characters
 * NERR_InvalidComputer     UncClientName does not begin with two backslashes
 * NERR_ClientNameNotFound  the client has no session
 * NERR_UserNotFound        the user has no session
 *
 * If a server lacks a level (Samba has only 0 and 1), the library requests the best level that the server has.
 */
NET_API_STATUS NetSessionEnum(const NET_API_CHAR *servername, const NET_API_CHAR *UncClientName,
                              const NET_API_CHAR *username, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                              uint32_t *entriesread, uint32_t *totalentries, uint32_t *resume_handle);

/*
 * Returns one session, of a user from a client. Both names are required.
 *
 * level   0, 1, 2 or 10: *bufptr becomes SESSION_INFO_0 to SESSION_INFO_10
 *
 * ERROR_INVALID_LEVEL      the function does not have this level
 * ERROR_INVALID_PARAMETER  a name is NULL, empty or too long, or bufptr is NULL
 * NERR_InvalidComputer     UncClientName does not begin with two backslashes
 * NERR_ClientNameNotFound  the client has no session, or none of that user
 * NERR_UserNotFound        the user has no session
 */
NET_API_STATUS NetSessionGetInfo(const NET_API_CHAR *servername, const NET_API_CHAR *UncClientName,
                                 const NET_API_CHAR *username, uint32_t level, uint8_t **bufptr);

/* ---- Open files --------------------------------------------------------------------------------------------------- */

/* fi3_permissions */
#define PERM_FILE_READ 0x1u
#define PERM_FILE_WRITE 0x2u
#define PERM_FILE_CREATE 0x4u

/* Level 2: the number that closes the file. All 32 bits are significant. */
typedef struct FILE_INFO_2 {
    uint32_t fi2_id;
} FILE_INFO_2;

/* Level 3. */
typedef struct FILE_INFO_3 {
    uint32_t fi3_id;
    uint32_t fi3_permissions; /* the access that it was opened with */
    uint32_t fi3_num_locks;
    NET_API_CHAR *fi3_pathname; /* the server's own path */
    NET_API_CHAR *fi3_username; /* the user who opened it */
} FILE_INFO_3;

/*
 * Lists open files.
 *
 * basepath       lists only files below this path, which is the server's own; NULL or empty for all
 * username       lists only files of this user, or, with two backslashes before it, of this client (not on Samba); NULL
 *                or empty for all
 * level          2 or 3
 * resume_handle  as for NetSessionEnum. Windows declares it as large as a pointer (PDWORD_PTR); the call reads and writes only
 *                its first 4 bytes, so that a variable of 32 bits is enough
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 * NERR_BufTooSmall         prefmaxlen is too small for one entry
 */
NET_API_STATUS NetFileEnum(const NET_API_CHAR *servername, const NET_API_CHAR *basepath, const NET_API_CHAR *username,
                           uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen, uint32_t *entriesread,
                           uint32_t *totalentries, uintptr_t *resume_handle);

/*
 * Returns one open file, at level 2 or 3.
 *
 * ERROR_FILE_NOT_FOUND     no open file has that number
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetFileGetInfo(const NET_API_CHAR *servername, uint32_t fileid, uint32_t level, uint8_t **bufptr);

/*
 * Closes an open file. The user loses what the client has not written yet.
 *
 * NERR_FileIdNotFound      no open file has that number
 */
NET_API_STATUS NetFileClose(const NET_API_CHAR *servername, uint32_t fileid);

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
    uint32_t coni1_time; /* seconds since the client connected */
    NET_API_CHAR *coni1_username;
    NET_API_CHAR *coni1_netname; /* the client, in a list of a share; the share, in a list of a client */
} CONNECTION_INFO_1;

/*
 * Lists the connections to a share, or from a client.
 *
 * qualifier      the name of the share, or the client with two backslashes before it
 * level          0 or 1
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  qualifier is NULL, empty or too long; or as for NetSessionEnum
 * NERR_NetNameNotFound     the share does not exist
 * ERROR_NOT_SUPPORTED      Samba does not list the connections of a client
 */
NET_API_STATUS NetConnectionEnum(const NET_API_CHAR *servername, const NET_API_CHAR *qualifier, uint32_t level,
                                 uint8_t **bufptr, uint32_t prefmaxlen, uint32_t *entriesread, uint32_t *totalentries,
                                 uint32_t *resume_handle);

/* ---- Shares ------------------------------------------------------------------------------------------------------- */

/* shiN_type */
#define STYPE_DISKTREE 0u
#define STYPE_PRINTQ 1u
#define STYPE_DEVICE 2u
#define STYPE_IPC 3u
#define STYPE_MASK 0xFFu /* the bits of the four above */
#define STYPE_TEMPORARY 0x40000000u
#define STYPE_SPECIAL 0x80000000u /* for administrators: IPC$, ADMIN$, C$ */

/* shiN_max_uses: no limit. */
#define SHI_USES_UNLIMITED UINT32_MAX

/* Level 0. */
typedef struct SHARE_INFO_0 {
    NET_API_CHAR *shi0_netname;
} SHARE_INFO_0;

/* Level 1. */
typedef struct SHARE_INFO_1 {
    NET_API_CHAR *shi1_netname;
    uint32_t shi1_type;
    NET_API_CHAR *shi1_remark;
} SHARE_INFO_1;

/* Level 2: for administrators. */
typedef struct SHARE_INFO_2 {
    NET_API_CHAR *shi2_netname;
    uint32_t shi2_type;
    NET_API_CHAR *shi2_remark;
    uint32_t shi2_permissions; /* not used */
    uint32_t shi2_max_uses;
    uint32_t shi2_current_uses;
    NET_API_CHAR *shi2_path;   /* the server's own path */
    NET_API_CHAR *shi2_passwd; /* not used */
} SHARE_INFO_2;

/* shi501_flags, shi1005_flags */
#define SHI1005_FLAGS_DFS 0x0001u
#define SHI1005_FLAGS_DFS_ROOT 0x0002u
#define CSC_MASK 0x0030u
#define CSC_CACHE_MANUAL_REINT 0x0000u
#define CSC_CACHE_AUTO_REINT 0x0010u
#define CSC_CACHE_VDO 0x0020u
#define CSC_CACHE_NONE 0x0030u
#define SHI1005_FLAGS_RESTRICT_EXCLUSIVE_OPENS 0x0100u
#define SHI1005_FLAGS_FORCE_SHARED_DELETE 0x0200u
#define SHI1005_FLAGS_ALLOW_NAMESPACE_CACHING 0x0400u
#define SHI1005_FLAGS_ACCESS_BASED_DIRECTORY_ENUM 0x0800u
#define SHI1005_FLAGS_FORCE_LEVELII_OPLOCK 0x1000u
#define SHI1005_FLAGS_ENABLE_HASH 0x2000u
#define SHI1005_FLAGS_ENABLE_CA 0x4000u
#define SHI1005_FLAGS_ENCRYPT_DATA 0x8000u
#define SHI1005_FLAGS_COMPRESS_DATA 0x00100000u

/* Level 501. */
typedef struct SHARE_INFO_501 {
    NET_API_CHAR *shi501_netname;
    uint32_t shi501_type;
    NET_API_CHAR *shi501_remark;
    uint32_t shi501_flags;
} SHARE_INFO_501;

/* Level 502: for administrators. */
typedef struct SHARE_INFO_502 {
    NET_API_CHAR *shi502_netname;
    uint32_t shi502_type;
    NET_API_CHAR *shi502_remark;
    uint32_t shi502_permissions;
    uint32_t shi502_max_uses;
    uint32_t shi502_current_uses;
    NET_API_CHAR *shi502_path;
    NET_API_CHAR *shi502_passwd;
    uint32_t shi502_reserved;        /* 0 */
    void *shi502_security_descriptor; /* self-relative; NULL if the share has none */
} SHARE_INFO_502;

/* Level 503: for administrators. */
typedef struct SHARE_INFO_503 {
    NET_API_CHAR *shi503_netname;
    uint32_t shi503_type;
    NET_API_CHAR *shi503_remark;
    uint32_t shi503_permissions;
    uint32_t shi503_max_uses;
    uint32_t shi503_current_uses;
    NET_API_CHAR *shi503_path;
    NET_API_CHAR *shi503_passwd;
    NET_API_CHAR *shi503_servername; /* the name of the server that has the share; "*" for every name */
    uint32_t shi503_reserved;
    void *shi503_security_descriptor;
} SHARE_INFO_503;

/* Level 1004: the comment. */
typedef struct SHARE_INFO_1004 {
    NET_API_CHAR *shi1004_remark;
} SHARE_INFO_1004;

/* Level 1005. */
typedef struct SHARE_INFO_1005 {
    uint32_t shi1005_flags;
} SHARE_INFO_1005;

/* Level 1006: the limit. */
typedef struct SHARE_INFO_1006 {
    uint32_t shi1006_max_uses;
} SHARE_INFO_1006;

/* Level 1501: for administrators. */
typedef struct SHARE_INFO_1501 {
    uint32_t shi1501_reserved; /* 0 */
    void *shi1501_security_descriptor;
} SHARE_INFO_1501;

/*
 * Lists shares, at level 0, 1, 2, 501, 502 or 503.
 *
 * ERROR_NOT_SUPPORTED      the server does not have level 503 (Samba)
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 */
NET_API_STATUS NetShareEnum(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                            uint32_t *entriesread, uint32_t *totalentries, uint32_t *resume_handle);

/*
 * Returns one share, at level 0, 1, 2, 501, 502, 503, 1005 or 1501.
 *
 * ERROR_NOT_SUPPORTED      the server does not have level 503 or 1005
 * NERR_NetNameNotFound     the share does not exist
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  netname is NULL, empty or too long, or bufptr is NULL
 */
NET_API_STATUS NetShareGetInfo(const NET_API_CHAR *servername, const NET_API_CHAR *netname, uint32_t level,
                               uint8_t **bufptr);

/*
 * Shares a folder of the server, for administrators. The structure stays the caller's. `netsession serve` forgets the share
 * when it stops, with STYPE_TEMPORARY or without.
 *
 * level     2, 502 or 503: buf points to a SHARE_INFO_2 to SHARE_INFO_503
 * parm_err  receives 0, or PARM_ERROR_UNKNOWN with ERROR_INVALID_PARAMETER; NULL is allowed
 *
 * NERR_DuplicateShare      the name is taken
 * NERR_UnknownDevDir       the folder does not exist, as that of ADMIN$ at `netsession serve`
 * ERROR_ACCESS_DENIED      the user is not an administrator, or the server does not share that folder: `netsession serve` shares
 *                          only folders below those of --allow-shares-in
 * ERROR_NOT_SUPPORTED      the server does not keep security descriptors of shares, as `netsession serve`; or the descriptor is absolute:
 *                          the library sends self-relative ones
 * ERROR_INVALID_NAME, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetShareAdd(const NET_API_CHAR *servername, uint32_t level, uint8_t *buf, uint32_t *parm_err);

/*
 * Stops sharing a folder, for administrators, and disconnects everybody from the share. The server closes the files that are open there.
 *
 * reserved  0
 *
 * NERR_NetNameNotFound     the share does not exist
 * ERROR_INVALID_PARAMETER  netname is NULL, empty or too long
 */
NET_API_STATUS NetShareDel(const NET_API_CHAR *servername, const NET_API_CHAR *netname, uint32_t reserved);

/*
 * Stops sharing a folder of one of the server's names, as NetShareDel does.
 *
 * level  503: buf points to a SHARE_INFO_503, of which only shi503_netname and shi503_servername count; NULL, "" and "*" are the
 *        server's default name
 *
 * ERROR_NOT_SUPPORTED      the server does not have this call
 * NERR_NetNameNotFound     the share does not exist, or belongs to another name of the server
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  buf is NULL, or the name is NULL, empty or too long
 */
NET_API_STATUS NetShareDelEx(const NET_API_CHAR *servername, uint32_t level, uint8_t *buf);

/*
 * Changes a share, for administrators. The structure stays the caller's. Connections to the share stay.
 *
 * level     1 or 1004: the comment; 1006: the limit; 2, 502, 503: both; 1005: the properties; 1501: the permissions
 * parm_err  receives 0, or PARM_ERROR_UNKNOWN with ERROR_INVALID_PARAMETER; NULL is allowed
 *
 * NERR_NetNameNotFound     the share does not exist
 * ERROR_ACCESS_DENIED      the user is not an administrator, or the server does not let administrators change this share
 * ERROR_NOT_SUPPORTED      the server does not have these properties, or not this security descriptor, as `netsession serve`; or the
 *                          descriptor is absolute: the library sends self-relative ones
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  netname is NULL, empty or too long, buf is NULL, or a member is wrong
 */
NET_API_STATUS NetShareSetInfo(const NET_API_CHAR *servername, const NET_API_CHAR *netname, uint32_t level, uint8_t *buf,
                               uint32_t *parm_err);

/*
 * Returns whether the server shares a device or folder.
 *
 * device         the server's own path, or a volume such as C:
 * type           receives the type of the share: STYPE_DISKTREE to STYPE_IPC
 *
 * NERR_DeviceNotShared     no share has this path
 * ERROR_INVALID_PARAMETER  device or type is NULL, or device is empty or too long
 */
NET_API_STATUS NetShareCheck(const NET_API_CHAR *servername, const NET_API_CHAR *device, uint32_t *type);

/* ---- The server --------------------------------------------------------------------------------------------------- */

/* svN_platform_id */
#define PLATFORM_ID_DOS 300u
#define PLATFORM_ID_OS2 400u
#define PLATFORM_ID_NT 500u
#define PLATFORM_ID_OSF 600u
#define PLATFORM_ID_VMS 700u

/* svN_version_major: the other bits are flags. */
#define MAJOR_VERSION_MASK 0x0fu

/* sv102_disc: the server never disconnects idle sessions. */
#define SV_NODISC (-1)

/* Level 100. */
typedef struct SERVER_INFO_100 {
    uint32_t sv100_platform_id;
    NET_API_CHAR *sv100_name;
} SERVER_INFO_100;

/* Level 101. */
typedef struct SERVER_INFO_101 {
    uint32_t sv101_platform_id;
    NET_API_CHAR *sv101_name;
    uint32_t sv101_version_major;
    uint32_t sv101_version_minor;
    uint32_t sv101_type; /* SV_TYPE_... of lmserver.h */
    NET_API_CHAR *sv101_comment;
} SERVER_INFO_101;

/* Level 102: for administrators on some servers. */
typedef struct SERVER_INFO_102 {
    uint32_t sv102_platform_id;
    NET_API_CHAR *sv102_name;
    uint32_t sv102_version_major;
    uint32_t sv102_version_minor;
    uint32_t sv102_type;
    NET_API_CHAR *sv102_comment;
    uint32_t sv102_users;    /* the most users who can log on at once */
    int32_t sv102_disc;      /* minutes after which the server disconnects an idle session */
    int32_t sv102_hidden;    /* not 0 if the network's lists hide the server */
    uint32_t sv102_announce; /* seconds between two announcements */
    uint32_t sv102_anndelta; /* the variation of that interval, in milliseconds */
    uint32_t sv102_licenses; /* not used */
    NET_API_CHAR *sv102_userpath;
} SERVER_INFO_102;

/* Level 502: the limits, for administrators. Most have meant nothing since SMB 2. */
typedef struct SERVER_INFO_502 {
    uint32_t sv502_sessopens; /* the most open files in one session */
    uint32_t sv502_sessvcs; /* the sessions for each client */
    uint32_t sv502_opensearch; /* the most searches at the same time */
    uint32_t sv502_sizreqbuf; /* the octets in each of the server's buffers */
    uint32_t sv502_initworkitems; /* work items at the start */
    uint32_t sv502_maxworkitems; /* the most work items */
    uint32_t sv502_rawworkitems; /* work items for raw transfers */
    uint32_t sv502_irpstacksize; /* stack locations in an I/O request packet */
    uint32_t sv502_maxrawbuflen; /* the octets of a raw transfer */
    uint32_t sv502_sessusers; /* users on one connection */
    uint32_t sv502_sessconns; /* connections to shares in one session */
    uint32_t sv502_maxpagedmemoryusage; /* the most pageable memory, in octets */
    uint32_t sv502_maxnonpagedmemoryusage; /* the most memory that is not pageable, in octets */
    int32_t sv502_enablesoftcompat; /* not 0 if soft compatibility is on */
    int32_t sv502_enableforcedlogoff; /* not 0 if the server disconnects a client when its hours are over */
    int32_t sv502_timesource; /* not 0 if the server is a reliable source of time */
    int32_t sv502_acceptdownlevelapis; /* not 0 if the server accepts calls of older clients */
    int32_t sv502_lmannounce; /* not 0 if the server announces itself to LAN Manager clients */
} SERVER_INFO_502;

/* Level 1005: the comment. */
typedef struct SERVER_INFO_1005 {
    NET_API_CHAR *sv1005_comment;
} SERVER_INFO_1005;

/* Level 1010. */
typedef struct SERVER_INFO_1010 {
    int32_t sv1010_disc; /* as sv102_disc */
} SERVER_INFO_1010;

/* Level 1016. */
typedef struct SERVER_INFO_1016 {
    int32_t sv1016_hidden;
} SERVER_INFO_1016;

/* Level 1017. */
typedef struct SERVER_INFO_1017 {
    uint32_t sv1017_announce;
} SERVER_INFO_1017;

/* Level 1018. */
typedef struct SERVER_INFO_1018 {
    uint32_t sv1018_anndelta;
} SERVER_INFO_1018;

/* Level 1107. */
typedef struct SERVER_INFO_1107 {
    uint32_t sv1107_users;
} SERVER_INFO_1107;

/* The result of NetRemoteTOD. */
typedef struct TIME_OF_DAY_INFO {
    uint32_t tod_elapsedt; /* seconds since 1970-01-01 00:00:00 UTC */
    uint32_t tod_msecs;    /* milliseconds since the server's system started */
    uint32_t tod_hours;    /* 0 to 23, in UTC, like all that follow */
    uint32_t tod_mins;
    uint32_t tod_secs;
    uint32_t tod_hunds;     /* hundredths of a second */
    int32_t tod_timezone;   /* minutes west of Greenwich; -1 if unknown */
    uint32_t tod_tinterval; /* the length of a clock tick, in ten-thousandths of a second */
    uint32_t tod_day;       /* 1 to 31 */
    uint32_t tod_month;     /* 1 to 12 */
    uint32_t tod_year;
    uint32_t tod_weekday; /* 0 is Sunday */
} TIME_OF_DAY_INFO;

/*
 * Returns the server's description of itself, at level 100, 101, 102 or 502.
 *
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetServerGetInfo(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr);

/*
 * Changes the server, for administrators. The structure stays the caller's. To change one value at level 102 or 502, read the
 * structure at the same level first.
 *
 * level      101 or 1005: the comment; 102: comment, limits and announcements; 502: the limits; 1010, 1016, 1017, 1018, 1107:
 *            one value
 * ParmError  receives 0, or PARM_ERROR_UNKNOWN with ERROR_INVALID_PARAMETER; NULL is allowed
 *
 * `netsession serve` changes its comment until it stops, and no other value. The library reads the server afterwards, because
 * Samba returns success and changes nothing.
 *
 * ERROR_ACCESS_DENIED      the user is not an administrator
 * ERROR_NOT_SUPPORTED      the server cannot change the value, or did not change it (Samba)
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  buf is NULL, or a member is wrong
 */
NET_API_STATUS NetServerSetInfo(const NET_API_CHAR *servername, uint32_t level, uint8_t *buf, uint32_t *ParmError);

/* Level 0. */
typedef struct SERVER_TRANSPORT_INFO_0 {
    uint32_t svti0_numberofvcs; /* the number of clients */
    NET_API_CHAR *svti0_transportname;
    uint8_t *svti0_transportaddress; /* octets, not a text */
    uint32_t svti0_transportaddresslength;
    NET_API_CHAR *svti0_networkaddress;
} SERVER_TRANSPORT_INFO_0;

/* Level 1. */
typedef struct SERVER_TRANSPORT_INFO_1 {
    uint32_t svti1_numberofvcs; /* the number of clients */
    NET_API_CHAR *svti1_transportname;
    uint8_t *svti1_transportaddress; /* octets, not a text */
    uint32_t svti1_transportaddresslength;
    NET_API_CHAR *svti1_networkaddress;
    NET_API_CHAR *svti1_domain;
} SERVER_TRANSPORT_INFO_1;

/* Level 2. */
typedef struct SERVER_TRANSPORT_INFO_2 {
    uint32_t svti2_numberofvcs; /* the number of clients */
    NET_API_CHAR *svti2_transportname;
    uint8_t *svti2_transportaddress; /* octets, not a text */
    uint32_t svti2_transportaddresslength;
    NET_API_CHAR *svti2_networkaddress;
    NET_API_CHAR *svti2_domain;
    uint32_t svti2_flags;
} SERVER_TRANSPORT_INFO_2;

/*
 * Lists the drives of the server, for administrators. *bufptr becomes texts such as C:, each with its zero, one after the other, and
 * an empty text at the end; entriesread does not count that one.
 *
 * level  0
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 */
NET_API_STATUS NetServerDiskEnum(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                                 uint32_t *entriesread, uint32_t *totalentries, uint32_t *resume_handle);

/*
 * Lists the transports by which clients reach the server, at level 0, 1 or 2, for administrators.
 *
 * ERROR_NOT_SUPPORTED      the server does not have this call (Samba)
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 */
NET_API_STATUS NetServerTransportEnum(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr,
                                      uint32_t prefmaxlen, uint32_t *entriesread, uint32_t *totalentries,
                                      uint32_t *resume_handle);

/*
 * Lists the servers that the configuration file of netsession names, at level 100 or 101. It asks no server, so that the versions are 0.
 *
 * servername     NULL: the list is that of this computer
 * prefmaxlen     the buffer has all servers, whatever this says
 * servertype     SV_TYPE_... of lmserver.h: without SV_TYPE_SERVER (0x2) the list is empty
 * domain         a group of the configuration file; NULL or empty for every server of the file
 * resume_handle  NULL or 0
 *
 * ERROR_NO_BROWSER_SERVERS_FOUND  the file names no server, or has no such group
 * ERROR_NOT_SUPPORTED      servername is another computer
 * ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER
 */
NET_API_STATUS NetServerEnum(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                             uint32_t *entriesread, uint32_t *totalentries, uint32_t servertype,
                             const NET_API_CHAR *domain, uint32_t *resume_handle);

/*
 * Returns the server's time, as a TIME_OF_DAY_INFO.
 *
 * ERROR_INVALID_PARAMETER  BufferPtr is NULL
 */
NET_API_STATUS NetRemoteTOD(const NET_API_CHAR *UncServerName, uint8_t **BufferPtr);

/* ---- Computer ----------------------------------------------------------------------------------------------------- */

/* Level 100. */
typedef struct WKSTA_INFO_100 {
    uint32_t wki100_platform_id; /* PLATFORM_ID_NT and others */
    NET_API_CHAR *wki100_computername;
    NET_API_CHAR *wki100_langroup; /* the domain or workgroup */
    uint32_t wki100_ver_major;
    uint32_t wki100_ver_minor;
} WKSTA_INFO_100;

/* Level 101. */
typedef struct WKSTA_INFO_101 {
    uint32_t wki101_platform_id;
    NET_API_CHAR *wki101_computername;
    NET_API_CHAR *wki101_langroup;
    uint32_t wki101_ver_major;
    uint32_t wki101_ver_minor;
    NET_API_CHAR *wki101_lanroot; /* not used */
} WKSTA_INFO_101;

/* Level 102: for administrators. */
typedef struct WKSTA_INFO_102 {
    uint32_t wki102_platform_id;
    NET_API_CHAR *wki102_computername;
    NET_API_CHAR *wki102_langroup;
    uint32_t wki102_ver_major;
    uint32_t wki102_ver_minor;
    NET_API_CHAR *wki102_lanroot;
    uint32_t wki102_logged_on_users;
} WKSTA_INFO_102;

/* Level 0. */
typedef struct WKSTA_USER_INFO_0 {
    NET_API_CHAR *wkui0_username;
} WKSTA_USER_INFO_0;

/* Level 1. */
typedef struct WKSTA_USER_INFO_1 {
    NET_API_CHAR *wkui1_username;
    NET_API_CHAR *wkui1_logon_domain;
    NET_API_CHAR *wkui1_oth_domains;
    NET_API_CHAR *wkui1_logon_server;
} WKSTA_USER_INFO_1;

/* Whether a computer is in a domain. */
typedef enum NETSETUP_JOIN_STATUS {
    NetSetupUnknownStatus = 0,
    NetSetupUnjoined,
    NetSetupWorkgroupName,
    NetSetupDomainName
} NETSETUP_JOIN_STATUS;

/*
 * Returns the name, the version and the domain of a computer, at level 100, 101 or 102.
 *
 * ERROR_ACCESS_DENIED      level 102, and the user is not an administrator
 * ERROR_INVALID_LEVEL
 * ERROR_INVALID_PARAMETER  bufptr is NULL
 */
NET_API_STATUS NetWkstaGetInfo(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr);

/*
 * Lists the users who are logged on at a computer, at level 0 or 1, for administrators. `netsession serve` returns the users who
 * have a session.
 *
 * ERROR_MORE_DATA, ERROR_INVALID_LEVEL, ERROR_INVALID_PARAMETER as for NetSessionEnum
 */
NET_API_STATUS NetWkstaUserEnum(const NET_API_CHAR *servername, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
                                uint32_t *entriesread, uint32_t *totalentries, uint32_t *resumehandle);

/*
 * Returns the name of a computer's domain or workgroup. Free lpNameBuffer with NetApiBufferFree.
 *
 * BufferType  receives NetSetupWorkgroupName or NetSetupDomainName
 *
 * ERROR_NOT_SUPPORTED      the server does not have this call (Samba)
 * ERROR_INVALID_PARAMETER  lpNameBuffer or BufferType is NULL
 */
NET_API_STATUS NetGetJoinInformation(const NET_API_CHAR *lpServer, NET_API_CHAR **lpNameBuffer,
                                     NETSETUP_JOIN_STATUS *BufferType);

/* ---- Buffers ------------------------------------------------------------------------------------------------------ */

/*
 * Allocates a buffer of ByteCount octets, all of them 0. Free it with NetApiBufferFree.
 *
 * ERROR_INVALID_PARAMETER  Buffer is NULL
 */
NET_API_STATUS NetApiBufferAllocate(uint32_t ByteCount, void **Buffer);

/*
 * Changes the size of a buffer: copies the content to a new buffer, as much as fits, and frees the old one. If OldBuffer
 * is NULL, it allocates; if NewByteCount is 0, it frees the buffer and stores NULL.
 *
 * ERROR_INVALID_PARAMETER  NewBuffer is NULL, or OldBuffer is not a buffer of this library
 * ERROR_NOT_ENOUGH_MEMORY  OldBuffer is unchanged
 */
NET_API_STATUS NetApiBufferReallocate(void *OldBuffer, uint32_t NewByteCount, void **NewBuffer);

/*
 * Returns the size of a buffer, in octets.
 *
 * ERROR_INVALID_PARAMETER  ByteCount is NULL, or Buffer is NULL or not a buffer of this library
 */
NET_API_STATUS NetApiBufferSize(void *Buffer, uint32_t *ByteCount);

/*
 * Frees a buffer that any function of this library returned. NULL is allowed, and does nothing.
 *
 * ERROR_INVALID_PARAMETER  Buffer is not a buffer of this library
 */
NET_API_STATUS NetApiBufferFree(void *Buffer);

#ifdef __cplusplus
}
#endif

#endif
