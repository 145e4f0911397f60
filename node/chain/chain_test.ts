import { assert, assertEquals } from "@std/assert";
import type { Block } from "cosmjs-types/tendermint/types/block";
import fc from "fast-check";
import { encoded, genesisOf, MiniChain, NO_HISTORY, seal, updateOf, valueOf } from "../../tests/helpers/mini_chain.ts";
import { ed25519Address } from "../core/crypto/mod.ts";
import { equalBytes } from "../core/bytes.ts";
import { timestampToNanos } from "../core/time.ts";
import { applyBlock, decodeChainState, encodeChainState, heightContext, nextHeight, validateBlock } from "./mod.ts";

const text = (value: string) => new TextEncoder().encode(value);
const judge = (chain: MiniChain, block: Block) => {
  const made = encoded(block);
  return validateBlock(chain.state, block, made.blockId, NO_HISTORY);
};

function grown(heights: number, powers: bigint[] = [10n, 20n, 30n, 5n]): MiniChain {
  const chain = new MiniChain(genesisOf(powers));
  for (let i = 0; i < heights; i++) {
    const made = chain.make({ txs: [text(`tx ${i}`), text(`other ${i}`)] });
    valueOf(validateBlock(chain.state, made.block, made.blockId, NO_HISTORY));
    chain.take(made, [], i % 3 === 0 ? { absent: [3] } : i % 3 === 1 ? { nil: [3], round: 2 } : {});
  }
  return chain;
}

Deno.test("twenty blocks of four validators follow each other", () => {
  const chain = grown(20);
  assertEquals(chain.state.lastHeight, 20n);
  const proposers = new Set(chain.blocks.map(({ block }) => block.header.proposerAddress.toHex()));
  assertEquals(proposers.size, 4, "the turn goes round");
  const times = chain.blocks.map(({ block }) => timestampToNanos(block.header.time));
  assert(times.every((time, i) => i === 0 || time > times[i - 1]!), "time goes forward");
});

Deno.test("a chain may begin at any height", () => {
  const chain = new MiniChain(genesisOf([1n], { initialHeight: 100n }));
  for (let i = 0; i < 3; i++) {
    const made = chain.make();
    valueOf(validateBlock(chain.state, made.block, made.blockId, NO_HISTORY));
    chain.take(made);
  }
  assertEquals(chain.state.lastHeight, 102n);
});

/** Paths of all leaves of a block: bytes, bigints, numbers and strings. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (value instanceof Uint8Array || typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

/** The same value, but for one leaf. */
function tampered(value: unknown, path: readonly (string | number)[], draw: number): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return otherThan(value, draw);
  const copy = Array.isArray(value) ? [...value] : { ...(value as Record<string, unknown>) };
  const holder = copy as Record<string | number, unknown>;
  holder[key] = tampered(holder[key], rest, draw);
  return copy;
}

function otherThan(value: unknown, draw: number): unknown {
  if (typeof value === "bigint") return value + BigInt(1 + draw % 1000);
  if (typeof value === "number") return value + 1 + draw % 3;
  if (typeof value === "string") return value + "x";
  const bytes = value as Uint8Array;
  if (bytes.length === 0) return new Uint8Array(32).fill(draw);
  const changed = bytes.slice();
  changed[draw % bytes.length]! ^= 1 + (draw >> 8) % 255;
  return changed;
}

Deno.test("validateBlock() refuses a block with any single field changed", () => {
  const chain = grown(6);
  const { block } = chain.make({ txs: [text("a"), text("b")] });
  assert(judge(chain, block).ok);
  const paths = leaves(block);
  assert(paths.length > 40);
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.nat(), (path, draw) => {
      const changed = tampered(block, path, draw) as Block;
      assertEquals(judge(chain, changed).ok, false, path.join("."));
    }),
    { numRuns: 300 },
  );
  for (const path of paths) assertEquals(judge(chain, tampered(block, path, 5) as Block).ok, false, path.join("."));
});

Deno.test("validateBlock() refuses a proposer that is no validator, also when all else fits", () => {
  const chain = grown(2);
  const { block } = chain.make({ proposerAddress: new Uint8Array(20).fill(9) });
  const result = judge(chain, block);
  assertEquals(result.ok ? "" : result.error.message.split(":")[0], "validate proposer");
});

Deno.test("validateBlock() refuses a last commit without more than two thirds", () => {
  const chain = new MiniChain(genesisOf([1n, 1n, 1n]));
  chain.take(chain.make());
  const { block, blockId } = chain.blocks[0]!;
  const time = timestampToNanos(block.header.time);
  const commit = seal("mini-1", chain.state.lastValidators, 1n, blockId, time, { absent: [0] });
  assertEquals(judge(chain, chain.make({ lastCommit: commit }).block).ok, false, "two of three are not enough");
});

Deno.test("validateBlock() refuses what was sealed for another chain", () => {
  const chain = grown(1);
  const { block, blockId } = chain.blocks[0]!;
  const time = timestampToNanos(block.header.time);
  const commit = seal("mini-2", chain.state.lastValidators, 1n, blockId, time);
  assertEquals(judge(chain, chain.make({ lastCommit: commit }).block).ok, false);
});

Deno.test("validateBlock() refuses signatures in the initial block and a repeated block", () => {
  const chain = grown(1);
  assertEquals(judge(chain, chain.blocks[0]!.block).ok, false, "the same height again");
  const fresh = new MiniChain(genesisOf([10n, 20n, 30n, 5n]));
  const { block } = fresh.make();
  assertEquals(judge(fresh, { ...block, lastCommit: chain.lastCommit! }).ok, false);
});

Deno.test("applyBlock() lets validator updates take force two heights later", () => {
  const chain = new MiniChain(genesisOf([10n, 10n]));
  chain.take(chain.make(), [updateOf(2, 50n), updateOf(0, 0n)]);
  const addresses = () => chain.state.validators.validators.map((v) => v.address);
  const isIn = (index: number) => {
    const address = ed25519Address(updateOf(index, 0n).pubKey.ed25519!);
    return addresses().some((each) => equalBytes(each, address));
  };
  assertEquals([nextHeight(chain.state), isIn(0), isIn(2)], [2n, true, false]);
  assertEquals(chain.state.lastHeightValidatorsChanged, 3n);
  const second = chain.make();
  valueOf(validateBlock(chain.state, second.block, second.blockId, NO_HISTORY));
  chain.take(second);
  assertEquals([nextHeight(chain.state), isIn(0), isIn(2)], [3n, false, true]);
  const third = chain.make();
  valueOf(validateBlock(chain.state, third.block, third.blockId, NO_HISTORY));
});

Deno.test("applyBlock() refuses updates CometBFT would refuse", () => {
  const chain = new MiniChain(genesisOf([10n, 10n]));
  const made = chain.make();
  const attempt = (...validatorUpdates: ReturnType<typeof updateOf>[]) =>
    applyBlock(chain.state, made.block, made.blockId, {
      txResults: [],
      validatorUpdates,
      consensusParamUpdates: undefined,
      appHash: new Uint8Array(),
    }).ok;
  assertEquals(attempt(updateOf(0, 5n)), true);
  assertEquals(attempt(updateOf(0, -1n)), false, "negative power");
  assertEquals(attempt(updateOf(0, 0n), updateOf(1, 0n)), false, "nobody left");
  assertEquals(attempt(updateOf(7, 0n)), false, "removing a stranger");
  assertEquals(attempt(updateOf(3, 1n), updateOf(3, 2n)), false, "twice");
  assertEquals(attempt({ pubKey: { secp256k1: new Uint8Array(33) }, power: 1n }), false, "another kind of key");
});

Deno.test("applyBlock() lets parameters take force at the next height and checks them", () => {
  const chain = new MiniChain(genesisOf([10n]));
  const made = chain.make();
  const attempt = (maxBytes: bigint) =>
    applyBlock(chain.state, made.block, made.blockId, {
      txResults: [],
      validatorUpdates: [],
      consensusParamUpdates: { block: { maxBytes, maxGas: 7n }, version: { app: 3n } },
      appHash: new Uint8Array(),
    });
  const next = valueOf(attempt(2_000_000n));
  assertEquals(next.consensusParams.block, { maxBytes: 2_000_000n, maxGas: 7n });
  assertEquals([next.appVersion, next.lastHeightConsensusParamsChanged], [3n, 2n]);
  assertEquals(attempt(0n).ok, false);
});

Deno.test("decodeChainState() reads back what encodeChainState() wrote, and nothing else", () => {
  for (const chain of [new MiniChain(genesisOf([3n, 4n])), grown(3)]) {
    const bytes = encodeChainState(chain.state);
    const decoded = valueOf(decodeChainState(bytes));
    assertEquals(encodeChainState(decoded), bytes);
    const { validators: _v, nextValidators: _n, lastValidators: _l, ...rest } = decoded;
    for (const [name, value] of Object.entries(rest)) assertEquals(value, chain.state[name as keyof typeof rest], name);
    assertEquals(decoded.validators.proposer?.address, chain.state.validators.proposer?.address);
    for (const length of [0, 1, bytes.length - 1]) assertEquals(decodeChainState(bytes.subarray(0, length)).ok, false);
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    decodeChainState(bytes);
  }));
});

Deno.test("heightContext() asks for a proof block first and after the application hash changed", () => {
  const chain = new MiniChain(genesisOf([3n, 4n]));
  const first = heightContext(chain.state, undefined, undefined);
  assertEquals([first.height, first.lastCommit, first.proofBlock], [1n, undefined, true]);
  const made = chain.make();
  chain.take(made);
  const second = heightContext(chain.state, chain.lastCommit, made.block.header);
  assertEquals([second.height, second.lastCommit, second.proofBlock], [2n, chain.lastCommit, true]);
  const quiet = { ...chain.state, appHash: made.block.header.appHash };
  assertEquals(heightContext(quiet, chain.lastCommit, made.block.header).proofBlock, false);
});
