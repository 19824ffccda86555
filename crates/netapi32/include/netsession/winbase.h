/*
 * winbase.h: the functions of Windows that sources use beside netapi32, for Linux and macOS. windows.h includes it.
 *
 * FormatMessage knows the codes of netapi32.h by their names, and LocalFree frees its text.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_WINBASE_H
#define NETSESSION_WINBASE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "windows.h"

#define ZeroMemory(place, size) ((void)memset((place), 0, (size)))
#define CopyMemory(place, source, size) ((void)memcpy((place), (source), (size)))
#define FillMemory(place, size, octet) ((void)memset((place), (octet), (size)))

#define _wcsicmp wcscasecmp
#define _wcsnicmp wcsncasecmp
#define _wcsdup wcsdup
#define _wtoi(text) ((int)wcstol((text), NULL, 10))
#define _snwprintf swprintf
#define swprintf_s swprintf
#define lstrlenW(text) ((int)wcslen(text))
#define lstrcmpW wcscmp
#define lstrcmpiW wcscasecmp
#define lstrcpyW wcscpy
#define lstrcatW wcscat
#define lstrlen lstrlenW
#define lstrcmp lstrcmpW
#define lstrcmpi lstrcmpiW
#define lstrcpy lstrcpyW
#define lstrcat lstrcatW

static inline wchar_t *_wcsupr(wchar_t *text)
{
    for (wchar_t *at = text; *at; at++)
        *at = (wchar_t)towupper((wint_t)*at);
    return text;
}

static inline wchar_t *_wcslwr(wchar_t *text)
{
    for (wchar_t *at = text; *at; at++)
        *at = (wchar_t)towlower((wint_t)*at);
    return text;
}

/* Appends a text, or stores an empty one and returns ERANGE if `place` has no room for all of it. */
static inline int wcscat_s(wchar_t *place, size_t size, const wchar_t *text)
{
    size_t used = wcsnlen(place, size);
    if (wcslen(text) >= size - used) {
        if (size)
            *place = 0;
        return ERANGE;
    }
    wcscpy(place + used, text);
    return 0;
}

static inline int wcscpy_s(wchar_t *place, size_t size, const wchar_t *text)
{
    if (size)
        *place = 0;
    return wcscat_s(place, size, text);
}

static inline void SecureZeroMemory(void *place, size_t size)
{
    for (volatile unsigned char *at = (volatile unsigned char *)place; size; size--)
        *at++ = 0;
}

static inline void Sleep(DWORD milliseconds)
{
    struct timespec left = {(time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

#define LMEM_FIXED 0u
#define LMEM_ZEROINIT 0x40u
#define LPTR LMEM_ZEROINIT

static inline HLOCAL LocalAlloc(UINT flags, SIZE_T size)
{
    return flags & LMEM_ZEROINIT ? calloc(1, size ? size : 1) : malloc(size ? size : 1);
}

static inline HLOCAL LocalFree(HLOCAL memory)
{
    free(memory);
    return NULL;
}

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x100u
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x200u
#define FORMAT_MESSAGE_FROM_STRING 0x400u
#define FORMAT_MESSAGE_FROM_HMODULE 0x800u
#define FORMAT_MESSAGE_FROM_SYSTEM 0x1000u
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x2000u
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0xFFu
#define LANG_NEUTRAL 0
#define SUBLANG_DEFAULT 1
#define MAKELANGID(language, sublanguage) ((WORD)((sublanguage) << 10 | (language)))

/* Returns the name of a code, or NULL. */
static inline const wchar_t *netsession_code_name(DWORD code)
{
#define NETSESSION_CODE(name) \
    case name:                \
        return L"" #name
    switch (code) {
        NETSESSION_CODE(NERR_Success);
        NETSESSION_CODE(ERROR_FILE_NOT_FOUND);
        NETSESSION_CODE(ERROR_ACCESS_DENIED);
        NETSESSION_CODE(ERROR_NOT_ENOUGH_MEMORY);
        NETSESSION_CODE(ERROR_NOT_READY);
        NETSESSION_CODE(ERROR_NOT_SUPPORTED);
        NETSESSION_CODE(ERROR_BAD_NETPATH);
        NETSESSION_CODE(ERROR_NETNAME_DELETED);
        NETSESSION_CODE(ERROR_INVALID_PARAMETER);
        NETSESSION_CODE(ERROR_SEM_TIMEOUT);
        NETSESSION_CODE(ERROR_INSUFFICIENT_BUFFER);
        NETSESSION_CODE(ERROR_INVALID_NAME);
        NETSESSION_CODE(ERROR_INVALID_LEVEL);
        NETSESSION_CODE(ERROR_MORE_DATA);
        NETSESSION_CODE(ERROR_CONNECTION_REFUSED);
        NETSESSION_CODE(ERROR_HOST_UNREACHABLE);
        NETSESSION_CODE(ERROR_LOGON_FAILURE);
        NETSESSION_CODE(ERROR_NO_BROWSER_SERVERS_FOUND);
        NETSESSION_CODE(NERR_UnknownDevDir);
        NETSESSION_CODE(NERR_DuplicateShare);
        NETSESSION_CODE(NERR_BufTooSmall);
        NETSESSION_CODE(NERR_InternalError);
        NETSESSION_CODE(NERR_UserNotFound);
        NETSESSION_CODE(NERR_NetNameNotFound);
        NETSESSION_CODE(NERR_DeviceNotShared);
        NETSESSION_CODE(NERR_ClientNameNotFound);
        NETSESSION_CODE(NERR_FileIdNotFound);
        NETSESSION_CODE(NERR_InvalidComputer);
    default:
        return NULL;
    }
#undef NETSESSION_CODE
}

/* Writes the name and the number of a code, with a line end. Of the flags only FORMAT_MESSAGE_ALLOCATE_BUFFER matters. */
static inline DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer, DWORD size, void *arguments)
{
    wchar_t text[96];
    const wchar_t *name = netsession_code_name(code);
    int length = swprintf(text, 96, L"%ls (%u).\r\n", name ? name : L"Error", (unsigned)code);
    (void)source, (void)language, (void)arguments;
    if (length < 0)
        return 0;
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        size = (DWORD)length + 1 > size ? (DWORD)length + 1 : size;
        wchar_t *memory = (wchar_t *)LocalAlloc(LPTR, size * sizeof *memory);
        memcpy(buffer, &memory, sizeof memory);
        buffer = memory;
    }
    if (!buffer || (DWORD)length >= size) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return 0;
    }
    wcscpy(buffer, text);
    return (DWORD)length;
}
#define FormatMessage FormatMessageW

#endif
