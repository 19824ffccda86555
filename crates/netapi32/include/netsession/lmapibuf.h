/*
 * lmapibuf.h: the buffers of netapi32.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMAPIBUF_H
#define NETSESSION_LMAPIBUF_H

#include "lmcons.h"

#endif
