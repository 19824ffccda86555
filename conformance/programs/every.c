/*
 * Calls every function that the library has gained since 0.1.0, in both builds in one process: in several threads, and in a
 * forked child.
 *
 *     every LIBRARY WCHAR32-LIBRARY SERVER FOLDER USER PASSWORD THREADS
 *
 * Prints each call with another status than expected, and at the end `wrong N`. FOLDER is one that the server lets
 * administrators share.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef uint32_t Status;

/* A build of the library. */
struct build {
    void *library;
    size_t width;
};

static struct build builds[2];
static char **arguments;

#define FUNCTION(type, name) type name = (type)(uintptr_t)dlsym(build->library, #name)

/* A text of ASCII in the characters of a build, in one of a thread's places. */
static void *text(const struct build *build, const char *plain)
{
    static _Thread_local uint32_t places[16][128];
    static _Thread_local unsigned next;
    uint32_t *place = places[next++ % 16];
    if (!plain)
        return NULL;
    for (size_t i = 0; i <= strlen(plain); i++) {
        if (build->width == 4)
            place[i] = (unsigned char)plain[i];
        else
            ((uint16_t *)place)[i] = (unsigned char)plain[i];
    }
    return place;
}

static int check(const struct build *build, const char *call, Status status, Status expected)
{
    if (status != expected)
        printf("%zu bits, %s: %u, not %u\n", build->width * 8, call, status, expected);
    return status != expected;
}

typedef Status Enumerate(void *, uint32_t, void **, uint32_t, uint32_t *, uint32_t *, uint32_t *);
typedef Status Get(void *, uint32_t, void **);
typedef Status Set(void *, uint32_t, void *, uint32_t *);
typedef Status Free(void *);

static int enumerations(const struct build *build)
{
    static const char *const names[] = {"NetServerDiskEnum", "NetServerTransportEnum", "NetWkstaUserEnum", "NetShareEnum"};
    static const uint32_t levels[][4] = {{0, 0, 0, 0}, {0, 1, 2, 2}, {0, 1, 1, 1}, {501, 503, 502, 2}};
    FUNCTION(Free *, NetApiBufferFree);
    int wrong = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            Enumerate *enumerate = (Enumerate *)(uintptr_t)dlsym(build->library, names[i]);
            void *buffer = NULL;
            uint32_t read = 0, total = 0, resume = 0;
            Status status = enumerate(text(build, arguments[3]), levels[i][j], &buffer, UINT32_MAX, &read, &total, &resume);
            wrong += check(build, names[i], status, 0) + (read == 0);
            wrong += check(build, "NetApiBufferFree", NetApiBufferFree(buffer), 0);
        }
    return wrong;
}

static int single(const struct build *build)
{
    FUNCTION(Free *, NetApiBufferFree);
    FUNCTION(Get *, NetWkstaGetInfo);
    FUNCTION(Get *, NetServerGetInfo);
    typedef Status Share(void *, void *, uint32_t, void **);
    FUNCTION(Share *, NetShareGetInfo);
    typedef Status Statistics(void *, void *, uint32_t, uint32_t, void **);
    FUNCTION(Statistics *, NetStatisticsGet);
    typedef Status Join(void *, void **, uint32_t *);
    FUNCTION(Join *, NetGetJoinInformation);
    typedef Status Supports(void *, uint32_t, uint32_t *);
    FUNCTION(Supports *, NetRemoteComputerSupports);
    typedef Status Servers(void *, uint32_t, void **, uint32_t, uint32_t *, uint32_t *, uint32_t, void *, uint32_t *);
    FUNCTION(Servers *, NetServerEnum);
    typedef Status Controller(void *, void *, void *, void *, uint32_t, void **);
    FUNCTION(Controller *, DsGetDcNameW);
    FUNCTION(Controller *, DsGetDcNameA);
    const char *server = arguments[3];
    void *buffer[32] = {0};
    uint32_t number = 0, total = 0;
    int wrong = 0, used = 0;
    for (uint32_t level = 100; level <= 102; level++)
        wrong += check(build, "NetWkstaGetInfo", NetWkstaGetInfo(text(build, server), level, &buffer[used++]), 0);
    wrong += check(build, "NetServerGetInfo", NetServerGetInfo(text(build, server), 502, &buffer[used++]), 0);
    static const uint32_t levels[] = {501, 503, 1005, 1501};
    for (int i = 0; i < 4; i++)
        wrong += check(build, "NetShareGetInfo",
                       NetShareGetInfo(text(build, server), text(build, "data"), levels[i], &buffer[used++]), 0);
    static const char *const services[] = {"LanmanServer", "LanmanWorkstation"};
    for (int i = 0; i < 2; i++)
        wrong += check(build, "NetStatisticsGet",
                       NetStatisticsGet(text(build, server), text(build, services[i]), 0, 0, &buffer[used++]), 0);
    wrong += check(build, "NetGetJoinInformation",
                   NetGetJoinInformation(text(build, server), &buffer[used++], &number), 0);
    wrong += check(build, "NetRemoteComputerSupports",
                   NetRemoteComputerSupports(text(build, server), UINT32_MAX, &number), 0);
    /* No configuration file names a server, and these flags of a search exclude each other: nothing is sent. */
    wrong += check(build, "NetServerEnum",
                   NetServerEnum(NULL, 101, &buffer[used++], UINT32_MAX, &number, &total, UINT32_MAX, NULL, NULL), 6118);
    wrong += check(build, "DsGetDcNameW",
                   DsGetDcNameW(NULL, text(build, "lab.test"), NULL, text(build, "S1"), 0x480, &buffer[used++]), 1004);
    wrong += check(build, "DsGetDcNameA", DsGetDcNameA(NULL, "lab.test", NULL, "S1", 0x480, &buffer[used++]), 1004);
    /* Nothing is sent for a name that no domain has. NULL is the usual site. */
    wrong += check(build, "DsGetDcNameW",
                   DsGetDcNameW(NULL, text(build, "a/b"), NULL, NULL, 0, &buffer[used++]), 1212);
    wrong += check(build, "DsGetDcNameA", DsGetDcNameA(NULL, "a/b", NULL, NULL, 0, &buffer[used++]), 1212);
    while (used--)
        wrong += check(build, "NetApiBufferFree", NetApiBufferFree(buffer[used]), 0);
    return wrong;
}

/* Adds, changes and removes a share whose name no other thread uses. */
static int changes(const struct build *build, int thread)
{
    typedef Status SetShare(void *, void *, uint32_t, void *, uint32_t *);
    typedef Status Remove(void *, void *, uint32_t);
    typedef Status RemoveEx(void *, uint32_t, void *);
    FUNCTION(Set *, NetShareAdd);
    FUNCTION(SetShare *, NetShareSetInfo);
    FUNCTION(Remove *, NetShareDel);
    FUNCTION(RemoveEx *, NetShareDelEx);
    FUNCTION(Set *, NetServerSetInfo);
    char name[64];
    snprintf(name, sizeof name, "share-%d-%zu-%d", (int)getpid(), build->width, thread);
    void *server = text(build, arguments[3]);
    struct {
        void *name;
        uint32_t type;
        void *remark;
        uint32_t permissions, most, uses;
        void *path, *password, *server;
        uint32_t reserved;
        void *descriptor;
    } share = {text(build, name), 0, text(build, "Added"), 0, UINT32_MAX, 0, text(build, arguments[4]), NULL, text(build, "*"), 0, NULL};
    struct {
        void *comment;
    } comment = {text(build, "Changed")};
    uint32_t member = 0;
    int wrong = check(build, "NetShareAdd", NetShareAdd(server, 503, &share, &member), 0);
    wrong += check(build, "NetShareSetInfo", NetShareSetInfo(server, share.name, 1004, &comment, &member), 0);
    wrong += check(build, "NetShareDelEx", NetShareDelEx(server, 503, &share), 0);
    wrong += check(build, "NetShareDel", NetShareDel(server, share.name, 0), 2310);
    return wrong + check(build, "NetServerSetInfo", NetServerSetInfo(server, 1005, &comment, &member), 0);
}

/* Logs on as the user, and off again. The login is that of the process, so that one thread does it. */
static int uses(const struct build *build)
{
    typedef Status Add(void *, uint32_t, void *, uint32_t *);
    typedef Status Delete(void *, void *, uint32_t);
    typedef Status GetUse(void *, void *, uint32_t, void **);
    FUNCTION(Free *, NetApiBufferFree);
    FUNCTION(Add *, NetUseAdd);
    FUNCTION(GetUse *, NetUseGetInfo);
    FUNCTION(Enumerate *, NetUseEnum);
    FUNCTION(Delete *, NetUseDel);
    char remote[128];
    snprintf(remote, sizeof remote, "\\\\%s\\IPC$", arguments[3]);
    struct {
        void *local, *remote, *password;
        uint32_t status, type, references, uses;
        void *user, *domain;
    } use = {NULL, text(build, remote), text(build, arguments[6]), 0, 3, 0, 0, text(build, arguments[5]), NULL};
    uint32_t member = 0, read = 0, total = 0, resume = 0;
    void *buffer = NULL, *list = NULL;
    int wrong = check(build, "NetUseAdd", NetUseAdd(NULL, 2, &use, &member), 0);
    wrong += check(build, "NetUseGetInfo", NetUseGetInfo(NULL, use.remote, 2, &buffer), 0);
    wrong += check(build, "NetUseEnum", NetUseEnum(NULL, 2, &list, UINT32_MAX, &read, &total, &resume), 0) + (read != 1);
    wrong += check(build, "NetUseDel", NetUseDel(NULL, use.remote, 2), 0);
    return wrong + check(build, "NetApiBufferFree", NetApiBufferFree(buffer) | NetApiBufferFree(list), 0);
}

static void *work(void *number)
{
    intptr_t wrong = 0;
    for (int i = 0; i < 2; i++) {
        const struct build *build = &builds[(i + (intptr_t)number) % 2];
        wrong += enumerations(build) + single(build) + changes(build, (int)(intptr_t)number);
    }
    return (void *)wrong;
}

static int in_threads(int count)
{
    pthread_t threads[64];
    intptr_t wrong = 0;
    for (intptr_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < count; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        wrong += (intptr_t)result;
    }
    return (int)wrong;
}

int main(int argc, char **argv)
{
    int threads = argc == 8 ? atoi(argv[7]) : 0, wrong, status = 0;
    if (threads < 1 || threads > 64)
        return 2;
    arguments = argv;
    for (int i = 0; i < 2; i++) {
        builds[i] = (struct build){dlopen(argv[1 + i], RTLD_NOW | RTLD_LOCAL), i ? 4 : 2};
        if (!builds[i].library)
            return 3;
    }
    wrong = uses(&builds[0]) + uses(&builds[1]) + in_threads(threads);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        wrong = in_threads(threads);
        fflush(stdout);
        _exit(wrong != 0);
    }
    wrong += waitpid(child, &status, 0) != child || status != 0;
    wrong += in_threads(1);
    printf("wrong %d\n", wrong);
    return 0;
}
