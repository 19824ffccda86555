package main

/*
#cgo LDFLAGS: -lnetapi32
#include <stdint.h>
#include <stdlib.h>

#ifdef _WIN32
#define NET_API_FUNCTION __stdcall
#else
#define NET_API_FUNCTION
#endif

typedef struct {
  uint32_t fi2_id;
} FILE_INFO_2;

typedef struct {
  uint32_t fi3_id;
  uint32_t fi3_permissions;
  uint32_t fi3_num_locks;
  uint16_t *fi3_pathname;
  uint16_t *fi3_username;
} FILE_INFO_3;

// Lists the files, folders and named pipes that clients have open on a server, each with its
// number, its user and its locks.
uint32_t NET_API_FUNCTION NetFileEnum(const uint16_t *servername, const uint16_t *basepath,
    const uint16_t *username, uint32_t level, uint8_t **bufptr, uint32_t prefmaxlen,
    uint32_t *entriesread, uint32_t *totalentries, uintptr_t *resume_handle);
uint32_t NET_API_FUNCTION NetApiBufferFree(void *Buffer);
*/
import "C"

import (
	"unicode/utf16"
	"unsafe"
)

const (
	NERR_Success            = 0
	ERROR_ACCESS_DENIED     = 5
	ERROR_NOT_ENOUGH_MEMORY = 8
	ERROR_BAD_NETPATH       = 53
	ERROR_INVALID_PARAMETER = 87
	ERROR_INVALID_LEVEL     = 124
	ERROR_MORE_DATA         = 234
	NERR_BufTooSmall        = 2123
	NERR_UserNotFound       = 2221
	PERM_FILE_READ          = 0x1
	PERM_FILE_WRITE         = 0x2
	PERM_FILE_CREATE        = 0x4
	MAX_PREFERRED_LENGTH    = 0xFFFFFFFF
)

// wide makes UTF-16 with a zero at the end.
func wide(text string) *C.uint16_t {
	units := append(utf16.Encode([]rune(text)), 0)
	return (*C.uint16_t)(unsafe.Pointer(&units[0]))
}

// text reads UTF-16 that ends with a zero.
func text(pointer *C.uint16_t) string {
	if pointer == nil {
		return ""
	}
	var units []uint16
	for p := unsafe.Pointer(pointer); *(*uint16)(p) != 0; p = unsafe.Add(p, 2) {
		units = append(units, *(*uint16)(p))
	}
	return string(utf16.Decode(units))
}
