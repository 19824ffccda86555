/*
 * netsession.h: the functions of libnetapi32 that Windows' netapi32 does not have.
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
 * Sets the login that the functions of netapi32.h use at a server, from the next call on, in every thread.
 *
 * servername  as in those functions; NULL or empty is the local computer. "*" means every server without a login of its
 *             own
 * login       USER, DOMAIN\USER or USER@REALM; NULL removes the login
 * password    the password. The library keeps a copy, and wipes it; the caller wipes its own
 *
 * ERROR_INVALID_PARAMETER  login is malformed, or contains a password after %; or password is NULL although login is not
 * NERR_InvalidComputer     servername is not the name of a server
 *
 * This login takes precedence over those of the environment and the configuration file.
 */
NET_API_STATUS netsession_set_login(const NET_API_CHAR *servername, const NET_API_CHAR *login,
                                    const NET_API_CHAR *password);

#ifdef __cplusplus
}
#endif

#endif
