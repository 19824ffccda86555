// The order of most sources for Windows: windows.h, then the standard library.
#include <windows.h>

#include <cwchar>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <clocale>

int main()
{
    std::setlocale(LC_ALL, "");
    const std::vector<std::wstring> texts = {std::to_wstring(1.5), L"Zo\u00eb"};
    wprintf(L"%s %s\n", texts[0].c_str(), texts[1].c_str());
    std::wprintf(L"%I64d %I32d %Iu ", 5000000000LL, 2, static_cast<std::size_t>(6000000000));
    std::fputws(texts[1].c_str(), stdout);
    return std::regex_match(L"\n", std::wregex(L"\\s")) && std::fwprintf(stdout, L"\n") == 1 ? 0 : 1;
}
