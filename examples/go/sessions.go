// Lists the sessions of a file server, and ends those of a client or a user.
//
//	go run sessions.go [\\server] [\\client] [user]
//
// A missing argument is nil, and so is "-" for the client. An empty argument is refused.
package main

// #cgo LDFLAGS: -lnetapi32
// #include <netapi32.h>
import "C"

import (
	"fmt"
	"os"
	"unicode/utf16"
	"unsafe"
)

// wide is text in UTF-16, as netapi32 wants it; nil for nil only: "" stays an empty text.
func wide(text *string) *C.char16_t {
	if text == nil {
		return nil
	}
	units := utf16.Encode([]rune(*text + "\x00"))
	return (*C.char16_t)(unsafe.Pointer(&units[0]))
}

func text(from *C.char16_t) string {
	var units []uint16
	for at := unsafe.Pointer(from); *(*uint16)(at) != 0; at = unsafe.Add(at, 2) {
		units = append(units, *(*uint16)(at))
	}
	return string(utf16.Decode(units))
}

func list(server, client, user *string) error {
	var resume C.uint32_t
	for {
		var buffer *C.uint8_t
		var count, total C.uint32_t
		status := C.NetSessionEnum(wide(server), wide(client), wide(user), 10, &buffer,
			C.MAX_PREFERRED_LENGTH, &count, &total, &resume)
		for _, session := range unsafe.Slice((*C.SESSION_INFO_10)(unsafe.Pointer(buffer)), int(count)) {
			fmt.Printf("%s\t%s\t%d s\n", text(session.sesi10_cname), text(session.sesi10_username), session.sesi10_time)
		}
		C.NetApiBufferFree(unsafe.Pointer(buffer))
		if status != C.ERROR_MORE_DATA {
			return check("NetSessionEnum", status)
		}
	}
}

// end ends the sessions of a user from a client. A nil user is everybody: pass the user of a listed session as it is, even if it is
// empty.
func end(server, client, user *string) error {
	return check("NetSessionDel", C.NetSessionDel(wide(server), wide(client), wide(user)))
}

func check(function string, status C.NET_API_STATUS) error {
	if status != C.NERR_Success {
		return fmt.Errorf("%s: error %d", function, status)
	}
	return nil
}

func main() {
	var names [3]*string
	for i := 0; i < len(names) && i+1 < len(os.Args); i++ {
		name := os.Args[i+1]
		if name == "" {
			fmt.Fprintf(os.Stderr, "argument %d is empty\n", i+1)
			os.Exit(2)
		}
		if i != 1 || name != "-" {
			names[i] = &name
		}
	}
	server, client, user := names[0], names[1], names[2]
	err := list(server, client, user)
	if err == nil && (client != nil || user != nil) {
		if err = end(server, client, user); err == nil {
			fmt.Println("ended")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
