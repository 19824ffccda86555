#ifdef _WIN32
#include <windows.h>
#include <lm.h>
#else
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t NET_API_STATUS, DWORD, *LPDWORD;
typedef int32_t LONG, BOOL;
typedef uint8_t BYTE, *LPBYTE;
typedef uintptr_t *PDWORD_PTR;
typedef void *LPVOID;
typedef uint16_t WCHAR, *LPWSTR;
typedef const uint16_t *LPCWSTR;
#define NET_API_FUNCTION

#define NERR_Success 0u
#define ERROR_ACCESS_DENIED 5u
#define ERROR_NOT_ENOUGH_MEMORY 8u
#define ERROR_BAD_NETPATH 53u
#define ERROR_INVALID_PARAMETER 87u
#define NERR_ClientNameNotFound 2312u

/*
 * Ends sessions between a file server and a client: those of one user, of one computer, or of one
 * user from one computer.
 */
NET_API_STATUS NET_API_FUNCTION NetSessionDel(
  LPWSTR servername,
  LPWSTR UncClientName,
  LPWSTR username);

#ifdef __cplusplus
}
#endif
#endif

#include <stdio.h>

#ifdef _WIN32
#define W(text) ((LPWSTR)L##text)
#else
#define W(text) ((LPWSTR)u##text)
#endif

int main(void)
{
  NET_API_STATUS status = NetSessionDel(W("\\\\fs1"), W("\\\\10.0.0.5"), W("alice"));
  printf("NetSessionDel: %u\n", (unsigned)status);
  return status == 0 ? 0 : 1;
}
