"""Writes every MS-SRVS request and response by impacket, in both transfer syntaxes: impacket.txt.

    python3 impacket_goldens.py > impacket.txt

A line is: opnum, request or response, level, full or null, ndr32 or ndr64, octets. No call is made: impacket
writes NDR64 as well as NDR, which few servers do.

`full`: every member set, to a number or text made from its name, in two entries where there are entries; the
second entry's texts are null. `null`: every pointer null. Referent ids are numbered from 0x20000 in the order
of the octets, and padding is zero: impacket's own are random and telling, and mean nothing (C706 14.3.10).

tests/golden.rs makes the same messages with our code, and compares.
"""
import re
import sys
import types

import impacket.dcerpc.v5.ndr as original

source = open(original.__file__, encoding="utf-8").read()
source = re.sub(r"b'\\x[0-9a-fA-F]{2}'\s*\*\s*pad", r"b'\\x00'*pad", source)
ndr = types.ModuleType("impacket.dcerpc.v5.ndr")
exec(compile(source, original.__file__, "exec"), ndr.__dict__)
sys.modules["impacket.dcerpc.v5.ndr"] = ndr
import impacket.dcerpc.v5
impacket.dcerpc.v5.ndr = ndr
from impacket.dcerpc.v5 import srvs
from impacket.dcerpc.v5.dtypes import NULL

next_referent = 0
plain_get_data = ndr.NDRPOINTER.getData


def get_data(self, soFar=0):
    global next_referent
    if self.fields["ReferentID"] != 0:
        self.fields["ReferentID"] = next_referent
        next_referent += 4
    return plain_get_data(self, soFar)


ndr.NDRPOINTER.getData = get_data

DESCRIPTOR = bytes.fromhex("0100048000000000000000000000000000000000")


def number(name):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for octet in name.encode():
        value = (value ^ octet) * 0x01000193 & 0xFFFFFFFF
    return value


def name_of(member):
    """sesi502_cname -> sesi_cname"""
    return re.sub(r"^([a-z]+)\d*_", r"\1_", member).replace("path_name", "pathname")


def text(name, index):
    return f"{name} Zoë{index}\0"


def fill(structure, index):
    """Sets all members of a structure of an information level."""
    for member, kind in structure.structure:
        name = name_of(member)
        if member.endswith("security_descriptor"):
            structure[member] = list(DESCRIPTOR) if index == 0 else NULL
        elif member.endswith("_reserved"):
            structure[member] = len(DESCRIPTOR) if index == 0 else 0
        elif ndr.NDRCONSTRUCTEDTYPE.isPointer(kind):
            structure[member] = text(name, index) if index == 0 else NULL
        else:
            structure[member] = number(f"{name}{index}")


def put(opnum, role, level, variant, wide, message):
    global next_referent
    next_referent = 0x20000
    print(opnum, role, level, variant, "ndr64" if wide else "ndr32", message.getData().hex())


def server_name(message, null):
    message["ServerName"] = NULL if null else text("ServerName", 0)


def enumeration(opnum, name, union, family, info, levels, filters):
    for level in levels:
        for variant in "full", "null":
            for wide in False, True:
                null = variant == "null"
                request = getattr(srvs, name)(isNDR64=wide)
                server_name(request, null)
                for member in filters:
                    request[member] = NULL if null else text(member, 0)
                request["InfoStruct"]["Level"] = level
                request["InfoStruct"][union]["tag"] = level
                if null:
                    request["InfoStruct"][union][f"Level{level}"] = NULL
                else:
                    request["InfoStruct"][union][f"Level{level}"]["Buffer"] = NULL
                request["PreferedMaximumLength"] = number("PreferedMaximumLength")
                request["ResumeHandle"] = NULL if null else number("ResumeHandle")
                put(opnum, "request", level, variant, wide, request)

                response = getattr(srvs, name + "Response")(isNDR64=wide)
                response["InfoStruct"]["Level"] = level
                response["InfoStruct"][union]["tag"] = level
                if null:
                    response["InfoStruct"][union][f"Level{level}"] = NULL
                else:
                    container = response["InfoStruct"][union][f"Level{level}"]
                    container["EntriesRead"] = 2
                    for index in 0, 1:
                        entry = getattr(srvs, f"{info}_{level}")(isNDR64=wide)
                        fill(entry, index)
                        container["Buffer"].append(entry)
                response["TotalEntries"] = number("TotalEntries")
                response["ResumeHandle"] = NULL if null else number("ResumeHandle")
                response["ErrorCode"] = 234
                put(opnum, "response", level, variant, wide, response)


def getting(opnum, name, arm, levels, parameters):
    for level in levels:
        for wide in False, True:
            request = getattr(srvs, name)(isNDR64=wide)
            server_name(request, False)
            for member, value in parameters.items():
                request[member] = value
            request["Level"] = level
            put(opnum, "request", level, "full", wide, request)
            for variant in "full", "null":
                response = getattr(srvs, name + "Response")(isNDR64=wide)
                response["InfoStruct"]["tag"] = level
                if variant == "null":
                    response["InfoStruct"][f"{arm}{level}"] = NULL
                else:
                    fill(response["InfoStruct"].fields[f"{arm}{level}"].fields["Data"], 0)
                response["ErrorCode"] = 5 if variant == "null" else 0
                put(opnum, "response", level, variant, wide, response)


def status(opnum, name, wide):
    response = getattr(srvs, name + "Response")(isNDR64=wide)
    response["ErrorCode"] = 2312
    put(opnum, "response", "-", "full", wide, response)


SHARE_LEVELS = [0, 1, 2, 501, 502, 503]
enumeration(8, "NetrConnectionEnum", "ConnectInfo", "CONNECT", "CONNECTION_INFO", [0, 1], ["Qualifier"])
enumeration(9, "NetrFileEnum", "FileInfo", "FILE", "FILE_INFO", [2, 3], ["BasePath", "UserName"])
enumeration(12, "NetrSessionEnum", "SessionInfo", "SESSION", "SESSION_INFO", [0, 1, 2, 10, 502],
            ["ClientName", "UserName"])
enumeration(15, "NetrShareEnum", "ShareInfo", "SHARE", "SHARE_INFO", SHARE_LEVELS, [])
enumeration(36, "NetrShareEnumSticky", "ShareInfo", "SHARE", "SHARE_INFO", SHARE_LEVELS, [])
getting(10, "NetrFileGetInfo", "FileInfo", [2, 3], {"FileId": number("FileId")})
getting(16, "NetrShareGetInfo", "ShareInfo", SHARE_LEVELS + [1005], {"NetName": text("NetName", 0)})
getting(21, "NetrServerGetInfo", "ServerInfo", [100, 101, 102, 103, 502, 503], {})
for wide in False, True:
    for level in 2, 502, 503:
        for variant in "full", "null":
            request = srvs.NetrShareAdd(isNDR64=wide)
            server_name(request, variant == "null")
            request["Level"] = level
            request["InfoStruct"]["tag"] = level
            if variant == "null":
                request["InfoStruct"][f"ShareInfo{level}"] = NULL
                request["ParmErr"] = NULL
            else:
                fill(request["InfoStruct"].fields[f"ShareInfo{level}"].fields["Data"], 0)
                request["ParmErr"] = number("ParmErr")
            put(14, "request", level, variant, wide, request)
    for variant in "full", "null":
        response = srvs.NetrShareAddResponse(isNDR64=wide)
        response["ParmErr"] = NULL if variant == "null" else number("ParmErr")
        response["ErrorCode"] = 87
        put(14, "response", "-", variant, wide, response)

    for level in 1, 2, 502, 503, 1004, 1005, 1006, 1501:
        for variant in "full", "null":
            if level == 1501 and variant == "full":
                continue  # impacket has the octets in the structure instead of the pointer to them.
            request = srvs.NetrShareSetInfo(isNDR64=wide)
            server_name(request, variant == "null")
            request["NetName"] = text("NetName", 0)
            request["Level"] = level
            request["ShareInfo"]["tag"] = level
            if variant == "null":
                request["ShareInfo"][f"ShareInfo{level}"] = NULL
                request["ParmErr"] = NULL
            else:
                fill(request["ShareInfo"].fields[f"ShareInfo{level}"].fields["Data"], 0)
                request["ParmErr"] = number("ParmErr")
            put(17, "request", level, variant, wide, request)
    for variant in "full", "null":
        response = srvs.NetrShareSetInfoResponse(isNDR64=wide)
        response["ParmErr"] = NULL if variant == "null" else number("ParmErr")
        response["ErrorCode"] = 87
        put(17, "response", "-", variant, wide, response)

        request = srvs.NetrShareDelEx(isNDR64=wide)
        server_name(request, variant == "null")
        request["Level"] = 503
        request["ShareInfo"]["tag"] = 503
        if variant == "null":
            request["ShareInfo"]["ShareInfo503"] = NULL
        else:
            fill(request["ShareInfo"].fields["ShareInfo503"].fields["Data"], 0)
        put(57, "request", 503, variant, wide, request)
    status(57, "NetrShareDelEx", wide)

    request = srvs.NetrShareDelStart(isNDR64=wide)
    server_name(request, False)
    request["NetName"] = text("NetName", 0)
    request["Reserved"] = number("Reserved")
    put(37, "request", "-", "full", wide, request)
    handle = bytes(4) + b"0123456789abcdef"
    response = srvs.NetrShareDelStartResponse(isNDR64=wide)
    response["ContextHandle"] = handle
    response["ErrorCode"] = 2312
    put(37, "response", "-", "full", wide, response)
    request = srvs.NetrShareDelCommit(isNDR64=wide)
    request["ContextHandle"] = handle
    put(38, "request", "-", "full", wide, request)
    # impacket leaves the handle out of the response of NetrShareDelCommit.

    request = srvs.NetrShareDel(isNDR64=wide)
    server_name(request, False)
    request["NetName"] = text("NetName", 0)
    request["Reserved"] = number("Reserved")
    put(18, "request", "-", "full", wide, request)
    status(18, "NetrShareDel", wide)

    for variant in "full", "null":
        request = srvs.NetrSessionDel(isNDR64=wide)
        server_name(request, variant == "null")
        for member in "ClientName", "UserName":
            request[member] = NULL if variant == "null" else text(member, 0)
        put(13, "request", "-", variant, wide, request)
    status(13, "NetrSessionDel", wide)

    request = srvs.NetrFileClose(isNDR64=wide)
    server_name(request, False)
    request["FileId"] = number("FileId")
    put(11, "request", "-", "full", wide, request)
    status(11, "NetrFileClose", wide)

    request = srvs.NetrShareCheck(isNDR64=wide)
    server_name(request, False)
    request["Device"] = text("Device", 0)
    put(20, "request", "-", "full", wide, request)
    response = srvs.NetrShareCheckResponse(isNDR64=wide)
    response["Type"] = number("Type")
    response["ErrorCode"] = 2311
    put(20, "response", "-", "full", wide, response)

    request = srvs.NetrRemoteTOD(isNDR64=wide)
    server_name(request, False)
    put(28, "request", "-", "full", wide, request)
    for variant in "full", "null":
        response = srvs.NetrRemoteTODResponse(isNDR64=wide)
        if variant == "null":
            response["BufferPtr"] = NULL
        else:
            fill(response.fields["BufferPtr"].fields["Data"], 0)
        response["ErrorCode"] = 5
        put(28, "response", "-", variant, wide, response)
