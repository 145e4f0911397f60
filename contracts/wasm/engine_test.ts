import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { contractCode } from "../../tests/helpers/contract_code.ts";
import { TestHost } from "../../tests/helpers/contract_host.ts";
import { hostileCode } from "../../tests/helpers/hostile_contracts.ts";
import * as probe from "../../tests/helpers/probe_contract.ts";
import type { CallOutcome } from "../engine.ts";
import { WASMVM_CODE } from "./_faults.ts";
import { ContractEngine, Interrupted } from "./engine.ts";

const FUEL = 10n ** 12n;
const probing = await probe.probeCode();
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));

type More = { fuel?: bigint };

function runCode(
  engine: ContractEngine,
  code: Uint8Array,
  message: Uint8Array,
  host = new TestHost(),
  more: More = {},
): CallOutcome {
  const env = new Uint8Array(5);
  const args = [env, new Uint8Array(), message];
  return engine.call({
    checksum: sha256(code),
    code: () => code,
    entry: "execute",
    args,
    host,
    fuel: FUEL,
    ...more,
  });
}

const run = (engine: ContractEngine, message: Uint8Array, host?: TestHost, more?: More) =>
  runCode(engine, probing, message, host, more);

const manyLocals = (count: number) =>
  hostileCode({ more: { functions: [{ locals: Array.from({ length: count }, () => "i64" as const), body: "" }] } });

/** Few, so that one call looks where another wrote: both ends of the memory, and between. */
const place = fc.constantFrom(0, 4, 0x7ff0, 0xfff8, 0x2a000, 0x2fff8, 0x2fffc);

/** Anything that a call can do to its instance, and a look at what others may have left. */
const step: fc.Arbitrary<probe.Step> = fc.oneof(
  fc.tuple(place, fc.nat()).map(([at, value]) => probe.poke(at, value)),
  place.map(probe.peek),
  fc.nat(2).map(probe.grow),
  fc.constant(probe.size),
  fc.constant(probe.trap),
  fc.constant(probe.recurse),
  fc.tuple(fc.nat(0x7000), fc.string({ maxLength: 9 })).map(([at, key]) =>
    concatBytes(probe.region(at, key), probe.callHost("db_read", at))
  ),
  fc.nat(4).map(probe.allocateWrongly),
);

Deno.test("an instance that is used again cannot be told from a fresh one, to the last unit of fuel", () => {
  const shared = new ContractEngine();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const message = concatBytes(...steps);
      const again = run(shared, message);
      assertEquals(again, run(new ContractEngine(), message));
    }),
    { numRuns: 150, verbose: true },
  );
  assert(shared.statistics.instancesReused > 50, "instances were used again");
});

Deno.test("calls with fuel that ends in the first allocation stop where a fresh instance stops", () => {
  const shared = new ContractEngine();
  for (let i = 0; i < 4; i++) run(shared, probe.size);
  const start = run(shared, probe.size).fuelUsed;
  for (let less = 0n; less < start; less += start / 23n) {
    const more = { fuel: less };
    const args = [probe.size, new TestHost(), more] as const;
    assertEquals(run(shared, ...args), run(new ContractEngine(), ...args), `fuel ${less}`);
  }
});

Deno.test("a contract that asks itself runs inside of itself, on what its caller has left", () => {
  const engine = new ContractEngine();
  const host = new TestHost();
  const stacks: number[] = [];
  const message = concatBytes(probe.region(16, "again"), probe.callHost("query_chain", 16), probe.given);
  host.onQuery = (_, { fuel, stack }) => {
    stacks.push(stack);
    if (stacks.length === 12) return "done";
    const args = [new Uint8Array(5), message];
    const { result } = engine.query({
      checksum: sha256(probing),
      code: () => probing,
      entry: "query",
      args,
      host,
      fuel,
      stack,
    });
    assert(result.ok, result.ok ? "" : result.error.message);
    return result.value;
  };
  const { result } = run(engine, message, host);
  assert(result.ok);
  assert(new TextDecoder().decode(result.value).endsWith("done"));
  assertEquals(stacks.length, 12);
  for (let i = 1; i < stacks.length; i++) assert(stacks[i]! <= stacks[i - 1]! - 16 * 1024);
});

Deno.test("queries without end use up the stack, and that is an error of the contract", () => {
  const engine = new ContractEngine();
  const host = new TestHost();
  const message = concatBytes(probe.region(16, "again"), probe.callHost("query_chain", 16));
  const codes: (number | undefined)[] = [];
  host.onQuery = (_, { fuel, stack }) => {
    const args = [new Uint8Array(5), message];
    const { result } = engine.query({
      checksum: sha256(probing),
      code: () => probing,
      entry: "query",
      args,
      host,
      fuel,
      stack,
    });
    codes.push(result.ok ? undefined : result.error.code);
    return "{}";
  };
  assert(run(engine, message, host).result.ok);
  assertEquals(codes[0], WASMVM_CODE.stack, "the innermost one had none left");
  assert(codes.slice(1).every((code) => code === undefined));
});

Deno.test("programs are kept within the bytes allowed, the least used out first; pinned ones stay", () => {
  const names = ["cw20_base", "cw1_whitelist", "queue"];
  const codes = names.map(contractCode);
  const engine = new ContractEngine({ cacheBytesMax: 5_000_000 });
  engine.pin(sha256(codes[0]!), () => codes[0]!);
  for (const code of codes) assert(engine.check(code).ok);
  const { programs, bytes, pinned, pinnedBytes } = engine.statistics;
  assertEquals(pinned, 1);
  assert(programs >= 1 && programs <= 3);
  assert(bytes - pinnedBytes <= 5_000_000);
  let asked = 0;
  const ask = (i: number) => {
    const args = [json({}), json({}), json({})];
    const checksum = sha256(codes[i]!);
    engine.call({
      checksum,
      code: () => (asked++, codes[i]!),
      entry: "execute",
      args,
      host: new TestHost(),
      fuel: FUEL,
    });
  };
  ask(0);
  assertEquals(asked, 0, "the pinned one is there");
  engine.unpin(sha256(codes[0]!));
  assertEquals(engine.statistics.pinnedBytes, 0);
  for (const i of [0, 1, 2, 0, 1, 2]) ask(i);
  assert(engine.statistics.bytes <= 5_000_000);
  assert(engine.statistics.evictions > 0);
});

Deno.test("the fuel of an engine is what ran in it, without what the chain charged and whatever ended the call", () => {
  const engine = new ContractEngine();
  const [first, second] = [0n, 1_000n].map((price) => {
    const host = new TestHost();
    host.price = price;
    const before = engine.statistics.fuelUsed;
    const { fuelUsed } = run(
      engine,
      concatBytes(probe.region(16, "key"), probe.callHost("db_read", 16), probe.trap),
      host,
    );
    return [fuelUsed, BigInt(engine.statistics.fuelUsed - before)] as const;
  });
  assertEquals(first![0], first![1]);
  assertEquals(second![0] - second![1], 1_000n);
  assertEquals(engine.statistics.calls, 2);
});

Deno.test("what a contract says is heard when the engine listens, and costs the same when it does not", () => {
  const message = concatBytes(probe.region(16, "hello"), probe.callHost("debug", 16));
  const [loud, quiet] = [new TestHost(), new TestHost()];
  const listening = run(new ContractEngine({ debug: true }), message, loud);
  assertEquals(run(new ContractEngine(), message, quiet), listening);
  assertEquals([loud.said, quiet.said], [["hello"], []]);
});

Deno.test("check() refuses what is no contract, in the words of cosmwasm-vm, and floats when the chain does", () => {
  const engine = new ContractEngine();
  const refused = (code: Uint8Array, rules?: { floats: "reject" }) => {
    const result = engine.check(code, rules);
    assert(!result.ok);
    assertEquals(result.error.code, WASMVM_CODE.refused);
    return result.error.message;
  };
  assert(refused(new Uint8Array(3)).startsWith("Error calling the VM: Error during static Wasm validation: "));
  assert(refused(contractCode("escrow_0.7")).includes("interface_version_"));
  refused(contractCode("floaty_2.0"), { floats: "reject" });
  assert(engine.check(contractCode("floaty_2.0")).ok);
});

Deno.test("a chain may allow more locals; what it took once is loaded anywhere", () => {
  const code = manyLocals(101);
  const refused = new ContractEngine().check(code);
  assert(!refused.ok && refused.error.message.includes("more than 100 locals: 101"));
  const engine = new ContractEngine();
  assert(engine.check(code, { locals: 101 }).ok);
  assert(!engine.check(manyLocals(102), { locals: 101 }).ok);
  // Another never checked it, as after a start.
  for (const its of [engine, new ContractEngine()]) assert(runCode(its, code, new Uint8Array()).result.ok);
});

Deno.test("beyond what an engine is allowed, a call that may take more has no outcome; one that may not has its own", () => {
  const engine = new ContractEngine();
  const fuel = FUEL / 1000n;
  const code = hostileCode({ execute: "loop br 0 end unreachable" });
  const spin = (most: bigint) => runCode(engine, code, new Uint8Array(), new TestHost(), { fuel: most });
  const plain = runCode(engine, hostileCode({}), new Uint8Array());
  engine.allow(2n * fuel);
  assertThrows(() => spin(3n * fuel), Interrupted);
  assertThrows(() => runCode(engine, hostileCode({}), new Uint8Array()), Interrupted, "", "nothing is left");
  engine.allow(2n * fuel);
  assertEquals(spin(fuel).result.ok, false);
  assertThrows(() => spin(fuel + 1n), Interrupted, "", "what one took is not there for the next");
  engine.allow(plain.fuelUsed);
  assertEquals(runCode(engine, hostileCode({}), new Uint8Array()), plain);
  engine.allow(plain.fuelUsed - 1n);
  assertThrows(() => runCode(engine, hostileCode({}), new Uint8Array()), Interrupted);
  engine.allow(undefined);
  assertEquals(runCode(engine, hostileCode({}), new Uint8Array()), plain);
});

Deno.test("the report says entry points, capabilities and the version of the state", () => {
  const result = new ContractEngine().check(contractCode("hackatom_42"));
  assert(result.ok);
  assertEquals(result.value.migrateVersion, 42n);
  assert(result.value.entryPoints.has("sudo"));
  assertEquals(result.value.checksum, sha256(contractCode("hackatom_42")));
});
