/*
 * windows.h: the types of Windows for sources that use netapi32 and include <windows.h>, for Linux and macOS.
 *
 * A text is wchar_t, as on Windows, and has 32 bits here: link with -lnetapi32-wchar32. The numbers have the sizes of Windows: DWORD
 * has 32 bits. GetLastError() returns errno, which every function of the library sets. wmain() and _tmain() are entry points:
 * wentry.h. winbase.h has the few functions of the system that such sources use; what has no meaning here is not there.
 *
 * printf: DWORD is unsigned int here, and unsigned long on Windows. wprintf and its family are those of widestdio.h: %s is a wchar_t
 * text, and a program may use printf beside them.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_WINDOWS_H
#define NETSESSION_WINDOWS_H

#ifndef NETAPI32_WCHAR
#define NETAPI32_WCHAR
#endif

#include <errno.h>
#include <locale.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <wchar.h>

#include "../netapi32.h"
#include "wentry.h"
#include "widestdio.h"

#define WINAPI
#define WINAPIV
#define APIENTRY
#define CALLBACK
#define __cdecl
#define __stdcall
#define CONST const
#define VOID void
#define IN
#define OUT
#define OPTIONAL
#define TRUE 1
#define FALSE 0
#define MAX_PATH 260

typedef uint8_t BYTE, *PBYTE, *LPBYTE, BOOLEAN, UCHAR;
typedef uint16_t WORD, *LPWORD, USHORT;
typedef uint32_t DWORD, *PDWORD, *LPDWORD, ULONG, *PULONG, UINT;
typedef int32_t LONG, *PLONG, INT, BOOL, *LPBOOL, WINBOOL, HRESULT;
typedef size_t SIZE_T, *PSIZE_T;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG, DWORD64;
typedef union LARGE_INTEGER {
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;
typedef uintptr_t DWORD_PTR, *PDWORD_PTR, ULONG_PTR, *PULONG_PTR;
typedef char CHAR, *PSTR, *LPSTR;
typedef const char *LPCSTR;
typedef wchar_t WCHAR, TCHAR, *PWSTR, *LPWSTR, *PTSTR, *LPTSTR;
typedef const wchar_t *PCWSTR, *LPCWSTR, *PCTSTR, *LPCTSTR;
typedef void *PVOID, *LPVOID, *HANDLE, *HLOCAL, *PSID, *PSECURITY_DESCRIPTOR;
typedef const void *LPCVOID;

typedef struct GUID {
    DWORD Data1;
    WORD Data2;
    WORD Data3;
    BYTE Data4[8];
} GUID;

#define TEXT(text) NETSESSION_WIDE(text)
#define _T(text) NETSESSION_WIDE(text)
#define NETSESSION_WIDE(text) L##text

#define ERROR_SUCCESS 0u
#define NO_ERROR 0u

static inline DWORD GetLastError(void)
{
    return (DWORD)errno;
}

static inline void SetLastError(DWORD code)
{
    errno = (int)code;
}

#include "winbase.h"

#endif
