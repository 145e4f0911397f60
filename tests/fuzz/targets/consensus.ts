/** Messages between validators, and what the write-ahead log holds. @module */
import { tendermintCodec } from "../../../node/consensus/tendermint/codec.ts";
import type { TendermintRecord } from "../../../node/consensus/tendermint/mod.ts";
import { timestampToNanos } from "../../../node/core/time.ts";
import { decoderTarget, type Target } from "../target.ts";
import { BLOCKS, COMMITS, PROPOSAL, VOTES } from "./samples.ts";

const { encodeMessage, decodeMessage, encodeRecord, decodeRecord, facts, blockOf, withBlock } = tendermintCodec;
const { bytes, blockId, block } = BLOCKS[1]!;
const time = timestampToNanos(block.header.time);
const snapshot = { round: 2, lockedRound: 1, lockedBlockId: blockId, validRound: -1, validBlockId: undefined };

const RECORDS: readonly TendermintRecord[] = [
  { type: "round_entered", round: 2, votes: VOTES.slice(0, 2) },
  { type: "block_kept", block: { blockId, time, bytes } },
  { type: "valid_value", round: 1, blockId, prevotes: VOTES.slice(0, 1) },
  {
    type: "intent",
    snapshot,
    message: { type: "vote", vote: VOTES[0]! },
    signed: [{ type: "proposal", proposal: PROPOSAL }, { type: "vote", vote: VOTES[1]! }],
  },
];

export const CONSENSUS_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "tendermint_message",
    bytesMax: 1024 * 1024,
    seeds: () => [
      encodeMessage({ type: "proposal", proposal: PROPOSAL, block: bytes }),
      encodeMessage({ type: "vote", vote: VOTES[1]! }),
      encodeMessage({ type: "decided", commit: COMMITS[1]!, block: bytes }),
      encodeMessage({ type: "status", height: 5n, round: 2 }),
    ],
    decode: decodeMessage,
    encode: encodeMessage,
    then: (message) => void [facts(message), withBlock(message, blockOf(message))],
  }),
  decoderTarget({
    name: "tendermint_record",
    bytesMax: 1024 * 1024,
    seeds: () => RECORDS.map(encodeRecord),
    decode: decodeRecord,
    encode: encodeRecord,
  }),
];
