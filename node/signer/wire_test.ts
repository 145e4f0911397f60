import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { Proposal, SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { hexToBytes } from "../core/bytes.ts";
import vectors from "../../tests/vectors/cometbft/privval_messages.json" with { type: "json" };
import { decodeSignerMessage, encodeSignerMessage, SIGNER_MESSAGE_BYTES_MAX, type SignerMessage } from "./wire.ts";

const vote = Vote.fromPartial({
  type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
  height: 3n,
  round: 2,
  timestamp: { seconds: 1608542817n, nanos: 30_000_000 },
  validatorAddress: new Uint8Array(20).fill(6),
  validatorIndex: 1,
});
const proposal = Proposal.fromPartial({ type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL, height: 3n, polRound: -1 });
const error = { code: 1, description: "it's a error" };

const MESSAGES: SignerMessage[] = [
  { type: "pubKeyRequest", value: { chainId: "chain" } },
  {
    type: "pubKeyResponse",
    value: { pubKey: PublicKey.fromPartial({ ed25519: new Uint8Array(32) }), error: undefined },
  },
  { type: "pubKeyResponse", value: { pubKey: undefined, error } },
  { type: "signVoteRequest", value: { vote, chainId: "chain" } },
  { type: "signedVoteResponse", value: { vote, error: undefined } },
  { type: "signedVoteResponse", value: { vote: undefined, error } },
  { type: "signProposalRequest", value: { proposal, chainId: "chain" } },
  { type: "signedProposalResponse", value: { proposal, error: undefined } },
  { type: "signedProposalResponse", value: { proposal: undefined, error } },
  { type: "pingRequest", value: {} },
  { type: "pingResponse", value: {} },
];

Deno.test("every message of the protocol comes back as it was", () => {
  for (const message of MESSAGES) {
    const decoded = decodeSignerMessage(encodeSignerMessage(message));
    assert(decoded.ok);
    assertEquals(decoded.value, message);
  }
});

Deno.test("CometBFT's vectors are read and written byte for byte", () => {
  for (const { name, bytes } of vectors) {
    const decoded = decodeSignerMessage(hexToBytes(bytes));
    assert(decoded.ok, name);
    assertEquals(encodeSignerMessage(decoded.value).toHex(), bytes, name);
  }
  assertEquals(vectors.length, 11);
});

Deno.test("a nil vote without a block id, as other signers write it, is read", () => {
  const bare = Uint8Array.of(0x22, 4, 0x0a, 2, 0x08, 2);
  const decoded = decodeSignerMessage(bare);
  assert(decoded.ok && decoded.value.type === "signedVoteResponse");
  assertEquals(decoded.value.value.vote?.type, SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT);
  assertEquals(decoded.value.value.vote?.blockId.hash.length, 0);
});

Deno.test("what is no message, two messages or too long is refused", () => {
  const bad: [string, Uint8Array][] = [
    ["no known kind", new Uint8Array()],
    ["no known kind", Uint8Array.of(0x4a, 0)],
    ["several kinds", Uint8Array.of(0x3a, 0, 0x42, 0)],
    ["limit 10240", new Uint8Array(SIGNER_MESSAGE_BYTES_MAX + 1)],
    ["decode", Uint8Array.of(0x1a, 0xff)],
  ];
  for (const [reason, bytes] of bad) {
    const decoded = decodeSignerMessage(bytes);
    assert(!decoded.ok && decoded.error.message.includes(reason), `${bytes.toHex()} ${JSON.stringify(decoded)}`);
  }
});

Deno.test("decodeSignerMessage() never throws, and what it takes can be written again [fuzz]", () => {
  const whole = fc.uint8Array({ maxLength: 300 });
  const spoilt = fc.tuple(fc.constantFrom(...MESSAGES), fc.nat(), fc.uint8Array({ maxLength: 4 })).map(
    ([message, at, put]) => {
      const bytes = encodeSignerMessage(message);
      const start = at % (bytes.length + 1);
      return new Uint8Array([...bytes.subarray(0, start), ...put, ...bytes.subarray(start + 1)]);
    },
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(whole, spoilt), (bytes) => {
      const decoded = decodeSignerMessage(bytes);
      if (!decoded.ok) return;
      taken++;
      encodeSignerMessage(decoded.value);
    }),
    { numRuns: 5000 },
  );
  assert(taken > 100, `${taken}`);
});
