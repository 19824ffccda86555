/*
 * lmsname.h: the names of the services that NetStatisticsGet knows.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_LMSNAME_H
#define NETSESSION_LMSNAME_H

#include "lmcons.h"

#define SERVICE_SERVER TEXT("LanmanServer")
#define SERVICE_WORKSTATION TEXT("LanmanWorkstation")

#endif
