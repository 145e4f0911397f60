/**
 * A committed block as the events CometBFT v0.38 publishes for it: what they are called, what queries see of them
 * (`type.attribute` → values) and the JSON that subscribers get.
 * @module
 */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { ed25519Address, secp256k1Address } from "../core/crypto/mod.ts";
import { eventJson, execTxResultTaggedJson, finalizeBlockJson } from "./json/abci.ts";
import { blockIdJson, blockJson, evidenceJson, headerJson } from "./json/block.ts";
import { pubKeyJson } from "./json/keys.ts";
import { base64, hex, int64 } from "./json/scalars.ts";
import type { CommittedBlock } from "./ports.ts";

/** What a query is matched against. */
export type EventKeys = ReadonlyMap<string, readonly string[]>;

/** One event; keys and JSON are made when the first subscriber wants them. */
export interface ChainEvent {
  /** Whether `name` is among the values of the key `tm.event`: cheap, so that most events need no keys. */
  isNamed(name: string): boolean;
  keys(): EventKeys;
  dataJson(): string;
  keysJson(): string;
}

/** Makes `compute` run at most once. */
function once<T>(compute: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: compute() }).value;
}

/** Nameless types and attributes have no key, as in CometBFT's event bus. */
function collectKeys(events: readonly Event[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const { type, attributes } of events) {
    if (type === "") continue;
    for (const { key, value } of attributes) {
      if (key === "") continue;
      appendKey(keys, `${type}.${key}`, value);
    }
  }
  return keys;
}

function appendKey(keys: Map<string, string[]>, name: string, value: string): void {
  const values = keys.get(name);
  if (values === undefined) keys.set(name, [value]);
  else values.push(value);
}

/** What the application emits may also carry the key `tm.event`. */
const emitsName = (events: readonly Event[], name: string): boolean =>
  events.some(({ type, attributes }) =>
    type === "tm" && attributes.some(({ key, value }) => key === "event" && value === name)
  );

/** `more` adds keys of the node's own to those of the application's `events`. */
function chainEvent(
  name: string,
  events: readonly Event[],
  value: () => unknown,
  more: (keys: Map<string, string[]>) => void = () => {},
): ChainEvent {
  const keys = once(() => {
    const collected = collectKeys(events);
    more(collected);
    appendKey(collected, "tm.event", name);
    return collected;
  });
  return {
    isNamed: (wanted) => wanted === name || emitsName(events, wanted),
    keys,
    dataJson: once(() => JSON.stringify({ type: `tendermint/event/${name}`, value: value() })),
    keysJson: once(() => JSON.stringify(Object.fromEntries(keys()))),
  };
}

function txEvent(committed: CommittedBlock, index: number): ChainEvent | undefined {
  const { height, block, results, txHashes } = committed;
  const tx = block.data.txs[index];
  const result = results.txResults[index];
  const hash = txHashes[index];
  if (tx === undefined || result === undefined || hash === undefined) return undefined;
  const value = () => ({
    TxResult: {
      height: int64(height),
      ...(index === 0 ? {} : { index }),
      tx: base64(tx),
      result: execTxResultTaggedJson(result),
    },
  });
  return chainEvent("Tx", result.events, value, (keys) => {
    appendKey(keys, "tx.hash", hex(hash));
    appendKey(keys, "tx.height", int64(height));
  });
}

function validatorSetUpdates({ results }: CommittedBlock): ChainEvent {
  return chainEvent("ValidatorSetUpdates", [], () => ({
    validator_updates: results.validatorUpdates.map(({ pubKey, power }) => ({
      address: hex(
        pubKey.ed25519 !== undefined
          ? ed25519Address(pubKey.ed25519)
          : pubKey.secp256k1 !== undefined
          ? secp256k1Address(pubKey.secp256k1)
          : new Uint8Array(),
      ),
      pub_key: pubKeyJson(pubKey),
      voting_power: int64(power),
      proposer_priority: "0",
    })),
  }));
}

/** The events of a block, in the order CometBFT fires them. */
export function* chainEvents(committed: CommittedBlock): Generator<ChainEvent> {
  const { height, block, blockId, results } = committed;
  yield chainEvent("NewBlock", results.events, () => ({
    block: blockJson(block),
    block_id: blockIdJson(blockId),
    result_finalize_block: finalizeBlockJson(results),
  }));
  yield chainEvent("NewBlockHeader", [], () => ({ header: headerJson(block.header) }));
  yield chainEvent("NewBlockEvents", results.events, () => ({
    height: int64(height),
    events: results.events.map(eventJson),
    num_txs: int64(block.data.txs.length),
  }));
  for (const evidence of block.evidence.evidence) {
    yield chainEvent("NewEvidence", [], () => ({ height: int64(height), evidence: evidenceJson(evidence) }));
  }
  for (let index = 0; index < block.data.txs.length; index++) {
    const event = txEvent(committed, index);
    if (event !== undefined) yield event;
  }
  if (results.validatorUpdates.length > 0) yield validatorSetUpdates(committed);
}
