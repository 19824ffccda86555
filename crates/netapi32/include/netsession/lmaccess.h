/*
 * lmaccess.h: users, groups and permissions, for sources that declare them.
 *
 * The library has the names only: each function returns ERROR_NOT_SUPPORTED (50), stores NULL and 0 where it would store a result,
 * and says so once in the log (NETSESSION_LOG=warn).
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMACCESS_H
#define NETSESSION_LMACCESS_H

#include "lmcons.h"

#ifdef __cplusplus
extern "C" {
#endif

NET_API_STATUS NetAccessAdd(LPCWSTR servername, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetAccessDel(LPCWSTR servername, LPCWSTR resource);
NET_API_STATUS NetAccessEnum(LPCWSTR servername, LPCWSTR basepath, DWORD recursive, DWORD level, LPBYTE *bufptr,
                             DWORD prefmaxlen, LPDWORD entriesread, LPDWORD totalentries, LPDWORD resume_handle);
NET_API_STATUS NetAccessGetInfo(LPCWSTR servername, LPCWSTR resource, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetAccessGetUserPerms(LPCWSTR servername, LPCWSTR ugname, LPCWSTR resource, LPDWORD perms);
NET_API_STATUS NetAccessSetInfo(LPCWSTR servername, LPCWSTR resource, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetGetAnyDCName(LPCWSTR servername, LPCWSTR domainname, LPBYTE *bufptr);
NET_API_STATUS NetGetDCName(LPCWSTR servername, LPCWSTR domainname, LPBYTE *bufptr);
NET_API_STATUS NetGetDisplayInformationIndex(LPCWSTR servername, DWORD level, LPCWSTR prefix, LPDWORD index);
NET_API_STATUS NetGroupAdd(LPCWSTR servername, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetGroupAddUser(LPCWSTR servername, LPCWSTR groupname, LPCWSTR username);
NET_API_STATUS NetGroupDel(LPCWSTR servername, LPCWSTR groupname);
NET_API_STATUS NetGroupDelUser(LPCWSTR servername, LPCWSTR groupname, LPCWSTR username);
NET_API_STATUS NetGroupEnum(LPCWSTR servername, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen, LPDWORD entriesread,
                            LPDWORD totalentries, PDWORD_PTR resume_handle);
NET_API_STATUS NetGroupGetInfo(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetGroupGetUsers(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen,
                                LPDWORD entriesread, LPDWORD totalentries, PDWORD_PTR resumehandle);
NET_API_STATUS NetGroupSetInfo(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetGroupSetUsers(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf, DWORD totalentries);
NET_API_STATUS NetLocalGroupAdd(LPCWSTR servername, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetLocalGroupAddMember(LPCWSTR servername, LPCWSTR groupname, LPVOID membersid);
NET_API_STATUS NetLocalGroupAddMembers(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf,
                                       DWORD totalentries);
NET_API_STATUS NetLocalGroupDel(LPCWSTR servername, LPCWSTR groupname);
NET_API_STATUS NetLocalGroupDelMember(LPCWSTR servername, LPCWSTR groupname, LPVOID membersid);
NET_API_STATUS NetLocalGroupDelMembers(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf,
                                       DWORD totalentries);
NET_API_STATUS NetLocalGroupEnum(LPCWSTR servername, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen, LPDWORD entriesread,
                                 LPDWORD totalentries, PDWORD_PTR resumehandle);
NET_API_STATUS NetLocalGroupGetInfo(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetLocalGroupGetMembers(LPCWSTR servername, LPCWSTR localgroupname, DWORD level, LPBYTE *bufptr,
                                       DWORD prefmaxlen, LPDWORD entriesread, LPDWORD totalentries,
                                       PDWORD_PTR resumehandle);
NET_API_STATUS NetLocalGroupSetInfo(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetLocalGroupSetMembers(LPCWSTR servername, LPCWSTR groupname, DWORD level, LPBYTE buf,
                                       DWORD totalentries);
NET_API_STATUS NetQueryDisplayInformation(LPCWSTR servername, DWORD level, DWORD index, DWORD entriesrequested,
                                          DWORD preferredmaximumlength, LPDWORD returnedentrycount,
                                          PVOID *sortedbuffer);
NET_API_STATUS NetUserAdd(LPCWSTR servername, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetUserChangePassword(LPCWSTR domainname, LPCWSTR username, LPCWSTR oldpassword, LPCWSTR newpassword);
NET_API_STATUS NetUserDel(LPCWSTR servername, LPCWSTR username);
NET_API_STATUS NetUserEnum(LPCWSTR servername, DWORD level, DWORD filter, LPBYTE *bufptr, DWORD prefmaxlen,
                           LPDWORD entriesread, LPDWORD totalentries, LPDWORD resume_handle);
NET_API_STATUS NetUserGetGroups(LPCWSTR servername, LPCWSTR username, DWORD level, LPBYTE *bufptr, DWORD prefmaxlen,
                                LPDWORD entriesread, LPDWORD totalentries);
NET_API_STATUS NetUserGetInfo(LPCWSTR servername, LPCWSTR username, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetUserGetLocalGroups(LPCWSTR servername, LPCWSTR username, DWORD level, DWORD flags, LPBYTE *bufptr,
                                     DWORD prefmaxlen, LPDWORD entriesread, LPDWORD totalentries);
NET_API_STATUS NetUserModalsGet(LPCWSTR servername, DWORD level, LPBYTE *bufptr);
NET_API_STATUS NetUserModalsSet(LPCWSTR servername, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetUserSetGroups(LPCWSTR servername, LPCWSTR username, DWORD level, LPBYTE buf, DWORD num_entries);
NET_API_STATUS NetUserSetInfo(LPCWSTR servername, LPCWSTR username, DWORD level, LPBYTE buf, LPDWORD parm_err);
NET_API_STATUS NetValidatePasswordPolicy(LPCWSTR servername, LPVOID qualifier, DWORD validationtype, LPVOID inputarg,
                                         LPVOID *outputarg);
NET_API_STATUS NetValidatePasswordPolicyFree(LPVOID *outputarg);

#ifdef __cplusplus
}
#endif

#endif
