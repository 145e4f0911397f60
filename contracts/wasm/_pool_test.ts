import { assert, assertEquals } from "@std/assert";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { TestHost } from "../../tests/helpers/contract_host.ts";
import { hostileCode } from "../../tests/helpers/hostile_contracts.ts";
import { ContractEngine } from "./engine.ts";

let collections = 0;
(globalThis as { gc?: () => void }).gc = () => collections++;

/** 3.8 MiB, nearly the most that is looked through. */
const PAGES = 60;

/** Different contracts, whose `allocate` does that before it answers. */
const contracts = (count: number, before = "") =>
  Array.from({ length: count }, (_, i) =>
    hostileCode({
      pages: PAGES,
      execute: `i32.const ${i} drop i32.const 16`,
      allocate: `${before} i32.const 64 i32.const 32768 i32.store i32.const 68 i32.const 30000 i32.store i32.const 64`,
    }));

function call(engine: ContractEngine, code: Uint8Array): void {
  const args = [new Uint8Array(9), new Uint8Array(), new Uint8Array()];
  const outcome = { checksum: sha256(code), code: () => code, entry: "execute", args, host: new TestHost() } as const;
  const { result } = engine.call({ ...outcome, fuel: 10n ** 13n });
  assert(result.ok, result.ok ? "" : result.error.message);
}

Deno.test("what is kept of all contracts together is bounded: of a few large pieces, or of many small ones", () => {
  // More would take more fuel than a snapshot may.
  const large = "i32.const 65536 i32.const 1 i32.const 3000000 memory.fill";
  const small = "i32.const 65536 local.set 0 loop local.get 0 i32.const 1 i32.store8 " +
    `local.get 0 i32.const 512 i32.add local.tee 0 i32.const ${PAGES * 65_536} i32.lt_u br_if 0 end`;
  for (const before of [large, small]) {
    const engine = new ContractEngine();
    const [first, ...others] = contracts(48, before) as [Uint8Array, ...Uint8Array[]];
    const madeForTwoCalls = () => {
      const { instancesMade } = engine.statistics;
      for (let i = 0; i < 2; i++) call(engine, first);
      return engine.statistics.instancesMade - instancesMade;
    };
    assertEquals([madeForTwoCalls(), madeForTwoCalls()], [2, 0]);
    for (const code of others) for (let i = 0; i < 2; i++) call(engine, code);
    assertEquals(madeForTwoCalls(), 2, "as if it had never been called");
  }
});

Deno.test("instances that make room for others are let go of as garbage, too", () => {
  const engine = new ContractEngine();
  const codes = contracts(40);
  collections = 0;
  for (let i = 0; i < 5; i++) for (const code of codes) call(engine, code);
  assert(collections >= 2, `${engine.statistics.instancesMade} instances made, ${collections} collections`);
});
