"""Has Samba's own marshalling read impacket.txt and write it again, octet for octet, in both transfer syntaxes.

    /usr/bin/python3 samba_agrees.py        (Debian: python3-samba)

Samba 4.17 has no definition of levels 503 (shares) and 103 (server); every other line must be the same.
"""
import os
import sys

from samba.dcerpc import srvsvc
from samba.ndr import ndr_pack_in, ndr_pack_out, ndr_unpack_in, ndr_unpack_out

CALLS = {
    8: srvsvc.NetConnEnum, 9: srvsvc.NetFileEnum, 10: srvsvc.NetFileGetInfo, 11: srvsvc.NetFileClose,
    12: srvsvc.NetSessEnum, 13: srvsvc.NetSessDel, 15: srvsvc.NetShareEnumAll, 16: srvsvc.NetShareGetInfo,
    20: srvsvc.NetShareCheck, 21: srvsvc.NetSrvGetInfo, 28: srvsvc.NetRemoteTOD, 36: srvsvc.NetShareEnum,
}
UNKNOWN_TO_SAMBA = {(15, "503"), (36, "503"), (16, "503"), (21, "103")}


def again(opnum, role, wide, octets, request):
    call = CALLS[opnum]()
    if role == "request":
        ndr_unpack_in(call, octets, ndr64=wide)
        return ndr_pack_in(call, ndr64=wide)
    ndr_unpack_in(call, request, ndr64=wide)
    ndr_unpack_out(call, octets, ndr64=wide)
    return ndr_pack_out(call, ndr64=wide)


goldens = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "impacket.txt"), encoding="ascii")
lines = [line.split() for line in goldens]
requests = {(line[0], line[2], line[4]): bytes.fromhex(line[5]) for line in lines if line[1] == "request" and line[3] == "full"}
same = different = 0
for opnum, role, level, variant, syntax, octets in lines:
    if (int(opnum), level) in UNKNOWN_TO_SAMBA:
        continue
    octets = bytes.fromhex(octets)
    if again(int(opnum), role, syntax == "ndr64", octets, requests[opnum, level, syntax]) == octets:
        same += 1
    else:
        different += 1
        print("different:", opnum, role, level, variant, syntax)
print(f"{same} the same, {different} different")
sys.exit(different != 0)
