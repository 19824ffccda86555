/*
 * widestdio.h: wprintf and its family as sources for Windows use them, for Linux and macOS. windows.h includes it.
 *
 * On Windows, %s means a wchar_t text in these functions, and a program may use printf and wprintf on one stream. Elsewhere, %s means
 * a char text, and a stream loses the output of one of them. Here, %s, %c, %S, %C, %ws, %I64d and %Iu mean what they mean on Windows, and
 * streams stay narrow: texts are written in the encoding of the locale, with ? for what it lacks.
 *
 * Define NETSESSION_OWN_WPRINTF to keep the functions of the system.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_WIDESTDIO_H
#define NETSESSION_WIDESTDIO_H

#ifdef __cplusplus
/* Their #undef comes before the macros below. */
#include <cstdio>
#include <cwchar>
#endif
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#if !defined(NETSESSION_OWN_WPRINTF) && defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 4

/* Copies a format, with each conversion as C has it. `own` has room for twice the length. */
static inline void netsession_own_format(wchar_t *own, const wchar_t *format)
{
    while (*format) {
        const wchar_t *length;
        if ((*own++ = *format++) != L'%')
            continue;
        while (*format && wcschr(L"-+ #0123456789.*", *format))
            *own++ = *format++;
        length = format;
        if (wcsncmp(format, L"I64", 3) == 0 || wcsncmp(format, L"I32", 3) == 0)
            format += 3;
        else if (*format == L'I')
            format++;
        else
            while (*format && wcschr(L"hlwLqjzt", *format))
                format++;
        if (*format && wcschr(L"sScC", *format)) {
            int is_wide = *length == L'l' || *length == L'w' || (*length != L'h' && (*format == L's' || *format == L'c'));
            if (is_wide)
                *own++ = L'l';
            *own++ = *format == L's' || *format == L'S' ? L's' : L'c';
            format += *format ? 1 : 0;
            continue;
        }
        if (length[0] == L'I' && format - length == 1)
            *own++ = L'z';
        else if (length[0] == L'I')
            for (int i = 0; i < (length[1] == L'6' ? 2 : 0); i++)
                *own++ = L'l';
        else
            while (length < format)
                *own++ = *length++;
        if (*format)
            *own++ = *format++;
    }
    *own = 0;
}

static inline int netsession_vswprintf(wchar_t *text, size_t size, const wchar_t *format, va_list arguments)
{
    wchar_t *own = (wchar_t *)malloc((2 * wcslen(format) + 1) * sizeof *own);
    int length = -1;
    if (own) {
        netsession_own_format(own, format);
        length = vswprintf(text, size, own, arguments);
    }
    free(own);
    return length;
}

static inline int netsession_fputws(const wchar_t *text, FILE *stream)
{
    char octets[MB_LEN_MAX];
    for (; *text; text++) {
        int count = wctomb(octets, *text);
        if (count <= 0 ? fputc('?', stream) == EOF : fwrite(octets, 1, (size_t)count, stream) != (size_t)count)
            return -1;
    }
    return 0;
}

static inline int netsession_vfwprintf(FILE *stream, const wchar_t *format, va_list arguments)
{
    int length = -1;
    for (size_t size = 256; length < 0 && size <= (size_t)1 << 24; size *= 4) {
        wchar_t *text = (wchar_t *)malloc(size * sizeof *text);
        va_list copy;
        if (!text)
            return -1;
        va_copy(copy, arguments);
        length = netsession_vswprintf(text, size, format, copy);
        va_end(copy);
        if (length >= 0 && netsession_fputws(text, stream) < 0)
            length = INT_MIN;
        free(text);
        if (length == INT_MIN)
            return -1;
    }
    return length;
}

static inline int netsession_fwprintf(FILE *stream, const wchar_t *format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = netsession_vfwprintf(stream, format, arguments);
    va_end(arguments);
    return length;
}

static inline int netsession_wprintf(const wchar_t *format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = netsession_vfwprintf(stdout, format, arguments);
    va_end(arguments);
    return length;
}

static inline int netsession_swprintf(wchar_t *text, size_t size, const wchar_t *format, ...)
{
    va_list arguments;
    int length;
    va_start(arguments, format);
    length = netsession_vswprintf(text, size, format, arguments);
    va_end(arguments);
    return length;
}

static inline int netsession_putws(const wchar_t *text)
{
    return netsession_fputws(text, stdout) < 0 || fputc('\n', stdout) == EOF ? -1 : 0;
}

#ifdef __cplusplus
/* The macros below also replace the names in std::wprintf, and in headers of the standard library that follow. */
namespace std {
using ::netsession_fputws;
using ::netsession_fwprintf;
using ::netsession_swprintf;
using ::netsession_vfwprintf;
using ::netsession_vswprintf;
using ::netsession_wprintf;
}
#endif

#define wprintf netsession_wprintf
#define fwprintf netsession_fwprintf
#define swprintf netsession_swprintf
#define vfwprintf netsession_vfwprintf
#define vswprintf netsession_vswprintf
#define fputws netsession_fputws
#define _putws netsession_putws
#define putws netsession_putws

#endif
#endif
