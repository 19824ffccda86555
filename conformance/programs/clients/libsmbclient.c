/* A program with libsmbclient: libsmbclient.sh compiles and starts it. */
#include <fcntl.h>
#include <libsmbclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[256], copied[300];

static void login(const char *server, const char *share, char *group, int a, char *user, int b, char *password, int c) {
    (void)server, (void)share, (void)group, (void)a;
    snprintf(user, b, "alice");
    snprintf(password, c, "%s", getenv("SECRET"));
}

static int list(void) {
    int open = smbc_opendir(folder);
    if (open < 0)
        return 0;
    for (struct smbc_dirent *entry; (entry = smbc_readdir(open));)
        puts(entry->name);
    return smbc_closedir(open) == 0;
}

static int copy(int from, int to, int is_upload) {
    static char bytes[65536];
    ssize_t length;
    while ((length = is_upload ? read(from, bytes, sizeof bytes) : smbc_read(from, bytes, sizeof bytes)) > 0)
        if ((is_upload ? smbc_write(to, bytes, length) : write(to, bytes, length)) != length)
            return 0;
    return length == 0 && (is_upload ? smbc_close(to) || close(from) : smbc_close(from) || close(to)) == 0;
}

int main(void) {
    char line[8];
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(folder, sizeof folder, "smb://%s:%s/data", getenv("SERVER"), getenv("PORT"));
    snprintf(copied, sizeof copied, "%s/copied.bin", folder);
    if (smbc_init(login, 0))
        return 1;
    if (!copy(open("local.bin", O_RDONLY), smbc_open(copied, O_WRONLY | O_CREAT | O_TRUNC, 0644), 1))
        return 2;
    if (!copy(smbc_open(copied, O_RDONLY, 0), open("back.bin", O_WRONLY | O_CREAT, 0644), 0))
        return 3;
    if (!list())
        return 4;
    puts("ready");
    if (!fgets(line, sizeof line, stdin))
        return 5;
    if (!list() && !list())
        return 6;
    puts("back");
    return 0;
}
