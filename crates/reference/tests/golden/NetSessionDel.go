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

// Ends sessions between a file server and a client: those of one user, of one computer, or of one
// user from one computer.
uint32_t NET_API_FUNCTION NetSessionDel(const uint16_t *servername, const uint16_t *UncClientName,
    const uint16_t *username);
*/
import "C"

import (
	"fmt"
	"unicode/utf16"
	"unsafe"
)

const (
	NERR_Success            = 0
	ERROR_ACCESS_DENIED     = 5
	ERROR_NOT_ENOUGH_MEMORY = 8
	ERROR_BAD_NETPATH       = 53
	ERROR_INVALID_PARAMETER = 87
	NERR_ClientNameNotFound = 2312
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

func main() {
	status := C.NetSessionDel(wide("\\\\fs1"), wide("\\\\10.0.0.5"), wide("alice"))
	fmt.Println("NetSessionDel:", status)
}
