import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ConsensusState, type Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import {
  assembleAttestation,
  AttestationClientStateCodec,
  AttestationHeaderCodec,
  checkAttestation,
  encodeClientState,
  signAttestation,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import { ed25519KeyFromSeed } from "../../node/core/crypto/mod.ts";
import { ICS23_SPECS } from "../../node/core/merkle/mod.ts";
import { makeLightBlock, membersOf } from "../../tests/helpers/light_chain.ts";
import { readClientState, readConsensusState } from "./client.ts";
import { conflictOf } from "./conflict.ts";
import { tendermintHeader } from "./header.ts";
import { attestationAny, misbehaviourAny, updateClientMessage } from "./messages.ts";
import { misbehaviourOf, trustedBelow } from "./misbehaviour.ts";
import { planRefresh } from "./refresh.ts";

const HOUR = 3_600_000_000_000n;
const at = (revisionHeight: bigint, revisionNumber = 1n) => ({ revisionNumber, revisionHeight });

const blockAt = (height: bigint, app = "", time = 1_700_000_000_000_000_000n + height) => {
  const members = membersOf([0, 1]);
  return makeLightBlock({ chainId: "a-1", height, time, members, next: members, app });
};

function headerAt(height: bigint, app = "", time?: bigint): Header {
  const made = tendermintHeader(blockAt(height, app, time), blockAt(1n));
  assert(made.ok);
  return made.value;
}

Deno.test("client and consensus states of each type are read, and others are refused", () => {
  const tendermint = encodeClientState({
    chainId: "a-1",
    trustLevel: { numerator: 1n, denominator: 3n },
    trustingPeriod: { seconds: 100n, nanos: 5 },
    unbondingPeriod: { seconds: 200n, nanos: 0 },
    maxClockDrift: { seconds: 10n, nanos: 0 },
    frozenHeight: { revisionNumber: 0n, revisionHeight: 1n },
    latestHeight: at(7n),
    proofSpecs: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint],
    upgradePath: ["upgrade", "upgradedIBCState"],
    allowUpdateAfterExpiry: false,
    allowUpdateAfterMisbehaviour: false,
  });
  const typeUrl = "/ibc.lightclients.tendermint.v1.ClientState";
  const read = readClientState({ typeUrl, value: tendermint });
  assert(read.ok);
  const { trustingPeriodNs, frozen, latestHeight, feed } = read.value;
  assertEquals([trustingPeriodNs, frozen, latestHeight, feed], [100_000_000_005n, true, at(7n), "headers"]);
  const attested = AttestationClientStateCodec.encode({
    chainId: "slow",
    latestHeight: at(3n, 0n),
    proofSpecs: [],
    trustingPeriod: 0n,
    maxClockDrift: 5n,
  }).finish();
  const other = readClientState({ typeUrl: AttestationClientStateCodec.typeUrl, value: attested });
  assert(other.ok);
  assertEquals([other.value.feed, other.value.frozen, other.value.chainId], ["attestations", false, "slow"]);
  const solo = readClientState({ typeUrl: "/ibc.lightclients.solomachine.v3.ClientState", value: tendermint });
  assert(!solo.ok && solo.error.code === 1);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (value) => {
    readClientState({ typeUrl, value });
    readConsensusState({ typeUrl: ConsensusState.typeUrl, value }, at(1n));
  }));
});

Deno.test("a consensus state conflicts with a block in root, time, validators or height", () => {
  const { signedHeader: { header } } = blockAt(5n);
  const value = ConsensusState.encode({
    timestamp: header.time,
    root: { hash: header.appHash },
    nextValidatorsHash: header.nextValidatorsHash,
  }).finish();
  const point = readConsensusState({ typeUrl: ConsensusState.typeUrl, value }, at(5n));
  assert(point.ok);
  assertEquals(conflictOf(point.value, blockAt(5n)), undefined);
  for (
    const [block, words] of [
      [blockAt(5n, "x"), "root"],
      [blockAt(5n, "", 1n), "time"],
      [blockAt(6n), "height"],
      [{ ...blockAt(5n), signedHeader: { header: { ...header, nextValidatorsHash: header.appHash } } }, "validators"],
      [{}, "missing"],
    ] as const
  ) assert(conflictOf(point.value, block)?.includes(words), words);
});

Deno.test("evidence has the higher header first, and there is none against a chain that agrees with itself", () => {
  const made = (one: Header, other: Header) => misbehaviourOf("07-tendermint-0", one, other);
  const fork = made(headerAt(5n), headerAt(5n, "x"));
  assert(fork.ok);
  const back = made(headerAt(5n, "", 9n), headerAt(7n, "", 8n));
  assert(back.ok && back.value.header1!.signedHeader!.header!.height === 7n);
  assert(made(headerAt(5n, "", 9n), headerAt(7n, "", 9n)).ok, "a time that stands still");
  for (const none of [made(headerAt(5n), headerAt(5n)), made(headerAt(5n), headerAt(7n))]) {
    assert(!none.ok && none.error.code === 3);
  }
  const message = updateClientMessage("07-tendermint-0", misbehaviourAny(fork.value), "cat1x");
  const { clientMessage, clientId, signer } = MsgUpdateClient.decode(message.value);
  assertEquals([clientId, signer, clientMessage!.typeUrl], ["07-tendermint-0", "cat1x", Misbehaviour.typeUrl]);
  assertEquals(clientMessage!.value, Misbehaviour.encode(fork.value).finish());
});

Deno.test("an attestation goes the way of a header", () => {
  const key = ed25519KeyFromSeed(new Uint8Array(32).fill(7));
  const attestation = { height: 5n, timestamp: 9n, root: new Uint8Array(32) };
  const signature = signAttestation("slow-1", attestation, key);
  const attestors = { keys: [key.publicKey], threshold: 1 };
  const header = assembleAttestation(attestors, attestation, [{ publicKey: key.publicKey, signature }]);
  assert(checkAttestation("slow-1", attestors, header).ok);
  const { value } = updateClientMessage("10-attestation-0", attestationAny(header), "cat1x");
  const { clientMessage } = MsgUpdateClient.decode(value);
  assertEquals(clientMessage!.typeUrl, AttestationHeaderCodec.typeUrl);
  assertEquals(AttestationHeaderCodec.decode(clientMessage!.value).signatures, header.signatures);
});

Deno.test("a header is verified from the highest height below its own, of the same revision", () => {
  const heights = [at(3n), at(9n), at(7n), at(8n, 0n), at(20n, 2n)];
  assertEquals(trustedBelow(heights, at(9n)), at(7n));
  assertEquals(trustedBelow(heights, at(10n)), at(9n));
  assertEquals(trustedBelow(heights, at(3n)), undefined);
  assertEquals(trustedBelow([], ZERO_HEIGHT), undefined);
});

Deno.test("clients are refreshed after their share of the trusting period, and not once that is over", () => {
  const client = { trustingPeriodNs: 9n * HOUR, frozen: false };
  const plan = (hours: bigint, of = client) => planRefresh(of, 100n * HOUR, 2 / 3, (100n + hours) * HOUR);
  assertEquals(plan(5n).tag, "fresh");
  const fresh = plan(0n);
  assert(fresh.tag === "fresh" && fresh.dueNs > 105n * HOUR && fresh.dueNs < 107n * HOUR);
  assertEquals(plan(7n), { tag: "due", expiresNs: 109n * HOUR });
  assertEquals(plan(9n), { tag: "expired", expiresNs: 109n * HOUR });
  assertEquals(plan(9n, { ...client, frozen: true }).tag, "frozen");
  assertEquals(plan(900n, { ...client, trustingPeriodNs: 0n }).tag, "lasting");
});
