import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  denomHash,
  denomPath,
  hashOfDenom,
  hasPrefix,
  isSendableDenom,
  localDenom,
  parseDenom,
  receivedDenom,
  validateDenom,
  withHop,
} from "./mod.ts";

const hop = (n: number) => ({ portId: "transfer", channelId: `channel-${n}` });
const ATOM = { base: "uatom", trace: [] };

Deno.test("a token that leaves and comes back over the same channels is the token that left", () => {
  const channels = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { maxLength: 6 });
  fc.assert(fc.property(channels, fc.constantFrom("uatom", "gamm/pool/1", "erc20/0x85bc"), (hops, base) => {
    let denom = parseDenom(base);
    for (const [from, to] of hops) {
      const packet = ends(from, to);
      if (!hasPrefix(denom, packet.sourcePort, packet.sourceChannel)) denom = receivedDenom(denom, packet);
      else return;
    }
    assertEquals(parseDenom(denomPath(denom)), denom);
    for (const [from, to] of hops.toReversed()) {
      assert(hasPrefix(denom, "transfer", `channel-${to}`));
      denom = receivedDenom(denom, ends(to, from));
    }
    assertEquals(denom, { base, trace: [] });
  }));
});

const ends = (from: number, to: number) => ({
  sourcePort: "transfer",
  sourceChannel: `channel-${from}`,
  destinationPort: "transfer",
  destinationChannel: `channel-${to}`,
});

Deno.test("a token is called by its base at home and by its hash elsewhere", () => {
  assertEquals(localDenom(ATOM), "uatom");
  const away = withHop(ATOM, "transfer", "channel-0");
  assertEquals(localDenom(away), "ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2");
  assertEquals(localDenom(away), denomHash("transfer/channel-0/uatom"));
  assertEquals(hashOfDenom(localDenom(away))?.toHex().slice(0, 8), "27394fb0");
});

Deno.test("a denom has a base that is not blank and hops of valid identifiers", () => {
  for (
    const path of ["uatom", "transfer/channel-0/uatom", "transfer/07-tendermint-0/uatom", "a/b", "transfer/channel-0//"]
  ) {
    assert(validateDenom(parseDenom(path)).ok, path);
  }
  const refused: [path: string, codespace: string, code: number][] = [
    ["", "transfer", 3],
    ["  \u00a0\u0085", "transfer", 3],
    ["transfer/channel-0/", "transfer", 3],
    ["transfer/channel-0/transfer/channel-1", "transfer", 3],
    ["(transfer)/channel-1/uatom", "host", 2],
    ["t/channel-1/uatom", "host", 2],
    ["transfer/t-0/uatom", "host", 2],
  ];
  for (const [path, codespace, code] of refused) {
    const result = validateDenom(parseDenom(path));
    assert(!result.ok, path);
    assertEquals([result.error.codespace, result.error.code], [codespace, code], path);
  }
});

Deno.test("what is sent is a denom of the bank, and a whole hash where it says ibc", () => {
  const hash = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";
  for (const name of ["uatom", `ibc/${hash}`, "gamm/pool/1", "ibcx", "ibcd/x"]) assert(isSendableDenom(name), name);
  const refused = [
    "",
    "ua",
    "1atom",
    "ibc",
    "ibc/",
    "ibc/uatom",
    `ibc/${hash.slice(1)}`,
    `ibc/${hash}0`,
    `ibc/${hash}/`,
  ];
  for (const name of refused) assert(!isSendableDenom(name), name);
});

Deno.test("parseDenom() loses nothing, whatever the text, and is quick on long ones", () => {
  const parts = fc.constantFrom("transfer", "channel-0", "07-tendermint-1", "", "uatom", "channel-x", "/");
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(parts).map((list) => list.join("/"))), (path) => {
    const denom = parseDenom(path);
    if (denom.base !== "") assertEquals(denomPath(denom), path);
    assertEquals(parseDenom(denomPath(denom)).trace.length >= denom.trace.length, true);
  }));
  const trace = Array.from({ length: 10_000 }, (_, n) => hop(n));
  assertEquals(parseDenom(denomPath({ base: "uatom", trace })), { base: "uatom", trace });
});
