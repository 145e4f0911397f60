/**
 * A test chain as the relayer sees chains, without sockets. Answers are those of a node's RPC; broadcast transactions wait
 * in the mempool until somebody makes a block.
 * @module
 */
import { SimulateRequest, SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { bytesToHex } from "../../../node/core/bytes.ts";
import { IoError } from "../../../node/core/errors.ts";
import { matchQuery, parseQuery } from "../../../node/core/event_query/mod.ts";
import { hashTx } from "../../../node/core/types/mod.ts";
import type { CommittedTx, Endpoint } from "../../../relayer/chain/endpoint.ts";
import { valueOf } from "../mini_chain.ts";
import { QueryRefused, type TestChain } from "./chain.ts";
import type { Delivered } from "./ports.ts";

export interface TestEndpointOptions {
  /**
   * `manual` (the default): the test makes the blocks. `automatic`: a block follows each broadcast transaction, and an empty
   * one after it, so that its state can be proven.
   */
  readonly blocks?: "manual" | "automatic";
  /** Called first by every method with its name and what it was given; throws to make the call fail. */
  readonly intercept?: (method: keyof Endpoint, ...given: readonly unknown[]) => void | Promise<void>;
}

/** {@linkcode Endpoint} over a test chain. */
export function asEndpoint(chain: TestChain, options: TestEndpointOptions = {}): Endpoint {
  const guarded = <T>(method: keyof Endpoint, given: readonly unknown[], answer: () => T): Promise<T> =>
    Promise.resolve(options.intercept?.(method, ...given)).then(answer);
  return {
    chainId: chain.chainId,
    latest: () => guarded("latest", [], () => ({ height: chain.height, timeNanos: chain.time })),
    lightBlock: (height) =>
      guarded("lightBlock", [height], () => {
        needBlock(chain, height);
        return chain.blocks.light(height);
      }),
    blockEvents: (height) => guarded("blockEvents", [height], () => blockEvents(chain, height)),
    prove: (store, key, height) =>
      guarded("prove", [store, key, height], () => {
        needBlock(chain, height + 1n);
        return asking(() => chain.prove(store, key, height));
      }),
    query: (path, request, height) =>
      guarded("query", [path, request, height], () => asking(() => chain.query(path, request, height))),
    simulate: (tx) => guarded("simulate", [tx], () => simulate(chain, tx)),
    broadcast: (tx) =>
      guarded("broadcast", [tx], () => {
        const verdict = broadcast(chain, tx);
        if (verdict.code === 0 && options.blocks === "automatic") {
          chain.nextBlock();
          chain.nextBlock();
        }
        return verdict;
      }),
    transaction: (hash) =>
      guarded("transaction", [hash], () => {
        const found = chain.delivered.get(hash);
        return found && committed(found);
      }),
    searchTransactions: (query, limit) =>
      guarded("searchTransactions", [query, limit], () => searchTransactions(chain, query, limit)),
    onBlock: (wake) => chain.watch(wake),
    close: () => Promise.resolve(),
  };
}

function needBlock(chain: TestChain, height: bigint): void {
  if (chain.blocks.has(height)) return;
  throw new IoError("chain_refused", `ask ${chain.chainId} for block ${height}: it is at height ${chain.height}`);
}

/** A query's refusal in the relayer's words. */
function asking<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof QueryRefused) throw new IoError("chain_refused", error.message, { cause: error });
    throw error;
  }
}

function blockEvents(chain: TestChain, height: bigint) {
  needBlock(chain, height);
  const { block: { data }, output } = chain.blocks.at(height);
  const txs = data.txs.flatMap((tx, i) => {
    const { code, events } = output.txResults[i]!;
    return code === 0 ? [{ hash: hashOf(tx), events }] : [];
  });
  return { height, txs, block: output.events };
}

const hashOf = (tx: Uint8Array) => bytesToHex(hashTx(tx)).toUpperCase();

function simulate(chain: TestChain, tx: Uint8Array) {
  const data = SimulateRequest.encode({ tx: undefined, txBytes: tx } as unknown as SimulateRequest).finish();
  const answer = chain.run(
    chain.app.query({ path: "/cosmos.tx.v1beta1.Service/Simulate", data, height: 0n, prove: false }),
  );
  const { code, codespace, log } = answer;
  if (code !== 0) return { code, codespace, log };
  return { gasUsed: SimulateResponse.decode(answer.value).gasInfo!.gasUsed };
}

/** CometBFT remembers what it has seen; a transaction that failed its check may come again. */
function broadcast(chain: TestChain, tx: Uint8Array) {
  const hash = hashOf(tx);
  if (chain.delivered.has(hash) || chain.mempool.some((other) => hashOf(other) === hash)) {
    return { code: 19, codespace: "sdk", log: "tx already in mempool" };
  }
  const { code, codespace, log } = chain.check(tx);
  return { code, codespace, log };
}

const committed = ({ hash, height, code, codespace, log, gasUsed, events }: Delivered): CommittedTx => ({
  hash,
  height,
  code,
  codespace,
  log,
  gasUsed,
  events,
});

/** What a query sees of a transaction; CometBFT adds its hash and height. */
function keysOf({ hash, height, events }: Delivered): Map<string, string[]> {
  const keys = new Map<string, string[]>([["tx.hash", [hash]], ["tx.height", [height.toString()]]]);
  for (const { type, attributes } of events as readonly Event[]) {
    for (const { key, value } of attributes) {
      const name = `${type}.${key}`;
      const values = keys.get(name);
      if (values === undefined) keys.set(name, [value]);
      else values.push(value);
    }
  }
  return keys;
}

function searchTransactions(chain: TestChain, text: string, limit: number): readonly CommittedTx[] {
  const query = valueOf(parseQuery(text));
  return [...chain.delivered.values()].filter((tx) => matchQuery(query, keysOf(tx))).slice(0, limit).map(committed);
}
