/*
 * Handles buffers as programs do that were written for Windows: calculates with 32 bits, frees by free(), and reads a
 * buffer after freeing it.
 *
 * Arguments: the library, the server, and "read" to read after freeing. Prints what it found.
 */
#include <malloc.h>

#include "library.h"

static __typeof__(NetApiBufferAllocate) *allocate;
static __typeof__(NetApiBufferReallocate) *reallocate;
static __typeof__(NetApiBufferSize) *size_of;

static SESSION_INFO_10 *sessions(const struct library *library, char16_t *server, uint32_t *read)
{
    uint32_t total = 0;
    uint8_t *buffer = NULL;
    if (library->session_enum(server, NULL, NULL, 10, &buffer, MAX_PREFERRED_LENGTH, read, &total, NULL) != 0)
        exit(98);
    return (SESSION_INFO_10 *)buffer;
}

static int is_low(const void *buffer)
{
    return (uintptr_t)buffer < 0x80000000u;
}

/* Returns how many mappings the process has. */
static int mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    int count = 0;
    for (int c; file != NULL && (c = getc(file)) != EOF;)
        count += c == '\n';
    if (file != NULL)
        fclose(file);
    return count;
}

/* Frees every second one of so many buffers, then the others, in one way or both. Returns the most mappings. */
static int mappings_with(int count, int (*frees)(int), uint32_t (*buffer_free)(void *))
{
    void **all = calloc((size_t)count, sizeof *all);
    for (int i = 0; i < count; i++)
        if (allocate(16, &all[i]) != 0)
            exit(97);
    int most = 0;
    for (int first = 0; first < 2; first++) {
        for (int i = first; i < count; i += 2)
            if (frees(i))
                free(all[i]);
            else if (buffer_free(all[i]) != 0)
                exit(97);
        most = first == 0 ? mappings() : most;
    }
    free(all);
    return most;
}

/*
 * Changes the size of a buffer by realloc(), and then by NetApiBufferReallocate, if it is still where it was. Returns how many
 * faults that has.
 */
static uint32_t resized(uint32_t first, uint32_t second, uint32_t third)
{
    char *buffer = NULL;
    if (allocate(first, (void **)&buffer) != 0)
        return 1;
    memset(buffer, 1, first);
    char *moved = realloc(buffer, second);
    memset(moved, 2, second);
    uint32_t bytes = 0;
    if (moved == buffer && (size_of(moved, &bytes) != 0 || bytes > malloc_usable_size(moved)))
        return 1;
    if (moved != buffer || reallocate(moved, third, (void **)&buffer) != 0) {
        free(moved);
        return moved == buffer;
    }
    uint32_t wrong = 0;
    for (uint32_t at = 0; at < second && at < third; at++)
        wrong += buffer[at] != 2;
    memset(buffer, 3, third);
    free(buffer);
    return wrong;
}

static int never(int i)
{
    (void)i;
    return 0;
}

static int always(int i)
{
    (void)i;
    return 1;
}

static int sometimes(int i)
{
    return i % 3 == 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 96;
    const struct library library = load(argv[1]);
    void *handle = dlopen(argv[1], RTLD_NOW);
    *(void **)&allocate = dlsym(handle, "NetApiBufferAllocate");
    *(void **)&reallocate = dlsym(handle, "NetApiBufferReallocate");
    *(void **)&size_of = dlsym(handle, "NetApiBufferSize");
    char16_t *server = wide(argv[2]);
    login(&library, "*", getenv("DRIVER_LOGIN"));

    uint32_t read = 0, size = 0;
    SESSION_INFO_10 *rows = sessions(&library, server, &read);
    int32_t address = (int32_t)(intptr_t)rows;
    printf("%s\n", is_low(rows) && (void *)(intptr_t)address == rows ? "low" : "high");

    char16_t before[2] = {rows[0].sesi10_cname[0], rows[0].sesi10_cname[2]};
    library.buffer_free(rows);
    if (argc == 4) {
        /* Behind the address, the compiler does not see that the buffer is freed. */
        SESSION_INFO_10 *volatile again = rows;
        printf("%s\n", again[0].sesi10_cname[0] == before[0] && again[0].sesi10_cname[2] == before[1] ? "readable" : "gone");
    }
    printf("freed again %u\n", (unsigned)library.buffer_free(rows));

    uint32_t wrong = 0;
    for (int round = 0; round < 300; round++) {
        rows = sessions(&library, server, &read);
        wrong += read == 0 || size_of(rows, &size) != 0 || size < sizeof *rows;
        if (round % 3 == 2)
            wrong += library.buffer_free(rows) != 0;
        else
            free(rows);
    }
    void *many[100];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++) {
            uint32_t bytes = (uint32_t)(i % 7 == 0 ? 700000 : i * i);
            wrong += allocate(bytes, &many[i]) != 0 || (uintptr_t)many[i] % 16 != 0;
            for (uint32_t at = 0; at < bytes; at += 500)
                wrong += ((char *)many[i])[at] != 0;
            memset(many[i], 0xaa, bytes);
        }
        for (int i = 0; i < 100; i++) {
            if (i % 4 == 3)
                wrong += reallocate(many[i], 9000, &many[i]) != 0;
            if (i % 2)
                free(many[i]);
            else
                wrong += library.buffer_free(many[i]) != 0;
        }
    }
    char *grown = NULL;
    wrong += allocate(100, (void **)&grown) != 0;
    strcpy(grown, "kept");
    grown = realloc(grown, 100000);
    wrong += strcmp(grown, "kept") != 0;
    free(grown);
    for (uint32_t kept = 100; kept < 1000000; kept *= 10) {
        wrong += resized(700000, kept, 800000) + resized(700000, kept, 600000) + resized(700000, kept, 10);
        wrong += resized(100, kept, 800000) + resized(100, kept, 50);
    }
    if (argc == 4) {
        /* Behind the address, the compiler does not see that the buffer is freed. */
        void *volatile freed = NULL;
        wrong += allocate(9000, (void **)&freed) != 0;
        free(freed);
        wrong += size_of(freed, &size) != 87 || reallocate(freed, 20000, &many[0]) != 87;
        int most = 0, before = mappings();
        int (*const ways[])(int) = {never, sometimes, always};
        for (int round = 0; round < 3; round++) {
            int now = mappings_with(30000, ways[round], library.buffer_free);
            most = now > most ? now : most;
        }
        for (int i = 0; i < 100; i++)
            wrong += allocate(16, &many[i]) != 0 || !is_low(many[i]);
        for (int i = 0; i < 100; i++)
            wrong += library.buffer_free(many[i]) != 0;
        printf("%s mappings, %s after\n", most < 12000 ? "few" : "many", mappings() < before + 100 ? "none" : "some");
    }
    printf("wrong %u\n", (unsigned)wrong);
    free(server);
    return 0;
}
