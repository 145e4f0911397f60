/** What comes over connections before anybody looks inside. @module */
import { assertEquals } from "@std/assert";
import { equalBytes, utf8ToBytes } from "../../../node/core/bytes.ts";
import { ed25519KeyFromSeed } from "../../../node/core/crypto/mod.ts";
import { decodeNeighbours, encodeNeighbours } from "../../../node/network/_neighbours.ts";
import { formatAddress, parseAddress } from "../../../node/network/addresses.ts";
import { frameBytesMax, HELLO_TAG } from "../../../node/network/channels.ts";
import { encodeFrame, type Frame, FrameReader } from "../../../node/network/frames.ts";
import {
  decodeHello,
  encodeHello,
  HELLO_BYTES_MAX,
  makeValidatorProof,
  verifyValidatorProof,
} from "../../../node/network/hello.ts";
import { nodeKeyOf, peerIdOf } from "../../../node/network/peer_id.ts";
import { REQUEST_BYTES_MAX } from "../../../node/network/ports.ts";
import { decoderTarget, orRefusal, type Target } from "../target.ts";

const CHAIN = "fuzz-1";
const key = ed25519KeyFromSeed(new Uint8Array(32).fill(1));
const peer = peerIdOf(key.publicKey);
const proof = makeValidatorProof(key, CHAIN, peer);

const hello = decoderTarget({
  name: "hello",
  bytesMax: HELLO_BYTES_MAX,
  seeds: () => [
    encodeHello({ chainId: CHAIN, moniker: "node", software: "0.1.0", validatorProof: proof }),
    encodeHello({ chainId: CHAIN, moniker: "", software: "", validatorProof: new Uint8Array() }),
    encodeHello({ chainId: "other-1", moniker: "x".repeat(200), software: "\u0000\u202e", validatorProof: proof }),
  ],
  decode: (bytes) => decodeHello(bytes, CHAIN),
  encode: encodeHello,
  // Names are cut and cleaned.
  exact: false,
});

const validatorProof = decoderTarget({
  name: "validator_proof",
  bytesMax: HELLO_BYTES_MAX,
  seeds: () => [proof],
  decode: (bytes) => verifyValidatorProof(bytes, CHAIN, peer),
});

const neighbours = decoderTarget({
  name: "neighbours",
  bytesMax: 64 * 1024,
  seeds: () => [new Uint8Array(), new Uint8Array(64).map((_, i) => i), encodeNeighbours([key.publicKey])],
  decode: (bytes) => orRefusal(decodeNeighbours(bytes)),
  encode: (keys) => encodeNeighbours([...keys].map((hex) => Uint8Array.fromHex(hex))),
  exact: false,
});

const peerId = decoderTarget({
  name: "peer_id",
  bytesMax: 256,
  seeds: () => [utf8ToBytes(peer), utf8ToBytes("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")],
  decode: (bytes) => nodeKeyOf(new TextDecoder().decode(bytes)),
  encode: (nodeKey) => utf8ToBytes(peerIdOf(nodeKey)),
});

const multiaddr = decoderTarget({
  name: "multiaddr",
  bytesMax: 512,
  seeds: () =>
    [
      "/ip4/127.0.0.1/tcp/26656",
      `/ip6/::1/tcp/1/ws/p2p/${peer}`,
      `/dns4/example.org/tcp/26656/p2p/${peer}/p2p-circuit/p2p/${peer}`,
    ].map(utf8ToBytes),
  decode: (bytes) => parseAddress(new TextDecoder().decode(bytes)),
  encode: (address) => utf8ToBytes(formatAddress(address)),
  exact: false,
});

/** The frames in `pieces` of a stream. */
function framesIn(tagged: boolean, limit: (tag: number) => number, pieces: readonly Uint8Array[]) {
  const reader = new FrameReader(tagged, limit);
  const frames = pieces.flatMap((piece) => reader.push({ byteLength: piece.length, subarray: () => piece }));
  return { frames, fault: reader.fault, idle: reader.idle };
}

/** Pieces of 1, 2, 3, 5 … bytes. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let [at, size, next] = [0, 1, 2]; at < bytes.length; [size, next] = [next, size + next]) {
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function framesTarget(name: string, tagged: boolean, limit: (tag: number) => number): Target {
  const write = ({ tag, bytes }: Frame) => encodeFrame(bytes, tagged ? tag : undefined);
  const text = utf8ToBytes("what somebody says");
  return {
    name,
    bytesMax: 256 * 1024,
    seeds: () => [
      write({ tag: HELLO_TAG, bytes: text }),
      new Uint8Array([1, 2, 4, 5, 77].flatMap((tag) => [...write({ tag, bytes: text })])),
      write({ tag: 1, bytes: new Uint8Array() }),
    ],
    run(bytes) {
      const whole = framesIn(tagged, limit, [bytes]);
      assertEquals(framesIn(tagged, limit, cut(bytes)), whole, "cut otherwise it is something else");
      if (whole.fault !== undefined) {
        return { accepted: false, error: { codespace: "fuzz", code: 1, message: `${whole.fault.length} bytes` } };
      }
      const written = new Uint8Array(whole.frames.flatMap((frame) => [...write(frame)]));
      assertEquals(equalBytes(bytes.subarray(0, written.length), written), true, "frames are not what came");
      const again = whole.idle ? { bytes: written, exact: true } : undefined;
      return { accepted: true, value: whole.frames, again };
    },
  };
}

export const NETWORK_TARGETS: readonly Target[] = [
  hello,
  validatorProof,
  neighbours,
  peerId,
  multiaddr,
  framesTarget("channel_frames", true, frameBytesMax),
  framesTarget("question_frames", false, () => REQUEST_BYTES_MAX),
];
