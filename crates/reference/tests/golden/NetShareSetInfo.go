/*
#cgo LDFLAGS: -lnetapi32
#include <stdint.h>
#include <stdlib.h>

#ifdef _WIN32
#define NET_API_FUNCTION __stdcall
#else
#define NET_API_FUNCTION
#endif

// Changes the comment, the limit, the permissions or the flags of a share.
uint32_t NET_API_FUNCTION NetShareSetInfo(const uint16_t *servername, const uint16_t *netname,
    uint32_t level, uint8_t *buf, uint32_t *parm_err);
*/
import "C"
