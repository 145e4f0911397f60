/** Questions for blocks and snapshots, and their answers. @module */
import { Commit } from "cosmjs-types/tendermint/types/types";
import { encode } from "../../../node/core/codec/mod.ts";
import { sha256 } from "../../../node/core/crypto/mod.ts";
import { ok, type Result } from "../../../node/core/result.ts";
import {
  ChunkReader,
  decodeMetadata,
  encodeChunk as encodeSnapshotChunk,
  encodeMetadata,
  METADATA_BYTES_MAX,
  type SnapshotEntry,
  snapshotHash,
  writeEntry,
} from "../../../node/state/snapshot.ts";
import type { RightEdge } from "../../../node/state/proof.ts";
import {
  decodeChunk,
  decodeChunkQuestion,
  decodeSnapshotOffer,
  encodeChunk,
  encodeChunkQuestion,
  encodeSnapshotOffer,
} from "../../../node/sync/state_wire.ts";
import {
  decodeBlockFrame,
  decodeBlocksQuestion,
  decodeLightBlock,
  decodeLightBlockQuestion,
  encodeBlockFrame,
  encodeBlocksQuestion,
  encodeLightBlock,
  encodeLightBlockQuestion,
  LIGHT_BLOCK_BYTES_MAX,
} from "../../../node/sync/wire.ts";
import { decoderTarget, type Target } from "../target.ts";
import { BLOCKS, COMMITS, LIGHT_BLOCK } from "./samples.ts";

/** Shorter than the limit of the network, so that bombs take less time; the same code. */
const BLOCK_FRAME_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

const root = sha256(Uint8Array.of(1));
const METADATA = encodeMetadata({
  stores: [{ name: "acc", root, chunks: 1 }, { name: "bank", root, chunks: 2 }],
  chunkHashes: [root, sha256(Uint8Array.of(2)), sha256(Uint8Array.of(3))],
});
const QUESTION = { height: 7n, format: 1, index: 2 };

interface Chunk {
  readonly entries: readonly SnapshotEntry[];
  readonly edge: RightEdge;
}

function writeChunk({ entries, edge }: Chunk): Uint8Array {
  const length = entries.reduce((sum, { key, value }) => sum + 6 + key.length + value.length, 0);
  const out = new Uint8Array(length);
  let at = 0;
  for (const entry of entries) at = writeEntry(entry, out, at);
  return encodeSnapshotChunk(entries.length, out, edge);
}

function readChunk(bytes: Uint8Array): Result<Chunk> {
  const reader = ChunkReader.open(bytes);
  if (!reader.ok) return reader;
  const entries: SnapshotEntry[] = [];
  for (;;) {
    const entry = reader.value.next();
    if (!entry.ok) return entry;
    if (entry.value === undefined) break;
    entries.push(entry.value);
  }
  const edge = reader.value.edge();
  return edge.ok ? ok({ entries, edge: edge.value }) : edge;
}

export const SYNC_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "blocks_question",
    bytesMax: 64,
    seeds: () => [encodeBlocksQuestion({ from: 300n, count: 7 })],
    decode: decodeBlocksQuestion,
    encode: (question) => question && encodeBlocksQuestion(question),
  }),
  decoderTarget({
    name: "light_block_question",
    bytesMax: 64,
    seeds: () => [encodeLightBlockQuestion(9n), encodeLightBlockQuestion(0n)],
    decode: decodeLightBlockQuestion,
    encode: (question) => question && encodeLightBlockQuestion(question.height),
  }),
  decoderTarget({
    name: "block_frame",
    bytesMax: BLOCK_FRAME_BYTES,
    seeds: () => [0, 1].map((i) => encodeBlockFrame(BLOCKS[i]!.bytes, encode(Commit, COMMITS[i]!))),
    decode: (bytes) => decodeBlockFrame(bytes, BLOCK_FRAME_BYTES),
    encode: (offered) => offered && encodeBlockFrame(offered.bytes, encode(Commit, offered.commit)),
  }),
  decoderTarget({
    name: "light_block",
    bytesMax: LIGHT_BLOCK_BYTES_MAX,
    seeds: () => [encodeLightBlock(LIGHT_BLOCK)],
    decode: decodeLightBlock,
    encode: encodeLightBlock,
  }),
  decoderTarget({
    name: "snapshot_offer",
    bytesMax: 1024 * 1024,
    seeds: () => [
      encodeSnapshotOffer({ height: 7n, format: 1, chunks: 3, hash: snapshotHash(METADATA), metadata: METADATA }),
    ],
    decode: decodeSnapshotOffer,
    encode: encodeSnapshotOffer,
  }),
  decoderTarget({
    name: "snapshot_metadata",
    bytesMax: METADATA_BYTES_MAX,
    seeds: () => [METADATA],
    decode: decodeMetadata,
    encode: encodeMetadata,
  }),
  decoderTarget({
    name: "chunk_question",
    bytesMax: 64,
    seeds: () => [encodeChunkQuestion(QUESTION)],
    decode: decodeChunkQuestion,
    encode: encodeChunkQuestion,
  }),
  decoderTarget({
    name: "chunk_answer",
    bytesMax: CHUNK_BYTES,
    seeds: () => [encodeChunk(QUESTION, METADATA), encodeChunk(QUESTION, undefined)],
    decode: (bytes) => decodeChunk(bytes, QUESTION),
    encode: (chunk) => encodeChunk(QUESTION, chunk),
  }),
  decoderTarget({
    name: "snapshot_chunk",
    bytesMax: CHUNK_BYTES,
    seeds: () => [
      writeChunk({
        entries: [{ key: root, value: METADATA }, { key: Uint8Array.of(1), value: new Uint8Array() }],
        edge: { depth: 3, siblings: [root, root] },
      }),
      writeChunk({ entries: [{ key: root, value: root }], edge: { depth: 0, siblings: [] } }),
    ],
    decode: readChunk,
    encode: writeChunk,
  }),
];
