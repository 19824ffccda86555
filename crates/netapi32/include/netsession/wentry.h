/*
 * wentry.h: wmain as the entry point of a program, for Linux and macOS. windows.h includes it.
 *
 * wmain has 0, 2 or 3 parameters, and returns int or void. The texts are decoded from the encoding of the locale, or from UTF-8 if
 * there is no locale, as under cron. A program with an argument that cannot be decoded ends with 2, and says so.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_WENTRY_H
#define NETSESSION_WENTRY_H

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Decodes UTF-8. Returns the number of characters, or (size_t)-1. `wide` has room for as many as `text` has octets, and a zero. */
static inline size_t netsession_from_utf8(wchar_t *wide, const char *text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *octet = (const unsigned char *)text;
    size_t length = 0;
    while (*octet) {
        int more = *octet < 0x80 ? 0 : *octet < 0xe0 ? 1 : *octet < 0xf0 ? 2 : 3;
        uint32_t code = more ? *octet & (0x3fu >> more) : *octet;
        if ((*octet & 0xc0) == 0x80 || *octet >= 0xf8)
            return (size_t)-1;
        octet++;
        for (int i = 0; i < more; i++, octet++) {
            if ((*octet & 0xc0) != 0x80)
                return (size_t)-1;
            code = code << 6 | (*octet & 0x3fu);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
            return (size_t)-1;
        wide[length++] = (wchar_t)code;
    }
    wide[length] = 0;
    return length;
}

/* Returns a text as wchar_t, or NULL. */
static inline wchar_t *netsession_wide_text(const char *text)
{
    const char *locale = setlocale(LC_CTYPE, NULL);
    int has_locale = locale && strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0;
    size_t room = strlen(text) + 1;
    wchar_t *wide = (wchar_t *)calloc(room, sizeof *wide);
    if (wide && (has_locale ? mbstowcs(wide, text, room) : netsession_from_utf8(wide, text)) == (size_t)-1) {
        free(wide);
        wide = NULL;
    }
    return wide;
}

/* Returns the arguments or the environment of the program as wchar_t, without the variables that cannot be decoded. */
static inline wchar_t **netsession_wide_texts(char **texts, int are_arguments)
{
    size_t count = 0, kept = 0;
    while (texts[count])
        count++;
    wchar_t **wide = (wchar_t **)calloc(count + 1, sizeof *wide);
    for (size_t i = 0; wide && i < count; i++) {
        wide[kept] = netsession_wide_text(texts[i]);
        if (!wide[kept] && are_arguments) {
            fprintf(stderr, "%s: argument %u is not in the encoding of the locale\n", texts[0], (unsigned)i);
            exit(2);
        }
        kept += wide[kept] ? 1 : 0;
    }
    return wide;
}

#ifdef __cplusplus
template <class Type> struct netsession_is_void {
    enum { value = 0 };
};
template <> struct netsession_is_void<void> {
    enum { value = 1 };
};
#define NETSESSION_IS_VOID(type) netsession_is_void<type>::value
#else
#define NETSESSION_IS_VOID(type) __builtin_types_compatible_p(type, void)
#endif

/* The definition of wmain, with a main that calls it. `types` and `values` are those of its parameters, `nulls` are other values. */
#define NETSESSION_DEFINE_WMAIN(types, values, nulls, ...)                               \
    netsession_wmain(__VA_ARGS__);                                                       \
    int main(int argc, char **argv, char **envp)                                         \
    {                                                                                    \
        setlocale(LC_ALL, "");                                                           \
        wchar_t **arguments = netsession_wide_texts(argv, 1);                            \
        wchar_t **environment = netsession_wide_texts(envp, 0);                          \
        (void)argc, (void)arguments, (void)environment;                                  \
        if (NETSESSION_IS_VOID(__typeof__(netsession_wmain nulls))) {                    \
            netsession_wmain values;                                                     \
            return 0;                                                                    \
        }                                                                                \
        int(*program) types = (int(*) types)(void (*)(void))netsession_wmain;            \
        return program values;                                                           \
    }                                                                                    \
    __typeof__(netsession_wmain nulls) netsession_wmain(__VA_ARGS__)
#define NETSESSION_WMAIN_1(...) NETSESSION_DEFINE_WMAIN((void), (), (), __VA_ARGS__)
#define NETSESSION_WMAIN_2(...) \
    NETSESSION_DEFINE_WMAIN((int, wchar_t **), (argc, arguments), (0, NULL), __VA_ARGS__)
#define NETSESSION_WMAIN_3(...)                                                                                 \
    NETSESSION_DEFINE_WMAIN((int, wchar_t **, wchar_t **), (argc, arguments, environment), (0, NULL, NULL), \
                            __VA_ARGS__)
#define NETSESSION_FOURTH(first, second, third, fourth, ...) fourth
#define wmain(...)                                                                                          \
    NETSESSION_FOURTH(__VA_ARGS__, NETSESSION_WMAIN_3, NETSESSION_WMAIN_2, NETSESSION_WMAIN_1, )(__VA_ARGS__)
#define _tmain wmain

#endif
