/**
 * Nodes with real chains and stores over the network in memory, for tests of services: a chain that is built and sealed by
 * hand, peers that serve it, and a clock that goes on as the event loop turns.
 * @module
 */
import type { Commit } from "cosmjs-types/tendermint/types/types";
import { CounterApp } from "./counter_app.ts";
import { genesisOf, seal } from "./mini_chain.ts";
import type { GenesisDoc } from "../../node/chain/mod.ts";
import type { ClockPort, Decision } from "../../node/consensus/mod.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import type { PeerId } from "../../node/core/peer.ts";
import { NANOS_PER_MS } from "../../node/core/time.ts";
import type { MemoryHub } from "../../node/network/mod.ts";
import type { NetworkHandlers, PeerNetwork } from "../../node/network/ports.ts";
import { breathe, type Chain, createBlockSource, openChain } from "../../node/runtime/mod.ts";
import { MemoryStore, type Store } from "../../node/storage/mod.ts";
import { BlockServer } from "../../node/sync/mod.ts";

export function openTestChain(
  genesis: GenesisDoc = genesisOf([10n]),
  store: Store = new MemoryStore(),
): Promise<Chain> {
  return openChain({
    store,
    genesis,
    createApplication: (head) => new CounterApp(head),
    proposerAddress: genesis.validators[0]!.address,
    onFailure: (error) => {
      throw error;
    },
  });
}

/** What consensus would decide: the next block of `chain`, sealed by all. */
export async function decide(chain: Chain): Promise<Decision> {
  const { executor } = chain;
  const { height, lastCommit, validators } = executor.context();
  const block = await executor.build({ height, round: 0, lastCommit });
  const commit: Commit = seal(chain.genesis.chainId, validators, height, block.blockId, block.time);
  return { height, round: 0, block, commit };
}

export async function grow(chain: Chain, txs: readonly Uint8Array[] = []): Promise<void> {
  for (const tx of txs) await chain.mempool.admit(tx);
  await chain.executor.commit(await decide(chain));
}

/** Time that passes only when the test says so; callbacks run then. */
export class TurningClock implements ClockPort {
  readonly #callbacks = new Set<{ readonly at: number; readonly run: () => void }>();
  #ms = 1_800_000_000_000;

  nowNanos(): bigint {
    return BigInt(this.#ms) * NANOS_PER_MS;
  }
  schedule(ms: number, run: () => void): () => void {
    const callback = { at: this.#ms + ms, run };
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }
  advance(ms: number): void {
    this.#ms += ms;
    for (const callback of [...this.#callbacks]) {
      if (callback.at <= this.#ms && this.#callbacks.delete(callback)) callback.run();
    }
  }
  /** Turns the event loop until `holds`, a millisecond for each turn. */
  async until(holds: () => boolean, what: string, turnsMax = 200_000): Promise<void> {
    for (let turn = 0; !holds(); turn++) {
      if (turn > turnsMax) throw new Error(`waited in vain: ${what}`);
      await breathe();
      this.advance(1);
    }
  }
}

/** Joins `hub`; the handlers that are not given do nothing. */
export async function joinHub(
  hub: MemoryHub,
  index: number,
  handlers: Partial<NetworkHandlers> = {},
): Promise<PeerNetwork> {
  const network = hub.join({
    nodeKeySeed: sha256(Uint8Array.of(9, index)),
    chainId: "mini-1",
    moniker: `n${index}`,
    version: "test",
  });
  await network.start({
    onTopic: () => "ignore",
    onMessage: () => {},
    async *onRequest() {},
    onPeerJoined: () => {},
    onPeerLeft: () => {},
    ...handlers,
  });
  return network;
}

/** What a server's answers are made into before they go out: by liars. */
export type Twist = (frame: Uint8Array, index: number) => Uint8Array | undefined;

/** Serves `chain` at `hub`; a frame that `twist` makes undefined ends the answer. */
export async function serveAt(
  hub: MemoryHub,
  index: number,
  chain: Chain,
  clock: ClockPort,
  twist: Twist = (frame) => frame,
): Promise<{ readonly network: PeerNetwork; readonly reports: [PeerId, string][] }> {
  const reports: [PeerId, string][] = [];
  const server = new BlockServer({
    source: createBlockSource(chain),
    clock,
    report: (peer, code) => reports.push([peer, code]),
  });
  const network = await joinHub(hub, index, {
    async *onRequest(protocol, from, body) {
      if (protocol !== "blocks" && protocol !== "light_blocks") return;
      let i = 0;
      for await (const frame of server.answer(protocol, from, body)) {
        const twisted = twist(frame, i++);
        if (twisted === undefined) return;
        yield twisted;
      }
    },
  });
  return { network, reports };
}
