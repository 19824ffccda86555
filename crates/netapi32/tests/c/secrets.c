/*
 * A program that looks for secrets in its own memory.
 *
 *     secrets LIBRARY SERVER USER HIDDEN
 *
 * HIDDEN is the password in hexadecimal digits, each byte of it hidden. A line of standard input has a name and a secret, hidden
 * in the same way. The program logs on with the password, lists the sessions, removes the login, and prints after each step how
 * often each secret is in its memory. The program itself keeps no secret.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "library.h"

enum { HIDES = 0x5a, MOST = 64, PART = 1 << 20 };

struct hidden {
    char name[32];
    unsigned char bytes[MOST];
    size_t length;
};

static struct hidden secrets[16];
static size_t number;

static void read_hidden(struct hidden *secret, const char *digits)
{
    unsigned byte;
    for (secret->length = 0; secret->length < MOST && sscanf(digits, "%2x", &byte) == 1; digits += 2)
        secret->bytes[secret->length++] = byte;
}

static bool is_at(const unsigned char *bytes, const struct hidden *secret)
{
    size_t i = 0;
    while (i < secret->length && (bytes[i] ^ HIDES) == secret->bytes[i])
        i++;
    return i == secret->length;
}

/* Counts in everything that the process can read except the buffer for it. */
static unsigned count_in_memory(const struct hidden *secret)
{
    static unsigned char *part;
    if (!part)
        part = mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    unsigned found = 0;
    char line[512];
    uintptr_t low, high;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    while (fgets(line, sizeof line, maps)) {
        if (strstr(line, "[v") || sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &low, &high) != 2)
            continue;
        for (uintptr_t at = low; at < high; at += PART - MOST) {
            /* The system may have joined the buffer to its neighbours. */
            uintptr_t end = at + PART < high ? at + PART : high;
            ssize_t length = pread(memory, part, end - at, (off_t)at);
            for (ssize_t i = 0; i + (ssize_t)secret->length <= length; i++) {
                uintptr_t address = at + (uintptr_t)i;
                bool is_buffer = address + MOST > (uintptr_t)part && address < (uintptr_t)part + PART;
                bool is_next = i >= PART - MOST && end < high;
                found += !is_buffer && !is_next && is_at(part + i, secret);
            }
        }
    }
    close(memory);
    fclose(maps);
    memset(part, 0, PART);
    return found;
}

static void report(const char *when)
{
    for (size_t i = 0; i < number; i++)
        printf("%s %s %u\n", when, secrets[i].name, count_in_memory(&secrets[i]));
    fflush(stdout);
}

static void set_login(const struct library *library, const char *user, const char *digits)
{
    static char16_t password[MOST + 1];
    struct hidden hidden;
    read_hidden(&hidden, digits);
    for (size_t i = 0; i < hidden.length; i++)
        password[i] = hidden.bytes[i] ^ HIDES;
    char16_t *who = wide(user);
    printf("login %u\n", (unsigned)library->set_login(u"*", who, password));
    free(who);
    explicit_bzero(password, sizeof password);
}

int main(int argc, char **argv)
{
    char line[512], digits[2 * MOST + 1];
    if (argc != 5)
        return 96;
    const struct library library = load(argv[1]);
    set_login(&library, argv[3], argv[4]);
    list("call", &library, argv[2]);
    while (number < 16 && fgets(line, sizeof line, stdin) &&
           sscanf(line, "%31s %128s", secrets[number].name, digits) == 2)
        read_hidden(&secrets[number++], digits);
    report("set");
    printf("login %u\n", (unsigned)library.set_login(u"*", NULL, NULL));
    report("removed");
    return 0;
}
