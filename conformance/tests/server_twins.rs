//! Random operations on a file of the embedded server, compared with a twin on this computer.
#![cfg(test)]
#![cfg(unix)]

use anyhow::Result;
use netsession_conformance::{Embedded, Smbprotocol};
use serde_json::json;

/// The operations: each changes the file at the server and its twin in memory, or compares both.
const OPERATIONS: &str = r"
import random
import struct
from smbprotocol.ioctl import IOCTLFlags, SMB2IOCTLRequest, SMB2IOCTLResponse

RESUME_KEY, COPYCHUNK, ZERO_DATA, ALLOCATED = 0x140078, 0x1480F2, 0x980C8, 0x940CF
LARGEST = 300_000

def control(file, code, data):
    fd = file.fd
    request = SMB2IOCTLRequest()
    request['ctl_code'] = code
    request['file_id'] = fd.file_id
    request['flags'] = IOCTLFlags.SMB2_0_IOCTL_IS_FSCTL
    request['max_output_response'] = 65536
    request['buffer'] = data
    session = fd.tree_connect.session.session_id
    sent = fd.connection.send(request, session, fd.tree_connect.tree_connect_id)
    answer = SMB2IOCTLResponse()
    answer.unpack(fd.connection.receive(sent)['data'].get_value())
    return answer['buffer'].get_value()

class Twins:
    def __init__(self, user, place, seed):
        self.user, self.place, self.random, self.twin = user, place, random.Random(seed), bytearray()
        self.files = [self.opened('wb'), self.opened('r+b')]

    def opened(self, mode):
        return self.user.open_file(path('twin'), mode=mode, buffering=0, share_access='rwd', desired_access=0x12019F)

    def file(self):
        return self.random.choice(self.files)

    def span(self, end=LARGEST):
        start = self.random.randrange(end + 1)
        return start, self.random.randrange(min(end - start, 70_000) + 1)

    def put(self, start, data):
        if data:
            self.twin.extend(bytes(max(0, start - len(self.twin))))
            self.twin[start:start + len(data)] = data

    def write(self):
        start, length = self.span()
        data = self.random.randbytes(length)
        written = self.file().fd.write(data, start) if data else 0
        assert written == length, (written, length)
        self.put(start, data)

    def read(self):
        start, length = self.span()
        expected = bytes(self.twin[start:start + length])
        try:
            found = self.file().fd.read(start, length, 0) if length else b''
        except SMBException as error:
            assert error.status == 0xC0000011, error
            found = b''
        assert found == expected, ('read', start, length, len(found), len(expected))

    def truncate(self):
        size = self.random.randrange(LARGEST)
        self.file().truncate(size)
        self.twin = self.twin[:size] + bytes(max(0, size - len(self.twin)))

    def zero(self):
        start, length = self.span()
        control(self.file(), ZERO_DATA, struct.pack('<qq', start, start + length))
        end = min(start + length, len(self.twin))
        if end > start:
            self.twin[start:end] = bytes(end - start)

    def allocated(self):
        start, length = self.span()
        found = control(self.file(), ALLOCATED, struct.pack('<qq', start, length))
        holes = bytearray(self.twin[start:start + length])
        for first, count in struct.iter_unpack('<qq', found):
            assert start <= first and count > 0 and first + count <= min(start + length, len(self.twin))
            holes[first - start:first - start + count] = bytes(count)
        assert not any(holes), ('a hole with data', start, length)

    def copy(self):
        source, target = self.random.sample(self.files, 2)
        length = min(self.span()[1], len(self.twin))
        if length:
            start, to = self.random.randrange(len(self.twin) - length + 1), self.random.randrange(LARGEST)
            chunk = struct.pack('<QQII', start, to, length, 0)
            key = control(source, RESUME_KEY, b'')[:24]
            done = struct.unpack('<III', control(target, COPYCHUNK, key + struct.pack('<II', 1, 0) + chunk))
            assert done == (1, 0, length), done
            self.put(to, bytes(self.twin[start:start + length]))

    def reopen(self):
        index = self.random.randrange(2)
        self.files[index].close()
        self.files[index] = self.opened('r+b')

    def compare(self):
        with open(self.place, 'rb') as file:
            found = file.read()
        assert found == self.twin, ('the disk', len(found), len(self.twin))
        assert self.user.stat(path('twin')).st_size == len(self.twin)

    def run(self, count):
        operations = [self.write] * 4 + [self.read] * 4 + [self.truncate, self.zero, self.allocated, self.copy] * 2
        operations += [self.reopen, self.compare]
        for number in range(count):
            operation = self.random.choice(operations)
            try:
                operation()
            except Exception as error:
                raise RuntimeError('seed %s, operation %d, %s: %r' % (SEED, number, operation.__name__, error))
        self.compare()
        for file in self.files:
            file.close()
";

/// A failure here would damage a file that programs write, truncate and copy in any order: holes with old data, a copy of other
/// bytes, or a wrong size.
#[test]
fn random_operations_leave_what_a_local_file_has() -> Result<()> {
    let server = Embedded::start()?;
    let place = server.share().join("twin");
    for (seed, dialect, encrypt) in [(1, "2.1", "False"), (2, "3.1.1", "False"), (3, "3.1.1", "True")] {
        let lines = format!(
            "SEED = {seed}\n{OPERATIONS}\nuser = User('alice', {dialect:?}, {encrypt})\n\
             Twins(user, {:?}, SEED).run(400)\ntell('alike')\nuser.leave()\n",
            place.display().to_string()
        );
        let mut python = Smbprotocol::start(server.address()?, &lines)?;
        assert_eq!(python.told()?, json!("alike"), "seed {seed}");
    }
    Ok(())
}
