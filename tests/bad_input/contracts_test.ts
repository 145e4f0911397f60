/**
 * Contracts and uploads that mean harm, through a whole application: each ends in a coded error, writes nothing, and the next
 * block is as ever.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { typesWith } from "../../contracts/wasm/compile.ts";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { HostileChain } from "../helpers/hostile_chain.ts";
import { ANSWER_AT, hostileCode, type HostileText } from "../helpers/hostile_contracts.ts";
import { codec, makeTx, sendMessage } from "./harness.ts";

const imported = (name: string, params: number, results: number) => ({
  module: "env",
  name,
  params: Array.from({ length: params }, () => "i32" as const),
  results: Array.from({ length: results }, () => "i32" as const),
});

const MEMORIES = fileURLToPath(new URL("../helpers/contract_memories.ts", import.meta.url));

/** A region at `at` with the text behind it. */
function region(at: number, text: string) {
  const { length } = new TextEncoder().encode(text);
  const numbers = new Uint32Array([at + 12, length, length]);
  return [
    { offset: `i32.const ${at}`, bytes: new Uint8Array(numbers.buffer) },
    { offset: `i32.const ${at + 12}`, bytes: text },
  ];
}

const OK = region(ANSWER_AT, '{"ok":{}}');
/** In the second page: what longer answers are. */
const SAID_AT = 65_536;
const DONE = `i32.const ${ANSWER_AT}`;
const SAYS = { instantiate: DONE, execute: `i32.const ${SAID_AT}`, pages: 3 };
const forever = (body: string) => `loop ${body} br 0 end unreachable`;
const WRITES = imported("db_write", 2, 0);
const SCANS = imported("db_scan", 3, 1);
const NEXT = imported("db_next", 1, 1);
const ASKS = imported("query_chain", 1, 1);

/** Writes a key, and then does harm. */
const harmful = (execute: string, more: HostileText["more"] = {}, text: HostileText = {}) =>
  hostileCode({
    instantiate: DONE,
    execute: `i32.const 2048 i32.const 2048 call 0 ${execute}`,
    ...text,
    more: {
      ...more,
      imports: [WRITES, ...(more.imports ?? [])],
      data: [...OK, ...region(2048, "a key"), ...(more.data ?? [])],
    },
  });

/** How each ends: codespace, code, and a part of the log. */
const HARM: Readonly<Record<string, readonly [code: Uint8Array, end: string, log: string]>> = {
  "an endless loop": [harmful(forever("")), "sdk/11", "out of gas"],
  "a trap": [harmful("unreachable"), "wasm/29", "RuntimeError: unreachable"],
  "recursion": [
    harmful("call 8", { functions: [{ results: ["i32"], body: "call 8 i32.const 1 i32.add" }] }),
    "wasm/29",
    "call stack exhausted",
  ],
  "memory without end": [harmful(forever("i32.const 1 memory.grow drop")), "sdk/11", "out of gas"],
  "all memory, half of it filled": [
    harmful("i32.const 511 memory.grow drop i32.const 0 i32.const 0 i32.const 16777216 memory.fill unreachable"),
    "wasm/29",
    "unreachable",
  ],
  "a region behind the memory": [harmful("i32.const 65530"), "wasm/29", "could not be dereferenced"],
  "a region that ends behind it": [
    harmful(
      "i32.const 3000 i32.const 60000 i32.store i32.const 3004 i32.const 60000 i32.store i32.const 3008 i32.const 60000 i32.store i32.const 3000",
    ),
    "wasm/29",
    "Tried to access memory of region",
  ],
  "a region of all addresses": [
    harmful("i32.const 3000 i32.const -1 i32.store i32.const 3004 i32.const -1 i32.store i32.const 3000"),
    "wasm/29",
    "Region exceeds address space",
  ],
  "no answer": [harmful("i32.const 3000"), "wasm/29", "Got a zero Wasm address"],
  "iterators left open": [
    harmful(forever("i32.const 0 i32.const 0 i32.const 1 call 1 drop"), { imports: [SCANS] }),
    "wasm/29",
    "reached iterator limit",
  ],
  "an iterator that is none": [
    harmful("i32.const 77 call 1 drop unreachable", { imports: [NEXT] }),
    "wasm/29",
    "Iterator with ID 77",
  ],
  "writing without end": [
    harmful(
      forever(
        "i32.const 2060 i32.const 2060 i32.load i32.const 1 i32.add i32.store i32.const 2048 i32.const 2048 call 0",
      ),
    ),
    "sdk/11",
    "out of gas",
  ],
  "an allocation without end": [hostileCode({ allocate: forever("") }), "sdk/11", "out of gas"],
  "an allocation that asks the chain": [
    hostileCode({
      allocate: "i32.const 2048 call 0",
      more: { imports: [imported("db_read", 1, 1)], data: [...region(16, '{"ok":{}}'), ...region(2048, "key")] },
    }),
    "wasm/29",
    "Got a zero Wasm address",
  ],
  "a reply to each reply": [
    hostileCode({
      ...SAYS,
      reply: `i32.const ${SAID_AT}`,
      more: {
        data: [
          ...OK,
          ...region(
            SAID_AT,
            '{"ok":{"messages":[{"id":1,"msg":{"bank":{"burn":{"amount":[]}}},"reply_on":"error"}]}}',
          ),
        ],
      },
    }),
    "wasm/30",
    "max call depth exceeded",
  ],
  "ten thousand messages and one": [
    hostileCode({
      ...SAYS,
      more: { data: [...OK, ...region(SAID_AT, `{"ok":{"messages":[${"{},".repeat(10_000)}{}]}}`)] },
    }),
    "wasm/29",
    "at most 10000 are allowed",
  ],
};

/** What a contract keeps under `a key`, and its coins. */
function traces({ chain }: HostileChain, contract: string) {
  const { bytes } = codec.parse(contract)!;
  const key = concatBytes(Uint8Array.of(0x03), bytes, utf8ToBytes("a key"));
  return { value: chain.query("/store/wasm/key", key).value.length, coins: chain.balance(codec.of(bytes)) };
}

const endOf = ({ codespace, code }: { readonly codespace: string; readonly code: number }) => `${codespace}/${code}`;

/** Everything here takes a fraction of this; what is not bounded takes hours. */
const GAS = 1_000_000n;

Deno.test("harmful contracts end in a coded error, write nothing, and the block goes on", () => {
  const world = new HostileChain();
  const good = world.deploy(harmful(DONE));
  for (const [name, [code, end, log]] of Object.entries(HARM)) {
    const codeId = world.store(code);
    // Three times: from the second on instances are used again.
    for (let i = 0; i < 3; i++) {
      if (name.startsWith("an allocation")) {
        const result = world.run([world.makeMessage(codeId, "5ucat")], GAS);
        assertEquals(endOf(result), end, `${name}: ${result.log}`);
        assert(result.log.includes(log), `${name}: ${result.log}`);
        continue;
      }
      const contract = world.make(codeId);
      const result = world.execute(contract, "{}", "5ucat", GAS);
      assertEquals(endOf(result), end, `${name}: ${result.log}`);
      assert(result.log.includes(log), `${name}: ${result.log}`);
      assertEquals(traces(world, contract), { value: 0, coins: 0n }, name);
    }
    assertEquals(world.execute(good, "{}", "1ucat").log, "", `after ${name}`);
  }
  assertEquals(traces(world, good), { value: 5, coins: BigInt(Object.keys(HARM).length) });
});

Deno.test("questions that mean harm end within their gas", () => {
  const world = new HostileChain();
  const ask = (query: string, more: HostileText["more"] = {}) =>
    world.deploy(hostileCode({ query, more: { ...more, data: [...region(16, '{"ok":{}}'), ...(more.data ?? [])] } }));
  const spins = ask(forever(""));
  const answer = world.query(spins);
  assertEquals(endOf(answer), "sdk/11", answer.log);
  // One that asks one that never ends, again and again.
  const asks = (contract: string) =>
    ask(forever("i32.const 2048 call 0 drop"), {
      imports: [ASKS],
      data: region(2048, `{"wasm":{"smart":{"contract_addr":"${contract}","msg":"e30="}}}`),
    });
  assertEquals(endOf(world.query(asks(spins))), "sdk/11");
  assertEquals(endOf(world.query(asks(asks(asks(spins))))), "sdk/11");
  const writes = ask("i32.const 2048 i32.const 2048 call 0 i32.const 16", {
    imports: [WRITES],
    data: region(2048, "x"),
  });
  assertEquals(endOf(world.query(writes)), "wasm/29");
});

Deno.test("simulated uploads compile nothing; what is stored is compiled when it runs", () => {
  const world = new HostileChain();
  const types = (seed: number) =>
    Array.from({ length: 100 }, (_, i) => ({
      params: Array.from({ length: 12 }, (_, k) =>
        (["i32", "i64", "f32", "f64"] as const)[(seed * 100 + i) >> (2 * k) & 3]!),
    }));
  const before = typesWith([]);
  for (let seed = 1; seed <= 5; seed++) {
    const answer = world.simulate([world.storeMessage(hostileCode({ more: { types: types(seed) } }))]);
    assertEquals(answer.code, 0, answer.log);
  }
  const codeId = world.store(hostileCode({ more: { types: types(6) } }));
  assertEquals(typesWith([]), before);
  world.make(codeId);
  assert(typesWith([]) >= before + 100);
});

Deno.test("memories of contracts are freed while a transaction runs", async () => {
  const args = ["run", "--no-check", "--allow-read", "--allow-env", "--allow-sys", MEMORIES];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const said = new TextDecoder().decode(stdout);
  assert(said !== "", new TextDecoder().decode(stderr));
  const { log, grown } = JSON.parse(said);
  assertEquals(log, "");
  // Of 3.3 GB; up to 256 MB may wait to be collected, and a process grows by other things too.
  assert(grown < 1_000_000_000, `${grown} bytes of it are still there`);
});

Deno.test("nobody's coins move and nobody's contracts change by messages of a contract in another's name", () => {
  const world = new HostileChain();
  const { mallory, victim, chain } = world;
  const owned = world.deploy(harmful(DONE));
  const send = sendMessage(victim.address, mallory.address, "7ucat");
  const spoofs = [
    { any: { type_url: send.typeUrl, value: send.value.toBase64() } },
    ...[
      world.executeMessage(owned, "{}", "3ucat", victim.address.text),
      world.makeMessage(1n, "3ucat", victim.address.text),
    ]
      .map(({ typeUrl, value }) => ({ any: { type_url: typeUrl, value: value.toBase64() } })),
    { wasm: { update_admin: { contract_addr: owned, admin: mallory.address.text } } },
    { wasm: { clear_admin: { contract_addr: owned } } },
    { wasm: { migrate: { contract_addr: owned, new_code_id: 1, msg: "e30=" } } },
    { wasm: { execute: { contract_addr: owned, msg: "e30=", funds: [{ denom: "ucat", amount: "1" }] } } },
    { bank: { burn: { amount: [{ denom: "ucat", amount: "1" }] } } },
    { bank: { send: { to_address: mallory.address.text, amount: [{ denom: "ucat", amount: "-1" }] } } },
    { bank: { send: { to_address: mallory.address.text, amount: [{ denom: "ucat", amount: `${2n ** 256n}` }] } } },
  ];
  const before = chain.balance(victim.address);
  for (const spoof of spoofs) {
    // Always told, so that the message fails alone and the contract goes on.
    for (const replyOn of ["never", "always"]) {
      const text = JSON.stringify({ ok: { messages: [{ id: 1, msg: spoof, reply_on: replyOn }] } });
      const code = hostileCode({ ...SAYS, reply: DONE, more: { data: [...OK, ...region(SAID_AT, text)] } });
      const contract = world.deploy(code);
      const result = world.execute(contract);
      assertEquals(result.code === 0, replyOn === "always", `${text}: ${result.log}`);
      assertEquals(result.events.filter(({ type }) => type === "transfer" || type === "burn"), [], text);
      assertEquals(traces(world, contract).coins, 0n);
    }
  }
  assertEquals(chain.balance(victim.address), before);
  assertEquals(traces(world, owned), { value: 0, coins: 0n });
});

Deno.test("what contracts compute in one block is bounded, and transfers go on behind it", () => {
  const world = new HostileChain();
  const { chain, mallory, victim } = world;
  // Pages are paid for before anybody looks whether they can be had: 28 million, in no time.
  const wide = world.deploy(harmful(`${"i32.const 512 memory.grow drop ".repeat(160)} ${DONE}`));
  const tx = (gas: bigint, behind: bigint) => world.tx([world.executeMessage(wide)], gas, behind);
  const send = sendMessage(victim.address, mallory.address, "7ucat");
  const transfer = makeTx({ messages: [send], signers: [{ signer: victim, accountNumber: 1n, sequence: 0n }] });
  // What is refused is refused before anything of it runs, so that its sequence is free.
  const txs = [tx(40_000_000n, 0n), tx(40_000_000n, 1n), tx(40_000_000n, 2n), tx(1_000_000n, 2n)];
  const { txResults } = chain.block(...txs, transfer);
  const refused = "no block gas left to run contracts: out of gas";
  assertEquals(txResults.map(({ log }) => log), ["", "", refused, refused, ""]);
  assert(txResults[0]!.gasUsed > 25_000_000n);
});

Deno.test("a transaction takes no more than its own limit from its block, whatever it was charged for last", () => {
  const world = new HostileChain({ maxGas: 60_000_000n });
  // One charge of 147 million gas: for all of 4 GiB, of a memory that has 8 MiB.
  const fill = world.deploy(harmful(`i32.const 0 i32.const 0 i32.const -1 memory.fill ${DONE}`, {}, { pages: 129 }));
  const peaceful = world.deploy(hostileCode({}));
  const tx = (contract: string, behind: bigint) => world.tx([world.executeMessage(contract)], 400_000n, behind);
  const { txResults } = world.chain.block(tx(fill, 0n), tx(peaceful, 1n));
  assert(txResults[0]!.log.startsWith("out of gas") && txResults[0]!.gasUsed > 100_000_000n, txResults[0]!.log);
  assertEquals(txResults[1]!.log, "");
});
