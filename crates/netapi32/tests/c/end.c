/*
 * Ends the sessions of a user from a client as C programs for Windows do, with wchar_t and declarations of their own.
 *
 * Arguments: the library, the client and the user; "-" is NULL. Prints the code.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

typedef const wchar_t *LPCWSTR;

static LPCWSTR wide(const char *text)
{
    if (strcmp(text, "-") == 0)
        return NULL;
    size_t length = strlen(text) + 1;
    wchar_t *characters = calloc(length, sizeof *characters);
    for (size_t i = 0; i < length; i++)
        characters[i] = (unsigned char)text[i];
    return characters;
}

int main(int argc, char **argv)
{
    void *library = argc == 4 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library)
        return 99;
    unsigned (*NetSessionDel)(LPCWSTR, LPCWSTR, LPCWSTR);
    *(void **)&NetSessionDel = dlsym(library, "NetSessionDel");
    LPCWSTR client = wide(argv[2]), user = wide(argv[3]);
    printf("%u\n", NetSessionDel(NULL, client, user));
    free((void *)client), free((void *)user);
    return 0;
}
