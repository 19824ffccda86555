/* What the programs of the tests have in common: the library's functions by name, texts, and a call. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsession.h"

struct library {
    __typeof__(NetSessionDel) *session_del;
    __typeof__(NetSessionEnum) *session_enum;
    __typeof__(NetFileEnum) *file_enum;
    __typeof__(NetApiBufferFree) *buffer_free;
    __typeof__(netsession_set_login) *set_login;
};

static inline struct library load(const char *path)
{
    struct library library;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        fprintf(stderr, "%s\n", dlerror());
        exit(99);
    }
    *(void **)&library.session_del = dlsym(handle, "NetSessionDel");
    *(void **)&library.session_enum = dlsym(handle, "NetSessionEnum");
    *(void **)&library.file_enum = dlsym(handle, "NetFileEnum");
    *(void **)&library.buffer_free = dlsym(handle, "NetApiBufferFree");
    *(void **)&library.set_login = dlsym(handle, "netsession_set_login");
    return library;
}

/* UTF-16 of ASCII. */
static inline char16_t *wide(const char *text)
{
    if (!text || strcmp(text, "-") == 0)
        return NULL;
    size_t length = strlen(text) + 1;
    char16_t *units = calloc(length, sizeof *units);
    for (size_t i = 0; i < length; i++)
        units[i] = (unsigned char)text[i];
    return units;
}

static inline void login(const struct library *library, const char *server, const char *user)
{
    char16_t *at = wide(server), *who = wide(user), *password = wide(getenv("DRIVER_PASSWORD"));
    printf("login %u\n", (unsigned)library->set_login(at, who, password));
    free(at), free(who), free(password);
}

static inline unsigned count(const struct library *library, const char *server, uint32_t *read)
{
    uint32_t total = 0;
    uint8_t *buffer = NULL;
    char16_t *at = wide(server);
    unsigned code = library->session_enum(at, NULL, NULL, 10, &buffer, MAX_PREFERRED_LENGTH, read, &total, NULL);
    library->buffer_free(buffer);
    free(at);
    return code;
}

static inline void list(const char *who, const struct library *library, const char *server)
{
    uint32_t read = 0;
    unsigned code = count(library, server, &read);
    printf("%s %u %u\n", who, code, (unsigned)read);
    fflush(stdout);
}

#endif
