/*
 * Finds a domain controller, by DsGetDcNameW and DsGetDcNameA. The same source is compiled for both widths of wchar_t.
 *
 *     controller LIBRARY COMPUTER DOMAIN SITE FLAGS [GUID]
 *
 * A `-` is NULL, FLAGS is a hexadecimal number. Prints the status of each function, and the members of its result.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsession/dsgetdc.h"

static __typeof__(DsGetDcNameW) *wide_function;
static __typeof__(DsGetDcNameA) *narrow_function;
static __typeof__(NetApiBufferFree) *buffer_free;

static void *symbol(void *library, const char *name)
{
    void *function = dlsym(library, name);
    if (!function)
        exit(99);
    return function;
}

static const char *narrow(const char *argument)
{
    return strcmp(argument, "-") == 0 ? NULL : argument;
}

static LPWSTR wide(const char *argument)
{
    if (!narrow(argument))
        return NULL;
    LPWSTR text = calloc(strlen(argument) + 1, sizeof *text);
    for (size_t i = 0; argument[i]; i++)
        text[i] = (unsigned char)argument[i];
    return text;
}

static void print_wide(LPCWSTR text)
{
    for (; *text; text++)
        putchar(*text < 128 ? (int)*text : '?');
    putchar(' ');
}

static void print_numbers(ULONG type, const GUID *guid, ULONG flags)
{
    printf("%u %08x-%04x-%04x-", type, guid->Data1, guid->Data2, guid->Data3);
    for (int i = 0; i < 8; i++)
        printf("%02x", guid->Data4[i]);
    printf(" %08x\n", flags);
}

/* Reads a GUID in the form in which print_numbers prints it. */
static void read_guid(const char *text, GUID *guid)
{
    unsigned parts[3], octet;
    if (sscanf(text, "%8x-%4x-%4x-", &parts[0], &parts[1], &parts[2]) != 3)
        exit(97);
    guid->Data1 = parts[0], guid->Data2 = (unsigned short)parts[1], guid->Data3 = (unsigned short)parts[2];
    for (int i = 0; i < 8; i++) {
        sscanf(text + 19 + 2 * i, "%2x", &octet);
        guid->Data4[i] = (unsigned char)octet;
    }
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 7)
        return 96;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return 98;
    *(void **)&wide_function = symbol(library, "DsGetDcNameW");
    *(void **)&narrow_function = symbol(library, "DsGetDcNameA");
    *(void **)&buffer_free = symbol(library, "NetApiBufferFree");
    ULONG flags = (ULONG)strtoul(argv[5], NULL, 16);
    GUID guid, *id = argc == 7 ? &guid : NULL;
    if (id)
        read_guid(argv[6], id);
    LPWSTR computer = wide(argv[2]), domain = wide(argv[3]), site = wide(argv[4]);

    PDOMAIN_CONTROLLER_INFOW found = NULL;
    unsigned status = wide_function(computer, domain, id, site, flags, &found);
    printf("W %u\n", status);
    if (status == 0) {
        LPWSTR texts[] = {found->DomainControllerName, found->DomainControllerAddress, found->DomainName,
                          found->DnsForestName, found->DcSiteName, found->ClientSiteName};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            print_wide(texts[i]);
        print_numbers(found->DomainControllerAddressType, &found->DomainGuid, found->Flags);
        printf("freed %u\n", buffer_free(found));
    }

    PDOMAIN_CONTROLLER_INFOA also = NULL;
    status = narrow_function(narrow(argv[2]), narrow(argv[3]), id, narrow(argv[4]), flags, &also);
    printf("A %u\n", status);
    if (status == 0) {
        printf("%s %s %s %s %s %s ", also->DomainControllerName, also->DomainControllerAddress, also->DomainName,
               also->DnsForestName, also->DcSiteName, also->ClientSiteName);
        print_numbers(also->DomainControllerAddressType, &also->DomainGuid, also->Flags);
        printf("freed %u\n", buffer_free(also));
    }
    free(computer), free(domain), free(site);
    return 0;
}
