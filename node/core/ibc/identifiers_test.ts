import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  channelIdentifier,
  checkIdentifier,
  clientIdentifier,
  connectionIdentifier,
  type IdentifierKind,
  parseChannelSequence,
  parseClientIdentifier,
  parseConnectionSequence,
  validateIdentifier,
} from "./mod.ts";

const KINDS = ["client", "connection", "channel", "port"] as const;
const UINT64_MAX = 2n ** 64n - 1n;

Deno.test("identifiers have the signs of ICS-24 and the lengths of ibc-go", () => {
  const limits = { client: [4, 64], connection: [10, 64], channel: [8, 64], port: [2, 128] } as const;
  for (const kind of KINDS) {
    const [min, max] = limits[kind];
    for (const length of [min, max]) assert(validateIdentifier(kind, "a".repeat(length)), `${kind} of ${length}`);
    for (const length of [0, min - 1, max + 1]) assert(!validateIdentifier(kind, "a".repeat(length)));
    for (const good of ["lowercaseid", "NOTLOWERCASE", "1234567890", "._+-#[]<>._+-#[]<>"]) {
      assert(validateIdentifier(kind, good), `${kind} ${good}`);
    }
    for (
      const bad of ["               ", "lower/case/id", "(identifier)", "identifier\n", "idéntifier", "identifier\0"]
    ) {
      assert(!validateIdentifier(kind, bad), `${kind} ${JSON.stringify(bad)}`);
    }
  }
});

Deno.test("a path is at least two identifiers with a slash between each", () => {
  for (const good of ["p/l", "p/lowercaseid", "p/239123", "lower/._+-#[]<>", "a/b/c", `p/${"a".repeat(64)}`]) {
    assert(validateIdentifier("path", good), good);
  }
  for (const bad of ["", "/", "////", "id", "/id", "id/", "p/   ", "    /id", "p/(id)", `p/${"a".repeat(65)}`]) {
    assert(!validateIdentifier("path", bad), bad);
  }
  assert(!validateIdentifier("path", "a/".repeat(5_000) + "a"));
});

Deno.test("validateIdentifier() answers false to anything that is not a text of a known kind", () => {
  for (const id of [undefined, null, 7, {}, ["channel-0"]]) {
    for (const kind of KINDS) assertEquals(validateIdentifier(kind, id as never), false);
  }
  for (const kind of ["", "toString", "__proto__", "clients", undefined, null]) {
    assertEquals(validateIdentifier(kind as IdentifierKind, "07-tendermint-0"), false);
  }
});

Deno.test("a refused identifier has the code of ibc-go and is not repeated at length", () => {
  const result = checkIdentifier("port", "(" + "a".repeat(100));
  assert(!result.ok);
  assertEquals([result.error.codespace, result.error.code], ["host", 2]);
  assert(result.error.message.length < 220, result.error.message);
});

Deno.test("generated identifiers are taken apart as ibc-go does", () => {
  const parsed: [id: string, type: string, sequence: bigint][] = [
    ["tendermint-0", "tendermint", 0n],
    ["07-tendermint-12", "07-tendermint", 12n],
    ["solomachine-v1-1", "solomachine-v1", 1n],
    ["t-0", "t", 0n],
    [`tendermint-${UINT64_MAX}`, "tendermint", UINT64_MAX],
    ["09-localhost", "09-localhost", 0n],
  ];
  for (const [id, clientType, sequence] of parsed) {
    assertEquals(parseClientIdentifier(id), { clientType, sequence }, id);
  }
  const refused = [
    ...["", "tendermint0", "tendermint--1", "tendermint-tm", "-1", " -100", "a\t-100", "-a-100", "tendermint\n-1"],
    ...["tendermint/-100", "世界-100", `tendermint-${UINT64_MAX + 1n}`, "tendermint-000000000000000000001", "t-1\n"],
  ];
  for (const id of refused) assertEquals(parseClientIdentifier(id), undefined, id);
  for (
    const bad of ["Channel-0", "channel0", "channel--1", "channel-", "channel-1x", `channel-${UINT64_MAX + 1n}`, ""]
  ) {
    assertEquals(parseChannelSequence(bad), undefined, bad);
    assertEquals(parseConnectionSequence(bad.replace("channel", "connection")), undefined, bad);
  }
});

Deno.test("generated identifiers are valid and come back with their sequence", () => {
  fc.assert(fc.property(fc.bigInt(0n, UINT64_MAX), (sequence) => {
    assertEquals(parseChannelSequence(channelIdentifier(sequence)), sequence);
    assertEquals(parseConnectionSequence(connectionIdentifier(sequence)), sequence);
    assertEquals(parseClientIdentifier(clientIdentifier("07-tendermint", sequence))?.sequence, sequence);
    assert(validateIdentifier("channel", `channel-${sequence}`));
    assert(validateIdentifier("connection", `connection-${sequence}`));
    assert(validateIdentifier("client", `07-tendermint-${sequence}`));
  }));
});

Deno.test("long hostile identifiers are judged in linear time", () => {
  for (const id of ["a".repeat(200_000), "a-".repeat(100_000), "-".repeat(200_000), "1".repeat(200_000)]) {
    assertEquals(parseClientIdentifier(id), undefined);
    assertEquals(parseChannelSequence(`channel-${id}`), undefined);
    for (const kind of KINDS) assert(!validateIdentifier(kind, id));
  }
});
