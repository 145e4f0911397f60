import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { signedHeaderFromJson, validatorsFromJson } from "./mod.ts";

const HASH = "AB".repeat(32);
const ADDRESS = "CD".repeat(20);
const header = {
  version: { block: "11" },
  chain_id: "chain",
  height: "9223372036854775807",
  time: "2024-01-02T03:04:05.000000006Z",
  last_block_id: { hash: HASH, parts: { total: 2, hash: HASH } },
  last_commit_hash: "",
  data_hash: HASH,
  validators_hash: HASH,
  next_validators_hash: HASH,
  consensus_hash: HASH,
  app_hash: "",
  last_results_hash: null,
  evidence_hash: HASH,
  proposer_address: ADDRESS,
};
const signature = { block_id_flag: 2, validator_address: ADDRESS, timestamp: "0001-01-01T00:00:00Z", signature: null };
const commit = { height: "5", round: 1, block_id: header.last_block_id, signatures: [signature] };

Deno.test("a signed header is read as CometBFT writes it", () => {
  const read = signedHeaderFromJson({ header, commit });
  assert(read.ok);
  const { header: got, commit: seal } = read.value;
  assertEquals([got.version.app, got.height, got.time.nanos], [0n, 2n ** 63n - 1n, 6]);
  assertEquals([got.lastBlockId.partSetHeader.total, got.appHash.length, got.dataHash.toHex()], [
    2,
    0,
    HASH.toLowerCase(),
  ]);
  assertEquals([seal.round, seal.signatures[0]!.timestamp.seconds, seal.signatures[0]!.signature.length], [
    1,
    -62135596800n,
    0,
  ]);
});

Deno.test("malformed fields are refused and named", () => {
  const bad: unknown[] = [
    { header: { ...header, height: "1x" }, commit },
    { header: { ...header, data_hash: "XY" }, commit },
    { header: { ...header, data_hash: "ABC" }, commit },
    { header: { ...header, time: "today" }, commit },
    { header: { ...header, chain_id: 5 }, commit },
    { header, commit: { ...commit, signatures: {} } },
    { header, commit: { ...commit, signatures: [{ ...signature, signature: "?" }] } },
    { header, commit: { ...commit, signatures: Array(10_001).fill(signature) } },
    { header },
    null,
  ];
  for (const value of bad) assert(!signedHeaderFromJson(value).ok);
});

Deno.test("validators are read with both kinds of keys; other kinds are refused", () => {
  const value = new Uint8Array(33).toBase64();
  const row = (type: string) => ({ pub_key: { type, value }, voting_power: "7", proposer_priority: "-3" });
  const read = validatorsFromJson([row("tendermint/PubKeySecp256k1")]);
  assert(read.ok);
  const [{ address, votingPower, proposerPriority }] = read.value as [(typeof read.value)[0]];
  assertEquals([address.length, votingPower, proposerPriority], [20, 7n, -3n]);
  for (const type of ["tendermint/PubKeyBls12_381", "toString", ""]) assert(!validatorsFromJson([row(type)]).ok);
});

Deno.test("any JSON is either read or refused", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    signedHeaderFromJson(value);
    signedHeaderFromJson({ header: value, commit: value });
    validatorsFromJson([value]);
    validatorsFromJson([{ pub_key: value }]);
  }));
});
