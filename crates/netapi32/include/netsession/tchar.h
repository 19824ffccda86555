/*
 * tchar.h: the names of functions for texts of TCHAR, which is wchar_t here as in a Windows build with UNICODE.
 *
 * Copyright: netsession's authors. Licence: MIT or Apache-2.0, at your choice.
 */
#ifndef NETSESSION_TCHAR_H
#define NETSESSION_TCHAR_H

#include "windows.h"

#define _TEXT(text) NETSESSION_WIDE(text)
#define _TCHAR wchar_t

#define _tprintf wprintf
#define _ftprintf fwprintf
#define _stprintf_s swprintf_s
#define _sntprintf swprintf
#define _fputts fputws
#define _putts _putws
#define _tcslen wcslen
#define _tcscpy wcscpy
#define _tcscpy_s wcscpy_s
#define _tcscat_s wcscat_s
#define _tcsupr _wcsupr
#define _tcslwr _wcslwr
#define _tcsncpy wcsncpy
#define _tcscat wcscat
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp wcscasecmp
#define _tcsnicmp wcsncasecmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcsdup wcsdup
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _ttoi(text) ((int)wcstol((text), NULL, 10))
#define _tstoi _ttoi

#endif
