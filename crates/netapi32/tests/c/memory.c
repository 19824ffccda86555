/*
 * Calls libnetapi32 while the system has no memory.
 *
 *     memory LIBRARY SERVER
 *
 * The K-th allocation of a call and all after it fail, for each K, in a child process each. For each function it prints how
 * many children were killed, got code 8, got another error, and succeeded although allocations failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library.h"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

static volatile long made, limit = -1, failed;

static int fails(void)
{
    if (limit < 0 || made++ < limit)
        return 0;
    failed++;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = fails() ? NULL : __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

static struct library library;
static char16_t *server, *user, *password;

static unsigned call(int function)
{
    uint8_t *buffer = NULL;
    uint32_t read, total;
    switch (function) {
    case 0:
        return library.session_enum(server, NULL, NULL, 10, &buffer, MAX_PREFERRED_LENGTH, &read, &total, NULL);
    case 1:
        return library.session_del(server, NULL, u"nobody");
    default:
        return library.set_login(u"other", user, password);
    }
}

/*
 * In a child. A call whose arguments are refused comes first, because it sets up the thread: if glibc has no memory to register
 * a destructor of a thread, it ends the process itself.
 *
 * The exit status: 0 no allocation failed, 1 code 8, 2 the server's answer, 3 another error, 4 a wrong call
 * before or after it.
 */
static void child(int function, int is_warm, long k)
{
    unsigned good = function == 1 ? NERR_ClientNameNotFound : NERR_Success;
    uint32_t number;
    uint8_t *buffer;
    if (library.session_enum(NULL, NULL, NULL, 77, &buffer, 0, &number, &number, NULL) != ERROR_INVALID_LEVEL)
        _exit(4);
    if (is_warm && call(function) != good)
        _exit(4);
    limit = k;
    unsigned code = call(function);
    limit = -1;
    if (call(function) != good)
        _exit(4);
    _exit(!failed ? 0 : code == ERROR_NOT_ENOUGH_MEMORY ? 1 : code == good ? 2 : 3);
}

static void try_all(const char *name, int function, int is_warm)
{
    int outcomes[5] = {0}, killed = 0, done = 0;
    for (long k = 0; !done && k < 5000; k++) {
        pid_t pid = fork();
        int status = 0;
        if (pid == 0)
            child(function, is_warm, k);
        waitpid(pid, &status, 0);
        if (WIFEXITED(status))
            outcomes[WEXITSTATUS(status)]++;
        else
            killed++;
        done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    printf("%s: %d killed, %d code 8, %d answered, %d another error, %d broken\n", name, killed, outcomes[1],
           outcomes[2], outcomes[3], outcomes[4]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 96;
    library = load(argv[1]);
    server = wide(argv[2]), user = wide(getenv("DRIVER_LOGIN")), password = wide(getenv("DRIVER_PASSWORD"));
    login(&library, "*", getenv("DRIVER_LOGIN"));
    try_all("warm enum", 0, 1);
    try_all("warm del", 1, 1);
    try_all("set login", 2, 1);
    try_all("cold enum", 0, 0);
    try_all("cold del", 1, 0);
    return 0;
}
