# pysmb, which speaks SMB 2.0.2.
import os
from smb.SMBConnection import SMBConnection


def connect():
    connection = SMBConnection("alice", os.environ["SECRET"], "here", os.environ["SERVER"], is_direct_tcp=True)
    assert connection.connect(os.environ["SERVER"], int(os.environ["PORT"]))
    return connection


def names(connection):
    return [entry.filename for entry in connection.listPath("data", "/")]


connection = connect()
with open("local.bin", "rb") as file:
    connection.storeFile("data", "copied.bin", file)
with open("back.bin", "wb") as file:
    connection.retrieveFile("data", "copied.bin", file)
print(*names(connection), sep="\n")
print("ready", flush=True)
input()
try:
    names(connection)
except Exception:
    # pysmb itself does not connect again.
    names(connect())
print("back", flush=True)
