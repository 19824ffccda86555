/* What a program on a Linux mount does: `exercise mount|tree|fsx|locks|attributes|holes|copy|clone ...`. It exits with 0, or says what is wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE (1 << 20)

static void fail(const char *what, ...) {
    int code = errno;
    va_list list;
    va_start(list, what);
    vprintf(what, list);
    va_end(list);
    printf(": %s\n", strerror(code));
    exit(1);
}

static void check(int holds, const char *what) {
    if (!holds)
        fail("%s", what);
}

static unsigned long long state;

/* A number below `limit`, the same in every run with the same seed (xorshift). */
static unsigned below(unsigned limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % limit;
}

static void fill(char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)below(256);
}

/* exercise mount SHARE FOLDER OPTIONS: as alice. The file /login has the server and the password. */
static int share(char **argument) {
    char login[128] = "", options[512];
    FILE *file = fopen("/login", "r");
    check(file && fgets(login, sizeof login, file), "/login");
    snprintf(options, sizeof options, "%s,%s", login, argument[2]);
    if (mount(argument[0], argument[1], "cifs", 0, options))
        fail("mount with %s", argument[2]);
    return 0;
}

/* exercise tree FOLDER COUNT: makes files of 0 to 9,999 bytes, 40 in each folder. */
static int tree(char **argument) {
    static char bytes[10000];
    char path[256];
    int count = atoi(argument[1]);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%03d", argument[0], i / 40);
        if (i % 40 == 0 && mkdir(path, 0755))
            fail("%s", path);
        snprintf(path, sizeof path, "%s/%03d/%d.bin", argument[0], i / 40, i);
        size_t length = below(sizeof bytes);
        fill(bytes, length);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (file < 0 || write(file, bytes, length) != (ssize_t)length || close(file))
            fail("%s", path);
    }
    return 0;
}

static int files[2];
static char *names[2];

static void compare(int step) {
    static char content[2][SIZE];
    ssize_t length[2];
    for (int i = 0; i < 2; i++)
        check((length[i] = pread(files[i], content[i], SIZE, 0)) >= 0, "read");
    if (length[0] != length[1])
        fail("step %d: %zd bytes instead of %zd", step, length[0], length[1]);
    for (ssize_t i = 0; i < length[0]; i++)
        if (content[0][i] != content[1][i])
            fail("step %d: another byte at %zd of %zd", step, i, length[0]);
}

static void compare_map(int step) {
    struct stat status;
    check(!fstat(files[1], &status), "fstat");
    if (status.st_size == 0)
        return;
    char *map[2];
    for (int i = 0; i < 2; i++)
        check((map[i] = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, files[i], 0)) != MAP_FAILED, "mmap");
    if (memcmp(map[0], map[1], status.st_size))
        fail("step %d: the mapped file differs", step);
    for (int i = 0; i < 2; i++)
        munmap(map[i], status.st_size);
}

static void reopen(void) {
    for (int i = 0; i < 2; i++) {
        check(!close(files[i]), "close");
        check((files[i] = open(names[i], O_RDWR)) >= 0, "open again");
    }
}

static void move(void) {
    for (int i = 0; i < 2; i++) {
        char other[256];
        snprintf(other, sizeof other, "%s.moved", names[i]);
        check(!rename(names[i], other), "rename");
        check(!rename(other, names[i]), "rename back");
    }
}

/* One random operation on both files. */
static void operate(int step) {
    static char bytes[65536];
    unsigned kind = below(10), offset = below(SIZE - sizeof bytes), length = 1 + below(sizeof bytes);
    if (kind < 4)
        fill(bytes, length);
    for (int i = 0; i < 2; i++) {
        if (kind < 4)
            check(pwrite(files[i], bytes, length, offset) == (ssize_t)length, "write");
        else if (kind == 4)
            check(!ftruncate(files[i], offset), "ftruncate");
        else if (kind == 5 && fallocate(files[i], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length)) {
            /* A mount with SMB 2.1 has no holes. */
            check(i == 0 && errno == EOPNOTSUPP, "hole");
            break;
        }
        if (kind == 6)
            check(!fsync(files[i]), "fsync");
    }
    if (kind == 7)
        compare_map(step);
    else if (kind == 8)
        reopen();
    else if (kind == 9 && step % 5 == 0)
        move();
    compare(step);
}

/* Whether the mount works again after the end of its session; a call or two may fail before. A name that nobody has looked up is in
   no cache. */
static int comes_back(void) {
    for (int i = 0; i < 3; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s.none%d", names[0], i);
        if (access(name, F_OK) && errno == ENOENT)
            return 1;
    }
    return 0;
}

/* exercise fsx FILE TWIN SEED STEPS: the same random operations on both files, which stay equal. In the middle it creates the
   file /tmp/middle and waits until that is gone. */
static int fsx(char **argument) {
    state = strtoull(argument[2], NULL, 10) * 0x9E3779B97F4A7C15ULL + 1;
    for (int i = 0; i < 2; i++) {
        names[i] = argument[i];
        check((files[i] = open(names[i], O_RDWR | O_CREAT | O_TRUNC, 0644)) >= 0, names[i]);
    }
    int steps = atoi(argument[3]);
    for (int step = 0; step < steps; step++) {
        if (step == steps / 2) {
            check(!fsync(files[0]), "fsync in the middle");
            close(creat("/tmp/middle", 0644));
            while (!access("/tmp/middle", F_OK))
                usleep(1000);
            check(comes_back(), "the third call after the end of the session");
            /* Linux opens a file again to write, and not to make a hole. */
            for (int i = 0; i < 2; i++)
                check(pwrite(files[i], "m", 1, 0) == 1 && !fsync(files[i]), "write after the end of the session");
        }
        operate(step);
    }
    for (int i = 0; i < 2; i++)
        check(!fsync(files[i]) && !close(files[i]), "the last close");
    return 0;
}

static int lock(int file, short kind, off_t start, off_t length) {
    struct flock range = {.l_type = kind, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(file, F_OFD_SETLK, &range);
}

/* exercise locks FILE SAME: one file on two mounts, each with a session of its own. */
static int locks(char **argument) {
    int one = open(argument[0], O_RDWR | O_CREAT, 0644), other = open(argument[1], O_RDWR);
    check(one >= 0 && other >= 0, "open");
    check(!lock(one, F_WRLCK, 0, 10), "the first lock");
    check(lock(other, F_WRLCK, 5, 10) && (errno == EACCES || errno == EAGAIN), "an overlapping lock");
    check(lock(other, F_RDLCK, 9, 1) && (errno == EACCES || errno == EAGAIN), "an overlapping lock to read");
    check(!lock(other, F_WRLCK, 10, 10), "a lock beside it");
    check(!lock(one, F_UNLCK, 0, 10), "unlock");
    check(!lock(other, F_WRLCK, 5, 5), "the lock that is free now");
    return 0;
}

/* exercise attributes FILE SAME: sets an attribute through one mount and reads it through the other. */
static int attributes(char **argument) {
    char value[64], list[256];
    close(open(argument[0], O_RDWR | O_CREAT, 0644));
    check(!setxattr(argument[0], "user.origin", "scanner", 7, 0), "setxattr");
    check(getxattr(argument[1], "user.origin", value, sizeof value) == 7 && !memcmp(value, "scanner", 7), "getxattr");
    check(listxattr(argument[1], list, sizeof list) > 0 && strcasestr(list, "user.origin"), "listxattr");
    check(!removexattr(argument[0], "user.origin"), "removexattr");
    check(getxattr(argument[1], "user.origin", value, sizeof value) < 0 && errno == ENODATA, "removed");
    return 0;
}

/* exercise holes FILE: a hole in the middle of written data reads as zeros, and is found. */
static int holes(char **argument) {
    static char bytes[SIZE], back[SIZE];
    memset(bytes, 'x', SIZE);
    int file = open(argument[0], O_RDWR | O_CREAT | O_TRUNC, 0644);
    check(file >= 0 && pwrite(file, bytes, SIZE, 0) == SIZE && !fsync(file), "write");
    check(!fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, SIZE / 4, SIZE / 2), "hole");
    check(lseek(file, 0, SEEK_HOLE) == SIZE / 4, "where the hole begins");
    check(lseek(file, SIZE / 4, SEEK_DATA) == SIZE / 4 * 3, "where it ends");
    memset(bytes + SIZE / 4, 0, SIZE / 2);
    check(pread(file, back, SIZE, 0) == SIZE && !memcmp(bytes, back, SIZE), "what is read");
    return close(file);
}

/* exercise copy FROM TO: lets the server copy the file. */
static int copy(char **argument) {
    int from = open(argument[0], O_RDONLY), to = open(argument[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
    check(from >= 0 && to >= 0, "open");
    ssize_t length;
    while ((length = copy_file_range(from, NULL, to, NULL, SIZE, 0)) > 0)
        ;
    check(length == 0, "copy_file_range");
    return close(to);
}

/* exercise clone FROM TO: lets the files share their data and says `cloned`, or lets the server copy it if they cannot. */
static int clone_file(char **argument) {
    int from = open(argument[0], O_RDONLY), to = open(argument[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
    check(from >= 0 && to >= 0, "open");
    if (ioctl(to, FICLONE, from) == 0)
        puts("cloned");
    else if (errno == EOPNOTSUPP)
        return copy(argument);
    else
        fail("clone");
    return close(to);
}

int main(int count, char **argument) {
    static const struct {
        const char *name;
        int (*run)(char **);
        int count;
    } commands[] = {{"mount", share, 3}, {"tree", tree, 2},       {"fsx", fsx, 4},    {"locks", locks, 2},
                    {"attributes", attributes, 2}, {"holes", holes, 1}, {"copy", copy, 2},
                    {"clone", clone_file, 2}};
    state = 88172645463325252ULL;
    for (size_t i = 0; count > 1 && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].name, argument[1]) && count == commands[i].count + 2)
            return commands[i].run(argument + 2);
    return 2;
}
