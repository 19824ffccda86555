/*
 * lm.h: the functions, structures and codes of netapi32 for sources that include <lm.h>.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LM_H
#define NETSESSION_LM_H

#include "lmaccess.h"
#include "lmapibuf.h"
#include "lmat.h"
#include "lmcons.h"
#include "lmerr.h"
#include "lmjoin.h"
#include "lmmsg.h"
#include "lmremutl.h"
#include "lmserver.h"
#include "lmshare.h"
#include "lmstats.h"
#include "lmuse.h"
#include "lmwksta.h"

#endif
