/*
 * Calls NetApiBuffer* in a program that allocates by itself: malloc_usable_size() of the system must not see its blocks, before
 * which nothing can be read.
 *
 *     allocator LIBRARY
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "library.h"

/* A block has pages of its own, a page before them that cannot be read, and one with its size before that. */
#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

void *malloc(size_t size)
{
    char *start = mmap(NULL, 2 * PAGE + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    *(size_t *)start = size;
    mprotect(start + PAGE, PAGE, PROT_NONE);
    return start + 2 * PAGE;
}

static size_t *size_before(void *block)
{
    return (size_t *)((char *)block - 2 * PAGE);
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

void free(void *block)
{
    if (block)
        munmap(size_before(block), 2 * PAGE + *size_before(block));
}

void *realloc(void *block, size_t size)
{
    void *larger = malloc(size);
    if (block && larger) {
        memcpy(larger, block, *size_before(block) < size ? *size_before(block) : size);
        free(block);
    }
    return larger;
}

int main(int argc, char **argv)
{
    void *handle = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!handle)
        return 96;
    __typeof__(NetApiBufferAllocate) *allocate = dlsym(handle, "NetApiBufferAllocate");
    __typeof__(NetApiBufferReallocate) *reallocate = dlsym(handle, "NetApiBufferReallocate");
    __typeof__(NetApiBufferFree) *buffer_free = dlsym(handle, "NetApiBufferFree");
    char *buffer = NULL;
    unsigned wrong = allocate(5, (void **)&buffer);
    memcpy(buffer, "kept", 5);
    wrong += reallocate(buffer, 100000, (void **)&buffer);
    wrong += strcmp(buffer, "kept") != 0;
    wrong += buffer_free(buffer);
    printf("wrong %u\n", wrong);
    return 0;
}
