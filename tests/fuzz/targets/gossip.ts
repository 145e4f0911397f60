/** What topics and channels carry. @module */
import { assert } from "@std/assert";
import { tendermintCodec } from "../../../node/consensus/tendermint/codec.ts";
import type { TendermintMessage } from "../../../node/consensus/tendermint/mod.ts";
import { tendermintEngine } from "../../../node/consensus/tendermint/mod.ts";
import { encode } from "../../../node/core/codec/mod.ts";
import { partSet } from "../../../node/core/types/mod.ts";
import { createConsensusGossip } from "../../../node/gossip/consensus.ts";
import { decodeEvidence, encodeEvidence } from "../../../node/gossip/evidence_service.ts";
import { decodeBatch, encodeBatch } from "../../../node/gossip/transactions.ts";
import {
  decodeFrame,
  encodeCarry,
  encodeHave,
  encodeStatus,
  type Frame,
  joinNames,
  nameOf,
} from "../../../node/gossip/wire.ts";
import { BlockID } from "cosmjs-types/tendermint/types/types";
import { decoderTarget, type Target } from "../target.ts";
import { BLOCKS, COMMITS, EVIDENCE, PROPOSAL, VOTES } from "./samples.ts";

const head = (message: TendermintMessage) =>
  tendermintCodec.encodeMessage(tendermintCodec.withBlock(message, undefined));
const { bytes: block, blockId } = BLOCKS[1]!;
const [part] = partSet(block).parts;
const name = nameOf(encode(BlockID, blockId));

const FRAMES: readonly Uint8Array[] = [
  encodeStatus({ height: 5n, round: 1, base: 1n }),
  encodeHave({
    height: 5n,
    heads: joinNames(VOTES.map((vote) => nameOf(head({ type: "vote", vote })))),
    blocks: [{ id: Uint8Array.fromHex(name), parts: Uint8Array.of(1) }],
  }),
  ...VOTES.map((vote) => encodeCarry(head({ type: "vote", vote }))),
  encodeCarry(head({ type: "proposal", proposal: PROPOSAL, block })),
  encodeCarry(head({ type: "proposal", proposal: PROPOSAL, block }), part),
  encodeCarry(head({ type: "decided", commit: COMMITS[1]!, block }), part),
  encodeCarry(head({ type: "status", height: 5n, round: 3 })),
];

/** As a frame is written that says one thing; of others it is not asked. */
function writeFrame({ carry, status, have }: Frame): Uint8Array | undefined {
  const said = [carry, status, have].filter((each) => each !== undefined).length;
  if (said !== 1) return undefined;
  return carry ? encodeCarry(carry.head, carry.part) : status ? encodeStatus(status) : encodeHave(have!);
}

/** A machine in the middle of a height hears an input from two sides, goes on a round and a height, and ticks. */
function runMachine(bytes: Uint8Array): object {
  const machine = createConsensusGossip({
    codec: tendermintEngine.codec,
    judge: (message) => message.type === "proposal" || message.type === "vote" ? "accept" : "reject",
  });
  const at = (height: bigint, round: number) =>
    machine.on({ type: "moved", height, round, base: 1n, running: true, decided: false }, 0);
  for (const peer of ["a", "b"]) machine.on({ type: "peer_joined", peer }, 0);
  at(5n, 0);
  const verdicts = (["topic", "direct"] as const).map((by) =>
    machine.on({ type: "heard", from: by === "topic" ? "a" : "b", by, bytes }, 0).verdict
  );
  machine.on({ type: "ticked" }, 100);
  at(5n, 1);
  at(6n, 0);
  machine.on({ type: "ticked" }, 200);
  const { heads, partsBytes, waitingBytes } = machine.held;
  assert(heads <= 2 && partsBytes + waitingBytes <= 2 * bytes.length + 2048, `${heads} ${partsBytes} ${waitingBytes}`);
  return verdicts;
}

export const GOSSIP_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "gossip_frame",
    bytesMax: 256 * 1024,
    seeds: () => FRAMES,
    decode: decodeFrame,
    encode: writeFrame,
  }),
  {
    name: "gossip_machine",
    bytesMax: 256 * 1024,
    seeds: () => FRAMES,
    run: (bytes) => ({ accepted: true, value: runMachine(bytes), again: undefined }),
  },
  decoderTarget({
    name: "transactions",
    bytesMax: 2 * 1024 * 1024,
    seeds: () => [encodeBatch([new Uint8Array(70).fill(3), new Uint8Array(3)]), encodeBatch([new Uint8Array()])],
    decode: decodeBatch,
    encode: encodeBatch,
  }),
  decoderTarget({
    name: "evidence",
    bytesMax: 1024 * 1024,
    seeds: () => [encodeEvidence(EVIDENCE), ...EVIDENCE.map((piece) => encodeEvidence([piece]))],
    decode: (bytes) => decodeEvidence(bytes, 32),
    encode: encodeEvidence,
  }),
];
