import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileURLToPath } from "node:url";
import { IoError } from "../core/errors.ts";
import { dialSocket, listenSocket } from "./_sockets.ts";
import { address } from "./_testing.ts";

/** The tests of the repository may use 127.0.0.1 only, and a unix socket has a path that is not known before. */
const mayUseUnix = Deno.permissions.querySync({ name: "net" }).state === "granted";

Deno.test("the tests of unix sockets hold [in a process that may use them]", { ignore: mayUseUnix }, async () => {
  const args = ["test", "--no-check", "--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-run"];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args, fileURLToPath(import.meta.url)],
    env: { NO_COLOR: "1" },
    stderr: "null",
  }).output();
  assert(success, new TextDecoder().decode(stdout));
});

Deno.test("a socket file of a dead process is taken over, that of a living one and other files are not", {
  ignore: !mayUseUnix,
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-sockets-" });
  try {
    const at = address(`unix://${folder}/s.sock`);
    const script = `Deno.listen({ transport: "unix", path: "${folder}/s.sock" }); Deno.kill(Deno.pid, "SIGKILL");`;
    await new Deno.Command(Deno.execPath(), { args: ["eval", script], stderr: "null" }).output();
    assert((await Deno.lstat(`${folder}/s.sock`)).isSocket);
    const listening = await listenSocket(at);
    const accepting = listening.accept();
    const dialed = await dialSocket(at);
    const accepted = await accepting;
    assert(accepted !== undefined);
    await dialed.write(Uint8Array.of(1, 2));
    const into = new Uint8Array(9);
    assertEquals(await accepted.socket.read(into), 2);
    const busy = await assertRejects(() => listenSocket(at), IoError);
    assertEquals(busy.code, "address_in_use");
    for (const socket of [dialed, accepted.socket, await listening.accept().then((probe) => probe!.socket)]) {
      socket.close();
    }
    const last = listening.accept();
    listening.close();
    assertEquals(await last, undefined);
    await Deno.writeTextFile(`${folder}/file`, "mine");
    await assertRejects(() => listenSocket(address(`unix://${folder}/file`)), IoError);
    assertEquals(await Deno.readTextFile(`${folder}/file`), "mine");
    await assertRejects(
      () => listenSocket(address(`unix://${folder}/none/s.sock`)),
      IoError,
      "listen for the signer on",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a port that is taken is said to be", async () => {
  const first = await listenSocket(address("tcp://127.0.0.1:0"));
  assert(first.address.transport === "tcp" && first.address.port > 0);
  const error = await assertRejects(() => listenSocket(first.address), IoError);
  assertEquals(error.code, "address_in_use");
  const last = first.accept();
  first.close();
  assertEquals(await last, undefined);
});
