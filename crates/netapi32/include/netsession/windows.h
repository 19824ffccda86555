/*
 * windows.h: the types of Windows for sources that use netapi32 and include <windows.h>, for Linux and macOS.
 *
 * A text is wchar_t, as on Windows: link with -lnetapi32-wchar32 where wchar_t has 32 bits, or compile with -fshort-wchar and
 * link with -lnetapi32. The types have the sizes of Windows: DWORD has 32 bits. GetLastError() returns errno, which every
 * function of the library sets. wmain() and _tmain() are entry points.
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
#include "widestdio.h"

#define WINAPI
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

typedef uint8_t BYTE, *PBYTE, *LPBYTE, BOOLEAN, UCHAR;
typedef uint16_t WORD, *LPWORD, USHORT;
typedef uint32_t DWORD, *PDWORD, *LPDWORD, ULONG, *PULONG, UINT;
typedef int32_t LONG, *PLONG, INT, BOOL, *LPBOOL, WINBOOL;
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
typedef void *PVOID, *LPVOID, *HANDLE, *PSECURITY_DESCRIPTOR;
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
#define _wcsicmp wcscasecmp
#define _wcsnicmp wcsncasecmp
#define _wcsdup wcsdup
#define _wtoi(text) ((int)wcstol((text), NULL, 10))

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

/* Returns the arguments of the program as wchar_t. */
static inline wchar_t **netsession_wide_arguments(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    wchar_t **wide = (wchar_t **)calloc((size_t)argc + 1, sizeof *wide);
    for (int i = 0; wide && i < argc; i++) {
        size_t length = mbstowcs(NULL, argv[i], 0);
        wide[i] = length == (size_t)-1 ? NULL : (wchar_t *)calloc(length + 1, sizeof **wide);
        if (!wide[i])
            abort();
        mbstowcs(wide[i], argv[i], length);
    }
    return wide;
}

/* The definition of wmain, with a main that calls it. */
#define wmain(...)                                                                        \
    netsession_wmain(__VA_ARGS__);                                                         \
    int main(int argc, char **argv)                                                        \
    {                                                                                      \
        return netsession_wmain(argc, netsession_wide_arguments(argc, argv));              \
    }                                                                                      \
    int netsession_wmain(__VA_ARGS__)
#define _tmain wmain

#endif
