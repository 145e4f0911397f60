import { assert, assertEquals } from "@std/assert";
import { Any } from "cosmjs-types/google/protobuf/any";
import { type Claim, judge, type ToyChain, ToyLink, ToyRoute } from "../../../tests/helpers/toy_route.ts";
import { utf8ToBytes } from "../bytes.ts";
import { encode } from "../codec/mod.ts";
import type { Result } from "../result.ts";
import {
  clientStatePath,
  connectionPath,
  consensusStatePath,
  decodeMultihopProofs,
  encodeMultihopProofs,
  MULTIHOP_CODE,
  MULTIHOP_PROOF_BYTES_MAX,
  type MultihopProof,
  type MultihopProofs,
} from "./mod.ts";

const KEY = "acks/ports/transfer/channels/channel-0/sequences/1";
const VALUE = new Uint8Array(32).fill(9);
const PRESENT = { key: KEY, value: VALUE };
const ABSENT = { key: "receipts/none", value: undefined };

function assertRefused(verdict: Result<undefined>, code: keyof typeof MULTIHOP_CODE | "notProven", about = ""): void {
  assert(!verdict.ok, "it was believed");
  const { error } = verdict;
  if (code === "notProven") assertEquals(error.codespace, "commitment", error.message);
  else assertEquals([error.codespace, error.code, error.message], ["multihop", MULTIHOP_CODE[code], error.message]);
  assert(error.message.includes(about), error.message);
}

/** Four chains in a row; the source has {@linkcode VALUE} under {@linkcode KEY}. */
function fourChains(): ToyRoute {
  const route = new ToyRoute({ chains: [{}, {}, { trees: "simple" }, {}] });
  route.source.set(KEY, VALUE);
  route.source.block();
  return route;
}

function parts({ bytes }: Claim): MultihopProofs {
  const decoded = decodeMultihopProofs(bytes);
  assert(decoded.ok);
  return decoded.value;
}

const withParts = (claim: Claim, proofs: MultihopProofs): Claim => ({ ...claim, bytes: encodeMultihopProofs(proofs) });

const LISTS = ["connectionProofs", "clientProofs", "consensusProofs"] as const;

/** Other bytes than these. */
function* otherBytes(bytes: Uint8Array): Generator<Uint8Array> {
  for (const at of new Set([0, 1, bytes.length >> 1, bytes.length - 2, bytes.length - 1])) {
    if (at < 0 || at >= bytes.length) continue;
    const flipped = bytes.slice();
    flipped[at]! ^= 1;
    yield flipped;
  }
  yield Uint8Array.of(...bytes, 0);
  if (bytes.length > 0) yield bytes.slice(0, -1);
  if (bytes.length > 1) yield new Uint8Array();
}

/** Other entries than this, each different in one field. */
function* otherEntries(entry: MultihopProof): Generator<MultihopProof> {
  for (const proof of otherBytes(entry.proof)) yield { ...entry, proof };
  for (const value of otherBytes(entry.value)) yield { ...entry, value };
  const keyPath = entry.prefixedKey?.keyPath;
  if (keyPath === undefined) {
    yield { ...entry, prefixedKey: { keyPath: [] } };
    yield { ...entry, prefixedKey: { keyPath: [utf8ToBytes("ibc"), utf8ToBytes(KEY)] } };
    return;
  }
  yield { ...entry, prefixedKey: undefined };
  yield { ...entry, prefixedKey: { keyPath: keyPath.slice(1) } };
  yield { ...entry, prefixedKey: { keyPath: [...keyPath, new Uint8Array()] } };
  yield { ...entry, prefixedKey: { keyPath: keyPath.toReversed() } };
  for (const [at, part] of keyPath.entries()) {
    for (const other of otherBytes(part)) yield { ...entry, prefixedKey: { keyPath: keyPath.with(at, other) } };
  }
}

/** Other messages than this, each different in one place. */
function* otherMessages(proofs: MultihopProofs): Generator<readonly [what: string, message: MultihopProofs]> {
  yield ["no key proof", { ...proofs, keyProof: undefined }];
  for (const keyProof of otherEntries(proofs.keyProof!)) yield ["key proof", { ...proofs, keyProof }];
  for (const list of LISTS) {
    const entries = proofs[list];
    yield [`no ${list}`, { ...proofs, [list]: [] }];
    yield [`${list} reversed`, { ...proofs, [list]: entries.toReversed() }];
    for (const [at, entry] of entries.entries()) {
      const named = `${list}[${at}]`;
      yield [`without ${named}`, { ...proofs, [list]: entries.toSpliced(at, 1) }];
      yield [`${named} twice`, { ...proofs, [list]: entries.toSpliced(at, 0, entry) }];
      for (const other of otherEntries(entry)) yield [named, { ...proofs, [list]: entries.with(at, other) }];
    }
    for (const other of LISTS.filter((name) => name !== list)) {
      yield [`${other} as ${list}`, { ...proofs, [list]: proofs[other] }];
    }
  }
}

Deno.test("every change of a single field of a valid proof is refused, of presence and of absence", () => {
  const route = fourChains();
  for (const wanted of [PRESENT, ABSENT]) {
    const claim = route.prove(wanted.key);
    const proofs = parts(claim);
    assert(judge(route, withParts(claim, proofs), wanted).ok);
    let count = 0;
    for (const [what, changed] of otherMessages(proofs)) {
      count++;
      assert(!judge(route, withParts(claim, changed), wanted).ok, `${what} may be changed`);
    }
    assert(count > 150, `only ${count} changes`);
  }
});

Deno.test("every change of a single byte of a valid proof is refused", () => {
  const route = fourChains();
  for (const wanted of [PRESENT, ABSENT]) {
    const claim = route.prove(wanted.key);
    // All of one proof; of the other, whose first parts are the same, some.
    for (let at = 0; at < claim.bytes.length; at += wanted === PRESENT || at < 400 ? 1 : 7) {
      const bytes = claim.bytes.slice();
      bytes[at]! ^= 1 << (at % 8);
      assert(!judge(route, { ...claim, bytes }, wanted).ok, `byte ${at} may be changed`);
    }
  }
});

Deno.test("a proof starts with the root it was made for", () => {
  const route = fourChains();
  const claim = route.prove(KEY);
  const { revisionHeight, revisionNumber } = claim.height;
  for (const height of [revisionHeight - 1n, revisionHeight - 2n]) {
    const verdict = judge(route, { ...claim, height: { revisionNumber, revisionHeight: height } }, PRESENT);
    assertRefused(verdict, "notProven", "hop 1");
  }
});

/** What stands under a key of a chain, as an entry of the message says it. */
function entryOf(chain: ToyChain, key: string, rootHeight: bigint, store = chain.prefix): MultihopProof {
  const { value, proof } = chain.prove(utf8ToBytes(key), rootHeight, store);
  return { value: value!, proof, prefixedKey: { keyPath: [utf8ToBytes(store), utf8ToBytes(key)] } };
}

/** A verifying chain, its neighbour, the source of its channel, and somebody's chain, of which the neighbour has a client too. */
function withStranger() {
  const route = new ToyRoute();
  const [, neighbour] = route.chains;
  const [first, honest] = route.links;
  const ids = { clientId: "07-tendermint-0", connectionId: "connection-0" };
  const stranger = new ToyRoute({ chains: [{}] }).source;
  stranger.set(KEY, VALUE);
  for (let i = 0; i < 8; i++) stranger.block();
  const forged = new ToyLink(neighbour!, stranger, "07-tendermint-66", "connection-66", ids);
  route.source.block();
  honest!.update();
  forged.update();
  neighbour!.block();
  first!.update();
  const root = neighbour!.height;
  const entries = (link: ToyLink) => ({
    connection: entryOf(neighbour!, connectionPath(link.connectionId), root),
    client: entryOf(neighbour!, clientStatePath(link.clientId), root),
    consensus: entryOf(neighbour!, consensusStatePath(link.clientId, link.client.latestHeight), root),
  });
  const keyProof = { proof: stranger.prove(utf8ToBytes(KEY), stranger.height).proof, value: new Uint8Array() };
  const claimOf = ({ connection, client, consensus }: ReturnType<typeof entries>): Claim => ({
    height: neighbour!.ibcHeight(root),
    bytes: encodeMultihopProofs({
      keyProof,
      connectionProofs: [connection],
      clientProofs: [client],
      consensusProofs: [consensus],
    }),
  });
  return { route, neighbour: neighbour!, stranger, honest: entries(honest!), forged: entries(forged), claimOf, root };
}

Deno.test("what another chain holds is not believed, by whichever of its connection and client the neighbour has", () => {
  const { route, honest, forged, claimOf } = withStranger();
  const verdict = (entries: Partial<typeof honest>) => judge(route, claimOf({ ...honest, ...entries }), PRESENT);
  const renamed = (entry: MultihopProof, as: MultihopProof): MultihopProof => ({
    ...entry,
    prefixedKey: as.prefixedKey,
  });
  // The way over the stranger's connection is a way, and not the channel's.
  assert(judge(route, claimOf(forged), { ...PRESENT, hops: [route.hops[0]!, "connection-66"] }).ok);
  assertRefused(verdict(forged), "wrongKey", "hop 1");
  const connection = renamed(forged.connection, honest.connection);
  assertRefused(verdict({ ...forged, connection }), "notProven", "hop 1");
  // The channel's connection, and the stranger's client.
  assertRefused(verdict({ client: forged.client, consensus: forged.consensus }), "wrongKey", "hop 1");
  assertRefused(verdict({ consensus: forged.consensus }), "wrongKey", "hop 1");
  assertRefused(verdict({ consensus: renamed(forged.consensus, honest.consensus) }), "notProven", "hop 1");
  assertRefused(verdict({ client: forged.client }), "wrongKey", "hop 1");
  assertRefused(verdict({ client: renamed(forged.client, honest.client) }), "notProven", "hop 1");
  // All of the channel's, and only the key is the stranger's.
  assertRefused(verdict({}), "notProven");
});

Deno.test("what is written into another store of a chain on the way is not believed, whatever its key is called", () => {
  const { route, neighbour, honest, forged, claimOf } = withStranger();
  const named = (entry: MultihopProof) => new TextDecoder().decode(entry.prefixedKey!.keyPath[1]!);
  neighbour.set(named(honest.connection), forged.connection.value, "other");
  neighbour.block();
  const root = neighbour.block();
  route.links[0]!.update();
  const connection = entryOf(neighbour, named(honest.connection), root, "other");
  const entries = {
    connection,
    client: entryOf(neighbour, named(forged.client), root),
    consensus: entryOf(neighbour, named(forged.consensus), root),
  };
  const claim = (other: typeof entries) => ({ ...claimOf(other), height: neighbour.ibcHeight(root) });
  assertRefused(judge(route, claim(entries), PRESENT), "wrongKey", "hop 1");
  const { prefixedKey } = honest.connection;
  const disguised = { ...entries, connection: { ...connection, prefixedKey } };
  assertRefused(judge(route, claim(disguised), PRESENT), "notProven", "hop 1");
});

Deno.test("a client state from an older root does not hide that the client is frozen", () => {
  const route = new ToyRoute();
  route.source.set(KEY, VALUE);
  route.source.block();
  const healthy = parts(route.prove(KEY));
  const [, link] = route.links;
  link!.client = { ...link!.client, frozenHeight: { revisionNumber: 0n, revisionHeight: 1n } };
  const claim = route.prove(KEY);
  assertRefused(judge(route, claim, PRESENT), "clientFrozen");
  const verdict = judge(route, withParts(claim, { ...parts(claim), clientProofs: healthy.clientProofs }), PRESENT);
  assertRefused(verdict, "notProven", "hop 1");
});

Deno.test("states of clients of other types are not read", () => {
  const route = fourChains();
  const claim = route.prove(KEY);
  const proofs = parts(claim);
  const other = encode(Any, { typeUrl: "/ibc.lightclients.solomachine.v3.ClientState", value: Uint8Array.of(8, 1) });
  for (const list of ["clientProofs", "consensusProofs"] as const) {
    const changed = { ...proofs, [list]: proofs[list].with(1, { ...proofs[list][1]!, value: other }) };
    assertRefused(judge(route, withParts(claim, changed), PRESENT), "unsupportedClient", "hop 2");
  }
});

Deno.test("a way of another length than the channel's is refused", () => {
  const route = fourChains();
  const claim = route.prove(KEY);
  assertRefused(judge(route, claim, { ...PRESENT, hops: route.hops.slice(0, 2) }), "elements");
  assertRefused(judge(route, claim, { ...PRESENT, hops: [...route.hops, "connection-9"] }), "elements");
  assertRefused(
    judge(route, claim, { ...PRESENT, hops: route.hops.toSpliced(1, 1, "connection-9") }),
    "wrongKey",
    "hop 1",
  );
});

Deno.test("a proof past the limit of bytes is refused before anything is read", () => {
  const decoded = decodeMultihopProofs(new Uint8Array(MULTIHOP_PROOF_BYTES_MAX + 1));
  assert(!decoded.ok);
  assertEquals(decoded.error.codespace, "codec");
});
