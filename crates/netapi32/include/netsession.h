/*
 * netsession.h: what libnetapi32 has that Windows' netapi32 has not.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_H
#define NETSESSION_H

#include "netapi32.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Says who is logged on at a server by the functions of netapi32.h, from the next call on, in every thread.
 *
 * servername  as in those functions: NULL or empty is the local computer; u"*" is every server that has no login of its
 *             own set
 * login       USER, DOMAIN\USER or USER@REALM; NULL takes away what was set
 * password    the password. The library keeps a copy and wipes it; the caller wipes his own
 *
 * ERROR_INVALID_PARAMETER  login is none, or holds a password after %; or password is NULL where login is not
 * NERR_InvalidComputer     servername is no server's name
 *
 * A login that was set comes before the environment's and the configuration file's.
 */
NET_API_STATUS netsession_set_login(const char16_t *servername, const char16_t *login, const char16_t *password);

#ifdef __cplusplus
}
#endif

#endif
