# What lines of a test can use: connect() as a user, status() of a call, tell() the answer.
import json
import os

from impacket.dcerpc.v5 import srvs, transport, wkst
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import DCERPCException

NDR32 = ("8a885d04-1ceb-11c9-9fe8-08002b104860", "2.0")
NDR64 = ("71710533-BEBA-4937-8319-B5DBEF9CCC36", "1.0")


def connect(user="admin", syntax=NDR32, pipe=r"\srvsvc", interface=srvs.MSRPC_UUID_SRVS):
    place = (os.environ["SERVER"], int(os.environ["PORT"]))
    dce = transport.SMBTransport(*place, pipe, user, os.environ["SECRET"]).get_dce_rpc()
    dce.connect()
    dce.bind(interface, transfer_syntax=syntax)
    return dce


def status(call, *arguments):
    try:
        return call(*arguments)["ErrorCode"]
    except DCERPCException as error:
        # A fault has no code: only a return value has.
        if error.get_error_code() is None:
            raise
        return error.get_error_code()


def rows(answer, kind, level):
    return answer["InfoStruct"][kind]["Level%d" % level]["Buffer"]


def text(value):
    return value[:-1] if value else None


def tell(value):
    print(json.dumps(value))
