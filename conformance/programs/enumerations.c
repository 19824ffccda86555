/*
 * Enumerates as programs do that are found in public: with small buffers, with a resume handle of 4 bytes, and with each name
 * of this computer. Both builds of the library have the same source.
 *
 *     enumerations pages SERVER
 *     enumerations handle SERVER
 *     enumerations names NAME...
 *
 * Prints a line for each function, variable or name. A `-` is NULL.
 */
#include <netapi32.h>
#include <stdio.h>
#include <string.h>

/* A text of ASCII in the characters of this build; NULL for `-`. */
static const NET_API_CHAR *text(const char *plain)
{
    static NET_API_CHAR characters[1024];
    size_t i = 0;
    if (strcmp(plain, "-") == 0)
        return NULL;
    for (; plain[i] && i < 1023; i++)
        characters[i] = (unsigned char)plain[i];
    characters[i] = 0;
    return characters;
}

enum function { SESSIONS, FILES, SHARES, CONNECTIONS, FUNCTIONS };
static const char *const names[] = {"sessions", "files", "shares", "connections"};

/* A resume handle of 4 bytes, as most public declarations of NetFileEnum pass it, and the variable beside it. */
struct handle {
    uint32_t value, beside;
};

/* Requests one page, and adds its entries to `*all`. */
static uint32_t page(enum function function, const char *server, uint32_t most, struct handle *handle, uint32_t *all)
{
    const NET_API_CHAR share[] = {'d', 'a', 't', 'a', 0}, *at = text(server);
    uint8_t *buffer = NULL;
    uint32_t read = 0, total = 0, status = 0, *resume = &handle->value;
    switch (function) {
    case SESSIONS:
        status = NetSessionEnum(at, NULL, NULL, 10, &buffer, most, &read, &total, resume);
        break;
    case FILES:
        status = NetFileEnum(at, NULL, NULL, 3, &buffer, most, &read, &total, (uintptr_t *)resume);
        break;
    case SHARES:
        status = NetShareEnum(at, 1, &buffer, most, &read, &total, resume);
        break;
    default:
        status = NetConnectionEnum(at, share, 1, &buffer, most, &read, &total, resume);
    }
    *all += read;
    NetApiBufferFree(buffer);
    return status;
}

/* Requests page after page, as long as the server has more: `sessions 64: 0, 40 in 20 calls`. */
static void pages(const char *server)
{
    const uint32_t sizes[] = {MAX_PREFERRED_LENGTH, 0, 1, 63, 200};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (enum function function = SESSIONS; function < FUNCTIONS; function++) {
            struct handle handle = {0, 0xdeadbeef};
            uint32_t all = 0, calls = 0, status;
            do
                status = page(function, server, sizes[i], &handle, &all);
            while (++calls < 1000 && status == ERROR_MORE_DATA);
            printf("%s %u: %u, %u in %u calls\n", names[function], sizes[i], status, all, calls);
        }
}

/* Changes nothing but the 4 bytes: `beside 0: 0, 3 of 3, 0`. */
static void handles(const char *server)
{
    const uint32_t values[] = {0xdeadbeef, 0, 1};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (uint32_t most = 1; most; most = most < MAX_PREFERRED_LENGTH / 5 ? most * 5 : 0) {
            struct handle handle = {0, values[i]};
            uint32_t all = 0, calls = 0, status;
            do
                status = page(FILES, server, most, &handle, &all);
            while (++calls < 1000 && status == ERROR_MORE_DATA);
            printf("%u beside %x: %u, %u, %x\n", most, values[i], status, all, handle.beside);
        }
}

static void one(const char *name)
{
    uint32_t all = 0;
    struct handle handle = {0, 0};
    uint32_t status = page(SESSIONS, name, MAX_PREFERRED_LENGTH, &handle, &all);
    printf("%s: %u, %u\n", name, status, all);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (strcmp(argv[1], "pages") == 0)
        pages(argv[2]);
    else if (strcmp(argv[1], "handle") == 0)
        handles(argv[2]);
    else
        for (int i = 2; i < argc; i++)
            one(argv[i]);
    return 0;
}
