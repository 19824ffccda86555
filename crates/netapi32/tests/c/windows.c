/*
 * Lists sessions in parts and ends one, as the samples for Windows do: with windows.h, lm.h, wmain, L"" and wchar_t.
 *
 * Arguments: the server, or "." for NULL, then a client and a user whose sessions it ends.
 */
#ifndef UNICODE
#define UNICODE
#endif
#include <stdio.h>
#include <tchar.h>
#include <windows.h>
#include <lm.h>
#include <lmshare.h>
#include <lmapibuf.h>
#include <lmerr.h>
#include <lmserver.h>

static void list(LPWSTR pszServerName)
{
    LPSESSION_INFO_10 pBuf = NULL;
    DWORD dwEntriesRead = 0, dwTotalEntries = 0, dwResumeHandle = 0, i;
    NET_API_STATUS nStatus;

    do {
        nStatus = NetSessionEnum(pszServerName, NULL, NULL, 10, (LPBYTE *)&pBuf, 200, &dwEntriesRead, &dwTotalEntries,
                                 &dwResumeHandle);
        if (nStatus == NERR_Success || nStatus == ERROR_MORE_DATA) {
            LPSESSION_INFO_10 pTmpBuf = pBuf;
            for (i = 0; i < dwEntriesRead; i++, pTmpBuf++)
                {
                /* As the samples do: %s is a text of wchar_t, and printf writes to the same stream. */
                wprintf(L"%s ", pTmpBuf->sesi10_cname);
                printf("%ls\n", pTmpBuf->sesi10_username);
            }
        } else {
            wprintf(L"error %u\n", nStatus);
        }
        if (pBuf != NULL) {
            NetApiBufferFree(pBuf);
            pBuf = NULL;
        }
    } while (nStatus == ERROR_MORE_DATA);
}

int wmain(int argc, wchar_t *argv[])
{
    LPWSTR pszServerName = argc > 1 && wcscmp(argv[1], L".") != 0 ? argv[1] : NULL;
    LPSERVER_INFO_101 pInfo = NULL;

    if (argc != 4)
        return 96;
    list(pszServerName);
    wprintf(L"end %u\n", NetSessionDel(pszServerName, argv[2], argv[3]));
    wprintf(L"last error %u\n", GetLastError());
    list(pszServerName);
    if (NetServerGetInfo(pszServerName, 101, (LPBYTE *)&pInfo) == NERR_Success)
        _tprintf(_T("server %-1s%hs%S%c%lc%I64d%ws%3.2ls%%\n"), pInfo->sv101_name, "", "", L'.', L'!', (LONGLONG)-5, L"", L"long");
    NetApiBufferFree(pInfo);
    return 0;
}
