/*
 * The functions and types of Windows that samples use beside netapi32, in one program.
 */
#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>
#include <stdio.h>
#include <tchar.h>
#include <lm.h>
#include <lmsname.h>
#pragma comment(lib, "netapi32.lib")

static void show_error(DWORD dwError)
{
    LPVOID lpMessage = NULL;
    WCHAR szShort[8];

    FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, dwError,
                  MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPTSTR)&lpMessage, 0, NULL);
    wprintf(L"%s", (LPTSTR)lpMessage);
    LocalFree(lpMessage);
    if (FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM, NULL, dwError, 0, szShort, 8, NULL) != 0 ||
        GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        wprintf(L"too long\n");
}

void wmain(void)
{
    WCHAR szName[MAX_PATH];
    TCHAR szShort[4];
    LPUSER_INFO_1 pUser = NULL;
    SERVER_INFO_101 info;
    SIZE_T size = sizeof info;
    HRESULT result = 0;
    DWORD dwRead = 0, dwTotal = 0;

    show_error(NERR_ClientNameNotFound);
    show_error(9999);
    ZeroMemory(&info, size);
    SecureZeroMemory(szName, sizeof szName);
    info.sv101_type = SV_TYPE_SERVER | SV_TYPE_NT;
    if ((info.sv101_type & SV_TYPE_ALL) != 0x1002 || (STYPE_SPECIAL & STYPE_MASK) != 0 || NERR_Success >= NERR_BASE)
        wprintf(L"a constant\n");
    wprintf(L"short %d\n", (int)wcslen(szName));
    if (wcscpy_s(szShort, 4, L"abc") != 0 || wcscat_s(szShort, 4, L"d") == 0 || *szShort != 0 ||
        _tcscpy_s(szShort, 4, TEXT("abcd")) == 0 || *szShort != 0)
        wprintf(L"an overflow\n");
    if (_snwprintf(szShort, 4, L"%s", L"abcd") >= 0)
        wprintf(L"an overflow\n");
    wcscpy_s(szName, MAX_PATH, L"abc");
    wcscat_s(szName, MAX_PATH, L"def");
    wprintf(L"upper %s\n", _wcsupr(szName));
    swprintf_s(szName, MAX_PATH, L"%s %d", L"abcdef", 12);
    wprintf(L"%s\n", szName);
    Sleep(1);
    if (lstrcmpi(SERVICE_SERVER, L"lanmanserver") != 0 || lstrlen(szName) != 9)
        wprintf(L"a comparison\n");
    (void)dwRead, (void)dwTotal, (void)pUser;
    wprintf(L"end %d\n", result);
}
