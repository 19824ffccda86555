/*
 * lmcons.h: the common types and constants of netapi32.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMCONS_H
#define NETSESSION_LMCONS_H

#include "windows.h"

#define NET_API_FUNCTION
#define LMSTR LPWSTR
#define LMCSTR LPCWSTR

#define CNLEN 15
#define UNCLEN (CNLEN + 2)
#define UNLEN 256
#define PWLEN 256
#define NNLEN 80
#define PATHLEN 256
#define DNLEN CNLEN
#define GNLEN UNLEN
#define LM20_UNLEN 20
#define NETBIOS_NAME_LEN 16

#endif
