/* Lists the sessions of a file server, and ends those of a client or a user.
 *
 *     cc sessions.c -lnetapi32 -o sessions
 *     ./sessions [\\server] [\\client] [user]
 *
 * A missing argument is NULL: the local computer, any client, any user. So is "-" for the client. An empty argument is refused:
 * the session of a half-done logon has an empty user, and NULL in its place would end everybody from that client.
 */
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

#include <netapi32.h>

/* The argument in UTF-16, to be freed; NULL for NULL only: "" stays an empty text. */
static char16_t *wide(const char *text)
{
    size_t left = text ? strlen(text) : 0, used;
    char16_t *string = text ? calloc(left + 1, sizeof *string) : NULL, *end = string;
    mbstate_t state = {0};
    while (string && left && (used = mbrtoc16(end, text, left, &state)) != 0) {
        if (used == (size_t)-1 || used == (size_t)-2) {
            fprintf(stderr, "an argument is not in the locale's encoding\n");
            exit(2);
        }
        end++;
        if (used != (size_t)-3) { /* -3 is the second half of a pair */
            text += used;
            left -= used;
        }
    }
    return string;
}

static void print(const char16_t *string)
{
    char bytes[MB_LEN_MAX];
    mbstate_t state = {0};
    for (; *string; string++) {
        size_t count = c16rtomb(bytes, *string, &state);
        if (count != (size_t)-1)
            fwrite(bytes, 1, count, stdout);
    }
}

static NET_API_STATUS list(const char16_t *server, const char16_t *client, const char16_t *user)
{
    NET_API_STATUS status;
    uint32_t resume = 0;
    do {
        uint8_t *buffer = NULL;
        uint32_t count = 0, total = 0;
        status = NetSessionEnum(server, client, user, 10, &buffer, MAX_PREFERRED_LENGTH, &count, &total, &resume);
        if (status == NERR_Success || status == ERROR_MORE_DATA) {
            const SESSION_INFO_10 *session = (const SESSION_INFO_10 *)buffer;
            for (uint32_t i = 0; i < count; i++, session++) {
                print(session->sesi10_cname);
                putchar('\t');
                print(session->sesi10_username);
                printf("\t%u s\n", (unsigned)session->sesi10_time);
            }
        }
        NetApiBufferFree(buffer);
    } while (status == ERROR_MORE_DATA);
    return status;
}

/* How many files one user has open from one client. */
static NET_API_STATUS show(const char16_t *server, const char16_t *client, const char16_t *user)
{
    uint8_t *buffer = NULL;
    NET_API_STATUS status = NetSessionGetInfo(server, client, user, 1, &buffer);
    if (status == NERR_Success)
        printf("open files: %u\n", (unsigned)((const SESSION_INFO_1 *)buffer)->sesi1_num_opens);
    NetApiBufferFree(buffer);
    return status;
}

static int failed(const char *function, NET_API_STATUS status)
{
    fprintf(stderr, "%s: error %u\n", function, (unsigned)status);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    if (argc > 4) {
        fprintf(stderr, "Usage: %s [\\\\server] [\\\\client] [user]\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        if (!*argv[i]) {
            fprintf(stderr, "argument %d is empty\n", i);
            return 2;
        }
    }
    char16_t *server = wide(argc > 1 ? argv[1] : NULL);
    char16_t *client = wide(argc > 2 && strcmp(argv[2], "-") != 0 ? argv[2] : NULL);
    char16_t *user = wide(argc > 3 ? argv[3] : NULL);
    int result = EXIT_SUCCESS;
    NET_API_STATUS status = list(server, client, user);
    if (status != NERR_Success) {
        result = failed("NetSessionEnum", status);
    } else if (client && user && (status = show(server, client, user)) != NERR_Success) {
        result = failed("NetSessionGetInfo", status);
    } else if (client || user) {
        status = NetSessionDel(server, client, user);
        if (status == NERR_Success)
            puts("ended");
        else
            result = failed("NetSessionDel", status);
    }
    free(server);
    free(client);
    free(user);
    return result;
}
