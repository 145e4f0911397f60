/** The validator key of a node lives in another process, which is killed and started again while the chain runs. @module */
import { assert, assertEquals } from "@std/assert";
import { SYSTEM_CLOCK } from "../../node/clock.ts";
import { keyPairFromSeed, parseNodeConfig } from "../../node/config/mod.ts";
import { ConsensusRunner } from "../../node/consensus_runner.ts";
import { ed25519Address, sha256, verifyEd25519 } from "../../node/core/crypto/mod.ts";
import { commitVoteSignBytes } from "../../node/core/types/mod.ts";
import { DEVELOPMENT_CHAIN_ID, developmentGenesis } from "../../node/development.ts";
import { engineConfig } from "../../node/engine_config.ts";
import { openParts } from "../../node/parts.ts";
import { openRemoteSigner } from "../../node/signer/mod.ts";
import { MemoryStore } from "../../node/storage/mod.ts";
import { catenaryProcess, runArguments } from "../helpers/cli_process.ts";

const NODE_SEED = new Uint8Array(32).fill(21);

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
  const startSigner = (address: string) => {
    const nodeId = sha256(keyPairFromSeed(NODE_SEED).publicKey).subarray(0, 20).toHex();
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
    const opening = openRemoteSigner({
      listen: "tcp://127.0.0.1:0",
      chainId: DEVELOPMENT_CHAIN_ID,
      nodeKey: NODE_SEED,
      peerKeys: [Uint8Array.fromHex(connection_key)],
      timeoutMs: 200,
      clock: SYSTEM_CLOCK,
      log: {
        debug: write,
        info(message, fields) {
          if (message === "waiting for the signer") startSigner(String(fields?.listen));
          write(message);
        },
        warn: write,
        error: write,
      },
    });
    const remote = await opening;
    assertEquals(remote.publicKey, publicKey);

    const config = parseNodeConfig({ consensus: { block_time_ms: 20, timeout_prevote_ms: 100 } });
    assert(config.ok);
    const store = new MemoryStore();
    const key = { seed: new Uint8Array(32), publicKey, address };
    const genesis = developmentGenesis({ validator: key, genesisTimeNanos: SYSTEM_CLOCK.nowNanos() });
    const parts = await openParts({ store, config: config.value, genesis, validatorKey: key });
    let halted: unknown;
    const runner = new ConsensusRunner({
      chain: parts.chain,
      store,
      config: engineConfig(config.value),
      self: address,
      signer: remote.signer,
      transport: { broadcast() {}, send() {}, report() {} },
      hooks: {
        onCommit({ commit }) {
          const [signature] = commit.signatures;
          const bytes = commitVoteSignBytes(DEVELOPMENT_CHAIN_ID, commit, 0);
          assert(verifyEd25519(publicKey, bytes, signature!.signature));
          watched.changed();
        },
        onHalt(error) {
          halted = error;
          watched.changed();
        },
      },
    });
    const height = () => parts.chain.executor.state.lastHeight;
    const reach = async (goal: bigint) => {
      await watched.until(() => height() >= goal || halted !== undefined);
      assertEquals(halted, undefined);
    };
    try {
      await runner.start();
      await reach(5n);
      for (let kills = 1; kills <= 2; kills++) {
        log.length = 0;
        children.at(-1)!.kill("SIGKILL");
        // The wait for this signature is over, and the engine was told.
        await watched.until(() => log.includes("no signature"));
        const missed = height();
        startSigner(remote.address);
        await reach(missed + 5n);
      }
    } finally {
      await remote.close();
      await runner.close();
      await parts.close();
    }
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
