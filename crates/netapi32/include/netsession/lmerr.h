/*
 * lmerr.h: the codes of netapi32.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMERR_H
#define NETSESSION_LMERR_H

#include "lmcons.h"

/* The codes of netapi32 begin here. */
#define NERR_BASE 2100u
#define MAX_NERR (NERR_BASE + 899u)

#endif
