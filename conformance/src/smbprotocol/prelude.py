# What lines of a test can use: a user's session over one dialect, status() of what fails, tell() an answer and then wait.
import json
import os
import sys
import uuid

import smbclient
from smbprotocol.connection import Connection, Dialects
from smbprotocol.create_contexts import SMB2CreateDurableHandleReconnectV2, SMB2CreateDurableHandleRequestV2
from smbprotocol.exceptions import SMBConnectionClosed, SMBException, SMBOSError
from smbprotocol.header import NtStatus
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    RequestedOplockLevel,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

SERVER, PORT = os.environ["SERVER"], int(os.environ["PORT"])
DATA = r"\\%s\data" % SERVER
DIALECTS = {
    "2.1": Dialects.SMB_2_1_0,
    "3.0": Dialects.SMB_3_0_0,
    "3.0.2": Dialects.SMB_3_0_2,
    "3.1.1": Dialects.SMB_3_1_1,
}


class User:
    """A user of the share; further arguments of smbclient's functions go through."""

    def __init__(self, name, dialect="3.1.1", encrypt=False):
        self.cache = {}
        self.place = dict(port=PORT, connection_cache=self.cache)
        connection = Connection(uuid.uuid4(), SERVER, PORT)
        connection.connect(DIALECTS[dialect])
        self.cache["%s:%d" % (SERVER, PORT)] = connection
        login = dict(username=name, password=os.environ["SECRET"])
        self.session = smbclient.register_session(SERVER, encrypt=encrypt, **login, **self.place)

    def __getattr__(self, function):
        return lambda *arguments, **more: getattr(smbclient, function)(*arguments, **more, **self.place)

    def leave(self):
        smbclient.reset_connection_cache(fail_on_error=False, connection_cache=self.cache)


class Durable:
    """A file of a user, from one and the same computer unless another is named: with a durable handle, reclaimed, or alone."""

    CREATE = uuid.UUID(int=7)

    def __init__(self, user, name, computer=1):
        connection = Connection(uuid.UUID(int=computer), SERVER, PORT)
        connection.connect(Dialects.SMB_3_1_1)
        session = Session(connection, user, os.environ["SECRET"], require_encryption=False)
        session.connect()
        tree = TreeConnect(session, DATA)
        tree.connect()
        self.file = Open(tree, name)

    def open(self, contexts, share=7):
        self.file.create(
            ImpersonationLevel.Impersonation,
            FilePipePrinterAccessMask.GENERIC_READ | FilePipePrinterAccessMask.GENERIC_WRITE,
            0,
            share,
            CreateDisposition.FILE_OPEN_IF,
            CreateOptions.FILE_NON_DIRECTORY_FILE,
            contexts,
            RequestedOplockLevel.SMB2_OPLOCK_LEVEL_BATCH,
        )

    def create(self):
        """The number of the open, which survives the connection."""
        request = SMB2CreateDurableHandleRequestV2()
        request["create_guid"] = self.CREATE
        self.open([request])
        return self.file.file_id.hex()

    def reclaim(self, number):
        request = SMB2CreateDurableHandleReconnectV2()
        request["create_guid"] = self.CREATE
        request["file_id"] = bytes.fromhex(number)
        self.open([request])

    def create_alone(self):
        self.open([], share=0)


def path(name):
    return DATA + "\\" + name


def status(call, *arguments, **more):
    """The name of the status with which a call fails; "closed" where the server closed the connection."""
    try:
        call(*arguments, **more)
    except SMBConnectionClosed:
        return "closed"
    except SMBOSError as error:
        number = error.ntstatus
    except SMBException as error:
        number = error.status
    else:
        return "none"
    names = [name for name, value in vars(NtStatus).items() if value == number]
    return names[0].removeprefix("STATUS_") if names else hex(number)


def tell(value):
    print(json.dumps(value), flush=True)


def wait():
    sys.stdin.readline()
