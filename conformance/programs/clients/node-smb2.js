// node-smb2, which sends an NTLM response without flags and does not sign.
const fs = require("fs");
const { Client } = require("node-smb2").default;

async function connect() {
  const client = new Client(process.env.SERVER, { port: Number(process.env.PORT) });
  const login = { domain: "W", username: "alice", password: process.env.SECRET, forceNtlmVersion: "v2" };
  const session = await client.authenticate(login);
  return session.connectTree("data");
}

async function main() {
  const tree = await connect();
  await tree.createFile("/copied.bin", fs.readFileSync("local.bin"));
  fs.writeFileSync("back.bin", await tree.readFile("/copied.bin"));
  console.log((await tree.readDirectory("/")).map((entry) => entry.filename.replace("./", "")).join("\n"));
  console.log("ready");
  await new Promise((resume) => process.stdin.once("data", resume));
  // The client itself does not connect again.
  await (await connect()).readDirectory("/");
  console.log("back");
  process.exit(0);
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
