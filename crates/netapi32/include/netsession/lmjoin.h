/*
 * lmjoin.h: the domain or workgroup of a computer, with the pointer types of Windows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMJOIN_H
#define NETSESSION_LMJOIN_H

#include "lmcons.h"

typedef NETSETUP_JOIN_STATUS *PNETSETUP_JOIN_STATUS;

#endif
