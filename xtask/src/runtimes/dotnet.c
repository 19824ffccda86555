/* Starts a program on the .NET beside this one: dotnet PROGRAM.dll ARGUMENT... */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef int start_t(int count, const char **arguments, const char *host, const char *root, const char *program);

int main(int count, const char **arguments)
{
    char host[PATH_MAX] = "", root[PATH_MAX], library[PATH_MAX + 64];
    if (readlink("/proc/self/exe", host, sizeof host - 1) < 0)
        return 1;
    strcpy(root, host);
    *strrchr(root, '/') = '\0';
    snprintf(library, sizeof library, "%s/host/fxr/" VERSION "/libhostfxr.so", root);
    void *loaded = dlopen(library, RTLD_NOW);
    start_t *start = loaded ? (start_t *)dlsym(loaded, "hostfxr_main_startupinfo") : NULL;
    if (!start) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    return start(count, arguments, host, root, "");
}
