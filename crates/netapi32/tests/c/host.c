/*
 * A program that stresses libnetapi32: it cancels its threads, calls while it ends, unloads the library, and passes wrong
 * pointers.
 *
 *     host LIBRARY COMMAND ARGUMENT...
 *
 * Prints a line for each step. The library itself must print nothing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "library.h"

static struct library library;
static const char *server;

static void say(const char *what, long number)
{
    printf("%s %ld\n", what, number);
    fflush(stdout);
}

static void *in_thread(void *(*body)(void *), size_t stack)
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *result = NULL;
    pthread_attr_init(&attributes);
    if (stack && pthread_attr_setstacksize(&attributes, stack))
        exit(90);
    if (pthread_create(&thread, &attributes, body, NULL))
        exit(91);
    pthread_join(thread, &result);
    return result;
}

/* ---- A server that accepts, and answers nothing ---- */

static int silent = -1;
static char silent_name[32];

static void start_silent_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(silent, (struct sockaddr *)&address, length) || listen(silent, 1) ||
        getsockname(silent, (struct sockaddr *)&address, &length))
        exit(92);
    snprintf(silent_name, sizeof silent_name, "127.0.0.1:%u", ntohs(address.sin_port));
}

static void *call_silent_server(void *nothing)
{
    uint32_t read = 0;
    if (nothing)
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    say("silent", count(&library, silent_name, &read));
    return NULL;
}

/* ---- Cancellation ---- */

static void *cancels_itself(void *nothing)
{
    /* Takes effect at the next cancellation point, of which a call has many. */
    pthread_cancel(pthread_self());
    uint32_t read = 0;
    unsigned code = count(&library, server, &read);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    say("cancelled", code);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    say("never", 0);
    return nothing;
}

static void cancel(void)
{
    for (int i = 0; i < 10; i++)
        say("ended", in_thread(cancels_itself, 0) == PTHREAD_CANCELED);
    /* A thread that may be cancelled at any instruction is, as soon as its call is over. */
    pthread_t thread;
    start_silent_server();
    pthread_create(&thread, NULL, call_silent_server, "may be cancelled at any instruction");
    int connection = accept(silent, NULL, NULL);
    pthread_cancel(thread);
    close(connection);
    void *result = NULL;
    pthread_join(thread, &result);
    say("ended", result == PTHREAD_CANCELED);
    list("after", &library, server);
}

/* ---- The end of threads and of the program ---- */

extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
extern void *__dso_handle;
static uint8_t *kept;

static void call_at_end(void *name)
{
    uint32_t read = 0;
    unsigned code = count(&library, server, &read);
    say(name, code == 0 || code == 21);
}

static void *ends(void *nothing)
{
    static pthread_key_t key;
    uint32_t read = 0;
    pthread_key_create(&key, call_at_end);
    pthread_setspecific(key, "key");
    __cxa_thread_atexit_impl(call_at_end, "first", &__dso_handle);
    say("refused", library.session_enum(NULL, NULL, NULL, 77, &kept, 0, &read, &read, NULL));
    __cxa_thread_atexit_impl(call_at_end, "between", &__dso_handle);
    list("call", &library, server);
    __cxa_thread_atexit_impl(call_at_end, "last", &__dso_handle);
    return nothing;
}

static void *only_ends(void *nothing)
{
    __cxa_thread_atexit_impl(call_at_end, "only", &__dso_handle);
    return nothing;
}

static void at_exit(void)
{
    call_at_end("exit");
    say("freed", library.buffer_free(kept));
}

static void end(void)
{
    uint32_t read = 0, total = 0;
    in_thread(ends, 0);
    in_thread(only_ends, 0);
    atexit(at_exit);
    char16_t *at = wide(server);
    say("kept", library.session_enum(at, NULL, NULL, 10, &kept, MAX_PREFERRED_LENGTH, &read, &total, NULL));
    free(at);
}

/* ---- Wrong pointers ---- */

static void *frees(void *nothing)
{
    say("other thread", library.buffer_free(kept));
    return nothing;
}

static void wrong_pointers(void)
{
    uint32_t read = 0, total = 0;
    char16_t *at = wide(server);
    library.session_enum(at, NULL, NULL, 10, &kept, MAX_PREFERRED_LENGTH, &read, &total, NULL);
    free(at);
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *own = calloc(1, 64);
    void *wrong[] = {(void *)0x10, (void *)0x1000, (void *)-16, (void *)(intptr_t)-4096, page, (char *)page + 4096, own,
                     (char *)own + 16, kept + 16, &read, (void *)wrong_pointers, kept + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        say("wrong", library.buffer_free(wrong[i]));
    in_thread(frees, 0);
    say("twice", library.buffer_free(kept));
    in_thread(frees, 0);
    free(own);
}

/* ---- Unloading ---- */

static long descriptors(void)
{
    long number = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (readdir(directory))
        number++;
    closedir(directory);
    return number;
}

static void *logs_on_and_calls(void *nothing)
{
    login(&library, "*", getenv("DRIVER_LOGIN"));
    list("loaded", &library, server);
    return nothing;
}

static void unload(const char *path)
{
    pthread_t thread;
    long before = 0;
    for (int i = 0; i < 10; i++) {
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        library = load(path);
        in_thread(logs_on_and_calls, 0);
        dlclose(handle);
        dlclose(handle);
        if (i == 0)
            before = descriptors();
    }
    say("more descriptors", descriptors() - before);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    library = load(path);
    login(&library, "*", getenv("DRIVER_LOGIN"));
    start_silent_server();
    pthread_create(&thread, NULL, call_silent_server, NULL);
    int connection = accept(silent, NULL, NULL);
    /* The other thread is in the library now. */
    dlclose(handle);
    dlclose(handle);
    close(connection);
    pthread_join(thread, NULL);
}

/* ---- Small stacks and signals ---- */

static void *lists(void *nothing)
{
    list("small stack", &library, server);
    return nothing;
}

static ucontext_t program, coroutine;

static void lists_in_coroutine(void)
{
    list("coroutine", &library, server);
}

static void small_stacks(void)
{
    static char stack[64 * 1024];
    in_thread(lists, sizeof stack);
    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = sizeof stack;
    coroutine.uc_link = &program;
    makecontext(&coroutine, lists_in_coroutine, 0);
    swapcontext(&program, &coroutine);
    list("main", &library, server);
}

static volatile sig_atomic_t ticks;

static void tick(int number)
{
    (void)number;
    ticks++;
}

static void signals(void)
{
    /* Without SA_RESTART every system call that waits returns EINTR. */
    struct sigaction action = {.sa_handler = tick};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    long wrong = 0;
    for (int call = 0; call < 200; call++) {
        uint32_t read = 0;
        wrong += count(&library, server, &read) != 0 || read == 0;
        /* A new login: every tenth call connects again. */
        if (call % 10 == 0) {
            char16_t *user = wide(getenv("DRIVER_LOGIN")), *password = wide(getenv("DRIVER_PASSWORD"));
            wrong += library.set_login(u"*", user, password) != 0;
            free(user), free(password);
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    say("interrupted", ticks > 20);
    say("wrong", wrong);
}

/* ---- Closed standard streams ---- */

static void daemon_closes(void)
{
    long codes = 0, open = 0, written = 0;
    int output = fcntl(1, F_DUPFD_CLOEXEC, 10);
    for (int number = 0; number < 3; number++)
        close(number);
    for (int call = 0; call < 6; call++) {
        uint32_t read = 0;
        codes += count(&library, server, &read);
        /* Without a connection the next call makes one. */
        if (call % 2) {
            char16_t *user = wide(getenv("DRIVER_LOGIN")), *password = wide(getenv("DRIVER_PASSWORD"));
            codes += library.set_login(u"*", user, password);
            free(user), free(password);
        }
        for (int number = 0; number < 3; number++) {
            open += fcntl(number, F_GETFD) != -1;
            written += write(number, "an error message\n", 17) == 17;
        }
    }
    dup2(output, 1);
    say("codes", codes);
    say("open", open);
    say("written", written);
}

/* Whether a message to a standard stream goes elsewhere than to a closed one. */
static int is_used(int number)
{
    return write(number, "an error message\n", 17) != -1 || errno != EBADF;
}

static void *calls_with_a_new_connection(void *nothing)
{
    long wrong = 0;
    char16_t *user = wide(getenv("DRIVER_LOGIN")), *password = wide(getenv("DRIVER_PASSWORD"));
    for (int call = 0; call < 12; call++) {
        uint32_t read = 0;
        wrong += count(&library, server, &read) != 0;
        for (int number = 0; number < 3; number++)
            wrong += 1000 * is_used(number);
        wrong += library.set_login(u"*", user, password) != 0;
    }
    free(user), free(password);
    return nothing ? NULL : (void *)wrong;
}

/* A child that is forked during the call of another thread has its standard streams closed, too, after a call of its own. */
static int fails_in_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        uint32_t read = 0;
        int failed = count(&library, server, &read) != 0;
        for (int number = 0; number < 3; number++)
            failed |= fcntl(number, F_GETFD) != -1;
        _exit(failed);
    }
    int status = 1;
    waitpid(child, &status, 0);
    return status;
}

/* While the library calls, the program forks, and opens its standard streams again. */
static void daemon_has_threads(void)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    long wrong = 0, lost = 0;
    fflush(stdout);
    int output = fcntl(1, F_DUPFD_CLOEXEC, 10);
    for (int number = 0; number < 3; number++)
        close(number);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, calls_with_a_new_connection, NULL);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        wrong += (long)result;
    }
    for (int number = 0; number < 3; number++)
        wrong += fcntl(number, F_GETFD) != -1;
    start_silent_server();
    silent = fcntl(silent, F_DUPFD_CLOEXEC, 10);
    close(0);
    pthread_create(&threads[0], NULL, call_silent_server, NULL);
    /* A thread that waits in accept has a number already. */
    poll(&(struct pollfd){.fd = silent, .events = POLLIN}, 1, -1);
    wrong += fails_in_child();
    int connection = accept(silent, NULL, NULL), null = open("/dev/null", O_RDWR);
    for (int number = 0; number < 3; number++)
        dup2(null, number);
    close(connection);
    pthread_join(threads[0], NULL);
    for (int number = 0; number < 3; number++)
        lost += fcntl(number, F_GETFD) == -1;
    dup2(output, 1);
    say("wrong", wrong);
    say("lost", lost);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 96;
    server = argv[3];
    if (strcmp(argv[2], "unload") == 0) {
        unload(argv[1]);
        return 0;
    }
    library = load(argv[1]);
    login(&library, "*", getenv("DRIVER_LOGIN"));
    if (strcmp(argv[2], "cancel") == 0)
        cancel();
    else if (strcmp(argv[2], "end") == 0)
        end();
    else if (strcmp(argv[2], "pointers") == 0)
        wrong_pointers();
    else if (strcmp(argv[2], "stack") == 0)
        small_stacks();
    else if (strcmp(argv[2], "signals") == 0)
        signals();
    else if (strcmp(argv[2], "daemon") == 0)
        daemon_closes();
    else if (strcmp(argv[2], "threaded daemon") == 0)
        daemon_has_threads();
    else
        return 96;
    return 0;
}
