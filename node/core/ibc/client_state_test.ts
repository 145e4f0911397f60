import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { ProofSpec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { ClientState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { decodeStrict, encode } from "../codec/mod.ts";
import { ICS23_SPECS } from "../merkle/mod.ts";
import {
  CLIENT_STATE_BYTES_MAX,
  decodeClientState,
  encodeClientState,
  ProofSpecCodec,
  type TendermintClientState,
} from "./mod.ts";

const seconds = (value: bigint) => ({ seconds: value, nanos: 0 });
const STATE: TendermintClientState = {
  chainId: "catenary-a-1",
  trustLevel: { numerator: 1n, denominator: 3n },
  trustingPeriod: seconds(1_209_600n),
  unbondingPeriod: seconds(1_814_400n),
  maxClockDrift: seconds(10n),
  frozenHeight: { revisionNumber: 0n, revisionHeight: 0n },
  latestHeight: { revisionNumber: 1n, revisionHeight: 77n },
  proofSpecs: [ICS23_SPECS.jmt, ICS23_SPECS.tendermint],
  upgradePath: ["upgrade", "upgradedIBCState"],
  allowUpdateAfterExpiry: false,
  allowUpdateAfterMisbehaviour: false,
};

Deno.test("a specification keeps prehash_key_before_comparison, as its field 5", () => {
  const bytes = encode(ProofSpecCodec, ICS23_SPECS.jmt);
  assertEquals(bytes.subarray(-2), Uint8Array.of(0x28, 0x01));
  assertEquals(decodeStrict(ProofSpecCodec, bytes, "spec", 200), { ok: true, value: ICS23_SPECS.jmt });
  // The published codec loses it, which is why this one is here.
  assert(!decodeStrict(ProofSpec, bytes, "spec", 200).ok);
  for (const spec of [ICS23_SPECS.iavl, ICS23_SPECS.tendermint]) {
    assertEquals(encode(ProofSpecCodec, spec), encode(ProofSpec, spec));
  }
});

Deno.test("a client state with the specifications of our stores comes back whole", () => {
  assertEquals(decodeClientState(encodeClientState(STATE)), { ok: true, value: STATE });
});

const uint64 = fc.bigInt(0n, 2n ** 64n - 1n);
const plain = { noNullPrototype: true } as const;
const heights = fc.record({ revisionNumber: uint64, revisionHeight: uint64 }, plain);
const durations = fc.record({ seconds: fc.bigInt(0n, 2n ** 40n), nanos: fc.nat(999_999_999) }, plain);
const states = fc.record<TendermintClientState>({
  chainId: fc.string({ maxLength: 20 }),
  trustLevel: fc.record({ numerator: uint64, denominator: uint64 }, plain),
  trustingPeriod: durations,
  unbondingPeriod: durations,
  maxClockDrift: durations,
  frozenHeight: heights,
  latestHeight: heights,
  proofSpecs: fc.array(fc.constantFrom(...Object.values(ICS23_SPECS)), { maxLength: 4 }),
  upgradePath: fc.array(fc.string({ maxLength: 9 }), { maxLength: 3 }),
  allowUpdateAfterExpiry: fc.boolean(),
  allowUpdateAfterMisbehaviour: fc.boolean(),
}, plain);

Deno.test("any client state comes back whole, and without flagged specifications its bytes are the published codec's", () => {
  fc.assert(fc.property(states, (state) => {
    assertEquals(decodeClientState(encodeClientState(state)), { ok: true, value: state });
    const proofSpecs = state.proofSpecs.filter((spec) => spec.prehashKeyBeforeComparison !== true);
    assertEquals(encodeClientState({ ...state, proofSpecs }), encode(ClientState, { ...state, proofSpecs }));
  }));
});

Deno.test("a client state is read in its one form only", () => {
  const good = encodeClientState(STATE);
  const flag = good.findLastIndex((byte, at) => byte === 0x28 && good[at + 1] === 0x01 && good[at + 2] === 0x42);
  assert(flag > 0);
  const changed = (at: number, byte: number) => good.with(at, byte);
  // The flag as 2, as a written-out false, as an unknown field 6; a trailing unknown field; cut short; too long.
  for (const bytes of [changed(flag + 1, 2), changed(flag + 1, 0), changed(flag, 0x30)]) {
    assert(!decodeClientState(bytes).ok);
  }
  assert(!decodeClientState(Uint8Array.of(...good, 0x60, 1)).ok);
  for (let length = 1; length < good.length; length++) decodeClientState(good.subarray(0, length));
  assert(!decodeClientState(new Uint8Array(CLIENT_STATE_BYTES_MAX + 1)).ok);
});

Deno.test("decodeClientState() never throws, and what it reads encodes to the same bytes", () => {
  const good = encodeClientState(STATE);
  const flipped = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    .map((flips) => flips.reduce((bytes, [at, byte]) => bytes.with(at, byte), good));
  fc.assert(fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 60 })), (bytes) => {
    const result = decodeClientState(bytes);
    if (result.ok) assertEquals(encodeClientState(result.value), bytes);
  }));
});
