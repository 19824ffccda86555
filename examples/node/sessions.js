// Lists the sessions of a file server, and ends those of a client or a user.
//
//     npm install && node sessions.js [\\server] [\\client] [user]
//
// A missing argument is null, and so is "-" for the client. An empty argument is refused.
import koffi from "koffi";

const ERROR_MORE_DATA = 234;

const netapi32 = koffi.load("libnetapi32.so");
const NetSessionDel = netapi32.func("uint32_t NetSessionDel(str16 server, str16 client, str16 user)");
const SESSION_INFO_10 = koffi.struct("SESSION_INFO_10", {
  cname: "str16",
  username: "str16",
  time: "uint32_t",
  idle_time: "uint32_t",
});
const NetSessionEnum = netapi32.func(
  "uint32_t NetSessionEnum(str16 server, str16 client, str16 user, uint32_t level, _Out_ void **buffer, " +
    "uint32_t length, _Out_ uint32_t *count, _Out_ uint32_t *total, _Inout_ uint32_t *resume)",
);
const NetApiBufferFree = netapi32.func("uint32_t NetApiBufferFree(void *buffer)");

function check(name, status) {
  if (status !== 0 && status !== ERROR_MORE_DATA) throw new Error(`${name}: error ${status}`);
}

function* sessions(server = null, client = null, user = null) {
  const resume = [0];
  let status;
  do {
    const [buffer, count, total] = [[null], [0], [0]];
    status = NetSessionEnum(server, client, user, 10, buffer, 0xffffffff, count, total, resume);
    try {
      check("NetSessionEnum", status);
      yield* count[0] ? koffi.decode(buffer[0], SESSION_INFO_10, count[0]) : [];
    } finally {
      NetApiBufferFree(buffer[0]);
    }
  } while (status === ERROR_MORE_DATA);
}

function end(server, client, user) {
  check("NetSessionDel", NetSessionDel(server, client, user));
}

const names = process.argv.slice(2);
if (names.includes("")) {
  console.error("an argument is empty");
  process.exit(2);
}
const [server = null, , user = null] = names;
const client = names[1] === "-" ? null : (names[1] ?? null);
try {
  for (const session of sessions(server, client, user)) {
    console.log(`${session.cname}\t${session.username}\t${session.time} s`);
  }
  if (client !== null || user !== null) {
    end(server, client, user);
    console.log("ended");
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
