/*
 * Calls libnetapi32 from a process of its own, by the names that a program would load it under.
 *
 *     driver LIBRARY COMMAND ARGUMENT...
 *
 * A `-` is NULL. What a function returned and left in errno is printed, a line each call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "library.h"

static void delete(const struct library *library, char **arguments)
{
    char16_t *at = wide(arguments[0]), *client = wide(arguments[1]), *user = wide(arguments[2]);
    errno = 77;
    unsigned code = library->session_del(at, client, user);
    printf("%u %d\n", code, errno);
    free(at), free(client), free(user);
}

/* The last part of the path of each open file, a line each, after what the function returned. */
static void files(const struct library *library, const char *server)
{
    uint32_t read = 0, total = 0;
    uint8_t *buffer = NULL;
    char16_t *at = wide(server);
    unsigned code = library->file_enum(at, NULL, NULL, 3, &buffer, MAX_PREFERRED_LENGTH, &read, &total, NULL);
    printf("%s %u %u\n", server, code, (unsigned)read);
    for (uint32_t i = 0; i < read; i++) {
        const char16_t *name = ((FILE_INFO_3 *)buffer)[i].fi3_pathname;
        for (const char16_t *unit = name; *unit; unit++)
            if (*unit == '/' || *unit == '\\')
                name = unit + 1;
        for (; *name; name++)
            putchar(*name < 128 ? *name : '?');
        putchar('\n');
    }
    library->buffer_free(buffer);
    free(at);
}

/* The parent's connection is the parent's: both call, and the child's end ends nothing of the parent's. */
static void forks(const struct library *library, const char *server)
{
    list("parent", library, server);
    for (int child = 0; child < 3; child++) {
        pid_t pid = fork();
        if (pid == 0) {
            list("child", library, server);
            exit(0);
        }
        int status = 1;
        waitpid(pid, &status, 0);
        if (status != 0)
            exit(98);
        list("parent", library, server);
    }
}

/* Programs that become daemons close every file, and open others by the same numbers. */
static void closes(const struct library *library, const char *server, const char *path)
{
    list("before", library, server);
    for (int number = 3; number < 1024; number++)
        close(number);
    for (int number = 0; number < 64; number++)
        if (open(path, O_RDWR | O_CREAT | O_APPEND, 0600) < 0)
            exit(97);
    list("after", library, server);
}

struct work {
    const struct library *library;
    char **servers;
    int count, calls, wrong;
};

static void *calls(void *argument)
{
    struct work *work = argument;
    for (int call = 0; call < work->calls; call++) {
        const char *server = work->servers[call % work->count];
        char16_t *at = wide(server);
        uint32_t read = 0;
        if (call % 4 == 3)
            work->wrong += work->library->session_del(at, NULL, u"nobody") != NERR_ClientNameNotFound || errno != 2312;
        else
            work->wrong += count(work->library, server, &read) != NERR_Success || read == 0;
        free(at);
    }
    return NULL;
}

static void threads(const struct library *library, int number, int each, char **servers, int count)
{
    pthread_t *threads = calloc(number, sizeof *threads);
    struct work *works = calloc(number, sizeof *works);
    int wrong = 0;
    for (int i = 0; i < number; i++) {
        works[i] = (struct work){library, servers, count, each, 0};
        pthread_create(&threads[i], NULL, calls, &works[i]);
    }
    for (int i = 0; i < number; i++) {
        pthread_join(threads[i], NULL);
        wrong += works[i].wrong;
    }
    printf("wrong %d\n", wrong);
    free(threads), free(works);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 96;
    const struct library library = load(argv[1]);
    const char *command = argv[2];
    char **arguments = argv + 3;
    if (getenv("DRIVER_LOGIN"))
        login(&library, "*", getenv("DRIVER_LOGIN"));
    if (strcmp(command, "list") == 0) {
        for (int i = 3; i < argc; i++)
            list(argv[i], &library, argv[i]);
    } else if (strcmp(command, "files") == 0) {
        files(&library, arguments[0]);
    } else if (strcmp(command, "delete") == 0 && argc == 6) {
        delete(&library, arguments);
    } else if (strcmp(command, "fork") == 0) {
        forks(&library, arguments[0]);
    } else if (strcmp(command, "close") == 0 && argc == 5) {
        closes(&library, arguments[0], arguments[1]);
    } else if (strcmp(command, "second") == 0 && argc == 5) {
        const struct library second = load(arguments[0]);
        if (second.session_del != library.session_del && getenv("DRIVER_LOGIN"))
            login(&second, "*", getenv("DRIVER_LOGIN"));
        printf("%s\n", second.session_del == library.session_del ? "the same" : "another");
        list("first", &library, arguments[1]);
        list("second", &second, arguments[1]);
        list("first", &library, arguments[1]);
    } else if (strcmp(command, "threads") == 0 && argc >= 6) {
        threads(&library, atoi(arguments[0]), atoi(arguments[1]), argv + 5, argc - 5);
    } else {
        return 96;
    }
    return 0;
}
