/** The validator key of a node lives in another process, which is killed and started again while the chain runs. @module */
import { assert, assertEquals } from "@std/assert";
import { SYSTEM_CLOCK } from "../../node/clock.ts";
import { keyPairFromSeed, nodeIdOf, readKeyFile } from "../../node/config/mod.ts";
import { ed25519Address } from "../../node/core/crypto/mod.ts";
import { DEVELOPMENT_CHAIN_ID, developmentGenesis } from "../../node/development.ts";
import { initHomeWithGenesis } from "../../node/home.ts";
import { createNode } from "../../node/node.ts";
import { catenaryProcess, runArguments } from "../helpers/cli_process.ts";

/** Something that others wait for. */
class Watched {
  #waiters: { holds: () => boolean; resolve: () => void }[] = [];

  changed(): void {
    for (const waiter of this.#waiters.filter(({ holds }) => holds())) {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
      waiter.resolve();
    }
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ holds, resolve }));
  }
}

Deno.test("a node whose key is with a signer makes blocks, and goes on when a killed signer is back", async () => {
  const folder = await Deno.makeTempDir({ prefix: "catenary-signer-" });
  const home = `${folder}/signer`;
  const children: Deno.ChildProcess[] = [];
  let listening = "";
  const startSigner = (nodeSeed: Uint8Array, address: string) => {
    listening = address;
    const nodeId = nodeIdOf(keyPairFromSeed(nodeSeed));
    const args = ["signer", "start", "--home", home, "--chain-id", DEVELOPMENT_CHAIN_ID];
    const connect = address.replace("tcp://", `tcp://${nodeId}@`);
    const command = runArguments([...args, "--connect", connect]);
    const child = new Deno.Command(Deno.execPath(), { args: command, stdin: "null", stdout: "null", stderr: "null" })
      .spawn();
    children.push(child);
    return child;
  };
  try {
    const made = await catenaryProcess(["signer", "init", "--home", home, "--json"], { cwd: folder });
    assertEquals(made.code, 0, made.err);
    const { pub_key, connection_key } = JSON.parse(made.out);
    const publicKey = Uint8Array.fromBase64(pub_key.value);
    const address = ed25519Address(publicKey);

    const watched = new Watched();
    const log: string[] = [];
    const write = (message: string) => {
      log.push(message);
      watched.changed();
    };
    const genesis = developmentGenesis({
      validator: { seed: new Uint8Array(32), publicKey, address },
      genesisTimeNanos: SYSTEM_CLOCK.nowNanos(),
    });
    const nodeHome = `${folder}/node`;
    const { paths } = await initHomeWithGenesis(nodeHome, { genesis, full: true });
    const { seed } = await readKeyFile(paths.nodeKey);
    const node = createNode({
      home: nodeHome,
      rpcListen: "127.0.0.1:0",
      blockTimeMs: 20,
      config: {
        consensus: { timeout_prevote_ms: 100 },
        observability: { metrics_listen: "" },
        logging: { format: "json" },
        signer: { listen: "tcp://127.0.0.1:0", timeout_ms: 200, peer_keys: [connection_key] },
      },
      log(line) {
        const { message, listen } = JSON.parse(line);
        if (message === "waiting for the signer") startSigner(seed, listen);
        write(line);
      },
    });
    let halted = false;
    node.events.addEventListener("halt", () => (halted = true, watched.changed()));
    node.events.addEventListener("block", () => watched.changed());
    const reach = async (goal: bigint) => {
      await watched.until(() => node.height >= goal || halted);
      assertEquals(halted, false);
    };
    try {
      await node.start();
      await reach(5n);
      const { result } = await (await fetch(`${node.rpcAddress}/commit?height=4`)).json();
      assertEquals(result.signed_header.commit.signatures[0].validator_address, address.toHex().toUpperCase());
      for (let kills = 1; kills <= 2; kills++) {
        log.length = 0;
        children.at(-1)!.kill("SIGKILL");
        // The wait for this signature is over, and the engine was told.
        await watched.until(() => log.some((line) => line.includes("no signature")));
        const missed = node.height;
        startSigner(seed, listening);
        await reach(missed + 5n);
      }
    } finally {
      await node.stop();
    }
    const height = () => node.height;
    const shown = await catenaryProcess(["signer", "show", "--home", home, "--json"], { cwd: folder });
    assert(BigInt(JSON.parse(shown.out).last_signed.height) >= height());
  } finally {
    for (const child of children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It was killed before.
      }
      await child.status;
    }
    await Deno.remove(folder, { recursive: true });
  }
});
