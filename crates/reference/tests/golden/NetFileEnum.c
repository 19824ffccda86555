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
#define ERROR_INVALID_LEVEL 124u
#define ERROR_MORE_DATA 234u
#define NERR_BufTooSmall 2123u
#define NERR_UserNotFound 2221u
#define PERM_FILE_READ 0x1u
#define PERM_FILE_WRITE 0x2u
#define PERM_FILE_CREATE 0x4u
#define MAX_PREFERRED_LENGTH 0xFFFFFFFFu

typedef struct _FILE_INFO_2 {
  DWORD fi2_id;
} FILE_INFO_2, *PFILE_INFO_2, *LPFILE_INFO_2;

typedef struct _FILE_INFO_3 {
  DWORD  fi3_id;
  DWORD  fi3_permissions;
  DWORD  fi3_num_locks;
  LPWSTR fi3_pathname;
  LPWSTR fi3_username;
} FILE_INFO_3, *PFILE_INFO_3, *LPFILE_INFO_3;

/*
 * Lists the files, folders and named pipes that clients have open on a server, each with its
 * number, its user and its locks.
 */
NET_API_STATUS NET_API_FUNCTION NetFileEnum(
  LPWSTR     servername,
  LPWSTR     basepath,
  LPWSTR     username,
  DWORD      level,
  LPBYTE *   bufptr,
  DWORD      prefmaxlen,
  LPDWORD    entriesread,
  LPDWORD    totalentries,
  PDWORD_PTR resume_handle);

/*
 * Frees a buffer that another function of this library has returned.
 */
NET_API_STATUS NET_API_FUNCTION NetApiBufferFree(
  LPVOID Buffer);

#ifdef __cplusplus
}
#endif
#endif
