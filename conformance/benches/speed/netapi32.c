/*
 * Measures calls of libnetapi32, as a program makes them.
 *
 *     netapi32 LIBRARY SERVER USER delete CALLS     seconds for one NetSessionDel that matches nothing
 *     netapi32 LIBRARY SERVER USER list CALLS       seconds for one NetSessionEnum with its NetApiBufferFree, and how many
 *
 * The first call, which connects, is not counted. The password is in the environment.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netsession.h"

static char16_t *wide(const char *text)
{
    size_t length = strlen(text) + 1;
    char16_t *units = calloc(length, sizeof *units);
    for (size_t i = 0; i < length; i++)
        units[i] = (unsigned char)text[i];
    return units;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    __typeof__(NetSessionDel) *session_del;
    __typeof__(NetSessionEnum) *session_enum;
    __typeof__(NetApiBufferFree) *buffer_free;
    __typeof__(netsession_set_login) *set_login;
    void *library = argc == 6 ? dlopen(argv[1], RTLD_NOW) : NULL;
    const char *password = getenv("BENCH_PASSWORD");
    if (!library || !password) {
        fprintf(stderr, "%s\n", argc == 6 ? dlerror() : "usage");
        return 2;
    }
    *(void **)&session_del = dlsym(library, "NetSessionDel");
    *(void **)&session_enum = dlsym(library, "NetSessionEnum");
    *(void **)&buffer_free = dlsym(library, "NetApiBufferFree");
    *(void **)&set_login = dlsym(library, "netsession_set_login");
    char16_t *server = wide(argv[2]);
    if (set_login(server, wide(argv[3]), wide(password)) != NERR_Success)
        return 3;
    int deletes = strcmp(argv[4], "delete") == 0, calls = atoi(argv[5]);
    double start = 0;
    uint32_t read = 0;
    for (int call = 0; call <= calls; call++) {
        if (deletes) {
            if (session_del(server, NULL, u"nobody") != NERR_ClientNameNotFound)
                return 4;
        } else {
            uint8_t *buffer;
            uint32_t total;
            if (session_enum(server, NULL, NULL, 10, &buffer, MAX_PREFERRED_LENGTH, &read, &total, NULL) != NERR_Success)
                return 5;
            buffer_free(buffer);
        }
        if (call == 0)
            start = now();
    }
    printf("%.9f %u\n", (now() - start) / calls, (unsigned)read);
    return 0;
}
