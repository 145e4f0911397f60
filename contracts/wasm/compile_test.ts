import { assertEquals, assertThrows } from "@std/assert";
import { hostileCode } from "../../tests/helpers/hostile_contracts.ts";
import { TestHost } from "../../tests/helpers/contract_host.ts";
import { IoError } from "../../node/core/errors.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { WASMVM_CODE } from "./_faults.ts";
import { compile, typeName, typesWith, Uncompilable } from "./compile.ts";
import { ContractEngine } from "./engine.ts";
import { I32, I64 } from "./module.ts";

const EMPTY = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** A type that nothing else here has. */
const typeOf = (seed: number) =>
  typeName({ params: Array.from({ length: 30 }, (_, i) => (seed >> i & 1) === 0 ? I32 : I64), results: [] });

Deno.test("compile() counts each type once, and stops this process before V8 would end it", () => {
  const before = typesWith([]);
  const types = [typeOf(1), typeOf(2), typeOf(1)];
  assertEquals(typesWith(types), before + 2);
  assertThrows(() => compile(EMPTY, types, before + 1), IoError, "restart it");
  assertEquals(typesWith([]), before, "what is not compiled is not met");
  compile(EMPTY, types, before + 2);
  compile(EMPTY, types, before + 2);
  assertEquals(typesWith([]), before + 2);
  assertThrows(() => compile(EMPTY, [typeOf(3)], before + 2), IoError);
});

Deno.test("compile() tells what V8 refuses from what this machine lacks", () => {
  assertThrows(() => compile(EMPTY.with(4, 2), []), Uncompilable);
});

Deno.test("code that nobody pays for is not compiled once this process has met many types", () => {
  const many = Array.from({ length: 100_001 }, (_, i) => typeOf(1_000_000 + i));
  compile(EMPTY, many);
  const code = hostileCode({
    more: { types: [{ params: Array.from({ length: 40 }, () => "i64" as const) }] },
  });
  const engine = new ContractEngine();
  const args = [new Uint8Array(), new Uint8Array(), new Uint8Array()];
  const call = (unpaid: boolean) => {
    const checksum = sha256(code);
    const host = new TestHost();
    return engine.call({ checksum, code: () => code, entry: "execute", args, host, fuel: 10n ** 9n, unpaid }).result;
  };
  const refused = call(true);
  assertEquals(refused.ok ? 0 : refused.error.code, WASMVM_CODE.refused);
  assertEquals(call(false).ok, true);
});
