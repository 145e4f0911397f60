import { assert, assertEquals } from "@std/assert";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { TestHost } from "../../tests/helpers/contract_host.ts";
import {
  allocateWrongly,
  callHost,
  divideByZero,
  given,
  grow,
  peek,
  poke,
  probeCode,
  put,
  recurse,
  region,
  room,
  size,
  spin,
  type Step,
  trap,
} from "../../tests/helpers/probe_contract.ts";
import { WASMVM_CODE } from "./_faults.ts";
import { CONTRACT_IMPORTS } from "./check_contract.ts";
import { ContractEngine } from "./engine.ts";
import { hostFunctions } from "./host_api.ts";
import type { ContractInstance } from "./instance.ts";

const engine = new ContractEngine({ debug: true });
const FUEL = 10n ** 13n;
const code = await probeCode();
const checksum = sha256(code);

/** Runs the steps; the bytes answered, or the error. */
function probe(steps: readonly Step[], options: { host?: TestHost; query?: boolean; fuel?: bigint } = {}) {
  const { host = new TestHost(), query = false, fuel = FUEL } = options;
  const message = concatBytes(...steps);
  const empty = new Uint8Array();
  const args = query ? [empty, message] : [empty, empty, message];
  const call = { checksum, code: () => code, entry: query ? "query" : "execute", args, host, fuel } as const;
  return query ? engine.query(call) : engine.call(call);
}

function answer(steps: readonly Step[], options?: Parameters<typeof probe>[1]): Uint8Array {
  const { result } = probe(steps, options);
  assert(result.ok, result.ok ? "" : result.error.message);
  return result.value;
}

function words(steps: readonly Step[], options?: Parameters<typeof probe>[1]): number[] {
  const bytes = answer(steps, options);
  return Array.from(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4));
}

/** The error of the steps, without what stands before every error of the VM. */
function failure(steps: readonly Step[], options?: Parameters<typeof probe>[1]): string {
  const { result } = probe(steps, options);
  assert(!result.ok, "ended well");
  return result.error.message.replace("Error calling the VM: ", "");
}

const THROUGH = "Error executing Wasm: Wasmer runtime error: RuntimeError: ";
const COMMUNICATION = "Error in guest/host communication: ";

Deno.test("hostFunctions() has every import that a contract may have", () => {
  const functions = hostFunctions({} as ContractInstance, { storageKeyBytesMax: 1, debug: false });
  assertEquals(Object.keys(functions).sort(), [...CONTRACT_IMPORTS].sort());
});

Deno.test("db_read, db_write and db_remove see one storage; nothing is 0, an empty value is a region", () => {
  const host = new TestHost();
  const key = region(16, "key");
  assertEquals(words([key, callHost("db_read", 16)], { host }), [0]);
  answer([key, region(64, ""), callHost("db_write", 16, 64)], { host });
  const [pointer, length] = words([key, callHost("db_read", 16), given], { host });
  assert(pointer! > 0);
  assertEquals(length, 0);
  answer([key, region(64, "value"), callHost("db_write", 16, 64)], { host });
  assertEquals(answer([key, callHost("db_read", 16), given], { host }).subarray(8), utf8ToBytes("value"));
  answer([key, callHost("db_remove", 16)], { host });
  assertEquals(words([key, callHost("db_read", 16)], { host }), [0]);
});

Deno.test("regions that lie are found out before a byte is read", () => {
  const cases: [Step[], string][] = [
    [[poke(16, 0), poke(20, 4), poke(24, 4)], "Got an invalid region: Got a zero Wasm address in the offset"],
    [
      [poke(16, 64), poke(20, 4), poke(24, 5)],
      "Got an invalid region: Region length exceeds capacity. Length 5, capacity 4",
    ],
    [
      [poke(16, 0xffff_fff0), poke(20, 16), poke(24, 1)],
      "Got an invalid region: Region exceeds address space. Offset 4294967280, capacity 16",
    ],
    [
      [poke(16, 0xffff_fff0), poke(20, 15), poke(24, 15)],
      "Tried to access memory of region Region { offset: 4294967280, capacity: 15, length: 15 } in Wasm memory of size " +
      "196608 bytes. This typically happens when the given Region pointer does not point to a proper Region struct.",
    ],
    [[poke(16, 64), poke(20, 70_000), poke(24, 65_537)], "Region length too big. Got 65537, limit 65536"],
  ];
  for (const [steps, text] of cases) {
    assertEquals(failure([...steps, callHost("db_read", 16)]), THROUGH + COMMUNICATION + text);
  }
});

Deno.test("a region may end where the memory ends, and not a byte behind; its three numbers too", () => {
  const end = 3 * 65_536;
  assertEquals(words([poke(16, end - 4), poke(20, 4), poke(24, 4), callHost("db_read", 16)]), [0]);
  assertEquals(words([poke(16, end), poke(20, 0), poke(24, 0), callHost("db_read", 16)]), [0]);
  assert(failure([poke(16, end - 4), poke(20, 5), poke(24, 5), callHost("db_read", 16)]).includes("Tried to access"));
  assert(failure([poke(16, end + 1), poke(20, 0), poke(24, 0), callHost("db_read", 16)]).includes("Tried to access"));
  assertEquals(words([poke(end - 12, 64), callHost("db_read", end - 12)]), [0]);
  for (const pointer of [end - 11, end, 0xffff_ffff]) {
    assertEquals(
      failure([callHost("db_read", pointer)]),
      `${THROUGH}${COMMUNICATION}The Wasm memory address ${pointer} provided by the contract could not be dereferenced: ` +
        "Could not dereference this pointer to a Region",
    );
  }
});

Deno.test("a region may lie over its own numbers: they are read before and written after the bytes", () => {
  // Offset 16 is the region itself: capacity 44, and what is written is 32 bytes long.
  const host = new TestHost();
  const seen = words(
    [
      poke(16, 16),
      poke(20, 44),
      poke(24, 0),
      region(128, "\x01".repeat(3)),
      callHost("addr_canonicalize", 128, 16),
      peek(16),
      peek(20),
      peek(24),
      peek(28),
    ],
    { host },
  );
  assertEquals(seen, [0, 16, 44, 32, 0]);
});

Deno.test("db_write says what is too big, and that a query may not", () => {
  const big = (length: number) => [poke(16, 64), poke(20, length), poke(24, length)];
  const value = region(12_000, "v");
  assertEquals(
    failure([grow(4), ...big(65_537), value, callHost("db_write", 16, 12_000)]),
    `${THROUGH}Generic error: Key too big. Tried to write 65537 bytes to storage, limit is 65536.`,
  );
  assertEquals(
    failure([...big(736), value, callHost("db_write", 16, 12_000)]),
    `${THROUGH}Generic error: Key too big. Tried to write 736 bytes to storage, limit is 735.`,
  );
  answer([...big(735), value, callHost("db_write", 16, 12_000)]);
  assertEquals(
    failure([grow(4), ...big(131_073), value, callHost("db_write", 12_000, 16)]),
    `${THROUGH}Generic error: Value too big. Tried to write 131073 bytes to storage, limit is 131072.`,
  );
  answer([grow(4), ...big(131_072), value, callHost("db_write", 12_000, 16)]);
  assertEquals(
    failure([...big(0), value, callHost("db_write", 16, 12_000)]),
    `${THROUGH}Error calling into the VM's backend: Panic in FFI call`,
  );
  for (const write of [callHost("db_write", 16, 16), callHost("db_remove", 16)]) {
    const host = new TestHost();
    assertEquals(
      failure([region(16, "k"), write], { host, query: true }),
      `${THROUGH}Must not call a writing storage function in this context.`,
    );
    assertEquals(host.asked, []);
  }
});

Deno.test("keys that may not be written are not there, and bound a scan as if they could be", () => {
  const host = new TestHost();
  const long = new Uint8Array(735).fill(7);
  host.storage.set(long, utf8ToBytes("long"));
  host.storage.set(long.subarray(0, 734), utf8ToBytes("short"));
  const longer = concatBytes(long, Uint8Array.of(0));
  assertEquals(words([region(16, longer), callHost("db_read", 16)], { host }), [0]);
  answer([region(16, longer), callHost("db_remove", 16)], { host });
  const first = (start: number, end: number, order: number) =>
    new TextDecoder().decode(
      answer([region(16, longer), callHost("db_scan", start, end, order), callHost("db_next_value", 0), given], {
        host,
      }).subarray(12),
    );
  assertEquals(first(0, 16, 2), "long", "the end is behind the longest key");
  assertEquals(words([region(16, longer), callHost("db_scan", 16, 0, 1), callHost("db_next_value", 0)], { host }), [
    0,
    0,
  ]);
});

Deno.test("iterators go up and down between their bounds, side by side, and end", () => {
  const host = new TestHost();
  for (const [key, value] of [["a", "1"], ["b", "2"], ["c", ""], ["d", "4"]] as const) {
    host.storage.set(utf8ToBytes(key), utf8ToBytes(value));
  }
  const steps = [
    region(16, "b"),
    region(64, "d"),
    callHost("db_scan", 16, 64, 1),
    callHost("db_scan", 0, 0, 2),
    callHost("db_next", 0),
    given,
    callHost("db_next", 1),
    given,
    callHost("db_next_key", 0),
    given,
    callHost("db_next", 0),
    given,
  ];
  const bytes = answer(steps, { host });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assertEquals([view.getUint32(0, true), view.getUint32(4, true)], [0, 1]);
  assertEquals(
    bytes.subarray(12, 26),
    concatBytes(Uint8Array.of(10, 0, 0, 0), utf8ToBytes("b\0\0\0\u00012\0\0\0\u0001")),
  );
  assertEquals(
    bytes.subarray(30, 44),
    concatBytes(Uint8Array.of(10, 0, 0, 0), utf8ToBytes("d\0\0\0\u00014\0\0\0\u0001")),
  );
  assertEquals(bytes.subarray(48, 53), concatBytes(Uint8Array.of(1, 0, 0, 0), utf8ToBytes("c")));
  assertEquals(bytes.subarray(57), concatBytes(Uint8Array.of(8, 0, 0, 0), new Uint8Array(8)));
  assertEquals(words([callHost("db_scan", 0, 0, 1), ...Array(6).fill(callHost("db_next_key", 0))], { host }).slice(5), [
    0,
    0,
  ]);
  assertEquals(words([region(16, "x"), callHost("db_scan", 16, 16, 1), callHost("db_next_value", 0)], { host }), [
    0,
    0,
  ]);
});

Deno.test("a scan with another order, and an iterator that nobody opened, end the call", () => {
  for (const order of [0, 3, 0xffff_ffff]) {
    assertEquals(
      failure([callHost("db_scan", 0, 0, order)]),
      `${THROUGH}${COMMUNICATION}Got an invalid value for iteration order: ${order | 0}`,
    );
  }
  assertEquals(
    failure([callHost("db_scan", 0, 0, 1), callHost("db_next", 1)]),
    `${THROUGH}Error calling into the VM's backend: Iterator with ID 1 does not exist`,
  );
});

Deno.test("addresses: 0 when all is well, else a sentence", () => {
  const host = new TestHost();
  const said = (...steps: Step[]) => {
    const bytes = answer([...steps, given], { host });
    return new TextDecoder().decode(bytes.subarray(8));
  };
  assertEquals(words([region(16, "cosmos1abc"), callHost("addr_validate", 16)]), [0]);
  assertEquals(said(region(16, "COSMOS1ABC"), callHost("addr_validate", 16)), "address validation failed");
  const { addresses } = host;
  host.addresses = { ...addresses, validate: () => ({ ok: true, value: "other" }) };
  assertEquals(said(region(16, "cosmos1abc"), callHost("addr_validate", 16)), "address not normalized");
  host.addresses = addresses;
  assertEquals(said(region(16, ""), callHost("addr_validate", 16)), "Input is empty");
  assertEquals(said(region(16, Uint8Array.of(0xff)), callHost("addr_validate", 16)), "Input is not valid UTF-8");
  assertEquals(said(region(16, "a".repeat(33)), callHost("addr_canonicalize", 16, 512)), "human encoding too long");
  assertEquals(
    words([region(16, "abc"), room(512, 32), callHost("addr_canonicalize", 16, 512), peek(520), peek(524)]),
    [0, 32, 0x636261],
  );
  const canonical = new Uint8Array(32);
  canonical.set(utf8ToBytes("xyz"));
  assertEquals(
    words([region(16, canonical), room(512, 90), callHost("addr_humanize", 16, 512), peek(520), peek(524)]),
    [0, 3, 0x7a7978],
  );
  assertEquals(said(region(16, "abc"), room(512, 90), callHost("addr_humanize", 16, 512)), "wrong canonical length");
  assert(
    failure([region(16, "abc"), room(512, 31), callHost("addr_canonicalize", 16, 512)]).endsWith(
      "Region too small. Got 31, required 32",
    ),
  );
  assert(failure([region(16, "a".repeat(257)), callHost("addr_validate", 16)]).endsWith("Got 257, limit 256"));
  assert(failure([region(16, "a".repeat(65)), callHost("addr_humanize", 16, 16)]).endsWith("Got 65, limit 64"));
});

Deno.test("query_chain passes both texts untouched, and what is left of fuel and stack", () => {
  const host = new TestHost();
  let limits: { fuel: bigint; stack: number } | undefined;
  host.onQuery = (_, got) => (limits = got, '{"ok":{"error":"ä"}}');
  const bytes = answer([region(16, '{ "bank" : {} }'), callHost("query_chain", 16), given], { host });
  assertEquals(new TextDecoder().decode(bytes.subarray(8)), '{"ok":{"error":"ä"}}');
  assertEquals(host.asked, ['query { "bank" : {} }']);
  assert(limits!.fuel > FUEL - 1_000_000_000n && limits!.fuel < FUEL);
  assert(limits!.stack > 0 && limits!.stack <= 512 * 1024 - 16 * 1024);
  assert(
    failure([region(16, "a".repeat(10)), poke(20, 66_000), poke(24, 65_537), callHost("query_chain", 16)]).endsWith(
      "limit 65536",
    ),
  );
});

Deno.test("debug goes to the host, abort ends the call with its words", () => {
  const host = new TestHost();
  answer([region(16, "hello"), callHost("debug", 16)], { host });
  assertEquals(host.said, ["hello"]);
  const aborted = probe([region(16, concatBytes(utf8ToBytes("no: "), Uint8Array.of(0xff))), callHost("abort", 16)]);
  assert(!aborted.result.ok);
  assertEquals(aborted.result.error, {
    codespace: "wasmvm",
    code: WASMVM_CODE.aborted,
    message: `Error calling the VM: ${THROUGH}Aborted: no: \ufffd`,
  });
});

Deno.test("traps have our words and their codes", () => {
  const cases: [Step[], keyof typeof WASMVM_CODE, string][] = [
    [[trap], "trap", "unreachable"],
    [[divideByZero], "trap", "integer divide by zero"],
    [[peek(0xffff_0000)], "trap", "out of bounds memory access"],
    [[put(0x0fff_0000, utf8ToBytes("x"))], "trap", "out of bounds memory access"],
    [[recurse], "stack", "call stack exhausted"],
  ];
  for (const [steps, kind, text] of cases) {
    const { result } = probe(steps);
    assert(!result.ok);
    assertEquals(result.error.message, `Error calling the VM: ${THROUGH}${text}`);
    assertEquals(result.error.code, WASMVM_CODE[kind]);
  }
});

Deno.test("a loop ends with the fuel, in the same place every time, and what it used may pass the limit", () => {
  const runs = [1, 2, 3].map(() => probe([spin], { fuel: 1_000_000_000n }));
  for (const { result, fuelUsed } of runs) {
    assert(!result.ok);
    assertEquals(result.error, { codespace: "wasmvm", code: WASMVM_CODE.outOfGas, message: "Ran out of gas" });
    assertEquals(fuelUsed, runs[0]!.fuelUsed);
    assert(fuelUsed > 1_000_000_000n && fuelUsed < 1_000_100_000n);
  }
});

Deno.test("memory grows to its bound and no further, and the next call starts small again", () => {
  assertEquals(words([size, grow(1), size]), [3, 3, 4]);
  assertEquals(words([size]), [3]);
  assertEquals(words([grow(509), size, grow(1), size]), [3, 512, 0xffff_ffff, 512]);
  assertEquals(words([grow(510), size]), [0xffff_ffff, 3]);
});

Deno.test("what the chain uses is taken off the contract's fuel", () => {
  const host = new TestHost();
  host.price = 1_000_000n;
  const steps = [region(16, "k"), callHost("db_read", 16), callHost("db_read", 16)];
  const free = probe(steps);
  const paid = probe(steps, { host });
  assertEquals(paid.fuelUsed - free.fuelUsed, 2_000_000n);
  const short = probe(steps, { host: Object.assign(new TestHost(), { price: 2n ** 70n }) });
  assert(!short.result.ok);
  assertEquals(short.result.error.code, WASMVM_CODE.outOfGas);
});

Deno.test("what the host throws comes out of the engine as it went in, and the engine goes on", () => {
  const failure = new Error("a miss");
  const host = Object.assign(new TestHost(), { failure });
  let caught: unknown;
  try {
    probe([region(16, "k"), callHost("db_read", 16)], { host });
  } catch (error) {
    caught = error;
  }
  assert(caught === failure);
  assertEquals(words([region(16, "k"), callHost("db_read", 16)]), [0]);
});

Deno.test("an allocate that misbehaves ends the call", () => {
  const host = new TestHost();
  host.storage.set(utf8ToBytes("k"), utf8ToBytes("v"));
  const read = (how: number) =>
    failure([region(16, "k"), region(0x8000, "k"), allocateWrongly(how), callHost("db_read", 16)], { host });
  assertEquals(read(1), `${THROUGH}${COMMUNICATION}Got a zero Wasm address`);
  assertEquals(read(2), `${THROUGH}${THROUGH}unreachable`);
  assertEquals(read(3), `${THROUGH}${THROUGH}Maximum call depth exceeded.`);
  assert(read(4).includes("The Wasm memory address 4294967288 provided"));
});

Deno.test("an entry point that is not there has its own error", () => {
  const call = { checksum, code: () => code, entry: "sudo", args: [], host: new TestHost(), fuel: FUEL } as const;
  const { result } = engine.call(call);
  assert(!result.ok);
  assertEquals(result.error.code, WASMVM_CODE.resolve);
  assertEquals(
    result.error.message,
    "Error calling the VM: Error resolving Wasm function: Could not get export: Missing export sudo",
  );
});

Deno.test("migrate gets two arguments when it takes two", () => {
  const empty = new Uint8Array();
  const args = [empty, poke(16, 5), empty];
  const { result } = engine.call({
    checksum,
    code: () => code,
    entry: "migrate",
    args,
    host: new TestHost(),
    fuel: FUEL,
  });
  assert(result.ok);
});
