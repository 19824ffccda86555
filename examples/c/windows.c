/* Lists the sessions of a file server, and ends those of a client or a user: a source for Windows, which also compiles on Linux.
 *
 *     cc windows.c $(pkg-config --cflags --libs netapi32-wchar32) -o windows
 *     ./windows [\\server] [\\client] [user]
 *
 * A missing argument is NULL, and so is "-" for the client. An empty argument is refused.
 */
#include <windows.h>
#include <lm.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* The argument in wide characters; NULL for NULL only: "" stays an empty text. */
static LPWSTR wide(const char *text)
{
    static WCHAR texts[3][1024];
    static size_t used;
    LPWSTR string = texts[used++];
    if (!text)
        return NULL;
    if (mbstowcs(string, text, 1023) == (size_t)-1)
        exit(2);
    return string;
}

static int failed(const char *function, NET_API_STATUS status)
{
    fprintf(stderr, "%s: error %u\n", function, (unsigned)status);
    return 1;
}

int main(int argc, char **argv)
{
    LPWSTR server, client, user;
    LPSESSION_INFO_10 sessions = NULL;
    DWORD i, count = 0, total = 0, resume = 0;
    NET_API_STATUS status;

    setlocale(LC_ALL, "");
    for (i = 1; i < (DWORD)argc; i++) {
        if (!*argv[i]) {
            fprintf(stderr, "argument %u is empty\n", (unsigned)i);
            return 2;
        }
    }
    server = wide(argc > 1 ? argv[1] : NULL);
    client = wide(argc > 2 && strcmp(argv[2], "-") != 0 ? argv[2] : NULL);
    user = wide(argc > 3 ? argv[3] : NULL);
    do {
        /* So little that a server with many sessions sends several pages. */
        status = NetSessionEnum(server, client, user, 10, (LPBYTE *)&sessions, 256, &count, &total, &resume);
        if (status != NERR_Success && status != ERROR_MORE_DATA)
            return failed("NetSessionEnum", status);
        for (i = 0; i < count; i++)
            printf("%ls\t%ls\t%u s\n", sessions[i].sesi10_cname, sessions[i].sesi10_username,
                   (unsigned)sessions[i].sesi10_time);
        NetApiBufferFree(sessions);
        sessions = NULL;
    } while (status == ERROR_MORE_DATA);
    if (client || user) {
        status = NetSessionDel(server, client, user);
        if (status != NERR_Success)
            return failed("NetSessionDel", status);
        puts("ended");
    }
    return 0;
}
