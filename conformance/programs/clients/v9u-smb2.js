// v9u-smb2, which asks NTLM for the OEM character set and does not sign.
const fs = require("fs");
const SMB2 = require("v9u-smb2");

const connect = () =>
  new SMB2({
    share: `\\\\${process.env.SERVER}\\data`,
    port: Number(process.env.PORT),
    domain: "W",
    username: "alice",
    password: process.env.SECRET,
    autoCloseTimeout: 0,
  });

async function main() {
  const client = connect();
  await client.writeFile("copied.bin", fs.readFileSync("local.bin"));
  fs.writeFileSync("back.bin", await client.readFile("copied.bin"));
  console.log((await client.readdir("")).join("\n"));
  console.log("ready");
  await new Promise((resume) => process.stdin.once("data", resume));
  // The client itself does not connect again.
  await connect().readdir("");
  console.log("back");
  process.exit(0);
}

main().catch((error) => {
  console.log(error);
  process.exit(1);
});
